"""An ONNX file as plain data: operators, constants and who uses what."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity import files
from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.extras import missing
from pixelparity.sources.front import MOST_NUMBERS

Array = NDArray[Any]
#: The most that is read of a model in one file; larger ones keep their weights beside it.
MODEL_BYTES = 1024 * files.MIB
_HIDDEN = 60  # characters of a name that are shown
#: Operators on constants that are computed while reading: exporters leave them in front of the one that needs them.
_ELEMENTWISE: Mapping[str, Callable[[Array, Array], Any]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Div": np.divide,
}


@dataclass(frozen=True, kw_only=True)
class Node:
    """One operator: its name, inputs and outputs by name, and its attributes as plain data."""

    operator: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    @property
    def called(self) -> str:
        """Return the operator with its name, for messages and origins."""
        full = f"{self.domain}.{self.operator}" if self.domain else self.operator
        return f"{full} {self.name[:_HIDDEN]!r}" if self.name else full


@dataclass(frozen=True, kw_only=True)
class Input:
    """An input of the model: its name, its lengths (``None`` where they are open) and numpy's name of its type."""

    name: str
    shape: tuple[int | None, ...]
    dtype: str


class Graph:
    """A model's graph. ``inputs`` are those without a value of their own; ``opset`` is the version of the operators."""

    def __init__(self, model: Any) -> None:
        from onnx import helper

        self.opset = max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=0)
        self.nodes = tuple(_node(node, helper) for node in model.graph.node)
        self._stored = {tensor.name: tensor for tensor in model.graph.initializer}
        self._made = {name: node for node in self.nodes for name in node.outputs if name}
        self.inputs = tuple(_input(value, helper) for value in model.graph.input if value.name not in self._stored)
        self.results = frozenset(value.name for value in model.graph.output)

    def users(self, name: str) -> tuple[Node, ...]:
        """Return the operators that take a tensor; those that only ask for its shape are left out."""
        return tuple(node for node in self.nodes if name in node.inputs and node.operator not in ("Shape", "Size"))

    def made_by(self, name: str) -> Node | None:
        """Return the operator that makes a tensor."""
        return self._made.get(name)

    def constant(self, name: str, depth: int = 8) -> Array | None:
        """Return a small constant, computed from others where need be; ``None`` for what depends on the picture."""
        if name in self._stored:
            return _array(self._stored[name])
        node = self._made.get(name)
        if node is None or node.domain or not depth:
            return None
        if node.operator == "Constant":
            return _constant(node)
        parts = [self.constant(part, depth - 1) for part in node.inputs if part]
        if not parts or any(part is None for part in parts):
            return None
        return _folded(node, [part for part in parts if part is not None])


def load(path: str) -> Graph:
    """Read an ONNX file; raise ``InputError`` for one that is none, ``MissingLibrary`` without the onnx package."""
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise missing("onnx", "onnx") from error
    data = files.read(path, "an ONNX model", most=MODEL_BYTES)
    try:
        model = onnx.load_model_from_string(data)
        graph = Graph(model)
    except (DecodeError, ValueError, TypeError, LookupError) as error:
        raise InputError(f"{path} is no ONNX model, or a damaged one; export it again") from error
    if not graph.nodes:
        raise InputError(f"{path} is no ONNX model: it holds no operators; export it again")
    return graph


def _node(node: Any, helper: Any) -> Node:
    attributes = {entry.name: helper.get_attribute_value(entry) for entry in node.attribute}
    domain = "" if node.domain == "ai.onnx" else node.domain
    return Node(
        operator=node.op_type, domain=domain, name=node.name, inputs=tuple(node.input), outputs=tuple(node.output),
        attributes={name: _text(value) for name, value in attributes.items()},
    )  # fmt: skip


