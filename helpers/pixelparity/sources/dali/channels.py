"""Which channels of which picture an operator picks: how people write a channel swap in DALI without a colour operator."""

from __future__ import annotations

from dataclasses import dataclass

from pixelparity.sources.dali.constants import COLOURS
from pixelparity.sources.dali.graph import Graph, Node


@dataclass(frozen=True, kw_only=True)
class Picked:
    """Channels taken from the picture ``edge``, by number, in the order of the result. ``layout`` is the result's."""

    edge: str
    channels: tuple[int, ...]
    layout: str


def picked(graph: Graph, node: Node, layout: str) -> Picked | None:
    """Return what ``fn.cat`` or ``fn.stack`` of single channels puts together; ``None`` where it is anything else.

    ``layout`` is the layout of the picture from which the channels are taken.
    """
    if node.operator not in ("Cat", "Stack") or not node.inputs:
        return None
    parts = [one_channel(graph.producers[edge.name], layout) for edge in node.inputs]
    sources = {graph.producers[edge.name].inputs[0].name for edge, part in zip(node.inputs, parts, strict=True) if part}
    channels = tuple(part[0] for part in parts if part)
    ranks = {part[1] for part in parts if part}
    if len(channels) < len(parts) or len(sources) != 1 or len(ranks) != 1:
        return None
    axis = int(node.get("axis", 0)) % 3
    made = layout if node.operator == "Cat" else layout.replace("C", "")[:axis] + "C" + layout.replace("C", "")[axis:]
    along_channels = made in ("HWC", "CHW") and made[axis] == "C"
    right_rank = ranks == {3 if node.operator == "Cat" else 2}
    return Picked(edge=sources.pop(), channels=channels, layout=made) if along_channels and right_rank else None


def one_channel(node: Node, layout: str) -> tuple[int, int] | None:
    """Return (channel, rank of the result) where a node cuts exactly one channel out of a picture, else ``None``."""
    if node.operator != "_TensorSubscript" or node.argument_inputs or "C" not in layout:
        return None
    axis = layout.index("C")
    cuts = {name for name in node.declared if name.split("_")[0] in ("at", "lo", "hi", "step")}
    if cuts == {f"at_{axis}"}:
        return int(node.get(f"at_{axis}")) % 3, 2
    low, high = node.get(f"lo_{axis}", 0), node.get(f"hi_{axis}")
    if cuts <= {f"lo_{axis}", f"hi_{axis}"} and high == low + 1 and low >= 0:
        return int(low), 3
    return None


def declared_input(graph: Graph, source: Node) -> str | None:
    """Return the channel order in which a source is fed, where the operators that read it say so; ``None`` otherwise."""
    users = [user for user in graph.consumers(source) if user.operator == "ColorSpaceConversion"]
    told = {COLOURS.get(user.get("image_type", 0), "unknown") for user in users}
    return told.pop() if len(told) == 1 and told <= {"RGB", "BGR", "GRAY"} else None


def is_part(graph: Graph, node: Node, layout: str) -> bool:
    """Tell whether a node is one channel that is only cut out to be put together with others."""
    users = graph.consumers(node)
    cut = one_channel(node, layout) is not None
    return cut and bool(users) and all(picked(graph, user, layout) is not None for user in users)


def reordered(before: str, channels: tuple[int, ...]) -> str:
    """Return the channel order after picking channels by number from the order ``before``; unknown if it has no name."""
    if before == "unknown" or any(c >= len(before) for c in channels) or before == "GRAY":
        return "unknown"
    after = "".join(before[c] for c in channels)
    return after if after in ("RGB", "BGR", "RGBA", "BGRA") else "unknown"
