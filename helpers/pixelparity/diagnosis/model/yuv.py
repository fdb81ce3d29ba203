"""Mix-ups of luma and chroma: studio range taken for full range, and another matrix to read with than to write with.

JPEG is BT.601 in full range; video is BT.601, BT.709 or BT.2020 with luma from 16 to 235 and chroma from 16 to 240.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.model.colours import ColourMap

Array = NDArray[Any]
#: Weights of red and blue in luma (ITU-R BT.601, BT.709, BT.2020).
WEIGHTS = {"BT.601": (0.299, 0.114), "BT.709": (0.2126, 0.0722), "BT.2020": (0.2627, 0.0593)}

#: Ranges that are taken for each other, and what one sees.
RANGES = {
    "full_as_studio": "full-range pixels are read as studio range (16..235): contrast is stretched",
    "studio_as_full": "studio-range pixels (16..235) are taken for full range: contrast is squeezed",
}


def to_rgb(name: str) -> Array:
    """Return the matrix from YCbCr (full range) to RGB of a standard, from its red and blue luma weights."""
    kr, kb = WEIGHTS[name]
    kg = 1 - kr - kb
    return np.array([[1, 0, 2 * (1 - kr)], [1, -2 * kb * (1 - kb) / kg, -2 * kr * (1 - kr) / kg], [1, 2 * (1 - kb), 0]])


@dataclass(frozen=True, kw_only=True)
class MixUp:
    """A map from the pixels that should be to the pixels that are, RGB 0..255, with its name and its words."""

    name: str
    map: ColourMap
    text: str
    range: str = "same"
    matrix: str = "same"

    def apply(self, pixels: Array) -> Array:
        """Return the mixed-up pixels, shape (..., 3), cut off at 0 and 255 as a decoder does."""
        return np.clip(self.map.apply(pixels), 0, 255)


def standards(relative: Array | None) -> str:
    """Return which YUV matrices were mixed up to give a matrix from RGB to RGB, or an empty string."""
    if relative is None or relative.shape != (3, 3):
        return ""
    found = (m for m in mix_ups() if m.range == "same" and np.abs(m.map.matrix - relative).max() < 0.04)
    return next((m.matrix for m in found), "")


@lru_cache(maxsize=2)
def mix_ups(backwards: bool = False) -> tuple[MixUp, ...]:
    """Return the mix-ups that deployments have; ``backwards`` for tensors whose channels are blue, green, red."""
    found = [
        _ranges("full_as_studio", 255 / 219, 255 / 224),
        _ranges("studio_as_full", 219 / 255, 224 / 255),
    ]
    for written in WEIGHTS:
        for read in WEIGHTS:
            if written != read:
                name = f"written with {written}, read with {read}"
                made = to_rgb(read) @ np.linalg.inv(to_rgb(written))
                text = f"the colours went through another YUV matrix: {name}"
                found.append(MixUp(name=name, map=_map(made, np.zeros(3)), text=text, matrix=name))
    return tuple(_turned(m) for m in found) if backwards else tuple(found)


def _map(matrix: Array, offset: Array) -> ColourMap:
    return ColourMap(kind="matrix", matrix=matrix, offset=offset)


def _ranges(name: str, luma: float, chroma: float) -> MixUp:
    """Return a studio-range mix-up: luma about 16 (or back), chroma about 128, each with its own factor."""
    made = to_rgb("BT.601") @ np.diag([luma, chroma, chroma]) @ np.linalg.inv(to_rgb("BT.601"))
    offset = np.full(3, 16.0 if luma < 1 else -16.0 * luma)
    return MixUp(name=name, map=_map(made, offset), text=RANGES[name], range=name)


def _turned(one: MixUp) -> MixUp:
    turned = _map(one.map.matrix[::-1, ::-1], one.map.offset[::-1])
    return MixUp(name=one.name, map=turned, text=one.text, range=one.range, matrix=one.matrix)
