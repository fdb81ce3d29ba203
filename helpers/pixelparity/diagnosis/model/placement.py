"""Where a picture lies in a tensor: its orientation, its resized size, and which part of it is seen.

A placement maps a source picture into a canvas: turn it (EXIF code), resample it to ``size``, and put the canvas' corner at
``origin`` of the resized picture (negative where the canvas is padded).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import HWC, Array, Indices, Levels
from pixelparity.diagnosis.model import resampling
from pixelparity.diagnosis.model.resampling import Resampling

#: Height and width, or row and column, in whole pixels.
Pair = tuple[int, int]
#: A difference that is none, where a tensor has one value.
_TINY = 1e-12
#: EXIF orientation codes (JEITA CP-3451, tag 0x0112) as (transpose, flip rows, flip columns), applied in that order to the
#: stored picture.
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


def turn(image: HWC, code: int) -> HWC:
    """Turn an HWC picture as EXIF code ``code`` (1 to 8) asks; a view, not a copy. ``KeyError`` for another code.

    >>> turn(np.array([[[1], [2]]]), 6)[..., 0].tolist()
    [[1], [2]]
    """
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
    """Return the placement that resamples a whole (turned) picture of ``shape`` to ``size``.

    >>> whole((4, 6), (2, 3), canvas=(2, 2), origin=(0, 1)).box
    (0, 0, 2, 2)
    """
    return Placement(
        code=code,
        size=size,
        scale=(shape[0] / size[0], shape[1] / size[1]),
        origin=origin,
        canvas=canvas or size,
    )


def cut_out(region: tuple[int, int, int, int], canvas: Pair, code: int = 1) -> Placement:
    """Return the placement that resamples a part of a (turned) picture to the whole canvas."""
    height, width = region[2] - region[0], region[3] - region[1]
    return Placement(
        code=code,
        size=canvas,
        scale=(height / canvas[0], width / canvas[1]),
        start=(float(region[0]), float(region[1])),
        canvas=canvas,
        region=region,
    )


def subpixel(shape: Pair, place: Placement, axis: int) -> Placement:
    """Return the placement with one axis' exact scale for both, about the centre, as DALI's ``subpixel_scale`` does."""
    exact = shape[axis] / place.size[axis]
    start = tuple((shape[i] - place.size[i] * exact) / 2 for i in (0, 1))
    return replace(place, scale=(exact, exact), start=(start[0], start[1]))


def turned_shape(shape: tuple[int, ...], code: int) -> Pair:
    """Return a picture's height and width after it is turned."""
    return (shape[1], shape[0]) if EXIF[code][0] else (shape[0], shape[1])


def needs_resampling(place: Placement) -> bool:
    """Say whether the placement does more than cut and pad."""
    return place.scale != (1.0, 1.0) or place.start != (0.0, 0.0)


def render(image: HWC, place: Placement, how: Resampling, rows: Indices, columns: Indices) -> Levels:
    """Return source values at the given content rows and columns of the canvas (canvas coordinates), HWC float32.

    They may be a view of the source where nothing is resampled.
    """
    source = turn(image, place.code)
    r, c = rows + place.origin[0], columns + place.origin[1]
    if not needs_resampling(place) and how.centre == "half":
        return _picked(source, r, c).astype(np.float32, copy=False)
    # Only the source pixels that carry weight take part: a sparse grid then costs little.
    (wr, sr), (wc, sc) = (
        resampling.sparse_rows(
            resampling.Axis(
                size_in=source.shape[i], size_out=place.size[i], how=how, scale=place.scale[i], origin=place.start[i]
            ),
            index,
        )
        for i, index in ((0, r), (1, c))
    )
    return resampling.resample(_picked(source, sr, sc), wr, wc)


def _picked(source: HWC, rows: Indices, columns: Indices) -> HWC:
    """Return the pixels at rows and columns: a view where both are without gaps, for a copy costs more than the rest."""
    if all(len(at) and at[-1] - at[0] == len(at) - 1 for at in (rows, columns)):
        return source[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if source.strides[2] > source.strides[1]:  # channel after channel in memory
        taken: HWC = np.take(np.take(source.transpose(2, 0, 1), rows, axis=1), columns, axis=2).transpose(1, 2, 0)
        return taken
    return np.take(source[rows], columns, axis=1)


def grid(place: Placement, points: int, margin: int = 0) -> tuple[Indices, Indices]:
    """Return about ``points`` content rows and columns of the canvas, evenly spread, ``margin`` away from the content's edge."""
    top, left, bottom, right = place.box
    return _spread(top + margin, bottom - margin, points), _spread(left + margin, right - margin, points)


@lru_cache(maxsize=256)
def _spread(low: int, high: int, points: int) -> Indices:
    if high <= low:
        return np.arange(0)
    out: Indices = np.unique(np.linspace(low, high - 1, min(points, high - low)).astype(int))
    out.flags.writeable = False
    return out


def content_box(tensor: HWC) -> tuple[int, int, int, int]:
    """Return top, left, bottom, right of what is not border: rows and columns that all have one corner's colour are border.

    The colour is that of the first or of the last corner, whichever leaves less; a tensor of one colour has no border.
    """
    boxes = [_box_of(tensor, tensor[at, at]) for at in (0, -1)]
    return min(boxes, key=lambda b: (b[2] - b[0]) * (b[3] - b[1]))


def _box_of(tensor: HWC, colour: Array) -> tuple[int, int, int, int]:
    span = float(tensor.max()) - float(tensor.min())
    limit = thresholds.now().model.border_max_gap_share * span + _TINY
    inner = (np.abs(tensor - colour) > limit).any(2)
    rows, columns = np.flatnonzero(inner.any(1)), np.flatnonzero(inner.any(0))
    if not len(rows):
        return 0, 0, tensor.shape[0], tensor.shape[1]
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
