"""Find out what one side does between two stages, from source pictures and the tensors they became.

Geometry first (which part of the picture, at which size), then the kernel, then how channels are mapped, then rounding and
border. Each candidate is tried on the pixels of a sparse grid: exact there, and cheap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import HWC
from pixelparity.diagnosis.fit import fit_curves
from pixelparity.diagnosis.fit.fit_values import as_bytes, fit_values
from pixelparity.diagnosis.fit.kernels import (
    KERNELS,
    misfit,
    refine,
    settle_kernel,
    settle_region,
    settle_scales,
)
from pixelparity.diagnosis.fit.locate import NEUTRAL, locate, locate_region, locate_turned
from pixelparity.diagnosis.fit.place_others import place_others
from pixelparity.diagnosis.model import colours, layouts, placement
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.placement import Placement
from pixelparity.diagnosis.model.resampling import Resampling
from pixelparity.diagnosis.model.side_model import SideModel, as_signed_bytes, resampled_pixels


def identify(
    sources: Sequence[HWC],
    targets: Sequence[HWC],
    hint: SideModel | None = None,
    fit_images: Sequence[int] | None = None,
    kernels: Sequence[Resampling] = KERNELS,
    likely: Sequence[ColourMap] = (),
) -> SideModel:
    """Return the model that turns sources into targets, (h, w, c) per image; its ``residual`` (levels) says how well it does.

    Nothing is assumed of the targets' units or channel order. Images of one colour tell nothing and follow the others.
    ``hint`` is a model to keep where it fits as well as noise allows: the other side's. Kernel, channels, rounding and
    border are estimated on the images numbered in ``fit_images`` (all of them if not given); where each picture lies is looked up
    in its own tensor. ``likely`` are maps of values to try where a cast to whole numbers left too little to fit one.
    ``explained`` is low and ``residual`` infinite where nothing fits. Raises ``IndexError`` for no images.
    """
    at = thresholds.now().fit
    fit_images = list(range(len(sources))) if fit_images is None else list(fit_images)
    if hint is not None and _fits(hint, sources, targets):
        return fit_values(replace(hint, dtype=str(targets[0].dtype)), sources, targets, fit_images)
    model = _identify(sources, targets, fit_images, kernels, hint=hint)
    if model.explained >= at.explained_good_share:
        return model
    if (cast := as_bytes(model, sources, targets, fit_images, likely)) is not None:
        return cast
    if (jumping := _jumping(hint or model, sources, targets, fit_images)) is not None:
        return jumping
    if model.explained >= at.explained_fair_share:
        return model
    if (signed := _signed(sources, targets, fit_images)) is not None:
        return signed
    for name in layouts.NAMES:
        undone = [layouts.undo(name, y) for y in targets]
        other = _identify(sources, undone, fit_images, kernels, quick=True)
        if other.explained > max(at.layout_min_share, model.explained):
            return replace(_identify(sources, undone, fit_images, kernels), layout_error=name)
    return model


def _jumping(
    start: SideModel, sources: Sequence[HWC], targets: Sequence[HWC], fit_images: Sequence[int]
) -> SideModel | None:
    """Return the model of an integer division or a wrap-around at another model's places, if it explains the targets."""
    if any(frame.canvas != y.shape[:2] for frame, y in zip(start.placements, targets, strict=True)):
        return None
    if start.layout_error or start.shapes != tuple((x.shape[0], x.shape[1]) for x in sources):
        return None
    plain = replace(start, curve=None, clip=None, rounds_output=False, bytes_as_int8=False)
    found = fit_curves.whole_numbers(plain, sources, targets, fit_images)
    return None if found is None else fit_values(found, sources, targets, fit_images)


