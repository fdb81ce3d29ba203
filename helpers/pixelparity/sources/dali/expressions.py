"""Numbers computed inside a graph from a picture's height and width: evaluated outside of DALI, or written as text.

Types follow DALI: whole numbers stay whole, anything with a float32 is float32, a cast to a whole number rounds half away
from zero.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.sources.dali.constants import DTYPES, numbers
from pixelparity.sources.dali.graph import Graph, Node

Array = NDArray[Any]
#: Heights and widths of many pictures to heights and widths.
Sizes = Callable[[Array, Array], tuple[Array, Array]]
#: How many operators a computed size may build on in a row; people write a dozen.
_MOST_DEEP = 100
_LONGEST = 400  # letters of a formula for a person; a part that makes it longer is shown by its operator's name
_EDGES = ("height", "width", "channels")
SHAPES = frozenset({"_Shape", "PeekImageShape", "experimental__PeekImageShape"})


class NotSizes(Exception):
    """Raised inside this package where a value depends on more than a picture's height and width."""


def _whole_division(a: Array, b: Array) -> Array:
    if np.issubdtype(a.dtype, np.floating):
        exact: Array = a / b
        return exact
    towards_zero: Array = np.sign(a) * np.sign(b) * (np.abs(a) // np.abs(b))  # as in C++
    return towards_zero.astype(a.dtype)


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": _whole_division, "min": np.minimum,
    "max": np.maximum, "floor": np.floor, "ceil": np.ceil, "round": np.round, "minus": np.negative, "plus": np.positive,
    "abs": np.abs, "fabs": np.abs, "eq": np.equal, "neq": np.not_equal, "lt": np.less, "leq": np.less_equal,
    "gt": np.greater, "geq": np.greater_equal, "bitand": np.bitwise_and, "bitor": np.bitwise_or,
    "bitxor": np.bitwise_xor, "sqrt": np.sqrt, "pow": np.power, "clamp": np.clip,
}  # fmt: skip
_REDUCTIONS: dict[str, Callable[..., Any]] = {"reductions__Max": np.max, "reductions__Min": np.min}
_FLOAT_ONLY = frozenset({"fdiv", "floor", "ceil", "round", "sqrt", "fabs"})
_SIGNS = {
    "add": "+", "sub": "-", "mul": "*", "fdiv": "/", "div": "//", "eq": "==", "neq": "!=", "lt": "<", "leq": "<=",
    "gt": ">", "geq": ">=", "bitand": "&", "bitor": "|", "bitxor": "^",
}  # fmt: skip
_CALL = re.compile(r"(\w+)\((.*)\)")
_OPERAND = re.compile(r"([&$])(\d+)(?::(\w+))?")


