"""DALI's numbered choices by name, and arguments that are constants in the graph."""

from __future__ import annotations

from pixelparity import literals
from pixelparity.sources.dali.graph import Graph, Node

#: Numbers of DALI's enumerations as stored in files (``nvidia.dali.types``; a test compares them).
DTYPES = {
    0: "uint8", 1: "uint16", 2: "uint32", 3: "uint64", 4: "int8", 5: "int16", 6: "int32", 7: "int64",
    8: "float16", 9: "float32", 10: "float64", 11: "bool",
}  # fmt: skip
DTYPE_NAMES = {"float32": "FLOAT"}  # the others are the numpy name in capitals
INTERPOLATIONS = {
    0: "INTERP_NN", 1: "INTERP_LINEAR", 2: "INTERP_CUBIC", 3: "INTERP_LANCZOS3", 4: "INTERP_TRIANGULAR",
    5: "INTERP_GAUSSIAN",
}  # fmt: skip
COLOURS = {0: "RGB", 1: "BGR", 2: "GRAY", 3: "YCbCr", 4: "ANY_DATA"}

#: Which arguments hold which enumeration; DALI uses the same names in all of its operators.
_ENUMERATED = {
    **dict.fromkeys(("dtype", "output_dtype"), "dtype"),
    **dict.fromkeys(("interp_type", "min_filter", "mag_filter"), "interpolation"),
    **dict.fromkeys(("output_type", "image_type"), "colour"),
}


def enumeration(argument: str) -> str:
    """Return dtype, interpolation or colour for an argument that holds a numbered choice, else an empty string."""
    return _ENUMERATED.get(argument, "")


def as_python(argument: str, value: object) -> str:
    """Return an argument's value as a person writes it in Python: ``types.FLOAT`` for 9, ``[0.5, 0.4]`` for a vector."""
    kind = enumeration(argument)
    if isinstance(value, int) and not isinstance(value, bool):
        if kind == "dtype" and value in DTYPES:
            return f"types.{DTYPE_NAMES.get(DTYPES[value], DTYPES[value].upper())}"
        if kind == "interpolation" and value in INTERPOLATIONS:
            return f"types.{INTERPOLATIONS[value]}"
        if kind == "colour" and value in COLOURS:
            return f"types.{COLOURS[value]}"
    if isinstance(value, tuple):
        return literals.listed(value, lambda element: as_python(argument, element))
    if isinstance(value, float):
        return repr(int(value)) + ".0" if value.is_integer() and abs(value) < 1e15 else repr(value)
    return literals.string(value) if isinstance(value, str) else repr(value)


def constant(graph: Graph, edge: str) -> tuple[float, ...] | None:
    """Return the numbers that an edge always holds, or ``None`` where they are computed."""
    node = graph.producers[edge]
    if node.operator != "Constant":
        return None
    stored = node.get("fdata", node.get("idata", ()))
    values = stored if isinstance(stored, tuple) else (stored,)
    return tuple(float(v) for v in values) or None


def numbers(graph: Graph, node: Node, argument: str, default: tuple[float, ...] | None) -> tuple[float, ...] | None:
    """Return an argument's numbers, stored or constant in the graph; ``default`` if left out, ``None`` if computed."""
    if argument in node.argument_inputs:
        return constant(graph, node.argument_inputs[argument].name)
    if argument not in node.arguments:
        return default
    stored = node.get(argument)
    values = stored if isinstance(stored, tuple) else (stored,)
    return tuple(float(v) for v in values) if all(isinstance(v, int | float) for v in values) else None
