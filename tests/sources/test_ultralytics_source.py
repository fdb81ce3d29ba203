"""Ultralytics: the letterbox and the two centre crops that belong to an export, by its metadata and its version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
import yaml
from onnx import TensorProto, helper

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.recipes import Cast, Colour, Crop, Decode, Layout, Normalize, Orient, Pad, Recipe, Resize
from pixelparity.sources import ultralytics
from tests.sources.simulating import Array, simulate, target

DETECT = {"author": "Ultralytics", "version": "8.3.40", "task": "detect", "stride": 32, "imgsz": [64, 96], "names": {0: "cat"},
          "args": {"half": False, "dynamic": False}}  # fmt: skip
CLASSIFY = DETECT | {"task": "classify", "imgsz": [32, 32], "stride": 1}
OPEN = {"args": {"dynamic": True}}


def exported(
    folder: Path, kind: str, given: dict[str, Any], dtype: int = TensorProto.FLOAT, open_ended: bool = False
) -> str:
    """Write an export that holds metadata, as a file of a kind, and return its path."""
    file = folder / {"onnx": "best.onnx", "engine": "best.engine", "yaml": "metadata.yaml"}[kind]
    if kind == "onnx":
        size = ["h", "w"] if open_ended else list(given.get("imgsz", [64, 96]))
        image = helper.make_tensor_value_info("images", dtype, [1, 3, *size])
        result = helper.make_tensor_value_info("output0", dtype, None)
        graph = helper.make_graph([helper.make_node("Identity", ["images"], ["output0"])], "g", [image], [result])
        model = helper.make_model(graph)
        for name, value in given.items():
            model.metadata_props.add(key=name, value=str(value))
        onnx.save(model, file)
    elif kind == "engine":
        text = json.dumps(given).encode()
        file.write_bytes(len(text).to_bytes(4, "little") + text + b"\x00engine")
    else:
        file.write_text(yaml.safe_dump(given))
    return str(file)


@pytest.mark.parametrize("kind", ["onnx", "engine", "yaml"])
def test_every_container_holds_the_same(tmp_path: Path, kind: str) -> None:
    """Metadata of an ONNX file, in front of an engine and beside a model give one recipe, step by step."""
    read = ultralytics.recipe(exported(tmp_path, kind, DETECT))
    assert read.steps == (
        Decode(library="opencv", channels="BGR"), Orient(exif=True),
        Resize(mode="not_larger", height=64, width=96, kernel="linear", antialias=False, subpixel=False, library="opencv",
               rounding="half_even"),
        Pad(height=64, width=96, position="centre", fill=(114.0,)), Colour(source="BGR", target="RGB"),
        Layout(source="HWC", target="CHW"), Cast(dtype="float32"), Normalize(std=(255.0,)),
    )  # fmt: skip
    if kind == "yaml":
        assert ultralytics.recipe(str(tmp_path)).steps == read.steps


def test_what_nobody_chose_is_a_default(tmp_path: Path) -> None:
    """The size is the export's own; the kernel and the grey are what the library has."""
    resize, pad = (
        ultralytics.recipe(exported(tmp_path, "yaml", DETECT)).of_kind(kind)[0] for kind in ("resize", "pad")
    )
    assert {"kernel", "antialias", "rounding"} <= resize.defaulted
    assert not {"height", "width"} & resize.defaulted
    assert "fill" in pad.defaulted


def letterbox(picture: Array, size: tuple[int, int], stride: int | None = None) -> Array:
    """Return a letterbox worked out: one ratio, rounded edges, half of the rest on each side, the odd pixel last."""
    ratio = min(size[0] / picture.shape[0], size[1] / picture.shape[1])
    height, width = round(picture.shape[0] * ratio), round(picture.shape[1] * ratio)
    rows, columns = size[0] - height, size[1] - width
    if stride:
        rows, columns = rows % stride, columns % stride
    made = cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)
    sides = (round(rows / 2 - 0.1), round(rows / 2 + 0.1), round(columns / 2 - 0.1), round(columns / 2 + 0.1))
    return cv2.copyMakeBorder(made, *sides, cv2.BORDER_CONSTANT, value=(114, 114, 114))