class Evaluator:
    """Evaluate edges for many pictures at once: ``heights`` and ``widths`` have one entry per picture.

    ``extents`` gives, for every edge that holds the picture, its height and width there as functions of those.
    """

    def __init__(self, graph: Graph, extents: Mapping[str, Sizes], heights: Array, widths: Array) -> None:
        self._graph, self._extents = graph, extents
        self._first = heights, widths
        self.count = len(heights)
        self._known: dict[str, Array] = {}
        self._depth = 0

    def edge(self, name: str) -> Array:
        """Return an edge's value: shape (pictures,) for a scalar, (elements, pictures) for a vector.

        Raises :class:`NotSizes` where it depends on anything but the pictures' sizes.
        """
        if name not in self._known:
            node = self._graph.producers[name]
            if self._depth == _MOST_DEEP:
                raise NotSizes(node.function)
            self._depth += 1
            try:
                self._known[name] = self._node(node)
            finally:
                self._depth -= 1
        return self._known[name]

    def _node(self, node: Node) -> Array:
        name = node.operator
        if name in SHAPES and node.inputs[0].name in self._extents:
            high, wide = self._extents[node.inputs[0].name](*self._first)
            return _typed(np.vstack([high, wide, np.full_like(high, 3)]).astype(np.int64), node, "int64")
        if name == "Constant":
            return self._constant(node)
        if name in ("Cast", "_conditional__Not_", "Reshape", "_conditional__Split", "_conditional__ValidateLogical"):
            value = self.edge(node.inputs[0].name)
            return np.logical_not(value) if name == "_conditional__Not_" else _typed(value, node, str(value.dtype))
        if name == "_TensorSubscript":
            return self._subscript(node)
        if name == "Slice":
            return self._slice(node)
        if name in _REDUCTIONS:
            return self._reduced(node)
        if name in ("Stack", "Cat"):
            parts = [self.edge(edge.name) for edge in node.inputs]
            return np.vstack([np.atleast_2d(part) for part in _promoted(*parts)])
        if name == "_conditional__Merge":
            chosen = self.edge(node.argument_inputs["predicate"].name).astype(bool)
            yes, no = _promoted(*(self.edge(edge.name) for edge in node.inputs))
            return np.asarray(np.where(chosen, yes, no))
        if name == "_ArithmeticGenericOp":
            return self._arithmetic(node)
        raise NotSizes(node.function)

    def _constant(self, node: Node) -> Array:
        values = node.get("fdata") or node.get("idata") or ()
        dtype = DTYPES.get(node.get("dtype", 9 if node.get("fdata") else 6), "float32")
        columns: Array = np.asarray(values, dtype=dtype)[:, None] * np.ones(self.count, dtype=dtype)
        return columns if node.get("shape") else np.asarray(columns[0])

    def _subscript(self, node: Node) -> Array:
        value = self.edge(node.inputs[0].name)
        if node.argument_inputs or value.ndim != 2 or node.get("num_subscripts", 1) != 1:
            raise NotSizes(node.function)
        if "at_0" in node.arguments:
            return np.asarray(value[node.get("at_0")])
        return np.asarray(value[node.get("lo_0") : node.get("hi_0") : node.get("step_0")])

    def _slice(self, node: Node) -> Array:
        """Return the elements of a vector that ``fn.slice`` takes at constant places."""
        value, taken = self.edge(node.inputs[0].name), _places(self._graph, node)
        if value.ndim != 2 or taken is None or taken.stop > len(value):
            raise NotSizes(node.function)
        return value[taken]

    def _reduced(self, node: Node) -> Array:
        """Return a vector's largest or smallest element."""
        value = self.edge(node.inputs[0].name)
        if value.ndim != 2 or node.get("axes", (0,)) != (0,) or node.get("keep_dims", False) or node.argument_inputs:
            raise NotSizes(node.function)
        return np.asarray(_REDUCTIONS[node.operator](value, axis=0))

    def _arithmetic(self, node: Node) -> Array:
        operation, operands = parse_expression(node)
        values = [self._operand(node, *operand) for operand in operands]
        if operation == "fdiv" or (operation in _FLOAT_ONLY and not np.issubdtype(values[0].dtype, np.floating)):
            values = [v.astype(np.float32) for v in values]
        values = list(_promoted(*values))
        if operation == "fdiv":
            return values[0] / values[1]
        if operation not in _OPERATIONS:
            raise NotSizes(node.function)
        return np.asarray(_OPERATIONS[operation](*values))

    def _operand(self, node: Node, kind: str, number: int, dtype: str) -> Array:
        if kind == "&":
            return self.edge(node.inputs[number].name)
        return np.full(self.count, _inlined(node, number, dtype), dtype=_numpy_name(dtype))


def _places(graph: Graph, node: Node) -> slice | None:
    """Return which elements of a vector a slice takes; ``None`` where that is computed, or of more than one axis."""
    start, shape, end = (numbers(graph, node, name, None) for name in ("start", "shape", "end"))
    if len(node.inputs) != 1 or node.get("axes") != (0,) or start is None or (shape is None) == (end is None):
        return None
    given = [*start, *(shape or ()), *(end or ())]
    if len(given) != 2 or min(given) < 0 or not all(value.is_integer() for value in given):
        return None
    first = int(start[0])
    return slice(first, first + int(shape[0]) if shape is not None else int(given[1]))


def parse_expression(node: Node) -> tuple[str, list[tuple[str, int, str]]]:
    """Return the operation of an arithmetic node and its operands as (``&`` or ``$``, number, type)."""
    written = _CALL.fullmatch(str(node.get("expression_desc", "")))
    if written is None or "(" in written.group(2):
        raise NotSizes(node.function)
    found = [match.groups() for match in _OPERAND.finditer(written.group(2))]
    operands = [(kind, int(number), dtype or "") for kind, number, dtype in found]
    if any(kind == "&" and number >= len(node.inputs) for kind, number, _ in operands):
        raise NotSizes(node.function)
    return written.group(1), operands


