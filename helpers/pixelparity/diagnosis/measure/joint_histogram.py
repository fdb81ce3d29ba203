"""Pairs of byte tensors, counted in one table of (reference value, deployed value) per channel.

Every figure of a comparison follows from the table exactly, and so do those of a cast of the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pixelparity.diagnosis.arrays import BYTE_VALUES, BinEdges, Counts
from pixelparity.diagnosis.measure.moments import Differences, Pairs, Range, SideMoments, Tally


def of_bytes(pairs: Pairs) -> bool:
    """Say whether all tensors hold bytes."""
    return all(a.dtype == b.dtype == np.uint8 for a, b in pairs)


@dataclass
class JointHistogram:
    """Bytes of both sides: how often each value meets each other one, and how often values of other shapes occur.

    ``joint`` has shape (channels, 256, 256), by reference and deployed value, over the ``images`` pictures whose shapes
    agree; ``apart`` has shape (2, channels, 256), by side, over the other pictures.
    """

    joint: Counts
    apart: Counts
    images: int = 0

    def add(self, other: JointHistogram) -> None:
        """Add what other pictures have."""
        self.joint += other.joint
        self.apart += other.apart
        self.images += other.images

    def _seen(self, side: int) -> Counts:
        counts: Counts = self.joint.sum(2 - side) + self.apart[side]
        return counts

    def range(self, side: int) -> Range:
        """Return the lowest and highest value of a side (0 is the reference)."""
        seen = np.flatnonzero(self._seen(side).sum(0))
        return float(seen[0]), float(seen[-1])

    def differences(self, tolerance: float) -> Differences:
        """Return the sums of the differences, in levels; ``over`` counts those above the tolerance (levels)."""
        met = self.joint.sum(0)
        level = np.arange(BYTE_VALUES)
        gap = np.abs(level[:, None] - level[None])
        reference, deployed = met.sum(1), met.sum(0)
        sums = [reference @ level, deployed @ level]
        products = [*sums, reference @ level**2, deployed @ level**2, level @ met @ level]
        return Differences(
            images=self.images,
            count=int(met.sum()),
            total=float((met * gap).sum()),
            over=int(met[gap > tolerance].sum()),
            peak=float(gap[met > 0].max(initial=0)),
            moments=np.array(products, dtype=np.float64),
        )

    def values(self, side: int, edges: BinEdges) -> SideMoments:
        """Return the counts and moments of a side."""
        seen, level = self._seen(side), np.arange(BYTE_VALUES)
        counts = [np.histogram(level, edges, weights=one)[0] for one in seen]
        return SideMoments(
            counts=np.array(counts).astype(np.int64),
            size=int(seen[0].sum()),
            centre=np.zeros(len(seen)),
            sums=(seen @ level).astype(np.float64),
            squares=(seen @ level**2).astype(np.float64),
        )

    def read(self, edges: BinEdges, tolerance: float) -> Tally:
        """Return the differences against a tolerance, and both sides' values in bins."""
        sides = self.values(0, edges), self.values(1, edges)
        return Tally(differences=self.differences(tolerance), sides=sides)


def count_pairs(pairs: Pairs, channels: int) -> JointHistogram:
    """Count pairs of byte tensors (HWC) that have up to ``channels`` channels.

    >>> pair = np.array([[[1], [4]]], np.uint8), np.array([[[2], [8]]], np.uint8)
    >>> count_pairs([pair], 1).differences(tolerance=3.0).mean
    2.5
    """
    joint = np.zeros((channels, BYTE_VALUES, BYTE_VALUES), np.int64)
    out = JointHistogram(joint=joint, apart=np.zeros((2, channels, BYTE_VALUES), np.int64))
    for a, b in pairs:
        if a.shape == b.shape:
            out.images += 1
            for c in range(a.shape[2]):
                met = a[..., c].astype(np.uint16)
                met *= BYTE_VALUES
                met += b[..., c]
                seen = np.bincount(met.reshape(-1), minlength=BYTE_VALUES**2)
                out.joint[c] += seen.reshape(BYTE_VALUES, BYTE_VALUES)
            continue
        for side, tensor in enumerate((a, b)):
            for c in range(tensor.shape[2]):
                out.apart[side, c] += np.bincount(tensor[..., c].reshape(-1), minlength=BYTE_VALUES)
    return out


def same_values(known: Pairs, pairs: Pairs) -> bool:
    """Say whether both sides of all pairs hold the values of other pairs, in whatever number type."""
    both = ((x, y) for a, b in zip(known, pairs, strict=True) for x, y in zip(a, b, strict=True))
    return all(np.array_equal(x, y) for x, y in both)
