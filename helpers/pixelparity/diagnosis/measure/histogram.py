"""Histograms of two sides with shared bins, so that they can be laid over each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.arrays import BYTE_VALUES, Array, BinEdges, Counts
from pixelparity.errors import InputError

#: Bytes from which counting each of the 256 values first is faster: the result is the same.
_MANY_BYTES = 4096


def edges(low: float, high: float, bins: int) -> BinEdges:
    """Return ``bins + 1`` equal bin edges from ``low`` to ``high``; a single value gets a width of one around it.

    Raises ``InputError`` for no bins.

    >>> edges(0.0, 1.0, 2).tolist()
    [0.0, 0.5, 1.0]
    """
    if bins < 1:
        raise InputError(f"a histogram has {bins} bins; use 1 or more")
    if not high > low:
        low, high = low - 0.5, low + 0.5
    return np.linspace(low, high, bins + 1)


def count(values: Array, bin_edges: BinEdges) -> Counts:
    """Count values per bin, shape (bins,); bins are half open, the last one closed; values outside are not counted.

    Bins are equal, so a value's bin is computed, not searched: several times faster than ``numpy.histogram``,
    whose counts these are.

    >>> count(np.array([0.0, 0.5, 2.0]), edges(0.0, 1.0, 2)).tolist()
    [1, 1]
    """
    bins = len(bin_edges) - 1
    low, high = float(bin_edges[0]), float(bin_edges[-1])
    flat = np.asarray(values).reshape(-1)
    if flat.dtype == np.uint8 and flat.size > _MANY_BYTES:
        # Bytes have 256 values only: they are counted once, and the counts are put into the bins.
        seen = np.bincount(flat, minlength=BYTE_VALUES)
        return np.histogram(np.arange(BYTE_VALUES), bin_edges, weights=seen)[0].astype(np.int64)
    inside = flat[(flat >= low) & (flat <= high)] if flat.size and (flat.min() < low or flat.max() > high) else flat
    place = ((inside.astype(np.float64) - low) * (bins / (high - low))).astype(np.int64)
    np.minimum(place, bins - 1, out=place)
    return np.bincount(place, minlength=bins).astype(np.int64)


def count_within(values: NDArray[np.float32], bin_edges: BinEdges) -> Counts:
    """Count values that all lie between the outer edges, shape (bins,), in single precision.

    A value that lies nearer to an inner edge than a millionth of the range may be counted in the bin beside its own. Two
    neighbours are counted at once, by the pair of their bins, which halves the slowest part.
    """
    bins, low = len(bin_edges) - 1, float(bin_edges[0])
    if bins > BYTE_VALUES:
        return count(values, bin_edges)
    place = values - np.float32(low)
    place *= np.float32(bins / (float(bin_edges[-1]) - low))
    np.clip(place, 0, bins - 1, out=place)
    small = place.astype(np.uint8)
    even = small.size // 2 * 2
    pairs = np.bincount(small[:even].view(np.uint16), minlength=bins * BYTE_VALUES).reshape(bins, BYTE_VALUES)[:, :bins]
    counts: Counts = pairs.sum(0) + pairs.sum(1) + np.bincount(small[even:], minlength=bins)
    return counts
