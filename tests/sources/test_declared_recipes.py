"""Recipes that are declared in files and objects of torchvision, timm, Hugging Face and MMDeploy."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import transforms as v1
from torchvision.transforms import v2

from pixelparity.errors import ImageError, InputError, SideError, SkewError, UnsupportedStep
from pixelparity.recipes import Colour, Crop, Decode, Layout, Normalize, Pad, Recipe, Resize, Unknown
from pixelparity.sources import huggingface, mmdeploy, timm, torchvision

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def only(read: Recipe, kind: type) -> Any:
    """Return the one step of a class."""
    (step,) = [step for step in read.steps if type(step) is kind]
    return step


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return one drawn picture of 80 x 131 pixels."""
    path = tmp_path_factory.mktemp("pictures") / "drawn.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (80, 131, 3), dtype=np.uint8)).save(path)
    return {"drawn": path}


CLASSIC = v1.Compose([v1.Resize(64), v1.CenterCrop(56), v1.ToTensor(), v1.Normalize(MEAN, STD)])
TENSORS = v2.Compose(
    [v2.ToImage(), v2.Resize((40, 50)), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
)


def test_torchvision_compose() -> None:
    """Pillow pictures are resampled by Pillow: antialiased, floor, padded crops; ToTensor is a division by 255."""
    read = torchvision.recipe(CLASSIC)
    resize, crop = only(read, Resize), only(read, Crop)
    assert (resize.mode, resize.size, resize.library, resize.antialias, resize.rounding) == (
        "shorter",
        64,
        "pillow",
        True,
        "floor",
    )
    assert {"kernel", "antialias"} <= resize.defaulted
    assert (crop.height, crop.rounding, crop.out_of_bounds) == (56, "half_even", "pad")
    assert [step.scale for step in read.steps if isinstance(step, Normalize)] == [1 / 255, 1.0]


def test_torchvision_on_tensors_is_not_pillow() -> None:
    """After ToImage the resampling is PyTorch's, with its own antialias switch."""
    antialias = only(torchvision.recipe(TENSORS), Resize)
    assert (antialias.library, antialias.antialias, antialias.mode) == ("torch", True, "stretch")
    plain = v2.Compose([v2.ToImage(), v2.Resize(40, antialias=False)])
    assert only(torchvision.recipe(plain), Resize).antialias is False


@pytest.mark.parametrize(
    ("kernel", "processor", "passes"),
    [
        ("BICUBIC", "AVX2", "horizontal_first"),
        ("BICUBIC", "AVX512", "horizontal_first"),
        ("BILINEAR", "AVX2", "horizontal_first"),
        ("BILINEAR", "AVX512", "one"),
        ("NEAREST", "AVX2", "one"),
    ],
)
def test_torchvision_passes_depend_on_the_processor(
    monkeypatch: pytest.MonkeyPatch, kernel: str, processor: str, passes: str
) -> None:
    """PyTorch's own uint8 kernels go one axis after the other: cubic always, linear where there is just AVX2."""
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: processor)
    resize = v2.Resize((40, 50), interpolation=v2.InterpolationMode[kernel])
    assert only(torchvision.recipe(v2.Compose([v2.ToImage(), resize])), Resize).passes == passes
    floating = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), resize])
    assert only(torchvision.recipe(floating), Resize).passes == "one"


def test_torchvision_weights_by_name() -> None:
    """The preset of weights is read by the weights' name: short edge 232, crop 224."""
    read = torchvision.recipe("ResNet50_Weights.IMAGENET1K_V2")
    assert (only(read, Resize).size, only(read, Crop).height) == (232, 224)


@pytest.mark.parametrize("transform", [CLASSIC, TENSORS, "ResNet18_Weights.IMAGENET1K_V1"])
def test_torchvision_capture_ends_with_the_whole_transform(transform: Any, picture: dict[str, Path]) -> None:
    """The last captured stage is bit for bit what the whole transform gives."""
    captured = torchvision.capture(transform, picture)
    with Image.open(picture["drawn"]) as opened:
        expected = np.asarray(torchvision.load(transform)(opened.convert("RGB")))
    np.testing.assert_array_equal(captured.tensor(captured.final.name, "drawn"), expected)
    assert (captured.final.layout, captured.final.step) == ("CHW", "normalize")
    assert captured.stages[0].step == "decode"


def test_torchvision_declares_ranges(picture: dict[str, Path]) -> None:
    """The declared range goes from 0..255 to 0..1 to that of the statistics."""
    bounds = [stage.value_range for stage in torchvision.capture(CLASSIC, picture).stages]
    assert bounds[0] == (0.0, 255.0)
    assert bounds[-2] == (0.0, 1.0)
    assert bounds[-1] == pytest.approx((-0.485 / 0.229, (1 - 0.406) / 0.225))


