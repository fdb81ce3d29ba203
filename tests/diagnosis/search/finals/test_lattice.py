"""Constants read off the lattice of a tensor's values."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.model import constants
from pixelparity.diagnosis.search.finals import lattice

LEVELS = np.arange(256, dtype=np.float64)
SAMPLES = np.stack([LEVELS, LEVELS[::-1], np.roll(LEVELS, 100)], axis=1)
UNIT = constants.norm(np.zeros(3), np.ones(3))  # x / 255
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def _picture(values: np.ndarray) -> np.ndarray:
    """Return a picture of which every pixel that is sampled has one of these values."""
    return np.repeat(np.repeat(values.reshape(16, 16, 3), 3, axis=0), 3, axis=1)


def test_constants_that_made_the_values_cost_nothing() -> None:
    """All 256 levels divided by 255, declared from 0 to 1: on the lattice, in the range, and as declared."""
    assert lattice._unlikely(SAMPLES / 255, UNIT, (0.0, 1.0)) == pytest.approx(0, abs=1e-9)
    assert lattice._unlikely(SAMPLES / 255, UNIT, None) == pytest.approx(0, abs=1e-9)


def test_each_thing_that_does_not_suit_costs() -> None:
    """A declared range of another end, values between the levels, and few levels of the range each cost something."""
    costs = {
        "end": lattice._unlikely(SAMPLES / 255, UNIT, (0.0, 1.5)),
        "begin": lattice._unlikely(SAMPLES / 255, UNIT, (-0.5, 1.0)),
        "between": lattice._unlikely((SAMPLES[:-1] + 0.25) / 255, UNIT, (0.0, 1.0)),
        "narrow": lattice._unlikely(SAMPLES[:, :1].repeat(3, 1)[:40] / 255, UNIT, (0.0, 1.0)),
    }
    assert all(cost is not None and cost > 0.01 for cost in costs.values()), costs


def test_constants_that_cannot_be_are_left_out() -> None:
    """Values far below black or above white, and values of one level, are no pixels of these constants."""
    assert lattice._unlikely(SAMPLES / 127.5 - 1, UNIT, None) is None
    assert lattice._unlikely(SAMPLES / 100, UNIT, None) is None
    assert lattice._unlikely(np.full((9, 3), 0.5), UNIT, None) is None


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_usual_constants_are_found_in_either_order(order: slice) -> None:
    """ImageNet's mean and std on red first or blue first: the map back gives the levels."""
    values = (SAMPLES / 255 - MEAN[order]) / STD[order]
    base = lattice.base_of((_picture(values),), None)
    assert base.invert().apply(values) == pytest.approx(SAMPLES, abs=1e-3)


def test_values_of_no_usual_constants_go_by_the_range() -> None:
    """Declared from 900 to 1,200, or else by the values' own extremes: these are black and white."""
    values, ends = 1000 + 50 * SAMPLES / 255, np.array([[0.0] * 3, [255.0] * 3])
    declared, own = (lattice.base_of((_picture(values),), bounds) for bounds in ((900.0, 1200.0), None))
    assert declared.apply(ends) == pytest.approx(np.array([[900.0] * 3, [1200.0] * 3]))
    assert own.apply(ends) == pytest.approx(np.array([[1000.0] * 3, [1050.0] * 3]))
