"""What the operators of ONNX that can stand in front of a network do to a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.recipes import Normalize
from pixelparity.sources.front import Front
from pixelparity.sources.onnx.reading import Array, Graph, Node, axes_of, element_type
from pixelparity.sources.onnx.resizing import resize

Reader = Callable[[Graph, Front, Node, str], Front]
#: Operators that leave a picture as it is when a model is run.
PASSED = ("Identity", "Dropout")


def needed(graph: Graph, node: Node, place: int, what: str) -> Array:
    """Return the constant at a place of an operator's inputs; raise ``UnsupportedStep`` for one that is none."""
    name = node.inputs[place] if place < len(node.inputs) else ""
    found = graph.constant(name) if name else None
    if found is None:
        raise UnsupportedStep(f"{node.called} takes {what} that is no small constant of this file")
    return found


def given(graph: Graph, node: Node, place: int, what: str) -> Array | None:
    """Return the constant at a place of an operator's inputs; ``None`` where nothing stands there."""
    return needed(graph, node, place, what) if place < len(node.inputs) and node.inputs[place] else None


def _arithmetic(sign: str) -> Reader:
    def read(graph: Graph, front: Front, node: Node, name: str) -> Front:
        if len(node.inputs) != 2 or node.inputs[0] == node.inputs[1]:
            raise UnsupportedStep(f"{node.called} computes the picture with itself")
        first = node.inputs[1] == name
        constant = needed(graph, node, 0 if first else 1, "a number")
        return front.affine(sign, constant, node.called, first=first)

    return read


def _batch_normalization(graph: Graph, front: Front, node: Node, _name: str) -> Front:
    if node.attributes.get("training_mode", 0):
        raise UnsupportedStep(f"{node.called} is in training, where it takes each batch's own statistics")
    scale, shift, mean, variance = (
        needed(graph, node, place, what).astype(np.float64).reshape(-1)
        for place, what in ((1, "a scale"), (2, "a shift"), (3, "a mean"), (4, "a variance"))
    )
    if {len(scale), len(shift), len(mean), len(variance)} != {3} or not (variance >= 0).all() or 0 in scale:
        raise InputError(f"{node.called} has numbers that are no statistics of three channels")
    std = np.sqrt(variance + float(node.attributes.get("epsilon", 1e-5))) / scale
    step = Normalize(
        mean=tuple((mean - shift * std).tolist()), std=tuple(std.tolist()), origin=f"{node.called} in front"
    )
    return front.adding(step, bounds=None)


def _transpose(_graph: Graph, front: Front, node: Node, _name: str) -> Front:
    order = node.attributes.get("perm")
    return front.transposed(range(len(front.axes))[::-1] if order is None else list(order), node.called)


def _cast(_graph: Graph, front: Front, node: Node, _name: str) -> Front:
    return front.cast(element_type(node.attributes.get("to")), node.called)


def _gather(graph: Graph, front: Front, node: Node, name: str) -> Front:
    axis = int(node.attributes.get("axis", 0)) % len(front.axes)
    order = needed(graph, node, 1, "an order of channels")
    if node.inputs[0] != name or front.axes[axis] != "C" or order.ndim != 1:
        raise UnsupportedStep(f"{node.called} takes parts of the axis {front.axes[axis]}")
    if order.tolist() == [0, 1, 2]:
        return front
    if [int(place) % 3 for place in order.tolist()] != [2, 1, 0]:
        raise UnsupportedStep(
            f"{node.called} takes the channels {order.tolist()[:8]}, neither as they are nor reversed"
        )
    return front.swapped(node.called)


def _slice(graph: Graph, front: Front, node: Node, _name: str) -> Front:
    starts, ends, axes, steps = _cuts(graph, node)
    for start, stop, axis, step in zip(starts, ends, axes, steps, strict=True):
        front = front.sliced(front.axes[axis % len(front.axes)], start, stop, step, node.called)
    return front


def _cuts(graph: Graph, node: Node) -> tuple[list[int], list[int], list[int], list[int]]:
    if "starts" in node.attributes:  # up to version 9 of the operators
        starts, ends = (list(node.attributes.get(name, ())) for name in ("starts", "ends"))
        axes, steps = axes_of(node, None), None
    else:
        starts, ends = (needed(graph, node, place, "an edge").reshape(-1).tolist() for place in (1, 2))
        axes, steps = axes_of(node, given(graph, node, 3, "axes")), given(graph, node, 4, "steps")
    found = list(range(len(starts))) if axes is None else list(axes)
    strides = [1] * len(starts) if steps is None else steps.reshape(-1).tolist()
    if {len(ends), len(found), len(strides)} != {len(starts)}:
        raise InputError(f"{node.called} has edges for other axes than it names")
    return starts, ends, found, strides


def _unsqueeze(graph: Graph, front: Front, node: Node, _name: str) -> Front:
    axes = list(axes_of(node, given(graph, node, 1, "axes")) or ())
    if axes not in ([0], [-4]) or "N" in front.axes or len(front.axes) != 3:
        raise UnsupportedStep(f"{node.called} adds another axis than that of the batch")
    return front.adding(axes=f"N{front.axes}", shape=(1, *front.shape))