def test_torchvision_range_of_a_step_without_a_meaning_is_not_known(picture: dict[str, Path]) -> None:
    """A resize keeps the range of pixels; what a lambda does to it nobody knows."""
    transform = v1.Compose([v1.Resize(32), v1.ToTensor(), v1.Lambda(lambda x: x * 3)])
    bounds = {stage.step: stage.value_range for stage in torchvision.capture(transform, picture).stages}
    assert bounds["resize"] == (0.0, 255.0)
    assert bounds["other"] is None


def test_torchvision_from_a_file(tmp_path: Path) -> None:
    """A transform in a file is found by its name; a wrong name says so."""
    file = tmp_path / "mine.py"
    file.write_text("from torchvision import transforms as t\nchain = t.Compose([t.Resize(32), t.ToTensor()])\n")
    assert only(torchvision.recipe(f"{file}:chain"), Resize).size == 32
    for name, message in (
        (f"{file}:none", "has no 'none'"),
        (f"{tmp_path}/no.py:x", "is not a file"),
        ("NoWeights.V1", "names no"),
    ):
        with pytest.raises(InputError, match=message):
            torchvision.recipe(name)


@pytest.mark.parametrize(
    ("transform", "message"),
    [
        (v1.Compose([v1.RandomCrop(8)]), "belongs to training"),
        (v1.Compose([v1.Lambda(lambda x: x)]), "Lambda"),
        (v1.Compose([v1.Grayscale(3)]), "three channels"),
        (v2.Compose([v2.ToImage(), v2.ToDtype(torch.float64, scale=True)]), "float64"),
    ],
)
def test_torchvision_names_what_is_not_supported(transform: Any, message: str) -> None:
    """A transform without a known meaning is named."""
    with pytest.raises(UnsupportedStep, match=message):
        torchvision.recipe(transform)


def test_torchvision_for_tensors_begins_with_the_callers_tensor() -> None:
    """A Sequential that converts the type and never makes a tensor resamples tensors, channels first."""
    half = [0.5] * 3
    transform = torch.nn.Sequential(v1.Resize([256]), v1.ConvertImageDtype(torch.float), v1.Normalize(half, half))
    read = torchvision.recipe(transform)
    assert [step.kind for step in read.steps] == [
        "decode",
        "orient",
        "layout",
        "resize",
        "cast",
        "normalize",
        "normalize",
    ]
    assert only(read, Resize).library == "torch"


def test_torchvision_passes_over_functions_that_keep_rgb(tmp_path: Path) -> None:
    """A conversion to RGB changes nothing of an RGB picture; a function that does is named, and so is one that fails."""

    def to_rgb(image: Image.Image) -> Image.Image:
        return image.convert("RGB")

    def darker(image: Image.Image) -> Image.Image:
        return image.point(lambda level: level // 2)

    def for_arrays(image: Any) -> Any:
        return image.astype(np.float32)

    plain = torchvision.recipe(v1.Compose([v1.Resize(64), v1.ToTensor()]))
    assert torchvision.recipe(v1.Compose([v1.Resize(64), to_rgb, v1.ToTensor()])).steps == plain.steps[:-3] + tuple(
        replace(step, origin="[2] ToTensor") for step in plain.steps[-3:]
    )
    for function in (darker, for_arrays):
        with pytest.raises(UnsupportedStep, match=rf"\[0\] function {function.__name__}: .*python:FILE\.py"):
            torchvision.recipe(v1.Compose([function, v1.ToTensor()]))


def test_torchvision_calls_a_factory(tmp_path: Path) -> None:
    """A function without arguments that returns a transform stands for it; what it raises is the file's failure."""
    file = tmp_path / "transforms.py"
    file.write_text(
        "import torchvision.transforms as T\n"
        "def evaluation(size=72):\n    return T.Compose([T.Resize(size), T.ToTensor()])\n"
        "def broken():\n    raise ValueError('no weights here')\n"
    )
    assert only(torchvision.recipe(f"{file}:evaluation"), Resize).size == 72
    with pytest.raises(SideError, match="no weights here"):
        torchvision.recipe(f"{file}:broken")


def test_torchvision_refuses_what_is_no_picture(tmp_path: Path) -> None:
    """A file that is no picture is named."""
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no")
    with pytest.raises(ImageError, match=r"bad\.jpg"):
        torchvision.capture(CLASSIC, {"bad": bad})


def test_timm_default_is_bicubic_and_seven_eighths() -> None:
    """224 over 0.875 is 256; what the config leaves out is a default."""
    read = timm.recipe({"input_size": [3, 224, 224], "mean": MEAN, "std": STD})
    resize = only(read, Resize)
    assert (resize.mode, resize.size, resize.kernel, resize.library) == ("shorter", 256, "cubic", "pillow")
    assert {"kernel", "size"} <= resize.defaulted
    assert only(read, Crop).height == 224


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"crop_pct": 0.9, "crop_mode": "center"}, ("shorter", 248, None, "floor")),
        ({"crop_pct": 1.0, "crop_mode": "squash"}, ("stretch", None, 224, "none")),
        ({"crop_pct": 1.0, "crop_mode": "border"}, ("not_larger", None, 224, "half_even")),
        (
            {"crop_pct": 1.0, "input_size": [3, 100, 200], "interpolation": "bilinear"},
            ("not_smaller", None, 100, "half_even"),
        ),
    ],
)
def test_timm_crop_modes(settings: dict[str, Any], expected: tuple[Any, ...]) -> None:
    """Each crop mode aims at its own size: floor(224 / 0.9) is 248."""
    resize = only(timm.recipe({"interpolation": "bicubic", **settings}), Resize)
    assert (resize.mode, resize.size, resize.height, resize.rounding) == expected


