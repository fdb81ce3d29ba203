"""Keep of what was found only what is confirmed: each cause is undone on images that it was not estimated on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import blackbox, explain, mending, noise, remaining, segments, tallies, threads
from pixelparity.diagnosis.chain import Chain
from pixelparity.diagnosis.explain import Located, Story
from pixelparity.diagnosis.mending import Undo
from pixelparity.diagnosis.results import Cause, Evidence
from pixelparity.diagnosis.segments import Segment
from pixelparity.stages import Capture

Array = NDArray[Any]
#: A cause has to remove at least this share of the difference that it makes, on images that it was not estimated on.
REMOVED = 0.5
#: Levels that a chain may leave without any doubt of what it says: rounding and borders.
UNDERSTOOD = 1.0
#: Images on which causes are confirmed at most: enough for a mean, few enough to stay fast.
HELD_OUT = 6


@dataclass(frozen=True, kw_only=True)
class Sides:
    """Both captures and the images that they share."""

    reference: Capture
    deployed: Capture
    images: tuple[str, ...]

    @cached_property
    def finals(self) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """Return the final tensors of both sides, HWC."""
        ours, theirs = (segments.tensors(side, side.final, self.images) for side in (self.reference, self.deployed))
        return ours, theirs

    @cached_property
    def level(self) -> float:
        """Return what 1/255 of the pixel range is in the units of the reference's final tensors."""
        return noise.level(self.reference.final, *tallies.extremes(list(self.finals[0])))


@dataclass(frozen=True, kw_only=True)
class Told:
    """Confirmed causes, largest first, with what mends each, and what is left: largest and mean, in the reference's units.

    ``left`` is the plain difference with every cause mended (see ``remaining``). ``misfit`` is another thing: the mean that
    the estimates of both sides do not reproduce, by which one way to explain is chosen and how sure a cause is. ``exact``
    says that resizes were done again from pictures or stages, not told by what final tensors show of them.
    """

    found: tuple[tuple[Cause, Undo], ...]
    left: Mapping[str, float]
    misfit: float = 0.0
    exact: bool = True


def split(count: int, sizes: Sequence[int] | None = None) -> tuple[list[int], list[int]]:
    """Return the images to estimate on and those to confirm on: every other one; a single image serves for both.

    With ``sizes`` every other one by size, so that both halves hold pictures that shrink, where there are any.
    """
    order = list(range(count)) if sizes is None else sorted(range(count), key=lambda i: (sizes[i], i))
    if count == 1:
        return order, order
    held = order[1::2]
    step = max(1.0, len(held) / HELD_OUT)
    return sorted(order[::2]), sorted(held[int(n * step)] for n in range(min(HELD_OUT, len(held))))


def confirm(story: Story, parts: Sequence[Segment], sides: Sides, held: Sequence[int]) -> Told:
    """Keep the findings whose undoing removes what they claim, largest first; measure what is left."""
    goal, seen = (dict(enumerate(tensors)) for tensors in sides.finals)
    level = sides.level
    runs = Runs()
    own = _own_noise(story, goal, held, runs)
    plain = remaining.over(remaining.apart(seen[i], goal[i]) for i in held)
    while True:
        kept = [(at, _evidence(story, n, goal, seen, held, runs)) for n, at in enumerate(story.located)]
        weak = [at for at, e in kept if not (_holds(e, own, level) and _understood(story, at, e, level))]
        left = _left_over(story, seen, goal, held, runs) if not weak else {}
        if not weak and left["mean"] > plain["mean"] + noise.EQUAL * level:
            # The estimates part by what the tensors themselves do not: mending that takes them further apart.
            weak = list(story.located)
        if not weak:
            break
        worst = min((pair for pair in kept if pair[0] in weak), key=lambda pair: pair[1].before - pair[1].after)[0]
        story = replace(story, located=tuple(at for at in story.located if at is not worst))
    kept.sort(key=lambda pair: -pair[1].before)
    # A reference that is not understood has no noise of its own to set off.
    sure = all(np.isfinite(chain.residual) for chain in (*story.ours, *story.theirs))
    misfit = _misfit(story, seen, goal, held, own if sure else 0.0, runs)
    rebuilt = mending.Stages(story=story, parts=tuple(parts), deployed=sides.deployed, images=sides.images)
    found = [(cause(at, e, len(held), misfit / level), rebuilt.undo(at)) for at, e in kept]
    return Told(found=tuple(found), left=left, misfit=misfit)


