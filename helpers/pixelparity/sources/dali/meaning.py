"""What an operator means for a picture: the step it is, and the layout, channel order and value range it declares.

Everything is derived from arguments, never from values; what an argument does not settle is ``unknown`` or ``None``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pixelparity.sources.dali import channels as channel
from pixelparity.sources.dali.affine import Affine, affine
from pixelparity.sources.dali.constants import COLOURS, DTYPES, numbers
from pixelparity.sources.dali.graph import Graph, Node
from pixelparity.stages import CHANNELS, LAYOUTS

#: The step that an operator is; those not listed are ``other``. Crop-mirror-normalize is named after its last part.
OPERATOR_STEPS = {
    "ExternalSource": "input", "_ExternalSource": "input", "Resize": "resize", "ResizeCropMirror": "resize",
    "FastResizeCropMirror": "resize", "TensorResize": "resize", "experimental__TensorResize": "resize",
    "Crop": "crop", "Slice": "crop", "RandomResizedCrop": "crop", "Pad": "pad", "Paste": "pad", "Cast": "cast",
    "CastLike": "cast", "Normalize": "normalize", "CropMirrorNormalize": "normalize",
    "_ArithmeticGenericOp": "normalize", "Transpose": "layout", "Reshape": "layout", "Reinterpret": "layout",
    "ColorSpaceConversion": "colour",
}  # fmt: skip
#: Operators whose result is no picture, though they read one.
NOT_PICTURES = frozenset(
    {
        "_Shape",
        "PeekImageShape",
        "experimental__PeekImageShape",
        "GetProperty",
        "_SubscriptDimCheck",
        "Constant",
    }
)
#: Operators that change neither values nor channels, except by choosing or mixing pixels of the same channel.
_KEEPS_CHANNELS = frozenset(
    {
        "Resize", "ResizeCropMirror", "FastResizeCropMirror", "TensorResize", "experimental__TensorResize", "Crop",
        "Slice", "Pad", "Paste", "Cast", "CastLike", "Normalize", "CropMirrorNormalize", "_ArithmeticGenericOp",
        "Transpose", "Flip", "Rotate", "WarpAffine", "Reshape", "Reinterpret", "Copy", "MakeContiguous", "Squeeze",
        "ExpandDims", "GaussianBlur", "Brightness", "Contrast", "BrightnessContrast", "RandomResizedCrop", "Erase",
    }
)  # fmt: skip
_KEEPS_RANGE = frozenset(
    {"Crop", "Slice", "Pad", "Paste", "Cast", "Transpose", "Flip", "Reshape", "Reinterpret", "Copy", "MakeContiguous",
     "Squeeze", "ExpandDims", "ColorSpaceConversion"}
)  # fmt: skip
_RESIZES = frozenset(name for name, step in OPERATOR_STEPS.items() if step == "resize")
_OVERSHOOTS = frozenset({2, 3})  # cubic and Lanczos have negative lobes

#: Operators that hand a picture on as it is: no stage of their own.
PASSES = frozenset({"_conditional__Split", "Copy", "MakeContiguous"})
#: Operators that choose among whole pictures: what is declared about one holds for the result.
_CHOOSES = frozenset({"_conditional__Merge"})

#: Lowest and highest values, one number or one per channel.
Range = tuple[NDArray[np.float64], NDArray[np.float64]] | None


_LEVELS = (np.array([0.0]), np.array([255.0]))


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What is declared about a tensor that holds a picture."""

    layout: str
    channels: str
    dtype: str
    bounds: Range

    @property
    def value_range(self) -> tuple[float, float] | None:
        """Return the lowest and highest value over all channels."""
        return None if self.bounds is None else (float(self.bounds[0].min()), float(self.bounds[1].max()))


def step(graph: Graph, node: Node, layout: str = "HWC") -> str:
    """Return the word of :data:`pixelparity.stages.STEPS` for an operator that reads a picture of the given layout."""
    if node.is_decoder:
        return "decode"
    if channel.picked(graph, node, layout) is not None:
        return "colour"
    if node.operator in _CHOOSES:  # branches that all do the same kind of thing are that thing
        parts = [part for part in graph.branches(node) if part.operator not in _CHOOSES]
        kinds = {step(graph, part, layout) for part in parts}
        return kinds.pop() if len(kinds) == 1 else "other"
    return OPERATOR_STEPS.get(node.operator, "other")


def measures(node: Node) -> bool:
    """Tell whether an operator puts out no picture even where it reads one: its shape, its mean, a constant."""
    return node.operator in NOT_PICTURES or node.operator.startswith(("reductions__", "random__"))


def fed(feed: str) -> Picture:
    """Return what is declared about a decoded picture that is fed as ``rgb`` or ``bgr``."""
    return Picture(layout="HWC", channels=feed.upper(), dtype="uint8", bounds=_LEVELS)


