"""Public spellings of a letterbox in DALI: read as the same, checked against the tensors that DALI makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from pixelparity.recipes import Crop, Normalize, Pad, Resize
from pixelparity.recipes.diff import diff_recipes
from pixelparity.sources import dali

HEAD = """
from nvidia.dali import fn, math, pipeline_def, types

SIDE = 32
PLAIN = dict(antialias=False, subpixel_scale=False)
FILLED = dict(out_of_bounds_policy="pad", fill_values=114)

@pipeline_def
def p():
    encoded = fn.external_source(name="IN", dtype=types.UINT8)
    images = fn.decoders.image(encoded)
    shape = fn.cast(fn.peek_image_shape(encoded), dtype=types.FLOAT)
    scale = math.min(SIDE / shape[1], SIDE / shape[0])
    h, w = math.floor(shape[0] * scale + 0.5), math.floor(shape[1] * scale + 0.5)
    top, left = math.floor((SIDE - h) / 2), math.floor((SIDE - w) / 2)
    y, x = top / math.max(SIDE - h, 1.0), left / math.max(SIDE - w, 1.0)
"""
FIT = "fn.resize(images, size=[SIDE, SIDE], mode='not_larger', **PLAIN)"
LONGER = "fn.resize(images, resize_longer=SIDE, **PLAIN)"
CAPPED = "fn.resize(images, resize_shorter=SIDE, max_size=SIDE, **PLAIN)"
SPELLED = "fn.resize(images, resize_x=w, resize_y=h, **PLAIN)"
#: The same letterbox, centred with the odd pixel below and to the right.
CENTRED = {
    "crop that truncates": f"fn.crop({FIT}, crop=(SIDE, SIDE), rounding='truncate', **FILLED)",
    "computed position": f"fn.crop({LONGER}, crop=(SIDE, SIDE), crop_pos_y=y, crop_pos_x=x, **FILLED)",
    "computed edges": f"fn.crop({LONGER}, crop_h=SIDE, crop_w=SIDE, crop_pos_y=y, crop_pos_x=x, **FILLED)",
    "slice": f"fn.slice({SPELLED}, start=fn.cast(fn.stack(-top, -left), dtype=types.INT32), shape=[SIDE, SIDE], "
    "axis_names='HW', **FILLED)",
    "paste": f"fn.paste({CAPPED}, ratio=1.0, min_canvas_size=SIDE, fill_value=(114, 114, 114))",
}
#: What does something else, by the one family that says it.
OTHERS = {
    "rounding": f"fn.crop({FIT}, crop=(SIDE, SIDE), **FILLED)",
    "padding_position": f"fn.pad({LONGER}, axis_names='HW', align=SIDE, fill_value=114)",
    "padding_value": f"fn.paste({FIT}, ratio=1.0, min_canvas_size=SIDE, fill_value=(0, 0, 0))",
    "padding_order": f"fn.crop_mirror_normalize({LONGER}, crop=(SIDE, SIDE), crop_pos_y=y, crop_pos_x=x, mean=[0.0], "
    "std=[255.0], output_layout='HWC', **FILLED)",
}


def made(folder: Path, expression: str) -> str:
    """Return the side of a pipeline with this expression."""
    file = folder / "p.py"
    normalized = expression if "mirror_normalize" in expression else f"{expression} / 255.0"
    file.write_text(f"{HEAD}    return {normalized}\n")
    return f"{file}:p"


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Upright, wide, square and small pictures, with odd and even numbers of pixels to spare."""
    folder, rng, found = tmp_path_factory.mktemp("letterboxes"), np.random.default_rng(3), {}
    for height, width in ((50, 77), (77, 50), (64, 41), (17, 32), (33, 33), (11, 8)):
        found[f"{height}"] = folder / f"{height}x{width}.png"
        PIL.Image.fromarray(rng.integers(0, 255, (height, width, 3), np.uint8)).save(found[f"{height}"])
    return found


