"""Files as users have them, of torchvision, timm and Hugging Face: read right, or refused with the way on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from torchvision import transforms as v1
from torchvision.models.segmentation import FCN_ResNet50_Weights
from torchvision.transforms import v2

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.recipes import Normalize, Resize
from pixelparity.sources import huggingface, timm, torchvision


@pytest.fixture
def picture(tmp_path: Path) -> dict[str, Path]:
    """One drawn picture of 40 x 61 pixels."""
    path = tmp_path / "drawn.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (40, 61, 3), dtype=np.uint8)).save(path)
    return {"drawn": path}


def test_transforms_that_make_a_picture_one_are_passed_over(picture: dict[str, Path]) -> None:
    """ToPILImage in front and RGB change nothing of an RGB picture; behind a grey picture or a tensor they do."""
    plain = v2.Compose([v2.Resize(32), v2.ToImage()])
    read = torchvision.recipe(v2.Compose([v2.ToPILImage(), v2.Resize(32), v2.RGB(), v2.ToImage()]))
    assert read.steps == torchvision.recipe(plain).steps
    made = torchvision.capture(v2.Compose([v2.ToPILImage(), v2.RGB(), v2.Resize(32), v2.ToImage()]), picture)
    (_, expected), (_, tensor) = *torchvision.capture(plain, picture).finals(), *made.finals()
    np.testing.assert_array_equal(tensor, expected)
    for transform in ([v2.Grayscale(1), v2.RGB()], [v1.ToTensor(), v1.ToPILImage()]):
        with pytest.raises(UnsupportedStep, match=r"\[1\] (RGB|ToPILImage): its meaning is not known"):
            torchvision.recipe(v1.Compose(transform))
    assert [step.kind for step in torchvision.recipe(v1.Compose([v1.ToPILImage()])).steps] == ["decode", "orient"]


def test_a_segmentations_preset_is_a_resize_and_no_crop(picture: dict[str, Path]) -> None:
    """The shorter edge to 520, then ImageNet's statistics: the capture is what the preset itself makes."""
    preset = FCN_ResNet50_Weights.DEFAULT.transforms()
    read = torchvision.recipe("FCN_ResNet50_Weights.DEFAULT")
    assert [step.kind for step in read.steps] == [
        "decode", "orient", "resize", "layout", "cast", "normalize", "normalize",
    ]  # fmt: skip
    (resize,), (_, normalize) = read.of_kind("resize"), read.of_kind("normalize")
    assert isinstance(resize, Resize)
    assert (resize.mode, resize.size) == ("shorter", 520)
    assert isinstance(normalize, Normalize)
    assert normalize.mean == (0.485, 0.456, 0.406)
    ((_, tensor),) = torchvision.capture(preset, picture).finals()
    with Image.open(picture["drawn"]) as opened:
        np.testing.assert_array_equal(tensor, np.asarray(preset(opened.convert("RGB"))))


def test_a_detectors_preset_says_where_the_rest_is() -> None:
    """It only converts: sizes and statistics are inside the model."""
    with pytest.raises(
        UnsupportedStep, match=r"the detector itself then normalises and resizes, in its model; .*python:"
    ):
        torchvision.recipe("FasterRCNN_ResNet50_FPN_Weights.COCO_V1")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ResNet50_Weights", "write one of ResNet50_Weights.IMAGENET1K_V1, ResNet50_Weights.IMAGENET1K_V2"),
        ("resnet50", "write one of ResNet50_Weights.IMAGENET1K_V1"),
        ("ResNet50_Weights.V9", "write one of ResNet50_Weights.IMAGENET1K_V1"),
        ("mnasnet9", "write WEIGHTS.MEMBER, such as ResNet50_Weights.IMAGENET1K_V2"),
    ],
)
def test_a_model_without_its_weights_is_told_them(name: str, said: str) -> None:
    """Which weights there are stands in the message."""
    with pytest.raises(InputError, match=said):
        torchvision.recipe(name)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"input_size": [1, 128, 998], "mean": [-4.27], "std": [4.57]}, r"mean is \[-4.27\].*spectrograms"),
        ({"interpolation": "random"}, "only nearest, .* are; capture what runs it: python"),
        ({"crop_mode": "own"}, "only center, squash, border are; capture what runs it: python"),
        (
            {"crop_pct": 0.9, "crop_border_pixels": 4},
            "crop_border_pixels is not supported; capture what runs it: python",
        ),
    ],
)
def test_timm_says_the_way_on(content: dict[str, Any], said: str) -> None:
    """What is no picture, or has no known meaning, comes in as tensors or as a function."""
    with pytest.raises(UnsupportedStep, match=said):
        timm.recipe(content)


def test_a_models_config_is_told_from_a_processors() -> None:
    """The config.json of a model names its preprocessing nowhere; the file beside it does."""
    with pytest.raises(
        UnsupportedStep, match=r"it is a model's config\.json; the preprocessing is in preprocessor_config"
    ):
        huggingface.recipe({"model_type": "vit", "hidden_size": 768, "architectures": ["ViTForImageClassification"]})
