"""What a side's decoder made of the files, where only the decoded pictures and its final tensors are known.

The usual decoder's pictures are at hand, the side's own are not. Each of a few likely pictures (colour planes repeated, another
range or YUV matrix, a JPEG once more, and transparency blended over one colour) is put in their place and has to explain the
side's tensors clearly better; it is then named, and confirmed, like a picture that was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.families import recompression
from pixelparity.diagnosis.fit import jpeg_quality
from pixelparity.diagnosis.fit.fit_values import fit_values
from pixelparity.diagnosis.fit.jpeg_quality import RoundTrip
from pixelparity.diagnosis.fit.kernels import misfit
from pixelparity.diagnosis.model import colours, layouts, yuv
from pixelparity.diagnosis.model.colours import RGB_CHANNELS
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.diagnosis.model.yuv import MixUp
from pixelparity.diagnosis.search.staged import alpha_compositing

Array = NDArray[Any]
Pictures = tuple[Array, ...]


@dataclass(frozen=True, kw_only=True)
class Guess:
    """A side's likely pictures (those that stay are the same objects) and the images that tell how its tensors are made."""

    pictures: Pictures
    sound: tuple[int, ...]


def guess(chain: SideModel, pictures: Pictures, targets: Pictures) -> Guess:
    """Guess the pictures (HWC uint8) that a side's chain started from.

    ``chain`` leads from ``pictures`` (decoded as usual, RGB) to the final tensors ``targets`` (HWC) as far as it is known.
    """
    every = tuple(range(len(pictures)))
    nothing = Guess(pictures=pictures, sound=every)
    if pictures[0].shape[2] != RGB_CHANNELS or targets[0].shape[2] != RGB_CHANNELS or chain.bytes_as_int8:
        return nothing
    if chain.layout_error:
        targets = tuple(layouts.undo(chain.layout_error, y) for y in targets)
        chain = replace(chain, layout_error="")
    blended, sound = alpha_compositing.blended(chain, pictures, targets)
    if any(a is not b for a, b in zip(blended, pictures, strict=True)):
        return Guess(pictures=blended, sound=sound)
    if not np.isfinite(chain.residual):
        return nothing
    return Guess(pictures=_decoded(chain, pictures, targets), sound=every)


def _decoded(chain: SideModel, pictures: Pictures, targets: Pictures) -> Pictures:
    """Return the pictures as the likely decoder that explains the tensors best makes them, if it does so clearly better."""
    at = thresholds.now()
    known = [i for i in range(len(pictures)) if chain.known[i]]
    before = {i: _left(chain, pictures[i], targets[i], i) for i in known}
    which = sorted(known, key=lambda i: -before[i])[: at.staged.decoder_max_pictures]
    if not which or before[which[0]] < at.fit.rounding_residual_levels:
        return pictures
    scored = []
    for n, made in enumerate(_likely()):
        lefts = [min(before[i], _left(chain, made(pictures[i]), targets[i], i)) for i in which]
        scored.append((float(np.mean(lefts)), n, made))
    left, _, best = min(scored, key=lambda entry: entry[:2])
    trip = _round_trip(chain, pictures, targets, which)
    lefts = [min(before[i], _left(chain, recompression.again(pictures[i], trip), targets[i], i)) for i in which]
    if float(np.mean(lefts)) < left:
        left, best = float(np.mean(lefts)), partial(recompression.again, trip=trip)
    usual = float(np.mean([before[i] for i in which]))
    if left > at.staged.decoder_better_share * usual or usual - left < at.staged.decoder_min_gain_levels:
        return pictures
    out = list(pictures)
    for i in known:
        # Some files have nothing to be decoded otherwise: those with full colour planes keep their pictures.
        other = best(pictures[i])
        out[i] = other if _left(chain, other, targets[i], i) < before[i] else pictures[i]
    return tuple(out)


def _round_trip(chain: SideModel, pictures: Pictures, targets: Pictures, which: Sequence[int]) -> RoundTrip:
    """Return the JPEG of the first of some pictures with which the chain leaves least of its tensor."""
    image = which[0]

    def left(trip: RoundTrip) -> float:
        made = list(pictures)
        made[image] = recompression.again(pictures[image], trip)
        return misfit(chain, made, targets, [image])

    return jpeg_quality.best(left)[0]


def _left(chain: SideModel, picture: Array, target: Array, image: int) -> float:
    """Return what the chain leaves of one image's tensor with its values fitted again, in levels."""
    alone = replace(
        chain,
        placements=(chain.placements[image],),
        colour=colours.identity(target.shape[2]),
        known=(True,),
        yuv_error=None,
        clip=None,
    )
    return fit_values(alone, [picture], [target], [0]).residual


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
    rgb: NDArray[np.uint8] = np.clip(np.rint(planes @ to_rgb.T.astype(np.float32)), 0, 255).astype(np.uint8)
    return rgb


def _samples(plane: Array) -> NDArray[np.float32]:
    """Return the chroma samples (half the size, rounded up) of an interpolated plane, averages over 2 x 2 pixels sharpened."""
    height, width = plane.shape
    whole = np.pad(plane, ((0, height % 2), (0, width % 2)), mode="edge")
    mean = whole.reshape(whole.shape[0] // 2, 2, whole.shape[1] // 2, 2).mean((1, 3))
    out: NDArray[np.float32] = mean
    for _ in range(4):
        out = out + mean - _softened(out)
    return out


def _softened(plane: Array) -> Array:
    """Return what interpolating and averaging over 2 x 2 makes of samples: 1/8, 3/4, 1/8 along each axis."""
    pad = np.pad(plane, 1, mode="edge")
    rows = (pad[:-2] + 6 * pad[1:-1] + pad[2:]) / 8
    smooth: Array = (rows[:, :-2] + 6 * rows[:, 1:-1] + rows[:, 2:]) / 8
    return smooth
