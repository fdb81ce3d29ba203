"""Paddle's exports: classification and detection, the order of sizes, scales written as divisions, and refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelparity.errors import InputError, SkewError, UnsupportedStep
from pixelparity.recipes import Crop, Pad, Recipe, Resize
from pixelparity.recipes.canonical import canonical
from pixelparity.sources import paddle, protocol

CLASSIFICATION = """
Global: {model_name: PP-LCNet}
PreProcess:
  transform_ops:
  - ResizeImage: {resize_short: 256}
  - CropImage: {size: 224}
  - NormalizeImage:
      channel_num: 3
      mean: [0.485, 0.456, 0.406]
      order: ''
      scale: 1.0/255.0
      std: [0.229, 0.224, 0.225]
  - ToCHWImage: null
PostProcess: {Topk: {topk: 5}}
"""


def read(tmp_path: Path, text: str, file: str = "inference.yml") -> Recipe:
    """Return the recipe of a file with this text."""
    path = tmp_path / file
    path.write_text(text)
    return paddle.recipe(str(path))


def ops(tmp_path: Path, *lines: str) -> Recipe:
    """Return the recipe of PaddleClas' transforms, one a line."""
    return read(tmp_path, "PreProcess:\n  transform_ops:\n" + "".join(f"  - {line}\n" for line in lines))


def detection(tmp_path: Path, *lines: str) -> Recipe:
    """Return the recipe of PaddleDetection's transforms, one a line."""
    return read(tmp_path, "arch: YOLO\nPreprocess:\n" + "".join(f"- {{{line}}}\n" for line in lines), "infer_cfg.yml")


def resize_of(recipe: Recipe) -> Resize:
    """Return the only resize."""
    (resize,) = recipe.of_kind("resize")
    assert isinstance(resize, Resize)
    return resize


def test_classification(tmp_path: Path) -> None:
    """OpenCV's decoder and resize, a window that rounds down, (x / 255 - mean) / std, and channels first, all in RGB."""
    whole = read(tmp_path, CLASSIFICATION)
    assert [step.kind for step in whole.steps] == [
        "decode", "orient", "colour", "resize", "crop", "cast", "normalize", "layout",
    ]  # fmt: skip
    resize = resize_of(whole)
    assert (resize.mode, resize.size, resize.kernel, resize.library) == ("shorter", 256, "linear", "opencv")
    assert (resize.rounding, resize.antialias, "kernel" in resize.defaulted) == ("half_even", False, True)
    plain = canonical(whole)
    assert plain.normalize.mean == pytest.approx((123.675, 116.28, 103.53))
    assert (plain.channels, plain.layout) == ("RGB", "CHW")


def test_sizes_are_width_first(tmp_path: Path) -> None:
    """A size of two numbers is width and height, of the resize and of the window."""
    whole = ops(
        tmp_path, "ResizeImage: {size: [200, 100], interpolation: bicubic, backend: pil}", "CropImage: {size: [60, 50]}"
    )
    resize = resize_of(whole)
    assert (resize.height, resize.width, resize.kernel) == (100, 200, "cubic")
    assert (resize.library, resize.antialias) == ("pillow", True)
    (crop,) = whole.of_kind("crop")
    assert isinstance(crop, Crop)
    assert (crop.height, crop.width, crop.rounding, crop.out_of_bounds) == (50, 60, "floor", "error")


def test_decoders(tmp_path: Path) -> None:
    """BGR stays where it is asked for; half floats come last."""
    assert canonical(ops(tmp_path, "DecodeImage: {img_mode: BGR}", "ToCHWImage:")).channels == "BGR"
    assert canonical(ops(tmp_path, "DecodeImage: {to_rgb: false}", "ToCHWImage:")).channels == "BGR"
    half = canonical(ops(tmp_path, "NormalizeImage: {output_fp16: true}"))
    assert (half.dtype, half.normalize.std) == ("float16", pytest.approx((58.395, 57.12, 57.375)))


