"""Keep of what was found only what is confirmed: each cause is undone on images that it was not estimated on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.confirm import counterfactuals
from pixelparity.diagnosis.confirm.counterfactuals import Undo
from pixelparity.diagnosis.elimination import Outcome, Trial, eliminate
from pixelparity.diagnosis.finals import explain_finals
from pixelparity.diagnosis.measure import moments, noise, remaining, stage_pairs, threads
from pixelparity.diagnosis.measure.stage_pairs import Segment
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.diagnosis.results import Cause, Considered, Evidence, Trace
from pixelparity.diagnosis.staged import explain
from pixelparity.diagnosis.staged.explain import Explanation, StageFinding
from pixelparity.stages import Capture

Array = NDArray[Any]
#: Keeps a share of nothing from being nothing.
_NOTHING = 1e-12


@dataclass(frozen=True, kw_only=True)
class Sides:
    """Both captures and the images that they share."""

    reference: Capture
    deployed: Capture
    images: tuple[str, ...]

    @cached_property
    def finals(self) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """Return the final tensors of both sides, HWC."""
        ours, theirs = (stage_pairs.tensors(side, side.final, self.images) for side in (self.reference, self.deployed))
        return ours, theirs

    @cached_property
    def level(self) -> float:
        """Return what 1/255 of the pixel range is in the units of the reference's final tensors."""
        return noise.level(self.reference.final, *moments.extremes(list(self.finals[0])))


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """Confirmed causes, largest first, with what mends each, and what is left: largest and mean, in the reference's units.

    ``left`` is the plain difference with every cause mended (see ``remaining``). ``misfit`` is another thing: the mean that
    the estimates of both sides do not reproduce, by which one way to explain is chosen and how sure a cause is. ``exact``
    says that resizes were done again from pictures or stages, not told by what final tensors show of them. ``trace`` holds what
    was proposed and rejected.
    """

    found: tuple[tuple[Cause, Undo], ...]
    left: Mapping[str, float]
    misfit: float = 0.0
    exact: bool = True
    trace: Trace = field(default_factory=Trace)


def split(count: int, sizes: Sequence[int] | None = None) -> tuple[list[int], list[int]]:
    """Return the images to estimate on and those to confirm on: every other one; a single image serves for both.

    With ``sizes`` every other one by size, so that both halves hold pictures that shrink, where there are any.
    """
    order = list(range(count)) if sizes is None else sorted(range(count), key=lambda i: (sizes[i], i))
    if count == 1:
        return order, order
    held = order[1::2]
    most = thresholds.now().confirm.held_out_images
    step = max(1.0, len(held) / most)
    return sorted(order[::2]), sorted(held[int(n * step)] for n in range(min(most, len(held))))


def confirm(
    story: Explanation, parts: Sequence[Segment], sides: Sides, held: Sequence[int], way: str = ""
) -> Confirmed:
    """Keep the findings whose undoing removes what they claim, largest first; measure what is left.

    ``way`` says by which evidence they were found.
    """
    level, runs = sides.level, Runs()
    jury = _Jury(story=story, sides=sides, held=tuple(held), runs=runs)
    outcome = eliminate(story.located, jury.judge)
    goal, seen = jury.goal, jury.seen
    story = replace(story, located=tuple(at for at, _ in outcome.kept))
    kept = sorted(outcome.kept, key=lambda pair: -pair[1].evidence.before)
    # A reference that is not understood has no noise of its own to set off.
    sure = all(np.isfinite(chain.residual) for chain in (*story.ours, *story.theirs))
    misfit = _misfit(story, seen, goal, held, jury.own if sure else 0.0, runs)
    rebuilt = counterfactuals.Stages(story=story, parts=tuple(parts), deployed=sides.deployed, images=sides.images)
    found = [(cause(at, trial.evidence, len(held), misfit / level), rebuilt.undo(at)) for at, trial in kept]
    trace = Trace(way=way, considered=considered(outcome, level))
    return Confirmed(found=tuple(found), left=_left_over(story, seen, goal, held, runs), misfit=misfit, trace=trace)


