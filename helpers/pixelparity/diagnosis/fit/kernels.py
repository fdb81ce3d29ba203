"""Find with which kernel and on which sampling grid a picture was resampled, once it is known where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.fit.locate import POINTS, exactly, nudged, settle
from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.placement import Pair, Placement
from pixelparity.diagnosis.model.resampling import Resampling
from pixelparity.diagnosis.model.side_model import SideModel, resampled_pixels

Array = NDArray[Any]

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
)

#: Levels that rounding leaves on average when geometry and kernel are right: 0.25 for one rounding, two in Pillow.
FLOOR = 0.5

#: Levels that are left where no other place can be right: little more than one rounding.
CERTAIN = 0.3


def refine(
    chain: SideModel,
    sources: Sequence[Array],
    targets: Sequence[Array],
    probes: Sequence[int],
    kernels: Sequence[Resampling],
) -> SideModel:
    """Move sizes and origins by single pixels while that explains more, then settle the kernel again."""
    if all(not placement.needs_resampling(chain.placements[i]) for i in probes):
        return chain
    if any(chain.placements[i].region is not None for i in probes) and misfit(chain, sources, targets, probes) > FLOOR:
        return _refined_regions(chain, sources, targets, probes, kernels)
    moved = list(chain.placements)
    for i in probes:
        if moved[i].region is None and misfit(chain, sources, targets, [i]) > CERTAIN:
            moved[i] = settle(sources[i], targets[i], moved[i], chain)
    if tuple(moved) == chain.placements:
        return chain
    return settle_kernel(replace(chain, placements=tuple(moved)), sources, targets, probes, kernels)


def _refined_regions(
    chain: SideModel,
    sources: Sequence[Array],
    targets: Sequence[Array],
    probes: Sequence[int],
    kernels: Sequence[Resampling],
) -> SideModel:
    """Return the chain with the edges of its parts of pictures where they explain most on some sampling grid."""
    best, left = chain, misfit(chain, sources, targets, probes)
    for centre in ("half", "corner", "ends"):
        how = Resampling(shape="linear", antialias=chain.resampling.antialias, centre=centre)
        moved = list(chain.placements)
        for i in probes:
            if moved[i].region is not None:
                moved[i] = nudged(sources[i], targets[i], moved[i], how)
        other = settle_kernel(replace(chain, placements=tuple(moved)), sources, targets, probes, kernels)
        if (got := misfit(other, sources, targets, probes)) < 0.97 * left:
            best, left = other, got
    return best


# --- kernel ---------------------------------------------------------------------------------------------------------
def settle_kernel(
    chain: SideModel,
    sources: Sequence[Array],
    targets: Sequence[Array],
    probes: Sequence[int],
    kernels: Sequence[Resampling],
) -> SideModel:
    """Return the chain with the kernel, and the sub-pixel convention, that explain the probes best."""
    if all(not placement.needs_resampling(chain.placements[i]) for i in probes):
        return replace(chain, resampling=Resampling())
    best, left = _best_kernel(chain, kernels, sources, targets, probes, (chain, np.inf))
    if len(kernels) > 1 and max(misfit(best, sources, targets, [i]) for i in probes) > FLOOR:
        # Other sampling grids are rare: they are tried where half-pixel centres leave too much, on any of the pictures.
        others = [replace(how, centre=centre) for how in kernels for centre in ("corner", "ends") if _has_grids(how)]
        others.append(Resampling(shape="nearest", centre="ends"))
        best, left = _best_kernel(chain, others, sources, targets, probes, (best, left))
    return best


def _has_grids(how: Resampling) -> bool:
    return how.shape not in ("nearest", "area") and how.centre == "half" and how.border == "clamp"


def _best_kernel(
    chain: SideModel,
    kernels: Sequence[Resampling],
    sources: Sequence[Array],
    targets: Sequence[Array],
    probes: Sequence[int],
    start: tuple[SideModel, float],
) -> tuple[SideModel, float]:
    best, left = start
    for how, exact in product(kernels, (False, True)):
        # Most kernels are far off: two pictures are enough to see that.
        if len(probes) > 2:
            two = _convention(replace(chain, resampling=how), exact, sources, targets, probes[:2])
            if two is not None and misfit(two, sources, targets, probes[:2]) > 3 * left + FLOOR:
                continue
        variant = _convention(replace(chain, resampling=how), exact, sources, targets, probes)
        if variant is not None:
            got = misfit(variant, sources, targets, probes)
            if got < left * 0.97:
                best, left = variant, got
    return best, left


def _convention(
    chain: SideModel, exact: bool, sources: Sequence[Array], targets: Sequence[Array], which: Sequence[int]
) -> SideModel | None:
    """Return the chain with sizes in whole pixels or with exact scales; nothing where no picture has another exact scale."""
    plain = tuple(_plainly(x, f) for x, f in zip(sources, chain.placements, strict=True))
    if not exact:
        return replace(chain, placements=plain, subpixel_scale=False)
    if chain.resampling.centre != "half" or chain.resampling.shape == "nearest":
        return None
    other = list(plain)
    for i in which:
        other[i] = exactly(sources[i], targets[i], plain[i], chain.resampling)
    return replace(chain, placements=tuple(other), subpixel_scale=True) if tuple(other) != plain else None


def _plainly(source: Array, frame: Placement) -> Placement:
    if frame.region is not None:
        return frame
    shape = placement.turned_shape(source.shape, frame.code)
    return placement.whole(shape, frame.size, frame.canvas, frame.code, frame.origin)


def settle_region(
    chain: SideModel, sources: Sequence[Array], targets: Sequence[Array], hint: SideModel | None
) -> SideModel:
    """Return the chain with the largest centred part of the canvas' aspect cut out first, if that explains more.

    Cutting a square out and resizing it is nearly the same as resizing the short edge with its exact scale and cutting then;
    where pictures do not tell, the one that the other side does not contradict is taken.
    """
    which = [i for i, f in enumerate(chain.placements) if chain.known[i] and f.region is None and not f.padded]
    which = [i for i in which if placement.needs_resampling(chain.placements[i])]
    aspects = [(chain.placements[i].size, chain.placements[i].canvas) for i in which]
    if not which or all(size == canvas for size, canvas in aspects):
        return chain
    plain = misfit(chain, sources, targets, which)
    best, left = chain, 0.8 * plain
    if chain.subpixel_scale and (hint is None or not hint.subpixel_scale):
        left = max(left, 1.02 * plain)
    for rounding in (0, 1):
        cut = list(chain.placements)
        for i in which:
            frame = chain.placements[i]
            shape = placement.turned_shape(sources[i].shape, frame.code)
            cut[i] = placement.cut_out(_centred(shape, frame.canvas, rounding), frame.canvas, frame.code)
        other = replace(chain, placements=tuple(cut), subpixel_scale=False)
        if (got := misfit(other, sources, targets, which)) < left:
            best, left = other, got
    return best


def _centred(shape: Pair, canvas: Pair, rounding: int) -> tuple[int, int, int, int]:
    """Return the largest centred part (top, left, bottom, right) of a picture that has the canvas' aspect."""
    ratio = min(s / c for s, c in zip(shape, canvas, strict=True))
    size = [min(s, round(c * ratio)) for s, c in zip(shape, canvas, strict=True)]
    top, left = ((s - n + rounding) // 2 for s, n in zip(shape, size, strict=True))
    return top, left, top + size[0], left + size[1]


def misfit(chain: SideModel, sources: Sequence[Array], targets: Sequence[Array], probes: Sequence[int]) -> float:
    """Return the mean absolute difference that a linear map per image leaves, in levels of the source."""
    left = []
    for i in probes:
        rows, columns = placement.grid(chain.placements[i], POINTS)
        if len(rows) < 2 or len(columns) < 2:
            continue
        x = resampled_pixels(chain, sources[i], i, rows, columns).reshape(len(rows) * len(columns), -1)
        y = targets[i][rows[:, None], columns].reshape(len(x), -1)
        if np.ptp(y) > 0:
            left.append(colours.unexplained(x, y) / chain.unit)
    return float(np.mean(left)) if left else np.inf


def settle_scales(chain: SideModel, sources: Sequence[Array], targets: Sequence[Array]) -> SideModel:
    """Return the chain with exact scales if they fit the pictures that show them: those whose size is not a whole number."""
    if chain.subpixel_scale or chain.resampling.centre != "half" or chain.resampling.shape == "nearest":
        return chain
    exact = list(chain.placements)
    for i, frame in enumerate(chain.placements):
        if chain.known[i] and placement.needs_resampling(frame):
            exact[i] = exactly(sources[i], targets[i], frame, chain.resampling)
    telling = [i for i, frame in enumerate(chain.placements) if exact[i] != frame]
    if not telling:
        return chain
    other = replace(chain, placements=tuple(exact), subpixel_scale=True)
    plain, kept = (misfit(c, sources, targets, telling) for c in (chain, other))
    return other if kept < 0.8 * plain and plain > FLOOR / 2 else chain