def _squeeze(graph: Graph, front: Front, node: Node, _name: str) -> Front:
    axes = list(axes_of(node, given(graph, node, 1, "axes")) or ())
    if axes not in ([0], [-4]) or front.axes[0] != "N":
        raise UnsupportedStep(f"{node.called} takes away another axis than that of the batch")
    return front.adding(axes=front.axes[1:], shape=front.shape[1:])


def _reshape(graph: Graph, front: Front, node: Node, _name: str) -> Front:
    raw = needed(graph, node, 1, "a shape").reshape(-1).tolist()
    lengths = tuple(front.shape[i] if n == 0 and i < len(front.shape) else n for i, n in enumerate(raw))
    own = front.shape[1:] if front.axes[0] == "N" else front.shape
    tail = lengths[1:]
    if len(lengths) == len(own) + 1 and (tail == own or (tail.count(-1) == 1 and _filled(tail, own) == own)):
        batch = front.axes if front.axes[0] == "N" else f"N{front.axes}"
        return front.adding(axes=batch, shape=(front.shape[0] if front.axes[0] == "N" else 1, *own))
    raise UnsupportedStep(f"{node.called} makes the shape {raw[:8]} of {front.axes}, which is no picture as it was")


def _filled(lengths: tuple[Any, ...], own: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(old if new == -1 else new for new, old in zip(lengths, own, strict=True))


def _clip(graph: Graph, front: Front, node: Node, _name: str) -> Front:
    low, high = node.attributes.get("min"), node.attributes.get("max")
    first, second = given(graph, node, 1, "a limit"), given(graph, node, 2, "a limit")
    low = float(first.reshape(-1)[0]) if first is not None and first.size else low
    high = float(second.reshape(-1)[0]) if second is not None and second.size else high
    least = -np.inf if low is None else float(low)
    return front.clipped(least, np.inf if high is None else float(high), node.called)


def _borders(graph: Graph, node: Node, letters: str) -> tuple[dict[str, int], dict[str, int]]:
    pads = node.attributes.get("pads")
    pads = needed(graph, node, 1, "a border").reshape(-1).tolist() if pads is None else list(pads)
    named = given(graph, node, 3, "axes")
    axes = range(len(letters)) if named is None else [int(axis) % len(letters) for axis in named.reshape(-1)]
    if len(pads) != 2 * len(axes):
        raise InputError(f"{node.called} has {len(pads)} borders for {len(axes)} axes")
    sides = [dict.fromkeys(letters, 0) | {letters[axis]: int(n) for axis, n in zip(axes, part, strict=True)}
             for part in (pads[: len(axes)], pads[len(axes) :])]  # fmt: skip
    return sides[0], sides[1]


def _pad(graph: Graph, front: Front, node: Node, _name: str) -> Front:
    if node.attributes.get("mode", "constant") != "constant":
        raise UnsupportedStep(f"{node.called} fills by {node.attributes['mode']!r}, and not with a constant")
    before, after = _borders(graph, node, front.axes)
    others = [n for side in (before, after) for letter, n in side.items() if letter not in "HW" and n]
    if others or min((*before.values(), *after.values())) < 0:
        raise UnsupportedStep(f"{node.called} pads another axis than those of the picture's edges, or cuts")
    value = given(graph, node, 2, "a value")
    fill = float(node.attributes.get("value", 0.0)) if value is None or not value.size else float(value.reshape(-1)[0])
    return front.padded(before, after, fill, node.called)


def borders_of_network(graph: Graph, node: Node, network: Mapping[str, bool]) -> bool:
    """Tell whether a padding is a convolution's own: what follows is one, with a kernel wider than every border."""
    users = graph.users(node.outputs[0]) if node.outputs else ()
    if len(users) != 1 or not network.get(users[0].operator, False):
        return False
    pads = node.attributes.get("pads")
    found = graph.constant(node.inputs[1]) if pads is None and len(node.inputs) > 1 else None
    borders = list(pads) if pads is not None else [] if found is None else found.reshape(-1).tolist()
    kernel = list(users[0].attributes.get("kernel_shape", ()))
    return bool(borders) and bool(kernel) and max(borders) < max(kernel)


def _quantized(graph: Graph, _front: Front, node: Node, _name: str) -> Front:
    scale = given(graph, node, 1, "a scale")
    size = "" if scale is None or scale.size != 1 else f" in steps of {float(scale.reshape(-1)[0]):g}"
    raise UnsupportedStep(f"{node.called} quantises what the network is fed{size}, and no step of a recipe says so")


KNOWN: Mapping[str, Reader] = {
    "Add": _arithmetic("+"), "Sub": _arithmetic("-"), "Mul": _arithmetic("*"), "Div": _arithmetic("/"),
    "BatchNormalization": _batch_normalization, "Transpose": _transpose, "Cast": _cast, "Gather": _gather,
    "Slice": _slice, "Unsqueeze": _unsqueeze, "Squeeze": _squeeze, "Reshape": _reshape, "Clip": _clip, "Pad": _pad,
    "Resize": resize, "Upsample": resize, "QuantizeLinear": _quantized, "DequantizeLinear": _quantized,
}  # fmt: skip
