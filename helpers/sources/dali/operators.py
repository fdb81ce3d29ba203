"""What each operator of DALI declares in the words of a recipe, with its defaults spelled out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from helpers.recipe import Cast, Colour, Crop, Decode, Layout, Normalize, Orient, Pad, Step, Unknown
from helpers.sources.dali import channels, meaning, resizes, windows
from helpers.sources.dali.affine import affine, is_per_image
from helpers.sources.dali.constants import COLOURS, DTYPES, as_python, numbers
from helpers.sources.dali.expressions import Sizes, text
from helpers.sources.dali.extents import extent_after, unchanged
from helpers.sources.dali.graph import Graph, Node

_CLIENT = "client"  # the picture arrives decoded


@dataclass(frozen=True, kw_only=True)
class State:
    """What is known of the picture between two operators.

    ``extents`` tells the height and width of every edge that held the picture so far, as functions of the first one's.
    ``run`` are the arithmetic operators just before, which are read together as one step.
    """

    graph: Graph
    feed: str = "rgb"
    layout: str = "HWC"
    channels: str = "RGB"
    dtype: str = "uint8"
    extents: Mapping[str, Sizes] = field(default_factory=dict)
    run: tuple[Node, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Read:
    """What one operator was read as. ``joins`` says that its step stands in place of the one before."""

    steps: tuple[Step, ...]
    state: State
    batch: Pad | None = None
    joins: bool = False


def read_node(state: State, node: Node) -> Read:
    """Return the steps of one operator and the state after it; an operator without known words is ``Unknown``."""
    reader = _READERS.get(node.operator, _unknown)
    if node.is_decoder:
        reader = _decoder
    elif node.operator in meaning.PASSES:
        reader = _passed
    elif channels.picked(state.graph, node, state.layout) is not None:
        reader = _picked
    read = reader(state, node)
    after = read.state if node.operator == "_ArithmeticGenericOp" else replace(read.state, run=())
    return replace(read, state=replace(after, extents=_extents(state, node, read)))


def _extents(state: State, node: Node, read: Read) -> Mapping[str, Sizes]:
    """Return the known sizes with that of the node's output; where it is not known, everything is told from there on."""
    made = extent_after(state.graph, node, state.extents, read.steps)
    if made is not None:
        return {**state.extents, **{edge.name: made for edge in node.outputs}}
    encoded = (
        node.inputs[:1] if node.is_decoder else ()
    )  # the size that peek_image_shape tells is the decoded picture's
    return {edge.name: unchanged for edge in (*node.outputs, *encoded)}


def unknown(state: State, node: Node, **more: Any) -> Unknown:
    """Return an operator as an ``Unknown`` step that shows all of its arguments, computed ones as formulas."""
    shown = [(name, as_python(name, argument.value)) for name, argument in sorted(node.declared.items())]
    shown += [
        (name, text(state.graph, edge.name, state.extents)) for name, edge in sorted(node.argument_inputs.items())
    ]
    if node.operator == "_ArithmeticGenericOp":
        formula = text(state.graph, node.outputs[0].name, state.extents)
        return Unknown(operator="arithmetic", arguments=(("formula", formula),), origin=origin(node))
    return Unknown(operator=node.function, arguments=(*shown, *more.items()), origin=origin(node))


def origin(node: Node) -> str:
    """Return where an operator was declared: its function and source line."""
    return f"{node.function} {node.origin}".strip()


def left_out(node: Node, **fields: str | tuple[str, ...]) -> frozenset[str]:
    """Return the fields whose arguments the author left to DALI; each field names the argument or arguments behind it."""
    given = {*node.arguments, *node.argument_inputs}
    return frozenset(
        field for field, names in fields.items() if not given & set((names,) if isinstance(names, str) else names)
    )


def _unknown(state: State, node: Node) -> Read:
    return Read(steps=(unknown(state, node),), state=replace(state, channels="unknown"))


def _passed(state: State, node: Node) -> Read:
    return Read(steps=(), state=state)


def _source(state: State, node: Node) -> Read:
    dtype = DTYPES.get(node.get("dtype", 0), "uint8")
    order = state.feed.upper()
    decode = Decode(library=_CLIENT, channels=order, origin=origin(node), defaulted=frozenset({"library", "channels"}))
    return Read(steps=(decode,), state=replace(state, dtype=dtype, channels=order, layout="HWC"))


