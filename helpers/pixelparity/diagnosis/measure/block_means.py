"""Averages over square blocks of a picture: what differs in fine detail does not hide there what differs at large."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def sums(image: NDArray[Any], size: int) -> NDArray[np.float64]:
    """Return the sums over blocks of ``size`` x ``size`` pixels of an HWC picture, shape (blocks, channels).

    Rows and columns that fill no block are left out.
    """
    rows, columns = image.shape[0] // size, image.shape[1] // size
    inner = image[: rows * size, : columns * size]
    # Channel by channel, and along rows last: sums over short axes are slow.
    down = [inner[..., c].reshape(rows, size, inner.shape[1]).sum(1, dtype=np.float64) for c in range(image.shape[2])]
    return np.stack([d.reshape(rows, columns, size).sum(2).reshape(-1) for d in down]).T


def means(image: NDArray[Any], size: int) -> NDArray[np.float64]:
    """Return the means over blocks, shape (blocks, channels)."""
    return sums(image, size) / size**2
