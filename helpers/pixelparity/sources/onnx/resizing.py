"""ONNX's Resize as a step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import shown
from pixelparity.recipes import Resize
from pixelparity.sources.front import FLOATS, Front
from pixelparity.sources.onnx.reading import Array, Graph, Node

_KERNELS = ("linear", "cubic", "nearest")
#: How the edges may relate to the sizes, by ONNX's names, which are those of steps.
_POLICIES = ("stretch", "not_larger", "not_smaller")
#: Whose choice of the nearest pixel a grid and a rounding are.
_NEAREST = {("asymmetric", "floor"): "opencv", ("half_pixel", "round_prefer_ceil"): "pillow"}
_DEFAULTS: dict[str, Any] = {
    "mode": "nearest", "coordinate_transformation_mode": "half_pixel", "nearest_mode": "round_prefer_floor",
    "keep_aspect_ratio_policy": "stretch", "antialias": 0, "cubic_coeff_a": -0.75, "exclude_outside": 0,
}  # fmt: skip


def resize(graph: Graph, front: Front, node: Node, _name: str) -> Front:
    """Read a resize to a constant size; raise ``UnsupportedStep`` for grids and kernels that no step describes."""
    if node.operator == "Upsample" or graph.opset < 11:
        raise UnsupportedStep(
            f"{node.called} is of version {graph.opset} of ONNX's operators, whose grid is not written down"
        )
    settings = _DEFAULTS | {name: value for name, value in node.attributes.items() if name in _DEFAULTS}
    kernel, library = settings["mode"], _library(front, node, settings)
    height, width, named = _size(graph, front, node)
    if named is not None and sorted(named) != ["H", "W"]:
        raise UnsupportedStep(f"{node.called} resizes the axes {''.join(named)}, and not height and width")
    mode = settings["keep_aspect_ratio_policy"]
    if mode not in _POLICIES:
        raise UnsupportedStep(f"{node.called} has the policy {shown(mode)}, which is not known")
    step = Resize(
        mode=mode, height=height, width=width, kernel=kernel, antialias=bool(settings["antialias"]), subpixel=mode != "stretch",
        library=library, rounding="none" if mode == "stretch" else "floor_plus_half", dtype=front.dtype,
        origin=node.called if mode == "stretch" else f"{node.called}, the scale exact, from the corner",
    )  # fmt: skip
    return front.resized(step)


def _library(front: Front, node: Node, settings: dict[str, Any]) -> str:
    """Return whose resampling the settings are; what no library of pictures does is refused."""
    kernel, grid = settings["mode"], settings["coordinate_transformation_mode"]
    if kernel not in _KERNELS:
        raise UnsupportedStep(f"{node.called} has the mode {shown(kernel)}, which is not known")
    if kernel == "nearest":
        found = _NEAREST.get((grid, settings["nearest_mode"]))
        if found is None or settings["antialias"]:
            raise UnsupportedStep(
                f"{node.called} takes the nearest pixel by {grid} and {settings['nearest_mode']}, as no library of pictures does"
            )
        return found
    if grid not in ("half_pixel", "pytorch_half_pixel"):
        raise UnsupportedStep(
            f"{node.called} places pixels by {grid}, which no step of a recipe says; half_pixel is known"
        )
    if front.dtype not in FLOATS:
        raise UnsupportedStep(f"{node.called} resamples {front.dtype}, whose rounding ONNX leaves open")
    widened, edge = bool(settings["antialias"]), bool(settings["exclude_outside"])
    if widened != edge:
        raise UnsupportedStep(f"{node.called} weighs pixels beyond the edge as no library of pictures does")
    usual, own = -0.5 if widened else -0.75, float(settings["cubic_coeff_a"])
    if kernel == "cubic" and abs(own - usual) > 1e-6:
        raise UnsupportedStep(
            f"{node.called} has the cubic coefficient {own:g}, where libraries of pictures have {usual:g}"
        )
    return "torch"


def _size(graph: Graph, front: Front, node: Node) -> tuple[int, int, list[str] | None]:
    """Return height and width, and which axes are named where not all are."""
    scales, sizes = (graph.constant(node.inputs[place]) if len(node.inputs) > place and node.inputs[place] else None
                     for place in (2, 3))  # fmt: skip
    if sizes is None and len(node.inputs) > 3:
        sizes = _with_shape(graph, front, node)
    numbers = sizes if sizes is not None and sizes.size else scales
    if numbers is None or not numbers.size:
        raise UnsupportedStep(
            f"{node.called} computes its size from the picture, and which that is stands in no constant"
        )
    named = node.attributes.get("axes")
    axes = [int(axis) % len(front.axes) for axis in (range(len(front.axes)) if named is None else named)]
    if len(axes) != numbers.size:
        raise InputError(f"{node.called} has {numbers.size} lengths for {len(axes)} axes")
    by = {front.axes[axis]: number for axis, number in zip(axes, numbers.reshape(-1).tolist(), strict=True)}
    found = {letter: _length(front, node, letter, by.get(letter), numbers is sizes) for letter in front.axes}
    if any(found[letter] not in (front.length(letter), 0) for letter in front.axes if letter == "C" and letter in by):
        raise UnsupportedStep(f"{node.called} resizes the channels")
    if found["H"] is None or found["W"] is None:
        raise UnsupportedStep(
            f"{node.called} scales a picture whose size is not known, so the new size is not known either"
        )
    return found["H"], found["W"], None if named is None else [front.axes[axis] for axis in axes]


def _with_shape(graph: Graph, front: Front, node: Node) -> Array | None:
    """Return sizes whose batch and channels are asked of the picture itself, as PyTorch's exporter writes them.

    It joins a part of the picture's shape and two numbers; the part becomes the picture's own lengths, 1 for an open batch.
    """
    joined = graph.made_by(node.inputs[3])
    if joined is None or joined.operator != "Concat" or len(joined.inputs) != 2 or front.axes != "NCHW":
        return None
    asked, edges = joined.inputs[0], graph.constant(joined.inputs[1])
    part = graph.made_by(asked)
    while part is not None and part.operator in ("Cast", "Identity"):
        part = graph.made_by(part.inputs[0])
    if part is None or part.operator != "Slice" or edges is None or edges.size != 2:
        return None
    shape = graph.made_by(part.inputs[0])
    bounds = [graph.constant(name) for name in part.inputs[1:3]]
    is_head = [None if bound is None else bound.reshape(-1).tolist() for bound in bounds] == [[0], [2]]
    if shape is None or shape.operator != "Shape" or shape.inputs[0] != node.inputs[0] or not is_head:
        return None
    own = [front.length("N") or 1, front.length("C") or 0]
    return np.asarray([*own, *edges.reshape(-1).tolist()])


def _length(front: Front, node: Node, letter: str, number: float | None, is_size: bool) -> int | None:
    length = front.length(letter)
    if number is None:
        return length
    if not math.isfinite(number) or number < 0 or (not number and letter in "HW"):
        raise InputError(f"{node.called} has the length {number:g}")
    if is_size:
        return int(number)
    if length is None:
        return None
    if not float(length * number).is_integer():
        raise UnsupportedStep(f"{node.called} scales {length} pixels by {number:g}, which is no whole number of pixels")
    return int(length * number)
