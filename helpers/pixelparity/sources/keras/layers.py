"""What Keras' resizes and preprocessing layers do, as steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pixelparity.errors import UnsupportedStep
from pixelparity.fields import FLAG, PIXELS, number, per_channel, shown
from pixelparity.recipes import Crop, Normalize, Resize, Step, with_defaults
from pixelparity.sources.protocol import WAY_ON

#: TensorFlow's resampling: pixel centres at halves, not widened when it shrinks.
KERNELS = {"nearest": "nearest", "bilinear": "linear", "bicubic": "cubic", "area": "area"}
_EPSILON = 1e-7  # below which Keras takes no standard deviation
_NUMBERS = per_channel(number(), 1)


def stretch(height: Any, width: Any, interpolation: Any, given: frozenset[str], origin: str) -> Step:
    """Return TensorFlow's resize to a size; raise ``UnsupportedStep`` for a kernel without a known meaning."""
    if not isinstance(interpolation, str) or interpolation not in KERNELS:
        raise UnsupportedStep(
            f"interpolation {shown(interpolation)} is not supported, only {', '.join(KERNELS)}; {WAY_ON}"
        )
    step = Resize(
        mode="stretch", height=PIXELS(height, "height"), width=PIXELS(width, "width"), rounding="none",
        kernel=KERNELS[interpolation], antialias=False, subpixel=False, library="tensorflow", dtype="float32",
        origin=origin,
    )  # fmt: skip
    return with_defaults(step, given)


def resizing(settings: Mapping[str, Any], origin: str) -> tuple[Step, ...]:
    """Return the step of a ``Resizing`` layer."""
    for name in ("crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias"):
        if FLAG(settings.get(name) or False, name):
            raise UnsupportedStep(f"{name} is not supported; {WAY_ON}")
    given = {"height", "width", "mode"} | ({"kernel"} if "interpolation" in settings else set())
    made = stretch(
        settings.get("height"),
        settings.get("width"),
        settings.get("interpolation", "bilinear"),
        frozenset(given),
        origin,
    )
    return (made,)


def rescaling(settings: Mapping[str, Any], origin: str) -> tuple[Step, ...]:
    """Return the step of a ``Rescaling`` layer: ``x * scale + offset``."""
    scales = per_channel(number(zero=False), 1)(settings.get("scale"), "scale")
    offsets = _NUMBERS(settings.get("offset", 0.0), "offset")
    given = {"scale"} | ({"mean"} if "offset" in settings else set())
    if len(scales) == 1:
        made = Normalize(scale=scales[0], mean=tuple(-offset for offset in offsets), origin=origin)
        return (with_defaults(made, given),)
    offsets = offsets * len(scales) if len(offsets) == 1 else offsets
    means = tuple(-offset / scale for offset, scale in zip(offsets, scales, strict=True))
    return (with_defaults(Normalize(mean=means, std=tuple(1 / s for s in scales), origin=origin), given | {"std"}),)


def normalization(settings: Mapping[str, Any], origin: str) -> tuple[Step, ...]:
    """Return the step of a ``Normalization`` layer; raise ``UnsupportedStep`` where its constants are among the weights."""
    if settings.get("invert"):
        raise UnsupportedStep(f"invert is not supported; {WAY_ON}")
    if settings.get("mean") is None or settings.get("variance") is None:
        raise UnsupportedStep(
            f"its mean and variance were learnt by adapt(), and lie among the weights, not here; {WAY_ON}"
        )
    means, variances = (_NUMBERS(_flat(settings[name]), name) for name in ("mean", "variance"))
    if any(variance < _EPSILON**2 for variance in variances):
        raise UnsupportedStep(f"variance {shown(settings['variance'])} is none that it divides by; {WAY_ON}")
    step = Normalize(mean=means, std=tuple(math.sqrt(variance) for variance in variances), origin=origin)
    return (with_defaults(step, {"mean", "std"}),)


def centre_crop(settings: Mapping[str, Any], origin: str) -> tuple[Step, ...]:
    """Refuse a ``CenterCrop`` layer of pictures that may be smaller, which it enlarges; return its step."""
    step = Crop(
        height=PIXELS(settings.get("height"), "height"), width=PIXELS(settings.get("width"), "width"),
        rounding="floor", out_of_bounds="error", origin=origin,
    )  # fmt: skip
    return (with_defaults(step, {"height", "width", "anchor"}),)


def _flat(value: Any) -> Any:
    """Return the innermost list of constants, which Keras saves with an axis for each of the tensor's."""
    while isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    return value