@pytest.mark.parametrize("shape", [(80, 131), (131, 80), (64, 96), (33, 20), (300, 301), (201, 101)])
@pytest.mark.parametrize("rectangle", [False, True])
def test_the_letterbox_is_the_librarys(tmp_path: Path, shape: tuple[int, int], rectangle: bool) -> None:
    """Resize and padding of the recipe are pixel for pixel the letterbox, in a fixed box and in one that fits the picture."""
    picture = np.random.default_rng(2).integers(0, 256, (*shape, 3), dtype=np.uint8)
    side = exported(tmp_path, "onnx", DETECT | (OPEN if rectangle else {}), open_ended=rectangle)
    read = ultralytics.recipe(f"{side}#64x96" if rectangle else side)
    expected = letterbox(picture, (64, 96), 32 if rectangle else None)[..., ::-1].transpose(2, 0, 1) / np.float32(255)
    np.testing.assert_array_equal(simulate(read, picture), expected)


def test_boxes_fit_the_picture_from_one_version_on(tmp_path: Path) -> None:
    """With open sizes the box is filled up to the stride from 8.3.35 on; before, it is the whole box."""
    for version, expected in (("8.3.34", (64, 64, 1)), ("8.3.35", (None, None, 32)), ("8.4.190", (None, None, 32))):
        file = exported(tmp_path, "onnx", DETECT | OPEN | {"version": version}, open_ended=True)
        (pad,) = ultralytics.recipe(f"{file}#64").of_kind("pad")
        assert isinstance(pad, Pad)
        assert (pad.height, pad.width, pad.divisor) == expected


def kinds(read: Recipe) -> list[str]:
    """Return the kinds of the steps behind the loader."""
    return [step.kind for step in read.steps][2:]


def test_classifiers_cut_by_their_version(tmp_path: Path) -> None:
    """Up to 8.0.232 OpenCV scales the square in the middle; from 8.0.233 on Pillow scales the shorter edge and cuts then."""
    old = ultralytics.recipe(exported(tmp_path, "yaml", CLASSIFY | {"version": "8.0.232"}))
    new = ultralytics.recipe(exported(tmp_path, "yaml", CLASSIFY | {"version": "8.0.233"}))
    assert kinds(old) == ["crop", "resize", "colour", "layout", "cast", "normalize"]
    assert kinds(new) == ["colour", "resize", "crop", "layout", "cast", "normalize"]
    for read, library, mode in ((old, "opencv", "stretch"), (new, "pillow", "shorter")):
        (resize,), (crop,) = read.of_kind("resize"), read.of_kind("crop")
        assert isinstance(resize, Resize)
        assert isinstance(crop, Crop)
        filtered = library == "pillow"
        assert (resize.library, resize.mode, resize.antialias, crop.fraction is None) == (
            library,
            mode,
            filtered,
            filtered,
        )


