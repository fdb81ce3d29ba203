"""What one reading of a pair of tensors says: differences, moments and counts, added up picture by picture.

Tensors are read channel by channel in single precision, a plane at a time, so that all of the work is done while the plane
is in the processor's cache. Sums go on in double precision from plane to plane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.arrays import Array, BinEdges, Counts, PerChannel
from pixelparity.diagnosis.measure import histogram
from pixelparity.stages import Tensor

Pairs = Sequence[tuple[Tensor, Tensor]]
Range = tuple[float, float]


def channels_of(pairs: Pairs) -> tuple[int, int]:
    """Return how many channels all tensors (HWC) have, and how many any has.

    >>> channels_of([(np.zeros((1, 1, 3)), np.zeros((1, 1, 4)))])
    (3, 4)
    """
    counts = [t.shape[2] for pair in pairs for t in pair]
    return min(counts), max(counts)


@dataclass
class Differences:
    """Sums over the pictures whose shapes agree, in the units of the tensors.

    ``images`` pictures with ``count`` values; ``total`` is the sum of the absolute differences, ``over`` how many are above
    the tolerance, ``peak`` the largest. ``moments`` are the sums of a, b, a*a, b*b and a*b (reference a, deployed b) about some
    fixed values.
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
class SideMoments:
    """What one side's values are: per channel counts (channels, bins), and sums and squares about ``centre`` (channels,).

    ``size`` is the number of values of a channel. Moments about a value near the mean keep their digits (Chan, Golub and
    LeVeque, "Algorithms for computing the sample variance", The American Statistician 37, 1983: shifted data).
    """

    counts: Counts
    size: int
    centre: PerChannel
    sums: PerChannel
    squares: PerChannel

    @property
    def mean(self) -> PerChannel:
        """Return the mean per channel."""
        return self.centre + self.sums / self.size

    @property
    def std(self) -> PerChannel:
        """Return the standard deviation per channel."""
        off = self.sums / self.size
        spread: PerChannel = np.sqrt(np.maximum(self.squares / self.size - off * off, 0.0))
        return spread

    def add(self, other: SideMoments) -> None:
        """Add what other pictures have, taken about the same centre."""
        self.counts += other.counts
        self.size += other.size
        self.sums += other.sums
        self.squares += other.squares


@dataclass
class Tally:
    """The differences of a pair of stages, and both sides' values."""

    differences: Differences
    sides: tuple[SideMoments, SideMoments]

    def add(self, other: Tally) -> None:
        """Add what other pictures have."""
        self.differences.add(other.differences)
        for side, more in zip(self.sides, other.sides, strict=True):
            side.add(more)


def extremes(tensors: Sequence[Tensor]) -> Range:
    """Return the lowest and highest of all values, in the tensors' units; ``ValueError`` of no tensors."""
    return min(float(t.min()) for t in tensors), max(float(t.max()) for t in tensors)


def centres(pair: tuple[Tensor, Tensor], channels: int) -> tuple[PerChannel, PerChannel]:
    """Return a value near each channel's mean, for both sides: sums about it keep their digits in single precision."""
    out = []
    for tensor in pair:
        means = tensor[::4, ::4].mean((0, 1), dtype=np.float64).astype(np.float32)
        out.append(np.resize(means, channels).astype(np.float64))
    return out[0], out[1]


def tally(pairs: Pairs, centre: tuple[PerChannel, PerChannel], edges: BinEdges, tolerance: float) -> Tally:
    """Read pairs of tensors (HWC) that have up to as many channels as ``centre``; ``edges`` enclose all values.

    ``tolerance`` is in the tensors' units. Pairs of unlike shapes count for both sides' values and not for the differences.
    """
    sides = tuple(_no_moments(c, len(edges) - 1) for c in centre)
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


def _add_values(side: SideMoments, plane: Array, c: int, edges: BinEdges) -> None:
    """Add the values of a channel ``c``, and take its centre off them."""
    side.counts[c] += histogram.count_within(plane, edges)
    plane -= np.float32(side.centre[c])
    side.sums[c] += float(plane.sum())
    side.squares[c] += _dot(plane, plane)


def _no_moments(centre: PerChannel, bins: int) -> SideMoments:
    width = len(centre)
    return SideMoments(
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


def _moments(x: Array, y: Array, shift_x: float, shift_y: float) -> NDArray[np.float64]:
    """Return the sums of a, b, a*a, b*b and a*b for a = x + shift_x and b = y + shift_y."""
    a, b = float(x.sum()), float(y.sum())
    aa, bb, ab = _dot(x, x), _dot(y, y), _dot(x, y)
    n = x.size
    return np.array(
        [
            a + n * shift_x,
            b + n * shift_y,
            aa + 2 * shift_x * a + n * shift_x**2,
            bb + 2 * shift_y * b + n * shift_y**2,
            ab + shift_x * b + shift_y * a + n * shift_x * shift_y,
        ]
    )


#: Values that are multiplied and added in single precision before the sum goes on in double precision.
_BLOCK = 2048


def _dot(x: Array, y: Array) -> float:
    whole = x.size // _BLOCK * _BLOCK
    parts = np.matmul(x[:whole].reshape(-1, 1, _BLOCK), y[:whole].reshape(-1, _BLOCK, 1))
    return float(parts.sum(dtype=np.float64)) + float(np.dot(x[whole:], y[whole:]))
