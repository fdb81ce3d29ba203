"""TFLite metadata: constants of levels, one for all channels or one each, and what metadata leave open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pixelparity.errors import InputError, SkewError, UnsupportedStep
from pixelparity.recipes import Recipe
from pixelparity.recipes.canonical import canonical
from pixelparity.sources import tflite


def picture(space: Any = "RGB", **options: Any) -> dict[str, Any]:
    """Return the metadata of an input that is a picture."""
    unit = {"options_type": "NormalizationOptions", "options": options}
    content = {"content_properties_type": "ImageProperties", "content_properties": {"color_space": space}}
    return {"name": "image", "content": content, "process_units": [unit] if options else []}


def read(tmp_path: Path, *tensors: dict[str, Any]) -> Recipe:
    """Return the recipe of a model with these inputs."""
    path = tmp_path / "metadata.json"
    path.write_text(json.dumps({"name": "m", "subgraph_metadata": [{"input_tensor_metadata": list(tensors)}]}))
    return tflite.recipe(str(path))


def test_one_constant_for_all(tmp_path: Path) -> None:
    """Mean and deviation of 127.5 bring levels to -1..1 in every channel."""
    whole = read(tmp_path, picture(mean=[127.5], std=[127.5]))
    plain = canonical(whole)
    assert (plain.normalize.mean, plain.normalize.std) == ((127.5,) * 3, (127.5,) * 3)
    assert (plain.channels, plain.layout, plain.dtype) == ("RGB", "HWC", "float32")
    assert "quantized" in whole.steps[1].origin


def test_one_each_and_grey(tmp_path: Path) -> None:
    """Three means and one deviation go together; a grey picture has one of both."""
    each = canonical(read(tmp_path, picture(mean=[1.0, 2.0, 3.0], std=[2.0])))
    assert (each.normalize.mean, each.normalize.std) == ((1.0, 2.0, 3.0), (2.0, 2.0, 2.0))
    grey = canonical(read(tmp_path, picture("GRAYSCALE", mean=[0.0], std=[255.0])))
    assert (grey.channels, grey.normalize.std) == ("GRAY", (255.0,))


def test_no_options_are_no_step(tmp_path: Path) -> None:
    """Without options levels go in as they are; an input of another kind beside the picture is passed over."""
    other = {"name": "threshold", "content": {"content_properties_type": "FeatureProperties"}}
    assert not read(tmp_path, other, picture()).of_kind("normalize")


@pytest.mark.parametrize(
    ("stats", "levels"),
    [
        ({"min": [0.0], "max": [255.0]}, True),
        ({"min": [-1.0], "max": [1.0]}, False),
        ({"min": [0.0], "max": [200.0]}, False),
        ({}, False),
    ],
)
def test_the_range_of_the_input_tells_a_quantized_model(tmp_path: Path, stats: dict[str, Any], levels: bool) -> None:
    """An input of 0 to 255 takes levels, whatever its constants; one of the range that these leave is of floats."""
    read_ = read(tmp_path, {**picture(mean=[127.5], std=[127.5]), "stats": stats})
    assert bool(read_.of_kind("normalize")) is not levels
    assert canonical(read_).dtype == ("uint8" if levels else "float32")


def test_constants_that_change_nothing_say_nothing_of_the_type(tmp_path: Path) -> None:
    """With a mean of 0 and a deviation of 1 the range is 0 to 255 for floats too."""
    stats = {"min": [0.0], "max": [255.0]}
    assert canonical(read(tmp_path, {**picture(mean=[0.0], std=[1.0]), "stats": stats})).dtype == "float32"


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ([], "0 inputs of pictures"),
        ([picture(), picture()], "2 inputs of pictures"),
        ([picture("UNKNOWN")], "color_space 'UNKNOWN'"),
        ([{**picture(), "process_units": [{"options_type": "ScoreThresholdingOptions"}]}], "ScoreThresholdingOptions"),
    ],
)
def test_what_is_not_known_is_refused(tmp_path: Path, tensors: list[dict[str, Any]], message: str) -> None:
    """Several pictures, other orders and other options are named."""
    with pytest.raises(UnsupportedStep, match=message):
        read(tmp_path, *tensors)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mean": [0.0], "std": [0.0]}, "std is"),
        ({"mean": [0.0, 1.0], "std": [1.0]}, "one number or 3"),
        ({"mean": 3, "std": [1.0]}, "mean is 3"),
        ({"std": [1.0]}, "mean is None"),
    ],
)
def test_values_are_checked(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    """A constant that is none is named with the file."""
    with pytest.raises(SkewError, match=message) as raised:
        read(tmp_path, picture(**options))
    assert "metadata.json" in str(raised.value)


def test_other_files(tmp_path: Path) -> None:
    """A model, a JSON file of another kind and a path to nothing say what to give."""
    with pytest.raises(InputError, match=r"is the model; give its metadata as JSON.*python:FILE\.py:FUNCTION"):
        tflite.recipe("net.tflite")
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(InputError, match="no subgraph_metadata"):
        tflite.recipe(str(tmp_path / "a.json"))
    with pytest.raises(InputError, match="does not exist"):
        tflite.recipe(str(tmp_path / "none.json"))
