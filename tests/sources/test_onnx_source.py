"""ONNX: the preprocessing in front of a network, against onnxruntime, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.recipes import Cast, Colour, Crop, Layout, Normalize, Pad, Recipe, Resize
from pixelparity.sources import onnx as source
from tests.sources.onnx_models import BYTES, CONV, FLOAT, build, constant, node
from tests.sources.simulating import simulate

Array = NDArray[Any]
MEAN, STD = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
CHANNELS_FIRST, CHANNELS_LAST = ["n", 3, 8, 10], [1, 8, 10, 3]
PICTURE = np.random.default_rng(4).integers(0, 256, (8, 10, 3), dtype=np.uint8)


def read(tmp_path: Path, nodes: list[Any], stored: list[Any], shape: list[Any], **more: Any) -> Recipe:
    """Return the recipe of a model of a chain of operators."""
    file = tmp_path / "model.onnx"
    file.write_bytes(build(nodes, stored, shape, **more).SerializeToString())
    return source.recipe(str(file))


def fronts(nodes: list[Any], stored: list[Any], shape: list[Any], fed: Array, kind: int = FLOAT) -> Array:
    """Return what onnxruntime computes of the operators before the convolution."""
    model = build(nodes, stored, shape, kind)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"image": fed})[0])[0]


PLAIN = (
    [node("Div", "levels"), node("Sub", "mean"), node("Div", "std")],
    [constant("levels", 255.0), constant("mean", MEAN.reshape(3, 1, 1)), constant("std", STD.reshape(1, 3, 1, 1))],
)


def test_a_normalisation_is_read_in_order(tmp_path: Path) -> None:
    """A division by 255, a mean and a std are three steps, with the constants as they were written."""
    steps = read(tmp_path, [*PLAIN[0], CONV], PLAIN[1], CHANNELS_FIRST).steps
    assert steps == (
        Layout(source="HWC", target="CHW"), Cast(dtype="float32"), Normalize(std=(255.0,)), Normalize(mean=(0.485, 0.456, 0.406)),
        Normalize(std=(0.229, 0.224, 0.225)),
    )  # fmt: skip


LAST = [constant("mean", MEAN * 255), constant("factor", 1 / (STD * 255)), constant("order", [2, 1, 0], np.int64)]
SIZE = constant("size", [1, 3, 6, 7], np.int64)
CASES: dict[str, tuple[list[Any], list[Any], list[Any], int]] = {
    "normalised": (*PLAIN, CHANNELS_FIRST, FLOAT),
    "bytes, channels last": (
        [node("Cast", to=FLOAT), node("Sub", "mean"), node("Mul", "factor"), node("Transpose", perm=[0, 3, 1, 2])],
        LAST, CHANNELS_LAST, BYTES,
    ),
    "constant first": ([node("Sub", "mean", "x")], [constant("mean", MEAN.reshape(3, 1, 1))], CHANNELS_FIRST, FLOAT),
    "gathered": ([node("Gather", "order", axis=1), node("Add", "c")], [LAST[2], constant("c", -127.5)], CHANNELS_FIRST, FLOAT),
    "sliced channels": (
        [node("Slice", "a", "b", "axis", "step")],
        [constant("a", [-1], np.int64), constant("b", [-(2**63) + 1], np.int64), constant("axis", [-3], np.int64),
         constant("step", [-1], np.int64)], CHANNELS_FIRST, FLOAT,
    ),
    "cropped": (
        [node("Slice", "a", "b", "axis")],
        [constant("a", [1, 2], np.int64), constant("b", [7, -1], np.int64), constant("axis", [2, 3], np.int64)],
        CHANNELS_FIRST, FLOAT,
    ),
    "padded": (
        [node("Pad", "pads", "value"), node("Mul", "s")],
        [constant("pads", [0, 0, 1, 0, 0, 0, 2, 1], np.int64), constant("value", 114.0), constant("s", 0.5)],
        CHANNELS_FIRST, FLOAT,
    ),
    "resized": ([node("Resize", "", "", "size", mode="linear")], [SIZE], [1, 3, 8, 10], FLOAT),
    "resized, cubic": ([node("Resize", "", "", "size", mode="cubic")], [SIZE], [1, 3, 8, 10], FLOAT),
    "resized by scales": (
        [node("Resize", "", "scales", mode="linear")], [constant("scales", [1, 1, 2, 1.5])], [1, 3, 8, 10], FLOAT,
    ),
    "resized, no larger": (
        [node("Resize", "", "", "size", mode="linear", axes=[2, 3], keep_aspect_ratio_policy="not_larger")],
        [constant("size", [5, 9], np.int64)], CHANNELS_FIRST, FLOAT,
    ),
    "resized, nearest": (
        [node("Resize", "", "", "size", mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")],
        [SIZE], [1, 3, 8, 10], FLOAT,
    ),
    "batch normalisation": (
        [node("BatchNormalization", "g", "b", "m", "v", epsilon=2e-5)],
        [constant("g", [1, 2, 0.5]), constant("b", [0, 0.1, -3]), constant("m", MEAN * 255), constant("v", STD * 5000)],
        CHANNELS_FIRST, FLOAT,
    ),
    "one picture": (
        [node("Cast", to=FLOAT), node("Transpose", perm=[2, 0, 1]), node("Unsqueeze", "axis"), node("Div", "s")],
        [constant("axis", [0], np.int64), constant("s", 255.0)], [8, 10, 3], BYTES,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_recipes_compute_what_onnxruntime_does(tmp_path: Path, case: str) -> None:
    """What a recipe says of a picture is what onnxruntime makes of it before the network, within float32's rounding."""
    nodes, stored, shape, kind = CASES[case]
    recipe = read(tmp_path, [*nodes, CONV], stored, shape, kind=kind)
    fed = PICTURE if shape[-1] == 3 else PICTURE.transpose(2, 0, 1)
    fed = fed if kind == BYTES else fed.astype(np.float32)
    expected = fronts(nodes, stored, shape, fed if len(shape) == 3 else fed[None], kind)
    np.testing.assert_allclose(simulate(recipe, PICTURE), expected, rtol=1e-4, atol=2e-4)