def _decoder(state: State, node: Node) -> Read:
    order = COLOURS.get(node.get("output_type", 0), "unknown")
    order = order if order in ("RGB", "BGR", "GRAY") else "unknown"
    steps: list[Step] = [
        Decode(
            library="nvjpeg" if node.device == "mixed" else "dali",
            channels=order,
            origin=origin(node),
            defaulted=left_out(node, channels="output_type") | {"library"},
        ),
        Orient(
            exif=bool(node.get("adjust_orientation", True)),
            origin=origin(node),
            defaulted=left_out(node, exif="adjust_orientation"),
        ),
    ]
    if node.operator.endswith("ImageCrop"):
        steps.append(crop_step(state, node) or unknown(state, node))
    elif not node.operator.endswith("Image") and node.operator != "ImageDecoder":
        steps.append(unknown(state, node))
    dtype = DTYPES.get(node.get("dtype", 0), "uint8")
    return Read(steps=tuple(steps), state=replace(state, channels=order, dtype=dtype, layout="HWC"))


def crop_step(state: State, node: Node) -> Crop | None:
    """Return the crop that an operator's ``crop`` arguments declare, or ``None`` where its window is computed."""
    window = numbers(state.graph, node, "crop", ())
    edges = [numbers(state.graph, node, name, ()) for name in ("crop_h", "crop_w")]
    anchor = [numbers(state.graph, node, name, (0.5,)) for name in ("crop_pos_y", "crop_pos_x")]
    fill = numbers(state.graph, node, "fill_values", (0.0,))
    if window is None or None in edges or None in anchor or fill is None:
        return None
    given = window[-2:] if window else tuple(value for edge in edges for value in edge or ())
    if len(given) != 2:
        return None
    policy = str(node.get("out_of_bounds_policy", "error"))
    return Crop(
        height=int(given[0]),
        width=int(given[1]),
        anchor=(float(anchor[0][0]), float(anchor[1][0])),  # type: ignore[index]
        rounding={"truncate": "floor"}.get(str(node.get("rounding", "round")), "round"),
        out_of_bounds={"trim_to_shape": "trim"}.get(policy, policy),
        fill=fill,
        origin=origin(node),
        defaulted=left_out(
            node, anchor=("crop_pos_x", "crop_pos_y"), rounding="rounding",
            out_of_bounds="out_of_bounds_policy", fill="fill_values",
        ) | {"position"},
    )  # fmt: skip


def _slice(state: State, node: Node) -> Read:
    step = windows.slice_step(state.graph, node, state.extents)
    if step is None:
        return Read(steps=(unknown(state, node),), state=state)
    step = replace(
        step, origin=f"{origin(node)} (window computed in the graph)", defaulted=left_out(node, fill="fill_values")
    )
    return Read(steps=(step,), state=state)


def _crop(state: State, node: Node) -> Read:
    step = crop_step(state, node)
    dtype = DTYPES.get(node.get("dtype", -1), state.dtype)
    steps: tuple[Step, ...] = (step or unknown(state, node),)
    if dtype != state.dtype:
        steps += (_cast_to(state, dtype, node),)
    return Read(steps=steps, state=replace(state, dtype=dtype))


def _cast_to(state: State, dtype: str, node: Node) -> Cast:
    narrows = not dtype.startswith("float") and state.dtype.startswith("float")
    return Cast(dtype=dtype, rounding="round" if narrows else "none", origin=origin(node))


def _cast(state: State, node: Node) -> Read:
    dtype = DTYPES.get(node.get("dtype", -1))
    if dtype is None:
        return _unknown(state, node)
    return Read(steps=(_cast_to(state, dtype, node),), state=replace(state, dtype=dtype))


def _resize(state: State, node: Node) -> Read:
    step = resizes.resize_step(state.graph, node, state.extents, state.dtype)
    if step is None:
        return Read(steps=(unknown(state, node),), state=state)
    step = replace(step, origin=f"{origin(node)} {step.origin}".strip())
    return Read(steps=(step,), state=replace(state, dtype=step.dtype))


def _merge(state: State, node: Node) -> Read:
    step = resizes.resize_step(state.graph, node, state.extents, state.dtype)
    if step is not None:
        note = f"{origin(node)} {step.origin}".strip()
        return Read(steps=(replace(step, origin=note),), state=replace(state, dtype=step.dtype))
    branches = {
        word: state.graph.producers[edge.name].function
        for word, edge in zip(("then", "else"), node.inputs, strict=False)
    }
    return Read(steps=(replace(unknown(state, node, **branches), operator="if"),), state=state)