def test_timm_scales_a_rectangle_by_its_version() -> None:
    """Up to 1.0.30 timm scaled for a rectangle bilinearly, whatever it was told, so another interpolation is not known."""
    with pytest.raises(
        UnsupportedStep, match=r"takes 100 x 200, .*'bicubic' on since 1\.0\.31.*python:FILE\.py:FUNCTION"
    ):
        timm.recipe({"input_size": [3, 100, 200], "interpolation": "bicubic"})


@pytest.mark.parametrize(
    ("family", "kinds"), [("Beit", ["resize"]), ("OwlViT", ["resize"]), ("DeiT", ["resize", "crop"])]
)
def test_fast_processors_have_defaults_of_their_own(family: str, kinds: list[str]) -> None:
    """BeitFast scales to 224 and cuts nothing where Beit cuts 224 of 256, and OwlViTFast does not normalise unless it is told."""
    slow, fast = (huggingface.recipe({"image_processor_type": f"{family}ImageProcessor{end}"}) for end in ("", "Fast"))
    assert [step.kind for step in fast.steps if step.kind in ("resize", "crop")] == kinds
    assert only(fast, Resize).height == {"Beit": 224, "OwlViT": 768, "DeiT": 256}[family]
    counts = [len(read.of_kind("normalize")) for read in (slow, fast)]
    assert counts == ([2, 1] if family == "OwlViT" else [2, 2])
    told = {"image_processor_type": "OwlViTImageProcessorFast", "do_normalize": True}
    assert len(huggingface.recipe(told).of_kind("normalize")) == 2


def test_timm_defaults_are_imagenets() -> None:
    """A config that says nothing: 224 of 256, bicubic, ImageNet's statistics, all of it marked as nobody's choice."""
    *_, normalize = timm.recipe({"input_size": [3, 224, 224]}).of_kind("normalize")
    assert isinstance(normalize, Normalize)
    assert (normalize.mean, normalize.std) == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    assert {"mean", "std"} <= normalize.defaulted


def test_timm_border_is_filled_with_the_mean() -> None:
    """The border mode pads with the rounded mean: 0.485 of 255 is 124."""
    assert only(timm.recipe({"crop_mode": "border", "mean": MEAN}), Crop).fill == (124.0, 116.0, 104.0)


@pytest.mark.parametrize("mean", [1e308, -1e308, 3.4e38])
def test_timm_border_of_a_huge_mean_is_named(mean: float) -> None:
    """A mean that no picture's arithmetic holds, alone or in levels, is one line about that field."""
    with pytest.raises(InputError, match=r"(mean|fill) is .*finite number"):
        timm.recipe({"crop_mode": "border", "mean": [mean] * 3})


def test_timm_reads_a_hub_file(tmp_path: Path) -> None:
    """The ``config.json`` of a model holds the data config as ``pretrained_cfg``."""
    file = tmp_path / "config.json"
    file.write_text(
        json.dumps({"architecture": "x", "pretrained_cfg": {"input_size": [3, 288, 288], "crop_pct": 0.96}})
    )
    assert only(timm.recipe(file), Resize).size == 300


def test_timm_of_one_channel_is_grey_and_other_counts_are_refused() -> None:
    """The first number counts the channels: one is a grey picture with one mean, and channels that come last are said."""
    read = timm.recipe({"input_size": [1, 28, 28], "mean": [0.13], "std": [0.31]})
    assert only(read, Decode).channels == "GRAY"
    assert [step.mean for step in read.steps if isinstance(step, Normalize)][-1] == (0.13,)
    assert (
        len([step.std for step in timm.recipe({"input_size": [1, 28, 28]}).steps if isinstance(step, Normalize)][-1])
        == 1
    )
    with pytest.raises(InputError, match=r"\[256, 256, 3\].* channels came last"):
        timm.recipe({"input_size": [256, 256, 3]})
    with pytest.raises(InputError, match="how many channels"):
        timm.recipe({"input_size": [4, 224, 224]})


