"""What is known while a graph is read operator by operator, and the parts that several operators share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pixelparity.recipes import Cast, Crop, Pad, Step, Unknown
from pixelparity.sources.dali.constants import as_python, numbers
from pixelparity.sources.dali.expressions import Sizes, text
from pixelparity.sources.dali.graph import Graph, Node


@dataclass(frozen=True, kw_only=True)
class State:
    """What is known of the picture between two operators.

    ``extents`` tells the height and width of every edge that held the picture so far, as functions of the first one's.
    ``run`` are the arithmetic operators just before, which are read together as one step.
    """

    graph: Graph
    feed: str = "auto"
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


def cast_to(state: State, dtype: str, node: Node) -> Cast:
    """Return the cast to another number type; a fraction that becomes a whole number is rounded."""
    narrows = not dtype.startswith("float") and state.dtype.startswith("float")
    return Cast(dtype=dtype, rounding="round" if narrows else "none", origin=origin(node))


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
