"""Means, products about them, and a safe inverse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.model import least_squares
from pixelparity.diagnosis.thresholds import Model, Thresholds

X = np.random.default_rng(0).uniform(0, 255, (400, 3))


def test_means_worked_by_hand() -> None:
    """1, 3 have the mean 2 and lie one off it; weighed three to one the mean is 1.5."""
    x, y = np.array([[1.0], [3.0]]), np.array([[0.0], [8.0]])
    mean, off = least_squares.centred(x, y)
    assert mean.tolist() == [2, 4]
    assert off.tolist() == [[-1, 1], [-4, 4]]
    assert least_squares.centred(x, y, np.array([3.0, 1.0]))[0].tolist() == [1.5, 2]


def test_the_inverse_by_cofactors_is_numpys() -> None:
    """A regular 3 x 3 matrix by cofactors, a singular one by the pseudo-inverse."""
    off = X - X.mean(0)
    normal = off.T @ off
    assert least_squares._by_cofactors(normal) == pytest.approx(np.linalg.inv(normal))
    grey = np.ones((3, 3))
    assert least_squares._by_cofactors(grey) is None
    assert least_squares.pseudo_inverse(grey) == pytest.approx(np.linalg.pinv(grey))


def test_an_inverse_undoes_its_matrix() -> None:
    """A matrix times its inverse is the identity, for any number of channels."""
    for width in (1, 2, 3):
        off = X[:, :width] - X[:, :width].mean(0)
        normal = off.T @ off
        assert normal @ least_squares.pseudo_inverse(normal) == pytest.approx(np.eye(width), abs=1e-9)


def test_the_nearer_to_grey_the_sooner_it_counts_as_singular() -> None:
    """Channels a thousandth apart are told, a millionth apart are one; a table may ask for more."""
    for apart, told in ((1e-1, True), (1e-6, False)):
        off = X[:, :1] + apart * X
        off = off - off.mean(0)
        assert (least_squares._by_cofactors(off.T @ off) is not None) is told
    off = X - X.mean(0)
    with thresholds.using(replace(Thresholds(), model=Model(cofactor_min_determinant_share=1.0))):
        assert least_squares._by_cofactors(off.T @ off) is None


def test_a_matrix_that_is_not_square_is_an_error() -> None:
    """Only products of channels with themselves have an inverse."""
    with pytest.raises(np.linalg.LinAlgError):
        least_squares.pseudo_inverse(np.ones((2, 3)))
