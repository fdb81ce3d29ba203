"""OpenVINO: PrePostProcessor as a program writes it, and the front of a saved model."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
import pytest

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.recipes import Cast, Colour, Crop, Layout, Normalize, Recipe, Resize
from pixelparity.sources import openvino
from tests.sources.simulating import simulate

PICTURE = np.random.default_rng(6).integers(0, 256, (20, 30, 3), dtype=np.uint8)
PROGRAM = """
from openvino import Layout, Type
from openvino.preprocess import ColorFormat, PrePostProcessor, ResizeAlgorithm

MEAN = [123.675, 116.28, 103.53]
ppp = PrePostProcessor(model)
ppp.input().tensor().set_element_type(Type.u8).set_layout(Layout("NHWC")).set_color_format(ColorFormat.BGR)
ppp.input().model().set_layout(Layout("NCHW"))
steps = ppp.input().preprocess()
steps.convert_element_type(Type.f32).convert_color(ColorFormat.RGB)
steps.resize(ResizeAlgorithm.RESIZE_LINEAR, 12, 16).mean(MEAN).scale([58.395, 57.12, 57.375])
ppp.output().tensor().set_element_type(Type.f32)
model = ppp.build()
"""
TENSOR = "ppp.input().tensor().set_element_type(Type.u8).set_layout(Layout('NHWC')).set_shape([1, 20, 30, 3])\n"
MODEL = "ppp.input().model().set_layout(Layout('NCHW'))\n"
TYPES = {"float32": "f32", "float16": "f16", "int64": "i64", "int32": "i32", "uint8": "u8"}


def program(folder: Path, text: str) -> Recipe:
    """Return the recipe of a Python file."""
    (folder / "prepare.py").write_text(text)
    return openvino.recipe(f"{folder}/prepare.py")


def steps(folder: Path, text: str, tensor: str = TENSOR, model: str = MODEL) -> Recipe:
    """Return the recipe of a PrePostProcessor with some steps."""
    return program(folder, f"ppp = PrePostProcessor(model)\n{tensor}{model}ppp.input().preprocess(){text}\n")


def saved(folder: Path, chain: list[tuple[str, dict[str, str], list[Any]]], **more: Any) -> str:
    """Write a model of a chain of operators in front of a convolution, and return its path.

    Each is a type, its attributes and its constants; the picture comes first among its inputs. ``layout`` is that of the input,
    ``marked`` whether the convolution is marked as one that preprocessing was folded into.
    """
    shape, dtype, layout = more.get("shape", "1,20,30,3"), more.get("dtype", "u8"), more.get("layout", "[N,H,W,C]")
    mark = f'<rt_info><attribute name="layout" layout="{layout}"/></rt_info>' if layout else ""
    layers = [f'<layer id="0" name="data" type="Parameter"><data shape="{shape}" element_type="{dtype}"/>'
              f'<output><port id="0">{mark}</port></output></layer>']  # fmt: skip
    edges, weights, last = [], b"", 0
    for kind, settings, constants in [*chain, ("Convolution", {}, [np.ones((2, 3, 1, 1), np.float32)])]:
        numbers = []
        for array in map(np.asarray, constants):
            sizes = ",".join(map(str, array.shape))
            layers.append(f'<layer id="{len(layers)}" name="c" type="Const"><data element_type="{TYPES[str(array.dtype)]}" '
                          f'shape="{sizes}" offset="{len(weights)}" size="{array.nbytes}"/></layer>')  # fmt: skip
            numbers.append(len(layers) - 1)
            weights += array.tobytes()
        own = len(layers)
        folded = (
            '<rt_info><attribute name="preprocessing"/></rt_info>'
            if more.get("marked") and kind == "Convolution"
            else ""
        )
        text = " ".join(f"{name}={quoteattr(value)}" for name, value in settings.items())
        layers.append(f'<layer id="{own}" name="{kind.lower()}" type="{kind}"><data {text}/>{folded}</layer>')
        for place, number in enumerate([last, *numbers]):
            edges.append(f'<edge from-layer="{number}" from-port="0" to-layer="{own}" to-port="{place}"/>')
        last = own
    file = folder / "model.xml"
    file.write_text(f"<net><layers>{''.join(layers)}</layers><edges>{''.join(edges)}</edges></net>")
    file.with_suffix(".bin").write_bytes(weights)
    return str(file)


MEAN, STD = np.array([123.675, 116.28, 103.53], np.float32), np.array([58.395, 57.12, 57.375], np.float32)
CAST = ("Convert", {"destination_type": "f32"}, [])
SWAP = ("Gather", {"batch_dims": "0"}, [np.array([2, 1, 0]), np.array([3])])
SUBTRACT = ("Subtract", {"auto_broadcast": "numpy"}, [MEAN.reshape(1, 1, 1, 3)])
DIVIDE = ("Divide", {"auto_broadcast": "numpy"}, [STD.reshape(1, 1, 1, 3)])
FIRST = ("Transpose", {}, [np.array([0, 3, 1, 2])])
LINEAR = {"mode": "linear", "shape_calculation_mode": "sizes", "coordinate_transformation_mode": "half_pixel",
          "antialias": "false", "nearest_mode": "round_prefer_floor", "pads_begin": "0, 0",
          "pads_end": "0, 0", "cube_coeff": "-0.75"}  # fmt: skip
SCALED = ("Interpolate", LINEAR, [np.array([12, 16]), np.array([1, 2])])


def test_a_program_is_read_in_order(tmp_path: Path) -> None:
    """What the tensor declares is the caller's; the steps follow as they are called, and the model's layout comes last."""
    expected = (
        Colour(source="RGB", target="BGR"), Cast(dtype="float32"), Colour(source="BGR", target="RGB"),
        Resize(mode="stretch", height=12, width=16, kernel="linear", antialias=False, subpixel=False, library="torch",
               rounding="none", dtype="float32"),
        Normalize(mean=(123.675, 116.28, 103.53)), Normalize(std=(58.395, 57.12, 57.375)), Layout(source="HWC", target="CHW"),
    )  # fmt: skip
    assert program(tmp_path, PROGRAM).steps == expected
    indented = "def prepare(model):\n" + "".join(f"    {line}\n" for line in PROGRAM.splitlines())
    (tmp_path / "prepare.py").write_text(indented + indented.replace("def prepare", "def other"))
    assert openvino.recipe(f"{tmp_path}/prepare.py:other").steps == expected
    with pytest.raises(InputError, match="several PrePostProcessors: name the function"):
        openvino.recipe(f"{tmp_path}/prepare.py")


def test_the_saved_model_is_the_program(tmp_path: Path) -> None:
    """The operators that OpenVINO saves for the program's steps are read as the same steps."""
    read = openvino.recipe(saved(tmp_path, [CAST, SWAP, SCALED, SUBTRACT, DIVIDE, FIRST]))
    program_ = program(tmp_path, PROGRAM).steps
    assert read.steps[0] == Cast(dtype="float32")
    assert read.steps[1] == Colour(source="RGB", target="BGR")
    assert read.steps[2:] == program_[3:]


