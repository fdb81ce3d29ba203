"""Fast filters and shared runs agree with the plain ones that they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.diagnosis.search.finals import residuals
from pixelparity.diagnosis.search.staged import simulation


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


def test_a_run_that_begins_alike_is_not_made_twice() -> None:
    """Two chains that resample alike share the result; what comes after is made anew, and the picture is not written to."""
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    resized = SideModel(placements=(placement.whole((40, 60), (20, 30)),), colour=colours.identity(3))
    still = placement.whole((20, 30), (20, 30))
    halved = colours.plain(range(3), np.full(3, 0.5), np.zeros(3), 3)
    made: simulation.Made = {}
    whole = simulation._run([resized, SideModel(placements=(still,), colour=colours.identity(3))], picture, 0, made)
    half = simulation._run([resized, SideModel(placements=(still,), colour=halved)], picture, 0, made)
    assert len(made) == 1
    assert half == pytest.approx(whole / 2)
    assert whole == pytest.approx(simulation._run([resized], picture, 0))