def test_timm_says_what_it_passes_over() -> None:
    """Sizes for tests are not those of evaluation: the resize says so; random kernels and open_clip's files are refused."""
    resize = only(timm.recipe({"input_size": [3, 224, 224], "test_input_size": [3, 288, 288]}), Resize)
    assert (resize.size, resize.origin.endswith("not test_input_size, with which accuracies are often published")) == (
        256,
        True,
    )
    with pytest.raises(UnsupportedStep, match="interpolation 'random' is not known"):
        timm.recipe({"interpolation": "random"})
    with pytest.raises(UnsupportedStep, match=r"openclip:open_clip_config\.json"):
        timm.recipe({"model_cfg": {}, "preprocess_cfg": {"mean": [0.5]}})


def test_hugging_face_vit_stretches() -> None:
    """A ViT processor stretches to 224 x 224, bilinear, and scales to -1..1, although the file names almost nothing."""
    read = huggingface.recipe({"image_processor_type": "ViTImageProcessor", "size": {"height": 224, "width": 224}})
    resize = only(read, Resize)
    assert (resize.mode, resize.height, resize.kernel) == ("stretch", 224, "linear")
    assert "kernel" in resize.defaulted
    assert [step.std for step in read.steps if isinstance(step, Normalize)][-1] == (0.5, 0.5, 0.5)
    assert not read.of_kind("crop")


def test_hugging_face_clip_crops() -> None:
    """A CLIP processor takes the shorter edge and a floor-rounded centre crop."""
    read = huggingface.recipe({"image_processor_type": "CLIPImageProcessor", "size": 224, "crop_size": 224})
    assert (only(read, Resize).mode, only(read, Resize).size, only(read, Resize).kernel) == ("shorter", 224, "cubic")
    assert (only(read, Crop).height, only(read, Crop).rounding) == (224, "floor")


@pytest.mark.parametrize(("edge", "expected"), [(224, ("shorter", 256, None)), (384, ("stretch", None, 384))])
def test_hugging_face_convnext_has_its_own_rule(edge: int, expected: tuple[Any, ...]) -> None:
    """Below 384 ConvNext resizes to edge / crop_pct and crops; from 384 on it stretches."""
    read = huggingface.recipe({"feature_extractor_type": "ConvNextFeatureExtractor", "size": {"shortest_edge": edge}})
    resize = only(read, Resize)
    assert (resize.mode, resize.size, resize.height) == expected
    assert len(read.of_kind("crop")) == (1 if edge < 384 else 0)


@pytest.mark.parametrize(
    ("family", "resized", "kernel", "crop"),
    [
        ("ViT", (224, 224), "linear", None),
        ("Siglip", (224, 224), "cubic", None),
        ("CLIP", 224, "cubic", 224),
        ("Bit", 224, "cubic", 224),
        ("DeiT", (256, 256), "cubic", 224),
        ("Beit", (256, 256), "cubic", 224),
        ("MobileNetV1", 256, "linear", 224),
        ("MobileNetV2", 256, "linear", 224),
        ("Pvt", (224, 224), "linear", None),
    ],
)
def test_hugging_face_families_have_their_own_defaults(
    family: str, resized: int | tuple[int, int], kernel: str, crop: int | None
) -> None:
    """A file that says nothing but its family is read with that family's size, filter and crop."""
    read = huggingface.recipe({"image_processor_type": f"{family}ImageProcessor"})
    resize = only(read, Resize)
    assert (resize.size or (resize.height, resize.width), resize.kernel) == (resized, kernel)
    assert [step.height for step in read.steps if isinstance(step, Crop)] == ([crop] if crop else [])


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("ViT", ("stretch", 200, None)),
        ("DeiT", ("stretch", 200, None)),
        ("Beit", ("stretch", 200, None)),
        ("Segformer", ("stretch", 200, None)),
        ("EfficientNet", ("stretch", 200, None)),
        ("CLIP", ("shorter", None, 200)),
        ("Bit", ("shorter", None, 200)),
        ("MobileNetV2", ("shorter", None, 200)),
        ("MobileViT", ("shorter", None, 200)),
        ("Levit", ("shorter", None, 228)),
    ],
)
@pytest.mark.parametrize("crop", [True, False])
def test_hugging_face_reads_one_number_by_the_class(family: str, expected: tuple[Any, ...], crop: bool) -> None:
    """Both edges to one class, the shorter edge to another, whether a crop follows or not; Levit enlarges it by 256/224."""
    settings = {"image_processor_type": f"{family}ImageProcessor", "size": 200, "do_center_crop": crop}
    resize = only(huggingface.recipe(settings), Resize)
    assert (resize.mode, resize.height, resize.size) == expected


@pytest.mark.parametrize(("family", "size"), [("Siglip", 200), ("RTDetr", 200), ("ViT", {"shortest_edge": 200})])
def test_hugging_face_sizes_that_a_class_does_not_take(family: str, size: Any) -> None:
    """What transformers fails on is refused with what the class takes."""
    with pytest.raises(SkewError, match="height and width"):
        huggingface.recipe({"image_processor_type": f"{family}ImageProcessor", "size": size})


