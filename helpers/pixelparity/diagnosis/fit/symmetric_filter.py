"""The small symmetric filter that brings one picture nearest to another: what is left of two resize kernels, put right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import HWC, Array, Matrix

#: Pixels that a filter reaches to each side.
REACH = 3
#: Ridge of the least squares, a share of the mean variance: float64 keeps 16 digits, flat pictures need them.
_RIDGE_SHARE = 1e-6


def fit(pairs: Sequence[tuple[HWC, HWC]]) -> Matrix:
    """Return the symmetric filter that brings the second of each pair nearest to the first, by least squares.

    Its weights are (4, 4) by distance in rows and columns. Pictures with an edge below ``fit.filter_min_edge_px`` tell nothing;
    where there is no other one, the filter changes nothing.
    """
    normal, moment = np.zeros(((REACH + 1) ** 2,) * 2), np.zeros((REACH + 1) ** 2)
    for goal, seen in pairs:
        if min(goal.shape[:2]) < thresholds.now().fit.filter_min_edge_px:
            continue
        inner = slice(REACH, -REACH, 2), slice(REACH, -REACH, 3)
        shifts = np.stack([t.reshape(-1) for t in shifted(seen, *inner)])
        normal += shifts @ shifts.T
        moment += shifts @ goal[inner].astype(np.float64).reshape(-1)
    if not normal.any():
        return np.eye(1, (REACH + 1) ** 2).reshape(REACH + 1, REACH + 1)
    ridge = _RIDGE_SHARE * np.trace(normal) / len(normal)
    return np.linalg.solve(normal + ridge * np.eye(len(normal)), moment).reshape(REACH + 1, REACH + 1)


def shifted(image: HWC, rows: slice = slice(None), columns: slice = slice(None)) -> list[Array]:
    """Return some rows and columns of the picture averaged over its symmetric shifts by (i, j), i and j from 0 to the reach."""
    pad = np.pad(image.astype(np.float64), ((REACH, REACH), (REACH, REACH), (0, 0)), mode="edge")
    height, width = image.shape[:2]
    span = range(REACH + 1)
    made = []
    for i in span:
        both = [pad[REACH + k : REACH + k + height][rows] for k in (i, -i)]
        down = (both[0] + both[1]) / 2
        for j in span:
            left, right = (down[:, REACH + k : REACH + k + width][:, columns] for k in (j, -j))
            made.append((left + right) / 2)
    return made


def filtered(image: HWC, weights: Matrix) -> HWC:
    """Return the picture under a filter of :func:`fit`, float64; its edge goes on outside."""
    made: HWC = sum(w * t for w, t in zip(weights.reshape(-1), shifted(image), strict=True))
    return made


def filtered_by_halves(image: HWC, middle: int, above: Matrix, below: Matrix) -> HWC:
    """Return the picture filtered by one filter above a row and by another below it."""
    start = max(middle - REACH, 0)  # a filter sees a few rows of the other half
    parts = filtered(image[: middle + REACH], above)[:middle], filtered(image[start:], below)[middle - start :]
    return np.concatenate(parts)
