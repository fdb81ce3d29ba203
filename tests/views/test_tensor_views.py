"""Tensors as pictures: one declared scale, saturation shown, differences in levels."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pixelparity.stages import Capture, Stage
from pixelparity.views import tensors
from pixelparity.views.tensors import Pair, Scale

UNIT = Scale(low=0.0, high=1.0, declared=True)


def test_pairs_keep_the_order_and_show_what_one_side_lacks(reference: Capture, deployed: Capture) -> None:
    """The normalising stage stands alone, the final tensors stand together."""
    found = tensors.pairs(reference, deployed)
    assert [pair.name for pair in found] == ["decode", "Resize ↔ fn.resize", "cast", "data_preprocessor", "final"]
    assert [pair.deployed is None for pair in found] == [False, False, False, True, False]
    assert [pair.final for pair in found] == [False] * 4 + [True]


def test_the_scale_is_the_reference_s_declared_range() -> None:
    """Never the values', unless nobody declares a range, and then it says so."""
    ours = Stage(name="a", dtype="float32", value_range=(0, 1))
    theirs = Stage(name="b", dtype="float32", value_range=(0, 255))
    silent = Stage(name="c", dtype="float32")
    values = np.array([[[2.0, 6.0, 4.0]]])
    assert tensors.scale_of(Pair(reference=ours, deployed=theirs), values) == UNIT
    assert tensors.scale_of(Pair(reference=silent, deployed=theirs), values).high == 255
    assert tensors.scale_of(Pair(reference=silent, deployed=None), values) == Scale(low=2.0, high=6.0, declared=False)


def test_pixels_of_0_to_255_on_a_scale_of_0_to_1_are_white() -> None:
    """Worked by hand: 0, one half and one are black, 128 and white; everything above is white, everything below black."""
    tensor = np.array([[[0.0, 0.5, 1.0], [7.0, 255.0, -3.0]]], dtype=np.float32)
    assert tensors.picture(tensor, UNIT).tolist() == [[[0, 128, 255], [255, 255, 0]]]


def test_channels_are_shown_in_their_declared_order() -> None:
    """A BGR tensor is turned for the eye; one channel is shown in grey; a grey tensor stays grey."""
    tensor = np.array([[[1.0, 0.5, 0.0]]])
    assert tensors.picture(tensor, UNIT, channels="BGR").tolist() == [[[0, 128, 255]]]
    assert tensors.picture(tensor, UNIT, channel=0).tolist() == [[[255, 255, 255]]]
    assert tensors.picture(tensor[:, :, 2:], UNIT).tolist() == [[[0, 0, 0]]]


def test_a_level_is_a_255th_of_the_declared_range() -> None:
    """By hand: 0.1 on a range of 1 is 25.5 levels; on a range of 255 a difference of 3 is 3 levels."""
    ours, theirs = np.zeros((1, 1, 2), np.float32), np.array([[[0.1, -0.2]]], np.float32)
    assert tensors.in_levels(ours, theirs, UNIT) == pytest.approx(np.array([[[25.5, -51.0]]]))
    assert tensors.strongest(tensors.in_levels(ours, theirs, UNIT)) == pytest.approx(np.array([[-51.0]]))
    pixels = Scale(low=0, high=255, declared=True)
    assert tensors.in_levels(ours, ours + 3, pixels) == pytest.approx(np.full((1, 1, 2), 3.0))


@pytest.mark.parametrize(("largest", "limit"), [(0.0, 1), (1.0, 1), (1.2, 2), (26, 50), (60, 100), (64770, 100000)])
def test_heat_scales_end_at_round_numbers(largest: float, limit: float) -> None:
    """1, 2 or 5 times a power of ten, never below one level."""
    assert tensors.round_limit(largest) == limit


@given(st.floats(min_value=0, max_value=1e7))
def test_heat_scales_hold_what_they_show(largest: float) -> None:
    """The limit is never below the largest value, and never ten times above it."""
    limit = tensors.round_limit(largest)
    assert largest <= limit * (1 + 1e-5)
    assert limit <= max(1.0, largest) * 10


def test_heat_colours_run_from_one_side_s_colour_to_the_other_s() -> None:
    """Equal is near white, lower is bluish, higher is orange; beyond the limit nothing changes."""
    shown = tensors.heat(np.array([[-9.0, -5.0, 0.0, 5.0, 9.0]], np.float32), 5.0)[0].astype(int)
    assert shown[0].tolist() == shown[1].tolist()
    assert shown[3].tolist() == shown[4].tolist()
    assert shown[2].min() > 240
    assert shown[1][2] > shown[1][0]
    assert shown[3][0] > shown[3][2]


def test_a_png_comes_back_pixel_by_pixel() -> None:
    """Light compression loses nothing."""
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(tensors.png(pixels)))), pixels)
    assert tensors.data_uri(b"abc") == "data:image/png;base64,YWJj"
