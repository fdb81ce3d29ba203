"""What one reading of pairs of tensors says."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.measure import histogram, joint_histogram, moments


def _bytes(seed: int, shape: tuple[int, int, int] = (37, 53, 3)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def test_a_table_of_bytes_worked_by_hand() -> None:
    """The values 1, 4 against 2, 8: differences 1 and 4, one of them above 3, sums 5 and 10."""
    pair = np.array([[[1], [4]]], np.uint8), np.array([[[2], [8]]], np.uint8)
    table = joint_histogram.tally_bytes([pair], 1)
    sums = table.differences(3.0)
    assert (sums.images, sums.count, sums.total, sums.over, sums.peak) == (1, 2, 5.0, 1, 4.0)
    assert sums.moments.tolist() == [5, 10, 17, 68, 34]
    assert (table.range(0), table.range(1)) == ((1.0, 4.0), (2.0, 8.0))


def test_both_ways_of_counting_give_numpys_figures() -> None:
    """A table of bytes and a reading in single precision both agree with NumPy's plain moments, differences and counts."""
    pairs = [(_bytes(n), _bytes(n + 9)) for n in range(3)]
    edges = histogram.edges(0.0, 255.0, 10)
    ours, theirs = (np.concatenate([pair[k].reshape(-1, 3) for pair in pairs]).astype(np.float64) for k in (0, 1))
    floats = [(a.astype(np.float32), b.astype(np.float32)) for a, b in pairs]
    read = moments.tally(floats, moments.centres(floats[0], 3), edges, 20.5)
    for found in (joint_histogram.tally_bytes(pairs, 3).read(edges, 20.5), read):
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


def test_parts_add_up_to_the_whole() -> None:
    """Tallies of single pictures, added, are the tally of all of them."""
    pairs = [(_bytes(n), _bytes(n + 5)) for n in range(2)]
    whole = joint_histogram.tally_bytes(pairs, 3)
    first, second = (joint_histogram.tally_bytes([pair], 3) for pair in pairs)
    first.add(second)
    assert (first.joint == whole.joint).all()
    assert first.images == whole.images == 2


def test_pictures_of_other_shapes_have_values_and_no_differences() -> None:
    """A pair of other sizes counts for the histograms of both sides and not for the difference."""
    pair = _bytes(0, (4, 5, 3)), _bytes(1, (6, 5, 3))
    edges = histogram.edges(0.0, 255.0, 4)
    floats = [(pair[0].astype(np.float32), pair[1].astype(np.float32))]
    read = moments.tally(floats, moments.centres(floats[0], 3), edges, 1.0)
    for found in (joint_histogram.tally_bytes([pair], 3).read(edges, 1.0), read):
        assert (found.differences.images, found.differences.count) == (0, 0)
        assert [side.counts[0].sum() for side in found.sides] == [20, 30]


def test_a_cast_holds_the_same_values() -> None:
    """Bytes as floats are the same values; one of them changed is not."""
    pairs = [(_bytes(0), _bytes(1))]
    cast = [(pairs[0][0].astype(np.float32), pairs[0][1].astype(np.float32))]
    assert joint_histogram.same_values(pairs, cast)
    cast[0][1][0, 0, 0] += 1
    assert not joint_histogram.same_values(pairs, cast)
