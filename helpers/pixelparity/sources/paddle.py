"""Recipes of Paddle's exports: ``inference.yml`` of PaddleClas and PaddleX, ``infer_cfg.yml`` of PaddleDetection.

The meaning is that of ``deploy/python/preprocess.py`` of PaddleClas and of PaddleDetection, which decode with OpenCV.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import FLAG, MAPPING, OBJECTS, PIXELS, Rule, number, per_channel, several, shown, whole, within
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
    installed_pillow_passes,
    read_settings,
    read_yaml,
    with_defaults,
)
from pixelparity.sources.protocol import WAY_ON, Form, Source, register

OPENCV = {"nearest": "nearest", "bilinear": "linear", "bicubic": "cubic", "area": "area", "lanczos": "lanczos"}
PILLOW = {"nearest": "nearest", "bilinear": "linear", "bicubic": "cubic", "box": "box", "lanczos": "lanczos",
          "hamming": "hamming"}  # fmt: skip
#: OpenCV's numbers, which PaddleDetection writes.
_NUMBERED = ("nearest", "bilinear", "bicubic", "area", "lanczos")
_BYSTANDERS = ("KeepKeys",)
_TWO = per_channel(PIXELS, 2, least=2, most=2)
_THREE, _SPREAD = several(number(), 3, 3), several(number(zero=False), 3, 3)
_MEAN, _STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
_LIST = "PreProcess.transform_ops, Infer.transforms or Preprocess"


class Settings(dict[str, Any]):
    """The settings of one transform; what is none counts as not given."""

    def read(self, name: str, rule: Rule, default: Any = None) -> Any:
        """Return a setting, checked; raise ``InputError`` that names it."""
        return rule(default if self.get(name) is None else self[name], name)

    def only(self, *known: str) -> None:
        """Raise ``UnsupportedStep`` for a setting that has no known meaning."""
        other = next((name for name, value in self.items() if name not in known and value is not None), None)
        if other is not None:
            raise UnsupportedStep(f"the meaning of {shown(other)} is not known; {WAY_ON}")

    def chosen(self, **fields: str) -> frozenset[str]:
        """Return the fields of a step whose settings are given."""
        return frozenset(field for field, name in fields.items() if self.get(name) is not None)


def recipe(config: str | Path) -> Recipe:
    """Read the recipe of an ``inference.yml`` or ``infer_cfg.yml`` (also as JSON).

    Raises ``InputError`` when it is neither, ``UnsupportedStep`` for a transform without a known meaning.
    """
    read = read_settings if Path(config).suffix == ".json" else read_yaml
    content, source = read(Path(config), "config that Paddle exported"), f"paddle:{config}"
    with within(source):
        entries = _entries(content)
        steps: list[Step] = list(_decoded(entries))
        for origin, name, settings in entries:
            if name in _BYSTANDERS or name == "DecodeImage":
                continue
            with within(origin):
                steps += [replace(step, origin=origin) for step in _read(name, settings)]
    return Recipe(source=source, steps=tuple(steps))


def _read(name: str, settings: Settings) -> Iterable[Step]:
    if name not in READERS:
        raise UnsupportedStep(f"its meaning is not known; known are DecodeImage, {', '.join(READERS)}; {WAY_ON}")
    return READERS[name](settings)


def _entries(content: Mapping[str, Any]) -> list[tuple[str, str, Settings]]:
    """Return the transforms in order: where each stands, its name, its settings."""
    detection = content.get("Preprocess")
    if detection is not None:
        listed = OBJECTS(detection, "Preprocess")
        named = [(entry.get("type"), {k: v for k, v in entry.items() if k != "type"}) for entry in listed]
        return [(f"Preprocess[{i}] {name}", _name(name), Settings(given)) for i, (name, given) in enumerate(named)]
    for first, second in (("PreProcess", "transform_ops"), ("Infer", "transforms")):
        inside = MAPPING(content.get(first) or {}, first).get(second)
        if inside is not None:
            return [_entry(f"{second}[{n}]", entry) for n, entry in enumerate(OBJECTS(inside, second))]
    raise InputError(f"it has none of {_LIST}; give the inference.yml or infer_cfg.yml beside the exported model")


def _entry(place: str, entry: Mapping[str, Any]) -> tuple[str, str, Settings]:
    """Return one transform of a list whose entries have one key each, the transform's name."""
    if len(entry) != 1:
        raise InputError(f"{place} has {len(entry)} names, use one transform in each entry")
    ((name, given),) = entry.items()
    origin = f"{place} {name}"
    return origin, _name(name), Settings(MAPPING(given or {}, origin))


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise InputError(f"a transform is called {shown(value)}, use its name")
    return value


