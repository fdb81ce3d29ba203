"""What is declared of the tensors on a server's edges, and which of them are pictures.

A server's configs say little of a tensor's meaning: an input may have a ``format``. The rest is declared by the author of a
model as ``parameters`` of its config (``layout``, ``channels``, ``value_range`` as two numbers, each also for one output as
``layout:OUTPUT``), or by the caller. A layout that nobody declares is read from the shape when one end of it, and one
only, is 1, 3 or 4 long. Nothing is read from values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pixelparity.errors import InputError
from pixelparity.sources.served.feeding import Feed
from pixelparity.sources.served.graph import Graph, Node
from pixelparity.stages import LAYOUTS, Stage, Tensor

CHANNEL_COUNTS = (1, 3, 4)
FORMATS = {"NHWC": "HWC", "NCHW": "CHW"}


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What the caller declares, by stage name; a plain string holds for every stage that the server makes."""

    layout: str | Mapping[str, str] | None = None
    channels: str | Mapping[str, str] | None = None


def one_picture(tensor: Tensor, *, batched: bool) -> Tensor | None:
    """Return the tensor of one picture without its batch axis, or ``None`` when there is not exactly one in it."""
    if batched:
        return tensor[0] if tensor.ndim and tensor.shape[0] == 1 else None
    return tensor[0] if tensor.ndim in (2, 4) and tensor.shape[0] == 1 else tensor


def is_batched(graph: Graph, edge: str) -> bool:
    """Tell whether the tensors of an edge carry the server's batch axis."""
    made = graph.producer(edge)
    return (made[0].max_batch_size if made else graph.max_batch_size) > 0


def names(graph: Graph) -> dict[str, str]:
    """Return a readable, unique stage name for each edge: ``input``, or the model that puts it out."""
    found: dict[str, str] = {}
    for edge in graph.edges():
        made = graph.producer(edge)
        if made is None:
            name = "input" if len(graph.inputs) == 1 else edge
        else:
            node, output = made
            name = node.model if len(node.outputs) == 1 else f"{node.model}.{output}"
        number, unique = 1, name
        while unique in found.values():
            number += 1
            unique = f"{name}_{number}"
        found[edge] = unique
    return found


def layout_of(graph: Graph, edge: str, name: str, tensor: Tensor, declared: Declared, feed: Feed | None) -> str:
    """Return the layout of an edge's tensor, without batch axis, or ``''`` when it is no picture."""
    if tensor.dtype.kind not in "uifb" or tensor.ndim not in (2, 3):
        return ""
    if feed is not None:
        return feed.layout if feed.kind != "encoded" else ""
    said = choice(declared.layout, name) or _said(graph, edge, "layout") or _format(graph, edge)
    if said:
        if said not in LAYOUTS:
            raise InputError(f"stage {name!r}: layout is {said!r}, use one of {', '.join(LAYOUTS)}")
        return said if len(said) == tensor.ndim else ""
    return layout_from_shape(tensor.shape)


def stage(
    graph: Graph, edge: str, name: str, tensor: Tensor, declared: Declared, feed: Feed | None, layout: str
) -> Stage:
    """Return the stage of an edge that holds pictures."""
    made = graph.producer(edge)
    count = tensor.shape[layout.index("C")] if "C" in layout else 1
    channels = (
        choice(declared.channels, name) or _said(graph, edge, "channels") or ("GRAY" if count == 1 else "unknown")
    )
    if feed is not None:
        channels = feed.kind.upper()
    return Stage(
        name=name,
        step="input" if made is None else "other",
        layout=layout,
        channels=channels,
        dtype=str(tensor.dtype),
        value_range=_value_range(_said(graph, edge, "value_range"), name, tensor),
        origin=f"input {edge} of {graph.model}" if made is None else _origin(*made),
    )


def _origin(node: Node, output: str) -> str:
    place = "/".join((*node.path, node.model))
    return f"output {output} of {place} ({node.backend})"


def choice(given: str | Mapping[str, str] | None, name: str) -> str:
    """Return what the caller declares of a stage, or ``''``."""
    if given is None or isinstance(given, str):
        return given or ""
    return given.get(name, "")


def _said(graph: Graph, edge: str, key: str) -> str:
    """Return what the model that puts out an edge declares of it in its parameters."""
    made = graph.producer(edge)
    if made is None:
        return ""
    node, output = made
    return node.parameters.get(f"{key}:{output}", node.parameters.get(key, "")).strip()


def _format(graph: Graph, edge: str) -> str:
    found = {FORMATS.get(node.input_spec(name).format, "") for node, name in graph.consumers(edge)} - {""}
    return found.pop() if len(found) == 1 else ""


def layout_from_shape(shape: tuple[int, ...]) -> str:
    """Return the layout when one end of a shape, and one only, is 1, 3 or 4 long and both sides are longer than 1."""
    if len(shape) != 3:
        return ""
    fits = [
        layout
        for layout, channels, sides in (("HWC", shape[2], shape[:2]), ("CHW", shape[0], shape[1:]))
        if channels in CHANNEL_COUNTS and min(sides) > 1
    ]
    return fits[0] if len(fits) == 1 else ""


def _value_range(said: str, name: str, tensor: Tensor) -> tuple[float, float] | None:
    if said:
        try:
            low, high = (float(part) for part in said.replace(",", " ").split())
        except ValueError:
            raise InputError(f"stage {name!r}: value_range is {said!r}, write two numbers such as '0 255'") from None
        return low, high
    return (0.0, 255.0) if tensor.dtype == "uint8" else None
