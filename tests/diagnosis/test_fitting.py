"""Fast fits and places agree with the plain formulas that they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.finals import residuals
from pixelparity.diagnosis.fit.locate import alike, by_rule
from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.resampling import Axis, Resampling, matrix, resample, rows
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.diagnosis.staged import explain


@pytest.mark.parametrize("shape", ["nearest", "linear", "cubic75", "area", "lanczos3"])
@pytest.mark.parametrize("antialias", [False, True])
def test_some_rows_of_weights_are_those_rows_of_all(shape: str, antialias: bool) -> None:
    """Weights of single output pixels, spread over all input pixels, are the rows of the whole matrix."""
    how, index = Resampling(shape=shape, antialias=antialias), np.array([0, 7, 31])
    some, seen = rows(Axis(size_in=75, size_out=32, how=how), index)
    spread = np.zeros((3, 75), np.float32)
    spread[:, seen] = some
    assert (spread == matrix(75, 32, how)[index]).all()


def test_resampling_by_bands_is_the_product_of_the_matrices() -> None:
    """A picture large enough to be resampled in bands becomes what both whole matrices make of it."""
    image = np.random.default_rng(0).random((200, 240, 2)).astype(np.float32)
    down, across = matrix(200, 90, Resampling(antialias=True)), matrix(240, 101, Resampling(shape="cubic"))
    wanted = np.einsum("ij,jkc,lk->ilc", down, image, across)
    assert resample(image, down, across) == pytest.approx(wanted, abs=1e-5)


def test_the_explained_share_worked_by_hand() -> None:
    """Of y = x + e, with e of half the variance of x and no correlation, two thirds are explained; of a constant, nothing."""
    x, e = np.array([2.0, 2.0, -2.0, -2.0]), np.array([1.0, -1.0, 1.0, -1.0]) * np.sqrt(2)
    assert colours.explained(x[:, None], (x + e)[:, None]) == pytest.approx(2 / 3)
    assert np.isnan(colours.explained(x[:, None], np.ones((4, 1))))


def test_a_fitted_matrix_is_the_least_squares_one() -> None:
    """With and without weights the fit is NumPy's; a grey picture, whose channels are one, gets a fit too."""
    rng = np.random.default_rng(0)
    x, y, w = rng.random((50, 3)), rng.random((50, 2)), rng.random(50)
    for weights in (None, w):
        root = np.sqrt(np.ones(50) if weights is None else weights)[:, None]
        wanted = np.linalg.lstsq(np.c_[x, np.ones(50)] * root, y * root, rcond=None)[0]
        fitted = colours.fit_matrix(x, y, weights)
        assert np.c_[fitted.matrix, fitted.offset] == pytest.approx(wanted.T)
    grey = colours.fit_matrix(np.repeat(x[:, :1], 3, 1), 2 * x[:, :1])
    assert grey.matrix.sum() == pytest.approx(2)


def test_what_is_left_of_a_fit_worked_by_hand() -> None:
    """Of y = 3 x + e, with e of size 3 and no correlation, 3 is left where y is as wide as x, wherever y lies."""
    x, e = np.array([2.0, 2.0, -2.0, -2.0]), np.array([3.0, -3.0, 3.0, -3.0])
    y = 3 * x + e
    assert colours.unexplained(x[:, None], (y + 50)[:, None]) == pytest.approx(3 * x.std() / y.std())


@pytest.mark.parametrize(("rule", "size"), [("same", (100, 150)), ("short", (200, 100)), ("long", (150, 75))])
def test_rules_worked_by_hand(rule: str, size: tuple[int, int]) -> None:
    """A 200 x 300 picture shrunk to 100 x 150, and a 600 x 300 one by the same size, shorter or longer edge."""
    hint = placement.whole((200, 300), (100, 150))
    assert by_rule(rule, (600, 300, 3), size, hint).size == size


def test_an_odd_gap_is_halved_either_way() -> None:
    """A picture of 5 columns in the middle of 8 has one or two of the three free columns on its left, as libraries round."""
    picture, canvas = np.zeros((4, 5, 3)), np.zeros((4, 8, 3))
    centred = placement.whole((4, 6), (4, 6), (4, 8), 1, (0, -1))
    assert [frame.origin for frame in alike(picture, canvas, [centred])] == [(0, -2), (0, -1)]


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
    made: explain.Made = {}
    whole = explain._run([resized, SideModel(placements=(still,), colour=colours.identity(3))], picture, 0, made)
    half = explain._run([resized, SideModel(placements=(still,), colour=halved)], picture, 0, made)
    assert len(made) == 1
    assert half == pytest.approx(whole / 2)
    assert whole == pytest.approx(explain._run([resized], picture, 0))