def _colour(state: State, node: Node) -> Read:
    source, target = (COLOURS.get(node.get(name, 0), "unknown") for name in ("image_type", "output_type"))
    step = Colour(source=source, target=target, origin=origin(node))
    return Read(steps=(step,), state=replace(state, channels=target))


def _picked(state: State, node: Node) -> Read:
    chosen = channels.picked(state.graph, node, state.layout)
    assert chosen is not None
    order = channels.reordered(state.channels, chosen.channels)
    steps: list[Step] = []
    if chosen.channels != tuple(range(len(chosen.channels))):
        steps.append(Colour(source=state.channels, target=order, origin=origin(node)))
    if chosen.layout != state.layout:
        steps.append(Layout(source=state.layout, target=chosen.layout, origin=origin(node)))
    return Read(steps=tuple(steps), state=replace(state, channels=order, layout=chosen.layout))


def _transpose(state: State, node: Node) -> Read:
    order = node.get("perm", tuple(reversed(range(len(state.layout)))))
    if sorted(order) != list(range(len(state.layout))):
        return _unknown(state, node)
    target = "".join(state.layout[i] for i in order)
    step = Layout(source=state.layout, target=target, origin=origin(node))
    return Read(steps=(step,), state=replace(state, layout=target))


def _reshape(state: State, node: Node) -> Read:
    """A new shape over the same bytes is not a transpose, whatever it calls the axes: it stays as it is written."""
    claimed = str(node.get("layout", ""))
    if not {"shape", "rel_shape", "src_dims"} & {*node.arguments, *node.argument_inputs} and claimed in (
        "",
        state.layout,
    ):
        return Read(steps=(), state=state)
    layout = claimed if len(claimed) == 3 else state.layout
    return Read(steps=(unknown(state, node),), state=replace(state, layout=layout))


def _pad(state: State, node: Node) -> Read:
    shape, align = numbers(state.graph, node, "shape", ()), numbers(state.graph, node, "align", (1.0,))
    fill = numbers(state.graph, node, "fill_value", (0.0,))
    names = node.get("axis_names") or "".join(state.layout[a] for a in node.get("axes", ())) or state.layout
    if shape is None or align is None or fill is None or not set(names) >= {"H", "W"}:
        return _unknown(state, node)
    extents = dict(zip(names, shape, strict=False))
    divisor = int(max(align))
    made = Pad(
        height=int(extents["H"]) if extents.get("H", -1) > 0 else None,
        width=int(extents["W"]) if extents.get("W", -1) > 0 else None,
        divisor=divisor,
        position="top_left",
        fill=fill,
        origin=origin(node),
        defaulted=left_out(node, fill="fill_value", divisor="align") | {"position"},
    )
    to_batch = None if made.height and made.width else replace(made, height=None, width=None)
    is_step = made.height is not None or made.width is not None or divisor > 1
    return Read(steps=(made,) if is_step else (), state=state, batch=to_batch)


def _paste(state: State, node: Node) -> Read:
    ratio, canvas = numbers(state.graph, node, "ratio", None), numbers(state.graph, node, "min_canvas_size", (0.0,))
    at = [numbers(state.graph, node, name, (0.5,)) for name in ("paste_y", "paste_x")]
    fill = numbers(state.graph, node, "fill_value", None)
    known: dict[tuple[Any, Any], str] = {((0.5,), (0.5,)): "centre", ((0.0,), (0.0,)): "top_left"}
    where = known.get((at[0], at[1]))
    if ratio != (1.0,) or canvas is None or canvas[0] <= 0 or fill is None or where is None:
        return _unknown(state, node)
    size = int(canvas[0])
    step = Pad(
        height=size, width=size, position=where, fill=fill, origin=origin(node),
        defaulted=left_out(node, position=("paste_x", "paste_y")),
    )  # fmt: skip
    return Read(steps=(step,), state=state)