def test_positions_are_the_windows_own(tmp_path: Path) -> None:
    """A window from 1 to 7 of 8 and from 2 to 9 of 10 lies in the middle and two thirds to the right, in one step."""
    (crop,) = read(tmp_path, [*CASES["cropped"][0], CONV], CASES["cropped"][1], CHANNELS_FIRST).of_kind("crop")
    assert crop == Crop(height=6, width=7, anchor=(0.5, 2 / 3), rounding="round", out_of_bounds="error")


def test_pytorchs_sizes_and_borders_are_worked_out(tmp_path: Path) -> None:
    """PyTorch's exporter asks the picture for its batch and channels, and turns borders round: both are constants in the end."""
    nodes = [node("Resize", "", "", "sizes", mode="linear"), node("Pad", "borders"), CONV]
    kernel_wide = [constant("edges", [6, 7], np.int64), constant("zero", [0], np.int64), constant("two", [2], np.int64),
                   constant("pairs", [[0, 4], [0, 4], [0, 0], [0, 0]], np.int64)]  # fmt: skip
    model = build(nodes, kernel_wide, CHANNELS_FIRST)
    extra = [
        helper.make_node("Shape", ["image"], ["shape"]), helper.make_node("Slice", ["shape", "zero", "two", "zero"], ["head"]),
        helper.make_node("Concat", ["head", "edges"], ["sizes"], axis=0),
        helper.make_node("Slice", ["pairs", "last", "far", "zero", "back"], ["turned"]),
        helper.make_node("Transpose", ["turned"], ["sides"], perm=[1, 0]),
        helper.make_node("Reshape", ["sides", "flat"], ["borders"]),
    ]  # fmt: skip
    for number, added in enumerate(extra):
        model.graph.node.insert(number, added)
    model.graph.initializer.extend(
        [constant("last", [-1], np.int64), constant("far", [-(2**63) + 1], np.int64), constant("back", [-1], np.int64),
         constant("flat", [-1], np.int64)]
    )  # fmt: skip
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    read = source.recipe(f"{tmp_path}/m.onnx")
    (resize,), (pad,) = read.of_kind("resize"), read.of_kind("pad")
    assert isinstance(resize, Resize)
    assert (resize.height, resize.width) == (6, 7)
    assert pad == Pad(height=10, width=11, position="top_left", fill=(0.0,))