def _holds(evidence: Evidence, own: float, level: float) -> bool:
    """Say whether undoing removes most of what lies above the reference's own noise, and more than a trace."""
    if evidence.undone == "dtype" and evidence.after == 0 and evidence.removed == 1:
        return True
    gone = evidence.before - evidence.after
    return gone >= REMOVED * max(evidence.before - own, 1e-12) and gone > noise.QUIET * level


def _understood(story: Story, at: Located, evidence: Evidence, level: float) -> bool:
    """Say whether a cause claims more than what is not understood of either side in its segment."""
    left = max(chains[at.segment].residual for chains in (story.ours, story.theirs))
    return left <= UNDERSTOOD or evidence.before - evidence.after > left * level


def _evidence(
    story: Story,
    number: int,
    goal: Mapping[int, Array],
    seen: Mapping[int, Array],
    held: Sequence[int],
    runs: Runs,
) -> Evidence:
    """Measure the difference on held-out images with all other findings undone, before and after undoing this one."""
    at = story.located[number]
    if at.finding.parameters.get("what") == "float16":
        return blackbox.half_evidence([goal[i] for i in held], [seen[i] for i in held])
    concerned = [i for i in held if i in at.finding.images] if at.finding.images else list(held)
    concerned = concerned or list(at.finding.images)[:HELD_OUT]
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
    pictures themselves, and the image; ``made`` what was resampled on the way.
    """

    gaps: dict[tuple[frozenset[int], frozenset[int], int], tuple[float, float]] = field(default_factory=dict)
    made: explain.Made = field(default_factory=dict)


def _apart(story: Story, keep: Sequence[int], image: int, goal: Mapping[int, Array], runs: Runs) -> tuple[float, float]:
    """Return how far the deployed side is from the reference with only some findings kept; runs each chain once."""
    mended = frozenset(id(at) for n, at in enumerate(story.located) if n not in keep)
    shown = frozenset(id(story.located[n]) for n in keep if story.located[n].finding.content)
    key = (mended, shown, image)
    if key not in runs.gaps:
        runs.gaps[key] = remaining.apart(explain.replay(story, keep, image, runs.made), goal[image])
    return runs.gaps[key]


def _own_noise(story: Story, goal: Mapping[int, Array], held: Sequence[int], runs: Runs) -> float:
    """Return how far the reference's own chains are from the reference, mean absolute difference."""
    return float(
        np.mean(threads.each(lambda i: remaining.apart(explain.reference(story, i, runs.made), goal[i])[1], held))
    )


def _left_over(
    story: Story, seen: Mapping[int, Array], goal: Mapping[int, Array], held: Sequence[int], runs: Runs
) -> dict[str, float]:
    """Return how far the deployed tensors are from the reference's with every finding mended."""
    return remaining.over(threads.each(lambda i: _mended_gap(story, seen[i], goal[i], i, runs), held))


def _mended_gap(story: Story, seen: Array, goal: Array, image: int, runs: Runs) -> tuple[float, float]:
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


def _carried(story: Story, image: int) -> Array:
    """Return the matrix (channels out, channels out) from a deployed tensor's deviations to those of the mended one."""
    mended, plain = explain.mended_chains(story, [], image), story.theirs
    one, other = (_through(chains, image) for chains in (mended, plain))
    return (one @ np.linalg.pinv(other)).astype(np.float32)


def _through(chains: Sequence[Chain], image: int) -> Array:
    """Return the matrix of several chains' channel maps one after the other."""
    out = chains[0].values(image).matrix
    for chain in chains[1:]:
        out = chain.values(image).matrix @ out
    return out


def _misfit(
    story: Story, seen: Mapping[int, Array], goal: Mapping[int, Array], held: Sequence[int], own: float, runs: Runs
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


def cause(at: Located, evidence: Evidence, held: int, left: float) -> Cause:
    """Return a confirmed finding as a cause; ``held`` images confirm it, ``left`` levels are left unexplained on average."""
    sure = min(1.0, 0.5 + 0.5 * evidence.removed) * min(1.0, 0.7 + 0.075 * held)
    return Cause(
        family=at.finding.family,
        stage=at.stage,
        parameters=dict(at.finding.parameters),
        confidence=round(float(np.clip(sure - at.finding.doubt - 0.1 * min(left, 2.0), 0.05, 0.99)), 2),
        evidence=evidence,
        fix=at.finding.fix,
        text=at.finding.text,
    )