def test_values_are_worked_out(tmp_path: Path) -> None:
    """A swap, a mean and a std of a picture are numpy's own, whether read from the program or from the model."""
    expected = ((PICTURE[..., ::-1].astype(np.float32) - MEAN) / STD).transpose(2, 0, 1)
    text = ".convert_element_type(Type.f32).reverse_channels().mean([123.675, 116.28, 103.53]).scale([58.395, 57.12, 57.375])"
    for read in (steps(tmp_path, text), openvino.recipe(saved(tmp_path, [CAST, SWAP, SUBTRACT, DIVIDE, FIRST]))):
        np.testing.assert_allclose(simulate(read, PICTURE), expected, rtol=1e-6, atol=1e-6)


def test_a_crop_is_a_window(tmp_path: Path) -> None:
    """Rows 4 to 16 of 20 and columns 0 to 10 of 30 lie in the middle and on the left."""
    window = Crop(height=12, width=10, anchor=(0.5, 0.0), rounding="round", out_of_bounds="error")
    text = ".convert_element_type(Type.f32).crop([0, 4, 0, 0], [1, 16, 10, 3])"
    cut = (
        "Slice",
        {},
        [np.array([0, 4, 0, 0]), np.array([1, 16, 10, 3]), np.array([1, 1, 1, 1]), np.array([0, 1, 2, 3])],
    )
    for read in (steps(tmp_path, text), openvino.recipe(saved(tmp_path, [CAST, cut, FIRST]))):
        assert read.of_kind("crop") == (window,)
        np.testing.assert_array_equal(simulate(read, PICTURE), PICTURE[4:16, :10].transpose(2, 0, 1).astype(np.float32))


def test_layout_and_type_are_added_at_the_end(tmp_path: Path) -> None:
    """A program without steps for them gets the model's layout and type, and says that they were added."""
    read = steps(tmp_path, ".reverse_channels()")
    assert [step.kind for step in read.steps] == ["colour", "layout", "cast"]
    assert all("added" in step.origin for step in read.steps[1:])


def test_a_chosen_layout_is_the_models(tmp_path: Path) -> None:
    """Where a step converts the layout and the model has none, OpenVINO takes the step's; an open type is float32."""
    text = ".convert_element_type().convert_layout(Layout('NCHW')).mean([1, 2, 3])"
    read = steps(tmp_path, text, TENSOR.replace("[1, 20, 30, 3]", "image.shape"), "")
    assert read.steps == (Cast(dtype="float32"), Layout(source="HWC", target="CHW"), Normalize(mean=(1.0, 2.0, 3.0)))
    assert "taken for float32" in read.steps[0].origin


