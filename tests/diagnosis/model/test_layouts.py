"""Layout mistakes, made and undone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pixelparity.diagnosis.model import layouts
from pixelparity.errors import InputError

IMAGE = np.arange(24).reshape(2, 4, 3)


def test_hwc_read_as_chw_worked_by_hand() -> None:
    """The first channel holds the first eight of the 24 values as they lie in memory."""
    assert layouts.make("hwc_read_as_chw", IMAGE)[..., 0].tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_chw_read_as_hwc_worked_by_hand() -> None:
    """The first pixel holds the first three values of the first plane."""
    assert layouts.make("chw_read_as_hwc", IMAGE)[0, 0].tolist() == [0, 3, 6]


@pytest.mark.parametrize("name", layouts.NAMES)
def test_what_is_made_is_undone(name: str) -> None:
    """Undoing a mistake gives the picture back; the mistake keeps every value and moves some."""
    made = layouts.make(name, IMAGE)
    assert sorted(made.ravel()) == sorted(IMAGE.ravel())
    assert made.shape != IMAGE.shape or (made != IMAGE).any()
    assert (layouts.undo(name, made) == IMAGE).all()


@pytest.mark.parametrize("work", [layouts.make, layouts.undo])
def test_an_unknown_mistake_is_an_error(work: Callable[[str, np.ndarray], np.ndarray]) -> None:
    """A name that is no mistake is refused, with those that are."""
    with pytest.raises(InputError, match="transposed"):
        work("upside_down", IMAGE)
