"""What a side's decoder made of the files, where only the decoded pictures and its final tensors are known.

The usual decoder's pictures are at hand, the side's own are not. Each of a few likely pictures (colour planes repeated,
another range or YUV matrix, transparency blended over one colour) is put in their place and has to explain the side's tensors
clearly better; it is then named, and confirmed, like a picture that was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers.diagnosis import blocks, colours, decoding, frames, layouts, yuv
from helpers.diagnosis.chain import Chain, pixels
from helpers.diagnosis.finishing import finish
from helpers.diagnosis.identify import identify
from helpers.diagnosis.kernels import FLOOR, misfit
from helpers.diagnosis.locating import GOOD, locate
from helpers.diagnosis.yuv import MixUp

Array = NDArray[Any]
Pictures = tuple[Array, ...]
#: Levels that a chain may leave of a tensor before another picture is looked for: less is rounding.
DOUBTED = 0.45
#: Share of what is left that may stay, and the least that has to go (levels), for another picture to be believed.
STAYS, GONE = 0.8, 0.08
#: Pictures that a likely content is tried on, those that are explained worst: enough for a mean.
TRIED = 4


def guess(chain: Chain, pictures: Pictures, targets: Pictures) -> Pictures:
    """Return the pictures (HWC uint8) that a side's chain started from; those that stay are the same objects.

    ``chain`` leads from ``pictures`` (decoded as usual, RGB) to the final tensors ``targets`` (HWC) as far as it is known.
    """
    if not np.isfinite(chain.residual) or chain.explained < 0.9:
        chain = _of_sound(chain, pictures, targets)
    if pictures[0].shape[2] != 3 or not np.isfinite(chain.residual) or chain.signed:
        return pictures
    if chain.scramble:
        targets = tuple(layouts.undo(chain.scramble, y) for y in targets)
        chain = replace(chain, scramble="")
    blended = _blended(chain, pictures, targets)
    if any(a is not b for a, b in zip(blended, pictures, strict=True)):
        return blended
    known = [i for i in range(len(pictures)) if chain.known[i]]
    before = {i: _left(chain, pictures[i], targets[i], i) for i in known}
    which = sorted(known, key=lambda i: -before[i])[:TRIED]
    if not which or before[which[0]] < DOUBTED:
        return pictures
    scored = []
    for n, made in enumerate(_likely()):
        lefts = [min(before[i], _left(chain, made(pictures[i]), targets[i], i)) for i in which]
        scored.append((float(np.mean(lefts)), n, made))
    left, _, best = min(scored, key=lambda entry: entry[:2])
    usual = float(np.mean([before[i] for i in which]))
    if left > STAYS * usual or usual - left < GONE:
        return pictures
    out = list(pictures)
    for i in known:
        # Some files have nothing to be decoded otherwise: those with full colour planes keep their pictures.
        other = best(pictures[i])
        out[i] = other if _left(chain, other, targets[i], i) < before[i] else pictures[i]
    return tuple(out)


def _of_sound(chain: Chain, pictures: Pictures, targets: Pictures) -> Chain:
    """Return the chain as identified from the pictures that are found at once in their tensors, where others hide it."""
    sound = [i for i, (a, b) in enumerate(zip(pictures, targets, strict=True)) if locate(a, b, (1,))[1] > GOOD]
    return identify(pictures, targets, train=sound) if 0 < len(sound) < len(pictures) else chain


def _left(chain: Chain, picture: Array, target: Array, image: int) -> float:
    """Return what the chain leaves of one image's tensor with its values fitted again, in levels."""
    alone = replace(
        chain,
        frames=(chain.frames[image],),
        colour=colours.identity(target.shape[2]),
        known=(True,),
        mixed=None,
        clip=None,
    )
    return finish(alone, [picture], [target], [0]).residual


def _likely() -> Iterator[Callable[[Array], Array]]:
    """Iterate over what decoders make of a picture that another one decoded as usual."""
    yield repeated_chroma
    yield from (partial(_mixed_up, mixed) for mixed in yuv.mix_ups())


def _mixed_up(mixed: MixUp, picture: Array) -> NDArray[np.uint8]:
    return np.rint(mixed.apply(picture)).astype(np.uint8)


# --- colour planes --------------------------------------------------------------------------------------------------


