"""albumentations' pipelines: from source and as saved, what releases disagree about, and what is random."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pixelparity.errors import InputError, SkewError, UnsupportedStep
from pixelparity.recipes import Cast, Crop, Decode, Layout, Normalize, Pad, Recipe, Resize
from pixelparity.recipes.canonical import canonical
from pixelparity.sources import albumentations

HEAD = "import albumentations as A\nimport cv2\nfrom albumentations.pytorch import ToTensorV2\nSIZE = 64\n"
LETTERBOX = (
    "val = A.Compose([A.LongestMaxSize(max_size=SIZE), A.PadIfNeeded(SIZE, SIZE, border_mode=cv2.BORDER_CONSTANT, "
    "fill=(114, 114, 114)), A.Normalize(), ToTensorV2()])\n"
)


def read(tmp_path: Path, text: str, name: str = "", file: str = "transforms.py") -> Recipe:
    """Return the recipe of a file with this text."""
    path = tmp_path / file
    path.write_text(text)
    return albumentations.recipe(f"{path}#{name}" if name else str(path))


def one(tmp_path: Path, transform: str) -> tuple[Any, ...]:
    """Return the steps of a pipeline of one transform, without the decoder."""
    return read(tmp_path, f"{HEAD}t = A.Compose([{transform}])\n").steps[1:]


def saved(*transforms: dict[str, Any]) -> str:
    """Return what A.save writes of these transforms, as JSON."""
    inner = [{"p": 1.0, **transform} for transform in transforms]
    root = {"__class_fullname__": "Compose", "p": 1.0, "transforms": inner}
    return json.dumps({"__version__": "1.4.24", "transform": root})


def test_a_letterbox_in_source(tmp_path: Path) -> None:
    """Longest edge 64, filled with 114 all round, ImageNet's constants in 0..1: every choice and default is told apart."""
    whole = read(tmp_path, HEAD + LETTERBOX)
    assert [type(step) for step in whole.steps] == [Decode, Resize, Pad, Cast, Normalize, Layout]
    resize, pad, normalize = whole.steps[1], whole.steps[2], whole.steps[4]
    assert isinstance(resize, Resize)
    assert (resize.mode, resize.size, resize.kernel, resize.rounding) == ("longer", 64, "linear", "half_even")
    assert (resize.library, resize.antialias) == ("opencv", False)
    assert "kernel" in resize.defaulted
    assert isinstance(pad, Pad)
    assert (pad.height, pad.width, pad.position, pad.fill) == (64, 64, "centre", (114.0, 114.0, 114.0))
    assert {"mean", "std", "scale"} <= normalize.defaulted
    assert canonical(whole).normalize.mean == pytest.approx((123.675, 116.28, 103.53))
    assert resize.origin == "[0] LongestMaxSize"


def test_saved_is_the_same_as_source(tmp_path: Path) -> None:
    """What a release saved of the letterbox, by short or long class names, is the recipe of its source."""
    entries: tuple[dict[str, Any], ...] = (
        {"__class_fullname__": "LongestMaxSize", "max_size": 64, "max_size_hw": None, "interpolation": 1},
        {"__class_fullname__": "albumentations.augmentations.geometric.transforms.PadIfNeeded", "min_height": 64,
         "min_width": 64, "pad_height_divisor": None, "position": "center", "border_mode": 0, "fill": [114, 114, 114]},
        {"__class_fullname__": "Normalize", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225],
         "max_pixel_value": 255.0, "normalization": "standard"},
        {"__class_fullname__": "ToTensorV2", "transpose_mask": False},
    )  # fmt: skip
    whole = read(tmp_path, saved(*entries), file="t.json")
    assert whole.steps == read(tmp_path, HEAD + LETTERBOX).steps
    assert "kernel" not in whole.steps[1].defaulted
    text = (
        "__version__: 1.3.1\ntransform:\n  __class_fullname__: Compose\n  p: 1.0\n  transforms:\n"
        "  - __class_fullname__: Normalize\n    always_apply: false\n    p: 1.0\n    mean: !!python/tuple [0.5, 0.5, 0.5]\n"
        "    std: [0.5, 0.5, 0.5]\n    max_pixel_value: 255.0\n"
    )
    assert canonical(read(tmp_path, text, file="t.yml")).normalize.mean == (127.5, 127.5, 127.5)


@pytest.mark.parametrize("name", ["val", "get_val", "valid", "eval_tf"])
def test_one_of_several(tmp_path: Path, name: str) -> None:
    """A pipeline is named by what it is set to, returned from, or keyed by; without a name, several are refused."""
    crop = "A.Compose([A.CenterCrop(32, 48)])"
    other = "A.Compose([A.RandomCrop(8, 8)])"
    text = (
        f"{HEAD}train = {other}\nval = {crop}\ndef get_val():\n    return {crop}\n"
        f"both = {{'train': {other}, 'valid': {crop}}}\nclass D:\n    def __init__(self):\n        self.eval_tf = {crop}\n"
    )
    crops = read(tmp_path, text, name).of_kind("crop")
    assert [(step.height, step.width) for step in crops if isinstance(step, Crop)] == [(32, 48)]
    with pytest.raises(InputError, match=r"6 pipelines; name one behind the file, #NAME, of train, val"):
        read(tmp_path, text)
    with pytest.raises(InputError, match="0 pipelines of the name 'none'"):
        read(tmp_path, text, "none")