def finals(side: str, images: Mapping[str, Path]) -> dict[str, NDArray[np.float32]]:
    """Return what DALI makes of the pictures."""
    return dict(dali.capture(side, images).finals())


@pytest.mark.parametrize("name", CENTRED)
def test_every_spelling_is_the_same_in_words_and_in_tensors(
    tmp_path: Path, images: Mapping[str, Path], name: str
) -> None:
    """No difference between the recipes, and none between what DALI makes of either pipeline."""
    first = next(iter(CENTRED))
    reference, expected = dali.recipe(made(tmp_path, CENTRED[first])), finals(f"{tmp_path}/p.py:p", images)
    recipe, tensors = dali.recipe(made(tmp_path, CENTRED[name])), finals(f"{tmp_path}/p.py:p", images)
    assert diff_recipes(reference, recipe).families == ()
    assert not recipe.of_kind("other")
    for image, tensor in tensors.items():
        np.testing.assert_array_equal(tensor, expected[image])


@pytest.mark.parametrize("family", OTHERS)
def test_what_is_another_letterbox_is_said_in_one_word(tmp_path: Path, images: Mapping[str, Path], family: str) -> None:
    """One family, and DALI's tensors do differ."""
    reference = dali.recipe(made(tmp_path, CENTRED["paste"]))
    expected = finals(f"{tmp_path}/p.py:p", images)
    side = made(tmp_path, OTHERS[family])
    assert diff_recipes(reference, dali.recipe(side)).families == (family,)
    assert any((tensor != expected[image]).any() for image, tensor in finals(side, images).items())


def test_the_fused_operator_fills_behind_its_normalisation(tmp_path: Path, images: Mapping[str, Path]) -> None:
    """``crop_mirror_normalize`` writes its fill into the result as it is; its words come in that order."""
    side = made(tmp_path, OTHERS["padding_order"])
    steps = dali.recipe(side).steps
    assert [type(step) for step in steps[-2:]] == [Normalize, Pad]
    assert finals(side, images)["50"].max() == 114.0  # and not 114 / 255
    plain = OTHERS["padding_order"].replace("crop_pos_y=y, crop_pos_x=x, ", "")
    steps = dali.recipe(made(tmp_path, plain)).steps
    assert [type(step) for step in steps[-2:]] == [Normalize, Crop]


def test_a_size_from_slices_and_reductions_is_read(tmp_path: Path, images: Mapping[str, Path]) -> None:
    """Edges sliced out of the shape, and the longer one as its maximum, are the rule that DALI then follows."""
    size = "fn.slice(fn.peek_image_shape(encoded), start=[{}], shape=[1], axes=[0])"
    height, width = size.format(0), size.format(1)
    longest = f"fn.reductions.max(fn.cat({width}, {height}, axis=0), axes=[0])"
    edges = (f"fn.cast({edge} * SIDE // {longest}, dtype=types.FLOAT)" for edge in (height, width))
    resize = "fn.resize(images, resize_y={}, resize_x={}, **PLAIN)".format(*edges)
    side = made(tmp_path, f"fn.paste({resize}, ratio=1.0, min_canvas_size=SIDE, fill_value=(114, 114, 114))")
    (step,) = dali.recipe(side).of_kind("resize")
    assert isinstance(step, Resize)
    assert (step.mode, step.size, step.rounding) == ("longer", 32, "floor")
    sizes = {stage.step: stage.name for stage in dali.capture(side, images).stages}
    tensors = dali.capture(side, images).tensors[sizes["resize"]]
    assert [tensors[name].shape[:2] for name in ("50", "77", "64")] == [(20, 32), (32, 20), (32, 20)]


def test_a_position_that_is_no_middle_is_not_put_into_words(tmp_path: Path) -> None:
    """A third of what is to spare is neither the centre nor a corner."""
    expression = CENTRED["computed position"].replace("crop_pos_y=y", "crop_pos_y=y / 1.5")
    assert [step.kind for step in dali.recipe(made(tmp_path, expression)).of_kind("other")] == ["other"]
