"""From two captures to a verdict: compare, explain, confirm, and say what is left."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers.diagnosis import (
    blackbox,
    channels,
    contents,
    declared,
    explain,
    impact,
    inputs,
    mending,
    noise,
    segments,
    symptoms,
    tallies,
    threads,
)
from helpers.diagnosis.comparing import compare
from helpers.diagnosis.contents import Guess
from helpers.diagnosis.explain import Located, Story
from helpers.diagnosis.matching import as_hwc, common_images
from helpers.diagnosis.mending import Mends, Undo
from helpers.diagnosis.results import Cause, Comparison, Diagnosis, Evidence
from helpers.diagnosis.segments import NOWHERE, Segment
from helpers.recipe import Recipe
from helpers.stages import Capture, Tensor, check_finite

Array = NDArray[Any]
Model = Callable[[NDArray[Any]], NDArray[Any]]
#: A cause has to remove at least this share of the difference that it makes, on images that it was not estimated on.
REMOVED = 0.5
#: Levels that a chain may leave without any doubt of what it says: rounding and borders.
UNDERSTOOD = 1.0
#: Share of what the pictures leave unexplained that final tensors alone may leave, for what they tell to be taken instead.
LESS = 0.6
#: Images on which causes are confirmed at most: enough for a mean, few enough to stay fast.
HELD_OUT = 6


def diagnose(
    reference: Capture,
    deployed: Capture,
    *,
    model: Model | None = None,
    reference_recipe: Recipe | None = None,
    deployed_recipe: Recipe | None = None,
    raw: Mapping[str, Tensor] | None = None,
    model_images: int = 4,
) -> Diagnosis:
    """Name what differs between two sides' preprocessing, confirm it, and say what is left.

    ``model`` maps a batch of final tensors (n, ...) to outputs (n, classes) and is asked about ``model_images`` pictures at
    most. ``raw`` holds the decoded pictures (HWC, uint8, RGB, as stored in the file) by image name: with them, or with an
    early stage of either side, resizes are told apart exactly. Two recipes choose between names of one function, and what
    they declare otherwise without leaving a trace is noted. Raises ``NotComparable`` for different sets of pictures and
    ``SideError`` for tensors that hold NaN or infinity, or have the wrong rank.
    """
    return examine(
        reference, deployed, model=model, reference_recipe=reference_recipe, deployed_recipe=deployed_recipe, raw=raw,
        model_images=model_images,
    ).diagnosis  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Examination:
    """A diagnosis, and the deployed tensors as they are with any of its causes mended."""

    diagnosis: Diagnosis
    mends: Mends


def examine(
    reference: Capture,
    deployed: Capture,
    *,
    model: Model | None = None,
    reference_recipe: Recipe | None = None,
    deployed_recipe: Recipe | None = None,
    raw: Mapping[str, Tensor] | None = None,
    model_images: int = 4,
) -> Examination:
    """Do as :func:`diagnose`, and return with the diagnosis what mends its causes, to be tried one by one."""
    images = common_images(reference, deployed)
    check_finite(reference)
    check_finite(deployed)
    causes: tuple[Cause, ...]
    left: Mapping[str, float]
    found: list[Found] = []
    notes: tuple[str, ...] = ()
    # Measuring hardly needs the interpreter, and explaining little else: they go on side by side.
    with threads.beside(lambda: compare(reference, deployed)) as measured:
        swapped = inputs.exchanged(reference, deployed, images)
        if swapped is not None:
            causes, left = (swapped,), {"max": swapped.evidence.after, "mean": swapped.evidence.after}
        else:
            found, left, notes = _preprocessing(reference, deployed, images, raw, measured)
            causes = impact.measure(found, reference, deployed, images, model, model_images)
    comparison = measured()
    causes, told = declared.judge(causes, reference_recipe, deployed_recipe)
    mends = mending.gather(causes, [undo for _, undo in found], images)
    notes += limits(reference, deployed, images, causes, shown=raw is not None) + told
    signs = symptoms.of(deployed, reference)
    final = comparison.stages[-1]
    causes += symptoms.causes(reference, deployed, matches=not final.diverges and not causes)
    verdict = "differs" if causes or final.diverges else "match"
    told_all = Diagnosis(
        verdict=verdict,
        first_divergence=comparison.first_divergence if verdict == "differs" else None,
        causes=causes,
        unexplained=left,
        comparison=comparison,
        images=images,
        tolerance=_tolerance(comparison),
        reference=reference.source,
        deployed=deployed.source,
        notes=notes,
        symptoms=signs,
        versions={"python": platform.python_version(), "numpy": np.__version__},
    )
    return Examination(diagnosis=told_all, mends=mends)


def limits(
    reference: Capture, deployed: Capture, images: tuple[str, ...], causes: Sequence[Cause], *, shown: bool = False
) -> tuple[str, ...]:
    """Return what could not be told apart with these pictures, and which kind of picture would settle it.

    ``shown`` says that the decoded pictures were given.
    """
    notes = []
    if len(images) == 1:
        notes.append(
            "one picture only: causes were estimated and confirmed on the same one; "
            "give a landscape, a portrait and a square picture to settle sizes, rounding and orientation"
        )
    elif len(images) < 4:
        notes.append(f"{len(images)} pictures only: give more, of several sizes, to settle faults of some files")
    finals = [as_hwc(t, reference.final, reference.source, images[i]) for i, t in _finals(reference, images)]
    if all(_flat(t) for t in finals):
        notes.append(
            "the pictures have no detail: places, kernels and channel order leave no trace on them; "
            "give photographs with edges and colours"
        )
    elif all(_grey(t) for t in finals) and finals[0].shape[2] > 1:
        notes.append("all pictures are grey: the channel order leaves no trace on them; give a coloured picture")
    kernels = any(c.family in ("antialias", "interpolation") for c in causes)
    if len(reference.stages) == 1 and kernels and not shown:
        notes.append(
            "kernels were told apart by their spectra only; give the decoded pictures or stages to name them exactly"
        )
    return tuple(notes)


def _flat(tensor: Tensor) -> bool:
    """Say whether each channel of an HWC tensor has one value."""
    span = np.ptp(tensor.reshape(-1, tensor.shape[2]).astype(np.float64), axis=0)
    return bool(span.max() <= 1e-3 * max(float(np.abs(tensor).max()), 1e-12))


def _grey(tensor: Tensor) -> bool:
    """Say whether each channel of an HWC tensor is a gain and an offset of the first: constants do not colour a picture."""
    values = tensor[::3, ::3].reshape(-1, tensor.shape[2]).astype(np.float64)
    values = values - values.mean(0)
    size = np.sqrt((values**2).mean(0))
    if tensor.shape[2] == 1 or not size.all():
        return tensor.shape[2] == 1
    return bool(np.abs(values / size - (values / size)[:, :1]).max() <= 0.01)


def _tolerance(comparison: Comparison) -> dict[str, Any]:
    final = comparison.stages[-1]
    return {
        "max": final.tolerance,
        "mean": final.mean_tolerance,
        "share": final.share_tolerance,
        "level": final.level,
        "reason": final.tolerance_reason,
    }


Found = tuple[Cause, Undo]


def _preprocessing(
    reference: Capture,
    deployed: Capture,
    images: tuple[str, ...],
    raw: Mapping[str, Tensor] | None,
    measured: Callable[[], Comparison],
) -> tuple[list[Found], Mapping[str, float], tuple[str, ...]]:
    level = noise.level(reference.final, *tallies.extremes([t for _, t in _finals(reference, images)]))
    if _all_near(reference, deployed, images, noise.EQUAL * level):
        final = measured().stages[-1]
        if not final.diverges:
            return [], {"max": final.max_abs or 0.0, "mean": final.mean_abs or 0.0}, ()
    train, held = split(len(images))
    begin = segments.anchor(reference, deployed, images, raw)
    if begin is None:
        return _from_finals(reference, deployed, images, train, held, level)
    start, pictures = begin
    train, held = split(len(images), [picture.shape[0] * picture.shape[1] for picture in pictures[0]])
    stage = reference.stages[start[0]] if start[0] >= 0 else deployed.stages[start[1]] if start[1] >= 0 else None
    parts = segments.cut(reference, deployed, images, start, pictures)
    story = explain.tell(pictures, parts, stage, train)
    if start == NOWHERE:
        ours, theirs = _guessed(story, parts[-1])
        pictures = ours.pictures, theirs.pictures
        if any(a is not b for side in pictures for a, b in zip(side, begin[1][0], strict=True)):
            parts = segments.cut(reference, deployed, images, start, pictures)
            # What was guessed from a tensor says nothing of how that tensor was made: the others do, if there are any.
            sound = [i for i in ours.sound if i in theirs.sound]
            story = explain.tell(pictures, parts, stage, [i for i in train if i in sound] or sound or train)
    found = _confirm(story, parts, reference, deployed, images, held, level)
    if start != NOWHERE or found[1]["mean"] <= noise.RESIZE.mean * level:
        return found
    # Pictures from outside that do not explain a side (another decoder made its own) must not hide what tensors tell.
    alone = _from_finals(reference, deployed, images, *split(len(images)), level)
    return alone if alone[0] and alone[1]["mean"] < LESS * found[1]["mean"] else found


def _guessed(story: Story, last: Segment) -> tuple[Guess, Guess]:
    """Return the pictures that each side's decoder likely made, where neither side shows its own."""
    sides = ((story.ours, last.targets[0]), (story.theirs, last.targets[1]))
    ours, theirs = (contents.guess(chains[-1], story.pictures, targets) for chains, targets in sides)
    return ours, theirs