def test_two_cuts_of_two_edges_are_one_window(tmp_path: Path) -> None:
    """Height and width cut one after the other are one window; a second cut of the same edge is another."""
    stored = [constant("a", [2], np.int64), constant("b", [6], np.int64), constant("h", [2], np.int64),
              constant("w", [3], np.int64), constant("one", [1], np.int64)]  # fmt: skip
    cuts = [node("Slice", "a", "b", "h"), node("Slice", "a", "b", "w"), node("Slice", "one", "h", "h"), CONV]
    first, second = read(tmp_path, cuts, stored, CHANNELS_FIRST).of_kind("crop")
    assert first == Crop(height=4, width=4, anchor=(0.5, 1 / 3), rounding="round", out_of_bounds="error")
    assert second == Crop(height=1, width=4, anchor=(1 / 3, 0.0), rounding="round", out_of_bounds="error")


def test_a_swap_says_that_the_order_is_nobodys_word(tmp_path: Path) -> None:
    """A model that reverses the channels does not say which order it is fed, so both names are defaults."""
    (swap,) = read(tmp_path, [*CASES["gathered"][0], CONV], CASES["gathered"][1], CHANNELS_FIRST).of_kind("colour")
    assert swap == Colour(source="RGB", target="BGR")
    assert swap.defaulted == {"source", "target"}
    assert "does not say in which order" in swap.origin


def test_kernels_are_named_as_those_of_libraries(tmp_path: Path) -> None:
    """Linear on the half-pixel grid is PyTorch's, without a filter; asymmetric and floor is OpenCV's nearest pixel."""
    for case, library, kernel in (("resized", "torch", "linear"), ("resized, nearest", "opencv", "nearest")):
        nodes, stored, shape, _ = CASES[case]
        (step,) = read(tmp_path, [*nodes, CONV], stored, shape).of_kind("resize")
        assert isinstance(step, Resize)
        assert (step.library, step.kernel, step.antialias, step.height, step.width) == (library, kernel, False, 6, 7)


def test_a_convolutions_own_padding_is_the_networks(tmp_path: Path) -> None:
    """Three zeros all round in front of a 7 x 7 kernel belong to it; a border wider than the kernel does not."""
    wide = node("Conv", "wide", kernel_shape=[7, 7])
    for border, expected in ((3, 0), (8, 1)):
        stored = [constant("pads", [0, 0, border, border] * 2, np.int64), constant("wide", np.ones((1, 3, 7, 7)))]
        steps = read(tmp_path, [*PLAIN[0], node("Pad", "pads"), wide], [*PLAIN[1], *stored], CHANNELS_FIRST).steps
        assert len([step for step in steps if isinstance(step, Pad)]) == expected


def test_open_lengths_take_the_convolutions_word(tmp_path: Path) -> None:
    """Where every length is open, a convolution says that channels come first, a transposition that they were last."""
    open_ended = ["n", "a", "b", "c"]
    first = read(tmp_path, [node("Div", "levels"), CONV], PLAIN[1], open_ended)
    assert first.steps[0] == Layout(source="HWC", target="CHW")
    last = read(tmp_path, [node("Transpose", perm=[0, 3, 1, 2]), CONV], [], open_ended)
    assert [step.origin.startswith("/") or step.kind for step in last.steps] == ["cast", "layout"]
    with pytest.raises(UnsupportedStep, match="no operator says which axis is the channels"):
        read(tmp_path, [node("Div", "levels"), node("Flatten")], PLAIN[1], open_ended)


