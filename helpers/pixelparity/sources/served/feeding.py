"""What a served model is fed for a picture: decoded pixels or the file's bytes, as its config declares its input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pixelparity import pictures
from pixelparity.errors import InputError
from pixelparity.sources.served.graph import Graph, TensorSpec
from pixelparity.stages import Tensor

FEEDS = ("rgb", "bgr", "encoded")
#: What each feed means, in words that go into a capture's facts.
DECODERS = {
    "encoded": "none: the file's bytes are sent",
    "rgb": "OpenCV imdecode, IMREAD_COLOR (EXIF orientation applied), BGR turned to RGB",
    "bgr": "OpenCV imdecode, IMREAD_COLOR (EXIF orientation applied), left in BGR",
}
NUMPY = {
    "UINT8": "uint8", "INT8": "int8", "UINT16": "uint16", "INT16": "int16", "UINT32": "uint32", "INT32": "int32",
    "UINT64": "uint64", "INT64": "int64", "FP16": "float16", "FP32": "float32", "FP64": "float64", "BF16": "float32",
    "BOOL": "bool",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Feed:
    """How a picture becomes an input. ``kind`` is one of :data:`FEEDS`; ``axes`` how many leading axes of one are added."""

    spec: TensorSpec
    kind: str
    layout: str = "HWC"
    axes: int = 0

    def load(self, file: Path) -> Tensor:
        """Return what is sent for a picture file, with its batch axis."""
        if self.kind == "encoded":
            return self._encoded(pictures.read_bytes(file))
        picture = pictures.read_rgb(file)  # H x W x 3, uint8, RGB, 0..255
        picture = picture if self.kind == "rgb" else picture[..., ::-1]
        picture = picture if self.layout == "HWC" else picture.transpose(2, 0, 1)
        return np.ascontiguousarray(picture, NUMPY[self.spec.datatype])[(np.newaxis,) * self.axes]

    def _encoded(self, data: bytes) -> Tensor:
        if self.spec.datatype == "BYTES":
            whole = np.empty((1,) * (len(self.spec.dims) + self.axes), np.object_)
            whole.flat[0] = data
            return whole
        return np.frombuffer(data, np.uint8)[(np.newaxis,) * self.axes]


def plan(
    graph: Graph, feed: str | Mapping[str, str] | None = None, constants: Mapping[str, Tensor] | None = None
) -> dict[str, Feed]:
    """Return how each picture input of a graph is fed, by input name.

    Without ``feed`` the one input that takes pictures by its data type and dims is found. ``feed`` says what it gets
    (``rgb``, ``bgr``, ``encoded``), or maps the names of several inputs to that. ``constants`` are tensors, batch axis
    included, for inputs that take no picture. Raises ``InputError`` when it stays open what an input gets.
    """
    given = constants or {}
    specs = {spec.name: spec for spec in graph.inputs if spec.name not in given}
    _check_names(graph, [*given, *(feed if isinstance(feed, Mapping) else ())])
    batched = graph.max_batch_size > 0
    if isinstance(feed, Mapping):
        chosen = dict(feed)
    else:
        takers = [name for name, spec in specs.items() if _kind(spec, batched)]
        candidates = takers or ([name for name, spec in specs.items() if not spec.optional] if feed else [])
        if len(candidates) != 1:
            raise InputError(_open_question(graph, specs, takers))
        chosen = {candidates[0]: feed or _kind(specs[candidates[0]], batched)}
    left = [name for name, spec in specs.items() if name not in chosen and not spec.optional]
    if left:
        raise InputError(
            f"{graph.model} also needs input {left[0]!r}; give it as a constant tensor, or feed it a picture too"
        )
    return {name: _feed(specs[name], kind, batched) for name, kind in chosen.items()}


def _check_names(graph: Graph, names: list[str]) -> None:
    known = [spec.name for spec in graph.inputs]
    for name in names:
        if name not in known:
            raise InputError(f"{graph.model} has no input {name!r}; it has {', '.join(known)}")


def _kind(spec: TensorSpec, batched: bool) -> str:
    """Return what an input takes by its declaration alone: ``encoded``, ``rgb``, or nothing that is a picture."""
    if spec.datatype == "BYTES" or (spec.datatype == "UINT8" and len(_picture_dims(spec, batched)) == 1):
        return "encoded"
    return "rgb" if spec.datatype == "UINT8" and _layout(spec, batched) else ""


def _picture_dims(spec: TensorSpec, batched: bool) -> tuple[int, ...]:
    """Return the dims of one picture: without the batch axis that a model without the server's batching may declare itself."""
    has_own_batch = not batched and spec.dims[:1] in ((1,), (-1,)) and len(spec.dims) in (2, 4)
    return spec.dims[1:] if has_own_batch else spec.dims


def _layout(spec: TensorSpec, batched: bool) -> str:
    dims = _picture_dims(spec, batched)
    if len(dims) != 3:
        return ""
    if spec.format in ("NHWC", "NCHW"):
        return spec.format[1:]
    if (dims[2] == 3) != (dims[0] == 3):
        return "HWC" if dims[2] == 3 else "CHW"
    return ""


def _feed(spec: TensorSpec, kind: str, batched: bool) -> Feed:
    if kind not in FEEDS:
        raise InputError(f"feed is {kind!r}; use one of {', '.join(FEEDS)}")
    dims = _picture_dims(spec, batched)
    axes = len(spec.dims) - len(dims) + batched
    if kind == "encoded":
        if spec.datatype == "BYTES":
            return Feed(spec=spec, kind=kind, axes=int(batched))
        if spec.datatype != "UINT8" or len(dims) != 1:
            raise InputError(f"input {spec.name!r} is {spec.datatype} {list(spec.dims)} and cannot take a file's bytes")
        return Feed(spec=spec, kind=kind, axes=axes)
    if spec.datatype not in NUMPY or len(dims) != 3:
        raise InputError(f"input {spec.name!r} is {spec.datatype} {list(spec.dims)} and cannot take a decoded picture")
    return Feed(spec=spec, kind=kind, layout=_layout(spec, batched) or "HWC", axes=axes)


def _open_question(graph: Graph, specs: Mapping[str, TensorSpec], takers: list[str]) -> str:
    listed = ", ".join(f"{spec.name} {spec.datatype} {list(spec.dims)}" for spec in specs.values())
    if takers:
        return f"{graph.model} has {len(takers)} inputs that take pictures ({listed}); say what each gets (feed)"
    return (
        f"no input of {graph.model} takes a picture by its declaration ({listed}): its clients preprocess themselves; "
        "capture them as python: or tensors:, or say what to send (feed)"
    )


def constants_as_given(constants: Mapping[str, Any] | None) -> dict[str, Tensor]:
    """Return constant inputs as arrays."""
    return {name: np.asarray(value) for name, value in (constants or {}).items()}
