"""The metadata that Ultralytics writes into what it exports: in an ONNX file, before a TensorRT engine, or beside a model."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pixelparity import files
from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.extras import missing
from pixelparity.fields import FLAG, MAPPING, PIXELS, TEXT, several, shown, spelled, whole

_MODEL_BYTES = 1024 * files.MIB
_ENGINE_BYTES = 16 * 1024 * files.MIB
_METADATA_BYTES = 4 * files.MIB
_LENGTH_BYTES = 4
_FOLDER = re.compile(
    r".*?_?(saved_model|openvino_model|ncnn_model|paddle_model|rknn_model|imx_model|web_model|executorch_model|axelera_model)"
)
_EDGES = several(whole(1, 2**16), 2, 2)
_NUMBERS = spelled(
    r"\d{1,4}\.\d{1,4}\.\d{1,5}([.+-]?[0-9A-Za-z.+-]{0,20})?", "a version of three numbers, such as 8.3.0"
)


@dataclass(frozen=True, kw_only=True)
class Export:
    """What an export says of itself: ``size`` is height and width, ``dynamic`` whether other sizes are taken as well.

    ``version`` is that of ultralytics, ``half`` whether the input is float16 (``None`` where that is not said), ``container``
    what the metadata was in, ``folder`` the format that the folder of a ``metadata.yaml`` is named after: ``saved_model``, say.
    """

    task: str
    size: tuple[int, int]
    stride: int
    version: tuple[int, int, int]
    dynamic: bool
    half: bool | None
    channels: int
    container: str
    folder: str = ""


def read(path: Path) -> Export:
    """Read an export's metadata; raise ``InputError`` for a file without it."""
    path = path / "metadata.yaml" if path.is_dir() else path
    name = path.name.lower()
    if name.endswith(".onnx"):
        return _of_onnx(path)
    if name.endswith(".engine"):
        return _export(_of_engine(path), "engine", half=None)
    if name.endswith((".yaml", ".yml")):
        return replace(_export(_of_yaml(path), "yaml", half=None), folder=_format(path))
    raise InputError(
        f"{path} is none of .onnx, .engine and metadata.yaml; give one of these, or the folder of the export"
    )


def _format(path: Path) -> str:
    """Return ``saved_model`` for ``best_saved_model/metadata.yaml``: Ultralytics' prediction too knows a format by its folder."""
    match = _FOLDER.fullmatch(path.absolute().parent.name)
    return "" if match is None else match[1]


def _of_onnx(path: Path) -> Export:
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise missing("onnx", "onnx") from error
    try:
        model = onnx.load_model_from_string(files.read(path, "an ONNX model", most=_MODEL_BYTES))
    except (DecodeError, TypeError) as error:
        raise InputError(f"{path} is no ONNX model, or a damaged one; export it again") from error
    given = {entry.key: entry.value for entry in model.metadata_props}
    kinds = {value.type.tensor_type.elem_type for value in model.graph.input}
    export = _export({name: _literal(name, value) for name, value in given.items()}, "onnx",
                     half=kinds == {onnx.TensorProto.FLOAT16})  # fmt: skip
    first = next(iter(model.graph.input), None)
    lengths = [] if first is None else [entry.dim_value for entry in first.type.tensor_type.shape.dim]
    if not export.dynamic and len(lengths) == 4 and tuple(lengths[2:]) not in (export.size, (0, 0)):
        raise InputError(f"imgsz is {list(export.size)}, but the model takes {lengths[2:]}; export it again")
    return export if lengths[2:] != [0, 0] else _opened(export)


def _opened(export: Export) -> Export:
    return Export(**{**vars(export), "dynamic": True})


def _literal(name: str, text: str) -> Any:
    """Return a value that was written with ``str``: ONNX keeps texts alone. Names of classes are not needed, so not read."""
    if name not in ("stride", "imgsz", "args", "dynamic", "channels") or len(text) > 2**16:
        return text
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise InputError(f"{name} is {shown(text)}, which is no plain value") from error


def _of_engine(path: Path) -> Any:
    """Return the JSON in front of an engine: a length of four bytes, little-endian, then that many bytes."""
    files.check(path, "a TensorRT engine", most=_ENGINE_BYTES)
    with path.open("rb") as file:
        head = file.read(_LENGTH_BYTES)
        length = int.from_bytes(head, "little")
        if len(head) < _LENGTH_BYTES or not 2 <= length <= _METADATA_BYTES:
            raise UnsupportedStep(
                "it is an engine without the metadata that Ultralytics writes in front: read the .onnx that it was made from"
            )
        data = file.read(length)
    try:
        found = json.loads(data.decode("utf-8")) if len(data) == length else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UnsupportedStep(
            "it is an engine without the metadata that Ultralytics writes in front: read the .onnx that it was made from"
        )
    return found


def _of_yaml(path: Path) -> Any:
    text = files.read_text(path, "Ultralytics' metadata", most=_METADATA_BYTES)
    try:
        import yaml
    except ImportError as error:
        raise missing("PyYAML", "yaml") from error
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        raise InputError(f"{path} is no YAML; export the model again") from error


def _export(given: Any, container: str, *, half: bool | None) -> Export:
    given = MAPPING(given, "the metadata")
    missing = [name for name in ("task", "imgsz", "stride", "version") if given.get(name) is None]
    if missing:
        raise UnsupportedStep(
            f"its metadata has no {' and no '.join(missing)}, so it is not from Ultralytics, or from one of its first versions: "
            "export it again"
        )
    arguments = MAPPING(given.get("args") or {}, "args")
    size = given["imgsz"]
    size = [size, size] if isinstance(size, int) and not isinstance(size, bool) else size
    first, second, third = _NUMBERS(str(given["version"]), "version").split(".")[:3]
    return Export(
        task=TEXT(given["task"], "task"), size=_EDGES(size, "imgsz"), stride=PIXELS(given["stride"], "stride"),
        version=(int(first), int(second), int(_digits(third))),
        dynamic=FLAG(arguments.get("dynamic", given.get("dynamic", False)), "dynamic"),
        half=_half(arguments) if half is None else half, channels=PIXELS(given.get("channels", 3), "channels"),
        container=container,
    )  # fmt: skip


def _digits(text: str) -> str:
    return text[: next((place for place, letter in enumerate(text) if not letter.isdigit()), len(text))]


def _half(arguments: Mapping[str, Any]) -> bool | None:
    """Return that the input is float32 where the export's arguments say that nothing was made smaller; else it is not known."""
    smaller = [arguments.get(name) for name in ("half", "int8", "quantize")]
    return False if arguments and all(value in (None, False, 32) for value in smaller) else None
