"""Maps between channels: fitted, applied, undone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.thresholds import Model, Thresholds

RNG = np.random.default_rng(0)
X = RNG.uniform(0, 255, (400, 3))
IMAGE = np.repeat([0, 1], 200)


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


def test_luma_worked_by_hand() -> None:
    """BT.601 weighs red 0.299, green 0.587, blue 0.114; any other number of channels has its mean."""
    for channel, weight in enumerate((0.299, 0.587, 0.114)):
        pixel = np.zeros((1, 1, 3), np.uint8)
        pixel[..., channel] = 100
        assert colours.luma(pixel)[0, 0] == pytest.approx(100 * weight)
    assert colours.luma(np.array([[[10, 20]]]))[0, 0] == 15
    assert colours.LUMA.sum() == pytest.approx(1)


def test_a_plain_map_worked_by_hand() -> None:
    """Output channel 0 from input channel 2, times two, plus one; and back."""
    mapped = colours.plain((2, 1, 0), np.array([2.0, 1.0, 1.0]), np.array([1.0, 0.0, 0.0]), 3)
    assert mapped.apply(np.array([[10, 20, 30]])).tolist() == [[61, 20, 10]]
    assert mapped.invert().apply(np.array([[61, 20, 10]])) == pytest.approx(np.array([[10, 20, 30]]))
    assert (mapped.order, mapped.gain.tolist()) == ((2, 1, 0), [2, 1, 1])


def test_the_identity_changes_nothing() -> None:
    """Values come back as they are; any gain, offset or other order is a change."""
    same = colours.identity(3)
    assert (same.apply(X) == X.astype(np.float32)).all()
    assert same.changes_nothing
    assert same.after(same).changes_nothing
    assert not colours.plain((2, 1, 0), np.ones(3), np.zeros(3), 3).changes_nothing
    assert not colours.plain(range(3), np.ones(3), np.full(3, 0.1), 3).changes_nothing
    for order, width in (((0, 1), 3), ((0, 0, 0), 1)):  # a channel that goes, and grey that is repeated
        assert not colours.plain(order, np.ones(len(order)), np.zeros(len(order)), width).changes_nothing


def test_maps_are_chained_in_order() -> None:
    """Twice, then plus one is not plus one, then twice."""
    twice, more = (colours.plain((0,), np.array([g]), np.array([o]), 1) for g, o in ((2.0, 0.0), (1.0, 1.0)))
    assert more.after(twice).apply(np.array([[5.0]])).tolist() == [[11]]
    assert twice.after(more).apply(np.array([[5.0]])).tolist() == [[12]]


def test_grey_is_given_back_to_every_channel() -> None:
    """One channel made of three is undone as the same value in each."""
    grey = colours.ColourMap(kind="matrix", matrix=np.array([[0.299, 0.587, 0.114]]), offset=np.zeros(1))
    assert grey.invert().apply(np.array([[100.0]])) == pytest.approx(np.full((1, 3), 100.0))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_order_of_the_channels_is_found(order: tuple[int, ...]) -> None:
    """Each permutation, with its own gain and offset, is fitted exactly."""
    gain, offset = np.array([0.5, 1.0, 2.0]), np.array([3.0, 0.0, -1.0])
    fitted = colours.fit_plain(X, X[:, list(order)] * gain + offset)
    assert fitted.order == order
    assert fitted.gain == pytest.approx(gain)
    assert fitted.offset == pytest.approx(offset, abs=1e-6)


def test_grey_pictures_keep_the_plain_order() -> None:
    """Where red, green and blue are nearly one, a fit that is better by a hair does not exchange them."""
    grey = np.repeat(X[:, :1], 3, 1) + RNG.normal(0, 0.5, (400, 3))
    assert colours.fit_plain(grey, grey[:, ::-1] + RNG.normal(0, 30, (400, 3))).order == (0, 1, 2)


def test_the_simplest_map_that_explains_is_taken() -> None:
    """A gain is plain, a mixture of channels a matrix, a gain of each picture one plain map per image."""
    mixture = np.array([[0.5, 0.4, 0.1], [0.2, 0.7, 0.1], [0.1, 0.3, 0.6]])
    own = np.where(IMAGE[:, None] == 0, X, 0.25 * X + 60)
    assert colours.fit(X, X * 2, IMAGE).kind == "plain"
    assert colours.fit(X, X @ mixture.T, IMAGE).kind == "matrix"
    found = colours.fit(X, own, IMAGE, images=3)
    assert found.kind == "per_image"
    assert [found.for_image(i).gain[0] for i in (0, 1)] == [pytest.approx(1), pytest.approx(0.25)]
    assert (found.for_image(2).matrix == found.matrix).all()


def test_a_residual_within_the_slack_needs_no_richer_map() -> None:
    """A mixture that moves values by less than the slack stays plain; a table with none asks for the matrix."""
    y = X @ (np.eye(3) + 0.0005 * np.ones((3, 3))).T
    assert colours.fit(X, y, IMAGE).kind == "plain"
    with thresholds.using(replace(Thresholds(), model=Model(colour_slack_levels=0.0))):
        assert colours.fit(X, y, IMAGE).kind == "matrix"


def test_more_noise_leaves_more() -> None:
    """The louder the noise, the larger the residual and the smaller the explained share."""
    noise = RNG.normal(0, 1, X.shape)
    pairs = [(X, 2 * X + loud * noise) for loud in (0, 1, 5, 20)]
    residuals = [colours.unexplained(x, y) for x, y in pairs]
    shares = [colours.explained(x, y) for x, y in pairs]
    assert residuals == sorted(residuals)
    assert residuals[0] == pytest.approx(0, abs=1e-6)
    assert shares == sorted(shares, reverse=True)


def test_the_mean_residual_is_in_units_of_the_source() -> None:
    """Two levels beside a map that doubles are one level of the source."""
    twice = colours.plain((0,), np.array([2.0]), np.zeros(1), 1)
    assert colours.mean_residual(np.array([[5.0], [6.0]]), np.array([[12.0], [10.0]]), twice) == 1.0


def test_unlike_numbers_of_samples_are_an_error() -> None:
    """A fit needs a target for every sample."""
    with pytest.raises(ValueError, match="broadcast"):
        colours.fit_matrix(X, X[:7])


@pytest.mark.parametrize(("levels", "kind"), [(0.15, "plain"), (0.3, "matrix")])
def test_a_matrix_is_needed_from_a_fifth_of_a_level(levels: float, kind: str) -> None:
    """A mixture of channels that leaves 0.15 levels of a plain fit is taken for rounding, 0.3 levels are not."""
    mixed = np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]) * 1e-3
    trial = X @ (np.eye(3) + mixed)
    mixed *= levels / colours.mean_residual(X, trial, colours.fit_plain(X, trial))
    assert colours.fit(X, X @ (np.eye(3) + mixed), IMAGE).kind == kind


@pytest.mark.parametrize(("plain_cost", "order"), [(0.0101, (0, 1, 2)), (0.0103, (2, 1, 0))])
def test_another_order_has_to_leave_two_percent_less(plain_cost: float, order: tuple[int, ...]) -> None:
    """The plain order is kept while it leaves up to 1.02 times what the best one leaves."""
    missing = np.full((3, 3), 1.0)
    missing[[0, 1, 2], [0, 1, 2]] = plain_cost / 3
    missing[[0, 2], [2, 0]] = (0.01 - plain_cost / 3) / 2
    assert colours._assign(missing) == order