def repeated_chroma(picture: Array) -> NDArray[np.uint8]:
    """Return a 4:2:0 picture (H, W, 3, RGB) as a decoder makes it that repeats each chroma sample over its 2 x 2 pixels.

    The picture was decoded with interpolated chroma (libjpeg's triangle: 3/4 of the nearest sample and 1/4 of the next
    per axis); the samples are found by undoing that.
    """
    to_rgb = yuv.to_rgb("BT.601")
    planes = picture.astype(np.float32) @ np.linalg.inv(to_rgb).T.astype(np.float32)
    height, width = picture.shape[:2]
    for k in (1, 2):
        samples = _samples(planes[..., k])
        planes[..., k] = samples.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
    return np.clip(np.rint(planes @ to_rgb.T.astype(np.float32)), 0, 255).astype(np.uint8)


def _samples(plane: Array) -> NDArray[np.float32]:
    """Return the chroma samples (half the size, rounded up) of an interpolated plane, averages over 2 x 2 pixels sharpened."""
    height, width = plane.shape
    whole = np.pad(plane, ((0, height % 2), (0, width % 2)), mode="edge")
    mean = whole.reshape(whole.shape[0] // 2, 2, whole.shape[1] // 2, 2).mean((1, 3))
    out = mean
    for _ in range(4):
        out = out + mean - _softened(out)
    return out


def _softened(plane: Array) -> Array:
    """Return what interpolating and averaging over 2 x 2 makes of samples: 1/8, 3/4, 1/8 along each axis."""
    pad = np.pad(plane, 1, mode="edge")
    rows = (pad[:-2] + 6 * pad[1:-1] + pad[2:]) / 8
    return (rows[:, :-2] + 6 * rows[:, 1:-1] + rows[:, 2:]) / 8


# --- transparency ---------------------------------------------------------------------------------------------------


def _blended(chain: Chain, pictures: Pictures, targets: Pictures) -> Pictures:
    """Return the pictures with those blended over black or white whose tensors show it; values are fitted without them."""
    off = {i: misfit(chain, pictures, targets, [i]) for i in range(len(pictures))}
    odd = [i for i, left in off.items() if np.isfinite(left) and left > 4 * FLOOR]
    rest = [i for i in off if i not in odd and chain.known[i]]
    if not odd or not rest or targets[0].shape[2] != 3:
        return pictures
    values = finish(replace(chain, clip=None), pictures, targets, rest).colour
    if values.kind != "plain":
        return pictures
    out = list(pictures)
    for i in odd:
        out[i] = _unveiled(replace(chain, colour=values), pictures[i], targets[i], i)
    return tuple(out)


def _unveiled(chain: Chain, picture: Array, target: Array, image: int) -> Array:
    """Return a picture blended as its tensor shows, or itself; the share is read from green, red and blue confirm it."""
    top, left, bottom, right = chain.frames[image].box
    if bottom - top < 16 or right - left < 16:
        return picture
    kept = pixels(chain, picture, image, np.arange(top, bottom), np.arange(left, right))
    seen = chain.colour.invert().apply(target[top:bottom, left:right])
    kind = decoding.alpha(blocks.means(kept, 4), blocks.means(seen, 4))
    if kind is None or kind[1]["side"] != "deployed":
        return picture
    ground = 0.0 if kind[1]["background"] == "black" else 255.0
    reach, moved = np.abs(kept[..., 1] - ground), np.abs(seen[..., 1] - ground)
    share = np.clip(_smooth(moved) / np.maximum(_smooth(reach), 1.0), 0, 1)
    turned = frames.turn(picture, chain.frames[image].code)
    veil = _enlarged(share, chain.frames[image], (turned.shape[0], turned.shape[1]))[..., None]
    made = np.clip(np.rint(ground + (turned.astype(np.float32) - ground) * veil), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(frames.turn(made, frames.inverse(chain.frames[image].code)))


def _smooth(plane: Array, size: int = 5) -> Array:
    """Return sums over ``size`` x ``size`` pixels: transparency changes slowly, and one pixel may be near the ground."""
    pad = np.pad(plane.astype(np.float64), size // 2, mode="edge")
    total = np.pad(pad.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    return total[size:, size:] - total[:-size, size:] - total[size:, :-size] + total[:-size, :-size]


def _enlarged(share: Array, frame: frames.Frame, shape: tuple[int, int]) -> NDArray[np.float32]:
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
    return plane[low] * (1 - part) + plane[high] * part