def pictures_from(graph: Graph, start: str, output: str) -> tuple[Node, ...]:
    """Return the operators between the edge ``start`` and the edge ``output`` that can put out a picture, in graph order.

    An operator can if it reads a picture as data (not as an argument) and is not one that measures it.
    """
    wanted = {node.name for node in graph.ancestors(output)}
    holds, found = {start}, []
    for node in graph.nodes:
        if node.name in wanted and not measures(node) and any(edge.name in holds for edge in node.inputs):
            found.append(node)
            holds |= {edge.name for edge in node.outputs}
    return tuple(found)


def after(graph: Graph, node: Node, before: Picture | None, dtype: str, layout: str) -> Picture:
    """Return what is declared about an operator's output.

    ``before`` describes its first picture input (``None`` for a decoder), ``dtype`` and ``layout`` are what DALI says of
    the output; its layout may be empty.
    """
    if node.is_decoder or before is None:
        colour = COLOURS.get(node.get("output_type", 0), "unknown")
        return Picture(
            layout=layout if layout in LAYOUTS else "HWC",
            channels=colour if colour in CHANNELS else "unknown",
            dtype=dtype,
            bounds=_LEVELS if dtype == "uint8" else None,
        )
    chosen = channel.picked(graph, node, before.layout)
    if chosen is not None:
        order = channel.reordered(before.channels, chosen.channels)
        return Picture(layout=chosen.layout, channels=order, dtype=dtype, bounds=_joined(before.bounds))
    return Picture(
        layout=_layout(node, before.layout) if layout not in LAYOUTS or _reshapes(node) else layout,
        channels=_channels(node, before.channels),
        dtype=dtype,
        bounds=_within(_range(graph, node, before), dtype),
    )


def retyped(before: Picture, dtype: str) -> Picture:
    """Return the same declaration with another number type."""
    return replace(before, dtype=dtype, bounds=_within(before.bounds, dtype))


def _reshapes(node: Node) -> bool:
    """Tell whether an operator gives the same bytes another shape: DALI keeps the old layout's name for the new shape."""
    return node.operator in ("Reshape", "Reinterpret") and "shape" in node.arguments and "layout" not in node.arguments


def _layout(node: Node, before: str) -> str:
    if node.operator == "Transpose":
        order = node.get("perm", ())
        moved = "".join(before[i] for i in order) if sorted(order) == list(range(len(before))) else ""
        return moved if moved in LAYOUTS else before
    if node.operator == "CropMirrorNormalize":
        return str(node.get("output_layout", "CHW"))
    shape = node.get("shape", ())
    if node.operator in ("Reshape", "Reinterpret") and isinstance(shape, tuple) and len(shape) == 3:
        # The author's claim: three leading planes are channels. Whether the bytes agree is for the diagnosis to say.
        return "CHW" if shape[0] in (1, 3, 4) and shape[2] not in (1, 3, 4) else before
    return before


def _channels(node: Node, before: str) -> str:
    if node.operator == "ColorSpaceConversion":
        target = COLOURS.get(node.get("output_type", 0), "unknown")
        return target if target in CHANNELS else "unknown"
    return before if node.operator in _KEEPS_CHANNELS | _CHOOSES else "unknown"


def _range(graph: Graph, node: Node, before: Picture) -> Range:
    mapped = affine(graph, node)
    if mapped is not None:
        return map_range(mapped, before.bounds)
    if node.operator in _RESIZES:
        kernels = {node.get(name, 1) for name in ("interp_type", "min_filter", "mag_filter") if name in node.arguments}
        return None if kernels & _OVERSHOOTS and DTYPES.get(node.get("dtype", 0)) != "uint8" else before.bounds
    if node.operator in _KEEPS_RANGE | _CHOOSES:
        return _filled(graph, node, before.bounds)
    return None


def _filled(graph: Graph, node: Node, before: Range) -> Range:
    """Widen a range by the values that an operator pads with."""
    if node.operator == "ColorSpaceConversion":
        return _joined(before)
    pads = node.operator in ("Pad", "Paste") or node.get("out_of_bounds_policy") == "pad"
    if before is None or not pads:
        return before
    fill = numbers(graph, node, "fill_value" if node.operator == "Pad" else "fill_values", (0.0,))
    return None if fill is None else (np.minimum(before[0], min(fill)), np.maximum(before[1], max(fill)))


def map_range(mapped: Affine, before: Range) -> Range:
    """Return the lowest and highest value after an affine map, per channel where the map has a number for each."""
    if before is None:
        return None
    ends = [mapped.slope * end + mapped.offset for end in before]
    return np.minimum(*ends), np.maximum(*ends)


def _joined(before: Range) -> Range:
    """Return one range for all channels: they change places."""
    return None if before is None else (before[0].min(keepdims=True), before[1].max(keepdims=True))


def _within(bounds: Range, dtype: str) -> Range:
    """Clip a range to what a whole-number type holds: DALI saturates."""
    if not np.issubdtype(np.dtype(dtype), np.integer):
        return bounds
    limits = np.iinfo(np.dtype(dtype))
    if bounds is None:
        return np.array([float(limits.min)]), np.array([float(limits.max)])
    return np.clip(bounds[0], limits.min, limits.max), np.clip(bounds[1], limits.min, limits.max)