def _all_near(reference: Capture, deployed: Capture, images: tuple[str, ...], slack: float) -> bool:
    """Say whether all final tensors are of one shape and no values are further apart than some slack."""
    sides = ((side, side.final) for side in (reference, deployed))
    ours, theirs = (segments.tensors(side, stage, images) for side, stage in sides)
    pairs = zip(ours, theirs, strict=True)
    return all(a.shape == b.shape and np.abs(a.astype(np.float32) - b).max() <= slack for a, b in pairs)


def _from_finals(
    reference: Capture,
    deployed: Capture,
    images: tuple[str, ...],
    train: Sequence[int],
    held: Sequence[int],
    level: float,
) -> tuple[list[Found], Mapping[str, float], tuple[str, ...]]:
    """Explain by the final tensors alone."""
    ours = segments.tensors(reference, reference.final, images)
    theirs = segments.tensors(deployed, deployed.final, images)
    found, left, known = blackbox.explain(ours, theirs, reference.final.value_range, train, held)
    rebuilt = mending.Finals(known=known, stage=deployed.final)
    out: list[Found] = []
    for finding, evidence in sorted(found, key=lambda pair: -pair[1].before):
        said = channels.worded(finding, reference.final.channels)
        at = Located(finding=said, segment=0, stage=reference.final.name)
        cause = _cause(at, evidence, len(held), left["mean"] / level)
        out.append((cause, rebuilt.undo(finding)))
    return out, left, ()


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


