"""Try findings of final tensors: undo each on deployed tensors that were held out, with all others undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.families import registry
from pixelparity.diagnosis.families.finding import Finding
from pixelparity.diagnosis.families.registry import Loss
from pixelparity.diagnosis.measure import threads
from pixelparity.diagnosis.model.side_model import simulate
from pixelparity.diagnosis.results import Evidence
from pixelparity.diagnosis.search.elimination import Outcome, Trial, eliminate, prune
from pixelparity.diagnosis.search.finals.pairing import Pairing, unscrambled
from pixelparity.diagnosis.search.finals.undoing import FinalsState, level_of, masked, only, undone, undone_gap

Array = NDArray[Any]


def confirmed(known: FinalsState, held: Sequence[int]) -> tuple[FinalsState, Outcome[Finding]]:
    """Drop findings whose undoing removes too little, the weakest first, until all hold, and those that are not needed."""
    judge = partial(_judge, known, held)
    outcome = eliminate([*known.chained, *(f for f, _ in known.restored)], judge)
    outcome = prune(outcome, judge, partial(_explains, known, held))
    return only(known, [finding for finding, _ in outcome.kept]), outcome


def _judge(known: FinalsState, held: Sequence[int], standing: Sequence[Finding]) -> list[Trial]:
    """Return how each finding fares with all others undone."""
    known = only(known, standing)
    which = sorted({*held, *(i for f in standing for i in _concerned(known, f, held))})
    clean = dict(zip(which, threads.each(partial(undone, known), which), strict=True))
    evidence = threads.each(partial(_evidence, known, held=held, clean=clean), standing)
    return [
        Trial(evidence=e, objection=_objection(known, f, e), weight=e.removed)
        for f, e in zip(standing, evidence, strict=True)
    ]


def _explains(known: FinalsState, held: Sequence[int], kept: Sequence[Finding], chosen: Sequence[Finding]) -> bool:
    """Say whether undoing some of the findings leaves no more of any picture than undoing all that were kept.

    What undoing cannot bring back (a filter, values cut off) does not show in what is left: it is never done without.
    """
    spare = [finding for finding in kept if not any(finding is one for one in chosen)]
    if any("what" in f.parameters or registry.of(f.family).loses == "filtered" for f in spare):
        return False
    slack = thresholds.now().noise.quiet_levels * level_of(known)
    which, known = dict.fromkeys((*held, *(i for finding in kept for i in finding.images))), only(known, kept)
    return all(undone_gap(known, i, spare)[1] <= undone_gap(known, i)[1] + slack for i in which)


def _objection(known: FinalsState, finding: Finding, evidence: Evidence) -> str:
    """Say why undoing does not hold: it has to remove the family's share, and more than a trace."""
    if evidence.undone == "dtype" and evidence.after == 0 and evidence.removed == 1:
        return ""
    level = level_of(known)
    gone = evidence.before - evidence.after
    share, quiet = (
        _undo_share(registry.of(finding.family).loses),
        thresholds.now().finals.quiet_share * thresholds.now().noise.quiet_levels,
    )
    if gone < share * evidence.before:
        return f"undoing it removes {gone / level:.3g} of {evidence.before / level:.3g} levels; {share:.0%} is asked"
    return (
        ""
        if gone > quiet * level
        else f"undoing it removes {gone / level:.3g} levels; less than {quiet:g} is not named"
    )


def _undo_share(loses: Loss) -> float:
    """Return the share of the difference that undoing has to remove, by what undoing cannot bring back."""
    at = thresholds.now().finals
    return {"nothing": at.undo_share, "moved": at.moved_undo_share, "filtered": at.filtered_undo_share}[loses]


def _concerned(known: FinalsState, finding: Finding, held: Sequence[int]) -> list[int]:
    """Return the held-out images that a finding is about; all it is about if none was held out.

    What is about all pictures is judged on those that are not turned or blended, as long as there are any.
    """
    if not finding.images:
        others = (*known.chained, *(f for f, _ in known.restored))
        odd = {i for f in others if f.family in ("exif_orientation", "alpha_gray") for i in f.images}
        return [i for i in held if i not in odd] or list(held)
    return [i for i in held if i in finding.images] or list(finding.images)[:4]