def text(graph: Graph, edge: str, pictures: Collection[str]) -> str:
    """Return a computed edge as a formula in ``height`` and ``width``.

    What is not understood, and what would make the formula longer than a person reads, stays an operator's name.
    """
    known: dict[str, str] = {}
    for node in graph.ancestors(edge):  # each comes after its inputs
        words = _node_text(graph, node, pictures, known)
        for output in node.outputs:
            known[output.name] = words if len(words) <= _LONGEST else f"<{node.function}>"
    return known[edge]


def _node_text(graph: Graph, node: Node, pictures: Collection[str], known: Mapping[str, str]) -> str:
    """Return the formula of one operator, from those of its inputs."""
    if node.operator in ("Cast", "_conditional__Split") and node.inputs:
        return known[node.inputs[0].name]
    if node.operator == "_TensorSubscript" and _is_shape(graph, node.inputs[0].name):
        return dict(enumerate(_EDGES)).get(node.get("at_0", -1), f"shape[{node.get('at_0')}]")
    taken = _places(graph, node) if node.operator == "Slice" and _is_shape(graph, node.inputs[0].name) else None
    if taken is not None and taken.stop == taken.start + 1 and taken.start < len(_EDGES):
        return _EDGES[taken.start]
    if node.operator in _REDUCTIONS:
        return f"{node.function.rpartition('.')[2]}{known[node.inputs[0].name]}"
    if node.operator == "Constant":
        values = node.get("fdata") or node.get("idata") or ()
        words = ", ".join(f"{v:g}" for v in values)
        return f"[{words}]" if len(values) > 1 else words
    if node.operator in ("Stack", "Cat"):
        return "(" + ", ".join(known[e.name] for e in node.inputs) + ")"
    if node.operator == "_conditional__Merge":
        yes, no = (known[e.name] for e in node.inputs)
        return f"({yes} if {known[node.argument_inputs['predicate'].name]} else {no})"
    if node.operator == "_ArithmeticGenericOp":
        return _arithmetic_text(node, known)
    return "picture" if node.outputs[0].name in pictures else f"<{node.function}>"


def _is_shape(graph: Graph, edge: str) -> bool:
    node = graph.producers[edge]
    while node.operator == "Cast" and node.inputs:
        node = graph.producers[node.inputs[0].name]
    return node.operator in SHAPES


def _arithmetic_text(node: Node, known: Mapping[str, str]) -> str:
    try:
        operation, operands = parse_expression(node)
        words = [
            known[node.inputs[number].name] if kind == "&" else f"{_inlined(node, number, dtype):g}"
            for kind, number, dtype in operands
        ]
    except NotSizes:
        return f"<{node.function}>"
    if operation in _SIGNS and len(words) == 2:
        return f"({words[0]} {_SIGNS[operation]} {words[1]})"
    return f"{operation}({', '.join(words)})"


def _inlined(node: Node, number: int, dtype: str) -> float:
    kind = "real_constants" if dtype.startswith("float") else "integer_constants"
    stored = node.get(kind, ())
    if number >= len(stored):
        raise NotSizes(node.function)
    return float(stored[number])


def _numpy_name(dtype: str) -> str:
    return dtype if dtype in DTYPES.values() else "float32"


def _typed(value: Array, node: Node, default: str) -> Array:
    """Convert to the node's ``dtype`` argument; a fraction that becomes a whole number is rounded half away from zero."""
    dtype = DTYPES.get(node.get("dtype", -1), default)
    if np.issubdtype(np.dtype(dtype), np.integer) and np.issubdtype(value.dtype, np.floating):
        value = np.trunc(value + np.copysign(0.5, value))
    return value.astype(dtype)


def _promoted(*values: Array) -> tuple[Array, ...]:
    if any(np.issubdtype(v.dtype, np.floating) for v in values):
        return tuple(v.astype(np.float64 if v.dtype == np.float64 else np.float32) for v in values)
    return values
