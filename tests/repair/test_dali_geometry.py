"""Sizes and windows of written pipelines, for every size from 32 to 2000: the text itself is computed on numpy arrays."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelparity.errors import UnsupportedStep
from pixelparity.recipes import Crop, Decode, Pad, Recipe, Resize, Step
from pixelparity.repair.write_dali import write_dali

SIZES = np.arange(32, 2001)
HEIGHT, WIDTH = np.meshgrid(SIZES, SIZES, indexing="ij")
#: Short edges, crops and EfficientNet crops of the zoo.
EDGES = (196, 219, 224, 233, 235, 236, 248, 256, 269, 288, 292, 342, 365, 404, 426, 512, 560)
CROPS = (192, 196, 224, 256, 299, 320, 384, 448)
SHARES = (
    (224, 0), (224, 32), (240, 32), (260, 32), (300, 32), (380, 32), (384, 0), (456, 32), (475, 32), (480, 0), (528, 32),
    (600, 32), (672, 32), (800, 32),
)  # fmt: skip
NUMPY = {
    "np": np,
    "math": SimpleNamespace(min=np.minimum, max=np.maximum, floor=np.floor),
    "fn": SimpleNamespace(cast=lambda values, dtype: np.asarray(values).astype(dtype)),
    "types": SimpleNamespace(FLOAT64=np.float64, INT32=np.int64),
}


def written(step: Step, name: str) -> Callable[..., Any]:
    """Return a function of the pipeline written for one step, bound to numpy in place of DALI."""
    text = write_dali(Recipe(source="test", steps=(Decode(library="opencv", channels="RGB"), step)))
    namespace = dict(NUMPY)
    exec(text.split("@pipeline_def")[0].replace("from nvidia.dali import", "#"), namespace)
    return namespace[name]


def resize(**values: Any) -> Resize:
    """Return an OpenCV bilinear resize."""
    return Resize(**{"kernel": "linear", "antialias": False, "subpixel": False, "library": "opencv", **values})


@pytest.mark.parametrize("edge", EDGES)
def test_short_edge_for_all_sizes(edge: int) -> None:
    """The written size is MMPretrain's ``int(scale * h / w)`` in double precision, for all 3.9 million sizes."""
    height, width = written(resize(mode="shorter", size=edge, rounding="floor"), "resized")(HEIGHT, WIDTH)
    narrow = WIDTH < HEIGHT
    assert (height == np.where(narrow, np.trunc(edge * HEIGHT / WIDTH), edge)).all()
    assert (width == np.where(narrow, edge, np.trunc(edge * WIDTH / HEIGHT))).all()


@pytest.mark.parametrize("crop", CROPS)
def test_centre_crop_for_all_sizes(crop: int) -> None:
    """The window is mmcv's, Python's ``round`` included; smaller pictures keep their size."""
    step = Crop(height=crop, width=crop, rounding="half_even", out_of_bounds="trim")
    top, left, height, width = written(step, "window")(SIZES, SIZES[::-1])
    for size, start, length in zip(SIZES.tolist(), top.tolist(), height.tolist(), strict=True):
        assert length == min(crop, size)
        assert start == max(0, round((size - length) / 2))
    np.testing.assert_array_equal(left, top[::-1])
    np.testing.assert_array_equal(width, height[::-1])


@pytest.mark.parametrize(("size", "padding"), SHARES)
def test_efficientnet_window_for_all_sizes(size: int, padding: int) -> None:
    """The square is EfficientNetCenterCrop's, whose floats are cut by ``imcrop``, for all 3.9 million sizes."""
    step = Crop(fraction=(size, size + padding), rounding="half_even", out_of_bounds="trim")
    top, left, height, width = written(step, "window")(HEIGHT, WIDTH)
    side = size / (size + padding) * np.minimum(HEIGHT, WIDTH)
    for start, length, edge in ((top, height, HEIGHT), (left, width, WIDTH)):
        first = np.maximum(0, np.rint((edge - side) / 2))
        last = np.minimum(np.trunc(first + side - 1), edge - 1)
        np.testing.assert_array_equal(start, first)
        np.testing.assert_array_equal(length, last - first + 1)


@pytest.mark.parametrize("box", [(512, 384), (1333, 800), (600, 400), (1024, 777)])
def test_turned_box_for_all_sizes(box: tuple[int, int]) -> None:
    """The written size is mmcv's ``rescale_size``, where the double-precision factor rounds some sizes its own way."""
    step = resize(mode="not_larger", height=box[0], width=box[1], oriented=True, rounding="floor_plus_half")
    height, width = written(step, "resized")(HEIGHT, WIDTH)
    factor = np.minimum(max(box) / np.maximum(HEIGHT, WIDTH), min(box) / np.minimum(HEIGHT, WIDTH))
    assert (height == np.trunc(HEIGHT * factor + 0.5)).all()
    assert (width == np.trunc(WIDTH * factor + 0.5)).all()


@pytest.mark.parametrize("oriented", [False, True])
def test_a_turned_box_says_so(oriented: bool) -> None:
    """The docstring of the written size speaks of the picture's orientation where the box is turned, and only there."""
    step = resize(mode="not_larger", height=64, width=48, oriented=oriented, rounding="floor_plus_half")
    said = str(written(step, "resized").__doc__)
    assert "the largest that fits 64 x 48" in said
    assert ("turned to the picture's orientation" in said) is oriented