def test_hugging_face_passes_over_what_a_class_does_not_have() -> None:
    """A ViT processor crops nothing and exchanges no channels, whatever its file holds."""
    more = {"do_center_crop": True, "crop_size": 128, "do_flip_channel_order": True, "include_top": True}
    assert huggingface.recipe({"image_processor_type": "ViTImageProcessor", **more}).steps == (
        huggingface.recipe({"image_processor_type": "ViTImageProcessor"}).steps
    )


def test_hugging_face_classes_with_steps_of_their_own() -> None:
    """MobileViT ends in BGR without statistics; EfficientNet shifts by one and divides by the deviations once more."""
    mobile = huggingface.recipe({"image_processor_type": "MobileViTImageProcessor", "do_normalize": True})
    assert (only(mobile, Colour).source, only(mobile, Colour).target) == ("RGB", "BGR")
    assert [(step.scale, step.std) for step in mobile.steps if isinstance(step, Normalize)] == [(1 / 255, (1.0,))]
    given = {"image_processor_type": "EfficientNetImageProcessor", "rescale_factor": 1 / 127.5, "rescale_offset": True}
    steps = [
        step for step in huggingface.recipe({**given, "image_std": [0.25] * 3}).steps if isinstance(step, Normalize)
    ]
    assert [step.mean for step in steps] == [(1.0,), (0.5,) * 3, (0.0,)]
    assert [step.std for step in steps] == [(1.0,), (0.25,) * 3, (0.25,) * 3]


def test_hugging_face_of_one_channel_is_grey() -> None:
    """The picture is opened as grey, and there is one mean."""
    given = {"image_processor_type": "ViTImageProcessor", "num_channels": 1, "image_mean": [0.9], "image_std": [0.2]}
    read = huggingface.recipe(given)
    assert only(read, Decode).channels == "GRAY"
    assert [step.mean for step in read.steps if isinstance(step, Normalize)][-1] == (0.9,)
    assert [step.std for step in huggingface.recipe({**given, "image_std": 0.2}).steps if isinstance(step, Normalize)][
        -1
    ] == (0.2,)


def test_hugging_face_fast_processors_go_through_torchs_bytes() -> None:
    """A class that ends in Fast resamples in two passes with torch, the other one with Pillow."""
    fast, plain = (
        only(huggingface.recipe({"image_processor_type": f"ViTImageProcessor{end}"}), Resize) for end in ("Fast", "")
    )
    assert (fast.library, fast.passes) == ("torch", "horizontal_first")
    assert plain.library == "pillow"


def test_hugging_face_without_a_class_asks_the_model(tmp_path: Path) -> None:
    """The model's type beside the file chooses as in transformers; without it, and with an unknown one, the way on is said."""
    file = tmp_path / "preprocessor_config.json"
    file.write_text(json.dumps({"size": {"height": 96, "width": 64}}), encoding="utf-8")
    with pytest.raises(UnsupportedStep, match="put that file beside it") as error:
        huggingface.recipe(file)
    assert "python:FILE.py:FUNCTION" in str(error.value)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "swin"}), encoding="utf-8")
    assert only(huggingface.recipe(tmp_path), Resize).width == 64
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "own"}), encoding="utf-8")
    with pytest.raises(UnsupportedStep, match="the model 'own'"):
        huggingface.recipe(tmp_path)


def test_hugging_face_settings_one_level_deeper() -> None:
    """A processor's file of transformers 5 and an export's hold the settings inside; a model's config is said to be one."""
    inner = {"image_processor_type": "CLIPImageProcessor", "size": 99}
    for key in ("image_processor", "config"):
        assert only(huggingface.recipe({"processor_class": "X", key: inner}), Resize).size == 99
    with pytest.raises(UnsupportedStep, match=r"a model's config\.json"):
        huggingface.recipe({"architectures": ["ViT"], "image_processor_type": "ViTImageProcessor"})


def test_hugging_face_marks_the_crop_that_nobody_chose() -> None:
    """Its height is the family's default without a crop_size, and a choice with one; the middle is a choice always."""
    for given, chosen in (({}, False), ({"crop_size": {"height": 200, "width": 200}}, True)):
        crop = only(huggingface.recipe({"image_processor_type": "CLIPImageProcessor", **given}), Crop)
        assert ("height" not in crop.defaulted, "width" not in crop.defaulted) == (chosen, chosen)
        assert "anchor" not in crop.defaulted


def test_hugging_face_switches_are_followed(tmp_path: Path) -> None:
    """A processor that neither rescales nor normalises has no such steps; its folder is enough; the fast one uses PyTorch."""
    content = {
        "image_processor_type": "ViTImageProcessorFast",
        "do_rescale": False,
        "do_normalize": False,
        "resample": 3,
    }
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(content))
    read = huggingface.recipe(tmp_path)
    assert not read.of_kind("normalize")
    assert (only(read, Resize).library, only(read, Resize).kernel) == ("torch", "cubic")


