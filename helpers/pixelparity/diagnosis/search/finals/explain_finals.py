"""Name causes from final tensors alone, and confirm each by undoing it on deployed tensors that were held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.families import (
    alpha_gray,
    batch_padding,
    channels,
    frames,
    jpeg_chroma,
    kernel,
    number_type,
    orientation,
    padding,
    places,
    registry,
    rounding,
    statistics,
    value_maps,
)  # fmt: skip
from pixelparity.diagnosis.families.finding import Finding, Restore
from pixelparity.diagnosis.families.registry import Loss
from pixelparity.diagnosis.measure import remaining, residuals, threads
from pixelparity.diagnosis.measure.residuals import Residual
from pixelparity.diagnosis.model import colours, constants, placement
from pixelparity.diagnosis.model.colours import RGB_CHANNELS, ColourMap
from pixelparity.diagnosis.model.placement import Placement
from pixelparity.diagnosis.model.side_model import SideModel, simulate
from pixelparity.diagnosis.results import Evidence
from pixelparity.diagnosis.search.elimination import Outcome, Trial, eliminate
from pixelparity.diagnosis.search.finals import alignment
from pixelparity.diagnosis.search.finals.alignment import Pairing, Pictures, unscrambled

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class FinalsState:
    """What has been found: findings that mend the chain, and findings that are restored on the result, in this order."""

    pairing: Pairing
    chained: tuple[Finding, ...]
    restored: tuple[tuple[Finding, Restore], ...] = ()


def explain(
    reference: Pictures,
    deployed: Pictures,
    bounds: tuple[float, float] | None,
    train: Sequence[int],
    held: Sequence[int],
) -> tuple[Outcome[Finding], dict[str, float], FinalsState]:
    """Return what was kept and dropped with its evidence (reference's units), and what is left: largest and mean difference."""
    pairing = _settled(alignment.pair(reference, deployed, bounds, train))
    late = padding.put_on_late(pairing.ours, pairing.theirs)
    pairing = replace(pairing, theirs=replace(pairing.theirs, pads_after_normalise=late))
    if alignment.likeness(pairing) < thresholds.now().finals.alike_min_share:
        known = FinalsState(pairing=replace(pairing, theirs=pairing.ours), chained=())
        plain = remaining.over(remaining.apart(deployed[i], reference[i]) for i in held)
        return Outcome(kept=(), dropped=()), plain, known
    chained = _places(pairing) + channels.differences(
        pairing.ours, pairing.theirs, colours.identity(pairing.base.matrix.shape[1])
    )
    known = FinalsState(pairing=pairing, chained=tuple(chained))
    known = _residue(known, [*train, *[i for i in held if i not in train]])
    known, outcome = _confirmed(known, held)
    return outcome, _left_over(known, held), known


def _level(known: FinalsState) -> float:
    """Return what one level is worth in the reference's units."""
    return float(np.abs(known.pairing.base.gain).mean())


def _by_brightness(pairing: Pairing) -> ColourMap | None:
    """Return the reference's or other known constants under which the brightness agrees though the colours do not.

    Where the colour planes differ, each channel's own fit is biased; the brightness tells the constants.
    """
    base, theirs = pairing.base, pairing.theirs
    if base.matrix.shape != (RGB_CHANNELS, RGB_CHANNELS):
        return None
    usual = (*statistics.mistakes(value_maps.norm(base)), *constants.usual_norms(3))
    options = [base, *(colours.plain((0, 1, 2), np.array(one.gain), np.array(one.offset), 3) for one in usual)]
    scored = []
    shown = lefts(FinalsState(pairing=pairing, chained=()), range(min(2, len(pairing.content)))).values()
    # Every third pixel of every third row, in the units of the deployed tensors: each option makes levels of its own.
    parts = [[side[::3, ::3].reshape(-1, 3) for side in one.pair] for one in shown]
    if parts:
        ours, seen = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
        seen = theirs.colour.apply(seen)
        for n, option in enumerate(options):
            off = option.invert().apply(seen) - ours
            for weights in (colours.LUMA, colours.LUMA[::-1]):
                scored.append((float(np.abs(off @ weights).mean()), n, float(np.abs(off).mean())))
    if not scored:
        return None
    bright, n, whole = min(scored)
    at = thresholds.now().finals
    alike = bright < at.brightness_max_share * whole and bright < at.brightness_max_levels
    return options[n] if alike and whole > at.loud_levels else None


def _settled(pairing: Pairing) -> Pairing:
    """Return the pairing with the deployed map snapped to the reference's or to constants that have a name, where it is near.

    What a fit makes of rounding and of noise must not be undone: it would hide what is left.
    """
    theirs, base = pairing.theirs, pairing.base
    if theirs.colour.kind == "per_image" or theirs.colour.matrix.shape != base.matrix.shape:
        return pairing
    if (
        theirs.yuv_error is None
        and theirs.residual > thresholds.now().finals.loud_levels
        and (found := _by_brightness(pairing)) is not None
    ):
        return replace(pairing, theirs=replace(theirs, colour=found))
    if theirs.colour.kind != "plain":
        return pairing
    seen, width = value_maps.norm(theirs.colour), base.matrix.shape[1]
    wanted = value_maps.norm(colours.plain(theirs.colour.order, base.gain, np.asarray(base.offset), width))
    at = thresholds.now().finals
    share = at.constants_share if theirs.yuv_error is None else at.constants_yuv_share
    exact = wanted if seen.close(wanted) else constants.nearest_usual(seen, share, statistics.mistakes(wanted))
    if exact is None:
        return pairing
    snapped = colours.plain(theirs.colour.order, np.array(exact.gain), np.array(exact.offset), width)
    return replace(pairing, theirs=replace(theirs, colour=snapped))


def undone(known: FinalsState, image: int, but: Finding | None = None) -> tuple[Array, Array]:
    """Undo everything on one deployed tensor except one finding; returns tensor and mask."""
    chain = known.pairing.theirs
    if but is not None and but in known.chained:
        chain = but.mend(chain)
    out, mask = alignment.undo(known.pairing, chain, image)
    steps = [restore for finding, restore in known.restored if finding is not but]
    if steps:
        level = known.pairing.base.invert().apply(out)
        for step in steps:
            level = step(level, image)
        out = known.pairing.base.apply(level)
    return out, mask


def lefts(known: FinalsState, images: Sequence[int]) -> dict[int, Residual]:
    """Return reference and undone tensors in levels 0..255, for images that have something in common."""
    found = threads.each(lambda i: _left(known, i), images)
    return {i: left for i, left in zip(images, found, strict=True) if left is not None}


def _left(known: FinalsState, image: int) -> Residual | None:
    frame, goal = known.pairing.theirs.placements[image], known.pairing.reference[image]
    if frame.code != 1 and placement.needs_resampling(frame):
        return None  # A turned picture that was resampled on other axes is odd among the rest.
    tensor, mask = undone(known, image)
    box = residuals.box_of(mask & _content(known, image))
    top, left, bottom, right = box
    if bottom <= top or right <= left or tensor.shape != goal.shape:
        return None
    back = known.pairing.base.invert()
    return Residual(reference=back.apply(goal), deployed=back.apply(tensor), box=box)


def _content(known: FinalsState, image: int) -> Array:
    own = known.pairing.ours.placements[image]
    top, left, bottom, right = own.box
    out = np.zeros(own.canvas, bool)
    out[top:bottom, left:right] = True
    return out


def _residue(known: FinalsState, images: Sequence[int]) -> FinalsState:
    """Look at what is left, name the largest part, undo it, and look again."""
    if known.pairing.reference[0].shape[2] != known.pairing.deployed[0].shape[2] or known.pairing.theirs.rounds_output:
        return known  # what is not there any more differs, and that says nothing
    seen = lefts(known, images[: thresholds.now().finals.looked_at_images])
    if not seen or max(residuals.gap(one) for one in seen.values()) < thresholds.now().noise.quiet_levels:
        return known
    swapped = "reversed" in _base_name(known)
    own = known.pairing.theirs.colour.kind == "per_image"  # fitted picture by picture: no lattice is left to look at
    # A picture that had to be resampled to be compared shows that resampling: displacement and kernel are not told then.
    zoomed = any(f.family in ("resize_mode", "target_size", "exif_orientation") and not f.images for f in known.chained)
    for look in (
        alpha_gray.blended,
        lambda s: None if zoomed else rounding.displaced(s),
        # Values are cut off or rounded: what is put right of one looks like the other.
        lambda s: number_type.truncated(s) or (None if own else number_type.unrounded(s)),
        lambda s: jpeg_chroma.decoded(s, swapped),
    ):
        found = look(seen)
        if found is not None:
            known = replace(known, restored=(*known.restored, found))
            # Blended pictures are odd: what they are made of cannot be undone well enough to tell more from them.
            odd = found[0].images if found[0].family == "alpha_gray" else ()
            seen = lefts(known, [i for i in seen if i not in odd])
    telling = residuals.telling(seen)
    nothing = thresholds.now().noise.resize_mean_levels + sum(
        number_type.lost(finding) for finding, _ in known.restored
    )
    if telling and np.mean([residuals.gap(one) for one in telling.values()]) > nothing and not zoomed:
        known = replace(known, restored=(*known.restored, *kernel.resampled(telling)))
    return known


def _base_name(known: FinalsState) -> str:
    return constants.name_of(value_maps.norm(known.pairing.base))


# --- places ---------------------------------------------------------------------------------------------------------


def _places(pairing: Pairing) -> list[Finding]:
    """Name differences in orientation, size and place of the reference's content in both tensors."""
    ours, theirs = pairing.ours, pairing.theirs
    found = orientation.turned(ours, theirs, stored=False)
    which = [
        i
        for i, (a, b) in enumerate(zip(ours.placements, theirs.placements, strict=True))
        if a.code == b.code and theirs.known[i]
    ]
    if not which:
        every = range(len(ours.placements))
        canvases = [tuple(f.canvas for f in chain.placements) for chain in (ours, theirs)]
        turned = (
            len({f.code for f in theirs.placements}) > 1
        )  # all alike: height and width were exchanged, not the canvas
        other = turned and canvases[0] != canvases[1]
        return found + ([batch_padding.other_canvas(frames.of(ours, theirs, every))] if other else [])
    left, right = [ours.placements[i] for i in which], [theirs.placements[i] for i in which]
    zooms = np.array([[1 / s for s in f.scale] for f in right])
    drift = np.abs(zooms - 1) * np.array([f.size for f in left])
    if (drift < thresholds.now().finals.zoom_min_px).all():
        return found + places.differences(frames.of(ours, theirs, which))
    return [*found, _zoomed(ours, left, right, zooms)]


def _zoomed(ours: SideModel, left: Sequence[Placement], right: Sequence[Placement], zooms: Array) -> Finding:
    at = thresholds.now().finals
    even = np.abs(zooms[:, 0] / zooms[:, 1] - 1).max() < at.zoom_even_share
    constant = np.ptp(zooms, axis=0).max() < at.zoom_constant_share * zooms.mean()
    whole = len({f.canvas for f in left}) == 1 and len({f.canvas for f in right}) == 1
    other = whole and left[0].canvas != right[0].canvas
    inside = any(_cut_inside(a, b) for a, b in zip(left, right, strict=True))
    family = "target_size" if ((even and constant) or other) and not inside else "resize_mode"
    factors = [round(float(z), 4) for z in np.median(zooms, axis=0)]
    text = f"the content is {factors[0]:g} times as high and {factors[1]:g} times as wide (median) in serving as in training"
    return Finding(
        family=family,
        parameters={"reference": list(left[0].canvas), "deployed": list(right[0].canvas), "zoom": factors},
        text=text,
        fix="# resize as the training does: the same edge, size and fit, then the same crop or padding",
        mend=lambda chain: replace(chain, placements=ours.placements),
        steps=("resize", "crop", "pad", "other"),
        doubt=0.1,
    )


def _cut_inside(own: Placement, other: Placement) -> bool:
    """Say whether the deployed tensor shows a part of the content within a border: then it was cut before it was resized."""
    top, left, bottom, right = other.box
    for k, (first, last) in ((0, (top, bottom)), (1, (left, right))):
        shown = (last - first) * other.scale[k]
        if shown < thresholds.now().finals.cut_max_share * own.size[k] and first > 0 and last < other.canvas[k]:
            return True
    return False


# --- confirming -----------------------------------------------------------------------------------------------------


def _confirmed(known: FinalsState, held: Sequence[int]) -> tuple[FinalsState, Outcome[Finding]]:
    """Drop findings whose undoing removes too little, the weakest first, until all hold."""
    outcome = eliminate([*known.chained, *(f for f, _ in known.restored)], partial(_judge, known, held))
    return _only(known, [finding for finding, _ in outcome.kept]), outcome


def _only(known: FinalsState, standing: Sequence[Finding]) -> FinalsState:
    """Return the state with some of its findings."""
    kept = {id(finding) for finding in standing}
    chained = tuple(f for f in known.chained if id(f) in kept)
    return replace(known, chained=chained, restored=tuple(pair for pair in known.restored if id(pair[0]) in kept))


def _judge(known: FinalsState, held: Sequence[int], standing: Sequence[Finding]) -> list[Trial]:
    """Return how each finding fares with all others undone."""
    known = _only(known, standing)
    which = sorted({*held, *(i for f in standing for i in _concerned(known, f, held))})
    clean = dict(zip(which, threads.each(partial(undone, known), which), strict=True))
    evidence = threads.each(partial(_evidence, known, held=held, clean=clean), standing)
    return [
        Trial(evidence=e, objection=_objection(known, f, e), weight=e.removed)
        for f, e in zip(standing, evidence, strict=True)
    ]


def _objection(known: FinalsState, finding: Finding, evidence: Evidence) -> str:
    """Say why undoing does not hold: it has to remove the family's share, and more than a trace."""
    if evidence.undone == "dtype" and evidence.after == 0 and evidence.removed == 1:
        return ""
    level = _level(known)
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
        with_it, mask = undone(known, i, finding)
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
    chains = (finding.mend(pairing.theirs), pairing.theirs)
    goals = {i: unscrambled(pairing.theirs, pairing.deployed[i]).astype(np.float32) for i in concerned}
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
    return image[: rows * 8, : columns * 8].reshape(rows, 8, columns, 8, -1).mean((1, 3))


def half_evidence(ours: Sequence[Array], theirs: Sequence[Array]) -> Evidence:
    """Measure how far each side's values lie from float16 ones: what rounding took cannot be brought back, but it shows."""
    off = [float(np.mean([np.abs(x - x.astype(np.float16)).mean() for x in side])) for side in (ours, theirs)]
    before, after = max(off), min(off)
    removed = 1 - after / before if before > 0 else 0.0
    return Evidence(undone="dtype", before=before, after=after, removed=removed, images=len(ours))


def _distance(made: Array, goal: Array, mask: Array) -> float:
    if made.shape != goal.shape:
        return float(np.mean(np.abs(goal)))
    return _masked(made, goal, mask)[1] if mask.any() else float(np.mean(np.abs(goal)))


def _masked(made: Array, goal: Array, mask: Array) -> tuple[float, float]:
    """Return the largest and the mean absolute difference of two HWC tensors within a mask that is not empty."""
    gap = np.abs(made - goal)
    count = int(mask.sum())
    if count < mask.size:
        gap *= mask[..., None]
    return float(gap.max()), float(gap.sum(dtype=np.float64)) / (count * gap.shape[2])


def _left_over(known: FinalsState, held: Sequence[int]) -> dict[str, float]:
    """Return how far the deployed tensors are from the reference's with everything undone, where both show the same.

    Where nothing of a tensor can be undone any more, or laid over the reference's, the tensors count as they are.
    """
    return remaining.over(_undone_gap(known, i) for i in held)


def _undone_gap(known: FinalsState, image: int) -> tuple[float, float]:
    pairing, theirs = known.pairing, known.pairing.theirs
    goal = pairing.reference[image].astype(np.float32)
    if theirs.rounds_output and known.chained:
        # A cast left few whole numbers: what the reference's content becomes by it is compared, in the reference's units.
        made = simulate(theirs, pairing.content[image], image)
        seen = unscrambled(theirs, pairing.deployed[image])
        ratio = _level(known) / max(float(np.abs(theirs.value_map(image).matrix).max(1).mean()), 1e-30)
        peak, mean = remaining.apart(made, seen)
        return peak * ratio, mean * ratio
    made, mask = undone(known, image)
    if made.shape != goal.shape or not mask.any():
        return remaining.apart(pairing.deployed[image], goal)
    return _masked(made, goal, mask)
