"""DeepStream's Gst-nvinfer: the settings that decide what a network is fed, their defaults, and what no config says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.recipes import Cast, Colour, Layout, Normalize, Pad, Recipe, Resize
from pixelparity.sources import nvinfer
from tests.sources.simulating import simulate, target

HEAD = "# a detector\n[property]\ngpu-id=0\ninfer-dims=3;48;64\n"
FULL = HEAD + (
    "net-scale-factor=0.0039215697906911373\noffsets=123.675;116.28;103.53\nmodel-color-format=1\nmaintain-aspect-ratio=1\n"
    "symmetric-padding=1\nscaling-filter=1\nscaling-compute-hw=1\nonnx-file=model.onnx\n\n[class-attrs-all]\ntopk=3\n"
    "net-scale-factor=9\n"
)


def read(folder: Path, text: str, name: str = "config.txt") -> Recipe:
    """Return the recipe of a config."""
    (folder / name).write_text(text)
    return nvinfer.recipe(folder / name)


def test_a_config_is_read_in_order(tmp_path: Path) -> None:
    """Scale, border, order of channels, type, offsets, factor and layout are the plug-in's own order."""
    assert read(tmp_path, FULL).steps == (
        Resize(mode="not_larger", height=48, width=64, kernel="linear", antialias=False, subpixel=False,
               library="nvbufsurftransform", rounding="floor"),
        Pad(height=48, width=64, position="centre", fill=(0.0,)), Colour(source="RGB", target="BGR"), Cast(dtype="float32"),
        Normalize(mean=(123.675, 116.28, 103.53)), Normalize(scale=0.0039215697906911373), Layout(source="HWC", target="CHW"),
    )  # fmt: skip


def test_defaults_are_the_plug_ins(tmp_path: Path) -> None:
    """A config with a size alone stretches by the nearest pixel, in RGB, with a factor of 1 and no offsets, none of it chosen."""
    resize, cast, mean, scale, layout = read(tmp_path, HEAD).steps
    assert isinstance(resize, Resize)
    assert isinstance(mean, Normalize)
    assert isinstance(scale, Normalize)
    assert (resize.mode, resize.kernel, mean.mean, scale.scale) == ("stretch", "nearest", (0.0, 0.0, 0.0), 1.0)
    for step, name in ((resize, "mode"), (resize, "kernel"), (mean, "mean"), (scale, "scale"), (layout, "target")):
        assert name in step.defaulted
    assert not {"height", "width"} & resize.defaulted
    assert cast == Cast(dtype="float32")


def test_the_function_is_worked_out(tmp_path: Path) -> None:
    """A blue level of 200 with an offset of 123 and a factor of 0.5 is 38.5, in the first channel of a BGR network."""
    text = HEAD + "net-scale-factor=0.5\noffsets=123;0;0\nmodel-color-format=1\n"
    values = simulate(read(tmp_path, text).steps[1:], np.array([[[10, 20, 200]]], np.uint8))
    assert values[:, 0, 0].tolist() == [38.5, 10.0, 5.0]


def test_a_kept_ratio_is_cut_off(tmp_path: Path) -> None:
    """Of 131 x 80 to 64 x 48 the height would be 39.08: it becomes 39, and the picture lies at the top left by default."""
    resize, pad = read(tmp_path, HEAD + "maintain-aspect-ratio=true\n").steps[:2]
    assert isinstance(resize, Resize)
    assert isinstance(pad, Pad)
    assert target(resize, 80, 131) == (39, 64)
    assert (pad.position, pad.fill, "position" in pad.defaulted) == ("top_left", (0.0,), True)


def test_yaml_is_the_same(tmp_path: Path) -> None:
    """The group ``property`` of a YAML config is read as the group of a key file is."""
    text = "property:\n  gpu-id: 0\n  infer-dims: 3;48;64 # c;h;w\n  net-scale-factor: 0.5\n  offsets: '1;2;3'\nb:\n  c: 1\n"
    other = HEAD + "net-scale-factor=0.5\noffsets=1;2;3\n"
    assert read(tmp_path, text, "config.yml").steps == read(tmp_path, other).steps


def test_grey_and_channels_last(tmp_path: Path) -> None:
    """One channel has one offset, and a network with channels last gets no transposition."""
    text = "[property]\ninfer-dims=1;8;8\nmodel-color-format=2\noffsets=127.5;\nnetwork-input-order=1\nprocess-mode=2\n"
    found = read(tmp_path, text)
    assert [step.kind for step in found.steps] == ["resize", "colour", "cast", "normalize", "normalize"]
    assert found.steps[3] == Normalize(mean=(127.5,))
    assert "the box of an object" in found.steps[0].origin


