"""What is left of two tensors where both show the same."""

from __future__ import annotations

import numpy as np

from pixelparity.diagnosis.search.finals import undoing


def test_a_difference_counts_within_the_mask_only() -> None:
    """Gaps of 1 and 9 on two of four pixels: of the first alone 1 and 1, of both 9 and 5, of all four 9 and 2.5."""
    made, goal = np.zeros((2, 2, 3)), np.zeros((2, 2, 3))
    goal[0, 0], goal[1, 1] = 1.0, -9.0
    first, both = np.array([[True, False], [False, False]]), np.eye(2, dtype=bool)
    assert undoing.masked(made, goal, first) == (1.0, 1.0)
    assert undoing.masked(made, goal, both) == (9.0, 5.0)
    assert undoing.masked(made, goal, np.ones((2, 2), bool)) == (9.0, 2.5)