def test_other_libraries_of_the_same_words_are_passed_over(tmp_path: Path) -> None:
    """torchvision's Compose in the same file is none of albumentations."""
    text = (
        "from torchvision import transforms as T\n"
        + HEAD
        + "a = T.Compose([T.ToTensor()])\nb = A.Compose([A.Resize(3, 4)])\n"
    )
    (resize,) = read(tmp_path, text).of_kind("resize")
    assert isinstance(resize, Resize)
    assert (resize.height, resize.width, resize.mode) == (3, 4, "stretch")


def test_each_transform(tmp_path: Path) -> None:
    """Windows and borders lie where the arguments say; a division by the largest level is a scale."""
    (resize,) = one(tmp_path, "A.SmallestMaxSize(max_size=32, interpolation=cv2.INTER_AREA)")
    assert (resize.mode, resize.size, resize.kernel) == ("shorter", 32, "area")
    (crop,) = one(tmp_path, "A.CenterCrop(height=8, width=9)")
    assert (crop.rounding, crop.out_of_bounds, crop.anchor) == ("floor", "error", (0.5, 0.5))
    (padded,) = one(tmp_path, "A.CenterCrop(8, 9, pad_if_needed=True, fill=7)")
    assert (padded.out_of_bounds, padded.fill) == ("pad", (7.0,))
    corner = "position=A.PadIfNeeded.PositionType.TOP_LEFT, border_mode=0"
    (pad,) = one(
        tmp_path,
        f"A.PadIfNeeded(min_height=None, min_width=None, pad_height_divisor=32, pad_width_divisor=32, {corner})",
    )
    assert (pad.divisor, pad.position, pad.fill, pad.height) == (32, "top_left", (0.0,), None)
    _, scale = one(tmp_path, "A.ToFloat()")
    assert (scale.scale, "scale" in scale.defaulted) == (1 / 255, True)
    assert not one(tmp_path, "A.ToFloat(max_value=65535.0)")[1].defaulted & {"scale"}
    later = one(tmp_path, "A.Normalize(mean=0.5, std=0.25), A.Resize(4, 4)")
    assert (later[1].mean, later[2].dtype) == ((0.5,) * 3, "float32")


def test_what_is_never_done_is_passed_over(tmp_path: Path) -> None:
    """A random transform with p=0, and one that does nothing, leave no step."""
    assert len(one(tmp_path, "A.HorizontalFlip(p=0), A.NoOp(), A.Resize(4, 4)")) == 1


@pytest.mark.parametrize(
    ("transform", "message"),
    [
        ("A.HorizontalFlip(p=0.5)", r"\[0\] HorizontalFlip: it is random"),
        ("A.HorizontalFlip(p=0, always_apply=True)", "it is random"),
        ("A.Resize(4, 4, p=0.5)", r"p=0\.5"),
        ("A.PadIfNeeded(64, 64)", "leaves border_mode to a default"),
        ("A.PadIfNeeded(64, 64, border_mode=4)", "not a constant"),
        ("A.PadIfNeeded(64, 64, border_mode=0, value=114)", r"releases before 2\.0"),
        ("A.PadIfNeeded(64, 64, border_mode=0, position='random')", "position 'random'"),
        ("A.PadIfNeeded(64, 64, 32, 32)", "without names"),
        ("A.LongestMaxSize()", "leaves max_size to a default"),
        ("A.LongestMaxSize([32, 64])", "drawn at random"),
        ("A.LongestMaxSize(64, area_for_downscale='image')", "area_for_downscale"),
        ("A.Resize(4, 4, interpolation=cv2.INTER_NEAREST_EXACT)", "interpolation 6"),
        ("A.Normalize(normalization='image')", "normalization 'image'"),
        ("A.Normalize(), A.ToFloat()", "most of floats"),
        ("A.Resize(args.size, 4) if args else A.NoOp()", r"\[0\] in line 5"),
        ("A.Resize(args.size, args.size)", "args.size"),
        ("A.OneOf([A.Resize(4, 4)])", "OneOf"),
    ],
)
def test_what_is_not_known_is_refused(tmp_path: Path, transform: str, message: str) -> None:
    """What is random, what releases read in two ways, and what the source does not tell is named."""
    with pytest.raises(UnsupportedStep, match=message) as raised:
        read(tmp_path, f"{HEAD.replace('SIZE = 64', 'args = parse()')}t = A.Compose([{transform}])\n")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("a.py", "x = 1\n", "no Compose"),
        ("a.py", f"x = {'+'.join(['1'] * 2500)}\n", "nested too deeply|recursion"),
        ("a.py", f"{HEAD}t = A.Compose([])\n", "does nothing"),
        ("a.py", f"{HEAD}t = A.Compose([A.Resize(0, 4)])\n", "height is 0"),
        ("a.py", f"{HEAD}t = A.Compose([A.Resize(4, 4)], p=0.5)\n", "Compose has p=0.5"),
        (
            "a.json",
            '{"__class_fullname__": "Sequential", "transforms": []}',
            r"Sequential has p=0\.5",
        ),  # left to its default
        ("a.json", "{}", "no __class_fullname__"),
        ("a.json", '{"transform": 3}', "transform is 3"),
        ("a.yml", "transform: {__class_fullname__: Compose, transforms: 4}", "transforms is 4"),
        ("a.txt", "", "is no .py"),
    ],
)
def test_damage_is_named(tmp_path: Path, file: str, text: str, message: str) -> None:
    """A file that is no pipeline, or a damaged one, is one sentence that names it."""
    with pytest.raises(SkewError, match=message) as raised:
        read(tmp_path, text, file=file)
    assert file in str(raised.value)


def test_a_missing_file(tmp_path: Path) -> None:
    """A path to nothing says so."""
    with pytest.raises(InputError, match="does not exist"):
        albumentations.recipe(str(tmp_path / "none.py"))
