"""RKNN-Toolkit's config: constants of both toolkits, who swaps channels, and what a script does not tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelparity.errors import InputError, SkewError, UnsupportedStep
from pixelparity.recipes import Recipe
from pixelparity.recipes.canonical import canonical
from pixelparity.sources import rknn

IMAGENET = "mean_values=[[123.675, 116.28, 103.53]], std_values=[[58.395, 57.12, 57.375]]"


def read(tmp_path: Path, text: str, name: str = "convert.py") -> Recipe:
    """Return the recipe of a file with this text."""
    file = tmp_path / name
    file.write_text(text)
    return rknn.recipe(str(file))


def script(tmp_path: Path, arguments: str, before: str = "") -> Recipe:
    """Return the recipe of a script that calls config with these arguments."""
    text = f"from rknn.api import RKNN\n{before}\nrknn = RKNN(verbose=True)\nret = rknn.config({arguments})\n"
    return read(tmp_path, text + "rknn.load_onnx(model='m.onnx')\nrknn.build(do_quantization=True)\n")


def test_constants_of_toolkit_2(tmp_path: Path) -> None:
    """Means and deviations of levels are read as they stand; nobody says how pictures get to their size."""
    whole = script(tmp_path, IMAGENET + ", target_platform='rk3588', quantized_algorithm='mmse'")
    plain = canonical(whole)
    assert plain.normalize.mean == (123.675, 116.28, 103.53)
    assert plain.normalize.std == (58.395, 57.12, 57.375)
    assert plain.channels == "RGB"
    assert plain.geometry == ()
    assert "not in the file" in whole.steps[0].origin


def test_names_and_flat_lists(tmp_path: Path) -> None:
    """Constants may stand in names, in arithmetic, and without the list of inputs around them."""
    plain = canonical(script(tmp_path, "mean_values=MEAN, std_values=[127.5] * 3", "MEAN = [0.5 * 255] * 3"))
    assert (plain.normalize.mean, plain.normalize.std) == ((127.5,) * 3, (127.5,) * 3)


def test_constants_of_toolkit_1(tmp_path: Path) -> None:
    """Four numbers in a text are three means and the one deviation; '2 1 0' swaps in the model."""
    whole = script(tmp_path, "channel_mean_value='104 117 123 2', reorder_channel='2 1 0'")
    plain = canonical(whole)
    assert (plain.normalize.mean, plain.normalize.std, plain.channels) == ((104, 117, 123), (2, 2, 2), "BGR")
    assert whole.of_kind("colour")[0].origin == "reorder_channel"
    assert whole.of_kind("normalize")[0].origin == "channel_mean_value"
    same = canonical(script(tmp_path, "mean_values=[[104, 117, 123]], std_values=[[2, 2, 2]], reorder_channel='2 1 0'"))
    assert same.normalize == plain.normalize


def test_a_swap_for_calibration_is_the_callers(tmp_path: Path) -> None:
    """The model of toolkit 2 expects BGR where it was calibrated with it, and does not swap by itself."""
    (swap,) = script(tmp_path, IMAGENET + ", quant_img_RGB2BGR=True").of_kind("colour")
    assert "the caller does" in swap.origin
    assert not script(tmp_path, IMAGENET + ", quant_img_RGB2BGR=False").of_kind("colour")


def test_defaults_and_grey(tmp_path: Path) -> None:
    """Nothing given is mean 0 and deviation 1, by default; one constant in a list is a grey picture."""
    none = script(tmp_path, "target_platform='rk3588'")
    (step,) = none.of_kind("normalize")
    assert {"mean", "std"} <= step.defaulted
    assert canonical(none).normalize.mean == (0.0, 0.0, 0.0)
    grey = canonical(script(tmp_path, "mean_values=[[128]], std_values=[[256]]"))
    assert (grey.channels, grey.normalize.mean, grey.normalize.std) == ("GRAY", (128.0,), (256.0,))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"mean_values": [[104, 117, 123]], "std_values": [[1, 1, 1]], "quant_img_RGB2BGR": true}'),
        ("a.yml", "models:\n  configs:\n    mean_values: [104, 117, 123]\n    quant_img_RGB2BGR: true\n"),
        (
            "b.yaml",
            "graph:\n  in_0:\n    mean_values: 104,117,123\n    std_values: 1\n    img_type: BGR\n  out_0: {name: x}\n",
        ),
    ],
)
def test_files_of_settings(tmp_path: Path, name: str, text: str) -> None:
    """The same settings in JSON, in YAML under the model's name, and in the model zoo's graph are one recipe."""
    plain = canonical(read(tmp_path, text, name))
    assert (plain.normalize.mean, plain.normalize.std, plain.channels) == ((104, 117, 123), (1, 1, 1), "BGR")


@pytest.mark.parametrize(
    ("loads", "layout"),
    [
        ("r.load_onnx(model='m')", "CHW"),
        ("r.load_caffe(model='m')", "CHW"),
        ("r.load_tflite(model='m')", "HWC"),
        ("r.load_onnx(model='m')\nr.load_tflite(model='m')", "HWC"),
        ("r.load_rknn('m')", "HWC"),
    ],
)
def test_the_models_library_tells_the_order_of_axes(tmp_path: Path, loads: str, layout: str) -> None:
    """The toolkit turns pictures to channels first for the libraries that have them so, and no file says more."""
    assert canonical(read(tmp_path, f"r.config()\n{loads}\n")).layout == layout
    text = "models: {platform: onnx, configs: {mean_values: [1, 2, 3]}}\n"
    assert canonical(read(tmp_path, text, "a.yml")).layout == "CHW"


def test_one_number_in_a_graph_is_for_all_channels(tmp_path: Path) -> None:
    """A model zoo's graph writes one number where all channels have the same, as a number or as a text."""
    for written in ("128", "'128'"):
        plain = canonical(
            read(tmp_path, f"graph: {{in_0: {{mean_values: {written}, std_values: {written}}}}}\n", "a.yml")
        )
        assert (plain.normalize.mean, plain.channels) == ((128.0,) * 3, "RGB")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("mean_values=args.mean", "line 4: what 'args.mean'"),
        ("**config", r"\*\*"),
        ("mean_values=[[0, 0, 0], [1, 1, 1]]", "for 2 inputs"),
        ("reorder_channel='0 1 2#2 1 0'", "reorder_channel"),
        ("channel_mean_value='1 2 3'", "channel_mean_value '1 2 3'"),
        ("channel_mean_value='1 2 3 4', mean_values=[[1, 2, 3]]", "which one counts"),
        ("reorder_channel='2 1 0', quant_img_RGB2BGR=True", "keep one"),
    ],
)
def test_what_is_not_known_is_refused(tmp_path: Path, arguments: str, message: str) -> None:
    """What the source alone does not tell, and settings without one meaning, are named."""
    with pytest.raises(UnsupportedStep, match=message):
        script(tmp_path, arguments, "args = parse()")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.py", "print(1)\n", "calls no rknn.config"),
        ("a.py", "r.config(mean_values=[[1]])\nr.config(mean_values=[[2]])\n", "2 times"),
        ("a.py", "r.config(std_values=[[0, 1, 1]])\n", "std_values is"),
        ("a.py", "r.config(mean_values=[[1, 2]])\n", "one number or 3"),
        ("a.py", "r.config(quant_img_RGB2BGR='yes')\n", "quant_img_RGB2BGR is 'yes'"),
        ("a.yml", "a: 1\n", "a graph of 0 inputs"),
        ("a.yml", "graph: {in_0: {img_type: YUV}}\n", "img_type"),
        ("a.json", "[]", "holds no object"),
        ("a.rknn", "RKNN", "is no .py"),
    ],
)
def test_damage_is_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    """A file that is no such script or settings is one sentence that names the file."""
    with pytest.raises(SkewError, match=message) as raised:
        read(tmp_path, text, name)
    assert name in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_file(tmp_path: Path) -> None:
    """A path to nothing says so."""
    with pytest.raises(InputError, match="does not exist"):
        rknn.recipe(str(tmp_path / "none.py"))
