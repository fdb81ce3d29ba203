"""Where a picture lies in a tensor: its orientation, its resized size, and which part of it is seen.

A frame maps a source picture into a canvas: turn it (EXIF code), resample it to ``size``, and put the canvas' corner at
``origin`` of the resized picture (negative where the canvas is padded).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.model import resampling
from pixelparity.diagnosis.model.resampling import Resampling

Array = NDArray[Any]
Pair = tuple[int, int]
#: EXIF orientation codes as (transpose, flip rows, flip columns), applied in that order to the stored picture.
EXIF = {
    1: (False, False, False),
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}


def turn(image: Array, code: int) -> Array:
    """Turn an HWC picture as EXIF code ``code`` asks; a view, not a copy."""
    transpose, rows, columns = EXIF[code]
    out = image.transpose(1, 0, 2) if transpose else image
    return out[:: -1 if rows else 1, :: -1 if columns else 1]


def inverse(code: int) -> int:
    """Return the code that undoes a code: 6 and 8 undo each other, the others themselves."""
    return {6: 8, 8: 6}.get(code, code)


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where one source picture lies in one tensor.

    ``size`` is the resized picture (height, width); ``scale`` source pixels per resized pixel and ``start`` the source
    coordinate of the resized picture's corner, per axis; ``origin`` the resized coordinate of the canvas' corner;
    ``canvas`` the tensor's height and width. ``region`` is the part of the source (top, left, bottom, right) that is resampled,
    where it is not the whole.
    """

    code: int = 1
    size: Pair
    scale: tuple[float, float]
    start: tuple[float, float] = (0.0, 0.0)
    origin: Pair = (0, 0)
    canvas: Pair
    region: tuple[int, int, int, int] | None = None

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Return the content's top, left, bottom and right in the canvas."""
        top, left = max(0, -self.origin[0]), max(0, -self.origin[1])
        bottom = min(self.canvas[0], self.size[0] - self.origin[0])
        right = min(self.canvas[1], self.size[1] - self.origin[1])
        return top, left, max(bottom, top), max(right, left)

    @property
    def padded(self) -> bool:
        """Say whether the canvas is larger than the content."""
        return self.box != (0, 0, *self.canvas)


def whole(shape: Pair, size: Pair, canvas: Pair | None = None, code: int = 1, origin: Pair = (0, 0)) -> Placement:
    """Return the frame that resamples a whole (turned) picture of ``shape`` to ``size``."""
    return Placement(
        code=code,
        size=size,
        scale=(shape[0] / size[0], shape[1] / size[1]),
        origin=origin,
        canvas=canvas or size,
    )


def cut_out(region: tuple[int, int, int, int], canvas: Pair, code: int = 1) -> Placement:
    """Return the frame that resamples a part of a (turned) picture to the whole canvas."""
    height, width = region[2] - region[0], region[3] - region[1]
    return Placement(
        code=code,
        size=canvas,
        scale=(height / canvas[0], width / canvas[1]),
        start=(float(region[0]), float(region[1])),
        canvas=canvas,
        region=region,
    )


def subpixel(shape: Pair, frame: Placement, axis: int) -> Placement:
    """Return the frame with the exact scale of one axis used for both, about the centre, as DALI's ``subpixel_scale`` does."""
    exact = shape[axis] / frame.size[axis]
    start = tuple((shape[i] - frame.size[i] * exact) / 2 for i in (0, 1))
    return replace(frame, scale=(exact, exact), start=(start[0], start[1]))


def turned_shape(shape: tuple[int, ...], code: int) -> Pair:
    """Return a picture's height and width after it is turned."""
    return (shape[1], shape[0]) if EXIF[code][0] else (shape[0], shape[1])


def needs_resampling(frame: Placement) -> bool:
    """Say whether the frame does more than cut and pad."""
    return frame.scale != (1.0, 1.0) or frame.start != (0.0, 0.0)


def render(image: Array, frame: Placement, how: Resampling, rows: Array, columns: Array) -> NDArray[np.float32]:
    """Return source values at the given content rows and columns of the canvas (canvas coordinates), HWC float32.

    They may be a view of the source where nothing is resampled.
    """
    source = turn(image, frame.code)
    r, c = rows + frame.origin[0], columns + frame.origin[1]
    if not needs_resampling(frame) and how.centre == "half":
        return _picked(source, r, c).astype(np.float32, copy=False)
    # Only the source pixels that carry weight take part: a sparse grid then costs little.
    (wr, sr), (wc, sc) = (
        resampling.rows(
            resampling.Axis(
                size_in=source.shape[i], size_out=frame.size[i], how=how, scale=frame.scale[i], origin=frame.start[i]
            ),
            index,
        )
        for i, index in ((0, r), (1, c))
    )
    return resampling.resample(_picked(source, sr, sc), wr, wc)


def _picked(source: Array, rows: Array, columns: Array) -> Array:
    """Return the pixels at rows and columns: a view where both are without gaps, for a copy costs more than the rest."""
    if all(len(at) and at[-1] - at[0] == len(at) - 1 for at in (rows, columns)):
        return source[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if source.strides[2] > source.strides[1]:  # channel after channel in memory
        return np.take(np.take(source.transpose(2, 0, 1), rows, axis=1), columns, axis=2).transpose(1, 2, 0)
    return np.take(source[rows], columns, axis=1)


def grid(frame: Placement, points: int, margin: int = 0) -> tuple[Array, Array]:
    """Return about ``points`` content rows and columns of the canvas, evenly spread, ``margin`` away from the content's edge."""
    top, left, bottom, right = frame.box
    return _spread(top + margin, bottom - margin, points), _spread(left + margin, right - margin, points)


@lru_cache(maxsize=256)
def _spread(low: int, high: int, points: int) -> Array:
    if high <= low:
        return np.arange(0)
    out = np.unique(np.linspace(low, high - 1, min(points, high - low)).astype(int))
    out.flags.writeable = False
    return out


def windows(inside: int, canvas: int) -> Iterator[int]:
    """Iterate over usual origins of a canvas axis over a resized axis: centred (both roundings), at the start, at the end."""
    gap = inside - canvas
    seen = []
    for origin in (gap // 2, -((-gap) // 2), 0, gap):
        if origin not in seen:
            seen.append(origin)
            yield origin


def content_box(tensor: Array) -> tuple[int, int, int, int]:
    """Return top, left, bottom, right of what is not border: rows and columns that all have one corner's colour are border."""
    boxes = [_box_of(tensor, tensor[at, at]) for at in (0, -1)]
    return min(boxes, key=lambda b: (b[2] - b[0]) * (b[3] - b[1]))


def _box_of(tensor: Array, colour: Array) -> tuple[int, int, int, int]:
    span = float(tensor.max()) - float(tensor.min())
    other = (np.abs(tensor - colour) > 1e-5 * span + 1e-12).any(2)
    rows, columns = np.flatnonzero(other.any(1)), np.flatnonzero(other.any(0))
    if not len(rows):
        return 0, 0, tensor.shape[0], tensor.shape[1]
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