PIPELINE = {
    "pipeline": {
        "input": ["img"],
        "tasks": [
            {
                "type": "Task",
                "module": "Transform",
                "transforms": [
                    {"type": "LoadImageFromFile"},
                    {"type": "Resize", "keep_ratio": True, "size": [256, -1]},
                    {"type": "CenterCrop", "crop_size": 224},
                    {
                        "type": "Normalize",
                        "to_rgb": True,
                        "mean": [123.675, 116.28, 103.53],
                        "std": [58.395, 57.12, 57.375],
                    },
                    {"type": "ImageToTensor", "keys": ["img"]},
                    {"type": "Collect", "keys": ["img"]},
                ],
            },
            {"type": "Task", "module": "Net"},
        ],
    }
}


def test_mmdeploy_shows_what_was_dropped(tmp_path: Path) -> None:
    """The translated short edge has no interpolation and no back end any more: they are the SDK's defaults."""
    file = tmp_path / "pipeline.json"
    file.write_text(json.dumps(PIPELINE))
    resize = only(mmdeploy.recipe(file), Resize)
    assert (resize.mode, resize.size, resize.library, resize.kernel) == ("shorter", 256, "opencv", "linear")
    assert {"kernel", "library", "antialias"} <= resize.defaulted


def test_mmdeploy_rounds_its_crop_away_from_even() -> None:
    """The SDK's C++ ``round`` is not Python's."""
    assert only(mmdeploy.recipe(PIPELINE), Crop).rounding == "round"


def test_mmdeploy_exchanges_the_sides_of_a_crop() -> None:
    """Of two numbers, the SDK takes the first as the height, where mmcv takes it as the width."""
    transforms = [{"type": "CenterCrop", "crop_size": [100, 200]}]
    read = mmdeploy.recipe({"pipeline": {"tasks": [{"module": "Transform", "transforms": transforms}]}})
    assert (only(read, Crop).height, only(read, Crop).width) == (100, 200)