def test_constants_are_computed_and_limits_passed(tmp_path: Path) -> None:
    """A mean times 255 is one number per channel, and limits that bytes never reach change nothing."""
    nodes = [
        node("Cast", to=FLOAT),
        node("Clip", "zero", "top"),
        node("Sub", "product"),
        node("Transpose", perm=[0, 3, 1, 2]),
        CONV,
    ]
    model = build(nodes, [constant("zero", 0.0), constant("top", 255.0), constant("m", [0.5, 0.25, 0.75]), constant("s", 255.0)],
                  CHANNELS_LAST, BYTES)  # fmt: skip
    model.graph.node.insert(0, helper.make_node("Mul", ["m", "s"], ["product"]))
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    (step,) = source.recipe(f"{tmp_path}/m.onnx#image").of_kind("normalize")
    assert step == Normalize(mean=(127.5, 63.75, 191.25))


def test_a_network_without_preprocessing_is_said_to_have_none(tmp_path: Path) -> None:
    """A convolution right behind the input leaves everything to the caller."""
    with pytest.raises(
        UnsupportedStep, match=r"holds no preprocessing \(its first operator is Conv '/Conv_0'\).*python:FILE"
    ):
        read(tmp_path, [CONV], [], CHANNELS_FIRST)


def test_a_branch_is_not_walked(tmp_path: Path) -> None:
    """A picture that only the body of an If takes goes on where the reader does not see, so what was read is not all."""
    model = build([node("Div", "levels")], PLAIN[1], CHANNELS_FIRST)
    body = helper.make_graph([helper.make_node("Sqrt", ["t0"], ["inner"])], "b", [], [model.graph.output[0]])
    model.graph.node.append(helper.make_node("If", ["chosen"], ["result"], then_branch=body, else_branch=body))
    model.graph.output[0].name = "result"
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(UnsupportedStep, match="inside a branch or a loop"):
        source.recipe(f"{tmp_path}/m.onnx")


def test_a_second_batch_normalisation_is_the_networks(tmp_path: Path) -> None:
    """Behind a normalisation per channel, a batch normalisation is a layer that was trained."""
    nodes, stored, _, _ = CASES["batch normalisation"]
    assert (
        len(read(tmp_path, [*PLAIN[0], *nodes, CONV], [*PLAIN[1], *stored], CHANNELS_FIRST).of_kind("normalize")) == 3
    )


@pytest.mark.parametrize(
    ("scales", "variances", "is_read"),
    [
        ([1.0, 2.0, 0.5], [4.0, 1.0, 1.0], True),
        ([-1.0, 2.0, 0.5], [4.0, 1.0, 1.0], True),  # turns a channel round
        ([0.0, 2.0, 0.5], [4.0, 1.0, 1.0], False),  # takes a channel away: nothing is divided by that
        ([1.0, 2.0, 0.5], [-4.0, 1.0, 1.0], False),
        ([1.0, 2.0], [4.0, 1.0], False),
    ],
)
def test_a_batch_normalisation_needs_statistics(
    tmp_path: Path, scales: list[float], variances: list[float], is_read: bool
) -> None:
    """By hand: the deviation is the root of the variance over the scale; no scale is zero, no variance below it."""
    nodes = [node("BatchNormalization", "g", "b", "m", "v", epsilon=0.0), CONV]
    zero = [0.0] * len(scales)
    stored = [constant("g", scales), constant("b", zero), constant("m", zero), constant("v", variances)]
    if not is_read:
        with pytest.raises(InputError, match="no statistics of three channels"):
            read(tmp_path, nodes, stored, CHANNELS_FIRST)
        return
    (step,) = read(tmp_path, nodes, stored, CHANNELS_FIRST).of_kind("normalize")
    assert step == Normalize(mean=(0.0,) * 3, std=(2.0 * scales[0], 0.5, 2.0))


