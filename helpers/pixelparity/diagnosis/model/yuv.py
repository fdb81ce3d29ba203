"""Mix-ups of luma and chroma: studio range taken for full range, and another matrix to read with than to write with.

JPEG is BT.601 in full range (ITU-T T.871, section 7); video is BT.601, BT.709 or BT.2020 with luma from 16 to 235 and chroma
from 16 to 240 (ITU-R BT.601-7, table 3).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import RGB_CHANNELS, Levels, Matrix, PerChannel, Samples
from pixelparity.diagnosis.model.colours import LUMA, ColourMap

#: Weights of red and blue in luma (ITU-R BT.601-7, BT.709-6, BT.2020-2).
WEIGHTS = {"BT.601": (float(LUMA[0]), float(LUMA[2])), "BT.709": (0.2126, 0.0722), "BT.2020": (0.2627, 0.0593)}
#: Studio range of 8 bits: black, steps from black to white, and steps of chroma.
_STUDIO_BLACK, _STUDIO_LUMA, _STUDIO_CHROMA = 16.0, 219, 224

#: Ranges that are taken for each other, and what one sees.
RANGES = {
    "full_as_studio": "full-range pixels are read as studio range (16..235): contrast is stretched",
    "studio_as_full": "studio-range pixels (16..235) are taken for full range: contrast is squeezed",
}


def to_rgb(name: str) -> Matrix:
    """Return the matrix from YCbCr (full range, chroma about 0) to RGB of a standard, (3, 3), from its luma weights.

    ``KeyError`` for a standard that is not in :data:`WEIGHTS`.

    >>> to_rgb("BT.601").round(3).tolist()
    [[1.0, 0.0, 1.402], [1.0, -0.344, -0.714], [1.0, 1.772, 0.0]]
    """
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

    def apply(self, pixels: Samples) -> Levels:
        """Return the mixed-up pixels, shape (..., 3), cut off at 0 and 255 as a decoder does."""
        return np.clip(self.map.apply(pixels), 0, 255)


def standards(relative: Matrix | None) -> str:
    """Return which YUV matrices were mixed up to give a matrix from RGB to RGB, or an empty string."""
    if relative is None or relative.shape != (RGB_CHANNELS, RGB_CHANNELS):
        return ""
    limit = thresholds.now().model.yuv_matrix_max_gap
    found = (m for m in mix_ups() if m.range == "same" and np.abs(m.map.matrix - relative).max() < limit)
    return next((m.matrix for m in found), "")


@lru_cache(maxsize=2)
def mix_ups(backwards: bool = False) -> tuple[MixUp, ...]:
    """Return the mix-ups that deployments have; ``backwards`` for tensors whose channels are blue, green, red."""
    found = [
        _ranges("full_as_studio", 255 / _STUDIO_LUMA, 255 / _STUDIO_CHROMA),
        _ranges("studio_as_full", _STUDIO_LUMA / 255, _STUDIO_CHROMA / 255),
    ]
    for written in WEIGHTS:
        for read in WEIGHTS:
            if written != read:
                name = f"written with {written}, read with {read}"
                made = to_rgb(read) @ np.linalg.inv(to_rgb(written))
                text = f"the colours went through another YUV matrix: {name}"
                found.append(MixUp(name=name, map=_map(made, np.zeros(3)), text=text, matrix=name))
    return tuple(_turned(m) for m in found) if backwards else tuple(found)


def _map(matrix: Matrix, offset: PerChannel) -> ColourMap:
    return ColourMap(kind="matrix", matrix=matrix, offset=offset)


def _ranges(name: str, luma: float, chroma: float) -> MixUp:
    """Return a studio-range mix-up: luma about 16 (or back), chroma about 128, each with its own factor."""
    made = to_rgb("BT.601") @ np.diag([luma, chroma, chroma]) @ np.linalg.inv(to_rgb("BT.601"))
    offset = np.full(RGB_CHANNELS, _STUDIO_BLACK if luma < 1 else -_STUDIO_BLACK * luma)
    return MixUp(name=name, map=_map(made, offset), text=RANGES[name], range=name)


def _turned(mixed: MixUp) -> MixUp:
    turned = _map(mixed.map.matrix[::-1, ::-1], mixed.map.offset[::-1])
    return replace(mixed, map=turned)
