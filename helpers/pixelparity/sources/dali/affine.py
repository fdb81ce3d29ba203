"""What an operator does to every value, where that is ``slope * value + offset`` per channel."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelparity.sources.dali.constants import constant, numbers
from pixelparity.sources.dali.graph import Graph, Node

_BINARY = re.compile(r"(\w+)\(([&$]\d+)(?::\w+)? ([&$]\d+)(?::\w+)?\)")


@dataclass(frozen=True, kw_only=True)
class Affine:
    """``slope * value + offset``; both have shape (1,) or (channels,). ``edge`` is the tensor acted on."""

    slope: NDArray[np.float64]
    offset: NDArray[np.float64]
    edge: str


def affine(graph: Graph, node: Node) -> Affine | None:
    """Return the map of a normalising or arithmetic operator, or ``None`` where it is not one or is not constant."""
    if node.operator == "Normalize":
        return _normalize(graph, node, "mean", "stddev")
    if node.operator == "CropMirrorNormalize":
        return _normalize(graph, node, "mean", "std")
    if node.operator == "_ArithmeticGenericOp":
        return _arithmetic(graph, node)
    return None


def is_per_image(node: Node) -> bool:
    """Tell whether ``fn.normalize`` computes its own mean or standard deviation (it does unless both are given)."""
    given = {*node.arguments, *node.argument_inputs}
    return node.operator == "Normalize" and not {"mean", "stddev"} <= given


def _normalize(graph: Graph, node: Node, mean_name: str, std_name: str) -> Affine | None:
    default: tuple[tuple[float, ...], tuple[float, ...]] | None
    default = ((0.0,), (1.0,)) if node.operator == "CropMirrorNormalize" else None
    mean = numbers(graph, node, mean_name, default and default[0])
    std = numbers(graph, node, std_name, default and default[1])
    scale, shift = numbers(graph, node, "scale", (1.0,)), numbers(graph, node, "shift", (0.0,))
    if mean is None or std is None or scale is None or shift is None or 0.0 in std:
        return None
    slope = np.asarray(scale) / np.asarray(std)
    return Affine(slope=slope, offset=np.asarray(shift) - np.asarray(mean) * slope, edge=node.inputs[0].name)


def _arithmetic(graph: Graph, node: Node) -> Affine | None:
    """Read ``op(a b)`` where one operand is a tensor and the other a constant, inlined (``$0``) or a graph node (``&1``)."""
    written = _BINARY.fullmatch(str(node.get("expression_desc", "")))
    if written is None:
        return None
    operation, left, right = written.groups()
    first, second = _operand(graph, node, left), _operand(graph, node, right)
    if (first is None) == (second is None):
        return None
    tensor = node.inputs[int((left if first is None else right)[1:])].name
    value = np.asarray(first if second is None else second, dtype=np.float64)
    one, zero = np.ones_like(value), np.zeros_like(value)
    if operation == "mul":
        return Affine(slope=value, offset=zero, edge=tensor)
    if operation == "add":
        return Affine(slope=one, offset=value, edge=tensor)
    if operation == "sub":
        return (
            Affine(slope=one, offset=-value, edge=tensor)
            if first is None
            else Affine(slope=-one, offset=value, edge=tensor)
        )
    if operation == "fdiv" and first is None and np.all(value != 0):
        return Affine(slope=1 / value, offset=zero, edge=tensor)
    return None


def _operand(graph: Graph, node: Node, token: str) -> tuple[float, ...] | None:
    """Return the constant behind ``$n`` or ``&n``, or ``None`` where the operand is a tensor that is computed."""
    number = int(token[1:])
    if token[0] == "&":
        return constant(graph, node.inputs[number].name)
    stored: tuple[float, ...] = (*node.get("real_constants", ()), *node.get("integer_constants", ()))
    # Inlined constants are numbered by their kind; an expression of two operands holds one at most.
    return (float(stored[0]),) if stored else None
