"""A saved model of OpenVINO as plain data: the layers of the .xml file, and small constants of the .bin file beside it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from pixelparity import files
from pixelparity.errors import InputError
from pixelparity.sources.front import MOST_NUMBERS

Array = NDArray[Any]
_XML_BYTES = 128 * files.MIB
_WEIGHT_BYTES = 2**20 * files.MIB
#: numpy's names of the types of constants that preprocessing has.
TYPES = {"f32": "float32", "f16": "float16", "f64": "float64", "i64": "int64", "i32": "int32", "u8": "uint8", "i8": "int8",
         "u64": "uint64", "u32": "uint32", "boolean": "bool"}  # fmt: skip
_SHOWN = 60  # characters of a name
_DEPTH = 8  # of operators on constants


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One operator: its type, its attributes as texts, and which layer's output each of its inputs is.

    ``marked`` tells that OpenVINO made it of preprocessing, or folded preprocessing into it.
    """

    number: str
    name: str
    type: str
    settings: Mapping[str, str]
    inputs: tuple[str, ...]
    layout: str
    marked: bool

    @property
    def called(self) -> str:
        """Return the operator with its name, for messages and origins."""
        return f"{self.type} {self.name[:_SHOWN]!r}"


class Graph:
    """The layers of a model by their numbers, each with the layers that use it."""

    def __init__(self, root: ElementTree.Element, weights: Path) -> None:
        if root.tag != "net" or root.find("pre-process") is not None:
            raise InputError(
                "it is no model of OpenVINO, or one of an old version that keeps its means apart: convert it again"
            )
        self._weights = weights
        sources: dict[str, dict[int, str]] = {}
        for edge in root.iterfind("edges/edge"):
            place, origin = edge.get("to-port", ""), edge.get("from-layer", "")
            if place.isdecimal() and len(place) < 6:
                sources.setdefault(edge.get("to-layer", ""), {})[int(place)] = origin
        self.layers = {
            layer.number: layer for layer in (_layer(node, sources) for node in root.iterfind("layers/layer"))
        }
        self.users: dict[str, list[Layer]] = {}
        for layer in self.layers.values():
            for number in set(layer.inputs):
                self.users.setdefault(number, []).append(layer)

    @property
    def parameters(self) -> tuple[Layer, ...]:
        """Return the inputs of the model."""
        return tuple(layer for layer in self.layers.values() if layer.type == "Parameter")

    def constant(self, number: str, depth: int = _DEPTH) -> Array | None:
        """Return a small constant; ``None`` for what depends on the picture, or is large."""
        layer = self.layers.get(number)
        if layer is None or not depth:
            return None
        if layer.type == "Const":
            return self._stored(layer)
        if layer.type not in ("Convert", "Unsqueeze", "Squeeze", "Reshape") or not layer.inputs:
            return None
        inside = self.constant(layer.inputs[0], depth - 1)
        if inside is None:
            return None
        if layer.type == "Convert":
            return inside.astype(element_type(layer.settings.get("destination_type", ""), layer.called))
        shape = self.constant(layer.inputs[1], depth - 1) if len(layer.inputs) > 1 else None
        return None if shape is None else _reshaped(layer, inside, [int(n) for n in shape.reshape(-1)])

    def _stored(self, layer: Layer) -> Array | None:
        """Return a constant from the file of weights."""
        dtype = np.dtype(element_type(layer.settings.get("element_type", ""), layer.called))
        shape = [length or 0 for length in lengths(layer.settings.get("shape", ""))]
        offset, size = (layer.settings.get(name, "") for name in ("offset", "size"))
        if math.prod(shape) > MOST_NUMBERS:
            return None
        if not (offset.isdecimal() and len(offset) < 18 and size == str(math.prod(shape) * dtype.itemsize)):
            raise InputError(
                f"{layer.called} has a place in the weights that its shape does not have; convert the model again"
            )
        files.check(self._weights, "the weights of an OpenVINO model", most=_WEIGHT_BYTES)
        with self._weights.open("rb") as file:
            file.seek(int(offset))
            data = file.read(int(size))
        if len(data) != int(size):
            raise InputError(
                f"{layer.called} lies behind the end of {self._weights.name}, which is not of this model; convert it again"
            )
        return np.frombuffer(data, dtype).reshape(shape)


def load(path: Path) -> Graph:
    """Read a saved model; raise ``InputError`` for a file that is none."""
    text = files.read_text(path, "an OpenVINO model", most=_XML_BYTES)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise InputError("it defines entities, which no model of OpenVINO does")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 -- without entities there is nothing to expand
    except (ElementTree.ParseError, ValueError, RecursionError) as error:
        raise InputError(f"it is no XML ({error}); convert the model again") from error
    return Graph(root, path.with_suffix(".bin"))


def _layer(node: ElementTree.Element, sources: Mapping[str, Mapping[int, str]]) -> Layer:
    number, data = node.get("id", ""), node.find("data")
    marks = [mark.get("layout", "") for mark in node.iterfind("output/port/rt_info/attribute") if mark.get("layout")]
    inputs, settings = sources.get(number, {}), {} if data is None else dict(data.attrib)
    return Layer(
        number=number, name=node.get("name", ""), type=node.get("type", ""), settings=settings,
        inputs=tuple(inputs[place] for place in sorted(inputs)), layout=re.sub(r"[\[\], ]", "", marks[0]) if marks else "",
        marked=any(mark.get("name") == "preprocessing" for mark in node.iterfind("rt_info/attribute")),
    )  # fmt: skip


def lengths(text: str) -> tuple[int | None, ...]:
    """Return the lengths of a shape; ``None`` where one is open, ``?``, ``-1`` or a range."""
    parts = [part.strip() for part in text.strip("[] ").split(",") if part.strip()]
    return tuple(int(part) if part.isdecimal() and len(part) < 10 else None for part in parts)


def element_type(text: str, where: str) -> str:
    """Return numpy's name of a type; raise ``InputError`` for one that preprocessing does not have."""
    if text.lower() not in TYPES:
        raise InputError(f"{where} has the type {text[:_SHOWN]!r}, which is none of {', '.join(TYPES)}")
    return TYPES[text.lower()]


def _reshaped(layer: Layer, inside: Array, numbers: list[int]) -> Array:
    try:
        if layer.type == "Unsqueeze":
            return np.expand_dims(inside, tuple(numbers))
        if layer.type == "Squeeze":
            return np.squeeze(inside, tuple(numbers) or None)
        return inside.reshape(numbers)
    except (ValueError, TypeError) as error:
        raise InputError(
            f"{layer.called} makes a constant of a shape that it cannot have; convert the model again"
        ) from error
