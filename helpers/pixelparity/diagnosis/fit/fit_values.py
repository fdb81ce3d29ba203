"""Settle what is left of a chain whose geometry and kernel are known: channels, rounding, number type and border."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.fit.locate import POINTS
from pixelparity.diagnosis.model import colours, constants, placement
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.constants import Norm
from pixelparity.diagnosis.model.side_model import SideModel, is_quantised, quantised_pixels, sampled_pixels

Array = NDArray[Any]

#: Residual in levels above which something else than rounding is looked for.
SLACK = 0.45
#: Different values up to which a tensor may be what a cast to whole numbers left of a normalised picture.
COARSE = 24


def finish(chain: SideModel, sources: Sequence[Array], targets: Sequence[Array], train: Sequence[int]) -> SideModel:
    """Settle channel map, rounding, number type and border of a chain whose geometry and kernel are known."""
    which = [i for i in train if chain.known[i]] or list(train)
    if any(placement.needs_resampling(chain.placements[i]) for i in which):
        chain = _rounding(chain, sources, targets, which)
    chain = _fitted(chain, sources, targets, which)
    if chain.residual > SLACK:
        chain = _bent(chain, sources, targets, which)
    half = all(is_half(targets[i]) and not is_half(sources[i]) for i in which[:4])
    half = half and not _half_by_nature(chain, sources, targets, which)
    return replace(chain, through_float16=half, fill=_fill(chain, targets, train))


def _fitted(chain: SideModel, sources: Sequence[Array], targets: Sequence[Array], which: Sequence[int]) -> SideModel:
    x, y, image = sampled_pixels(chain, sources, targets, which, POINTS)
    fitted = colours.fit(x, y, image, images=len(sources), slack=0.2 * chain.unit)
    if fitted.kind == "per_image":
        # Statistics of a picture say nothing of another one's: each gets the map that its own tensor tells.
        every = [i for i in range(len(sources)) if i in which or (chain.known and chain.known[i])]
        x, y, image = sampled_pixels(chain, sources, targets, every, POINTS)
        fitted = colours.fit_each(x, y, image, None, len(sources), fitted)
    residual = _mean_residual(fitted, x, y, image) / chain.unit
    colour = snapped(fitted, chain.unit, constants.accuracy(residual))
    return replace(chain, colour=colour, residual=residual, explained=colours.explained(x, y))


def _bent(chain: SideModel, sources: Sequence[Array], targets: Sequence[Array], which: Sequence[int]) -> SideModel:
    """Return the chain with signed bytes or with clipping, if either explains most of what is left."""
    signed = _fitted(replace(chain, bytes_as_int8=True), sources, targets, which)
    clipped = _clipped(chain, sources, targets, which)
    best = min((signed, clipped), key=lambda c: c.residual)
    return best if best.residual < 0.35 * chain.residual else chain


def _clipped(chain: SideModel, sources: Sequence[Array], targets: Sequence[Array], which: Sequence[int]) -> SideModel:
    """Fit on the values between the extremes, and see whether those at the extremes lie beyond."""
    x, y, image = sampled_pixels(chain, sources, targets, which, POINTS)
    low, high = float(y.min()), float(y.max())
    edge = 1e-6 * max(high - low, 1e-12)
    free = ((y > low + edge) & (y < high - edge)).all(1)
    if free.sum() < 200 or free.all():
        return chain
    fitted = snapped(colours.fit(x[free], y[free], image[free], images=len(sources)), chain.unit)
    if fitted.kind != "plain":
        return chain
    made = np.clip(fitted.apply(x), low, high)
    residual = float(np.mean(np.abs(made - y) / np.maximum(np.abs(fitted.gain), 1e-30))) / chain.unit
    return replace(
        chain, colour=fitted, clip=(low, high), residual=residual, explained=colours.explained(made.astype(float), y)
    )


def as_bytes(
    chain: SideModel,
    sources: Sequence[Array],
    targets: Sequence[Array],
    which: Sequence[int],
    likely: Sequence[ColourMap],
) -> SideModel | None:
    """Return the chain with one of the likely maps and a cast to uint8 after it, if few whole numbers are left just so."""
    x, y, _ = sampled_pixels(chain, sources, targets, which, POINTS)
    if (y != np.round(y)).any() or len(np.unique(y)) > COARSE or len(np.unique(x)) <= COARSE:
        return None
    for colour in likely:
        if colour.matrix.shape != (y.shape[1], x.shape[1]):
            continue
        made = np.clip(np.rint(colour.apply(x)), 0, 255)
        if float(np.mean(made == y)) > 0.97 and float(np.ptp(y)) > 0:
            return replace(chain, colour=colour, clip=(0.0, 255.0), rounds_output=True, residual=0.0, explained=1.0)
    return None


def is_half(target: Array) -> bool:
    """Say whether all values are float16 values, and not because they are few: whole numbers are."""
    part = target[::5, ::5].astype(np.float32)
    if target.dtype == np.float16:
        return True
    if not np.issubdtype(target.dtype, np.floating) or (part == np.round(part)).mean() > 0.5:
        return False
    return bool((part.astype(np.float16).astype(np.float32) == part).all())


def _half_by_nature(chain: SideModel, sources: Sequence[Array], targets: Sequence[Array], which: Sequence[int]) -> bool:
    """Say whether the chain's own values lie on float16's lattice before any rounding, as x / 128 - 1 does."""
    x, _, image = sampled_pixels(chain, sources, targets, which[:2], 12)
    made = np.concatenate([chain.colour.for_image(int(i)).apply(x[image == i]) for i in np.unique(image)])
    step = np.abs(np.spacing(made.astype(np.float16)).astype(np.float64))
    return bool(np.mean(np.abs(made - made.astype(np.float16)) / step) < 0.05)  # a quarter of a step by chance


def snapped(fitted: ColourMap, unit: float, accuracy: float | None = None) -> ColourMap:
    """Return a plain map with the exact constants that it is within a fit's error of: unchanged, x / 255, or known statistics."""
    if fitted.kind != "plain":
        return fitted
    if not 0.4 < unit < 2.5:
        # Sources that are no pixels 0..255 any more: only "unchanged" can be told.
        near = np.allclose(fitted.gain, 1, rtol=0.002) and np.abs(fitted.offset).max() < 0.3 * unit
        width = fitted.matrix.shape[1]
        return (
            colours.plain(fitted.order, np.ones(len(fitted.gain)), np.zeros(len(fitted.gain)), width)
            if near
            else fitted
        )
    found = constants.nearest_usual(
        Norm(gain=tuple(fitted.gain.tolist()), offset=tuple(fitted.offset.tolist())), accuracy
    )
    if found is None:
        return fitted
    return colours.plain(fitted.order, np.array(found.gain), np.array(found.offset), fitted.matrix.shape[1])


