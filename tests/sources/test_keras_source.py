"""Keras: the modes of preprocess_input, each loader's defaults, and the first layers of saved models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pixelparity.errors import InputError, SkewError, UnsupportedStep
from pixelparity.recipes import Crop, Decode, Normalize, Orient, Recipe, Resize
from pixelparity.recipes.canonical import canonical
from pixelparity.sources import keras

LOAD = "img = load_img(path, target_size=(224, 160))\nx = preprocess_input(img_to_array(img))\n"


def read(tmp_path: Path, text: str, file: str = "predict.py") -> Recipe:
    """Return the recipe of a file with this text."""
    path = tmp_path / file
    path.write_text(text)
    return keras.recipe(str(path))


def script(tmp_path: Path, module: str, rest: str = LOAD) -> Recipe:
    """Return the recipe of a script with the preprocess_input of a module."""
    return read(tmp_path, f"from tensorflow.keras.applications.{module} import preprocess_input\n{rest}")


def layer(kind: str, **config: Any) -> dict[str, Any]:
    """Return a layer as a Keras config has it."""
    return {"class_name": kind, "config": {"name": kind.lower(), **config}}


def model(*layers: dict[str, Any]) -> str:
    """Return the config of a model of layers in a row."""
    entries = [layer("InputLayer"), *layers, layer("Conv2D", filters=8)]
    return json.dumps({"class_name": "Sequential", "config": {"name": "m", "layers": entries}})


@pytest.mark.parametrize(
    ("module", "channels", "red"),
    [
        ("vgg16", "BGR", None),
        ("resnet50", "BGR", None),
        ("mobilenet_v2", "RGB", (200 - 127.5) / 127.5),
        ("densenet", "RGB", (200 / 255 - 0.485) / 0.229),
        ("efficientnet", "RGB", 200.0),
    ],
)
def test_modes(tmp_path: Path, module: str, channels: str, red: float | None) -> None:
    """A level of 200 becomes what the mode's formula says; caffe's is BGR without a division."""
    plain = canonical(script(tmp_path, module))
    assert plain.channels == channels
    mean, std = plain.normalize.mean, plain.normalize.std
    if red is None:
        assert (mean, std) == ((103.939, 116.779, 123.68), (1.0, 1.0, 1.0))
    else:
        assert (200 - mean[0]) / std[0] == pytest.approx(red)
    assert (plain.layout, plain.dtype) == ("HWC", "float32")


def test_load_img_takes_the_nearest_pixel(tmp_path: Path) -> None:
    """Pillow resizes without a filter, by default and nobody's choice; the size is height first."""
    whole = script(tmp_path, "resnet50")
    (resize,) = whole.of_kind("resize")
    assert isinstance(resize, Resize)
    assert (resize.height, resize.width, resize.kernel, resize.library, resize.antialias) == (
        224,
        160,
        "nearest",
        "pillow",
        False,
    )
    assert "kernel" in resize.defaulted
    chosen = LOAD.replace("160)", "160), interpolation='bilinear'")
    (resize,) = script(tmp_path, "resnet50", chosen).of_kind("resize")
    assert isinstance(resize, Resize)
    assert (resize.kernel, resize.antialias, "kernel" in resize.defaulted) == ("linear", True, False)


def test_datasets_resize_in_tensorflow(tmp_path: Path) -> None:
    """image_dataset_from_directory decodes and resizes with TensorFlow: as it lies, 256 x 256, linear, not widened, in floats."""
    text = (
        "import keras\nd = keras.utils.image_dataset_from_directory('val', labels=None)\n"
        "d = d.map(lambda x, y: (keras.applications.densenet.preprocess_input(x), y))\n"
    )
    whole = read(tmp_path, text)
    (decode,), (turned,), (resize,) = whole.of_kind("decode"), whole.of_kind("orient"), whole.of_kind("resize")
    assert isinstance(decode, Decode)
    assert isinstance(turned, Orient)
    assert isinstance(resize, Resize)
    assert decode.library == "tensorflow"
    assert not turned.exif  # TensorFlow leaves a turned photograph as it lies in its file
    assert (resize.height, resize.width, resize.kernel, resize.antialias, resize.dtype) == (
        256,
        256,
        "linear",
        False,
        "float32",
    )
    assert {"height", "width", "kernel"} <= resize.defaulted


def test_generators(tmp_path: Path) -> None:
    """A generator that only preprocesses is read; the same settings twice are one recipe."""
    text = "g = ImageDataGenerator(preprocessing_function=preprocess_input)\n" + "".join(
        f"{name} = g.flow_from_directory('{name}', target_size=SIZE, batch_size=8)\n" for name in ("val", "test")
    )
    (resize,) = script(tmp_path, "xception", "SIZE = (299, 299)\n" + text).of_kind("resize")
    assert isinstance(resize, Resize)
    assert (resize.height, resize.kernel) == (299, "nearest")


def test_layers_of_a_model(tmp_path: Path) -> None:
    """Resizing, a window, x * scale + offset and variances are read up to the first layer of the network."""
    text = model(
        layer("Resizing", height=256, width=256, interpolation="bilinear"),
        layer("RandomFlip", mode="horizontal"),
        layer("CenterCrop", height=224, width=224),
        layer("Rescaling", scale=1 / 127.5, offset=-1.0),
    )
    whole = read(tmp_path, text, "config.json")
    assert [step.kind for step in whole.steps] == ["decode", "cast", "resize", "crop", "normalize"]
    plain = canonical(whole)
    assert plain.normalize.mean == pytest.approx((127.5,) * 3)
    assert plain.normalize.std == pytest.approx((127.5,) * 3)
    (crop,) = whole.of_kind("crop")
    assert isinstance(crop, Crop)
    assert (crop.height, crop.rounding) == (224, "floor")


