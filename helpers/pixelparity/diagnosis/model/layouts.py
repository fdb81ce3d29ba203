"""Layout mistakes: the bytes of one layout read as another, so that every value is there and in the wrong place.

All functions take and return HWC arrays. A tensor that was written in one layout and read in another is undone by writing
it in the layout it was read in, and reading it in the one it was written in.
"""

from __future__ import annotations

import numpy as np

from pixelparity.diagnosis.arrays import HWC
from pixelparity.errors import InputError

#: What was done: HWC bytes read as CHW, CHW bytes read as HWC, height and width exchanged, and rows read as columns.
NAMES = ("hwc_read_as_chw", "chw_read_as_hwc", "transposed", "rows_read_as_columns")


def make(name: str, image: HWC) -> HWC:
    """Return the HWC picture as it looks after the mistake; ``InputError`` for a mistake that is not in :data:`NAMES`.

    >>> make("transposed", np.zeros((2, 5, 3))).shape
    (5, 2, 3)
    """
    _check(name)
    height, width, channels = image.shape
    if name == "hwc_read_as_chw":
        return np.ascontiguousarray(image).reshape(channels, height, width).transpose(1, 2, 0)
    if name == "chw_read_as_hwc":
        return np.ascontiguousarray(image.transpose(2, 0, 1)).reshape(height, width, channels)
    if name == "transposed":
        return image.transpose(1, 0, 2)
    return np.ascontiguousarray(image.transpose(1, 0, 2)).reshape(height, width, channels)


def undo(name: str, image: HWC) -> HWC:
    """Return the HWC picture as it was before the mistake; errors as :func:`make`."""
    _check(name)
    height, width, channels = image.shape
    if name == "hwc_read_as_chw":
        return np.ascontiguousarray(image.transpose(2, 0, 1)).reshape(height, width, channels)
    if name == "chw_read_as_hwc":
        return np.ascontiguousarray(image).reshape(channels, height, width).transpose(1, 2, 0)
    if name == "transposed":
        return image.transpose(1, 0, 2)
    return np.ascontiguousarray(image).reshape(width, height, channels).transpose(1, 0, 2)


def _check(name: str) -> None:
    if name not in NAMES:
        raise InputError(f"no layout mistake {name!r}; use one of {', '.join(NAMES)}")
