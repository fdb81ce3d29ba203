"""What is left between two tensors of one picture once all that is known is undone: where both count, and how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import HWC, Mask


@dataclass(frozen=True, kw_only=True)
class Residual:
    """One image's tensors, HWC in levels: the reference's, and the deployed one with all that is known undone.

    ``box`` is where both count: top, left, bottom, right.
    """

    reference: HWC
    deployed: HWC
    box: tuple[int, int, int, int]

    @property
    def pair(self) -> tuple[HWC, HWC]:
        """Return the reference's and the deployed tensor within the box."""
        top, left, bottom, right = self.box
        return self.reference[top:bottom, left:right], self.deployed[top:bottom, left:right]


def box_of(mask: Mask) -> tuple[int, int, int, int]:
    """Return the bounding box of a mask, empty if nothing is in it."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return 0, 0, 0, 0
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def gap(left: Residual) -> float:
    """Return the mean absolute difference of one image in levels."""
    a, b = left.pair
    return float(np.mean(np.abs(a - b))) if a.size else 0.0


def telling(lefts: Mapping[int, Residual]) -> dict[int, Residual]:
    """Return the images that differ most: a picture that is not shrunk, for one, shows nothing of a filter."""
    gaps = {i: gap(one) for i, one in lefts.items()}
    most = max(gaps.values(), default=0.0)
    least = thresholds.now().measure.telling_min_share * most
    return {i: one for i, one in lefts.items() if gaps[i] > least}
