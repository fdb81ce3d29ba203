"""Another decoder's colour planes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import HWC, RGB_CHANNELS, PerChannel, Samples
from pixelparity.diagnosis.families import looks
from pixelparity.diagnosis.families.finding import Finding, Named, in_pictures, number, unchanged
from pixelparity.diagnosis.families.registry import Family, register
from pixelparity.diagnosis.measure.residuals import Residual
from pixelparity.diagnosis.model.colours import LUMA

register(
    Family(
        name="jpeg_chroma",
        title="The decoders enlarge colour differently",
        words="another chroma upsampling in the decoder",
        differs="the decoder's colour planes",
        with_stages="decoded pictures: colours differ, brightness does not",
        from_finals="yes, as long as the resize left fine detail",
        steps=("decode", "input", "colour", "other"),
        loses="moved",
    ),
)

#: What is true of every library that enlarges the colour planes in its own way.
LINE = "# decode with the training's library and its settings, and feed the decoded picture"
_TEXT = "the colours differ in fine detail and the brightness does not: the JPEG decoders enlarge the colour planes differently"


@looks.DECODED.look()
def chroma(x: Samples, y: Samples) -> Finding | None:
    """Recognise decoded pixels that differ in colour and hardly in brightness, whichever of red and blue comes first."""
    off = y - x
    bright, whole = float(np.abs(off @ LUMA).mean()), float(np.abs(off).mean())
    other = float(np.abs(off @ LUMA[::-1]).mean())
    if min(bright, other) > thresholds.now().families.chroma_max_brightness_share * whole:
        return None
    parameters = {"decoder": "chroma upsampling", "brightness_share": number(bright / whole)}
    return in_pictures("jpeg_chroma", parameters, _TEXT, LINE)


def other_decoder() -> Finding:
    """Name decoded pictures that differ in a way that no family knows."""
    text = "the decoders make other pictures of the same files"
    return in_pictures("jpeg_chroma", {"decoder": "unknown"}, text, LINE, 0.4)


@looks.FINALS.look()
def fine_colours(left: looks.Left) -> Named | None:
    """Name colour planes that one side's decoder made otherwise."""
    return decoded(left.lefts, left.blue_first)


def decoded(lefts: Mapping[int, Residual], swapped: bool) -> Named | None:
    """Name a difference that is in the colours and not in the brightness: the decoder's chroma upsampling.

    ``swapped`` says that blue comes first in the tensors.
    """
    weights, at = LUMA[::-1] if swapped else LUMA, thresholds.now().families
    bright, whole = [], []
    for one in lefts.values():
        a, b = one.pair
        if a.shape[2] != RGB_CHANNELS or not a.size:
            continue
        off = (b - a).astype(np.float64)
        bright.append(np.abs(off @ weights).mean())
        whole.append(np.abs(off).mean())
    if not whole or np.mean(whole) < at.chroma_min_levels:
        return None
    if np.mean(bright) > at.chroma_max_brightness_share * np.mean(whole):
        return None
    finding = Finding(
        family="jpeg_chroma",
        parameters={"decoder": "chroma upsampling", "brightness_share": number(np.mean(bright) / np.mean(whole))},
        text=_TEXT,
        fix=LINE,
        mend=unchanged,
        steps=("decode", "input", "other"),
        doubt=0.15,
    )

    def restore(tensor: HWC, image: int) -> HWC:
        if image not in lefts:
            return tensor
        goal = lefts[image].reference
        restored: HWC = (tensor + _fine_colour(goal, weights) - _fine_colour(tensor, weights)).astype(np.float32)
        return restored

    return finding, restore


def _fine_colour(image: HWC, weights: PerChannel) -> HWC:
    """Return what 8 x 8 averaging takes from a picture's colours, brightness apart."""
    colour: HWC = image - (image @ weights)[..., None]
    height, width = colour.shape[:2]
    pad = np.pad(colour, ((4, 4), (4, 4), (0, 0)), mode="edge")
    total = np.pad(pad.cumsum(0).cumsum(1), ((1, 0), (1, 0), (0, 0)))
    mean: HWC = (total[8:, 8:] - total[:-8, 8:] - total[8:, :-8] + total[:-8, :-8])[:height, :width] / 64
    return colour - mean