def _normalize(state: State, node: Node) -> Read:
    if is_per_image(node):
        step = _per_image(state, node)
    else:
        mapped = affine(state.graph, node)
        if mapped is None or not mapped.slope.all():
            return _unknown(state, node)
        step = _as_normalize(mapped.slope, mapped.offset, 1.0, origin(node))
    dtype = DTYPES.get(node.get("dtype", 9), "float32")
    more = () if dtype == "float32" else (_cast_to(replace(state, dtype="float32"), dtype, node),)
    return Read(steps=(step, *more), state=replace(state, dtype=dtype))


def _per_image(state: State, node: Node) -> Normalize:
    axes = node.get("axis_names") or "".join(state.layout[a] for a in node.get("axes", ())) or state.layout
    mean, std = (numbers(state.graph, node, name, None) for name in ("mean", "stddev"))
    return Normalize(
        per_image=True,
        axes=("N" if node.get("batch", False) else "") + axes,
        mean=mean or (0.0,),
        std=std or (1.0,),
        origin=origin(node),
        defaulted=left_out(node, axes=("axes", "axis_names"), mean="mean", std="stddev") | {"per_image"},
    )


def _as_normalize(slope: Any, offset: Any, scale: float, where: str) -> Normalize:
    """Return ``slope * x + offset`` as ``(x * scale - mean) / std``."""
    std = scale / slope
    mean = -offset * std
    return Normalize(scale=_short(scale), mean=tuple(map(_short, mean)), std=tuple(map(_short, std)), origin=where)


def _short(value: float) -> float:
    return float(f"{value:.7g}") + 0.0  # float32 has seven digits; + 0.0 turns -0.0 into 0.0


def _arithmetic(state: State, node: Node) -> Read:
    """Read arithmetic on the picture; operators in a row, such as ``(x / 255 - mean) / std``, are one step.

    With constants they are a normalisation; with anything else the whole formula is shown as it is.
    """
    run = (*state.run, node)
    parts = [affine(state.graph, part) for part in run]
    after = replace(state, run=run, dtype="float32")
    if any(part is None or not part.slope.all() for part in parts):
        return Read(steps=(unknown(state, node),), state=after, joins=bool(state.run))
    known = [part for part in parts if part is not None]
    slope, offset = np.ones(1), np.zeros(1)
    for part in known:
        slope, offset = slope * part.slope, offset * part.slope + part.offset
    scales = len(run) > 1 and len(known[0].slope) == 1 and not known[0].offset.any()
    scale = float(known[0].slope[0]) if scales else 1.0
    step = _as_normalize(slope, offset, scale, "; ".join(dict.fromkeys(origin(part) for part in run)))
    return Read(steps=(step,), state=after, joins=bool(state.run))


def _crop_mirror_normalize(state: State, node: Node) -> Read:
    steps: list[Step] = []
    if {"crop", "crop_h", "crop_w"} & {*node.arguments, *node.argument_inputs}:
        steps.append(crop_step(state, node) or unknown(state, node))
    if node.get("mirror", 0) or "mirror" in node.argument_inputs or node.get("pad_output", False):
        steps.append(unknown(state, node))
    mapped = affine(state.graph, node)
    if mapped is None or not mapped.slope.all():
        steps.append(unknown(state, node))
    elif (mapped.slope != 1).any() or mapped.offset.any():
        steps.append(_as_normalize(mapped.slope, mapped.offset, 1.0, origin(node)))
    dtype = DTYPES.get(node.get("dtype", 9), "float32")
    if dtype != "float32" or not any(isinstance(step, Normalize) for step in steps):
        steps.append(_cast_to(replace(state, dtype="float32"), dtype, node))
    layout = str(node.get("output_layout", "CHW"))
    if layout != state.layout:
        moved = Layout(source=state.layout, target=layout, origin=origin(node))
        steps.append(replace(moved, defaulted=left_out(node, target="output_layout")))
    return Read(steps=tuple(steps), state=replace(state, dtype=dtype, layout=layout))


_READERS: dict[str, Callable[[State, Node], Read]] = {
    "ExternalSource": _source, "_ExternalSource": _source, "Resize": _resize, "Crop": _crop, "Slice": _slice, "Cast": _cast,
    "ColorSpaceConversion": _colour, "Transpose": _transpose, "Reshape": _reshape, "Reinterpret": _reshape, "Pad": _pad,
    "Paste": _paste, "Normalize": _normalize, "_ArithmeticGenericOp": _arithmetic, "_conditional__Merge": _merge,
    "CropMirrorNormalize": _crop_mirror_normalize,
}  # fmt: skip