def _confirm(
    story: Story,
    parts: Sequence[Segment],
    reference: Capture,
    deployed: Capture,
    images: tuple[str, ...],
    held: Sequence[int],
    level: float,
) -> tuple[list[Found], Mapping[str, float], tuple[str, ...]]:
    """Keep the findings whose undoing removes what they claim, largest first; measure what is left."""
    goal = {i: as_hwc(t, reference.final, reference.source, images[i]) for i, t in _finals(reference, images)}
    seen = {i: as_hwc(t, deployed.final, deployed.source, images[i]) for i, t in _finals(deployed, images)}
    kept: list[tuple[Located, Evidence]] = []
    runs = Runs()
    own = _own_noise(story, goal, held, runs)
    while True:
        kept = [(at, _evidence(story, n, goal, seen, held, runs)) for n, at in enumerate(story.located)]
        weak = [at for at, e in kept if not (_holds(e, own, level) and _understood(story, at, e, level))]
        if not weak:
            break
        worst = min((pair for pair in kept if pair[0] in weak), key=lambda pair: pair[1].before - pair[1].after)[0]
        story = replace(story, located=tuple(at for at in story.located if at is not worst))
    kept.sort(key=lambda pair: -pair[1].before)
    # A reference that is not understood has no noise of its own to set off.
    sure = all(np.isfinite(chain.residual) for chain in (*story.ours, *story.theirs))
    left = _left_over(story, seen, goal, held, own if sure else 0.0, runs)
    rebuilt = mending.Stages(story=story, parts=tuple(parts), deployed=deployed, images=images)
    found = [(_cause(at, e, len(held), left["mean"] / level), rebuilt.undo(at)) for at, e in kept]
    return found, left, ()


