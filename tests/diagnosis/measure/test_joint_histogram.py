"""Bytes of both sides counted in one table."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.measure import histogram, joint_histogram, moments


def _bytes(seed: int, shape: tuple[int, int, int] = (37, 53, 3)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def test_a_table_of_bytes_worked_by_hand() -> None:
    """The values 1, 4 against 2, 8: differences 1 and 4, one of them above 3, sums 5 and 10."""
    pair = np.array([[[1], [4]]], np.uint8), np.array([[[2], [8]]], np.uint8)
    table = joint_histogram.count_pairs([pair], 1)
    sums = table.differences(3.0)
    assert (sums.images, sums.count, sums.total, sums.over, sums.peak) == (1, 2, 5.0, 1, 4.0)
    assert sums.moments.tolist() == [5, 10, 17, 68, 34]
    assert (table.range(0), table.range(1)) == ((1.0, 4.0), (2.0, 8.0))


def test_parts_add_up_to_the_whole() -> None:
    """Tallies of single pictures, added, are the tally of all of them."""
    pairs = [(_bytes(n), _bytes(n + 5)) for n in range(2)]
    whole = joint_histogram.count_pairs(pairs, 3)
    first, second = (joint_histogram.count_pairs([pair], 3) for pair in pairs)
    first.add(second)
    assert (first.joint == whole.joint).all()
    assert first.images == whole.images == 2


def test_pictures_of_other_shapes_have_values_and_no_differences() -> None:
    """A pair of other sizes counts for the histograms of both sides and not for the difference."""
    pair = _bytes(0, (4, 5, 3)), _bytes(1, (6, 5, 3))
    edges = histogram.edges(0.0, 255.0, 4)
    floats = [(pair[0].astype(np.float32), pair[1].astype(np.float32))]
    read = moments.tally(floats, moments.centres(floats[0], 3), edges, 1.0)
    for found in (joint_histogram.count_pairs([pair], 3).read(edges, 1.0), read):
        assert (found.differences.images, found.differences.count) == (0, 0)
        assert [side.counts[0].sum() for side in found.sides] == [20, 30]


def test_a_cast_holds_the_same_values() -> None:
    """Bytes as floats are the same values; one of them changed is not."""
    pairs = [(_bytes(0), _bytes(1))]
    cast = [(pairs[0][0].astype(np.float32), pairs[0][1].astype(np.float32))]
    assert joint_histogram.same_values(pairs, cast)
    cast[0][1][0, 0, 0] += 1
    assert not joint_histogram.same_values(pairs, cast)


def test_fewer_pictures_are_not_the_same_values() -> None:
    """Values are compared picture by picture: a list with one left out is an error, never equal as far as it goes."""
    pairs = [(_bytes(n), _bytes(n + 9)) for n in range(2)]
    with pytest.raises(ValueError, match="shorter"):
        joint_histogram.same_values(pairs, pairs[:1])


def test_an_equal_pair_differs_by_nothing() -> None:
    """Of a picture against itself the difference is nought, the correlation one."""
    table = joint_histogram.count_pairs([(_bytes(0), _bytes(0))], 3)
    sums = table.differences(0.0)
    assert (sums.total, sums.over, sums.peak) == (0.0, 0, 0.0)
    assert sums.correlation == pytest.approx(1.0)


def test_a_tighter_tolerance_counts_more() -> None:
    """The lower the tolerance, the more values are above it."""
    table = joint_histogram.count_pairs([(_bytes(0), _bytes(1))], 3)
    over = [table.differences(tolerance).over for tolerance in (200.0, 100.0, 20.0, 0.0)]
    assert over == sorted(over)
    assert over[0] < over[-1]


def test_more_channels_than_the_table_has_are_an_error() -> None:
    """Three channels do not fit a table of one."""
    with pytest.raises(IndexError):
        joint_histogram.count_pairs([(_bytes(0), _bytes(1))], 1)
