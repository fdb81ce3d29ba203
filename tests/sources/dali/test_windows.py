"""A window computed in the graph, put into words: crops, padding, and what is neither."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pixelparity.recipes import Crop, Pad, Step, Unknown
from pixelparity.sources import dali
from pixelparity.sources.dali import windows

HEAD = """
from nvidia.dali import fn, math, pipeline_def, types

@pipeline_def
def p():
    images = fn.external_source(name="IN", layout="HWC")
    shape = images.shape(dtype=types.INT32)
    height, width = shape[0], shape[1]
    short = math.min(height, width)
"""
#: Both edges of the picture become at least 24, and what is to spare is even or odd.
RESIZED = """    height, width = height * 24 // short, width * 24 // short
    images = fn.resize(images, size=fn.stack(height * 1.0, width * 1.0))
"""
FITTED = """    long = math.max(height, width)
    height, width = height * 24 // long, width * 24 // long
    images = fn.resize(images, size=fn.stack(height * 1.0, width * 1.0))
"""


def step(tmp_path: Path, window: str, resized: str = RESIZED) -> Step:
    """Return the words for ``fn.slice`` with these arguments."""
    file = tmp_path / "p.py"
    file.write_text(HEAD + resized + f"    images = fn.slice(images, {window}, axes=[0, 1])\n    return images\n")
    return dali.recipe(f"{file}:p").steps[-1]


def middle(rule: str) -> str:
    """Return the arguments of a window of 20 x 20 whose start is ``rule`` of what is to spare."""
    start = ", ".join(rule.format(spare=f"({edge} - 20)") for edge in ("height", "width"))
    return f"start=fn.stack({start}), shape=[20, 20]"


@pytest.mark.parametrize(
    ("rule", "rounding", "anchor"),
    [
        ("{spare} // 2", "floor", (0.5, 0.5)),
        ("({spare} + 1) // 2", "round", (0.5, 0.5)),
        ("{spare} * 0", "none", (0.0, 0.0)),
        ("{spare} * 1", "none", (1.0, 1.0)),
    ],
)
def test_where_a_window_starts(tmp_path: Path, rule: str, rounding: str, anchor: tuple[float, float]) -> None:
    """The half that is left over goes to one side or the other; the corners are anchors too."""
    crop = step(tmp_path, middle(rule))
    assert isinstance(crop, Crop)
    assert (crop.height, crop.width, crop.fraction) == (20, 20, None)
    assert (crop.rounding, crop.anchor, crop.out_of_bounds) == (rounding, anchor, "error")


@pytest.mark.parametrize("rule", ["{spare} // 2 + 1", "{spare} // 2 - 1", "{spare} // 3"])
def test_a_start_that_is_no_middle_is_not_put_into_words(tmp_path: Path, rule: str) -> None:
    """One pixel off the middle is another window; no words are made up for it."""
    assert isinstance(step(tmp_path, middle(rule)), Unknown)


def padded(rule: str) -> str:
    """Return the arguments of a window of 29 x 30 around a picture that fits in 24, at ``rule`` of what it lacks."""
    start = ", ".join(rule.format(lacks=f"({edge})") for edge in ("29 - height", "30 - width"))
    return f"start=fn.stack({start}), shape=[29, 30], out_of_bounds_policy='pad', fill_values=[7, 8, 9]"


@pytest.mark.parametrize(("rule", "position"), [("0 - {lacks} // 2", "centre"), ("0 * {lacks}", "top_left")])
def test_a_window_around_the_picture_is_padding(tmp_path: Path, rule: str, position: str) -> None:
    """The odd pixel goes below and to the right of a centred picture."""
    assert step(tmp_path, padded(rule), FITTED) == Pad(height=29, width=30, position=position, fill=(7.0, 8.0, 9.0))


def test_an_odd_pixel_above_and_to_the_left_is_a_crop_that_pads(tmp_path: Path) -> None:
    """A Pad has the odd pixel below and to the right; the other way round is the rounding of a crop's negative start."""
    found = step(tmp_path, padded("0 - ({lacks} + 1) // 2"), FITTED)
    assert found == Crop(height=29, width=30, rounding="round", out_of_bounds="pad", fill=(7.0, 8.0, 9.0))


@pytest.mark.parametrize("rule", ["0 - {lacks} // 2 - 1", "1 - {lacks} // 2"])
def test_a_padding_one_pixel_off_the_centre_is_none(tmp_path: Path, rule: str) -> None:
    """A picture that lies one pixel beside the centre is neither centred nor in the corner."""
    assert isinstance(step(tmp_path, padded(rule), FITTED), Unknown)


def test_a_window_up_to_a_divisor_is_padding(tmp_path: Path) -> None:
    """The next multiple of 32 of each edge, from the corner."""
    window = (
        "start=[0, 0], shape=fn.stack((height + 31) // 32 * 32, (width + 31) // 32 * 32), out_of_bounds_policy='pad'"
    )
    assert step(tmp_path, window) == Pad(divisor=32, position="top_left", fill=(0.0,))


def test_a_share_of_the_shorter_edge(tmp_path: Path) -> None:
    """Seven eighths of the shorter edge, out of the middle of the unrounded side, half a pixel to the even one."""
    start = ", ".join(f"math.floor(({edge} * 8 - short * 7) / 16.0)" for edge in ("height", "width"))
    window = f"start=fn.stack({start}), shape=fn.stack(short * 7 // 8, short * 7 // 8)"
    assert isinstance(step(tmp_path, window, ""), Unknown)  # rounded down is another start than to the even one


def test_axes_and_ends(tmp_path: Path) -> None:
    """Width before height, and an end in place of a shape, are the same window."""
    file = tmp_path / "q.py"
    text = "    images = fn.slice(images, start=fn.stack((width - 20) // 2, (height - 20) // 2), shape=[20, 20], axes=[1, 0])\n"
    file.write_text(HEAD + RESIZED + text + "    return images\n")
    by_axes = dali.recipe(f"{file}:p").steps[-1]
    ends = "start=fn.stack((height - 20) // 2, (width - 20) // 2), end=fn.stack((height - 20) // 2 + 20, (width - 20) // 2 + 20)"
    assert by_axes == step(tmp_path, middle("{spare} // 2")) == step(tmp_path, ends)


@pytest.mark.parametrize(
    ("side_off", "start_off", "share"), [(0, 0, (7, 8)), (1, 0, None), (0, 1, None), (1, 1, None), (-1, 0, None)]
)
def test_a_share_is_told_by_side_and_start(side_off: int, start_off: int, share: tuple[int, int] | None) -> None:
    """Seven eighths of the shorter edge in the middle, to the even neighbour; a pixel off in either is another window."""
    size = np.array([80, 97, 200]), np.array([120, 61, 200])
    side = np.array([70, 53, 175])  # 7 / 8 of 80, 61 and 200, cut off
    at = np.array([5, 22, 12]), np.array([25, 4, 12])  # 5, 21.8, 12.5 and 25, 3.8, 12.5
    window = side + side_off, side + side_off
    start = at[0] + start_off, at[1] + start_off
    assert windows._share(size, start, window, frozenset({7, 8, 20})) == share