def _finals(capture: Capture, images: tuple[str, ...]) -> list[tuple[int, Tensor]]:
    return [(i, capture.tensors[capture.final.name][name]) for i, name in enumerate(images)]


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
        runs.gaps[key] = _gap(explain.replay(story, keep, image, runs.made), goal[image])
    return runs.gaps[key]


def distance(made: Array, goal: Array) -> float:
    """Return the mean absolute difference; what only one of two shapes has counts as the goal's mean size."""
    if made.shape == goal.shape:
        return float(np.mean(np.abs(made - goal.astype(np.float32))))
    height, width, depth = (min(a, b) for a, b in zip(made.shape, goal.shape, strict=True))
    inner = np.abs(made[:height, :width, :depth] - goal[:height, :width, :depth].astype(np.float32)).sum()
    apart = made.size + goal.size - 2 * height * width * depth
    return float((inner + apart * np.abs(goal).mean()) / max(made.size, goal.size))


def _own_noise(story: Story, goal: Mapping[int, Array], held: Sequence[int], runs: Runs) -> float:
    """Return how far the reference's own chains are from the reference, mean absolute difference."""
    return float(np.mean(threads.each(lambda i: distance(explain.reference(story, i, runs.made), goal[i]), held)))


def _left_over(
    story: Story, seen: Mapping[int, Array], goal: Mapping[int, Array], held: Sequence[int], own: float, runs: Runs
) -> dict[str, float]:
    """Return what is not explained, in the reference's units.

    It is what the deployed chains leave of the deployed tensors, or what mending every cause leaves of the difference
    above the reference's own noise: the larger of the two.
    """
    ours, theirs = explain.total(story.ours), explain.total(story.theirs)
    ratio = 1.0
    if ours is not None and theirs is not None:
        ratio = float(np.abs(ours.gain).mean() / max(np.abs(theirs.gain).mean(), 1e-30))
    every = range(len(story.located))
    alone = threads.each(lambda i: _gap(explain.replay(story, every, i, runs.made), seen[i], ratio), held)
    mended = threads.each(lambda i: _apart(story, [], i, goal, runs), held)
    if float(np.mean([mean for _, mean in mended])) - own > float(np.mean([mean for _, mean in alone])):
        return {"max": max(peak for peak, _ in mended), "mean": float(np.mean([mean for _, mean in mended])) - own}
    return {"max": max(peak for peak, _ in alone), "mean": float(np.mean([mean for _, mean in alone]))}


def _gap(made: Array, seen: Array, ratio: float = 1.0) -> tuple[float, float]:
    """Return the largest and the mean absolute difference; of two shapes, what :func:`distance` makes of them for both."""
    if made.shape != seen.shape:
        apart = distance(made, seen) * ratio
        return apart, apart
    gap = made - seen
    np.abs(gap, out=gap)
    return float(gap.max()) * ratio, float(gap.mean()) * ratio


def _cause(at: Located, evidence: Evidence, held: int, left: float) -> Cause:
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
