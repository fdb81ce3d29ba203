"""TAO's classification specs: its three modes, its window, its means by name, and specs of other networks."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelparity.errors import InputError, SkewError, UnsupportedStep
from pixelparity.recipes import Crop, Recipe, Resize
from pixelparity.recipes.canonical import canonical
from pixelparity.sources import tao

MODEL = 'input_image_size: "3,224,224"'


def read(tmp_path: Path, model: str = MODEL, train: str = "n_epochs: 8", evaluation: str = "top_k: 3") -> Recipe:
    """Return the recipe of a spec of three parts."""
    path = tmp_path / "spec.cfg"
    path.write_text(
        f"# ours\nmodel_config {{\n  arch: 'resnet'  # 18\n  {model}\n}}\n"
        f"train_config {{\n  optimizer {{ sgd {{ lr: 1e-2 }} }}\n  {train}\n}}\neval_config: {{ {evaluation} }}\n"
    )
    return tao.recipe(str(path))


def test_defaults_are_caffes(tmp_path: Path) -> None:
    """Without a mode, pictures are stretched by Pillow, and come as BGR less the means, channels first."""
    whole = read(tmp_path)
    (resize,) = whole.of_kind("resize")
    assert isinstance(resize, Resize)
    assert (resize.mode, resize.height, resize.kernel, resize.antialias) == ("stretch", 224, "linear", True)
    assert "kernel" in resize.defaulted
    plain = canonical(whole)
    assert (plain.channels, plain.layout) == ("BGR", "CHW")
    assert (plain.normalize.mean, plain.normalize.std) == ((103.939, 116.779, 123.68), (1.0, 1.0, 1.0))
    (step,) = whole.of_kind("normalize")
    assert "mean" in step.defaulted


@pytest.mark.parametrize(
    ("mode", "red"), [("tf", (200 - 127.5) / 127.5), ("torch", (200 / 255 - 0.485) / 0.224)], ids=["tf", "torch"]
)
def test_modes(tmp_path: Path, mode: str, red: float) -> None:
    """A level of 200 becomes what the mode's formula says; torch's divides by 0.224 in all channels."""
    plain = canonical(read(tmp_path, train=f'preprocess_mode: "{mode}"'))
    assert plain.channels == "RGB"
    assert (200 - plain.normalize.mean[0]) / plain.normalize.std[0] == pytest.approx(red)
    assert len(set(plain.normalize.std)) == 1


def test_a_window(tmp_path: Path) -> None:
    """The window is cut out of a picture that covers 32 pixels more both ways."""
    whole = read(tmp_path, MODEL + " resize_interpolation_method: BICUBIC", evaluation="enable_center_crop: True")
    (resize,), (crop,) = whole.of_kind("resize"), whole.of_kind("crop")
    assert isinstance(resize, Resize)
    assert isinstance(crop, Crop)
    assert (resize.mode, resize.height, resize.width, resize.rounding) == ("not_smaller", 256, 256, "floor")
    assert (resize.kernel, "kernel" in resize.defaulted) == ("cubic", False)
    assert (crop.height, crop.rounding) == (224, "half_even")


@pytest.mark.parametrize("width", range(224, 260))
def test_two_roundings_are_one(width: int) -> None:
    """Where 4 divides the window, half of the picture less half of the window is half of the room, rounded to even."""
    assert round(width / 2) - round(224 / 2) == round((width - 224) / 2)


def test_means_by_name_and_grey(tmp_path: Path) -> None:
    """Means are named in any order and come as BGR; a grey picture has the one of its own."""
    named = " ".join(
        f"image_mean {{ key: '{key}' value: {value} }}" for key, value in (("r", 3.0), ("b", 1.0), ("g", 2.0))
    )
    assert canonical(read(tmp_path, train=named)).normalize.mean == (1.0, 2.0, 3.0)
    grey = canonical(read(tmp_path, 'input_image_size: "1,64,32"'))
    assert (grey.channels, grey.normalize.mean) == ("GRAY", (117.3786,))


def test_other_specs_are_refused(tmp_path: Path) -> None:
    """A spec of a detector, one of TAO 5, and a window that 4 does not divide are named."""
    (tmp_path / "d.txt").write_text("dataset_config { a: 1 } model_config { b: 2 }")
    with pytest.raises(UnsupportedStep, match="other networks of TAO"):
        tao.recipe(str(tmp_path / "d.txt"))
    with pytest.raises(UnsupportedStep, match="spec of TAO 5"):
        tao.recipe("spec.yaml")
    with pytest.raises(UnsupportedStep, match="unless 4 divides both"):
        read(tmp_path, 'input_image_size: "3,226,224"', evaluation="enable_center_crop: true")
    with pytest.raises(UnsupportedStep, match="preprocess_mode 'none'"):
        read(tmp_path, train="preprocess_mode: 'none'")
    with pytest.raises(UnsupportedStep, match="resize_interpolation_method '7'"):
        read(tmp_path, MODEL + " resize_interpolation_method: 7")


@pytest.mark.parametrize(
    ("model", "train", "message"),
    [
        ("n_layers: 18", "n: 1", "input_image_size is None"),
        ('input_image_size: "224,224,3"', "n: 1", "224 channels"),
        ('input_image_size: "3,8,8"', "n: 1", "height is 8"),
        (MODEL + "{ a }", "n: 1", "no value"),
        (MODEL, "image_mean { key: 'r' value: 1.0 }", "use one of each of b, g, r"),
        (MODEL, "image_mean { key: 'r' value: red }", "use key"),
        (MODEL, "image_mean: 3", "image_mean is '3'"),
        (MODEL, "a {", "not closed"),
        (MODEL, "a { " * 20, "nested too deeply"),
        (MODEL, "a: (", "line 8"),
    ],
)
def test_damage_is_named(tmp_path: Path, model: str, train: str, message: str) -> None:
    """A damaged spec is one sentence that names the file."""
    with pytest.raises(SkewError, match=message) as raised:
        read(tmp_path, model, train)
    assert "spec.cfg" in str(raised.value)


def test_a_missing_file(tmp_path: Path) -> None:
    """A path to nothing says so."""
    with pytest.raises(InputError, match="does not exist"):
        tao.recipe(str(tmp_path / "none.txt"))