def _signed(sources: Sequence[HWC], targets: Sequence[HWC], fit_images: Sequence[int]) -> SideModel | None:
    """Return the model of bytes read as signed, if that explains the targets and nothing is resampled."""
    made = [as_signed_bytes(x) for x in sources]
    found = _identify(made, targets, fit_images, (NEUTRAL,), quick=True)
    resampled = any(placement.needs_resampling(found.placements[i]) for i in fit_images)
    if resampled or found.explained < thresholds.now().fit.explained_good_share:
        return None
    return fit_values(replace(found, bytes_as_int8=True, resampling=Resampling()), sources, targets, fit_images)


def _identify(
    sources: Sequence[HWC],
    targets: Sequence[HWC],
    fit_images: Sequence[int],
    kernels: Sequence[Resampling],
    *,
    quick: bool = False,
    hint: SideModel | None = None,
) -> SideModel:
    at = thresholds.now().fit
    probes = _probes(sources, targets, fit_images)
    whole, found = _located(sources, targets, probes, quick=quick)
    scores = [s for _, s in found.values() if not np.isnan(s)]
    score = float(np.quantile(scores, at.score_quantile)) if scores else float("nan")
    start = _blank(sources, targets, {i: f for i, (f, _) in found.items()})
    if np.isnan(score) and not quick:
        return _of_flat(start, sources, targets, fit_images)
    if quick or not score > at.explained_min_share:
        return replace(start, explained=0.0 if np.isnan(score) else score, residual=np.inf)
    model = _settled(start, sources, targets, probes, kernels)
    residual = misfit(model, sources, targets, probes)
    if found != whole and residual > at.kernel_max_misfit_levels:
        # Another sampling grid looks like a part of the picture: the whole picture is tried before a part is believed.
        start = _blank(sources, targets, {i: f for i, (f, _) in whole.items()})
        other = _settled(start, sources, targets, probes, kernels)
        model = other if misfit(other, sources, targets, probes) < residual else model
    model = _again_on_grid(model, sources, targets, probes, kernels)
    model = place_others(model, sources, targets, probes)
    if len(kernels) > 1:
        model = settle_region(settle_scales(model, sources, targets), sources, targets, hint)
    return fit_values(model, sources, targets, fit_images)


#: Of some images, by number, the place and its closeness.
Found = dict[int, tuple[Placement, float]]


def _located(
    sources: Sequence[HWC], targets: Sequence[HWC], probes: Sequence[int], *, quick: bool
) -> tuple[Found, Found]:
    """Return the probes' places with their closeness: of whole pictures only, and of parts where those explain more."""
    at = thresholds.now().fit
    whole: Found = {}
    for i in probes:
        hints = [place for place, score in whole.values() if score > at.place_good_share]
        whole[i] = locate(sources[i], targets[i], (1,), hints)
    if quick:
        return whole, whole
    whole = {
        i: f if f[1] > at.explained_fair_share else locate_turned(sources[i], targets[i], f) for i, f in whole.items()
    }
    parts = {i: f if f[1] > at.place_good_share else locate_region(sources[i], targets[i], f) for i, f in whole.items()}
    return whole, parts


def _settled(
    start: SideModel,
    sources: Sequence[HWC],
    targets: Sequence[HWC],
    probes: Sequence[int],
    kernels: Sequence[Resampling],
) -> SideModel:
    """Return the model with the kernel, and then sizes and origins, that explain the probes best."""
    return refine(settle_kernel(start, sources, targets, probes, kernels), sources, targets, probes, kernels)


def _of_flat(start: SideModel, sources: Sequence[HWC], targets: Sequence[HWC], fit_images: Sequence[int]) -> SideModel:
    """Return the model of pictures of one colour each: they tell constants, if they have several, and nothing else."""
    levels = np.array([sources[i].reshape(-1, sources[i].shape[2]).mean(0) for i in fit_images]) / start.unit
    at = thresholds.now().fit
    if len(levels) < at.flat_min_images or levels.std(0).min() < at.flat_min_spread_levels:
        return replace(start, explained=0.0, residual=np.inf)
    known = (True,) * len(sources)
    return fit_values(replace(start, resampling=Resampling(shape="nearest"), known=known), sources, targets, fit_images)


