"""Pairs of byte tensors, counted in one table of (reference value, deployed value) per channel.

Every figure of a comparison follows from the table exactly, and so do those of a cast of the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.measure.moments import Differences, Pairs, Range, Tally, Values


def of_bytes(pairs: Pairs) -> bool:
    """Say whether all tensors hold bytes."""
    return all(a.dtype == b.dtype == np.uint8 for a, b in pairs)


@dataclass
class ByteTally:
    """Bytes of both sides: how often each value meets each other one, and how often values of other shapes occur.

    ``joint`` has shape (channels, 256, 256), by reference and deployed value, over the ``images`` pictures whose shapes
    agree; ``apart`` has shape (2, channels, 256), by side, over the other pictures.
    """

    joint: NDArray[np.int64]
    apart: NDArray[np.int64]
    images: int = 0

    def add(self, other: ByteTally) -> None:
        """Add what other pictures have."""
        self.joint += other.joint
        self.apart += other.apart
        self.images += other.images

    def _seen(self, side: int) -> NDArray[np.int64]:
        return self.joint.sum(2 - side) + self.apart[side]

    def range(self, side: int) -> Range:
        """Return the lowest and highest value of a side (0 is the reference)."""
        seen = np.flatnonzero(self._seen(side).sum(0))
        return float(seen[0]), float(seen[-1])

    def differences(self, tolerance: float) -> Differences:
        """Return the sums of the differences; ``over`` counts those above the tolerance."""
        met = self.joint.sum(0)
        level = np.arange(256)
        gap = np.abs(level[:, None] - level[None])
        ours, theirs = met.sum(1), met.sum(0)
        products = [ours @ level, theirs @ level, ours @ level**2, theirs @ level**2, level @ met @ level]
        return Differences(
            images=self.images,
            count=int(met.sum()),
            total=float((met * gap).sum()),
            over=int(met[gap > tolerance].sum()),
            peak=float(gap[met > 0].max(initial=0)),
            moments=np.array(products, dtype=np.float64),
        )

    def values(self, side: int, edges: NDArray[np.float64]) -> Values:
        """Return the counts and moments of a side."""
        seen, level = self._seen(side), np.arange(256)
        counts = [np.histogram(level, edges, weights=one)[0] for one in seen]
        return Values(
            counts=np.array(counts).astype(np.int64),
            size=int(seen[0].sum()),
            centre=np.zeros(len(seen)),
            sums=(seen @ level).astype(np.float64),
            squares=(seen @ level**2).astype(np.float64),
        )

    def read(self, edges: NDArray[np.float64], tolerance: float) -> Tally:
        """Return the differences against a tolerance, and both sides' values in bins."""
        sides = self.values(0, edges), self.values(1, edges)
        return Tally(differences=self.differences(tolerance), sides=sides)


def tally_bytes(pairs: Pairs, channels: int) -> ByteTally:
    """Count pairs of byte tensors (HWC) that have up to ``channels`` channels."""
    out = ByteTally(joint=np.zeros((channels, 256, 256), np.int64), apart=np.zeros((2, channels, 256), np.int64))
    for a, b in pairs:
        if a.shape == b.shape:
            out.images += 1
            for c in range(a.shape[2]):
                met = a[..., c].astype(np.uint16)
                met *= 256
                met += b[..., c]
                out.joint[c] += np.bincount(met.reshape(-1), minlength=65536).reshape(256, 256)
            continue
        for side, tensor in enumerate((a, b)):
            for c in range(tensor.shape[2]):
                out.apart[side, c] += np.bincount(tensor[..., c].reshape(-1), minlength=256)
    return out


def same_values(known: Pairs, pairs: Pairs) -> bool:
    """Say whether both sides of all pairs hold the values of other pairs, in whatever number type."""
    both = ((x, y) for one, other in zip(known, pairs, strict=True) for x, y in zip(one, other, strict=True))
    return all(np.array_equal(x, y) for x, y in both)