@dataclass(frozen=True, kw_only=True)
class _Jury:
    """What findings of stages or pictures are judged by: the deployed side made again on pictures that were held out."""

    story: Explanation
    sides: Sides
    held: tuple[int, ...]
    runs: Runs

    @cached_property
    def goal(self) -> dict[int, Array]:
        """Return the reference's final tensors by image."""
        return dict(enumerate(self.sides.finals[0]))

    @cached_property
    def seen(self) -> dict[int, Array]:
        """Return the deployed side's final tensors by image."""
        return dict(enumerate(self.sides.finals[1]))

    @cached_property
    def own(self) -> float:
        """Return how far the reference's own chains are from the reference."""
        return _own_noise(self.story, self.goal, self.held, self.runs)

    @cached_property
    def plain(self) -> float:
        """Return how far the two sides are apart as they are."""
        return remaining.over(remaining.apart(self.seen[i], self.goal[i]) for i in self.held)["mean"]

    def judge(self, located: Sequence[StageFinding]) -> list[Trial]:
        """Return how each finding fares with all others undone."""
        story, level = replace(self.story, located=tuple(located)), self.sides.level
        trials = []
        for n, at in enumerate(located):
            evidence = _evidence(story, n, self.goal, self.seen, self.held, self.runs)
            objection = _objection(evidence, self.own, level) or _misunderstood(story, at, evidence, level)
            trials.append(Trial(evidence=evidence, objection=objection, weight=evidence.before - evidence.after))
        if any(trial.objection for trial in trials):
            return trials
        left = _left_over(story, self.seen, self.goal, self.held, self.runs)["mean"]
        if left <= self.plain + thresholds.now().noise.equal_levels * level:
            return trials
        # The estimates part by what the tensors themselves do not: mending that takes them further apart.
        apart = (
            f"with everything proposed mended the tensors are further apart ({left / level:.3g} levels) than as they are "
            f"({self.plain / level:.3g})"
        )
        return [replace(trial, objection=apart) for trial in trials]


def considered(outcome: Outcome[StageFinding], level: float) -> tuple[Considered, ...]:
    """Return what was kept and what was rejected, each with its reason; ``level`` is a level in the tensor's units."""
    pairs = [(True, *pair) for pair in outcome.kept] + [(False, *pair) for pair in outcome.dropped]
    return tuple(_considered(at, trial, kept, level) for kept, at, trial in pairs)


def _considered(at: StageFinding, trial: Trial, kept: bool, level: float) -> Considered:
    evidence = trial.evidence
    return Considered(
        family=at.finding.family,
        stage=at.stage,
        parameters=dict(at.finding.parameters),
        evidence=evidence,
        kept=kept,
        reason=trial.objection or f"undoing it removes {evidence.removed:.1%} of {evidence.before / level:.3g} levels",
    )


def _objection(evidence: Evidence, own: float, level: float) -> str:
    """Say why undoing does not hold: it has to remove most of what lies above the reference's noise, and more than a trace."""
    if evidence.undone == "dtype" and evidence.after == 0 and evidence.removed == 1:
        return ""
    gone, share = evidence.before - evidence.after, thresholds.now().confirm.removed_min_share
    if gone < share * max(evidence.before - own, _NOTHING):
        return f"undoing it removes {gone / level:.3g} of {evidence.before / level:.3g} levels; {share:.0%} is asked"
    quiet = thresholds.now().noise.quiet_levels
    return (
        ""
        if gone > quiet * level
        else f"undoing it removes {gone / level:.3g} levels; less than {quiet:g} is not named"
    )


def _misunderstood(story: Explanation, at: StageFinding, evidence: Evidence, level: float) -> str:
    """Say that a cause claims no more than what is not understood of either side in its segment, where it is so."""
    left = max(chains[at.segment].residual for chains in (story.ours, story.theirs))
    if left <= thresholds.now().confirm.understood_max_levels or evidence.before - evidence.after > left * level:
        return ""
    return f"it claims less than the {left:.3g} levels that are not understood of its step"


def _evidence(
    story: Explanation,
    number: int,
    goal: Mapping[int, Array],
    seen: Mapping[int, Array],
    held: Sequence[int],
    runs: Runs,
) -> Evidence:
    """Measure the difference on held-out images with all other findings undone, before and after undoing this one."""
    at = story.located[number]
    if at.finding.parameters.get("what") == "float16":
        return explain_finals.half_evidence([goal[i] for i in held], [seen[i] for i in held])
    concerned = [i for i in held if i in at.finding.images] if at.finding.images else list(held)
    concerned = concerned or list(at.finding.images)[: thresholds.now().confirm.held_out_images]
    pairs = threads.each(lambda i: [_apart(story, keep, i, goal, runs)[1] for keep in ([number], [])], concerned)
    before, after = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    one, other = float(np.mean(before)), float(np.mean(after))
    return Evidence(
        undone=at.finding.family,
        before=one,
        after=other,
        removed=float(np.clip(1 - other / one, 0, 1)) if one > 0 else 0.0,
        images=len(concerned),
    )


@dataclass(frozen=True)
class Runs:
    """What is known of the chains' runs.

    ``gaps`` holds largest and mean difference from the reference, by which findings were mended, which were kept in the
    pictures themselves, and the image; ``left`` what is left with some findings mended, ``made`` what was resampled on the way.
    """

    gaps: dict[tuple[frozenset[int], frozenset[int], int], tuple[float, float]] = field(default_factory=dict)
    left: dict[frozenset[int], dict[str, float]] = field(default_factory=dict)
    made: explain.Made = field(default_factory=dict)


