"""Averages over blocks, and work side by side."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.measure import block_means, threads


def test_block_means_worked_by_hand() -> None:
    """Two blocks of 2 x 2 pixels; the fifth column fills none."""
    image = np.array([[1, 2, 3, 4, 99], [3, 4, 5, 6, 99]], np.uint8)[:, :, None]
    assert block_means.means(image, 2).tolist() == [[2.5], [4.5]]


def test_block_sums_of_ones_are_the_blocks_sizes() -> None:
    """Every block of ones adds up to its number of pixels, in every channel and in any order of memory."""
    image = np.ones((3, 16, 24), np.float32).transpose(1, 2, 0)
    assert block_means.sums(image, 8).tolist() == [[64.0] * 3] * 6


def test_results_keep_their_order_and_errors_come_out() -> None:
    """Work done side by side is given back in order; what one of it raises is raised."""
    assert threads.each(lambda n: n * n, range(9)) == [n * n for n in range(9)]
    with pytest.raises(ZeroDivisionError):
        threads.each(lambda n: 1 / n, [1, 0])


def test_work_beside_gives_its_result_and_its_error_first() -> None:
    """The result is there when it is asked for; of two errors the work's is raised, as if it had been done before."""
    with threads.beside(lambda: 7) as result:
        assert result() == 7
    with pytest.raises(ZeroDivisionError), threads.beside(lambda: 1 / 0):
        raise KeyError("the block's")
    with pytest.raises(KeyError), threads.beside(lambda: 7):
        raise KeyError("the block's")


def test_a_picture_lower_than_a_block_has_none() -> None:
    """Three rows hold no block of four: nothing comes back, for every channel."""
    assert block_means.means(np.ones((3, 9, 3)), 4).shape == (0, 3)
