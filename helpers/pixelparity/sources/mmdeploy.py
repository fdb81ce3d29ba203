"""Recipes of MMDeploy: the ``pipeline.json`` that its SDK runs.

It is not ground truth: when MMDeploy translates a config, it drops the interpolation and the back end of ``ResizeEdge``.
What is read here is what the SDK does with the file (``csrc/mmdeploy/preprocess/transform``), its own defaults included.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import FLAG, MAPPING, OBJECTS, PIXELS, Rule, number, per_channel, several, shown, within
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
from pixelparity.sources.protocol import WAY_ON, Form, Source, register

KERNELS = {"nearest": "nearest", "bilinear": "linear", "bicubic": "cubic", "area": "area", "lanczos": "lanczos"}
BYSTANDERS = ("Collect",)
#: Since when Resize and Pad take the width first (MMDeploy pull request 2063).
WIDTH_FIRST = (1, 1)


def _width_and_height(value: Any) -> tuple[int, int]:
    first, second = value if isinstance(value, list | tuple) else (value, value)
    follows = isinstance(value, list | tuple) and second == -1
    return PIXELS.read(first), -1 if follows else PIXELS.read(second)


_TWO = per_channel(PIXELS, 2, least=2, most=2)
#: The second of two lengths may be -1: the first one is the shorter edge then.
_TWO_EDGES = Rule(allowed="a length in pixels, or two, of which the second may be -1", read=_width_and_height)


def recipe(pipeline: str | Path | Mapping[str, Any]) -> Recipe:
    """Read the recipe of a ``pipeline.json``, a file or its parsed content; transforms without a meaning are shown as they are.

    Raises ``InputError`` when the file is not such a pipeline.
    """
    version: tuple[int, int] | None = None
    if isinstance(pipeline, Mapping):
        content, source = pipeline, "mmdeploy:pipeline"
    else:
        path = Path(pipeline) / "pipeline.json" if Path(pipeline).is_dir() else Path(pipeline)
        content, source = read_settings(path, "pipeline.json"), f"mmdeploy:{pipeline}"
        version = _version(path.parent / "deploy.json")
    steps: tuple[Step, ...] = ()
    for position, entry in enumerate(_transforms(content, source)):
        kind = entry.get("type", "")
        if kind in BYSTANDERS:
            continue
        origin = f"transforms[{position}] {kind if isinstance(kind, str) else shown(kind)}"
        with within(f"{source}: {origin}"):
            new = READERS.get(kind if isinstance(kind, str) else "", _unknown)(
                _Entry(entry, before=steps, version=version)
            )
        steps += tuple(replace(step, origin=step.origin or origin) for step in new)
    return Recipe(source=source, steps=steps)


class _Entry(dict[str, Any]):
    """One transform's settings, the steps of the transforms ``before`` it, and, where that is known, which MMDeploy wrote it."""

    def __init__(
        self, settings: Mapping[str, Any], *, before: tuple[Step, ...] = (), version: tuple[int, int] | None = None
    ) -> None:
        super().__init__(settings)
        self.before, self.version = before, version

    def height_and_width(self, first: int, second: int) -> tuple[int, int]:
        """Return two numbers of ``size`` as height and width; raise ``UnsupportedStep`` where only their order would tell."""
        if first == second:
            return first, second
        if self.version is None:
            raise UnsupportedStep(
                f"size is [{first}, {second}], height and width until MMDeploy 1.0 and width and height since 1.1, and which of "
                f"them wrote it is not in the file: put the deploy.json that it was written with beside it; {WAY_ON}"
            )
        return (second, first) if self.version >= WIDTH_FIRST else (first, second)

    def read(self, name: str, rule: Rule, default: Any = None) -> Any:
        """Return a setting, checked; raise ``InputError`` that names it."""
        if self.get(name) is None and default is None:
            raise InputError(f"{name} is lacking; give {rule.allowed}")
        return rule(self[name] if self.get(name) is not None else default, name)


def _version(path: Path) -> tuple[int, int] | None:
    """Return the first two numbers of the MMDeploy that wrote a ``deploy.json``; ``None`` where there is none."""
    if not path.is_file():
        return None
    given = read_settings(path, "deploy.json").get("version")
    match = re.match(r"(\d{1,4})\.(\d{1,4})\.", given) if isinstance(given, str) else None
    return None if match is None else (int(match[1]), int(match[2]))


def _transforms(content: Mapping[str, Any], source: str) -> tuple[Mapping[str, Any], ...]:
    """Return the transforms of the file's preprocessing task; raise ``InputError`` when it has none."""
    pipeline = MAPPING(content.get("pipeline") or {}, f"{source}: pipeline")
    tasks: tuple[Mapping[str, Any], ...] = OBJECTS(pipeline.get("tasks") or [], f"{source}: pipeline.tasks")
    for task in tasks:
        if task.get("module") == "Transform" and task.get("transforms"):
            found: tuple[Mapping[str, Any], ...] = OBJECTS(task["transforms"], f"{source}: transforms")
            return found
    raise InputError(f"{source}: there is no task with module 'Transform'; give the pipeline.json that MMDeploy wrote")


def _load(entry: _Entry) -> tuple[Step, ...]:
    channels = "GRAY" if entry.get("color_type") == "grayscale" else "BGR"
    given = {"channels"} & ({"channels"} if "color_type" in entry else set())
    return (
        with_defaults(Decode(library="opencv", channels=channels), given),
        with_defaults(Orient(exif=True), frozenset()),
    )