def test_detection(tmp_path: Path) -> None:
    """A stretch by number 2 is bicubic; is_scale divides by 255; padding is below and to the right, to a multiple."""
    whole = detection(
        tmp_path, "type: Resize, target_size: [608, 640], keep_ratio: false, interp: 2",
        "type: NormalizeImage, is_scale: true, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], norm_type: mean_std",
        "type: Permute", "type: PadStride, stride: 32",
    )  # fmt: skip
    resize = resize_of(whole)
    assert (resize.mode, resize.height, resize.width, resize.kernel) == ("stretch", 608, 640, "cubic")
    assert canonical(whole).normalize.mean == (127.5, 127.5, 127.5)
    (pad,) = whole.of_kind("pad")
    assert isinstance(pad, Pad)
    assert (pad.divisor, pad.position, pad.fill) == (32, "top_left", (0.0,))


def test_a_kept_ratio(tmp_path: Path) -> None:
    """The shorter edge aims at the smaller number, the longer one is capped by the larger; one number is a box."""
    both = resize_of(detection(tmp_path, "type: Resize, target_size: [800, 1333], keep_ratio: true, interp: 1"))
    assert (both.mode, both.size, both.max_size, both.subpixel, both.rounding) == (
        "shorter",
        800,
        1333,
        True,
        "half_even",
    )
    one = resize_of(detection(tmp_path, "type: Resize, target_size: 640"))
    assert (one.mode, one.size, "mode" in one.defaulted) == ("longer", 640, True)


def test_no_mean_is_a_scale(tmp_path: Path) -> None:
    """With norm_type none, the constants are passed over; a stride of 0 pads nothing."""
    whole = detection(
        tmp_path,
        "type: NormalizeImage, is_scale: true, mean: [9, 9, 9], std: [1, 1, 1], norm_type: none",
        "type: PadStride, stride: 0",
    )
    assert canonical(whole).normalize.std == pytest.approx((255.0,) * 3)
    assert canonical(whole).normalize.mean == (0.0, 0.0, 0.0)
    assert not whole.of_kind("pad")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("RandCropImage: {size: 224}", r"transform_ops\[0\] RandCropImage: its meaning"),
        ("ResizeImage: {size: 4, interpolation: random}", "interpolation 'random'"),
        ("ResizeImage: {size: 4, backend: torch}", "backend 'torch'"),
        ("ResizeImage: {size: 4, keep: 1}", "'keep'"),
        ("NormalizeImage: {channel_num: 4}", "channel_num 4"),
        ("DecodeImage: {channel_first: true}", "channel_first"),
        ("DecodeImage: {img_mode: GRAY}", "img_mode 'GRAY'"),
    ],
)
def test_what_is_not_known_is_refused(tmp_path: Path, line: str, message: str) -> None:
    """A transform, a setting or a word without a meaning is named with its place."""
    with pytest.raises(UnsupportedStep, match=message):
        ops(tmp_path, line)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Global: 1\n", "none of PreProcess"),
        ("PreProcess: 3\n", "PreProcess is 3"),
        ("PreProcess: {transform_ops: [3]}\n", "transform_ops is"),
        ("PreProcess: {transform_ops: [{A: 1, B: 2}]}\n", "2 names"),
        ("PreProcess: {transform_ops: [{CropImage: {}}]}\n", "size is None"),
        ("PreProcess: {transform_ops: [{NormalizeImage: {scale: 1/0}}]}\n", "scale is '1/0'"),
        ("PreProcess: {transform_ops: [{NormalizeImage: {scale: __import__('os')}}]}\n", "scale is"),
        ("Preprocess: [{interp: 1}]\n", "is called None"),
        ("Preprocess: [{type: Resize, target_size: [0, 4]}]\n", "target_size is"),
    ],
)
def test_damage_is_named(tmp_path: Path, text: str, message: str) -> None:
    """A file that is no such config is one sentence that names it."""
    with pytest.raises(SkewError, match=message) as raised:
        read(tmp_path, text)
    assert "inference.yml" in str(raised.value)


def test_a_missing_file(tmp_path: Path) -> None:
    """A path to nothing says so."""
    with pytest.raises(InputError, match="does not exist"):
        paddle.recipe(str(tmp_path / "none.yml"))


def test_a_config_is_data() -> None:
    """Nothing of a config runs, so that a caller who refuses code may read it."""
    source, target = protocol.split("paddle:export/inference.yml")
    assert not source.form(target).executes
    protocol.refuse_code(source, target)
