"""Fit the deployed channel map on averages over blocks, which resampling faults leave alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.families import statistics, value_maps
from pixelparity.diagnosis.measure import block_means
from pixelparity.diagnosis.model import colours, constants, placement, yuv
from pixelparity.diagnosis.model.colours import RGB_CHANNELS, ColourMap
from pixelparity.diagnosis.model.constants import Norm
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.diagnosis.model.yuv import MixUp
from pixelparity.diagnosis.search.finals.pairing import unscrambled

Array = NDArray[Any]
Pictures = tuple[Array, ...]
#: Half the step between two bytes: a value further off than that is rounded to another one.
_HALF_LEVEL = 0.5


def mapped(chain: SideModel, base: ColourMap, content: Pictures, deployed: Pictures, train: Sequence[int]) -> SideModel:
    """Fit the channel map again on averages over blocks, flat ones first: resampling faults leave those alone."""
    if chain.bytes_as_int8 or chain.clip is not None or chain.curve is not None:
        return chain
    which = [i for i in train if chain.known[i]] or list(train)
    which = [
        i for i in which if chain.placements[i].code == 1 or not placement.needs_resampling(chain.placements[i])
    ] or which
    x, y, images, weights = _block_means(chain, content, deployed, which)
    if not len(x):
        return chain
    slack = thresholds.now().finals.block_colour_slack_levels
    fitted = colours.fit(x, y, images, weights=weights, images=len(content), slack=slack)
    if fitted.kind == "per_image":
        # Statistics of a picture say nothing of another one's: each gets the map that its own blocks tell.
        x, y, images, weights = _block_means(chain, content, deployed, range(len(content)))
        fitted = colours.fit_each(x, y, images, weights, len(content), fitted)
        return replace(chain, colour=_shared(fitted, np.unique(images)) or fitted)
    wanted = value_maps.norm(base)
    mixed, fitted = _mixed_up(fitted, x, y, weights, [wanted, *statistics.mistakes(wanted)])
    seen = x if mixed is None else mixed.apply(x).astype(np.float64)
    return replace(chain, colour=_of_most(fitted, base, seen, y, images), yuv_error=mixed)


def _usual_near(rough: ColourMap, mistakes: Sequence[Norm]) -> list[tuple[Array, Array]]:
    """Return gain and offset of the usual maps, and of the likely mistakes, that a rough fit may stand for."""
    seen = value_maps.norm(rough)
    options = [*constants.usual_norms(len(seen.gain)), *mistakes]
    share = thresholds.now().finals.usual_near_share
    return [(np.array(one.gain), np.array(one.offset)) for one in options if seen.close(one, share)]


def _shared(fitted: ColourMap, which: Array) -> ColourMap | None:
    """Return the usual constants that two images or more have in common: then the others are odd files, not all of them."""
    found: dict[Norm, int] = {}
    share = thresholds.now().finals.usual_same_share
    for i in which.tolist():
        usual = constants.nearest_usual(value_maps.norm(fitted.for_image(i)), share)
        if usual is not None:
            found[usual] = found.get(usual, 0) + 1
    best = max(found, key=lambda norm: found[norm], default=None)
    if best is None or found[best] < 2:
        return None
    return colours.plain(fitted.order, np.array(best.gain), np.array(best.offset), fitted.matrix.shape[1])


def _block_means(
    chain: SideModel, content: Pictures, deployed: Pictures, which: Sequence[int]
) -> tuple[Array, Array, Array, Array]:
    """Return block means of the content (n, channels in) and of the deployed tensors, image numbers and weights."""
    x, y, image, weights = [], [], [], []
    at = thresholds.now().finals
    low = min(float(deployed[i].min()) for i in which)
    high = max(float(deployed[i].max()) for i in which)
    for i in which:
        top, left, bottom, right = chain.placements[i].box
        if min(bottom - top, right - left) < at.block_px:
            continue
        shown = placement.render(
            content[i], chain.placements[i], chain.resampling, np.arange(top, bottom), np.arange(left, right)
        )
        there = unscrambled(chain, deployed[i])[top:bottom, left:right]
        a, spread = _blocks(shown, at.block_px)
        # Blocks with values at an extreme may be cut off: they would flatten the slope.
        inside = np.logical_and.reduce([(t > low) & (t < high) for t in there.transpose(2, 0, 1)])
        free = block_means.means(inside[..., None], at.block_px)[:, 0] > at.block_free_min_share
        free = free if free.sum() > at.blocks_free_min_share * len(free) else np.ones(len(free), bool)
        x.append(a[free])
        y.append(block_means.means(there, at.block_px)[free])
        weights.append(1 / (spread[free] + at.block_variance_offset))
        image.append(np.full(int(free.sum()), i))
    if not x:
        nothing = np.zeros((0, 1))
        return nothing, nothing, np.zeros(0, int), np.zeros(0)
    return np.concatenate(x), np.concatenate(y), np.concatenate(image), np.concatenate(weights)


def _mixed_up(
    fitted: ColourMap, x: Array, y: Array, weights: Array, mistakes: Sequence[Norm]
) -> tuple[MixUp | None, ColourMap]:
    """Return the mix-up of luma and chroma, if one before usual constants explains clearly more, and the map after it."""
    if fitted.kind == "per_image" or fitted.matrix.shape != (RGB_CHANNELS, RGB_CHANNELS):
        return None, fitted
    at = thresholds.now().finals
    plain = colours.fit_plain(x, y, weights)
    alone = colours.mean_residual(x, y, plain)
    # Constants that nobody uses are explained by a mix-up already when it fits as well as they do.
    odd = not _usual_near(plain, mistakes)
    found: tuple[float, MixUp, ColourMap] | None = None
    for mixed in (m for backwards in (False, True) for m in yuv.mix_ups(backwards)):
        seen = mixed.apply(x).astype(np.float64)
        rough = colours.fit_plain(seen, y, weights)
        for gain, usual in _usual_near(rough, mistakes):
            # Whole numbers on the way through luma and chroma shift each channel by up to a level: offsets stay free.
            free = weights @ (y - seen[:, list(rough.order)] * gain) / weights.sum()
            room = at.mix_up_room_levels * np.abs(gain)
            after = colours.plain(rough.order, gain, np.clip(free, usual - room, usual + room), 3)
            left = colours.mean_residual(seen, y, after)
            better = left < at.mix_up_better_share * alone and alone - left > at.mix_up_min_gain_levels
            if (better or (odd and left < alone)) and (found is None or left < found[0]):
                found = left, mixed, after
    most = at.mix_up_max_ratio * colours.mean_residual(x, y, fitted) + at.mix_up_slack_levels
    return (None, fitted) if found is None or found[0] > most else (found[1], found[2])


def _of_most(fitted: ColourMap, base: ColourMap, x: Array, y: Array, image: Array) -> ColourMap:
    """Return the map of the largest group of images that agree exactly, if the map of all suits fewer: some files are odd."""
    numbers = np.unique(image)
    if fitted.kind != "plain" or len(numbers) < 2:
        return fitted

    parts = [(x[image == i], y[image == i]) for i in numbers]
    most = thresholds.now().finals.odd_image_min_residual_levels

    def suited(candidate: ColourMap) -> int:
        return sum(colours.mean_residual(a, b, candidate) < most for a, b in parts)

    own = [colours.fit_plain(a, b, order=fitted.order) for a, b in parts]
    best = max(own, key=suited)
    if suited(best) > max(1, suited(fitted)):
        return best
    return base if base.matrix.shape == fitted.matrix.shape and suited(base) > suited(fitted) else fitted


def _blocks(image: Array, size: int) -> tuple[Array, Array]:
    """Return block means (n, channels) and the mean variance within each block (n,)."""
    mean, square = block_means.means(image, size), block_means.means(np.square(image, dtype=np.float32), size)
    return mean, np.maximum(square - mean**2, 0).mean(1)
