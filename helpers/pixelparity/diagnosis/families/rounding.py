"""A size or an offset that becomes another whole number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import HWC
from pixelparity.diagnosis.families import kernel, looks
from pixelparity.diagnosis.families.finding import Finding, Named, number, unchanged
from pixelparity.diagnosis.families.frames import CROP, RESIZE, Frames
from pixelparity.diagnosis.families.registry import Family, register
from pixelparity.diagnosis.fit import edit_placement, registration
from pixelparity.diagnosis.fit.registration import Displacement
from pixelparity.diagnosis.measure import threads
from pixelparity.diagnosis.measure.residuals import Residual
from pixelparity.diagnosis.model.colours import luma
from pixelparity.diagnosis.model.placement import Placement

register(
    Family(
        name="rounding",
        title="Sizes or offsets are rounded otherwise",
        words="sizes or offsets rounded otherwise",
        differs="a size or an offset one pixel off on some pictures",
        with_stages="sizes and offsets",
        from_finals="by displacement",
        steps=("resize", "crop", "pad", "other"),
        loses="moved",
    ),
)

# --- between two chains ---------------------------------------------------------------------------------------------


def of_sizes(frames: Frames) -> Finding:
    """Name sizes that become another whole number."""
    step, gaps = _steps([(b.size[k] - a.size[k]) for a, b in frames.pairs for k in (0, 1)])
    fix = (
        "# compute the size in the graph as the training does, which comes out a pixel "
        f"{'smaller' if step > 0 else 'larger'}: fn.resize(images, size=fn.stack(height, width))"
    )
    return _one_off(frames, "size", step, gaps, fix, RESIZE)


def of_offsets(frames: Frames) -> Finding:
    """Name offsets of a window, or of a picture in its padding, that become another whole number."""
    step, gaps = _steps([(b.origin[k] - a.origin[k]) for a, b in frames.pairs for k in (0, 1)])
    return _one_off(frames, "offset", step, gaps, _crop_line(frames.reference), CROP)


def _steps(gaps: Sequence[int]) -> tuple[int, list[int]]:
    """Return the largest gap, and all that there are."""
    return max(gaps, key=abs), sorted({gap for gap in gaps if gap})


def _one_off(frames: Frames, what: str, step: int, gaps: list[int], fix: str, steps: tuple[str, ...]) -> Finding:
    pairs, model = frames.pairs, frames.model
    numbered = zip(frames.images, pairs, strict=True)
    moved = [i for i, (a, b) in numbered if a.size != b.size or a.origin != b.origin]
    return Finding(
        family="rounding",
        parameters={"what": what, "offsets": gaps, "images": len(moved)},
        text=f"the {what} is rounded otherwise: {len(moved)} of {len(pairs)} pictures are {step:+d} pixel off",
        fix=fix,
        mend=lambda chain: replace(chain, placements=edit_placement.resized(chain, model)),
        steps=steps,
        images=tuple(moved),
    )


def halved_otherwise(frames: Frames) -> bool:
    """Say whether both sides centre their pictures, and no one way of halving odd gaps agrees with both."""
    ways = [set(edit_placement.styles(side)) for side in (frames.reference, frames.deployed)]
    return frames.anchors == ("centre", "centre") and not ways[0] & ways[1]


def of_halves(frames: Frames) -> Finding:
    """Name offsets that halve odd gaps otherwise, where no picture shows both sides' offsets at once."""
    model = frames.model
    reference, deployed = (
        edit_placement.styles(side)[:1] or ("otherwise",) for side in (frames.reference, frames.deployed)
    )
    return Finding(
        family="rounding",
        parameters={"what": "offset", "offsets": [1], "reference": reference[0], "deployed": deployed[0]},
        text=f"half a pixel of an offset is rounded {reference[0]} in training and {deployed[0]} in serving",
        fix=_crop_line(frames.reference),
        mend=lambda chain: replace(chain, placements=edit_placement.replaced(chain, model)),
        steps=CROP,
    )


def _crop_line(reference: Sequence[Placement]) -> str:
    """Return the DALI crop that rounds a centred window's corner as these pictures have it."""
    canvas, ways = reference[0].canvas, edit_placement.styles(reference)
    crop = f"crop=({canvas[0]}, {canvas[1]})"
    if "to zero" in ways or "from zero" in ways:
        return f'images = fn.crop(images, {crop}, rounding="{"truncate" if "to zero" in ways else "round"}")'
    way = ways[0] if ways else "as in training"
    return f"images = fn.slice(images, start, shape, axes=(0, 1))  # {crop}, half a pixel rounded {way}"


# --- from final tensors: by displacement ----------------------------------------------------------------------------


@looks.FINALS.look(ahead_of=("number_type.made_whole", "jpeg_chroma.fine_colours"))
def moved(left: looks.Left) -> Named | None:
    """Name a displacement; a picture that had to be resampled to be compared shows that resampling instead."""
    return None if left.zoomed else displaced(left.lefts)


