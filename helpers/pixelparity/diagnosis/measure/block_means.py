"""Averages over square blocks of a picture: what differs in fine detail does not hide there what differs at large."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.arrays import HWC
from pixelparity.errors import InputError


def sums(image: HWC, size: int) -> NDArray[np.float64]:
    """Return the sums over blocks of ``size`` x ``size`` pixels of a picture (h, w, c), shape (blocks, c), float64.

    Blocks go row by row; rows and columns that fill no block are left out. Raises ``InputError`` for a size below one.

    >>> sums(np.ones((2, 5, 1)), 2)[:, 0].tolist()
    [4.0, 4.0]
    """
    if size < 1:
        raise InputError(f"a block has {size} pixels a side; use 1 or more")
    rows, columns = image.shape[0] // size, image.shape[1] // size
    inner = image[: rows * size, : columns * size]
    # Channel by channel, and along rows last: sums over short axes are slow.
    down = [inner[..., c].reshape(rows, size, inner.shape[1]).sum(1, dtype=np.float64) for c in range(image.shape[2])]
    means: NDArray[np.float64] = np.stack([d.reshape(rows, columns, size).sum(2).reshape(-1) for d in down]).T
    return means


def means(image: HWC, size: int) -> NDArray[np.float64]:
    """Return the means over blocks, shape (blocks, channels), float64, in the picture's units; errors as :func:`sums`."""
    return sums(image, size) / size**2
