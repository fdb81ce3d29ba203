"""What one reading of a pair of tensors says: differences, moments and counts, added up picture by picture.

Tensors are read channel by channel in single precision, a plane at a time, so that all of the work is done while the plane
is in the processor's cache. Sums go on in double precision from plane to plane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.measure import histogram
from pixelparity.stages import Tensor

Array = NDArray[Any]
Pairs = Sequence[tuple[Tensor, Tensor]]
Range = tuple[float, float]


def channels_of(pairs: Pairs) -> tuple[int, int]:
    """Return how many channels all tensors (HWC) have, and how many any has."""
    counts = [t.shape[2] for pair in pairs for t in pair]
    return min(counts), max(counts)


@dataclass
class Differences:
    """Sums over the pictures whose shapes agree.

    ``moments`` are the sums of a, b, a*a, b*b and a*b (reference a, deployed b) about some fixed values.
    """

    images: int = 0
    count: int = 0
    total: float = 0.0
    over: int = 0
    peak: float = 0.0
    moments: NDArray[np.float64] = field(default_factory=lambda: np.zeros(5))

    @property
    def mean(self) -> float:
        """Return the mean absolute difference."""
        return self.total / self.count if self.count else 0.0

    @property
    def share(self) -> float:
        """Return the share of the values that differ by more than the tolerance."""
        return self.over / self.count if self.count else 0.0

    @property
    def correlation(self) -> float | None:
        """Return Pearson's correlation over all values; none where a side is constant."""
        a, b, aa, bb, ab = self.moments / max(self.count, 1)
        spread = (aa - a * a) * (bb - b * b)
        return float(np.clip((ab - a * b) / np.sqrt(spread), -1, 1)) if spread > 0 else None

    def add(self, other: Differences) -> None:
        """Add the sums over other pictures."""
        self.images += other.images
        self.count += other.count
        self.total += other.total
        self.over += other.over
        self.peak = max(self.peak, other.peak)
        self.moments += other.moments


@dataclass
class Values:
    """What one side's values are: per channel counts (channels, bins), and sums and squares about ``centre`` (channels,)."""

    counts: NDArray[np.int64]
    size: int
    centre: NDArray[np.float64]
    sums: NDArray[np.float64]
    squares: NDArray[np.float64]

    @property
    def mean(self) -> NDArray[np.float64]:
        """Return the mean per channel."""
        return self.centre + self.sums / self.size

    @property
    def std(self) -> NDArray[np.float64]:
        """Return the standard deviation per channel."""
        off = self.sums / self.size
        return np.sqrt(np.maximum(self.squares / self.size - off * off, 0.0))

    def add(self, other: Values) -> None:
        """Add what other pictures have, taken about the same centre."""
        self.counts += other.counts
        self.size += other.size
        self.sums += other.sums
        self.squares += other.squares


@dataclass
class Tally:
    """The differences of a pair of stages, and both sides' values."""

    differences: Differences
    sides: tuple[Values, Values]

    def add(self, other: Tally) -> None:
        """Add what other pictures have."""
        self.differences.add(other.differences)
        for mine, theirs in zip(self.sides, other.sides, strict=True):
            mine.add(theirs)


def extremes(tensors: Sequence[Tensor]) -> Range:
    """Return the lowest and highest of all values."""
    return min(float(t.min()) for t in tensors), max(float(t.max()) for t in tensors)


def centres(pair: tuple[Tensor, Tensor], channels: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a value near each channel's mean, for both sides: sums about it keep their digits in single precision."""
    out = []
    for tensor in pair:
        means = tensor[::4, ::4].mean((0, 1), dtype=np.float64).astype(np.float32)
        out.append(np.resize(means, channels).astype(np.float64))
    return out[0], out[1]


def tally(pairs: Pairs, centre: tuple[Array, Array], edges: NDArray[np.float64], tolerance: float) -> Tally:
    """Read pairs of tensors (HWC) that have up to as many channels as ``centre``; ``edges`` enclose all values."""
    sides = tuple(_nothing(c, len(edges) - 1) for c in centre)
    out = Tally(differences=Differences(), sides=(sides[0], sides[1]))
    for pair in pairs:
        same = pair[0].shape == pair[1].shape
        out.differences.images += same
        for side, tensor in zip(out.sides, pair, strict=True):
            side.size += tensor.shape[0] * tensor.shape[1]
        for c in range(max(t.shape[2] for t in pair)):
            # A copy always: the centre is taken off in place.
            planes = [np.array(t[..., c], np.float32, order="C").reshape(-1) for t in pair if c < t.shape[2]]
            if same:
                _add_gap(out.differences, planes[0], planes[1], tolerance)
            for n, plane in zip([n for n in (0, 1) if c < pair[n].shape[2]], planes, strict=True):
                _add_values(out.sides[n], plane, c, edges)
            if same:
                shift = (float(centre[n][c] - centre[n][0]) for n in (0, 1))
                out.differences.moments += _moments(planes[0], planes[1], *shift)
    return out


def _add_values(side: Values, plane: Array, c: int, edges: NDArray[np.float64]) -> None:
    """Add the values of a channel ``c``, and take its centre off them."""
    side.counts[c] += histogram.count_within(plane, edges)
    plane -= np.float32(side.centre[c])
    side.sums[c] += float(plane.sum())
    side.squares[c] += _dot(plane, plane)


def _nothing(centre: Array, bins: int) -> Values:
    width = len(centre)
    return Values(
        counts=np.zeros((width, bins), np.int64),
        size=0,
        centre=centre,
        sums=np.zeros(width),
        squares=np.zeros(width),
    )


def _add_gap(sums: Differences, x: Array, y: Array, tolerance: float) -> None:
    gap = y - x
    np.abs(gap, out=gap)
    sums.count += gap.size
    sums.total += float(gap.sum())
    sums.over += int(np.count_nonzero(gap > np.float32(tolerance)))
    sums.peak = max(sums.peak, float(gap.max()))


def _moments(x: Array, y: Array, left: float, right: float) -> NDArray[np.float64]:
    """Return the sums of a, b, a*a, b*b and a*b for a = x + left and b = y + right."""
    a, b = float(x.sum()), float(y.sum())
    aa, bb, ab = (_dot(one, other) for one, other in ((x, x), (y, y), (x, y)))
    n = x.size
    return np.array(
        [
            a + n * left,
            b + n * right,
            aa + 2 * left * a + n * left**2,
            bb + 2 * right * b + n * right**2,
            ab + left * b + right * a + n * left * right,
        ]
    )


#: Values that are multiplied and added in single precision before the sum goes on in double precision.
_BLOCK = 2048


def _dot(x: Array, y: Array) -> float:
    whole = x.size // _BLOCK * _BLOCK
    parts = np.matmul(x[:whole].reshape(-1, 1, _BLOCK), y[:whole].reshape(-1, _BLOCK, 1))
    return float(parts.sum(dtype=np.float64)) + float(np.dot(x[whole:], y[whole:]))