def _mean_residual(fitted: ColourMap, x: Array, y: Array, image: Array) -> float:
    parts = [colours.mean_residual(x[image == i], y[image == i], fitted.for_image(int(i))) for i in np.unique(image)]
    return float(np.mean(parts))


def _rounding(chain: SideModel, sources: Sequence[Array], targets: Sequence[Array], which: Sequence[int]) -> SideModel:
    """Return the chain with the rounding that fits best, if the target's values lie on no more steps than 8 bits have."""
    exact, y, image = sampled_pixels(replace(chain, rounding="none"), sources, targets, which, POINTS)
    # Picture by picture: statistics of each give the same 256 levels other values on every one.
    parts = [y[image == i] for i in np.unique(image)]
    many = [part for part in parts if len(part) > 800]
    if any(len(np.unique(part[:, c])) > 256 for part in many for c in range(y.shape[1])):
        return replace(chain, rounding="none")
    best, left = chain, np.inf
    for name in ("round", "floor"):
        variant = replace(chain, rounding=name)
        if chain.bytes_as_int8:  # bytes are rounded before they are read as signed
            x = sampled_pixels(variant, sources, targets, which, POINTS)[0]
        else:
            x = np.where(is_quantised(variant)[image][:, None], quantised_pixels(variant, exact), exact)
        got = _mean_residual(colours.fit(x, y, image, images=len(sources), slack=0.2 * chain.unit), x, y, image)
        if got < left:
            best, left = variant, got
    return best


def _fill(chain: SideModel, targets: Sequence[Array], train: Sequence[int]) -> tuple[float, ...] | None:
    """Return the border's colour, the median over all border pixels, or nothing where no image has a border."""
    found = []
    padded = [i for i, frame in enumerate(chain.placements) if frame.padded]
    for i in [i for i in padded if i in train] or padded:
        frame, y = chain.placements[i], targets[i]
        if frame.padded:
            top, left, bottom, right = frame.box
            strips = y[:top], y[bottom:], y[top:bottom, :left], y[top:bottom, right:]
            found.append(
                [np.median(np.concatenate([s[..., c].reshape(-1) for s in strips])) for c in range(y.shape[2])]
            )
    return tuple(float(v) for v in np.median(found, axis=0)) if found else None
