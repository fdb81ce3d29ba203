"""Differences, moments and counts, added up picture by picture."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.measure import histogram, joint_histogram, moments


def _bytes(seed: int, shape: tuple[int, int, int] = (37, 53, 3)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def _read(reference: np.ndarray, deployed: np.ndarray, tolerance: float = 0.0) -> moments.Tally:
    pair = reference.astype(np.float32), deployed.astype(np.float32)
    edges = histogram.edges(*moments.extremes(pair), 4)
    return moments.tally([pair], moments.centres(pair, pair[0].shape[2]), edges, tolerance)


def test_moments_worked_by_hand() -> None:
    """1, 4 against 2, 8: differences 1 and 4; mean 2.5, one of two above 3; means 2.5 and 5, deviations 1.5 and 3."""
    found = _read(np.array([[[1.0], [4.0]]]), np.array([[[2.0], [8.0]]]), 3.0)
    sums = found.differences
    assert (sums.mean, sums.share, sums.peak, sums.correlation) == (2.5, 0.5, 4.0, pytest.approx(1.0))
    assert [side.mean.tolist() for side in found.sides] == [[2.5], [5.0]]
    assert [side.std[0] for side in found.sides] == [pytest.approx(1.5), pytest.approx(3.0)]


def test_a_shift_leaves_the_correlation_and_a_constant_has_none() -> None:
    """Brighter pixels correlate as before; a tensor of one value correlates with nothing."""
    image = _bytes(0)
    assert _read(image, image.astype(float) + 9).differences.correlation == pytest.approx(1.0)
    assert _read(image, np.full(image.shape, 7)).differences.correlation is None


def test_channels_of_unlike_tensors() -> None:
    """Of three and four channels three are shared, and four is the most."""
    assert moments.channels_of([(np.zeros((2, 2, 3)), np.zeros((2, 2, 4)))]) == (3, 4)


def test_both_ways_of_counting_give_numpys_figures() -> None:
    """A table of bytes and a reading in single precision both agree with NumPy's plain moments, differences and counts."""
    pairs = [(_bytes(n), _bytes(n + 9)) for n in range(3)]
    edges = histogram.edges(0.0, 255.0, 10)
    ours, theirs = (np.concatenate([pair[k].reshape(-1, 3) for pair in pairs]).astype(np.float64) for k in (0, 1))
    floats = [(a.astype(np.float32), b.astype(np.float32)) for a, b in pairs]
    read = moments.tally(floats, moments.centres(floats[0], 3), edges, 20.5)
    for found in (joint_histogram.count_pairs(pairs, 3).read(edges, 20.5), read):
        assert found.differences.mean == pytest.approx(np.abs(theirs - ours).mean())
        assert found.differences.share == np.mean(np.abs(theirs - ours) > 20.5)
        assert found.differences.peak == np.abs(theirs - ours).max()
        assert found.differences.correlation == pytest.approx(np.corrcoef(ours.ravel(), theirs.ravel())[0, 1], abs=1e-6)
        for side, values in zip(found.sides, (ours, theirs), strict=True):
            assert side.mean == pytest.approx(values.mean(0))
            assert side.std == pytest.approx(values.std(0))
            for c in range(3):
                assert side.counts[c].tolist() == np.histogram(values[:, c], edges)[0].tolist()


def test_moments_far_from_zero_keep_their_digits() -> None:
    """A spread of 1 about 10000 is measured to five digits in single precision, and so is the correlation."""
    noise = np.random.default_rng(0).normal(size=(2, 300, 200, 1))
    a, b = ((n + 10000).astype(np.float32) for n in (noise[0], noise[0] + noise[1]))
    edges = histogram.edges(9900.0, 10100.0, 4)
    found = moments.tally([(a, b)], moments.centres((a, b), 1), edges, 0.1)
    assert found.sides[0].std[0] == pytest.approx(a.astype(np.float64).std(), rel=1e-5)
    wanted = np.corrcoef(a.ravel().astype(np.float64), b.ravel().astype(np.float64))[0, 1]
    assert found.differences.correlation == pytest.approx(wanted, abs=1e-5)


def test_a_correlation_far_from_zero_keeps_its_digits_in_every_channel() -> None:
    """Channels that spread by a tenth about 100000, 100001 and 100002 correlate as NumPy says, to ten digits."""
    rng = np.random.default_rng(3)
    a, b = (100000 + rng.integers(0, 9, (20, 30, 3)) / 64 + np.arange(3.0) for _ in range(2))
    wanted = np.corrcoef(a.ravel(), b.ravel())[0, 1]
    assert _read(a, b).differences.correlation == pytest.approx(wanted, abs=1e-10)


def test_extremes_of_nothing_are_an_error() -> None:
    """No tensor has no lowest value."""
    with pytest.raises(ValueError, match="empty"):
        moments.extremes([])