def test_normalization_divides_by_roots_of_variances(tmp_path: Path) -> None:
    """A variance of 4 is a deviation of 2; constants may lie in lists of lists; several scales are deviations."""
    text = model(layer("Normalization", mean=[[[[1.0, 2.0, 3.0]]]], variance=[[[[4.0, 9.0, 16.0]]]], axis=-1))
    plain = canonical(read(tmp_path, text, "config.json"))
    assert (plain.normalize.mean, plain.normalize.std) == ((1.0, 2.0, 3.0), (2.0, 3.0, 4.0))
    (step,) = read(tmp_path, model(layer("Rescaling", scale=[0.5, 0.25, 2.0], offset=1.0)), "config.json").of_kind(
        "normalize"
    )
    assert isinstance(step, Normalize)
    assert (step.mean, step.std) == ((-2.0, -4.0, -0.5), (2.0, 4.0, 0.5))


@pytest.mark.parametrize("history", [["rescaling", 0, 0], None])
def test_functional_models(tmp_path: Path, history: list[Any] | None) -> None:
    """A chain of Keras 3 or Keras 2 is followed; a layer whose input goes two ways is refused."""

    def inbound(name: str) -> list[Any]:
        new = [{"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}}], "kwargs": {}}]
        return new if history else [[[name, 0, 0, {}]]]

    layers = [
        {**layer("InputLayer"), "name": "input", "inbound_nodes": []},
        {**layer("Rescaling", scale=1 / 255), "name": "rescaling", "inbound_nodes": inbound("input")},
        {**layer("Conv2D"), "name": "conv", "inbound_nodes": inbound("rescaling")},
    ]
    text = json.dumps({"class_name": "Functional", "config": {"layers": layers}})
    assert canonical(read(tmp_path, text, "a.json")).normalize.std == pytest.approx((255.0,) * 3)
    layers.append({**layer("Conv2D"), "name": "other", "inbound_nodes": inbound("input")})
    text = json.dumps({"class_name": "Functional", "config": {"layers": layers}})
    with pytest.raises(UnsupportedStep, match="is not the only one"):
        read(tmp_path, text, "a.json")


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        (LOAD + "x = x / 255.0\n", "line 4 computes with levels by hand"),
        (LOAD + "x /= 255\n", "line 4 computes with levels by hand"),
        (LOAD + "x = x[..., ::-1]\n", "line 4 turns an axis round"),
        (LOAD + "x = tf.image.resize(x, (9, 9))\n", "also calls resize"),
        (LOAD.replace("target_size=(224, 160)", "grayscale=False"), "no target_size"),
        (LOAD.replace("160)", "160), color_mode='grayscale'"), "color_mode"),
        (LOAD.replace("160)", "160), keep_aspect_ratio=True"), "keep_aspect_ratio"),
        (LOAD.replace("160)", "160), interpolation='random'"), "interpolation"),
        (LOAD + "load_img(path, target_size=(9, 9))\n", "2 times"),
        ("g = ImageDataGenerator(rescale=0.1)\n" + LOAD, "ImageDataGenerator has rescale"),
        (LOAD + "keras.applications.vgg16.preprocess_input(x)\n", "keep one"),
    ],
)
def test_what_a_script_does_beside_is_refused(tmp_path: Path, rest: str, message: str) -> None:
    """Arithmetic by hand, other calls and other settings are named with their line."""
    with pytest.raises(UnsupportedStep, match=message):
        script(tmp_path, "resnet50", rest)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("a.py", LOAD, "takes no preprocess_input"),
        ("a.py", "from mine.vit import preprocess_input\n" + LOAD, "of 'vit' is not known"),
        ("a.py", "from keras.applications.vgg16 import preprocess_input\n", "calls none of"),
        ("a.json", "{}", "no config of a Keras model"),
        ("a.json", model(), "begins with none of"),
        ("a.json", model(layer("Normalization", axis=-1)), "among the weights"),
        ("a.json", model(layer("CenterCrop", height=4, width=4)), "enlarges smaller pictures"),
        ("a.json", model(layer("Resizing", height=4, width=4, crop_to_aspect_ratio=True)), "crop_to_aspect_ratio"),
        ("a.json", model(layer("Resizing", height=0, width=4)), "height is 0"),
        ("a.json", model(layer("Rescaling", scale=0)), "scale is 0"),
        ("a.keras", "PK", "unzip it"),
    ],
)
def test_damage_and_gaps_are_named(tmp_path: Path, file: str, text: str, message: str) -> None:
    """What is no such file, and constants that lie elsewhere, are one sentence that names the file."""
    with pytest.raises(SkewError, match=message) as raised:
        read(tmp_path, text, file)
    assert file in str(raised.value)


def test_a_missing_file(tmp_path: Path) -> None:
    """A path to nothing says so."""
    with pytest.raises(InputError, match="does not exist"):
        keras.recipe(str(tmp_path / "none.py"))
