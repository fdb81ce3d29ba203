"""OpenCLIP's configs: its three resize modes, its defaults, and where the size comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from torchvision import transforms

from pixelparity.errors import InputError, SkewError, UnsupportedStep
from pixelparity.recipes import Crop, Recipe, Resize
from pixelparity.recipes.canonical import canonical
from pixelparity.sources import openclip, torchvision


def read(tmp_path: Path, preprocess: dict[str, Any], size: Any = None) -> Recipe:
    """Return the recipe of a config with this preprocessing and this size of the model."""
    file = tmp_path / "open_clip_config.json"
    vision = {} if size is None else {"image_size": size, "layers": 12}
    file.write_text(json.dumps({"model_cfg": {"embed_dim": 512, "vision_cfg": vision}, "preprocess_cfg": preprocess}))
    return openclip.recipe(str(tmp_path))


def geometry(recipe: Recipe) -> tuple[Resize, Crop | None]:
    """Return the resize and the window."""
    (resize,), windows = recipe.of_kind("resize"), recipe.of_kind("crop")
    assert isinstance(resize, Resize)
    window = windows[0] if windows else None
    assert window is None or isinstance(window, Crop)
    return resize, window


def test_defaults_are_clips(tmp_path: Path) -> None:
    """An empty preprocessing is CLIP's: shorter edge, bicubic, the middle, its constants; nobody chose any of it."""
    whole = read(tmp_path, {})
    resize, crop = geometry(whole)
    assert (resize.mode, resize.size, resize.kernel, resize.antialias) == ("shorter", 224, "cubic", True)
    assert crop is not None
    assert (crop.height, crop.width, crop.out_of_bounds) == (224, 224, "pad")
    assert {"mode", "size", "kernel"} <= resize.defaulted
    assert canonical(whole).normalize.mean == pytest.approx([255 * m for m in (0.48145466, 0.4578275, 0.40821073)])


def test_the_shortest_edge_is_torchvisions(tmp_path: Path) -> None:
    """For a square it is torchvision's own Resize, CenterCrop, ToTensor and Normalize, step for step."""
    mean, std = openclip.DEFAULTS["mean"], openclip.DEFAULTS["std"]
    bicubic = transforms.InterpolationMode.BICUBIC
    parts = [
        transforms.Resize(56, bicubic),
        transforms.CenterCrop(56),
        transforms.ToTensor(),
        transforms.Normalize(mean, std),
    ]
    same = transforms.Compose(parts)
    assert read(tmp_path, {"size": 56}).steps == torchvision.recipe(same).steps


@pytest.mark.parametrize(
    ("settings", "size", "mode", "kernel", "window"),
    [
        ({"resize_mode": "squash", "interpolation": "bilinear"}, 384, "stretch", "linear", False),
        ({"resize_mode": "longest", "fill_color": 127}, [320, 256], "not_larger", "cubic", True),
        ({"resize_mode": "shortest", "interpolation": "bilinear"}, [320, 256], "not_smaller", "cubic", True),
        ({"interpolation": "random"}, 256, "shorter", "cubic", True),
    ],
)
def test_modes(tmp_path: Path, settings: dict[str, Any], size: Any, mode: str, kernel: str, window: bool) -> None:
    """Squash stretches, longest fits and fills, shortest covers; not square, the interpolation is not handed on."""
    resize, crop = geometry(read(tmp_path, settings, size))
    assert (resize.mode, resize.kernel, crop is not None) == (mode, kernel, window)
    if mode == "not_larger":
        assert crop is not None
        assert (crop.fill, "fill" in crop.defaulted) == ((127.0,), False)
    if mode == "not_smaller":
        assert "kernel" in resize.defaulted


def test_the_models_size_counts(tmp_path: Path) -> None:
    """The size of the model is taken over that of the preprocessing, as OpenCLIP does."""
    resize, _ = geometry(read(tmp_path, {"size": 224}, 336))
    assert resize.size == 336
    assert "vision_cfg.image_size" in resize.origin


def test_fitting_and_filling_against_pillow(tmp_path: Path) -> None:
    """A wide picture fitted into 8 x 8 is 8 wide, 3 high, and 2 rows of the fill lie above and 3 below."""
    resize, crop = geometry(read(tmp_path, {"resize_mode": "longest", "fill_color": 9, "size": 8}))
    picture = Image.fromarray(np.full((30, 80, 3), 200, np.uint8))
    assert crop is not None
    scale = min((resize.height or 0) / 30, (resize.width or 0) / 80)
    small = np.asarray(picture.resize((round(80 * scale), round(30 * scale)), Image.Resampling.BICUBIC))
    assert small.shape == (3, 8, 3)
    assert ((crop.height or 0) - 3) // 2 == 2
    assert crop.position == "centre"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"resize_mode": "crop"}, "resize_mode 'crop'"),
        ({"interpolation": "nearest"}, "interpolation 'nearest'"),
        ({"mode": "L"}, "mode 'L'"),
        ({"crop_pct": 0.9}, "crop_pct"),
    ],
)
def test_what_is_not_known_is_refused(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    """A mode, a kernel or a setting of another library is named."""
    with pytest.raises(UnsupportedStep, match=message):
        read(tmp_path, settings)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "no preprocess_cfg"),
        ('{"preprocess_cfg": 3}', "preprocess_cfg is 3"),
        ('{"preprocess_cfg": {"size": [1, 2, 3]}}', "size is"),
        ('{"preprocess_cfg": {"std": [0, 1, 1]}}', "std is"),
        ('{"preprocess_cfg": {"mean": [0.5]}}', "mean is"),
        ('{"preprocess_cfg": {"fill_color": -1}}', "fill_color is"),
        ('{"preprocess_cfg": {"fill_color": 256}}', "fill_color is"),
        ('{"preprocess_cfg": {}, "model_cfg": {"vision_cfg": 3}}', "vision_cfg is 3"),
        ("[", "not a readable"),
    ],
)
def test_damage_is_named(tmp_path: Path, text: str, message: str) -> None:
    """A file that is no such config is one sentence that names it."""
    file = tmp_path / "open_clip_config.json"
    file.write_text(text)
    with pytest.raises(SkewError, match=message) as raised:
        openclip.recipe(str(file))
    assert str(file) in str(raised.value)


def test_a_missing_file(tmp_path: Path) -> None:
    """A path to nothing says so."""
    with pytest.raises(InputError, match="does not exist"):
        openclip.recipe(str(tmp_path / "none.json"))


def test_the_tower_of_another_project_is_refused(tmp_path: Path) -> None:
    """A vision tower with settings that OpenCLIP does not have may be fed otherwise: patches of many sizes, say."""
    file = tmp_path / "open_clip_config.json"
    vision = {"image_size": 224, "patch_size": 14, "npatch": 400}
    file.write_text(json.dumps({"model_cfg": {"vision_cfg": vision}, "preprocess_cfg": {}}))
    with pytest.raises(
        UnsupportedStep, match=r"vision_cfg has 'npatch', which OpenCLIP does not know.*python:FILE\.py"
    ):
        openclip.recipe(str(file))