def test_upright_box_for_all_sizes() -> None:
    """The surface classifier's 512 x 384 fit is the same as its transform's, for all 3.9 million sizes."""
    step = resize(mode="not_larger", height=512, width=384, rounding="floor_plus_half")
    height, width = written(step, "resized")(HEIGHT, WIDTH)
    tall = HEIGHT * 384 >= WIDTH * 512
    assert (height == np.where(tall, 512, (2 * HEIGHT * 384 + WIDTH) // (2 * WIDTH))).all()
    assert (width == np.where(tall, (2 * WIDTH * 512 + HEIGHT) // (2 * HEIGHT), 384)).all()


@given(height=st.integers(1, 5000), width=st.integers(1, 5000), size=st.integers(16, 600), limit=st.integers(0, 500))
def test_capped_short_edge(height: int, width: int, size: int, limit: int) -> None:
    """A cap on the longer edge follows torchvision's ``_compute_resized_output_size``."""
    most = size + 1 + limit
    shorter, longer = size, int(size * max(height, width) / min(height, width))
    if longer > most:
        shorter, longer = int(most * shorter / longer), most
    expected = (shorter, longer) if width > height else (longer, shorter)
    step = resize(mode="shorter", size=size, rounding="floor", max_size=most)
    assert tuple(int(v) for v in written(step, "resized")(np.int64(height), np.int64(width))) == expected


@given(height=st.integers(1, 900), width=st.integers(1, 900))
def test_crop_that_pads(height: int, width: int) -> None:
    """A padding crop follows torchvision: the odd pixel of padding lies behind; of cropping, half to even."""
    step = Crop(height=224, width=300, rounding="half_even", out_of_bounds="pad")
    top, left, *size = written(step, "window")(np.int64(height), np.int64(width))
    for start, edge, window in ((top, height, 224), (left, width, 300)):
        assert start == (-((window - edge) // 2) if edge < window else round((edge - window) / 2))
    assert [int(v) for v in size] == [224, 300]


def test_crop_of_dali_pads_the_odd_pixel_before() -> None:
    """DALI's own centre crop rounds -2.5 to -3: three rows before a picture of 3 in a window of 8, two behind it."""
    step = Crop(height=8, width=8, rounding="round", out_of_bounds="pad")
    top, left, _, _ = written(step, "window")(np.int64(3), np.int64(11))
    assert (int(top), int(left)) == (-3, 2)


@pytest.mark.parametrize(
    ("anchor", "rounding", "start"),
    [
        ((0.0, 0.0), "floor", (0, 0)),
        ((1.0, 1.0), "floor", (13, 8)),
        ((0.0, 1.0), "floor", (0, 8)),
        ((0.5, 0.5), "floor", (6, 4)),
        ((0.5, 0.5), "ceil", (7, 4)),
        ((0.5, 0.5), "round", (7, 4)),
        ((0.5, 0.5), "floor_plus_half", (7, 4)),
        ((0.5, 0.5), "half_even", (6, 4)),
    ],
)
def test_where_a_window_starts(anchor: tuple[float, float], rounding: str, start: tuple[int, int]) -> None:
    """A window of 8 x 8 in 21 x 16: at the corners, or with 6.5 and 4 before it, each rounding going its way."""
    step = Crop(height=8, width=8, anchor=anchor, rounding=rounding, out_of_bounds="trim")
    top, left, height, width = written(step, "window")(np.int64(21), np.int64(16))
    assert (int(top), int(left), int(height), int(width)) == (*start, 8, 8)


@pytest.mark.parametrize(("position", "start"), [("centre", (-2, -1)), ("top_left", (0, 0))])
def test_pad_position(position: str, start: tuple[int, int]) -> None:
    """5 x 7 padded to 10 x 10 lies two below the top in the centre, or at the top left."""
    top, left, height, width = written(Pad(height=10, width=10, position=position, fill=(0.0,)), "padded")(
        np.int64(5), np.int64(7)
    )
    assert (int(top), int(left), int(height), int(width)) == (*start, 10, 10)


def test_pad_to_a_divisor() -> None:
    """33 x 64 padded to a multiple of 32 is 64 x 64."""
    _, _, height, width = written(Pad(divisor=32, position="top_left", fill=(0.0,)), "padded")(
        np.int64(33), np.int64(64)
    )
    assert (int(height), int(width)) == (64, 64)


@pytest.mark.parametrize(
    ("rounding", "expected"), [("floor", 12), ("ceil", 13), ("round", 13), ("floor_plus_half", 13), ("half_even", 12)]
)
def test_roundings_of_a_half(rounding: str, expected: int) -> None:
    """10 / 4 * 5 is 12.5: each rounding goes its way."""
    height, _ = written(resize(mode="shorter", size=5, rounding=rounding), "resized")(np.int64(10), np.int64(4))
    assert int(height) == expected


@pytest.mark.parametrize(
    "step",
    [
        Crop(height=8, width=8, rounding="floor", out_of_bounds="trim", anchor=(0.3, 0.5)),
        Crop(fraction=(1, 2), rounding="floor", out_of_bounds="trim"),
        resize(mode="longer", size=8, rounding="floor", max_size=9),
        resize(mode="not_larger", height=8, width=8, rounding="floor", oriented=True),
    ],
)
def test_geometry_without_a_formula_is_refused(step: Step) -> None:
    """What has no formula is refused, instead of written wrongly."""
    with pytest.raises(UnsupportedStep):
        write_dali(Recipe(source="test", steps=(step,)))
