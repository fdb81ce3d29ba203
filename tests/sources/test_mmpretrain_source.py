"""MMPretrain: configs of files and of the zoo, captures of its own transforms, recipes with every default."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pixelparity.errors import ImageError, InputError, SideError, UnsupportedStep
from pixelparity.recipes import Crop, Decode, Normalize, Pad, Resize
from pixelparity.sources import mmpretrain
from pixelparity.sources.mmpretrain import configs

CONFIG = """
test_pipeline = [
    dict(type='LoadImageFromFile'),
    {middle}
    dict(type='PackInputs'),
]
test_dataloader = dict(dataset=dict(type='CustomDataset', pipeline=test_pipeline))
data_preprocessor = dict({preprocessor})
model = dict(type='ImageClassifier')
"""


@pytest.fixture
def write(tmp_path: Path):
    """Return a function that writes a config with some transforms and preprocessor settings."""

    def writer(middle: str = "", preprocessor: str = "mean=[0., 0., 0.], std=[255., 255., 255.], to_rgb=True") -> Path:
        path = tmp_path / "config.py"
        path.write_text(CONFIG.format(middle=middle, preprocessor=preprocessor))
        return path

    return writer


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return one drawn PNG of 90 x 61 pixels, lossless, so that its pixels are known."""
    path = tmp_path_factory.mktemp("pictures") / "drawn.png"
    pixels = np.random.default_rng(3).integers(0, 256, (90, 61, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return {"drawn": path}


def test_capture_taps_every_transform_and_the_preprocessor(write, picture) -> None:
    """Each transform and each part of the preprocessor is a stage with the layout, channels and range it declares."""
    captured = mmpretrain.capture(
        write("dict(type='ResizeEdge', scale=48), dict(type='CenterCrop', crop_size=32),"), picture
    )
    declared = [(s.name, s.layout, s.channels, s.dtype, s.value_range) for s in captured.stages]
    assert declared == [
        ("decode", "HWC", "BGR", "uint8", (0.0, 255.0)),
        ("resize", "HWC", "BGR", "uint8", (0.0, 255.0)),
        ("crop", "HWC", "BGR", "uint8", (0.0, 255.0)),
        ("layout", "CHW", "BGR", "uint8", (0.0, 255.0)),
        ("colour", "CHW", "RGB", "float32", (0.0, 255.0)),
        ("normalize", "CHW", "RGB", "float32", (0.0, 1.0)),
    ]
    assert captured.tensor("resize", "drawn").shape == (70, 48, 3)
    assert captured.stages[1].origin == "test_pipeline[1] ResizeEdge"


def test_capture_equals_the_formula_written_out(write, picture) -> None:
    """The final tensor is what OpenCV, a crop, a swap and a division give by hand."""
    captured = mmpretrain.capture(
        write("dict(type='ResizeEdge', scale=48), dict(type='CenterCrop', crop_size=32),"), picture
    )
    pixels = cv2.resize(cv2.imread(str(picture["drawn"])), (48, 70))[19:51, 8:40, ::-1]
    expected = pixels.transpose(2, 0, 1).astype(np.float32) / 255
    np.testing.assert_allclose(captured.tensor("normalize", "drawn"), expected, rtol=1e-6)


def test_capture_without_normalisation_ends_with_the_colours(write, picture) -> None:
    """A preprocessor without mean leaves levels of 0..255, and without to_rgb the order of OpenCV."""
    captured = mmpretrain.capture(write(preprocessor=""), picture)
    assert (captured.final.step, captured.final.channels, captured.final.value_range) == ("cast", "BGR", (0.0, 255.0))


def test_capture_shows_the_padding_to_a_divisor(write, picture) -> None:
    """Padding to a multiple comes last, at the right and the bottom, after the normalisation."""
    settings_text = "mean=[9., 9., 9.], std=[2., 2., 2.], pad_size_divisor=32, pad_value=7"
    captured = mmpretrain.capture(write(preprocessor=settings_text), picture)
    assert captured.final.step == "pad"
    final = captured.tensor("pad", "drawn")
    assert final.shape == (3, 96, 64)
    assert (final[:, 90:, :] == 7).all()
    np.testing.assert_array_equal(final[:, :90, :61], captured.tensor("normalize", "drawn"))


def test_capture_hands_out_probabilities(write, picture) -> None:
    """With a built model, the outputs are its softmax probabilities; in training mode it is refused."""
    from mmpretrain.apis import get_model

    config = configs.load_config("resnet18_8xb32_in1k")
    model = get_model(config).eval()
    captured = mmpretrain.capture(write("dict(type='Resize', scale=64),"), picture, model=model)
    assert captured.outputs["drawn"].shape == (1000,)
    assert captured.outputs["drawn"].sum() == pytest.approx(1, abs=1e-5)
    with pytest.raises(InputError, match=r"model\.eval"):
        mmpretrain.capture(config, picture, model=model.train())


@pytest.mark.parametrize(
    ("name", "content"),
    [("empty.jpg", b""), ("text.jpg", b"not a picture"), ("half.jpg", None)],
)
def test_capture_refuses_what_is_no_picture(write, tmp_path: Path, name: str, content: bytes | None) -> None:
    """A file that is no picture, or a truncated one, raises an error that names the file; OpenCV would fill in grey."""
    path = tmp_path / name
    if content is None:
        Image.fromarray(np.zeros((200, 200, 3), np.uint8)).save(path)
        content = path.read_bytes()[:400]
    path.write_bytes(content)
    with pytest.raises(ImageError, match=name):
        mmpretrain.capture(write(), {"bad": path})


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGBA", "P"])
def test_capture_follows_mmpretrain_on_other_colour_modes(write, tmp_path: Path, mode: str) -> None:
    """Grey, CMYK, palette and transparent pictures become three channels, as OpenCV makes them for MMPretrain."""
    path = tmp_path / ("odd.tif" if mode == "CMYK" else "odd.png")
    if mode == "CMYK":
        path = path.with_suffix(".jpg")
    Image.fromarray(np.full((40, 40, 3), 90, np.uint8)).convert(mode).save(path)
    captured = mmpretrain.capture(write(), {"odd": path})
    np.testing.assert_array_equal(captured.tensor("decode", "odd"), cv2.imread(str(path)))


def test_capture_names_a_transform_that_fails(write, picture) -> None:
    """A transform that raises is named with its place and the picture."""
    with pytest.raises(SideError, match=r"test_pipeline\[1\] Normalize failed on drawn.png"):
        mmpretrain.capture(write("dict(type='Normalize', mean=[1, 2], std=[1, 2]),"), picture)


def test_load_config_explains_bad_names(tmp_path: Path) -> None:
    """A missing file, a broken file and a misspelt model each get a clear line; the nearest models are named."""
    broken = tmp_path / "broken.py"
    broken.write_text("model = dict(")
    for given_config, message in (
        (tmp_path / "none.py", "is not a file"),
        (broken, "cannot be read"),
        ("resnet50_8xb32_in1", "did you mean resnet50_8xb32_in1k"),
    ):
        with pytest.raises(InputError, match=message):
            mmpretrain.load_config(given_config)


def test_zoo_names_ignore_case() -> None:
    """A model of the zoo is found whatever the case of its letters, and its config is a file."""
    assert configs.zoo_config("ResNet50_8xB32_in1k").is_file()


def test_recipe_of_a_zoo_model_spells_out_the_defaults() -> None:
    """The back end and interpolation that the config does not name are in the recipe, marked as defaults."""
    read = mmpretrain.recipe("resnet50_8xb32_in1k")
    resize = next(step for step in read.steps if isinstance(step, Resize))
    assert (resize.mode, resize.size, resize.library, resize.kernel, resize.rounding) == (
        "shorter",
        256,
        "opencv",
        "linear",
        "floor",
    )
    assert {"library", "kernel", "antialias"} <= resize.defaulted
    assert "size" not in resize.defaulted
    crop = next(step for step in read.steps if isinstance(step, Crop))
    assert (crop.height, crop.width, crop.rounding, crop.out_of_bounds) == (224, 224, "half_even", "trim")
    normalize = next(step for step in read.steps if isinstance(step, Normalize))
    assert normalize.mean == (123.675, 116.28, 103.53)
    assert read.batch == Pad(divisor=1, position="top_left", fill=(0.0,))


def test_recipe_of_efficientnet_is_a_share_then_a_stretch() -> None:
    """EfficientNetCenterCrop is a crop of crop_size / (crop_size + padding) of the shorter edge, then a stretch."""
    steps = mmpretrain.recipe("efficientnet-b1_3rdparty_8xb32_in1k").steps
    kinds = [step.kind for step in steps if step.kind in ("crop", "resize")]
    assert kinds == ["crop", "resize"]
    assert next(s for s in steps if isinstance(s, Crop)).fraction == (240, 272)


def test_recipe_reads_data_sets_that_hold_rgb() -> None:
    """CIFAR's data set hands over RGB arrays, so nothing is swapped although to_rgb is False."""
    read = mmpretrain.recipe("resnet18_8xb16_cifar10")
    assert next(s for s in read.steps if isinstance(s, Decode)).channels == "RGB"
    assert read.of_kind("colour")[0].parameters() == {"source": "RGB", "target": "RGB"}


def test_data_sets_of_grey_arrays_are_captured_in_grey(picture, tmp_path: Path) -> None:
    """MNIST's data set hands over one channel: captures load the file so, and the recipe begins with it."""
    config = tmp_path / "mnist.py"
    config.write_text(
        "test_pipeline = [dict(type='Resize', scale=32), dict(type='PackInputs')]\n"
        "test_dataloader = dict(dataset=dict(type='MNIST', pipeline=test_pipeline))\n"
        "data_preprocessor = dict(mean=[33.46], std=[78.87])\n"
    )
    captured = mmpretrain.capture(config, picture)
    assert (captured.stages[0].channels, captured.final.channels) == ("GRAY", "GRAY")
    assert captured.tensor("normalize", "drawn").shape == (1, 32, 32)
    assert next(s for s in mmpretrain.recipe(config).steps if isinstance(s, Decode)).channels == "GRAY"


def test_recipe_of_a_transform_that_declares_itself() -> None:
    """The surface classifier's own transforms say what they are in recipe words."""
    read = mmpretrain.recipe("helpers/pixelparity/deploy/configs/hrnet_w30_surface.py")
    assert [(s.kind, s.origin) for s in read.steps if s.kind in ("resize", "pad")] == [
        ("resize", "test_pipeline[1] ResizeToFit"),
        ("pad", "test_pipeline[2] PadToCentre"),
    ]


@pytest.mark.parametrize(
    ("middle", "preprocessor", "message"),
    [
        ("dict(type='GaussianBlur', magnitude_range=(0, 1), magnitude_std='inf'),", "", "GaussianBlur"),
        ("dict(type='Resize', scale_factor=0.5),", "", "scale_factor"),
        ("dict(type='Pad', size=(9, 9), padding_mode='reflect'),", "", "reflect"),
        ("", "type='SelfSupDataPreprocessor'", "SelfSupDataPreprocessor"),
        ("dict(type='NoSuchTransform'),", "", "NoSuchTransform"),
    ],
)
def test_recipe_names_what_is_not_supported(write, middle: str, preprocessor: str, message: str) -> None:
    """A step without a known meaning is named with its place in the config."""
    with pytest.raises(UnsupportedStep, match=message):
        mmpretrain.recipe(write(middle, preprocessor))


def test_recipe_of_a_pretraining_model_is_refused() -> None:
    """A model of the zoo without a test pipeline classifies nothing, and says so."""
    with pytest.raises(InputError, match="no test pipeline"):
        mmpretrain.recipe("mae_vit-base-p16_8xb512-amp-coslr-300e_in1k")


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(32, 400),
    width=st.integers(32, 400),
    scale=st.integers(16, 300),
    edge=st.sampled_from(["short", "long"]),
)
def test_sizes_follow_the_transform(height: int, width: int, scale: int, edge: str) -> None:
    """The size formula that recipes state for ResizeEdge is what MMPretrain's transform does."""
    registry = configs.library("mmpretrain.registry")
    with configs.scope():
        transform = registry.TRANSFORMS.build({"type": "ResizeEdge", "scale": scale, "edge": edge})
    shape = transform({"img": np.zeros((height, width), np.uint8)})["img"].shape
    anchor = min(height, width) if edge == "short" else max(height, width)
    assert shape == (max(scale * height // anchor, 1), max(scale * width // anchor, 1))


ZOO_BASE = "_base_ = 'mmpretrain::efficientnet/efficientnet-b0_8xb32_in1k.py'\n"


def test_a_base_of_the_installed_zoo_is_read_or_its_need_named(tmp_path: Path) -> None:
    """A third party's config on an MMPretrain config is the base's recipe; where pkg_resources lacks, the pin is named."""
    path = tmp_path / "own.py"
    path.write_text(ZOO_BASE)
    if importlib.util.find_spec("pkg_resources"):
        base = mmpretrain.recipe("efficientnet-b0_3rdparty_8xb32_in1k")
        assert mmpretrain.recipe(path).steps == base.steps
    else:
        with pytest.raises(InputError, match=r"own\.py: .*pkg_resources.*pip install \"setuptools<81\""):
            mmpretrain.recipe(path)


def test_without_pkg_resources_the_pin_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what lacks, which release still has it, and how to install that, whatever is installed here."""
    path = tmp_path / "own.py"
    path.write_text(ZOO_BASE)
    monkeypatch.setitem(sys.modules, "pkg_resources", None)
    with pytest.raises(InputError, match=r"pkg_resources.*setuptools.*run: pip install \"setuptools<81\""):
        mmpretrain.recipe(path)
