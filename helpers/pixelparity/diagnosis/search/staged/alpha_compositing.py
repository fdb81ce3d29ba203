"""Pictures that a decoder blended over black or white by their alpha channel, told from tensors where the other side drops it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.families import alpha_gray
from pixelparity.diagnosis.fit import edit_placement
from pixelparity.diagnosis.fit.fit_values import fit_values
from pixelparity.diagnosis.fit.identify import identify
from pixelparity.diagnosis.fit.kernels import misfit
from pixelparity.diagnosis.fit.locate import locate
from pixelparity.diagnosis.measure import block_means
from pixelparity.diagnosis.model import placement
from pixelparity.diagnosis.model.side_model import SideModel, resampled_pixels

Array = NDArray[Any]
Pictures = tuple[Array, ...]


def blended(chain: SideModel, pictures: Pictures, targets: Pictures) -> tuple[Pictures, tuple[int, ...]]:
    """Return the pictures (HWC uint8) with those blended whose tensors show it, and the numbers of those that are not odd.

    ``chain`` leads from the pictures to the tensors as far as it is known; where and with which values a tensor shows its
    picture is taken from the pictures that are explained.
    """
    every = tuple(range(len(pictures)))
    if not np.isfinite(chain.residual) or chain.explained < thresholds.now().staged.unblended_min_share:
        found = _of_whole(pictures, targets)
        if found is None:
            return pictures, every
        chain = found
    off = {i: misfit(chain, pictures, targets, [i]) for i in every}
    at = thresholds.now()
    least = at.staged.blended_min_misfit_ratio * at.fit.kernel_max_misfit_levels
    odd = [i for i, left in off.items() if np.isfinite(left) and left > least]
    rest = [i for i in every if i not in odd and chain.known[i]]
    if not odd or not rest:
        return pictures, every
    values = fit_values(replace(chain, clip=None), pictures, targets, rest).colour
    if values.kind != "plain":
        return pictures, every
    out = list(pictures)
    for i in odd:
        out[i] = _veiled(replace(chain, colour=values), pictures[i], targets[i], i)
    return tuple(out), tuple(rest)


def _of_whole(pictures: Pictures, targets: Pictures) -> SideModel | None:
    """Return the chain as identified from the pictures that are found at once, where the others hide it.

    The others get the place that was found for them, roughly: moving them by pixels would follow what blends them.
    """
    found = [locate(a, b, (1,)) for a, b in zip(pictures, targets, strict=True)]
    whole = [i for i, (_, score) in enumerate(found) if score > thresholds.now().staged.unblended_min_share]
    if not 0 < len(whole) < len(pictures):
        return None
    other = identify(pictures, targets, fit_images=whole)
    placed = tuple(other.placements[i] if i in whole else frame for i, (frame, _) in enumerate(found))
    known = tuple(i in whole for i in range(len(pictures)))
    return (
        replace(other, placements=placed, known=known)
        if np.isfinite(other.residual) and not other.layout_error
        else None
    )


def _veiled(chain: SideModel, picture: Array, target: Array, image: int) -> Array:
    """Return a picture blended as its tensor shows where it lies, or where the others' rule has it; or itself."""
    frame = chain.placements[image]
    rule = edit_placement.transferred(chain, image, placement.turned_shape(picture.shape, frame.code), frame.code)
    for option in dict.fromkeys(f for f in (frame, rule) if f is not None and f.canvas == target.shape[:2]):
        placed = tuple(option if i == image else f for i, f in enumerate(chain.placements))
        made = _unveiled(replace(chain, placements=placed), picture, target, image)
        if made is not picture:
            return made
    return picture


def _unveiled(chain: SideModel, picture: Array, target: Array, image: int) -> Array:
    """Return a picture blended as its tensor shows, or itself; the share is read from green, red and blue confirm it."""
    top, left, bottom, right = chain.placements[image].box
    at = thresholds.now().staged
    if min(bottom - top, right - left) < at.blended_min_edge_px:
        return picture
    kept = resampled_pixels(chain, picture, image, np.arange(top, bottom), np.arange(left, right))
    seen = chain.colour.invert().apply(target[top:bottom, left:right])
    kind = alpha_gray.blended_decoded(*(block_means.means(side, at.blended_block_px) for side in (kept, seen)))
    if kind is None or kind.parameters["side"] != "deployed":
        return picture
    ground = 0.0 if kind.parameters["background"] == "black" else 255.0
    reach, moved = np.abs(kept[..., 1] - ground), np.abs(seen[..., 1] - ground)
    share = np.clip(_smooth(moved) / np.maximum(_smooth(reach), 1.0), 0, 1)
    turned = placement.turn(picture, chain.placements[image].code)
    veil = _enlarged(share, chain.placements[image], (turned.shape[0], turned.shape[1]))[..., None]
    made = np.clip(np.rint(ground + (turned.astype(np.float32) - ground) * veil), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(placement.turn(made, placement.inverse(chain.placements[image].code)))


def _smooth(plane: Array, size: int = 5) -> Array:
    """Return sums over ``size`` x ``size`` pixels: transparency changes slowly, and one pixel may be near the ground."""
    pad = np.pad(plane.astype(np.float64), size // 2, mode="edge")
    total = np.pad(pad.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    sums: Array = total[size:, size:] - total[:-size, size:] - total[size:, :-size] + total[:-size, :-size]
    return sums


def _enlarged(share: Array, frame: placement.Placement, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return a plane of the content box at the size of the (turned) picture, linear in between, its edge outside."""
    at = []
    for k in (0, 1):
        source = np.arange(shape[k]) + 0.5
        inside = (source - frame.start[k]) / frame.scale[k] - 0.5 - frame.origin[k] - frame.box[k]
        at.append(np.clip(inside, 0, share.shape[k] - 1))
    rows = _between(share, at[0])
    return _between(rows.T, at[1]).T.astype(np.float32)


def _between(plane: Array, at: Array) -> Array:
    low = np.minimum(np.floor(at).astype(int), len(plane) - 1)
    high = np.minimum(low + 1, len(plane) - 1)
    part = (at - low)[:, None]
    between: Array = plane[low] * (1 - part) + plane[high] * part
    return between