def _fits(hint: SideModel, sources: Sequence[HWC], targets: Sequence[HWC]) -> bool:
    """Say whether a model's geometry and kernel hold for these targets, image by image, within the noise of resampling."""
    if any(f.canvas != y.shape[:2] or hint.layout_error for f, y in zip(hint.placements, targets, strict=True)):
        return False
    if hint.shapes != tuple((x.shape[0], x.shape[1]) for x in sources):
        return False
    smooth = replace(hint, rounding="none")
    at = thresholds.now().fit
    off = {i: misfit(smooth, sources, targets, [i]) for i in range(len(sources)) if hint.known[i]}
    told = [left for left in off.values() if np.isfinite(left)]
    # A tensor of one colour where the picture has one as well contradicts nothing.
    flat = all(_flat(smooth, sources[i], i) for i, left in off.items() if not np.isfinite(left))
    return bool(told) and flat and max(told) < at.hint_max_misfit_share * at.kernel_max_misfit_levels


def _flat(model: SideModel, source: HWC, image: int) -> bool:
    rows, columns = placement.grid(model.placements[image], thresholds.now().fit.grid_points)
    return (
        bool(np.ptp(resampled_pixels(model, source, image, rows, columns)) == 0) if len(rows) and len(columns) else True
    )


def _probes(sources: Sequence[HWC], targets: Sequence[HWC], fit_images: Sequence[int]) -> list[int]:
    """Return a few images that have detail, of as many shapes as there are."""
    at = thresholds.now().fit
    order: dict[tuple[int, ...], list[int]] = {}
    for i in fit_images:
        x, y = sources[i], targets[i]
        x_range, y_range = np.ptp(x[::7, ::7]), np.ptp(y[::7, ::7])
        if x_range > at.probe_min_range_levels * _unit(x) and y_range > 0:
            order.setdefault(x.shape[:2], []).append(i)
    picked: list[int] = []
    while len(picked) < at.probes and any(order.values()):
        for group in order.values():
            if group and len(picked) < at.probes:
                picked.append(group.pop(0))
    return sorted(picked) or [fit_images[0]]


def _unit(x: HWC) -> float:
    return 1.0 if x.dtype == np.uint8 else float(np.ptp(x)) / 255


def _blank(sources: Sequence[HWC], targets: Sequence[HWC], found: dict[int, Placement]) -> SideModel:
    fallback = [
        placement.whole((x.shape[0], x.shape[1]), (y.shape[0], y.shape[1]))
        for x, y in zip(sources, targets, strict=True)
    ]
    return SideModel(
        placements=tuple(found.get(i, place) for i, place in enumerate(fallback)),
        resampling=NEUTRAL,
        colour=colours.identity(targets[0].shape[2]),
        dtype=str(targets[0].dtype),
        known=tuple(i in found for i in range(len(sources))),
        shapes=tuple((x.shape[0], x.shape[1]) for x in sources),
        unit=max(_unit(x) for x in sources) or 1.0,
    )


def _again_on_grid(
    model: SideModel,
    sources: Sequence[HWC],
    targets: Sequence[HWC],
    probes: Sequence[int],
    kernels: Sequence[Resampling],
) -> SideModel:
    """Return the model with the probes located again on its own sampling grid, where that is no usual one.

    They were found with half-pixel centres, by which another grid looks like other edges.
    """
    limit = thresholds.now().fit.kernel_max_misfit_levels
    if model.resampling.centre == "half" or misfit(model, sources, targets, probes) <= limit:
        return model
    moved = list(model.placements)
    for i in probes:
        moved[i] = locate(sources[i], targets[i], (moved[i].code,), how=model.resampling)[0]
    start = replace(model, placements=tuple(moved))
    other = _settled(start, sources, targets, probes, kernels)
    return other if misfit(other, sources, targets, probes) < misfit(model, sources, targets, probes) else model
