"""Fast filters and shared runs agree with the plain ones that they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.search.finals import residuals


def test_only_some_pixels_are_shifted_as_all_are() -> None:
    """The shifts of every second row and third column are those rows and columns of the whole picture's shifts."""
    image = np.random.default_rng(0).random((30, 33, 3))
    inner = slice(3, -3, 2), slice(3, -3, 3)
    for some, whole in zip(residuals._shifted(image, *inner), residuals._shifted(image), strict=True):
        assert some == pytest.approx(whole[inner])


@pytest.mark.parametrize("middle", [1, 14, 29])
def test_halves_are_filtered_as_the_whole_is(middle: int) -> None:
    """Rows above the middle are those of the whole picture under one filter, rows below those under the other."""
    rng = np.random.default_rng(0)
    image, above, below = rng.random((30, 20, 3)), rng.random((4, 4)), rng.random((4, 4))
    made = residuals._filtered_by_halves(image, middle, above, below)
    assert made[:middle] == pytest.approx(residuals._filtered(image, above)[:middle])
    assert made[middle:] == pytest.approx(residuals._filtered(image, below)[middle:])
