"""Find with which kernel and on which sampling grid a picture was resampled, once it is known where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import HWC
from pixelparity.diagnosis.fit.locate import exactly, nudged, settle
from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.placement import Pair, Placement
from pixelparity.diagnosis.model.resampling import Resampling
from pixelparity.diagnosis.model.side_model import SideModel, resampled_pixels

#: Kernels that are told apart, plainest first: a later one has to fit clearly better.
KERNELS = (
    Resampling(shape="linear"),
    Resampling(shape="linear", antialias=True),
    Resampling(shape="linear", antialias=True, border="cut"),
    Resampling(shape="nearest"),
    Resampling(shape="nearest", centre="corner"),
    Resampling(shape="cubic75"),
    Resampling(shape="cubic"),
    Resampling(shape="cubic", antialias=True),
    Resampling(shape="cubic", antialias=True, border="cut"),
    Resampling(shape="area"),
    Resampling(shape="lanczos3"),
    Resampling(shape="lanczos3", antialias=True),
    Resampling(shape="lanczos3", antialias=True, border="cut"),
    Resampling(shape="lanczos4"),
    Resampling(shape="linear", gaussian=True),
)


def refine(
    model: SideModel,
    sources: Sequence[HWC],
    targets: Sequence[HWC],
    probes: Sequence[int],
    kernels: Sequence[Resampling],
) -> SideModel:
    """Move sizes and origins by single pixels while that explains more, then settle the kernel again."""
    at = thresholds.now().fit
    if all(not placement.needs_resampling(model.placements[i]) for i in probes):
        return model
    cut_out = any(model.placements[i].region is not None for i in probes)
    if cut_out and misfit(model, sources, targets, probes) > at.kernel_max_misfit_levels:
        return _refined_regions(model, sources, targets, probes, kernels)
    moved = list(model.placements)
    for i in probes:
        if moved[i].region is None and misfit(model, sources, targets, [i]) > at.place_certain_misfit_levels:
            moved[i] = settle(sources[i], targets[i], moved[i], model)
    if tuple(moved) == model.placements:
        return model
    return settle_kernel(replace(model, placements=tuple(moved)), sources, targets, probes, kernels)


def _refined_regions(
    model: SideModel,
    sources: Sequence[HWC],
    targets: Sequence[HWC],
    probes: Sequence[int],
    kernels: Sequence[Resampling],
) -> SideModel:
    """Return the model with the edges of its parts of pictures where they explain most on some sampling grid."""
    better = thresholds.now().fit.kernel_better_share
    best, least = model, misfit(model, sources, targets, probes)
    for centre in ("half", "corner", "ends"):
        how = Resampling(shape="linear", antialias=model.resampling.antialias, centre=centre)
        moved = list(model.placements)
        for i in probes:
            if moved[i].region is not None:
                moved[i] = nudged(sources[i], targets[i], moved[i], how)
        other = settle_kernel(replace(model, placements=tuple(moved)), sources, targets, probes, kernels)
        if (got := misfit(other, sources, targets, probes)) < better * least:
            best, least = other, got
    return best


def settle_kernel(
    model: SideModel,
    sources: Sequence[HWC],
    targets: Sequence[HWC],
    probes: Sequence[int],
    kernels: Sequence[Resampling],
) -> SideModel:
    """Return the model with the kernel, and the sub-pixel convention, that explain the probes best.

    ``probes`` are the numbers of the images to look at, ``kernels`` what is tried, plainest first.
    """
    if all(not placement.needs_resampling(model.placements[i]) for i in probes):
        return replace(model, resampling=Resampling())
    limit = thresholds.now().fit.kernel_max_misfit_levels
    best, least = _best_kernel(model, kernels, sources, targets, probes, (model, np.inf))
    if len(kernels) > 1 and max(misfit(best, sources, targets, [i]) for i in probes) > limit:
        # Other sampling grids are rare: they are tried where half-pixel centres leave too much, on any of the pictures.
        others = [replace(how, centre=centre) for how in kernels for centre in ("corner", "ends") if _has_grids(how)]
        others.append(Resampling(shape="nearest", centre="ends"))
        best, _ = _best_kernel(model, others, sources, targets, probes, (best, least))
    return best


def _has_grids(how: Resampling) -> bool:
    return how.shape not in ("nearest", "area") and how.centre == "half" and how.border == "clamp" and not how.gaussian


def _best_kernel(
    model: SideModel,
    kernels: Sequence[Resampling],
    sources: Sequence[HWC],
    targets: Sequence[HWC],
    probes: Sequence[int],
    start: tuple[SideModel, float],
) -> tuple[SideModel, float]:
    at = thresholds.now().fit
    best, least = start
    for how, exact in product(kernels, (False, True)):
        # Most kernels are far off: two pictures are enough to see that.
        if len(probes) > 2:
            two = _convention(replace(model, resampling=how), exact, sources, targets, probes[:2])
            hopeless = at.kernel_hopeless_ratio * least + at.kernel_max_misfit_levels
            if two is not None and misfit(two, sources, targets, probes[:2]) > hopeless:
                continue
        variant = _convention(replace(model, resampling=how), exact, sources, targets, probes)
        if variant is not None:
            got = misfit(variant, sources, targets, probes)
            if got < least * at.kernel_better_share:
                best, least = variant, got
    return best, least


def _convention(
    model: SideModel, exact: bool, sources: Sequence[HWC], targets: Sequence[HWC], images: Sequence[int]
) -> SideModel | None:
    """Return the model with sizes in whole pixels or with exact scales; nothing where no picture has another exact scale."""
    plain = tuple(_plainly(x, f) for x, f in zip(sources, model.placements, strict=True))
    if not exact:
        return replace(model, placements=plain, subpixel_scale=False)
    if model.resampling.centre != "half" or model.resampling.shape == "nearest":
        return None
    other = list(plain)
    for i in images:
        other[i] = exactly(sources[i], targets[i], plain[i], model.resampling)
    return replace(model, placements=tuple(other), subpixel_scale=True) if tuple(other) != plain else None


def _plainly(source: HWC, place: Placement) -> Placement:
    if place.region is not None:
        return place
    shape = placement.turned_shape(source.shape, place.code)
    return placement.whole(shape, place.size, place.canvas, place.code, place.origin)


def settle_region(
    model: SideModel, sources: Sequence[HWC], targets: Sequence[HWC], hint: SideModel | None
) -> SideModel:
    """Return the model with the largest centred part of the canvas' aspect cut out first, if that explains more.

    Cutting a square out and resizing it is nearly the same as resizing the short edge with its exact scale and cutting then;
    where pictures do not tell, the one that the other side does not contradict is taken.
    """
    at = thresholds.now().fit
    images = [i for i, f in enumerate(model.placements) if model.known[i] and f.region is None and not f.padded]
    images = [i for i in images if placement.needs_resampling(model.placements[i])]
    aspects = [(model.placements[i].size, model.placements[i].canvas) for i in images]
    if not images or all(size == canvas for size, canvas in aspects):
        return model
    plain = misfit(model, sources, targets, images)
    best, least = model, at.region_better_share * plain
    if model.subpixel_scale and (hint is None or not hint.subpixel_scale):
        least = max(least, at.region_equal_share * plain)
    for rounding in (0, 1):
        cut = list(model.placements)
        for i in images:
            place = model.placements[i]
            shape = placement.turned_shape(sources[i].shape, place.code)
            cut[i] = placement.cut_out(_centred(shape, place.canvas, rounding), place.canvas, place.code)
        other = replace(model, placements=tuple(cut), subpixel_scale=False)
        if (got := misfit(other, sources, targets, images)) < least:
            best, least = other, got
    return best


def _centred(shape: Pair, canvas: Pair, rounding: int) -> tuple[int, int, int, int]:
    """Return the largest centred part (top, left, bottom, right) of a picture that has the canvas' aspect."""
    ratio = min(s / c for s, c in zip(shape, canvas, strict=True))
    size = [min(s, round(c * ratio)) for s, c in zip(shape, canvas, strict=True)]
    top, left = ((s - n + rounding) // 2 for s, n in zip(shape, size, strict=True))
    return top, left, top + size[0], left + size[1]


def misfit(model: SideModel, sources: Sequence[HWC], targets: Sequence[HWC], probes: Sequence[int]) -> float:
    """Return the mean absolute residual of a linear map per image, in levels of the source; infinite where no probe tells."""
    residuals = []
    for i in probes:
        rows, columns = placement.grid(model.placements[i], thresholds.now().fit.grid_points)
        if len(rows) < 2 or len(columns) < 2:
            continue
        x = resampled_pixels(model, sources[i], i, rows, columns).reshape(len(rows) * len(columns), -1)
        y = targets[i][rows[:, None], columns].reshape(len(x), -1)
        if np.ptp(y) > 0:
            residuals.append(colours.unexplained(x, y) / model.unit)
    return float(np.mean(residuals)) if residuals else np.inf


def settle_scales(model: SideModel, sources: Sequence[HWC], targets: Sequence[HWC]) -> SideModel:
    """Return the model with exact scales if they fit the pictures that show them: those whose size is not a whole number."""
    if model.subpixel_scale or model.resampling.centre != "half" or model.resampling.shape == "nearest":
        return model
    exact = list(model.placements)
    for i, place in enumerate(model.placements):
        if model.known[i] and placement.needs_resampling(place):
            exact[i] = exactly(sources[i], targets[i], place, model.resampling)
    telling = [i for i, place in enumerate(model.placements) if exact[i] != place]
    if not telling:
        return model
    other = replace(model, placements=tuple(exact), subpixel_scale=True)
    at = thresholds.now().fit
    plain, kept = (misfit(m, sources, targets, telling) for m in (model, other))
    better = kept < at.scale_better_share * plain and plain > at.scale_min_misfit_levels
    return other if better else model
