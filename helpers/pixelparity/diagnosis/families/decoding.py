"""Ask the families of decoding what differs between decoded pictures of the same files: turning, order, colours, alpha, grey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import HWC, RGB_CHANNELS, Samples
from pixelparity.diagnosis.families import (
    alpha_gray,
    channel_order,
    colour_range,
    jpeg_chroma,
    looks,
    orientation,
    recompression,
    tone,
)
from pixelparity.diagnosis.families.finding import Finding
from pixelparity.diagnosis.measure import threads
from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.side_model import SideModel

Pictures = tuple[HWC, ...]
#: Pixels of a picture that its colours, and its difference, are told from; speed: fewer say the same less surely.
_PIXELS, _GAP_PIXELS = 5000, 20000
#: Pictures that a JPEG is done to again; speed: more would say the same.
_COMPRESSED = 3
#: Places of the channels where red and blue are exchanged.
_REVERSED = (2, 1, 0)


def start(pictures: tuple[Pictures, Pictures]) -> SideModel:
    """Return the chain from the reference's pictures to the deployed side's as far as turning and channel order go."""
    reference, deployed = pictures
    turned = tuple(threads.each(lambda pair: orientation.of_pictures(*pair), list(zip(*pictures, strict=True))))
    chain = SideModel(
        placements=turned,
        colour=colours.identity(reference[0].shape[2]),
        known=(True,) * len(turned),
        dtype=str(deployed[0].dtype),
    )
    if not reference[0].shape[2] == deployed[0].shape[2] == RGB_CHANNELS:
        return chain
    back = [
        placement.turn(b, placement.inverse(frame.code)) for b, frame in zip(deployed, chain.placements, strict=True)
    ]
    pairs = [_pixels(a, b) for a, b in zip(reference, back, strict=True) if a.shape == b.shape]
    if channel_order.swapped(pairs) and not all(tone.are_inverted(a, b) for a, b in pairs):
        plain = colours.plain(_REVERSED, np.ones(RGB_CHANNELS), np.zeros(RGB_CHANNELS), RGB_CHANNELS)
        return replace(chain, colour=plain)
    return chain


def _upright(chain: SideModel, deployed: HWC, image: int) -> HWC:
    """Return a deployed picture turned back and with its channels in the reference's order."""
    out = placement.turn(deployed, placement.inverse(chain.placements[image].code))
    return out[..., list(_REVERSED)] if out.shape[2] == RGB_CHANNELS and chain.colour.order == _REVERSED else out


def _pixels(reference: HWC, deployed: HWC, count: int = _PIXELS) -> tuple[Samples, Samples]:
    """Return about as many pixels of two pictures as asked for, float64, shape (pixels, channels)."""
    step = max(1, int(np.sqrt(reference.shape[0] * reference.shape[1] / count)))
    a, b = (x[::step, ::step].reshape(-1, x.shape[2]).astype(np.float64) for x in (reference, deployed))
    return a, b


def differences(chain: SideModel, pictures: tuple[Pictures, Pictures], train: Sequence[int]) -> list[Finding]:
    """Name the difference of colours between the reference's and the deployed side's decoded pictures, if there is one.

    ``chain`` is that of :func:`start`; the images of ``train`` are looked at, if the difference is in some of them.
    """
    reference, deployed = pictures
    counts = reference[0].shape[2], deployed[0].shape[2]
    if counts[0] != counts[1]:
        return [alpha_gray.other_count(*counts)]
    fixed = [_upright(chain, b, i) for i, b in enumerate(deployed)]
    off = {i: _gap(a, b) for i, (a, b) in enumerate(zip(reference, fixed, strict=True)) if a.shape == b.shape}
    unlike = [i for i, gap in off.items() if gap > thresholds.now().families.decoded_still_levels]
    if not unlike:
        return []
    part = tuple(unlike) if len(unlike) < len(off) else ()
    chosen = [i for i in train if i in unlike] or unlike
    likely = chosen[:_COMPRESSED]
    found = recompression.of_pictures([reference[i] for i in likely], [fixed[i] for i in likely])
    if found is None:
        pairs = [_pixels(reference[i], fixed[i]) for i in chosen]
        found = _named(np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs]))
    return [replace(found, images=part)]


def _gap(reference: HWC, deployed: HWC) -> float:
    x, y = _pixels(reference, deployed, _GAP_PIXELS)
    return float(np.abs(x - y).mean())


def _named(x: Samples, y: Samples) -> Finding:
    if x.shape[1] != RGB_CHANNELS or (alpha_gray.is_grey(x) and alpha_gray.is_grey(y)):
        return colour_range.grey_stretched(x, y) or alpha_gray.grey_otherwise()
    found = next((found for look in looks.DECODED.looks() if (found := look(x, y)) is not None), None)
    return found or jpeg_chroma.other_decoder()
