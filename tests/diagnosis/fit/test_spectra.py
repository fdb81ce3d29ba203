"""Kernels told apart by the spectra that they leave."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.fit import spectra
from pixelparity.diagnosis.model.resampling import Resampling, matrix, resample
from pixelparity.errors import InputError

SMOOTH = Resampling(shape="linear", antialias=True)
PLAIN = Resampling(shape="linear")


def _noise(seed: int, shape: tuple[int, int]) -> np.ndarray:
    """Return noise whose power falls off with the square of the frequency, as that of pictures does."""
    white = np.random.default_rng(seed).normal(size=shape)
    down, across = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None]
    shaped = np.fft.irfft2(np.fft.rfft2(white) / np.hypot(np.hypot(down, across), 0.01), shape)
    return 40 * shaped / shaped.std()


def _shrunk(image: np.ndarray, how: Resampling) -> np.ndarray:
    rows, columns = (matrix(n, n * 2 // 5, how) for n in image.shape)
    return resample(image[..., None], rows, columns)[..., 0]


def _seen(reference: Resampling, deployed: Resampling) -> list[spectra.Spectrum]:
    found = []
    for seed in range(2):
        image = _noise(seed, (400, 500))
        a, b = _shrunk(image, reference), _shrunk(image, deployed)
        found += [s for axis in (0, 1) if (s := spectra.cross_spectrum(a, b, axis, 1 / 12)) is not None]
    return found


def test_equal_pictures_have_gain_and_coherence_one() -> None:
    """A picture against itself, and against twice itself: the gain is the factor."""
    image = _noise(0, (64, 96))
    same, twice = (spectra.cross_spectrum(image, image * k, 1, 1 / 12) for k in (1, 2))
    assert same is not None
    assert twice is not None
    assert same.gain == pytest.approx(np.ones(len(spectra.BINS)))
    assert same.coherence == pytest.approx(np.ones(len(spectra.BINS)))
    assert twice.gain == pytest.approx(np.full(len(spectra.BINS), 2.0))


def test_unlike_pictures_do_not_cohere() -> None:
    """Two noises share nothing: their coherence is about nought at most frequencies."""
    found = spectra.cross_spectrum(_noise(0, (256, 480)), _noise(1, (256, 480)), 1, 1 / 12)
    assert found is not None
    assert np.median(np.abs(found.coherence)) < 0.2


def test_noise_as_loud_as_the_picture_earns_no_trust() -> None:
    """The louder the noise is said to be, the less a bin is trusted."""
    image = _noise(0, (64, 96))
    trust = []
    for noise in (1e-6, 10.0, 1e9):
        found = spectra.cross_spectrum(image, image, 1, noise)
        assert found is not None
        trust.append(float(found.trust.sum()))
    assert trust == sorted(trust, reverse=True)
    assert trust[-1] == 0


def test_small_pictures_have_no_spectrum() -> None:
    """Less than a block along the axis, or two strips across, is too little."""
    assert spectra.cross_spectrum(np.ones((64, 47)), np.ones((64, 47)), 1, 1.0) is None
    assert spectra.cross_spectrum(np.ones((15, 96)), np.ones((15, 96)), 1, 1.0) is None
    assert spectra.cross_spectrum(np.ones((96, 15)), np.ones((96, 15)), 0, 1.0) is None


def test_responses_worked_by_hand() -> None:
    """The triangle lets sinc squared through: 4/pi^2 at half a cycle; Keys' cubic nothing at one cycle."""
    frequencies, linear = spectra._response("linear")
    at = int(np.flatnonzero(np.isclose(frequencies, 0.5))[0])
    assert linear[at] == pytest.approx(4 / np.pi**2)
    assert spectra._response("nearest")[1][at] == pytest.approx(2 / np.pi)
    whole = int(np.flatnonzero(np.isclose(frequencies, 1.0))[0])
    assert spectra._response("cubic")[1][whole] == pytest.approx(0, abs=1e-4)


def test_equal_kernels_leave_nothing_in_theory() -> None:
    """On the diagonal the log gain is nought and the coherence one, whatever the factor."""
    gains, coherences = spectra._theory()
    diagonal = np.arange(len(spectra.CANDIDATES))
    assert np.abs(gains[diagonal, diagonal]).max() == pytest.approx(0)
    assert coherences[diagonal, diagonal] == pytest.approx(np.ones_like(coherences[diagonal, diagonal]))


@pytest.mark.parametrize(("reference", "deployed"), [(SMOOTH, PLAIN), (PLAIN, SMOOTH)])
def test_the_side_that_smooths_is_found(reference: Resampling, deployed: Resampling) -> None:
    """The best pair has antialias where it was; the true pair fits to under a deviation, and far better than the other way."""
    ranked = spectra.rank_kernels(_seen(reference, deployed))
    assert (ranked[0][1].antialias, ranked[0][2].antialias) == (reference.antialias, deployed.antialias)
    cost = next(cost for cost, a, b in ranked if (a, b) == (reference, deployed))
    assert cost < 0.5
    assert next(cost for cost, a, b in ranked if (a, b) == (deployed, reference)) > 2 * cost


def test_nearest_is_told_from_linear() -> None:
    """Of 81 pairs the true one fits best."""
    assert spectra.rank_kernels(_seen(PLAIN, Resampling(shape="nearest")))[0][1:] == (
        PLAIN,
        Resampling(shape="nearest"),
    )


def test_ranks_are_in_order_and_nothing_costs_nothing() -> None:
    """Costs rise from the first to the last; without spectra all of them are nought."""
    costs = [cost for cost, _, _ in spectra.rank_kernels(_seen(SMOOTH, PLAIN))]
    assert costs == sorted(costs)
    assert not spectra.costs([]).any()


def test_unlike_shapes_are_an_error() -> None:
    """Both pictures have one shape."""
    with pytest.raises(InputError, match="64 x 96 and 64 x 200"):
        spectra.cross_spectrum(_noise(0, (64, 96)), _noise(1, (64, 200)), 1, 1.0)
