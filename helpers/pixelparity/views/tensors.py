"""Tensors as pictures: one declared scale for both sides, and differences as a heat map in levels.

A *level* is 1/255 of the width of the range that the *reference* declares for a stage, or of its measured range over all
pictures where it declares none: what the diagnosis counts in, too. Everything is shown on that range, so a tensor that
leaves it is seen to leave it: pixels of 0..255 on a scale of 0..1 are white.
"""

from __future__ import annotations

import base64
import functools
import io
from dataclasses import dataclass

import numpy as np
from matplotlib.colors import ListedColormap
from numpy.typing import NDArray
from PIL import Image

from pixelparity.diagnosis.measure import matching, noise
from pixelparity.stages import Capture, Stage, Tensor
from pixelparity.views import style

LEVELS = 255.0
_MIDDLE = (247, 247, 247)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A column of a view: a stage of each side, ``None`` where a side has no such stage. ``final`` is the model's input."""

    reference: Stage | None
    deployed: Stage | None
    final: bool = False

    @property
    def name(self) -> str:
        """Return the stage's name, both names where the sides call it differently."""
        names = [stage.name for stage in (self.reference, self.deployed) if stage is not None]
        return names[0] if len(set(names)) == 1 else " \N{LEFT RIGHT ARROW} ".join(names)


@dataclass(frozen=True, kw_only=True)
class Scale:
    """What black and white stand for. ``declared`` is False where no range is declared and the values had to serve."""

    low: float
    high: float
    declared: bool

    @property
    def level(self) -> float:
        """Return the size of one level in the tensor's units."""
        return (self.high - self.low) / LEVELS


def pairs(reference: Capture, deployed: Capture) -> list[Pair]:
    """Return the stages of both sides side by side, in order, with those that only one side has."""
    found: list[Pair] = []
    i = j = 0
    matched = matching.match_stages(reference.stages, deployed.stages)
    for reference_at, deployed_at in matched:
        found += [Pair(reference=stage, deployed=None) for stage in reference.stages[i:reference_at]]
        found += [Pair(reference=None, deployed=stage) for stage in deployed.stages[j:deployed_at]]
        found.append(
            Pair(
                reference=reference.stages[reference_at],
                deployed=deployed.stages[deployed_at],
                final=(reference_at, deployed_at) == matched[-1],
            )
        )
        i, j = reference_at + 1, deployed_at + 1
    return found


def tensors(reference: Capture, deployed: Capture, pair: Pair, image: str) -> tuple[Tensor | None, Tensor | None]:
    """Return both sides' tensors of one picture, HWC, channels as they are compared; ``None`` where a side has no stage."""
    if pair.reference is not None and pair.deployed is not None:
        return matching.paired(reference, deployed, (pair.reference, pair.deployed), image, final=pair.final)
    reference_tensor = None if pair.reference is None else _alone(reference, pair.reference, image)
    deployed_tensor = None if pair.deployed is None else _alone(deployed, pair.deployed, image)
    return reference_tensor, deployed_tensor


def scale_of(reference: Capture, deployed: Capture, pair: Pair) -> Scale:
    """Return the one scale for both sides: the reference's range, or the deployed side's for a stage that it has alone.

    The range is the one that levels are counted in (``noise.extent``): declared, or measured over all of the side's pictures.
    """
    side, stage = (reference, pair.reference) if pair.reference is not None else (deployed, pair.deployed)
    if stage is None:
        raise ValueError("a pair has a stage of one side at least")
    known = stage.dtype == "uint8" or (stage.value_range is not None and bool(np.isfinite(stage.value_range).all()))
    values = () if known else side.tensors[stage.name].values()
    extremes = [(float(one.min()), float(one.max())) for one in values] or [(0.0, 0.0)]
    low, high = noise.extent(stage, min(one for one, _ in extremes), max(other for _, other in extremes))
    return Scale(low=low, high=high, declared=known)


def picture(tensor: Tensor, scale: Scale, *, channels: str = "RGB", channel: int | None = None) -> NDArray[np.uint8]:
    """Return an HWC tensor as RGB pixels, shape (h, w, 3): ``scale.low`` is black, ``scale.high`` and above is white.

    ``channels`` is the order that the tensor's values are declared to be in; ``channel`` shows one of them in grey.
    """
    shown = tensor[:, :, :1] if tensor.shape[2] < 3 else tensor[:, :, :3]
    if channel is not None:
        shown = tensor[:, :, channel : channel + 1]
    elif shown.shape[2] == 3 and channels.startswith("BGR"):
        shown = shown[:, :, ::-1]
    unit = (shown.astype(np.float32) - scale.low) * np.float32(255.0 / (scale.high - scale.low))
    pixels = np.clip(np.rint(unit), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))


def in_levels(reference: Tensor, deployed: Tensor, scale: Scale) -> NDArray[np.float32]:
    """Return deployed minus reference in levels, shape of the tensors, which must be equal."""
    difference = deployed.astype(np.float32) - reference.astype(np.float32)
    difference *= np.float32(1.0 / scale.level)
    return difference


def strongest(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return, per pixel, the difference of the channel that differs most, sign kept, shape (h, w)."""
    place = np.abs(levels).argmax(axis=2)
    return np.take_along_axis(levels, place[:, :, None], axis=2)[:, :, 0]


def round_limit(largest: float) -> float:
    """Return the end of a heat map's scale: 1, 2, 5 or 10 times a power of ten, at least one level."""
    largest = max(float(largest), 1.0)
    power = 10.0 ** np.floor(np.log10(largest))
    return float(next(step * power for step in (1.0, 2.0, 5.0, 10.0) if largest <= step * power * (1 + 1e-6)))


@functools.cache
def heat_colours() -> NDArray[np.uint8]:
    """Return 511 colours from the reference's (deployed lower) over near-white (equal) to the deployed side's (higher)."""
    middle = np.array(_MIDDLE, dtype=np.float64)
    ends = [np.array(_rgb(style.LIGHT[side]), dtype=np.float64) for side in style.SIDES]
    # The square root lets differences of a tenth of the scale show themselves.
    way = np.sqrt(np.linspace(0.0, 1.0, 256))[:, None]
    low, high = (middle + (end - middle) * way for end in ends)
    colours: NDArray[np.uint8] = np.rint(np.concatenate([low[:0:-1], high])).astype(np.uint8)
    return colours


def heat(levels: NDArray[np.float32], limit: float) -> NDArray[np.uint8]:
    """Return differences, shape (h, w), as RGB pixels on a scale from ``-limit`` to ``limit`` levels."""
    place = np.clip(np.rint(levels * (255.0 / limit)) + 255.0, 0, 510).astype(np.intp)
    coloured: NDArray[np.uint8] = heat_colours()[place]
    return coloured


def heat_map() -> ListedColormap:
    """Return the heat map's colours for matplotlib."""
    return ListedColormap(heat_colours() / 255.0, name="levels")


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Return pixels, shape (h, w, 3), as a PNG; light compression, because it is made for every move of a slider."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def data_uri(content: bytes, kind: str = "image/png") -> str:
    """Return bytes as a ``data:`` address, for a page that needs no other file."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _alone(capture: Capture, stage: Stage, image: str) -> Tensor:
    return matching.as_hwc(capture.tensor(stage.name, image), stage, capture.source, image)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
