"""What is left between two tensors: the box in which both count, how much, and which images tell."""

from __future__ import annotations

import numpy as np

from pixelparity.diagnosis.measure import residuals
from pixelparity.diagnosis.measure.residuals import Residual


def test_box_and_gap_by_hand() -> None:
    """The box of a mask is the smallest rectangle around it; the gap is the mean within it."""
    mask = np.zeros((5, 6), bool)
    mask[1, 2] = mask[3, 4] = True
    assert residuals.box_of(mask) == (1, 2, 4, 5)
    assert residuals.box_of(np.zeros((5, 6), bool)) == (0, 0, 0, 0)
    reference = np.zeros((5, 6, 1), np.float32)
    deployed = reference.copy()
    deployed[1, 2] = 9
    deployed[0, 0] = 100  # outside
    assert residuals.gap(Residual(reference=reference, deployed=deployed, box=(1, 2, 4, 5))) == 1.0
    assert residuals.gap(Residual(reference=reference, deployed=deployed, box=(0, 0, 0, 0))) == 0.0


def test_telling_keeps_what_differs_most() -> None:
    """Pictures below two fifths of the largest difference say nothing of a filter."""
    zero, box = np.zeros((2, 2, 1), np.float32), (0, 0, 2, 2)
    lefts = {n: Residual(reference=zero, deployed=zero + off, box=box) for n, off in enumerate((10.0, 4.5, 4.0, 0.0))}
    assert list(residuals.telling(lefts)) == [0, 1]