def _text(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _input(value: Any, helper: Any) -> Input:
    kind = value.type.tensor_type
    shape = tuple(d.dim_value if d.WhichOneof("value") == "dim_value" else None for d in kind.shape.dim)
    shape = tuple(None if length is not None and length < 1 else length for length in shape)
    dtype = str(np.dtype(helper.tensor_dtype_to_np_dtype(kind.elem_type))) if kind.elem_type else "unknown"
    return Input(name=value.name, shape=shape, dtype=dtype)


def _array(tensor: Any) -> Array | None:
    """Return a tensor's numbers; ``None`` for one that is large, or whose numbers lie in another file."""
    from onnx import TensorProto, numpy_helper

    if math.prod(max(0, length) for length in tensor.dims) > MOST_NUMBERS:
        return None
    if tensor.data_location == TensorProto.EXTERNAL:
        return None
    try:
        return np.asarray(numpy_helper.to_array(tensor))
    except (ValueError, TypeError, LookupError) as error:
        raise InputError(f"the constant {tensor.name[:_HIDDEN]!r} is damaged; export the model again") from error


def _constant(node: Node) -> Array | None:
    for name, value in node.attributes.items():
        if name == "value":
            return _array(value)
        if name in ("value_float", "value_floats"):
            return np.asarray(value, np.float32)
        if name in ("value_int", "value_ints"):
            return np.asarray(value, np.int64)
    return None


def _folded(node: Node, parts: list[Array]) -> Array | None:
    """Return what an operator makes of constants; ``None`` for an operator that is not computed here."""
    first = parts[0]
    try:
        with np.errstate(all="ignore"):
            if node.operator in _ELEMENTWISE and len(parts) == 2:
                return _small(_elementwise(node.operator, first, parts[1]))
            if node.operator == "Identity":
                return first
            if node.operator == "Neg":
                return np.asarray(-first)
            if node.operator == "Cast":
                return first.astype(element_type(node.attributes.get("to")))
            if node.operator in _SHAPING:
                return _SHAPING[node.operator](node, parts)
            if node.operator == "Concat":
                return _small(np.concatenate(parts, axis=int(node.attributes.get("axis", 0))))
    except (ValueError, TypeError, LookupError) as error:
        raise InputError(f"{node.called} computes a constant that cannot be; export the model again") from error
    return None


def _elementwise(operator: str, left: Array, right: Array) -> Array:
    if operator == "Div" and left.dtype.kind in "iu":
        raise UnsupportedStep("a constant is a quotient of whole numbers, which ONNX rounds")
    return np.asarray(_ELEMENTWISE[operator](left, right))


def _squeezed(node: Node, parts: list[Array]) -> Array:
    axes = tuple(int(axis) for axis in axes_of(node, parts[1] if len(parts) > 1 else None) or ())
    return np.expand_dims(parts[0], axes) if node.operator == "Unsqueeze" else np.squeeze(parts[0], axes or None)


def _filled(node: Node, parts: list[Array]) -> Array | None:
    lengths = [int(length) for length in parts[0].reshape(-1)]
    value = _array(node.attributes["value"]) if "value" in node.attributes else np.zeros(1, np.float32)
    if value is None or math.prod(lengths) > MOST_NUMBERS:
        return None
    return np.full(lengths, value.reshape(-1)[0], value.dtype)


def _cut(_node: Node, parts: list[Array]) -> Array:
    starts, stops = (part.reshape(-1).tolist() for part in parts[1:3])
    axes = parts[3].reshape(-1).tolist() if len(parts) > 3 else list(range(len(starts)))
    steps = parts[4].reshape(-1).tolist() if len(parts) > 4 else [1] * len(starts)
    window = [slice(None)] * parts[0].ndim
    for start, stop, axis, step in zip(starts, stops, axes, steps, strict=True):
        # An end before the beginning is the end of a reversed axis; numpy would count it from the other side.
        window[axis] = slice(start, None if step < 0 and stop < -parts[0].shape[axis] else stop, step)
    return parts[0][tuple(window)]


_SHAPING: Mapping[str, Callable[[Node, list[Array]], Array | None]] = {
    "Unsqueeze": _squeezed, "Squeeze": _squeezed, "ConstantOfShape": _filled, "Slice": _cut,
    "Reshape": lambda _, parts: parts[0].reshape([int(length) for length in parts[1].reshape(-1)]),
    "Transpose": lambda node, parts: parts[0].transpose(node.attributes.get("perm")),
}  # fmt: skip


def _small(array: Array) -> Array | None:
    return array if array.size <= MOST_NUMBERS else None


def axes_of(node: Node, given: Array | None) -> Iterable[int] | None:
    """Return the axes that an operator names: an attribute in old versions of ONNX, an input in new ones."""
    axes = node.attributes.get("axes") if given is None else given.reshape(-1).tolist()
    return None if axes is None else [int(axis) for axis in axes]


def element_type(number: Any) -> str:
    """Return numpy's name of a type by ONNX's number; raise ``InputError`` for a number that is none."""
    from onnx import helper

    try:
        return str(np.dtype(helper.tensor_dtype_to_np_dtype(int(number))))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"type number {number!r} is none of ONNX's; export the model again") from error