def test_the_first_classifiers_had_imagenets_statistics(tmp_path: Path) -> None:
    """Up to 8.0.52 the mean and the std of ImageNet were taken, from 8.0.53 on none."""
    for version, count in (("8.0.52", 2), ("8.0.53", 1)):
        read = ultralytics.recipe(exported(tmp_path, "yaml", CLASSIFY | {"version": version}))
        assert len(read.of_kind("normalize")) == count
        statistics = Normalize(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
        assert (statistics in read.steps) is (count == 2)


def test_the_old_square_is_worked_out(tmp_path: Path) -> None:
    """A picture of 40 x 61 loses 10 columns on the left and 11 on the right, and is scaled by OpenCV."""
    picture = np.random.default_rng(3).integers(0, 256, (40, 61, 3), dtype=np.uint8)
    read = ultralytics.recipe(exported(tmp_path, "yaml", CLASSIFY | {"version": "8.0.200"}))
    square = cv2.resize(picture[:, 10:50], (32, 32), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_array_equal(simulate(read, picture), square[..., ::-1].transpose(2, 0, 1) / np.float32(255))


def test_the_number_type_is_the_inputs_own(tmp_path: Path) -> None:
    """An ONNX input of float16 says so itself; of an engine that was made smaller nobody says what it takes."""
    half = DETECT | {"args": {"half": True}}
    for kind, given, dtype in (("onnx", half, "float16"), ("engine", half, "unknown"), ("engine", DETECT, "float32")):
        number = TensorProto.FLOAT16 if kind == "onnx" else TensorProto.FLOAT
        (cast,) = ultralytics.recipe(exported(tmp_path, kind, given, number)).of_kind("cast")
        assert cast == Cast(dtype=dtype)


@pytest.mark.parametrize(
    ("kind", "change", "size", "message"),
    [
        ("yaml", {"task": "semantic"}, "", r"task is 'semantic', only detect, .*python:FILE\.py:FUNCTION"),
        ("yaml", {"version": "9.0.0"}, "", r"ultralytics 9\.0\.0, whose prediction is not known"),
        ("yaml", {"task": None}, "", "no task, so it is not from Ultralytics"),
        ("yaml", {"channels": 1}, "", "takes 1 channels"),
        ("yaml", {"task": "classify"}, "", "pictures of 64 x 96"),
        ("yaml", OPEN, "#64", "which runtime runs it"),
        ("engine", OPEN, "", r"write the imgsz that it is called with behind the file, #640"),
    ],
)
def test_what_is_not_known_is_refused(
    tmp_path: Path, kind: str, change: dict[str, Any], size: str, message: str
) -> None:
    """Tasks, versions, channels and open sizes without a known meaning are one sentence each."""
    with pytest.raises(UnsupportedStep, match=message):
        ultralytics.recipe(exported(tmp_path, kind, DETECT | change) + size)


@pytest.mark.parametrize(
    ("kind", "change", "size", "message"),
    [
        ("yaml", {"imgsz": "large"}, "", "imgsz is 'large', use a list of 2 values"),
        ("yaml", {"version": "newest"}, "", "version is 'newest', use a version"),
        ("yaml", {}, "#640", r"takes \[64, 96\] and nothing else"),
        ("engine", OPEN, "#100", "no multiple of the stride 32"),
        ("engine", OPEN, "#big", "#big is no size"),
        ("onnx", {"imgsz": "__import__('os').getcwd()"}, "", "imgsz is .*, which is no plain value"),
    ],
)
def test_wrong_values_are_named(tmp_path: Path, kind: str, change: dict[str, Any], size: str, message: str) -> None:
    """A value that is none, or that contradicts another, is named; a text that would be code is no value."""
    given = DETECT | change
    if kind == "onnx":
        file = Path(exported(tmp_path, kind, DETECT))
        model = onnx.load(file)
        next(entry for entry in model.metadata_props if entry.key == "imgsz").value = str(change["imgsz"])
        onnx.save(model, file)
        side = str(file)
    else:
        side = exported(tmp_path, kind, given)
    with pytest.raises(InputError, match=message):
        ultralytics.recipe(side + size)


def test_a_saved_model_is_handed_its_channels_last(tmp_path: Path) -> None:
    """Ultralytics turns the batch round for TensorFlow, and knows the format by the name of the folder, as is done here."""
    last, first = tmp_path / "best_saved_model", tmp_path / "best_openvino_model"
    for task in (DETECT, CLASSIFY):
        read = []
        for folder in (last, first):
            folder.mkdir(exist_ok=True)
            exported(folder, "yaml", task)
            read.append(ultralytics.recipe(str(folder)))
        assert [step for step in read[1].steps if not isinstance(step, Layout)] == list(read[0].steps)
        assert read[1].of_kind("layout")
        assert not read[0].of_kind("layout")


@pytest.mark.parametrize("name", ["best_rknn_model", "best_web_model", "best_imx_model"])
def test_formats_that_are_fed_otherwise_are_refused(tmp_path: Path, name: str) -> None:
    """RKNN is handed levels again, and what feeds the others is not known."""
    (tmp_path / name).mkdir()
    with pytest.raises(UnsupportedStep, match=rf"exported as {name[5:]}, and in what form"):
        ultralytics.recipe(exported(tmp_path / name, "yaml", DETECT))


def test_files_without_metadata_are_named(tmp_path: Path) -> None:
    """A missing file, another ending, an engine of someone else's and a damaged YAML are one clear error each."""
    with pytest.raises(InputError, match=r"none\.engine cannot be read"):
        ultralytics.recipe(f"{tmp_path}/none.engine")
    with pytest.raises(InputError, match=r"none of \.onnx, \.engine"):
        ultralytics.recipe(f"{tmp_path}/best.pt")
    for content in (b"ftrt\x00\x00\x00\x01" * 4, b"", b"\x04\x00\x00\x00[1]"):
        (tmp_path / "e.engine").write_bytes(content)
        with pytest.raises(UnsupportedStep, match="without the metadata that Ultralytics writes"):
            ultralytics.recipe(f"{tmp_path}/e.engine")
    (tmp_path / "metadata.yaml").write_text("task: [detect")
    with pytest.raises(InputError, match="is no YAML"):
        ultralytics.recipe(str(tmp_path))


def test_sizes_of_the_simulation_are_worked_out() -> None:
    """Fitting 80 x 131 into 64 x 96 takes the ratio 96 / 131: 58.6 rows become 59."""
    step = Resize(mode="not_larger", height=64, width=96, kernel="linear", antialias=False, subpixel=False, library="opencv",
                  rounding="half_even")  # fmt: skip
    assert target(step, 80, 131) == (59, 96)