def test_pillows_modes_are_pillows(tmp_path: Path) -> None:
    """``RESIZE_BICUBIC_PILLOW`` is a cubic kernel that is widened, in floats."""
    (resize,) = steps(
        tmp_path, ".convert_element_type(Type.f32).resize(ResizeAlgorithm.RESIZE_BICUBIC_PILLOW, 8, 9)"
    ).of_kind("resize")
    assert isinstance(resize, Resize)
    assert (resize.library, resize.kernel, resize.antialias, resize.dtype, resize.passes) == (
        "pillow",
        "cubic",
        True,
        "float32",
        "one",
    )
    (saved_one,) = openvino.recipe(
        saved(
            tmp_path,
            [CAST, ("Interpolate", LINEAR | {"mode": "bicubic_pillow"}, [np.array([8, 9]), np.array([1, 2])]), FIRST],
        )
    ).of_kind("resize")
    assert saved_one == resize


@pytest.mark.parametrize(
    ("order", "turned"),
    [([0, 1, 2], False), ([2, 1, 0], True), ([-1, -2, -3], True), ([0, 1, 1], None), ([2, 4, 3], None)],
)
def test_gathered_channels_stay_or_are_reversed(tmp_path: Path, order: list[int], turned: bool | None) -> None:
    """All channels in their order are no step, reversed ones (counted from the end too) another order, others no picture."""
    model = saved(tmp_path, [CAST, ("Gather", {}, [np.array(order), np.array([3])]), FIRST])
    if turned is None:
        with pytest.raises(UnsupportedStep, match="neither as they are nor reversed"):
            openvino.recipe(model)
        return
    assert bool(openvino.recipe(model).of_kind("colour")) is turned


def test_half_constants_are_what_they_hold(tmp_path: Path) -> None:
    """A mean of 123.675 that is kept in float16 is 123.6875 there, and so it is read, through its conversion."""
    model = saved(tmp_path, [CAST, ("Subtract", {}, [MEAN.astype(np.float16).reshape(1, 1, 1, 3)]), FIRST])
    (step,) = openvino.recipe(model).of_kind("normalize")
    assert isinstance(step, Normalize)
    assert step.mean == (123.6875, 116.25, 103.5)


@pytest.mark.parametrize(("numbers", "shape"), [(1, 3), (3, 1)])
def test_a_constant_that_is_computed_from_itself_is_none(tmp_path: Path, numbers: int, shape: int) -> None:
    """A Reshape that takes its own result, as its numbers or as their shape, comes to an end and to no constant."""
    weights = np.array([3, 1, 1], np.int64)
    text = (
        '<layer id="0" name="data" type="Parameter"><data shape="1,3,8,8" element_type="f32"/></layer>'
        '<layer id="1" name="mean" type="Reshape"><data special_zero="false"/></layer>'
        '<layer id="2" name="taken" type="Subtract"><data auto_broadcast="numpy"/></layer>'
        f'<layer id="3" name="c" type="Const"><data element_type="i64" shape="3" offset="0" size="{weights.nbytes}"/></layer>'
        '<layer id="4" name="network" type="Convolution"><data/></layer>'
    )
    edges = ((numbers, 1, 0), (shape, 1, 1), (0, 2, 0), (1, 2, 1), (2, 4, 0), (3, 4, 1))
    lines = "".join(f'<edge from-layer="{a}" from-port="0" to-layer="{b}" to-port="{port}"/>' for a, b, port in edges)
    file = tmp_path / "model.xml"
    file.write_text(f"<net><layers>{text}</layers><edges>{lines}</edges></net>")
    file.with_suffix(".bin").write_bytes(weights.tobytes())
    with pytest.raises(UnsupportedStep, match="Subtract 'taken' takes a number that is no small constant"):
        openvino.recipe(str(file))


def test_shapes_tell_where_no_layout_does(tmp_path: Path) -> None:
    """Three at the end are the channels; where both ends could be, the convolution has channels first."""
    assert [s.kind for s in openvino.recipe(saved(tmp_path, [CAST, FIRST], layout="")).steps] == ["cast", "layout"]
    read = openvino.recipe(
        saved(tmp_path, [("Multiply", {}, [np.float32(0.5)])], layout="", shape="1,3,9,3", dtype="f32")
    )
    assert read.steps == (Layout(source="HWC", target="CHW"), Cast(dtype="float32"), Normalize(scale=0.5))