def deployed(*transforms: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a pipeline.json with these transforms."""
    return {"pipeline": {"tasks": [{"module": "Transform", "transforms": list(transforms)}]}}


@pytest.mark.parametrize(("more", "casts"), [({}, 1), ({"img_to_float": True}, 1), ({"img_to_float": False}, 0)])
def test_mmdeploy_ends_a_detectors_pipeline_with_channels_first(more: dict[str, Any], casts: int) -> None:
    """DefaultFormatBundle converts to floats, unless it is told not to, and transposes."""
    read = mmdeploy.recipe(deployed({"type": "DefaultFormatBundle", **more}, {"type": "Collect", "keys": ["img"]}))
    assert [step.kind for step in read.steps] == ["cast"] * casts + ["layout"]
    assert (only(read, Layout).source, only(read, Layout).target) == ("HWC", "CHW")


@pytest.mark.parametrize(("number", "kernel"), [(0, "nearest"), (2, "linear"), (3, "cubic"), (1, "lanczos")])
def test_torchvision_takes_pillows_numbers(number: int, kernel: str) -> None:
    """Both versions of the transforms take an interpolation by Pillow's number, which the second keeps as it is."""
    for transforms in (v1, v2):
        read = torchvision.recipe(transforms.Compose([transforms.Resize(40, interpolation=number)]))
        assert only(read, Resize).kernel == kernel


@pytest.mark.parametrize(
    ("version", "edges"), [("1.3.1", (48, 64)), ("1.1.0", (48, 64)), ("1.0.0", (64, 48)), ("0.14.0", (64, 48))]
)
@pytest.mark.parametrize("kind", ["Pad", "Resize"])
def test_mmdeploy_says_which_number_is_the_width(
    tmp_path: Path, kind: str, version: str, edges: tuple[int, int]
) -> None:
    """Until 1.0 the SDK takes the height first, since 1.1 the width, and deploy.json tells which wrote the pipeline."""
    task = {"module": "Transform", "transforms": [{"type": kind, "size": [64, 48]}]}
    (tmp_path / "pipeline.json").write_text(json.dumps({"pipeline": {"tasks": [task]}}))
    with pytest.raises(UnsupportedStep, match=r"size is \[64, 48\], .*put the deploy\.json .*python:FILE\.py:FUNCTION"):
        mmdeploy.recipe(tmp_path)
    (tmp_path / "deploy.json").write_text(json.dumps({"version": version}))
    (step,) = mmdeploy.recipe(tmp_path).steps
    assert isinstance(step, Pad | Resize)
    assert (step.height, step.width) == edges


FITTED = {"type": "Resize", "size": [416, 416], "keep_ratio": True}


def test_mmdeploy_pads_to_the_square_that_the_picture_was_fitted_into() -> None:
    """The longer edge has the box's length then; behind any other resize the square is not known, and that is said."""
    square = {"type": "Pad", "pad_to_square": True, "pad_val": {"img": [114, 114, 114]}}
    pad = only(mmdeploy.recipe(deployed(FITTED, square)), Pad)
    assert (pad.height, pad.width, pad.position, pad.fill) == (416, 416, "top_left", (114.0, 114.0, 114.0))
    for before in (
        [],
        [{"type": "Resize", "size": [416, 320], "keep_ratio": True}],
        [{"type": "Resize", "size": [99, -1]}],
    ):
        with pytest.raises(UnsupportedStep, match=r"Pad: pad_to_square is understood .*tensors:FILE\.npz"):
            mmdeploy.recipe(deployed(*before, square))


@pytest.mark.parametrize(
    "more", [{"logical_or_val": [0]}, {"orientation_agnostic": True, "size": [9, 9]}, {"padding_mode": "reflect"}]
)
def test_mmdeploy_pads_that_are_not_understood_are_refused(more: dict[str, Any]) -> None:
    """What changes where or how a picture is padded is named, never passed over."""
    with pytest.raises(UnsupportedStep, match=next(iter(more))):
        mmdeploy.recipe(deployed({"type": "Pad", **more}))


def test_mmdeploy_takes_a_models_folder(tmp_path: Path) -> None:
    """The folder that MMDeploy writes stands for the pipeline.json in it."""
    (tmp_path / "pipeline.json").write_text(json.dumps(deployed(FITTED)), encoding="utf-8")
    assert only(mmdeploy.recipe(tmp_path), Resize).height == 416


def test_mmdeploy_shows_an_unknown_transform_as_it_is() -> None:
    """A transform without a known meaning is kept with its arguments."""
    transforms = [{"type": "LetterResize", "scale": [640, 640]}]
    read = mmdeploy.recipe({"pipeline": {"tasks": [{"module": "Transform", "transforms": transforms}]}})
    assert only(read, Unknown) == Unknown(operator="LetterResize", arguments=(("scale", "[640, 640]"),))


@pytest.mark.parametrize("source", [timm, huggingface, mmdeploy])
@pytest.mark.parametrize("content", ["", "{", "[1]", "{}", '"text"'])
def test_files_that_are_something_else_are_refused(tmp_path: Path, source: Any, content: str) -> None:
    """An empty file, broken JSON and JSON of something else get a clear error that names the file or what is lacking."""
    file = tmp_path / "file.json"
    file.write_text(content)
    with pytest.raises((InputError, UnsupportedStep), match=r"file\.json"):
        source.recipe(file)


@pytest.mark.parametrize(
    ("source", "content", "message"),
    [
        (timm, {"crop_mode": "fisheye"}, "fisheye"),
        (timm, {"interpolation": "sinc"}, "sinc"),
        (timm, {"crop_pct": 0.9, "crop_border_pixels": 4}, "crop_border_pixels"),
        (huggingface, {"image_processor_type": "DonutImageProcessor"}, "Donut"),
        (huggingface, {"image_processor_type": "ViTImageProcessor", "resample": 9}, "resample 9"),
        (huggingface, {"image_processor_type": "ViTImageProcessor", "size": {"longest_edge": 9}}, "longest_edge"),
    ],
)
def test_settings_without_a_meaning_are_named(source: Any, content: dict[str, Any], message: str) -> None:
    """A word that is not known is named instead of guessed."""
    with pytest.raises(UnsupportedStep, match=message):
        source.recipe(content)


def test_one_mean_stands_for_every_channel() -> None:
    """torchvision, timm and Hugging Face take one number as mean or std: it is the same as one for each channel."""
    half = (0.5, 0.5, 0.5)
    reads = (
        torchvision.recipe(v1.Compose([v1.ToTensor(), v1.Normalize(0.5, 0.5)])),
        timm.recipe({"mean": 0.5, "std": 0.5}),
        huggingface.recipe({"image_processor_type": "ViTImageProcessor", "image_mean": 0.5, "image_std": 0.5}),
    )
    for read in reads:
        last = [step for step in read.steps if isinstance(step, Normalize)][-1]
        assert (last.mean, last.std) == (half, half), read.source


def test_hugging_face_two_numbers_are_height_and_width() -> None:
    """A size of two numbers is height, then width, as in transformers."""
    read = huggingface.recipe({"image_processor_type": "ViTImageProcessor", "size": [40, 56]})
    assert (only(read, Resize).height, only(read, Resize).width) == (40, 56)


DEEP = '{"size": ' + "[" * 500 + "]" * 500 + "}"
ODD = [[1, 2], {"a": 1}, "abc", "", -1, 0, 1.5, True, 10**30, 1e400, ["x"], [None], [[1]], [1] * 2000, {"height": "1"}]
MEANS, STDS = (-1, 0, 1.5, 10**30, [1, 2]), (-1, 1.5, 10**30, [1, 2])
#: Of each reader: a sound file, and its fields with the odd values that they may have all the same.
FIELDS = {
    huggingface: (
        {"image_processor_type": "DeiTImageProcessor", "do_center_crop": True},
        {"size": ([1, 2],), "crop_size": ([1, 2],), "resample": (0,), "image_mean": MEANS, "image_std": STDS,
         "rescale_factor": (-1, 1.5, 10**30), "do_resize": (True,), "do_normalize": (True,)},
    ),
    timm: (
        {"crop_pct": 0.9},
        {"input_size": (), "mean": MEANS, "std": STDS, "crop_pct": (1.5,), "interpolation": (), "crop_mode": ()},
    ),
}  # fmt: skip
CASES = [
    (source, base, name, value)
    for source, (base, names) in FIELDS.items()
    for name, allowed in names.items()
    for value in ODD
    if not any(type(value) is type(known) and value == known for known in allowed)
]


@pytest.mark.parametrize(("source", "base", "name", "value"), CASES)
def test_values_of_a_wrong_type_name_file_and_field(
    tmp_path: Path, source: Any, base: dict[str, Any], name: str, value: Any
) -> None:
    """A list for a number, a word for a list, a number out of all bounds: one line with the file and the field."""
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({**base, name: value}))
    with pytest.raises((InputError, UnsupportedStep), match=rf"settings\.json: .*{name}") as raised:
        source.recipe(file)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value).replace(str(file), "")) < 400


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize(
    ("kind", "name"),
    [("Resize", "size"), ("Resize", "interpolation"), ("CenterCrop", "crop_size"), ("Normalize", "to_rgb"),
     ("Normalize", "mean"), ("Pad", "size_divisor"), ("Pad", "pad_val")],
)  # fmt: skip
def test_mmdeploy_values_of_a_wrong_type_name_the_transform(tmp_path: Path, kind: str, name: str, value: Any) -> None:
    """A value of a wrong type is refused with file, transform and field; a value that fits is read."""
    base = {"size": [8, 8], "crop_size": 8, "mean": [0.0], "std": [1.0]}
    entry = {"type": kind, **base, name: value}
    file = tmp_path / "pipeline.json"
    file.write_text(json.dumps({"pipeline": {"tasks": [{"module": "Transform", "transforms": [entry]}]}}))
    try:
        error = "" if mmdeploy.recipe(file).steps else "no steps"
    except (InputError, UnsupportedStep) as raised:
        error = str(raised)
    assert not error or f"pipeline.json: transforms[0] {kind}: {name}" in error