def displaced(lefts: Mapping[int, Residual]) -> Named | None:
    """Name a displacement of parts of a pixel, or of single pixels; its restoring moves the tensors back.

    A sampling grid shows as a displacement too, and is named where the displacements are those of one.
    """
    drifts = _helpful(lefts)
    if not drifts:
        return None
    name = _grid_or_rounding(list(drifts.values()))
    grid = name in ("corner", "ends", "scale")
    finding = (kernel.displaced_grid if grid else _displaced_by)(name, drifts, len(lefts))

    def restore(tensor: HWC, image: int) -> HWC:
        return _moved(tensor, lefts[image].box, drifts[image]) if image in drifts else tensor

    return finding, restore


def _helpful(lefts: Mapping[int, Residual]) -> dict[int, Displacement]:
    """Return the displacements that bring their images together, where there are enough of them; or none."""
    measured = zip(lefts, threads.each(_drift_of, lefts.values()), strict=True)
    found = {i: drift for i, drift in measured if drift is not None}
    gained = {i: _stays(lefts[i], drift) for i, drift in found.items()}
    at = thresholds.now().families
    helped = [i for i, left in gained.items() if left < at.moved_max_left_share]
    if len(helped) < at.moved_min_images_share * len(lefts):
        # Few pictures only: then each has to be moved by much, and to gain much by being moved back.
        far = [i for i in helped if found[i].largest > at.moved_few_min_px]
        helped = [i for i in far if gained[i] < at.moved_few_max_left_share]
    return {i: found[i] for i in helped}


def _drift_of(left: Residual) -> Displacement | None:
    a, b = left.pair
    at = thresholds.now().families
    if min(a.shape[:2]) < at.moved_min_edge_px:
        return None
    drift = registration.lucas_kanade(luma(a), luma(b))
    return drift if drift.largest > max(at.still_max_px, at.moved_min_errors * drift.error) else None


def _moved(tensor: HWC, box: tuple[int, int, int, int], drift: Displacement) -> HWC:
    top, left, bottom, right = box
    out = tensor.copy()
    out[top:bottom, left:right] = registration.moved_back(tensor[top:bottom, left:right], drift)
    return out


def _stays(left: Residual, drift: Displacement) -> float:
    """Return the share of the difference that stays when a drift is undone."""
    a, b = left.pair
    inner = (slice(3, -3), slice(3, -3))
    before = np.abs(a - b)[inner].mean()
    return float(np.abs(a - registration.moved_back(b, drift))[inner].mean() / max(before, 1e-9))


def _grid_or_rounding(drifts: Sequence[Displacement]) -> str:
    """Tell a sampling grid (corner, ends or scale) from a rounded size or offset.

    A grid convention moves both axes alike (a corner convention shifts both, aligned ends stretch both), or one axis by less
    than a pixel in all (sub-pixel scale); rounding moves one axis, by one whole pixel in size or offset.
    """
    at = thresholds.now().families
    shifts, growths = np.array([d.shift for d in drifts]), np.array([d.growth for d in drifts])
    both_shift = np.mean((np.abs(shifts) > at.still_max_px).all(1) & (shifts[:, 0] * shifts[:, 1] > 0))
    same_sign = np.sign(growths[:, 0]) == np.sign(growths[:, 1])
    both_grow = np.mean((np.abs(growths) > at.grown_min_px).all(1) & same_sign)
    if both_shift > at.grid_min_images_share and np.abs(shifts).max() < at.corner_max_px:
        return "corner"
    if both_grow > at.grid_min_images_share:
        return "ends"
    furthest = np.abs(shifts).max(1)
    if np.mean(furthest > at.offset_min_px) > at.rounded_min_images_share:
        return "offset"
    if np.mean(furthest > at.size_min_px) > at.rounded_min_images_share:
        return "size"
    return "size" if np.abs(growths).max(1).min() > at.size_min_growth_px else "scale"


def _displaced_by(what: str, drifts: Mapping[int, Displacement], count: int) -> Finding:
    """Name a size or an offset by the displacements of some of ``count`` pictures."""
    typical = max(drifts.values(), key=lambda d: d.largest)
    least = thresholds.now().families.whole_pixel_min_px
    return Finding(
        family="rounding",
        parameters={
            "shift": [number(s) for s in typical.shift],
            "growth": [number(g) for g in typical.growth],
            "images": len(drifts),
            "what": what,
            "offsets": sorted({int(np.rint(s)) for d in drifts.values() for s in d.shift if abs(s) > least}),
        },
        text=f"a {what} is rounded otherwise: {len(drifts)} of {count} pictures are off by a pixel",
        fix="# compute sizes and offsets in the graph with the training's integer arithmetic",
        mend=unchanged,
        steps=("resize", "crop", "pad", "other"),
        images=tuple(sorted(drifts)),
        doubt=0.15,
    )