def test_old_names_of_the_size(tmp_path: Path) -> None:
    """``input-dims`` with the order 0 is channels, height and width; infer-dims goes before it."""
    (resize,) = read(tmp_path, "[property]\nuff-input-dims=3;20;30;0\n").of_kind("resize")
    assert isinstance(resize, Resize)
    assert (resize.height, resize.width) == (20, 30)
    (resize,) = read(tmp_path, HEAD + "input-dims=3;20;30;0\n").of_kind("resize")
    assert isinstance(resize, Resize)
    assert resize.height == 48


@pytest.mark.parametrize(
    ("number", "kernel"), [(0, "nearest"), (1, "linear"), (2, "cubic"), (4, "lanczos"), (6, "nearest")]
)
def test_filters_on_a_gpu(tmp_path: Path, number: int, kernel: str) -> None:
    """The numbers of the filters are those of NvBufSurfTransform on a GPU."""
    (resize,) = read(tmp_path, HEAD + f"scaling-filter={number}\nscaling-compute-hw=1\n").of_kind("resize")
    assert isinstance(resize, Resize)
    assert resize.kernel == kernel
    assert "kernel" not in resize.defaulted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[property]\ngpu-id=0\n", r"no infer-dims, .*behind the file, #HEIGHTxWIDTH.*python:FILE\.py"),
        (HEAD + "mean-file=mean.ppm\n", "mean-file names a picture"),
        (HEAD + "input-tensor-from-meta=1\n", "made by Gst-nvdspreprocess"),
        (HEAD + "scaling-filter=3\nscaling-compute-hw=1\n", "scaling-filter 3 has no known meaning; 0"),
        (HEAD + "scaling-filter=2\n", "scaling-filter 2 has no known meaning where scaling-compute-hw does not say"),
        ("[property]\ninput-dims=20;30;3;1\n", r"only channels;height;width;0 is known"),
    ],
)
def test_what_no_config_says_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """A size, a mean picture, a tensor from elsewhere and a filter that depends on the machine are one sentence each."""
    with pytest.raises(UnsupportedStep, match=message):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[application]\nx=1\n", r"has no group \[property\]"),
        (HEAD + "net-scale-factor=1/255\n", "net-scale-factor is '1/255', use numbers"),
        (HEAD + "net-scale-factor=0\n", "scale is 0.0, use a finite number"),
        (HEAD + "offsets=1;2\n", "offsets has 2 numbers where the network has 3 channels"),
        (HEAD + "model-color-format=5\n", r"use 0 \(RGB\)"),
        (HEAD + "model-color-format=2\n", "infer-dims has 3 channels"),
        (HEAD + "maintain-aspect-ratio=maybe\n", "maintain-aspect-ratio is 'maybe'"),
        ("[property]\ninfer-dims=3;0;64\n", "infer-dims is .* use a list of 3 values"),
        (HEAD + "scaling-filter=one\n", "use a whole number"),
        (HEAD + "network-input-order=7\n", "network-input-order is 7"),
        (HEAD + "process-mode=3\n", "process-mode is 3"),
    ],
)
def test_wrong_values_are_named(tmp_path: Path, text: str, message: str) -> None:
    """A value that the plug-in would not take is named with what it may be."""
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


def test_the_config_of_the_server_element_is_named(tmp_path: Path) -> None:
    """Gst-nvinferserver has a format of its own: the message says that it is one, and the way on."""
    with pytest.raises(UnsupportedStep, match=r"config of Gst-nvinferserver .*python:FILE\.py:FUNCTION"):
        read(tmp_path, "infer_config {\n  preprocess {\n    normalize { scale_factor: 1.0 }\n  }\n}\n")


def test_the_models_size_may_stand_behind_the_file(tmp_path: Path) -> None:
    """A config without a size takes the model's from the side; one that has its own contradicts it."""
    own = "maintain-aspect-ratio=1\noffsets=1;2;3\n"
    (tmp_path / "c.txt").write_text("[property]\n" + own)
    (tmp_path / "own.txt").write_text(HEAD + own)
    assert nvinfer.recipe(f"{tmp_path}/c.txt#48x64").steps == nvinfer.recipe(tmp_path / "own.txt").steps
    for side, message in (("c.txt#48", "#48 is no size"), ("own.txt#48x64", "its infer-dims is 3;48;64 already")):
        with pytest.raises(InputError, match=message):
            nvinfer.recipe(f"{tmp_path}/{side}")


def test_files_that_are_none_are_named(tmp_path: Path) -> None:
    """A missing file and one that is no text are one clear error each."""
    with pytest.raises(InputError, match="cannot be read"):
        nvinfer.recipe(tmp_path / "none.txt")
    (tmp_path / "b.txt").write_bytes(b"\xff\xfe[property]")
    with pytest.raises(InputError, match="no UTF-8 text"):
        nvinfer.recipe(tmp_path / "b.txt")
