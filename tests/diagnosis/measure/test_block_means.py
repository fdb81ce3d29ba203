"""Averages over square blocks of a picture."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.measure import block_means
from pixelparity.errors import InputError


def test_block_means_worked_by_hand() -> None:
    """Two blocks of 2 x 2 pixels; the fifth column fills none."""
    image = np.array([[1, 2, 3, 4, 99], [3, 4, 5, 6, 99]], np.uint8)[:, :, None]
    assert block_means.means(image, 2).tolist() == [[2.5], [4.5]]


def test_block_sums_of_ones_are_the_blocks_sizes() -> None:
    """Every block of ones adds up to its number of pixels, in every channel and in any order of memory."""
    image = np.ones((3, 16, 24), np.float32).transpose(1, 2, 0)
    assert block_means.sums(image, 8).tolist() == [[64.0] * 3] * 6


def test_a_picture_lower_than_a_block_has_none() -> None:
    """Three rows hold no block of four: nothing comes back, for every channel."""
    assert block_means.means(np.ones((3, 9, 3)), 4).shape == (0, 3)


def test_more_detail_moves_sums_less_than_a_brighter_block() -> None:
    """A checkerboard of +-50 leaves the means as they are; one level more everywhere moves each by one."""
    flat = np.full((8, 8, 1), 100.0)
    board = flat + 50 * (np.indices((8, 8)).sum(0) % 2 * 2 - 1)[..., None]
    assert (block_means.means(board, 4) == block_means.means(flat, 4)).all()
    assert (block_means.means(flat + 1, 4) - block_means.means(flat, 4) == 1).all()


def test_a_block_without_pixels_is_an_error() -> None:
    """A size of nought is named, with what to use."""
    with pytest.raises(InputError, match="use 1 or more"):
        block_means.sums(np.ones((4, 4, 1)), 0)
