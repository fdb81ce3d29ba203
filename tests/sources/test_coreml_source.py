"""Core ML's ImageType in scripts: scale before bias, the order of channels and of axes, and what is left to the app."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelparity.errors import InputError, SkewError, UnsupportedStep
from pixelparity.recipes import Recipe
from pixelparity.recipes.canonical import canonical
from pixelparity.sources import coreml


def read(tmp_path: Path, arguments: str, before: str = "import torch", more: str = "") -> Recipe:
    """Return the recipe of a script with one ImageType."""
    path = tmp_path / "convert.py"
    path.write_text(
        f"import coremltools as ct\n{before}\nm = ct.convert(net, inputs=[ct.ImageType({arguments})]{more})\n"
    )
    return coreml.recipe(str(path))


def test_scale_comes_before_bias(tmp_path: Path) -> None:
    """x / 127.5 - 1 is (x - 127.5) / 127.5; the app brings the size."""
    whole = read(tmp_path, "name='x', shape=(1, 3, 224, 224), scale=1 / 127.5, bias=[-1, -1, -1]")
    plain = canonical(whole)
    assert plain.normalize.mean == pytest.approx((127.5,) * 3)
    assert plain.normalize.std == pytest.approx((127.5,) * 3)
    assert (plain.layout, plain.channels, plain.geometry) == ("CHW", "RGB", ())
    assert "not in the script" in whole.steps[0].origin


def test_a_bias_of_each_channel(tmp_path: Path) -> None:
    """Biases of -mean / std with one scale of 1 / (255 std) are the usual constants, in the order of the layout."""
    biases = "bias=[-0.406 / 0.226, -0.456 / 0.226, -0.485 / 0.226]"
    plain = canonical(read(tmp_path, f"color_layout=ct.colorlayout.BGR, scale=1 / (0.226 * 255.0), {biases}"))
    assert plain.channels == "BGR"
    assert plain.normalize.mean == pytest.approx((103.53, 116.28, 123.675))
    assert plain.normalize.std == pytest.approx((57.63,) * 3)
    each = canonical(read(tmp_path, "scale=[0.5, 0.25, 0.125], bias=[1, 1, 1]"))
    assert (each.normalize.mean, each.normalize.std) == ((-2.0, -4.0, -8.0), (2.0, 4.0, 8.0))


def test_defaults_are_nobodys_choice(tmp_path: Path) -> None:
    """Without arguments, levels go in as they are, in RGB."""
    whole = read(tmp_path, "shape=example.shape")
    (step,) = whole.of_kind("normalize")
    assert {"scale", "mean"} <= step.defaulted
    assert "channels" in whole.steps[0].defaulted
    assert canonical(read(tmp_path, "color_layout='G', scale=0.5, bias=1.0")).channels == "GRAY"


@pytest.mark.parametrize(
    ("arguments", "before", "layout"),
    [
        ("shape=(1, 224, 224, 3)", "import torch", "HWC"),
        ("shape=SHAPE", "SHAPE = (1, 3, 9, 9)", "CHW"),
        ("channel_first=True", "import tensorflow as tf", "CHW"),
        ("shape=x.shape", "import tensorflow as tf", "HWC"),
        ("shape=(1, 3, ct.RangeDim(), 3)", "from torch import nn", "CHW"),
    ],
)
def test_the_order_of_axes(tmp_path: Path, arguments: str, before: str, layout: str) -> None:
    """It is what is said, else what the shape shows, else what the model's library has."""
    assert canonical(read(tmp_path, arguments, before)).layout == layout


def test_outputs_are_no_inputs(tmp_path: Path) -> None:
    """A picture that the model puts out is passed over."""
    more = ", outputs=[ct.ImageType(name='y', color_layout=ct.colorlayout.BGR)]"
    assert canonical(read(tmp_path, "scale=0.5", more=more)).channels == "RGB"


@pytest.mark.parametrize(
    ("arguments", "before", "message"),
    [
        ("scale=args.scale", "import torch\nargs = f()", "args.scale"),
        ("color_layout=ct.colorlayout.GRAYSCALE_FLOAT16", "import torch", "GRAYSCALE_FLOAT16"),
        ("shape=x.shape", "", "write channel_first"),
        ("shape=x.shape", "import torch\nimport tensorflow", "write channel_first"),
        ("scale=0.5", "import torch\nct.ImageType()", "2 ImageType"),
        ("scale=0.5", "ct.convert(net, red_bias=1)", "coremltools 3"),
    ],
)
def test_what_is_not_known_is_refused(tmp_path: Path, arguments: str, before: str, message: str) -> None:
    """Values from outside, and orders that nothing in the script tells, are named."""
    with pytest.raises(UnsupportedStep, match=message):
        read(tmp_path, arguments, before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("scale=0", "scale is 0"),
        ("bias=[1, 2]", "bias is"),
        ("scale=[1, 2]", "one number or 3"),
        ("channel_first=3", "channel_first is 3"),
    ],
)
def test_values_are_checked(tmp_path: Path, arguments: str, message: str) -> None:
    """A value that coremltools cannot compute with is named with the file."""
    with pytest.raises(SkewError, match=message) as raised:
        read(tmp_path, arguments)
    assert "convert.py" in str(raised.value)


def test_other_files(tmp_path: Path) -> None:
    """A saved model, a script without a picture and a path to nothing say what to give."""
    with pytest.raises(InputError, match="only the script that converted it"):
        coreml.recipe("net.mlpackage")
    with pytest.raises(InputError, match="does not exist"):
        coreml.recipe(str(tmp_path / "none.py"))
    (tmp_path / "a.py").write_text("x = 1\n")
    with pytest.raises(UnsupportedStep, match="0 ImageType"):
        coreml.recipe(str(tmp_path / "a.py"))
