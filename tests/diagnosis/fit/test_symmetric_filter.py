"""The filter that brings one picture to another: found again, and as fast ways of it make it."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.fit import symmetric_filter


def test_only_some_pixels_are_shifted_as_all_are() -> None:
    """The shifts of every second row and third column are those rows and columns of the whole picture's shifts."""
    image = np.random.default_rng(0).random((30, 33, 3))
    inner = slice(3, -3, 2), slice(3, -3, 3)
    for some, whole in zip(symmetric_filter.shifted(image, *inner), symmetric_filter.shifted(image), strict=True):
        assert some == pytest.approx(whole[inner])


@pytest.mark.parametrize("middle", [1, 14, 29])
def test_halves_are_filtered_as_the_whole_is(middle: int) -> None:
    """Rows above the middle are those of the whole picture under one filter, rows below those under the other."""
    rng = np.random.default_rng(0)
    image, above, below = rng.random((30, 20, 3)), rng.random((4, 4)), rng.random((4, 4))
    made = symmetric_filter.filtered_by_halves(image, middle, above, below)
    assert made[:middle] == pytest.approx(symmetric_filter.filtered(image, above)[:middle])
    assert made[middle:] == pytest.approx(symmetric_filter.filtered(image, below)[middle:])


def test_a_filter_is_found_again() -> None:
    """What a known filter made of a picture is the goal: least squares give its weights back."""
    image, weights = np.random.default_rng(0).random((40, 40, 3)), np.zeros((4, 4))
    weights[0, 0], weights[0, 1], weights[1, 0] = 0.5, 0.3, 0.2
    goal = symmetric_filter.filtered(image, weights)
    assert symmetric_filter.fit([(goal, image)]) == pytest.approx(weights, abs=1e-3)


def test_a_picture_too_small_changes_nothing() -> None:
    """Twelve pixels are within the filter's reach of the edge: the filter is the one that leaves a picture as it is."""
    small = np.random.default_rng(0).random((12, 40, 3))
    found = symmetric_filter.fit([(small, 2 * small)])
    assert found[0, 0] == 1
    assert found.sum() == 1
