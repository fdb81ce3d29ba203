"""Histograms with shared bins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelparity.diagnosis.measure import histogram
from pixelparity.errors import InputError


def test_counts_worked_by_hand() -> None:
    """Four values in two bins: the upper edge belongs to the last bin, the inner one to the right."""
    edges = histogram.edges(0.0, 2.0, 2)
    assert edges.tolist() == [0.0, 1.0, 2.0]
    assert histogram.count(np.array([0.0, 0.5, 1.0, 2.0]), edges).tolist() == [2, 2]


def test_values_outside_are_not_counted() -> None:
    """A value below the first edge or above the last one is left out."""
    assert histogram.count(np.array([-1.0, 0.5, 9.0]), histogram.edges(0.0, 1.0, 4)).sum() == 1


def test_counting_in_pairs_of_bins_gives_numpys_counts() -> None:
    """Values of which none is at an edge fall into the bins that NumPy puts them into, an odd number of them too."""
    values = np.random.default_rng(0).random(1001).astype(np.float32)
    edges = histogram.edges(float(values.min()), float(values.max()), 64)
    assert histogram.count_within(values, edges).tolist() == np.histogram(values, edges)[0].tolist()
    assert histogram.count_within(values[:1], histogram.edges(0.0, 1.0, 2)).sum() == 1


def test_a_single_value_gets_a_bin_of_width_one() -> None:
    """Edges of a constant have it in their middle."""
    edges = histogram.edges(7.0, 7.0, 2)
    assert (edges[0], edges[-1]) == (6.5, 7.5)
    assert histogram.count(np.full(5, 7.0), edges).sum() == 5


def test_no_bins_is_an_error() -> None:
    """A histogram needs a bin."""
    with pytest.raises(InputError, match="use 1 or more"):
        histogram.edges(0.0, 1.0, 0)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=200), st.integers(1, 40))
def test_every_value_between_the_edges_is_counted_once(values: list[float], bins: int) -> None:
    """Counts add up to the number of values."""
    array = np.array(values)
    edges = histogram.edges(float(array.min()), float(array.max()), bins)
    assert histogram.count(array, edges).sum() == len(values)


@pytest.mark.parametrize(("low", "high", "bins"), [(0.0, 10.0, 5), (-3.0, 1.0, 8), (100.0, 100.5, 2), (0.0, 255.0, 10)])
def test_bins_of_any_width_give_numpys_counts(low: float, high: float, bins: int) -> None:
    """Wider or narrower than one, below nought and far from it: a value's bin is where NumPy finds it."""
    values = low + (high - low) * (np.arange(50) + 0.5) / 50
    edges = histogram.edges(low, high, bins)
    assert histogram.count(values, edges).tolist() == np.histogram(values, edges)[0].tolist()
