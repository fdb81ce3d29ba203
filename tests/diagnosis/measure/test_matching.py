"""Stages that answer to each other, and their tensors in one layout."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.measure import matching
from pixelparity.diagnosis.measure.matching import match_stages
from pixelparity.errors import NotComparable, SideError
from pixelparity.stages import Stage
from tests.diagnosis.sides import final


def _stages(*steps: str) -> list[Stage]:
    return [Stage(name=f"{step}{n}", step=step) for n, step in enumerate(steps)]


def test_stages_match_by_step_in_order_and_the_last_with_the_last() -> None:
    """A crop that one side lacks is left out; the final stages match whatever they do."""
    pairs = match_stages(_stages("decode", "resize", "crop", "normalize"), _stages("input", "resize", "layout"))
    assert pairs == [(0, 0), (1, 1), (3, 2)]


def test_equal_names_win_over_equal_steps() -> None:
    """Two resizes on one side: the one of the same name is taken."""
    ours = [Stage(name="b", step="resize"), Stage(name="end")]
    theirs = [Stage(name="a", step="resize"), Stage(name="b", step="resize"), Stage(name="end")]
    assert match_stages(ours, theirs) == [(0, 1), (1, 2)]


def test_equal_sides_match_stage_by_stage() -> None:
    """A side against itself is paired one to one."""
    stages = _stages("decode", "other", "resize", "normalize")
    assert match_stages(stages, stages) == [(0, 0), (1, 1), (2, 2), (3, 3)]


def test_a_crop_answers_to_a_pad_and_an_unknown_step_to_none() -> None:
    """A window beyond the picture is a crop to one library and padding to another; ``other`` matches by name only."""
    assert match_stages(_stages("crop", "layout"), _stages("pad", "layout")) == [(0, 0), (1, 1)]
    unlike = [Stage(name="a", step="other"), Stage(name="end")], [Stage(name="b", step="other"), Stage(name="end")]
    assert match_stages(*unlike) == [(1, 1)]


def test_layouts_go_to_hwc_and_back() -> None:
    """CHW and HW become HWC, and are what they were after the way back."""
    tensor = np.arange(24).reshape(2, 3, 4)
    stage = Stage(name="a", layout="CHW")
    there = matching.as_hwc(tensor, stage, "side", "picture0")
    assert there.shape == (3, 4, 2)
    assert (matching.from_hwc(there, "CHW") == tensor).all()
    grey = matching.as_hwc(tensor[0], Stage(name="a", layout="HW"), "side", "picture0")
    assert (matching.from_hwc(grey, "HW") == tensor[0]).all()


def test_red_and_blue_change_places_and_alpha_stays() -> None:
    """Channels 0, 1, 2, 3 become 2, 1, 0, 3; twice is never."""
    pixel = np.arange(4).reshape(1, 1, 4)
    assert matching.swap_colours(pixel).tolist() == [[[2, 1, 0, 3]]]
    assert (matching.swap_colours(matching.swap_colours(pixel)) == pixel).all()
    assert matching.swap_colours(pixel[..., :3]).tolist() == [[[2, 1, 0]]]


def test_colours_are_turned_round_at_inner_stages_only() -> None:
    """BGR against RGB is compared by colour on the way, by position where the model reads it."""
    rgb, bgr = Stage(name="a", channels="RGB"), Stage(name="a", channels="BGR")
    assert matching.swaps_colours(rgb, bgr, final=False)
    assert not matching.swaps_colours(rgb, bgr, final=True)
    assert not matching.swaps_colours(rgb, rgb, final=False)


def test_other_pictures_and_empty_tensors_are_errors() -> None:
    """A picture that one side lacks is named with the side; so is a tensor without values."""
    image = np.zeros((2, 2, 3), np.float32)
    with pytest.raises(NotComparable, match="a lacks 'picture1'"):
        matching.common_images(final("a", [image]), final("b", [image, image]))
    with pytest.raises(SideError, match="empty tensor"):
        matching.as_hwc(np.zeros((0, 2, 3)), Stage(name="a", layout="HWC"), "side", "picture0")