def _evidence(
    known: FinalsState, finding: Finding, held: Sequence[int], clean: Mapping[int, tuple[Array, Array]]
) -> Evidence:
    pairing, concerned = known.pairing, _concerned(known, finding, held)
    if finding.parameters.get("what") == "float16":
        return half_evidence([pairing.reference[i] for i in held], [pairing.deployed[i] for i in held])
    if finding.parameters.get("what") == "clipped":
        return _remade(known, finding, concerned)
    before, after = [], []
    if finding.family == "batch_padding" or "canvas" in finding.parameters or _other_channels(pairing, finding):
        # Tensors of other shapes cannot be laid over each other: all of the reference counts as different.
        goals = [pairing.reference[i].astype(np.float32) for i in concerned]
        one = float(np.mean([np.abs(g).mean() for g in goals]))
        two = float(np.mean([_distance(clean[i][0], g, clean[i][1]) for i, g in zip(concerned, goals, strict=True)]))
        removed = float(np.clip(1 - two / one, 0, 1)) if one > 0 else 0.0
        return Evidence(undone=finding.family, before=one, after=two, removed=removed, images=len(concerned))
    for i in concerned:
        with_it, mask = undone(known, i, [finding])
        without, other = clean[i]
        goal = pairing.reference[i].astype(np.float32)
        if finding.parameters.get("what") == "truncated":
            # Half a level on average shows where rounding to whole levels averages out.
            with_it, without, goal = (_averaged(x) for x in (with_it, without, goal))
            mask = other = np.ones(goal.shape[:2], bool)
        made = _rounded(pairing, goal) if finding.parameters.get("what") == "unrounded" else goal
        after.append(_distance(without, made, other))
        before.append(_distance(with_it, goal, mask if mask.any() else other))
    one, two = float(np.mean(before)), float(np.mean(after))
    removed = float(np.clip(1 - two / one, 0, 1)) if one > 0 else 0.0
    return Evidence(undone=finding.family, before=one, after=two, removed=removed, images=len(concerned))


def _remade(known: FinalsState, finding: Finding, concerned: Sequence[int]) -> Evidence:
    """Measure how far the deployed tensors are from what the reference's content becomes, without and with a finding.

    For what destroys values: it cannot be undone, but it can be done again.
    """
    pairing = known.pairing
    chains = (finding.mend(pairing.deployed_chain), pairing.deployed_chain)
    goals = {i: unscrambled(pairing.deployed_chain, pairing.deployed[i]).astype(np.float32) for i in concerned}
    one, two = (
        float(np.mean([np.abs(simulate(chain, pairing.content[i], i) - goal).mean() for i, goal in goals.items()]))
        for chain in chains
    )
    removed = float(np.clip(1 - two / one, 0, 1)) if one > 0 else 0.0
    return Evidence(undone=finding.family, before=one, after=two, removed=removed, images=len(concerned))


def _other_channels(pairing: Pairing, finding: Finding) -> bool:
    """Say whether a finding is that the sides have another number of channels."""
    return finding.family == "alpha_gray" and pairing.reference[0].shape[2] != pairing.deployed[0].shape[2]


def _rounded(pairing: Pairing, goal: Array) -> Array:
    """Return a reference tensor with its levels rounded to whole ones; one that is rounded already stays."""
    return pairing.base.apply(np.rint(pairing.base.invert().apply(goal)))


def _averaged(image: Array) -> Array:
    rows, columns = image.shape[0] // 8, image.shape[1] // 8
    means: Array = image[: rows * 8, : columns * 8].reshape(rows, 8, columns, 8, -1).mean((1, 3))
    return means


def half_evidence(reference_chain: Sequence[Array], deployed_chain: Sequence[Array]) -> Evidence:
    """Measure how far each side's values lie from float16 ones: what rounding took cannot be brought back, but it shows."""
    off = [
        float(np.mean([np.abs(x - x.astype(np.float16)).mean() for x in side]))
        for side in (reference_chain, deployed_chain)
    ]
    before, after = max(off), min(off)
    removed = 1 - after / before if before > 0 else 0.0
    return Evidence(undone="dtype", before=before, after=after, removed=removed, images=len(reference_chain))


def _distance(made: Array, goal: Array, mask: Array) -> float:
    if made.shape != goal.shape:
        return float(np.mean(np.abs(goal)))
    return masked(made, goal, mask)[1] if mask.any() else float(np.mean(np.abs(goal)))
