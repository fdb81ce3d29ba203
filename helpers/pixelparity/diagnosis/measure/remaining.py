"""How far two final tensors lie apart: the one measure of what is called unexplained.

It is a plain difference in the reference's units: nothing is subtracted from it for what an estimate of either side misses,
and nothing is multiplied. With no cause named it is the difference of the two sides as they are; with causes named it is that
of the reference and of the deployed tensor with every cause mended.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.measure import threads
from pixelparity.diagnosis.results import StageComparison

Array = NDArray[Any]


def apart(made: Array, goal: Array) -> tuple[float, float]:
    """Return the largest and the mean absolute difference of two tensors (HWC, the same units).

    Of two shapes the corner that both have is compared; what only one of them has counts as the goal's mean size.
    """
    if made.shape == goal.shape:
        gap = made.astype(np.float32) - goal
        np.abs(gap, out=gap)
        return float(gap.max()), float(gap.mean())
    height, width, depth = (min(a, b) for a, b in zip(made.shape, goal.shape, strict=True))
    inner = np.abs(made[:height, :width, :depth] - goal[:height, :width, :depth].astype(np.float32))
    alone, size = made.size + goal.size - 2 * inner.size, float(np.abs(goal).mean())
    mean = float((inner.sum() + alone * size) / max(made.size, goal.size))
    return max(float(inner.max()), mean), mean


def over(gaps: Iterable[tuple[float, float]]) -> dict[str, float]:
    """Return the largest difference of all images, and the mean of their means; ``gaps`` are (largest, mean), one at least."""
    peaks, means = zip(*gaps, strict=True)
    return {"max": float(max(peaks)), "mean": float(np.mean(means))}


def untouched(final: StageComparison, finals: tuple[Sequence[Array], Sequence[Array]]) -> dict[str, float]:
    """Return the difference of both sides' final tensors as they are: what was measured, where all shapes are equal."""
    if final.max_abs is not None and final.mean_abs is not None:
        return {"max": final.max_abs, "mean": final.mean_abs}
    reference, deployed = finals
    return over(threads.each(lambda i: apart(deployed[i], reference[i]), range(len(reference))))
