"""What each operator of DALI declares in the words of a recipe, with its defaults spelled out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pixelparity.errors import PipelineFileError
from pixelparity.recipes import Colour, Decode, Layout, Orient, Pad, Step
from pixelparity.sources.dali import channels, meaning, resizes, values, windows
from pixelparity.sources.dali.constants import COLOURS, DTYPES, numbers
from pixelparity.sources.dali.expressions import Sizes
from pixelparity.sources.dali.extents import extent_after, unchanged
from pixelparity.sources.dali.graph import Node
from pixelparity.sources.dali.reading import Read, State, cast_to, crop_step, left_out, origin, unknown

_CLIENT = "client"  # the picture arrives decoded


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
    # The size that peek_image_shape tells of an encoded picture is that of the decoded one.
    encoded = node.inputs[:1] if node.is_decoder else ()
    return {edge.name: unchanged for edge in (*node.outputs, *encoded)}


def _unknown(state: State, node: Node) -> Read:
    return Read(steps=(unknown(state, node),), state=replace(state, channels="unknown"))


def _passed(state: State, _node: Node) -> Read:
    return Read(steps=(), state=state)


def _source(state: State, node: Node) -> Read:
    dtype = DTYPES.get(node.get("dtype", 0), "uint8")
    told = channels.declared_input(state.graph, node)
    order = state.feed.upper() if state.feed in ("rgb", "bgr") else told or "RGB"
    assumed = {"library"} if told or state.feed in ("rgb", "bgr") else {"library", "channels"}
    decode = Decode(library=_CLIENT, channels=order, origin=origin(node), defaulted=frozenset(assumed))
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


def _slice(state: State, node: Node) -> Read:
    step = windows.slice_step(state.graph, node, state.extents)
    if step is None:
        return Read(steps=(unknown(state, node),), state=state)
    step = replace(
        step, origin=f"{origin(node)} (window computed in the graph)", defaulted=left_out(node, fill="fill_values")
    )
    return Read(steps=(step,), state=state)


def _crop(state: State, node: Node) -> Read:
    step: Step | None = crop_step(state, node)
    if step is None:
        step = windows.crop_step(state.graph, node, state.extents)
        step = step and replace(step, origin=f"{origin(node)} (window computed in the graph)")
    dtype = DTYPES.get(node.get("dtype", -1), state.dtype)
    steps: tuple[Step, ...] = (step or unknown(state, node),)
    if dtype != state.dtype:
        steps += (cast_to(state, dtype, node),)
    return Read(steps=steps, state=replace(state, dtype=dtype))


def _cast(state: State, node: Node) -> Read:
    dtype = DTYPES.get(node.get("dtype", -1))
    if dtype is None:
        return _unknown(state, node)
    return Read(steps=(cast_to(state, dtype, node),), state=replace(state, dtype=dtype))


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
    """Keep the step as it is written: a new shape over the same bytes is no transpose, whatever it calls the axes."""
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
    if min(align) < 1:
        raise PipelineFileError(
            f"{state.graph.source}: fn.pad has align={min(align):g}, with which DALI cannot run it (it keeps whole numbers "
            "from 1, and 0.5 becomes 0); take align away, or place the picture with fn.crop and out_of_bounds_policy"
        )
    # A shape of one pixel is smaller than any picture: what is left of it is the alignment, picture by picture.
    own = divisor > 1 and extents.get("H") == extents.get("W") == 1
    made = Pad(
        height=int(extents["H"]) if extents.get("H", -1) > 0 and not own else None,
        width=int(extents["W"]) if extents.get("W", -1) > 0 and not own else None,
        divisor=divisor,
        position="top_left",
        fill=fill,
        origin=origin(node),
        defaulted=left_out(node, fill="fill_value", divisor="align") | {"position"},
    )
    to_batch = None if own or (made.height and made.width) else replace(made, height=None, width=None)
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


_READERS: dict[str, Callable[[State, Node], Read]] = {
    "ExternalSource": _source, "_ExternalSource": _source, "Resize": _resize, "Crop": _crop, "Slice": _slice, "Cast": _cast,
    "ColorSpaceConversion": _colour, "Transpose": _transpose, "Reshape": _reshape, "Reinterpret": _reshape, "Pad": _pad,
    "Paste": _paste, "Normalize": values.normalize, "_ArithmeticGenericOp": values.arithmetic, "_conditional__Merge": _merge,
    "CropMirrorNormalize": values.crop_mirror_normalize,
}  # fmt: skip
