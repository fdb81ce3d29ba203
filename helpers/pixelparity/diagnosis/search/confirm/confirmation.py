"""Keep of what was found only what is confirmed: each cause is undone on images that it was not estimated on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.measure import moments, noise, remaining, stage_pairs, threads
from pixelparity.diagnosis.measure.stage_pairs import Segment
from pixelparity.diagnosis.results import Cause, Considered, Evidence, Trace
from pixelparity.diagnosis.search.confirm import counterfactuals, replays
from pixelparity.diagnosis.search.confirm.counterfactuals import Undo
from pixelparity.diagnosis.search.elimination import Outcome, Trial, eliminate, prune
from pixelparity.diagnosis.search.finals import trials
from pixelparity.diagnosis.search.staged.explanation import Explanation, StageFinding
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
        reference, deployed = (
            stage_pairs.tensors(side, side.final, self.images) for side in (self.reference, self.deployed)
        )
        return reference, deployed

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
    level, runs = sides.level, replays.Runs()
    jury = _Jury(story=story, sides=sides, held=tuple(held), runs=runs)
    outcome = prune(eliminate(story.located, jury.judge), jury.judge, jury.explains)
    goal, seen = jury.goal, jury.seen
    story = replace(story, located=tuple(at for at, _ in outcome.kept))
    kept = sorted(outcome.kept, key=lambda pair: -pair[1].evidence.before)
    # A reference that is not understood has no noise of its own to set off.
    sure = all(np.isfinite(chain.residual) for chain in (*story.reference_chains, *story.deployed_chains))
    misfit = replays.misfit(story, seen, goal, held, jury.own if sure else 0.0, runs)
    rebuilt = counterfactuals.Stages(story=story, parts=tuple(parts), deployed=sides.deployed, images=sides.images)
    found = [(cause(at, trial.evidence, len(held), misfit / level), rebuilt.undo(at)) for at, trial in kept]
    trace = Trace(way=way, considered=considered(outcome, level))
    return Confirmed(
        found=tuple(found), left=replays.left_over(story, seen, goal, held, runs), misfit=misfit, trace=trace
    )


@dataclass(frozen=True, kw_only=True)
class _Jury:
    """What findings of stages or pictures are judged by: the deployed side made again on pictures that were held out."""

    story: Explanation
    sides: Sides
    held: tuple[int, ...]
    runs: replays.Runs

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
        return replays.own_noise(self.story, self.goal, self.held, self.runs)

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
        left = replays.left_over(story, self.seen, self.goal, self.held, self.runs)["mean"]
        if left <= self.plain + thresholds.now().noise.equal_levels * level:
            return trials
        # The estimates part by what the tensors themselves do not: mending that takes them further apart.
        apart = (
            f"with everything proposed mended the tensors are further apart ({left / level:.3g} levels) than as they are "
            f"({self.plain / level:.3g})"
        )
        return [replace(trial, objection=apart) for trial in trials]

    def explains(self, kept: Sequence[StageFinding], chosen: Sequence[StageFinding]) -> bool:
        """Say whether mending some of the findings leaves no more of any picture than mending all that were kept."""
        story = replace(self.story, located=tuple(kept))
        rest = [n for n, at in enumerate(kept) if not any(at is one for one in chosen)]
        if any(kept[n].finding.parameters.get("what") == "float16" for n in rest):
            return False  # it shows in the values themselves, however little they are moved
        slack = thresholds.now().noise.quiet_levels * self.sides.level
        which = dict.fromkeys((*self.held, *(i for at in kept for i in at.finding.images)))
        return all(
            replays.apart(story, rest, i, self.goal, self.runs)[1]
            <= replays.apart(story, [], i, self.goal, self.runs)[1] + slack
            for i in which
        )


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
    left = max(chains[at.segment].residual for chains in (story.reference_chains, story.deployed_chains))
    if left <= thresholds.now().confirm.understood_max_levels or evidence.before - evidence.after > left * level:
        return ""
    return f"it claims less than the {left:.3g} levels that are not understood of its step"


def _evidence(
    story: Explanation,
    number: int,
    goal: Mapping[int, Array],
    seen: Mapping[int, Array],
    held: Sequence[int],
    runs: replays.Runs,
) -> Evidence:
    """Measure the difference on held-out images with all other findings undone, before and after undoing this one."""
    at = story.located[number]
    if at.finding.parameters.get("what") == "float16":
        return trials.half_evidence([goal[i] for i in held], [seen[i] for i in held])
    concerned = [i for i in held if i in at.finding.images] if at.finding.images else list(held)
    concerned = concerned or list(at.finding.images)[: thresholds.now().confirm.held_out_images]
    pairs = threads.each(lambda i: [replays.apart(story, keep, i, goal, runs)[1] for keep in ([number], [])], concerned)
    before, after = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    one, other = float(np.mean(before)), float(np.mean(after))
    return Evidence(
        undone=at.finding.family,
        before=one,
        after=other,
        removed=float(np.clip(1 - other / one, 0, 1)) if one > 0 else 0.0,
        images=len(concerned),
    )


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
