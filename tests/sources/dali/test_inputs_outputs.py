"""What a pipeline is fed, and which of its outputs hold pictures, is what its operators say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from pixelparity.errors import InputError, SideError
from pixelparity.recipes import Colour, Decode
from pixelparity.sources import dali

TEXT = """
from nvidia.dali import fn, pipeline_def, types

def converted(order):
    images = fn.external_source(name="IN", layout="HWC", dtype=types.UINT8)
    return fn.color_space_conversion(images, image_type=order, output_type=types.RGB)

@pipeline_def
def grey():
    return converted(types.GRAY)

@pipeline_def
def bgr():
    return converted(types.BGR)

@pipeline_def
def sized():
    images = fn.external_source(name="IN", layout="HWC", dtype=types.UINT8)
    images, sizes = fn.resize(images, resize_longer=8, save_attrs=True)
    return images, sizes

@pipeline_def
def labelled():
    encoded, labels = fn.readers.file(files=["a.png"], name="Reader")
    return fn.decoders.image(encoded), labels

@pipeline_def
def expanded():
    images = fn.external_source(name="IN", layout="HWC", dtype=types.UINT8)
    return fn.expand_dims(images, axes=2)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of pipelines."""
    path = tmp_path / "p.py"
    path.write_text(TEXT)
    return path


@pytest.fixture
def images(tmp_path: Path) -> dict[str, Path]:
    """One picture, red alone."""
    levels = np.zeros((6, 4, 3), np.uint8)
    levels[..., 0] = 200
    PIL.Image.fromarray(levels).save(tmp_path / "a.png")
    return {"a": tmp_path / "a.png"}


@pytest.mark.parametrize("order", ["GRAY", "BGR"])
def test_a_colour_conversion_says_what_is_fed(file: Path, order: str) -> None:
    """The input has the channels from which the first operator converts them, and nobody has to be asked."""
    steps = dali.recipe(f"{file}:{'grey' if order == 'GRAY' else 'bgr'}").steps
    assert steps == (Decode(library="client", channels=order), Colour(source=order, target="RGB"))
    assert "channels" not in steps[0].defaulted


def test_captures_are_fed_what_the_pipeline_converts_from(file: Path, images: dict[str, Path]) -> None:
    """BGR is fed where BGR becomes RGB, so red stays red; pictures of one channel are refused in words."""
    ((_, made),) = dali.capture(f"{file}:bgr", images).finals()
    assert made[0, 0].tolist() == [200, 0, 0]
    with pytest.raises(InputError, match=r"takes pictures of one channel .* python:FILE\.py:FUNCTION"):
        dali.capture(f"{file}:grey", images)


@pytest.mark.parametrize("name", ["sized", "labelled"])
def test_labels_and_sizes_are_no_pictures(file: Path, name: str) -> None:
    """A second output of a reader or of a resize is not one that the model might get: nobody is asked to choose."""
    kinds = [step.kind for step in dali.recipe(f"{file}:{name}").steps]
    assert kinds[-1] == {"sized": "resize", "labelled": "orient"}[name]


def test_an_only_output_that_is_no_picture_is_not_offered_again(file: Path, images: dict[str, Path]) -> None:
    """The way on is another output where there is one, and the picture before where there is none."""
    with pytest.raises(
        SideError, match=r"has shape .* two or three axes; it is the only output: let the pipeline return"
    ):
        dali.capture(f"{file}:expanded", images)
