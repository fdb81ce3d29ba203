"""Recipes of MMDeploy: the ``pipeline.json`` that its SDK runs.

It is not ground truth: when MMDeploy translates a config, it drops the interpolation and the back end of ``ResizeEdge``.
What is read here is what the SDK does with the file (``csrc/mmdeploy/preprocess/transform``), its own defaults included.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.recipes import (
    Cast,
    Colour,
    Crop,
    Decode,
    Layout,
    Normalize,
    Orient,
    Pad,
    Recipe,
    Resize,
    Step,
    Unknown,
    read_settings,
    with_defaults,
)

KERNELS = {"nearest": "nearest", "bilinear": "linear", "bicubic": "cubic", "area": "area", "lanczos": "lanczos"}
BYSTANDERS = ("Collect", "DefaultFormatBundle")

Entry = Mapping[str, Any]


def recipe(pipeline: str | Path | Mapping[str, Any]) -> Recipe:
    """Read the recipe of a ``pipeline.json``, a file or its parsed content; transforms without a meaning are shown as they are.

    Raises ``InputError`` when the file is not such a pipeline.
    """
    if isinstance(pipeline, Mapping):
        content, source = pipeline, "mmdeploy:pipeline"
    else:
        content, source = read_settings(Path(pipeline), "pipeline.json"), f"mmdeploy:{pipeline}"
    steps: tuple[Step, ...] = ()
    for number, entry in enumerate(_transforms(content, source)):
        kind = str(entry.get("type", ""))
        if kind in BYSTANDERS:
            continue
        new = READERS.get(kind, _unknown)(entry)
        steps += tuple(replace(step, origin=step.origin or f"transforms[{number}] {kind}") for step in new)
    return Recipe(source=source, steps=steps)


def _transforms(content: Mapping[str, Any], source: str) -> list[Entry]:
    """Return the transforms of the file's preprocessing task; raise ``InputError`` when it has none."""
    tasks = (content.get("pipeline") or {}).get("tasks") or []
    for task in tasks:
        if task.get("module") == "Transform" and task.get("transforms"):
            return list(task["transforms"])
    raise InputError(f"{source}: there is no task with module 'Transform'; give the pipeline.json that MMDeploy wrote")


def _load(entry: Entry) -> tuple[Step, ...]:
    channels = "GRAY" if entry.get("color_type") == "grayscale" else "BGR"
    given = {"channels"} & ({"channels"} if "color_type" in entry else set())
    return (
        with_defaults(Decode(library="opencv", channels=channels), given),
        with_defaults(Orient(exif=True), frozenset()),
    )


def _resize(entry: Entry) -> tuple[Step, ...]:
    size = entry.get("size")
    if isinstance(size, int):
        size = [size, size]
    if not isinstance(size, list | tuple) or len(size) != 2:
        raise UnsupportedStep(f"Resize with size={size!r} is not supported; the SDK takes a number or two")
    name = entry.get("interpolation", "bilinear")
    if name not in KERNELS:
        raise UnsupportedStep(f"Resize with interpolation={name!r} is not supported; use one of {', '.join(KERNELS)}")
    kernel: dict[str, Any] = {"kernel": KERNELS[name], "antialias": False, "subpixel": False, "library": "opencv"}
    given = {"kernel"} if "interpolation" in entry else set()
    width, height = size
    keeps = bool(entry.get("keep_ratio", False))
    if height == -1:
        # The SDK rounds the longer edge down, then scales once more by it: the shorter edge may lose a pixel.
        edge = Resize(mode="shorter", size=width, rounding="floor", **kernel)
        return (with_defaults(edge, given | {"mode", "size"}),)
    mode, rounding = ("not_larger", "floor_plus_half") if keeps else ("stretch", "none")
    step = Resize(mode=mode, height=height, width=width, oriented=keeps, rounding=rounding, **kernel)
    return (
        with_defaults(step, given | {"height", "width"} | ({"mode", "oriented"} if "keep_ratio" in entry else set())),
    )


def _centre_crop(entry: Entry) -> tuple[Step, ...]:
    size = entry["crop_size"]
    # The SDK takes the first number as the height, mmcv as the width.
    height, width = (size, size) if isinstance(size, int) else size
    step = Crop(height=height, width=width, rounding="round", out_of_bounds="trim", position="top_left")
    return (with_defaults(step, {"height", "width", "anchor"}),)


def _pad(entry: Entry) -> tuple[Step, ...]:
    size = entry.get("size") or (None, None)
    value = entry.get("pad_val", 0)
    value = value.get("img", 0) if isinstance(value, Mapping) else value
    fill = tuple(map(float, value)) if isinstance(value, list | tuple) else (float(value),)
    # Two numbers are height and width in the SDK; one is both.
    height, width = (size, size) if isinstance(size, int) else size
    step = Pad(height=height, width=width, divisor=entry.get("size_divisor") or 1, position="top_left", fill=fill)
    names = {"height": "size", "width": "size", "divisor": "size_divisor", "fill": "pad_val"}
    return (with_defaults(step, {field for field, argument in names.items() if argument in entry}),)


def _normalize(entry: Entry) -> tuple[Step, ...]:
    to_rgb = bool(entry.get("to_rgb", True))
    colour = Colour(source="BGR", target="RGB" if to_rgb else "BGR")
    step = Normalize(mean=_floats(entry["mean"]), std=_floats(entry["std"]))
    return (
        with_defaults(colour, {"source", "target"} if "to_rgb" in entry else {"source"}),
        Cast(dtype="float32"),
        with_defaults(step, {"mean", "std"}),
    )


def _to_tensor(entry: Entry) -> tuple[Step, ...]:
    return (Layout(source="HWC", target="CHW"),)


def _unknown(entry: Entry) -> tuple[Step, ...]:
    arguments = tuple((name, json.dumps(value)) for name, value in sorted(entry.items()) if name != "type")
    return (Unknown(operator=str(entry.get("type", "?")), arguments=arguments),)


READERS: Mapping[str, Callable[[Entry], tuple[Step, ...]]] = {
    "LoadImageFromFile": _load,
    "Resize": _resize,
    "CenterCrop": _centre_crop,
    "Pad": _pad,
    "Normalize": _normalize,
    "ImageToTensor": _to_tensor,
}


def _floats(values: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