def _decoded(entries: list[tuple[str, str, Settings]]) -> tuple[Step, ...]:
    """Return OpenCV's decoding; without a ``DecodeImage``, the deployed programs swap it to RGB."""
    decoders = [(origin, settings) for origin, name, settings in entries if name == "DecodeImage"]
    origin, settings = decoders[0] if decoders else ("Paddle's predictor", Settings())
    with within(origin):
        if len(decoders) > 1 or (decoders and entries[0][1] != "DecodeImage"):
            raise UnsupportedStep(f"DecodeImage stands twice, or behind another transform; {WAY_ON}")
        settings.only("to_rgb", "to_np", "channel_first", "img_mode")
        if settings.read("channel_first", FLAG, False):
            raise UnsupportedStep(f"channel_first is not supported; {WAY_ON}")
        order = settings.get("img_mode") or ("RGB" if settings.read("to_rgb", FLAG, True) else "BGR")
        if order not in ("RGB", "BGR"):
            raise UnsupportedStep(f"img_mode {shown(order)} is not supported, only RGB and BGR are; {WAY_ON}")
    given = {"target"} if settings.chosen(a="to_rgb", b="img_mode") else set()
    swap = with_defaults(Colour(source="BGR", target=order, origin=origin), given)
    return (
        with_defaults(Decode(library="opencv", channels="BGR", origin=origin), frozenset()),
        with_defaults(Orient(exif=True, origin=origin), frozenset()),
        swap,
    )


def _kernel(name: Any, backend: str) -> dict[str, Any]:
    known = OPENCV if backend == "cv2" else PILLOW
    if not isinstance(name, str) or name.lower() not in known:
        raise UnsupportedStep(f"interpolation {shown(name)} is not supported, only {', '.join(known)}; {WAY_ON}")
    kernel = known[name.lower()]
    filters = backend == "pil" and kernel != "nearest"
    return {
        "kernel": kernel, "antialias": filters, "library": "opencv" if backend == "cv2" else "pillow",
        "passes": installed_pillow_passes() if filters else "one",
    }  # fmt: skip


def _resize_image(given: Settings) -> tuple[Step, ...]:
    given.only("size", "resize_short", "interpolation", "backend", "return_numpy")
    backend = given.get("backend", "cv2")
    if not isinstance(backend, str) or backend.lower() not in ("cv2", "pil"):
        raise UnsupportedStep(f"backend {shown(backend)} is not supported, only cv2 and pil are; {WAY_ON}")
    kernel = _kernel(given.get("interpolation") or "bilinear", backend.lower())
    chosen = given.chosen(kernel="interpolation", library="backend", antialias="backend") | {"mode"}
    if given.get("resize_short"):
        size = given.read("resize_short", PIXELS)
        step = Resize(mode="shorter", size=size, rounding="half_even", subpixel=False, **kernel)
        return (with_defaults(step, chosen | {"size"}),)
    width, height = given.read("size", _TWO)
    step = Resize(mode="stretch", height=height, width=width, rounding="none", subpixel=False, **kernel)
    return (with_defaults(step, chosen | {"height", "width"}),)


def _crop_image(given: Settings) -> tuple[Step, ...]:
    given.only("size")
    width, height = given.read("size", _TWO)
    step = Crop(height=height, width=width, rounding="floor", out_of_bounds="error")
    return (with_defaults(step, {"height", "width", "anchor"}),)


