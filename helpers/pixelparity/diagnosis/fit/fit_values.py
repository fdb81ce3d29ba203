"""Fit the values of a model whose geometry and kernel are known: channels, rounding, number type and border."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import BYTE_VALUES, HWC
from pixelparity.diagnosis.fit import fit_colours, fit_curves
from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.side_model import SideModel, is_quantised, quantised_pixels, sampled_pixels

#: How densely images are looked at for float16: every fifth row and column.
_STRIDE = 5


def fit_values(
    model: SideModel, sources: Sequence[HWC], targets: Sequence[HWC], fit_images: Sequence[int]
) -> SideModel:
    """Fit channel map, rounding, number type and border of a model whose geometry and kernel are known.

    Sources and targets are (h, w, c), one per image of the model; ``fit_images`` are the numbers of those to fit on. The
    model's ``residual`` (levels) and ``explained`` (0 to 1) say how well it does. Raises ``ValueError`` where no image has
    content.
    """
    at = thresholds.now().fit
    images = [i for i in fit_images if model.known[i]] or list(fit_images)
    if any(placement.needs_resampling(model.placements[i]) for i in images):
        model = _rounding(model, sources, targets, images)
    model = fit_colours.fitted(model, sources, targets, images)
    if model.residual > at.rounding_residual_levels:
        model = _bent(model, sources, targets, images)
    half = all(is_half(targets[i]) and not is_half(sources[i]) for i in images[: at.half_probe_images])
    half = half and not _half_by_nature(model, sources, targets, images)
    extremes = _extremes([targets[i] for i in images]) if model.colour.kind == "per_image" else None
    return replace(model, through_float16=half, fill=_fill(model, targets, fit_images), extremes=extremes)


def _extremes(targets: Sequence[HWC]) -> tuple[float, float] | None:
    """Return the least and the largest value of each tensor (h, w, c), if they are the same of all."""
    ends = np.array([(t.min(), t.max()) for t in targets], np.float64)
    slack = thresholds.now().fit.same_constant_share * np.abs(ends).max()
    same = bool((np.ptp(ends, axis=0) <= slack).all())
    return (float(np.median(ends[:, 0])), float(np.median(ends[:, 1]))) if same else None


def _bent(model: SideModel, sources: Sequence[HWC], targets: Sequence[HWC], images: Sequence[int]) -> SideModel:
    """Return the model with what is done to levels that is no line, and the rounding that shows once this is known."""
    bent = fit_curves.bent(model, sources, targets, images)
    if bent.curve is None or not any(placement.needs_resampling(bent.placements[i]) for i in images):
        return bent
    again = fit_colours.fitted(_rounding(bent, sources, targets, images), sources, targets, images)
    return again if again.residual < bent.residual else bent


def as_bytes(
    model: SideModel,
    sources: Sequence[HWC],
    targets: Sequence[HWC],
    images: Sequence[int],
    likely: Sequence[ColourMap],
) -> SideModel | None:
    """Return the model with one of the likely maps and a cast to uint8 after it, if few whole numbers are left just so."""
    at = thresholds.now().fit
    x, y, _ = sampled_pixels(model, sources, targets, images, at.grid_points)
    if (y != np.round(y)).any() or len(np.unique(y)) > at.cast_max_values or len(np.unique(x)) <= at.cast_max_values:
        return None
    for colour in likely:
        if colour.matrix.shape != (y.shape[1], x.shape[1]):
            continue
        made = np.clip(np.rint(colour.apply(x)), 0, 255)
        if float(np.mean(made == y)) > at.cast_min_equal_share and float(np.ptp(y)) > 0:
            return replace(model, colour=colour, clip=(0.0, 255.0), rounds_output=True, residual=0.0, explained=1.0)
    return None


def is_half(target: HWC) -> bool:
    """Say whether all values are float16 values, and not because they are few: whole numbers are.

    >>> is_half(np.full((5, 5, 1), 0.1, np.float32)), is_half(np.full((5, 5, 1), 0.125, np.float32))
    (False, True)
    """
    part = target[::_STRIDE, ::_STRIDE].astype(np.float32)
    most = thresholds.now().fit.half_max_whole_share
    if target.dtype == np.float16:
        return True
    if not np.issubdtype(target.dtype, np.floating) or (part == np.round(part)).mean() > most:
        return False
    return bool((part.astype(np.float16).astype(np.float32) == part).all()) and not _on_even_steps(part)


def _on_even_steps(part: HWC) -> bool:
    """Say whether each channel's values lie on few even steps, as x / 256 and (x - 127.5) / 128 do, unrounded.

    float16 would make the steps of x / 255 uneven; its own lattice has far more of them.
    """
    at, told = thresholds.now().fit, False
    for channel in range(part.shape[2]):
        values = np.unique(part[..., channel]).astype(np.float64)
        steps = np.diff(values)
        if len(steps) < at.half_min_values:
            continue
        counted = (values - values[0]) / steps.min()
        if counted[-1] > at.half_max_even_steps or np.abs(counted - np.rint(counted)).max() > at.half_even_slack_steps:
            return False
        told = True
    return told


def _half_by_nature(model: SideModel, sources: Sequence[HWC], targets: Sequence[HWC], images: Sequence[int]) -> bool:
    """Say whether the model's own values lie on float16's lattice before any rounding, as x / 128 - 1 does."""
    at = thresholds.now().fit
    x, _, image = sampled_pixels(model, sources, targets, images[:2], at.half_probe_points)
    made = np.concatenate([model.colour.for_image(int(i)).apply(x[image == i]) for i in np.unique(image)])
    step = np.abs(np.spacing(made.astype(np.float16)).astype(np.float64))
    return bool(np.mean(np.abs(made - made.astype(np.float16)) / step) < at.half_max_gap_steps)


def _rounding(model: SideModel, sources: Sequence[HWC], targets: Sequence[HWC], images: Sequence[int]) -> SideModel:
    """Return the model with the rounding that fits best, if the target's values lie on no more steps than 8 bits have."""
    at = thresholds.now().fit
    exact, y, image = sampled_pixels(replace(model, rounding="none"), sources, targets, images, at.grid_points)
    # Picture by picture: statistics of each give the same 256 levels other values on every one.
    parts = [y[image == i] for i in np.unique(image)]
    many = [part for part in parts if len(part) > at.rounding_min_samples]
    if any(len(np.unique(part[:, c])) > BYTE_VALUES for part in many for c in range(y.shape[1])):
        return replace(model, rounding="none")
    best, least = model, np.inf
    for name in ("round", "floor"):
        variant = replace(model, rounding=name)
        if model.bytes_as_int8 or model.curve is not None:  # levels are rounded before anything is made of them
            x = sampled_pixels(variant, sources, targets, images, at.grid_points)[0]
        else:
            x = np.where(is_quantised(variant)[image][:, None], quantised_pixels(variant, exact), exact)
        got = fit_colours.mean_residual(
            colours.fit(x, y, image, images=len(sources), slack=fit_colours.slack(model)), x, y, image
        )
        if got < least:
            best, least = variant, got
    return best


def _fill(model: SideModel, targets: Sequence[HWC], fit_images: Sequence[int]) -> tuple[float, ...] | None:
    """Return the border's colour, the median over all border pixels, or nothing where no image has a border."""
    found = []
    padded = [i for i, place in enumerate(model.placements) if place.padded]
    for i in [i for i in padded if i in fit_images] or padded:
        place, y = model.placements[i], targets[i]
        if place.padded:
            top, left, bottom, right = place.box
            strips = y[:top], y[bottom:], y[top:bottom, :left], y[top:bottom, right:]
            found.append(
                [np.median(np.concatenate([s[..., c].reshape(-1) for s in strips])) for c in range(y.shape[2])]
            )
    return tuple(float(v) for v in np.median(found, axis=0)) if found else None
