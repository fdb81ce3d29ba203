"""Studio range and YUV matrices, between maps and between decoded pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pixelparity.diagnosis.families import colour_range
from pixelparity.diagnosis.model import colours, yuv
from pixelparity.diagnosis.model.constants import Norm
from pixelparity.diagnosis.model.side_model import SideModel

PIXELS = np.random.default_rng(0).uniform(30, 220, (2000, 3))
#: Nothing comes before the chains.
SAME = colours.identity(3)


@pytest.mark.parametrize(
    ("name", "slope", "offset"), [("full_as_studio", 255 / 219, -16 * 255 / 219), ("studio_as_full", 219 / 255, 16.0)]
)
def test_a_range_is_told_from_maps_and_from_pixels(name: str, slope: float, offset: float) -> None:
    """By hand: studio range has 219 steps from 16 on."""
    draft = colour_range.studio(Norm(gain=(1.0,), offset=(0.0,)), Norm(gain=(slope,), offset=(offset,)))
    assert draft is not None
    assert draft.finding.parameters["range"] == name
    found = colour_range.stretched(PIXELS, slope * PIXELS + offset)
    assert found is not None
    assert found.parameters["range"] == name
    assert found.fix == colour_range.LINE


def test_equal_pixels_have_no_range() -> None:
    """No stretch between equal values, and none told from a handful of pixels."""
    assert colour_range.stretched(PIXELS, PIXELS) is None
    assert colour_range.stretched(PIXELS[:50], 1.1 * PIXELS[:50]) is None
    assert colour_range.studio(Norm(gain=(1.0,), offset=(0.0,)), Norm(gain=(1.0,), offset=(16.0,))) is None


def test_a_yuv_matrix_is_named_by_both_standards() -> None:
    """What was written by one standard and read by another is a full matrix that leaves grey alone."""
    mixed = next(m for m in yuv.mix_ups() if m.range == "same")
    made = np.clip(PIXELS @ mixed.map.matrix.T + mixed.map.offset, 0, 255)
    found = colour_range.recoloured(PIXELS, made)
    assert found is not None
    assert found.parameters["matrix"] == mixed.matrix
    plain = SideModel(placements=(), colour=colours.identity(3))
    odd = replace(plain, colour=colours.fit_matrix(PIXELS, PIXELS @ mixed.map.matrix.T))
    assert colour_range.other_matrix(plain, odd).parameters["matrix"] == mixed.matrix
    (named,) = colour_range.mixed_up(plain, replace(plain, yuv_error=mixed), SAME)
    assert named.mend(replace(plain, yuv_error=mixed)).yuv_error is None
    assert colour_range.mixed_up(replace(plain, yuv_error=mixed), plain, SAME) == []


def test_grey_pixels_are_stretched_by_one_slope() -> None:
    """One slope and offset between grey pixels is a range; a curve is none."""
    grey = np.repeat(PIXELS[:, :1], 3, axis=1)
    assert colour_range.grey_stretched(grey, 0.8 * grey + 20) is not None
    assert colour_range.grey_stretched(grey, grey**2 / 255) is None