def _resize(entry: _Entry) -> tuple[Step, ...]:
    given = entry.get("size")
    if not (isinstance(given, int) or (isinstance(given, list | tuple) and len(given) == 2)):
        raise UnsupportedStep(f"size={shown(given)} is not supported; the SDK takes a number or two")
    first, second = entry.read("size", _TWO_EDGES)
    name = entry.get("interpolation", "bilinear")
    if not isinstance(name, str) or name not in KERNELS:
        raise UnsupportedStep(f"interpolation={shown(name)} is not supported; use one of {', '.join(KERNELS)}")
    kernel: dict[str, Any] = {"kernel": KERNELS[name], "antialias": False, "subpixel": False, "library": "opencv"}
    chosen = {"kernel"} if "interpolation" in entry else set()
    keeps = entry.read("keep_ratio", FLAG, False)
    if second == -1:
        # The SDK rounds the longer edge down, then scales once more by it: the shorter edge may lose a pixel.
        edge = Resize(mode="shorter", size=first, rounding="floor", **kernel)
        return (with_defaults(edge, chosen | {"mode", "size"}),)
    # Fitted with its ratio kept, a picture may be turned, so the order of the two does not count.
    height, width = (second, first) if keeps else entry.height_and_width(first, second)
    mode, rounding = ("not_larger", "floor_plus_half") if keeps else ("stretch", "none")
    step = Resize(mode=mode, height=height, width=width, oriented=keeps, rounding=rounding, **kernel)
    return (
        with_defaults(step, chosen | {"height", "width"} | ({"mode", "oriented"} if "keep_ratio" in entry else set())),
    )


def _centre_crop(entry: _Entry) -> tuple[Step, ...]:
    # The SDK takes the first number as the height, mmcv as the width.
    height, width = entry.read("crop_size", _TWO)
    step = Crop(height=height, width=width, rounding="round", out_of_bounds="trim", position="top_left")
    return (with_defaults(step, {"height", "width", "anchor"}),)


def _box_before(entry: _Entry) -> int:
    """Return the edge of the square that a picture was fitted into: its longer edge, which ``pad_to_square`` fills up to."""
    fitted = next((step for step in reversed(entry.before) if isinstance(step, Resize)), None)
    if fitted is None or fitted.mode != "not_larger" or fitted.height is None or fitted.height != fitted.width:
        raise UnsupportedStep(
            f"pad_to_square is understood behind a Resize with keep_ratio into a square only; {WAY_ON}"
        )
    return fitted.height


def _pad(entry: _Entry) -> tuple[Step, ...]:
    if entry.get("logical_or_val") is not None or entry.get("orientation_agnostic"):
        name = "orientation_agnostic" if entry.get("orientation_agnostic") else "logical_or_val"
        raise UnsupportedStep(f"{name} is not supported; {WAY_ON}")
    if entry.get("padding_mode", "constant") != "constant":
        raise UnsupportedStep(f"padding_mode={shown(entry['padding_mode'])} is not supported, only constant; {WAY_ON}")
    value = entry.get("pad_val", 0)
    value = value.get("img", 0) if isinstance(value, Mapping) else value
    fill = per_channel(number(), 1)(value, "pad_val")
    height, width = entry.height_and_width(*entry.read("size", _TWO)) if entry.get("size") else (None, None)
    divisor = entry.read("size_divisor", PIXELS) if entry.get("size_divisor") else 1
    names = {"height": "size", "width": "size", "divisor": "size_divisor", "fill": "pad_val"}
    if entry.read("pad_to_square", FLAG, False):
        height = width = _box_before(entry)
        names |= {"height": "pad_to_square", "width": "pad_to_square"}
    step = Pad(height=height, width=width, divisor=divisor, position="top_left", fill=fill)
    return (with_defaults(step, {field for field, argument in names.items() if argument in entry}),)


def _normalize(entry: _Entry) -> tuple[Step, ...]:
    to_rgb = entry.read("to_rgb", FLAG, True)
    colour = Colour(source="BGR", target="RGB" if to_rgb else "BGR")
    step = Normalize(mean=entry.read("mean", several(number())), std=entry.read("std", several(number(zero=False))))
    return (
        with_defaults(colour, {"source", "target"} if "to_rgb" in entry else {"source"}),
        Cast(dtype="float32"),
        with_defaults(step, {"mean", "std"}),
    )


def _to_tensor(_entry: _Entry) -> tuple[Step, ...]:
    return (Layout(source="HWC", target="CHW"),)


def _format_bundle(entry: _Entry) -> tuple[Step, ...]:
    """Return what every detector's pipeline ends with: floats, channels first (``default_format_bundle.cpp``)."""
    floats = entry.read("img_to_float", FLAG, True)
    return (*([Cast(dtype="float32")] if floats else []), Layout(source="HWC", target="CHW"))


def _unknown(entry: _Entry) -> tuple[Step, ...]:
    arguments = tuple((name, json.dumps(value)) for name, value in sorted(entry.items()) if name != "type")
    kind = entry.get("type", "?")
    return (Unknown(operator=kind if isinstance(kind, str) else shown(kind), arguments=arguments),)


READERS: Mapping[str, Callable[[_Entry], tuple[Step, ...]]] = {
    "LoadImageFromFile": _load,
    "Resize": _resize,
    "CenterCrop": _centre_crop,
    "Pad": _pad,
    "Normalize": _normalize,
    "ImageToTensor": _to_tensor,
    "DefaultFormatBundle": _format_bundle,
}


register(
    Source(
        kind="mmdeploy",
        forms=(
            Form(
                text="mmdeploy:pipeline.json",
                takes="the pipeline.json that MMDeploy's SDK runs, or its folder",
                example="mmdeploy:engine/pipeline.json",
                executes=False,
                handling="JSON; MMDeploy is not needed",
            ),
        ),
        recipe=recipe,
    )
)
