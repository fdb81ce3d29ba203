"""Recipes of NVIDIA TAO: the spec file of its image classification (TensorFlow 1), read as text; TAO is not needed.

The meaning is that of its ``makenet`` evaluation: Keras opens and resizes pictures by Pillow, ``preprocess_input`` follows, with
channels first. Its mode ``torch`` divides by 0.224 in every channel, which is not what others call by that name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pixelparity import files
from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import MAPPING, number, shown, whole, within
from pixelparity.recipes import (
    Cast,
    Colour,
    Crop,
    Layout,
    Normalize,
    Recipe,
    Resize,
    Step,
    installed_pillow_passes,
    pillow_decode,
    with_defaults,
)
from pixelparity.sources.protocol import WAY_ON, Form, Source, register

_TOKEN = re.compile(r"#[^\n]*|[\s,;]+|(?P<token>[{}:]|\"[^\"\n]*\"|'[^'\n]*'|[-+.\w]+)", re.ASCII)
_MOST_NESTED = 16
_KERNELS = {"BILINEAR": "linear", "0": "linear", "BICUBIC": "cubic", "1": "cubic"}
_PADDING = 32  # pixels that the picture is larger by before a window is cut
_SIZE = whole(16, 2**14)
_PARTS = {"model_config", "train_config", "eval_config"}
#: The means that caffe's mode takes where the file has none, and their names in the file.
_MEANS: Mapping[int, Mapping[str, float]] = {3: {"b": 103.939, "g": 116.779, "r": 123.68}, 1: {"l": 117.3786}}
_TORCH: Mapping[int, tuple[tuple[float, ...], tuple[float, ...]]] = {
    3: ((0.485, 0.456, 0.406), (0.224, 0.224, 0.224)),
    1: ((0.449,), (0.224,)),
}


def recipe(spec: str | Path) -> Recipe:
    """Read the recipe with which TAO evaluates a classifier from its spec file.

    Raises ``InputError`` when it is none, ``UnsupportedStep`` for the specs of other networks.
    """
    if Path(spec).suffix in (".yaml", ".yml"):
        raise UnsupportedStep(
            f"{spec} is a spec of TAO 5, whose defaults are not known here, only text specs are; {WAY_ON}"
        )
    source = f"tao:{spec}"
    text = files.read_text(spec, "a TAO spec")
    with within(source):
        content = _message(_tokens(text), 0)
        if not set(content) >= {"model_config", "train_config"} or not set(content) <= _PARTS:
            raise UnsupportedStep(
                f"it has {shown(', '.join(content))} where classification has model_config, train_config and eval_config; "
                f"other networks of TAO are not read; {WAY_ON}"
            )
        parts = {name: MAPPING(content.get(name, {}), name) for name in _PARTS}
        return Recipe(source=source, steps=_steps(parts["model_config"], parts["train_config"], parts["eval_config"]))


def _tokens(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise InputError(
                f"line {text.count(chr(10), 0, place) + 1} has {shown(text[place])}, which is no part of a spec"
            )
        place = match.end()
        if match["token"]:
            yield match["token"]


def _message(tokens: Iterator[str], depth: int) -> dict[str, Any]:
    """Return the fields of a message in protobuf's text format: texts and messages, lists of them where a name comes again."""
    if depth > _MOST_NESTED:
        raise InputError("it is nested too deeply for a spec")
    found: dict[str, Any] = {}
    for name in tokens:
        if name == "}" and depth:
            return found
        value: Any = next(tokens, "")
        value = next(tokens, "") if value == ":" else value
        if name in ("{", "}", ":") or value in ("", "}", ":"):
            raise InputError(f"{shown(name)} has no value; write NAME: VALUE or NAME {{ ... }}")
        value = _message(tokens, depth + 1) if value == "{" else value.strip("\"'")
        if name in found:
            before = found[name] if isinstance(found[name], list) else [found[name]]
            value = [*before, value]
        found[name] = value
    if depth:
        raise InputError("a { is not closed; the file may be cut off")
    return found


