"""Read the file that Triton's TENSORS trace writes: each request with its tensors, by the request's number.

The file is nearly JSON. Numbers are printed with six digits, and one-byte integers as raw bytes with commas between
(Triton 2.51), so it is read as bytes and taken apart around the tensors' data.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pixelparity import files
from pixelparity.errors import InputError
from pixelparity.fields import MAPPING, OBJECTS, TEXT, optional, whole, within
from pixelparity.sources.served.requests import Request
from pixelparity.stages import Tensor

_MOST_BYTES = 2048 * files.MIB
_DATA = re.compile(rb'"data":"')
_END = re.compile(rb'","shape":"(?P<shape>[\d,]*)","dtype":"(?P<dtype>\w+)"\}\}')
_NUMBER = whole(0, 2**64)
_PARENT = optional(_NUMBER)
_NUMBERS = {
    "INT16": "int16", "UINT16": "uint16", "INT32": "int32", "UINT32": "uint32", "INT64": "int64", "UINT64": "uint64",
    "FP16": "float16", "FP32": "float32", "FP64": "float64", "BOOL": "bool",
}  # fmt: skip


def read(file: str | Path) -> dict[int, Request]:
    """Return the requests of a trace by number, in ascending order.

    A trace that Triton wrote in parts (``log-frequency``) is read from ``FILE.0``, ``FILE.1``, ... Raises ``InputError``
    for a file that is no trace, holds no tensors, or ends in the middle: Triton completes it when it stops.
    """
    requests: dict[int, Request] = {}
    for part in _parts(Path(file)):
        content, tensors = _told_apart(part)
        for place, entry in enumerate(OBJECTS(content, f"{part}: the trace")):
            with within(f"{part}: entry {place}"):
                _take(entry, tensors, requests)
    if not any(request.inputs for request in requests.values()):
        raise InputError(f"{file} holds no tensors; start Triton with --trace-config level=TENSORS and rate=1")
    return dict(sorted(requests.items()))


def _take(entry: Mapping[str, Any], tensors: list[Tensor], requests: dict[int, Request]) -> None:
    """Add what an entry says to its request; raise ``InputError`` that names the field that is not what Triton writes."""
    number = _NUMBER(entry.get("id"), "id")
    request = requests.setdefault(number, Request(number=number))
    if "model_name" in entry:
        request.model, request.parent = (
            TEXT(entry["model_name"], "model_name"),
            _PARENT(entry.get("parent_id"), "parent_id"),
        )
    if "tensor" in entry:
        tensor = MAPPING(entry["tensor"], "tensor")
        side = request.inputs if TEXT(entry.get("activity"), "activity").endswith("INPUT") else request.outputs
        data = whole(0, len(tensors) - 1)(tensor.get("data"), "the place of its data")
        side[TEXT(tensor.get("name"), "the tensor's name")] = tensors[data]


def _parts(file: Path) -> list[Path]:
    if file.exists():
        return [file]
    parts = [part for part in file.parent.glob(f"{file.name}.*") if part.suffix[1:].isdigit()]
    if not parts:
        raise InputError(f"{file} does not exist; give the file that Triton's --trace-config triton,file= names")
    return sorted(parts, key=lambda part: int(part.suffix[1:]))


def _told_apart(file: Path) -> tuple[Any, list[Tensor]]:
    """Return a file's entries, a number in place of each tensor's data, and the tensors by that number."""
    content = files.read(file, "a Triton trace", most=_MOST_BYTES)
    text, tensors, position = bytearray(), [], 0
    while start := _DATA.search(content, position):
        end = _END.search(content, start.end())
        if end is None:
            raise InputError(f"{file} ends in the middle of a tensor; stop Triton first, which completes the file")
        tensors.append(_tensor(content[start.end() : end.start()], end["shape"].decode(), end["dtype"].decode(), file))
        # A number stands where the data stood, and what is left is JSON.
        text += content[position : start.start()] + b'"data":%d}}' % (len(tensors) - 1)
        position = end.end()
    text += content[position:]
    try:
        return json.loads(text), tensors
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise InputError(
            f"{file} is not a complete Triton trace ({reason}); stop Triton first, or check the file"
        ) from error


def _tensor(data: bytes, shape_text: str, dtype: str, file: Path) -> Tensor:
    shape = tuple(int(side) for side in shape_text.split(",") if side)
    if math.prod(shape) > len(data):  # every element is a byte at least
        raise InputError(f"{file}: a tensor of {dtype} {shape_text} has {len(data)} bytes of data; the file is damaged")
    try:
        if dtype in ("UINT8", "INT8"):
            return np.frombuffer(_raw_bytes(data, math.prod(shape)), dtype.lower()).reshape(shape)
        if dtype in _NUMBERS:
            values = np.array(data.split(b",") if data else [], np.float64 if dtype.startswith("FP") else object)
            return values.astype(_NUMBERS[dtype]).reshape(shape)
    except (ValueError, OverflowError, TypeError) as error:
        raise InputError(
            f"{file}: a tensor of {dtype} {shape_text} cannot be read ({error}); the file is damaged"
        ) from error
    return _texts(data, shape, file)


def _texts(data: bytes, shape: tuple[int, ...], file: Path) -> Tensor:
    """Return the elements of a BYTES tensor, which Triton prints between backslash and quote."""
    parts = data.removeprefix(b'\\"').removesuffix(b'\\"').split(b'\\",\\"') if math.prod(shape) != 1 else [data[2:-2]]
    if len(parts) != math.prod(shape):
        raise InputError(
            f"{file}: a tensor of BYTES {shape} cannot be told apart into its elements; trace one at a time"
        )
    whole = np.empty(len(parts), np.object_)
    whole[:] = parts
    return whole.reshape(shape)


def _raw_bytes(data: bytes, count: int) -> bytes:
    """Return one-byte values: raw with commas between in older Tritons, as decimal numbers otherwise."""
    if len(data) == max(2 * count - 1, 0) and data[1::2] == b"," * (count - 1):
        return data[::2]  # single digits look alike both ways; no picture is made of nothing but those
    return bytes(int(part) % 256 for part in data.split(b","))