def _fraction(value: Any) -> Any:
    """Return a scale that is written as a division, ``1.0/255.0``, and anything else as it is."""
    parts = re.fullmatch(r"\s*(\d+\.?\d*)\s*/\s*(\d+\.?\d*)\s*", value) if isinstance(value, str) else None
    if parts is None or not float(parts[2]):
        return value
    return float(parts[1]) / float(parts[2])


def _normalize_image(given: Settings) -> tuple[Step, ...]:
    """Return ``NormalizeImage``, of classification (``scale``) or of detection (``is_scale``, ``norm_type``)."""
    given.only("scale", "mean", "std", "order", "channel_num", "output_fp16", "is_scale", "norm_type")
    if given.read("channel_num", whole(1, 16), 3) != 3:
        raise UnsupportedStep(
            f"channel_num {given['channel_num']} adds a channel of zeros, for which there is no step; {WAY_ON}"
        )
    kind = given.get("norm_type", "mean_std")
    if kind not in ("mean_std", "none"):
        raise UnsupportedStep(f"norm_type {shown(kind)} is not supported, only mean_std and none are; {WAY_ON}")
    if "is_scale" in given:
        scale, scale_from = (1 / 255 if given.read("is_scale", FLAG) else 1.0), "is_scale"
    elif given.get("scale") is None and "norm_type" in given:
        scale, scale_from = 1 / 255, "is_scale"
    else:
        scale, scale_from = number(zero=False)(_fraction(given.get("scale") or 1 / 255), "scale"), "scale"
    mean, std = (
        (given.read("mean", _THREE, _MEAN), given.read("std", _SPREAD, _STD))
        if kind == "mean_std"
        else ((0.0,), (1.0,))
    )
    step = with_defaults(
        Normalize(scale=scale, mean=mean, std=std), given.chosen(scale=scale_from, mean="mean", std="std")
    )
    half = (Cast(dtype="float16"),) if given.read("output_fp16", FLAG, False) else ()
    return (Cast(dtype="float32"), step, *half)


def _channels_first(given: Settings) -> tuple[Step, ...]:
    given.only()
    return (Layout(source="HWC", target="CHW"),)


def _resize(given: Settings) -> tuple[Step, ...]:
    """Return PaddleDetection's ``Resize``: with the ratio kept, OpenCV is told the scale, and rounds the size itself."""
    given.only("target_size", "keep_ratio", "interp")
    interp = given.read("interp", whole(0, 4), 1)
    kernel = _kernel(_NUMBERED[interp], "cv2")
    height, width = given.read("target_size", _TWO)
    chosen = given.chosen(kernel="interp", mode="keep_ratio")
    if not given.read("keep_ratio", FLAG, True):
        step = Resize(mode="stretch", height=height, width=width, rounding="none", subpixel=False, **kernel)
        return (with_defaults(step, chosen | {"height", "width"}),)
    least, most = sorted((height, width))
    if least == most:
        step = Resize(mode="longer", size=most, rounding="half_even", subpixel=True, **kernel)
        return (with_defaults(step, chosen | {"size"}),)
    step = Resize(mode="shorter", size=least, max_size=most, rounding="half_even", subpixel=True, **kernel)
    return (with_defaults(step, chosen | {"size", "max_size"}),)


def _pad_stride(given: Settings) -> tuple[Step, ...]:
    given.only("stride")
    stride = given.read("stride", whole(-1, 2**16), 0)
    if stride <= 1:
        return ()
    return (with_defaults(Pad(divisor=stride, position="top_left", fill=(0.0,)), {"divisor"}),)


READERS: Mapping[str, Callable[[Settings], tuple[Step, ...]]] = {
    "ResizeImage": _resize_image, "CropImage": _crop_image, "NormalizeImage": _normalize_image,
    "ToCHWImage": _channels_first, "Resize": _resize, "Permute": _channels_first, "PadStride": _pad_stride,
}  # fmt: skip


register(
    Source(
        kind="paddle",
        forms=(
            Form(
                text="paddle:inference.yml",
                takes="the config beside a model that PaddleClas, PaddleX or PaddleDetection (infer_cfg.yml) exported",
                example="paddle:export/inference.yml",
                executes=False,
                handling="YAML or JSON; Paddle is not needed",
            ),
        ),
        recipe=recipe,
    )
)