REFUSED: dict[str, tuple[list[Any], list[Any], str]] = {
    "unknown": ([node("Sqrt")], [], "Sqrt '/Sqrt_0' stands in front of the network"),
    "limits": ([node("Clip", "a", "b")], [constant("a", 0.0), constant("b", 1.0)], "limits numbers to 0..1"),
    "quantised": ([node("QuantizeLinear", "s", "z")], [constant("s", 0.5), constant("z", 0, np.uint8)], "in steps of 0.5"),
    "a mean picture": ([node("Sub", "m")], [constant("m", np.ones((3, 8, 10)))], r"\[3, 8, 10\], not one per channel"),
    "reciprocal": ([node("Div", "m", "x")], [constant("m", 1.0)], "divides a constant by the picture"),
    "grid": ([node("Resize", "", "", "s", mode="linear", coordinate_transformation_mode="align_corners")],
             [constant("s", [1, 3, 6, 7], np.int64)], "places pixels by align_corners"),
    "patches": ([node("Reshape", "s")], [constant("s", [0, 3, 2, 4, 2, 5], np.int64)], "no picture as it was"),
    "some channels": ([node("Gather", "o", axis=1)], [constant("o", [0, 0, 0], np.int64)], "neither as they are nor reversed"),
    "reflected": ([node("Pad", "p", mode="reflect")], [constant("p", [0, 0, 1, 1] * 2, np.int64)], "fills by 'reflect'"),
    "whole numbers": ([node("Cast", to=BYTES)], [], "may be negative or too large"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_meaning_is_refused_with_a_way_on(tmp_path: Path, case: str) -> None:
    """One sentence names the operator, what is not known of it, and how the side comes in all the same."""
    nodes, stored, message = REFUSED[case]
    with pytest.raises(UnsupportedStep, match=message) as raised:
        read(tmp_path, [*nodes, node("Mul", "kernel"), CONV], stored, CHANNELS_FIRST)
    assert "capture what runs it" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_files_that_are_no_models_are_named(tmp_path: Path) -> None:
    """A missing file, a damaged one, an empty one and a wrong input are one clear error each."""
    with pytest.raises(InputError, match=r"none\.onnx cannot be read"):
        source.recipe(f"{tmp_path}/none.onnx")
    (tmp_path / "m.onnx").write_bytes(b"no model at all")
    with pytest.raises(InputError, match="no ONNX model"):
        source.recipe(f"{tmp_path}/m.onnx")
    (tmp_path / "m.onnx").write_bytes(b"")
    with pytest.raises(InputError, match="holds no operators"):
        source.recipe(f"{tmp_path}/m.onnx")
    (tmp_path / "m.onnx").write_bytes(build([*PLAIN[0], CONV], PLAIN[1], CHANNELS_FIRST).SerializeToString())
    with pytest.raises(InputError, match="has no input 'other'"):
        source.recipe(f"{tmp_path}/m.onnx#other")


def test_constants_beside_the_file_are_not_read(tmp_path: Path) -> None:
    """A constant that names another file is not looked for: it is one that is not of this file."""
    model = build([*PLAIN[0], CONV], PLAIN[1], CHANNELS_FIRST)
    mean = next(tensor for tensor in model.graph.initializer if tensor.name == "mean")
    mean.ClearField("raw_data")
    mean.data_location = TensorProto.EXTERNAL
    mean.external_data.add(key="location", value="/etc/hostname")
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(UnsupportedStep, match="no small constant of this file"):
        source.recipe(f"{tmp_path}/m.onnx")