@pytest.mark.parametrize(
    "content",
    [
        {"pipeline": []}, {"pipeline": 3}, {"pipeline": {"tasks": 3}}, {"pipeline": {"tasks": [3]}},
        {"pipeline": {"tasks": [{"module": "Transform", "transforms": 3}]}},
        {"pipeline": {"tasks": [{"module": "Transform", "transforms": [3]}]}},
    ],
)  # fmt: skip
def test_mmdeploy_files_of_another_build_are_refused(tmp_path: Path, content: dict[str, Any]) -> None:
    """A pipeline whose parts are not lists of objects is refused by name."""
    file = tmp_path / "pipeline.json"
    file.write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"pipeline\.json: "):
        mmdeploy.recipe(file)


@pytest.mark.parametrize("source", [timm, huggingface, mmdeploy])
@pytest.mark.parametrize("content", [DEEP, "[" * 10**5, '{"a": ' + "1" * 5000 + "}", "\x00", "{'a': 1}", '"\ud800"'])
def test_files_that_no_reader_could_hold_are_refused(tmp_path: Path, source: Any, content: str) -> None:
    """Nesting without end, numbers of thousands of digits and broken text are one line that names the file."""
    file = tmp_path / "settings.json"
    file.write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(InputError, match=r"settings\.json (is not a|cannot be read as) ") as raised:
        source.recipe(file)
    assert "\n" not in str(raised.value)


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    """A device, a pipe and a file beyond all sizes are refused before a byte of them is read."""
    pipe, large = tmp_path / "pipe.json", tmp_path / "large.json"
    os.mkfifo(pipe)
    with large.open("wb") as file:
        file.truncate(17 * 2**20)
    for place in (Path("/dev/zero"), pipe, large):
        with pytest.raises(InputError, match=r"not a regular file|more than 16 MiB|larger than 16 MiB|16 MiB"):
            timm.recipe(place)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            {"image_processor_type": "ConvNextImageProcessor", "size": {"height": 224, "width": 224}},
            "ConvNext's processor takes shortest_edge only",
        ),
        (
            {"image_processor_type": "CLIPImageProcessor", "crop_size": {"shortest_edge": 224}},
            "a crop needs height and width",
        ),
    ],
)
def test_hugging_face_sizes_that_transformers_refuses(content: dict[str, Any], message: str) -> None:
    """A size that the processor itself fails on is refused with what it takes."""
    with pytest.raises(InputError, match=message):
        huggingface.recipe(content)