@pytest.mark.parametrize(
    ("chain", "more", "message"),
    [
        ([CAST, FIRST], {"marked": True}, r"was folded into Convolution 'convolution'.*openvino:FILE\.py"),
        ([], {"layout": "[N,C,H,W]", "shape": "1,3,8,8"}, "holds no preprocessing"),
        ([CAST, ("FakeQuantize", {"levels": "256"}, []), FIRST], {}, "FakeQuantize 'fakequantize' stands in front"),
        ([SCALED, FIRST], {}, "resamples uint8"),
        (
            [CAST, ("Interpolate", LINEAR | {"mode": "nearest"}, [np.array([8, 9]), np.array([1, 2])]), FIRST],
            {},
            "by 'nearest'",
        ),
        ([CAST, ("Clamp", {"min": "0", "max": "1"}, []), FIRST], {}, r"limits numbers to 0\.\.1"),
        ([CAST, ("Gather", {}, [np.array([0, 0, 0]), np.array([3])]), FIRST], {}, "neither as they are nor reversed"),
    ],
)
def test_what_a_model_does_not_tell_is_refused(
    tmp_path: Path, chain: list[Any], more: dict[str, Any], message: str
) -> None:
    """What was folded into the network, an operator without a meaning and a missing preprocessing are one sentence each."""
    with pytest.raises(UnsupportedStep, match=message) as raised:
        openvino.recipe(saved(tmp_path, chain, **more))
    assert "capture what runs it" in str(raised.value)


@pytest.mark.parametrize(
    ("text", "tensor", "model", "message"),
    [
        (
            ".resize(ResizeAlgorithm.RESIZE_LINEAR)",
            TENSOR,
            MODEL,
            "scales to the size of the model, which stands in no text",
        ),
        (".resize(ResizeAlgorithm.RESIZE_LINEAR, 8, 8)", TENSOR, MODEL, "resamples uint8"),
        (".convert_element_type(Type.f32).mean(mean)", TENSOR, MODEL, "its mean is mean, which is no constant"),
        (".custom(lambda x: x)", TENSOR, MODEL, "custom.* has no known meaning"),
        (".reverse_channels()", "", MODEL, "the layout of its tensor is None"),
        (".reverse_channels()", TENSOR, "", "the layout of its model is not said"),
        (".reverse_channels()", "ppp.input().tensor().set_from(image)\n", MODEL, "what only running it would tell"),
        (
            ".reverse_channels()",
            TENSOR.replace("Type.u8", "kind"),
            MODEL,
            "set_element_type is kind, which is no constant",
        ),
        (".convert_color(ColorFormat.NV12_TWO_PLANES)", TENSOR, MODEL, "only RGB, BGR and GRAY"),
        (".reverse_channels()\nif fast:\n    ppp.input().preprocess().scale(2)", TENSOR, MODEL, "under a condition"),
        (".reverse_channels()\nmore(ppp)", TENSOR, MODEL, r"'ppp' goes on in more\(ppp\)"),
        (
            ".reverse_channels()\ndef go():\n    ppp.input().preprocess().scale(2)",
            TENSOR,
            MODEL,
            "'ppp' goes on in def go",
        ),
        (".reverse_channels()\nppp.input('other').preprocess().scale(2)", TENSOR, MODEL, "prepares 2 inputs"),
    ],
)
def test_what_a_text_does_not_tell_is_refused(tmp_path: Path, text: str, tensor: str, model: str, message: str) -> None:
    """A size of the model, a value that is computed and a call under a condition are one sentence each, with a way on."""
    with pytest.raises(UnsupportedStep, match=message) as raised:
        steps(tmp_path, text, tensor, model)
    assert "capture what runs it" in str(raised.value)


def test_files_that_are_none_are_named(tmp_path: Path) -> None:
    """Missing, foreign and damaged files, entities and constants behind the end of the weights are one clear error each."""
    file = tmp_path / "model.xml"
    with pytest.raises(InputError, match="cannot be read"):
        openvino.recipe(str(file))
    for text, message in (
        ("<net><layers>", "is no XML"),
        ("<html></html>", "is no model of OpenVINO"),
        ("<!DOCTYPE net [<!ENTITY a 'b'>]><net/>", "defines entities"),
        ("<net><layers/></net>", r"has the inputs \[\]"),
    ):
        file.write_text(text)
        with pytest.raises(InputError, match=message):
            openvino.recipe(str(file))
    side = saved(tmp_path, [CAST, SUBTRACT, FIRST])
    (tmp_path / "model.bin").write_bytes(b"12")
    with pytest.raises(InputError, match=r"behind the end of model\.bin"):
        openvino.recipe(side)
    with pytest.raises(InputError, match="makes no PrePostProcessor"):
        program(tmp_path, "import openvino\n")
    with pytest.raises(InputError, match="is no Python"):
        program(tmp_path, "def broken(:\n")
    with pytest.raises(InputError, match=r"write MODEL\.xml"):
        openvino.recipe("model.onnx")
