"""What several operators share when a DALI graph is read: casts, crops and what the author left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pixelparity.recipes import Cast, Crop, Pad, Recipe, Resize, Unknown
from pixelparity.sources import dali
from tests.sources.dali.test_bounds import message, operator


def lines(tmp_path: Path, *body: str) -> Recipe:
    """Return the recipe of a pipeline given by the lines of its function."""
    head = "from nvidia.dali import fn, math, pipeline_def, types\n\n@pipeline_def\ndef p():\n"
    head += '    images = fn.external_source(name="IN", layout="HWC")\n'
    file = tmp_path / "p.py"
    file.write_text(head + "".join(f"    {line}\n" for line in body) + "    return images\n")
    return dali.recipe(f"{file}:p")


def test_a_cast_rounds_where_fractions_are_lost(tmp_path: Path) -> None:
    """Bytes become floats as they are; floats become bytes rounded, half floats as they are."""
    casts = [f"images = fn.cast(images, dtype=types.{kind})" for kind in ("FLOAT", "FLOAT16", "UINT8", "INT16")]
    assert lines(tmp_path, *casts).of_kind("cast") == (
        Cast(dtype="float32"), Cast(dtype="float16"), Cast(dtype="uint8", rounding="round"), Cast(dtype="int16"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "window", "anchor"),
    [
        ("crop=(20, 30)", (20, 30), (0.5, 0.5)),
        ("crop_h=20, crop_w=30", (20, 30), (0.5, 0.5)),
        ("crop=(20, 30), crop_pos_x=0.0", (20, 30), (0.5, 0.0)),
        ("crop=(20, 30), crop_pos_y=1.0", (20, 30), (1.0, 0.5)),
    ],
)
def test_crop_arguments(tmp_path: Path, arguments: str, window: tuple[int, int], anchor: tuple[float, float]) -> None:
    """Height before width, vertical anchor before horizontal, however they are given."""
    (crop,) = lines(tmp_path, f"images = fn.crop(images, {arguments})").of_kind("crop")
    assert isinstance(crop, Crop)
    assert ((crop.height, crop.width), crop.anchor) == (window, anchor)


@pytest.mark.parametrize(
    ("stored", "computed", "is_read"),
    [
        ({"crop": [20.0, 30.0]}, "", True),
        ({}, "crop", False),
        ({"crop_w": 30.0}, "crop_h", False),
        ({"crop": [20.0, 30.0]}, "crop_h", False),  # said twice, and one of the two is not known
        ({"crop": [20.0, 30.0]}, "crop_pos_x", False),
    ],
)
def test_a_window_with_a_computed_part_is_not_read(stored: dict[str, Any], computed: str, is_read: bool) -> None:
    """A window is a crop where all that places it stands in the file; of anything else the operator is shown as it is."""
    made = message()
    operator(made, "_Shape", ["IN"], "shape")
    operator(made, "Crop", ["IN"], "out", **stored)
    if computed:
        made.op[-1].input.add(name="shape", device="cpu", is_argument_input=True, arg_name=computed)
    made.pipe_outputs[0].name = "out"
    steps = dali.recipe(dali.read(made.SerializeToString())).steps
    assert [type(step) for step in steps if isinstance(step, Crop | Unknown)] == [Crop if is_read else Unknown]


def test_what_the_author_left_out_is_marked(tmp_path: Path) -> None:
    """An argument that stands in the text carries no star; what DALI fills in does."""
    (crop,) = lines(tmp_path, "images = fn.crop(images, crop=(20, 30), crop_pos_x=0.0)").of_kind("crop")
    assert {"out_of_bounds", "fill", "position", "rounding"} <= crop.defaulted
    assert not {"height", "width"} & crop.defaulted
    (resize,) = lines(tmp_path, "images = fn.resize(images, resize_shorter=30, antialias=False)").of_kind("resize")
    assert isinstance(resize, Resize)
    assert {"kernel", "subpixel"} <= resize.defaulted
    assert not {"size", "antialias"} & resize.defaulted


def test_a_pad_says_where_the_picture_lies(tmp_path: Path) -> None:
    """fn.pad with a shape fills below and to the right."""
    (pad,) = lines(tmp_path, "images = fn.pad(images, axis_names='HW', shape=[40, 50], fill_value=7)").of_kind("pad")
    assert isinstance(pad, Pad)
    assert (pad.height, pad.width, pad.position, pad.fill) == (40, 50, "top_left", (7.0,))


def test_an_operator_without_a_meaning_shows_its_arguments(tmp_path: Path) -> None:
    """Name, arguments in alphabetical order, and where it stands."""
    (step,) = lines(tmp_path, "images = fn.rotate(images, angle=3.5, keep_size=True)").of_kind("other")
    assert isinstance(step, Unknown)
    assert step.operator == "fn.rotate"
    assert step.arguments[:2] == (("angle", "3.5"), ("keep_size", "True"))
    assert step.origin.startswith("fn.rotate")