def _apart(
    story: Explanation, keep: Sequence[int], image: int, goal: Mapping[int, Array], runs: Runs
) -> tuple[float, float]:
    """Return how far the deployed side is from the reference with only some findings kept; runs each chain once."""
    mended = frozenset(id(at) for n, at in enumerate(story.located) if n not in keep)
    shown = frozenset(id(story.located[n]) for n in keep if story.located[n].finding.content)
    key = (mended, shown, image)
    if key not in runs.gaps:
        runs.gaps[key] = remaining.apart(explain.replay(story, keep, image, runs.made), goal[image])
    return runs.gaps[key]


def _own_noise(story: Explanation, goal: Mapping[int, Array], held: Sequence[int], runs: Runs) -> float:
    """Return how far the reference's own chains are from the reference, mean absolute difference."""
    return float(
        np.mean(threads.each(lambda i: remaining.apart(explain.reference(story, i, runs.made), goal[i])[1], held))
    )


def _left_over(
    story: Explanation, seen: Mapping[int, Array], goal: Mapping[int, Array], held: Sequence[int], runs: Runs
) -> dict[str, float]:
    """Return how far the deployed tensors are from the reference's with every finding mended."""
    key = frozenset(id(at) for at in story.located)
    if key not in runs.left:
        runs.left[key] = remaining.over(threads.each(lambda i: _mended_gap(story, seen[i], goal[i], i, runs), held))
    return runs.left[key]


def _mended_gap(story: Explanation, seen: Array, goal: Array, image: int, runs: Runs) -> tuple[float, float]:
    """Return the largest and mean difference from the reference of one deployed tensor with every finding mended.

    The chains make what they explain of it; what they do not is carried through the mended constants, so that it stays
    seen: with no finding to mend, this is the difference of the two tensors as they are.
    """
    every = range(len(story.located))
    made, again = explain.replay(story, [], image, runs.made), explain.replay(story, every, image, runs.made)
    if again.shape != seen.shape:
        return remaining.apart(made, goal)
    missed = (seen - again) @ _carried(story, image).T
    if made.shape == missed.shape == goal.shape:
        return remaining.apart(made + missed, goal)
    # A mend moved what a chain misses to nobody knows where: the larger of both stands for their sum.
    known, unknown = remaining.apart(made, goal), remaining.apart(missed, np.zeros_like(missed))
    return max(known[0], unknown[0]), max(known[1], unknown[1])


def _carried(story: Explanation, image: int) -> Array:
    """Return the matrix (channels out, channels out) from a deployed tensor's deviations to those of the mended one."""
    mended, plain = explain.mended_chains(story, [], image), story.theirs
    one, other = (_through(chains, image) for chains in (mended, plain))
    return (one @ np.linalg.pinv(other)).astype(np.float32)


def _through(chains: Sequence[SideModel], image: int) -> Array:
    """Return the matrix of several chains' channel maps one after the other."""
    out = chains[0].value_map(image).matrix
    for chain in chains[1:]:
        out = chain.value_map(image).matrix @ out
    return out


def _misfit(
    story: Explanation,
    seen: Mapping[int, Array],
    goal: Mapping[int, Array],
    held: Sequence[int],
    own: float,
    runs: Runs,
) -> float:
    """Return the mean that the chains do not reproduce, in the reference's units.

    It is what the deployed chains leave of the deployed tensors, or what mending every cause leaves of the difference
    above the reference's own noise: the larger of the two.
    """
    ours, theirs = explain.total(story.ours), explain.total(story.theirs)
    ratio = 1.0
    if ours is not None and theirs is not None:
        ratio = float(np.abs(ours.gain).mean() / max(np.abs(theirs.gain).mean(), 1e-30))
    every = range(len(story.located))
    alone = threads.each(lambda i: remaining.apart(explain.replay(story, every, i, runs.made), seen[i])[1], held)
    mended = threads.each(lambda i: _apart(story, [], i, goal, runs)[1], held)
    return max(float(np.mean(alone)) * ratio, float(np.mean(mended)) - own)


def cause(at: StageFinding, evidence: Evidence, held: int, left: float) -> Cause:
    """Return a confirmed finding as a cause; ``held`` images confirm it, ``left`` levels are left unexplained on average."""
    at_stake = thresholds.now().confirm
    base = at_stake.confidence_base
    sure = min(1.0, base + (1 - base) * evidence.removed)
    sure *= min(1.0, at_stake.confidence_one_image + at_stake.confidence_per_image * held)
    sure -= at.finding.doubt + at_stake.confidence_per_level * min(left, at_stake.confidence_max_levels)
    return Cause(
        family=at.finding.family,
        stage=at.stage,
        parameters=dict(at.finding.parameters),
        confidence=round(float(np.clip(sure, at_stake.confidence_least, at_stake.confidence_most)), 2),
        evidence=evidence,
        fix=at.finding.fix,
        text=at.finding.text,
    )