def _steps(model: Mapping[str, Any], train: Mapping[str, Any], evaluation: Mapping[str, Any]) -> tuple[Step, ...]:
    parts = str(model.get("input_image_size", "")).split(",")
    if len(parts) != 3 or not all(part.strip().isdecimal() and len(part) < 9 for part in parts):
        raise InputError(f'input_image_size is {shown(model.get("input_image_size"))}, use "CHANNELS,HEIGHT,WIDTH"')
    channels, height, width = (int(part) for part in parts)
    if channels not in _MEANS:
        raise InputError(f"input_image_size has {channels} channels, use 3 or 1")
    size = _SIZE(height, "input_image_size: height"), _SIZE(width, "input_image_size: width")
    kernel = _KERNELS.get(str(model.get("resize_interpolation_method", "BILINEAR")))
    if kernel is None:
        name = shown(model["resize_interpolation_method"])
        raise UnsupportedStep(f"resize_interpolation_method {name} is not known, only BILINEAR and BICUBIC; {WAY_ON}")
    chosen = {"kernel"} if "resize_interpolation_method" in model else set()
    return (
        *pillow_decode("Keras' load_img", grey=channels == 1),
        *_geometry(size, kernel, chosen, crops=_flag(evaluation, "enable_center_crop")),
        Layout(source="HWC", target="CHW", origin="channels_first"),
        with_defaults(Cast(dtype="float32", origin="Keras"), frozenset()),
        *_preprocessed(train, channels),
    )


def _flag(part: Mapping[str, Any], name: str) -> bool:
    value = str(part.get(name, "false"))
    if value.lower() not in ("true", "false"):
        raise InputError(f"{name} is {shown(part[name])}, use True or False")
    return value.lower() == "true"


def _geometry(size: tuple[int, int], kernel: str, chosen: set[str], *, crops: bool) -> tuple[Step, ...]:
    height, width = size
    shared: dict[str, Any] = {
        "kernel": kernel, "antialias": True, "subpixel": False, "library": "pillow", "passes": installed_pillow_passes(),
    }  # fmt: skip
    given = frozenset({"height", "width", *chosen})
    if not crops:
        resize = Resize(
            mode="stretch", height=height, width=width, rounding="none", origin="input_image_size", **shared
        )
        return (with_defaults(resize, given),)
    if height % 4 or width % 4:
        # Halves of the picture and of the window are rounded apart, which is one rounding only where 4 divides the window.
        raise UnsupportedStep(
            f"a window of {height} x {width} is cut by a rounding without a name, unless 4 divides both; {WAY_ON}"
        )
    origin = "enable_center_crop; pictures that have the window's size already are left as they are"
    resize = Resize(
        mode="not_smaller", height=height + _PADDING, width=width + _PADDING, rounding="floor", origin=origin, **shared
    )
    crop = Crop(height=height, width=width, rounding="half_even", out_of_bounds="error", origin="enable_center_crop")
    return with_defaults(resize, given | {"mode"}), with_defaults(crop, {"height", "width", "anchor"})


def _preprocessed(train: Mapping[str, Any], channels: int) -> tuple[Step, ...]:
    mode = train.get("preprocess_mode", "caffe")
    origin = f"preprocess_mode: {mode}"
    given = "preprocess_mode" in train
    if mode == "tf":
        return (with_defaults(Normalize(mean=(127.5,), std=(127.5,), origin=origin), {"mean", "std"}),)
    if mode == "torch":
        mean, std = _TORCH[channels]
        full = Normalize(scale=1 / 255, mean=mean, std=std, origin=origin)
        return (with_defaults(full, {"scale", "mean", "std"}),)
    if mode != "caffe":
        raise UnsupportedStep(f"preprocess_mode {shown(mode)} is not known, only caffe, torch and tf are; {WAY_ON}")
    means = _means(train.get("image_mean"), channels)
    step = with_defaults(
        Normalize(mean=means, origin=origin), {"mean"} if given or "image_mean" in train else frozenset()
    )
    if channels == 1:
        return (step,)
    swap = Colour(source="RGB", target="BGR", origin=origin)
    return with_defaults(swap, {"source", "target"} if given else frozenset()), step


def _means(value: Any, channels: int) -> tuple[float, ...]:
    """Return the means in the order BGR; the file has pairs of a key and a value."""
    known = dict(_MEANS[channels])
    if value is None:
        return tuple(known.values())
    read: dict[str, float] = {}
    for entry in value if isinstance(value, list) else [value]:
        pair = MAPPING(entry, "image_mean")
        try:
            read[str(pair.get("key"))] = number()(float(pair.get("value", "none")), "image_mean")
        except (TypeError, ValueError) as error:
            raise InputError(f"image_mean has {shown(pair)}, use key: 'r' value: NUMBER") from error
    if set(read) != set(known):
        raise InputError(f"image_mean has {', '.join(read)}, use one of each of {', '.join(known)}")
    return tuple(read[name] for name in known)


register(
    Source(
        kind="tao",
        forms=(
            Form(
                text="tao:SPEC.txt",
                takes="the spec file of NVIDIA TAO's image classification (TensorFlow 1)",
                example="tao:specs/classification_spec.cfg",
                executes=False,
                handling="text; TAO is not needed",
            ),
        ),
        recipe=recipe,
    )
)
