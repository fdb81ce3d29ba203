"""Recipes of timm data configs: a dict or a JSON file; timm itself is not needed.

The meaning is that of ``timm.data.create_transform`` for evaluation (``timm/data/transforms_factory.py``), the defaults
those of ``timm.data.resolve_data_config``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import MAPPING, PIXELS, TEXT, Rule, number, per_channel, several, shown, within
from pixelparity.recipes import (
    Cast,
    Crop,
    Layout,
    Normalize,
    Recipe,
    Resize,
    Step,
    installed_pillow_passes,
    pillow_decode,
    read_settings,
    with_defaults,
)
from pixelparity.sources.protocol import WAY_ON, Form, Source, register

DEFAULTS: Mapping[str, Any] = {
    "input_size": (3, 224, 224),
    "interpolation": "bicubic",
    "crop_pct": 0.875,
    "crop_mode": "center",
    "mean": (0.485, 0.456, 0.406),
    "std": (0.229, 0.224, 0.225),
}
KERNELS = {
    "nearest": "nearest",
    "bilinear": "linear",
    "bicubic": "cubic",
    "box": "box",
    "hamming": "hamming",
    "lanczos": "lanczos",
}
MODES = ("center", "squash", "border")
#: What each setting may hold.
RULES: Mapping[str, Rule] = {
    "input_size": several(PIXELS, 3, 3),
    "interpolation": TEXT,
    "crop_pct": number(0.01, 100),
    "crop_mode": TEXT,
}
#: What a published accuracy may have been measured with: timm's own default for evaluation passes it over too.
_FOR_TESTS = ("test_input_size", "test_crop_pct")


def recipe(config: str | Path | Mapping[str, Any]) -> Recipe:
    """Read the evaluation recipe of a timm data config: a dict, or a JSON file that is one or holds a ``pretrained_cfg``.

    Raises ``InputError`` when it is not one, ``UnsupportedStep`` for a crop mode or interpolation without a known meaning.
    """
    if isinstance(config, Mapping):
        given, source = dict(config), "timm:data config"
    else:
        given, source = read_settings(Path(config), "timm data config"), f"timm:{config}"
    with within(source):
        return Recipe(source=source, steps=_steps(given))


def _steps(given: Mapping[str, Any]) -> tuple[Step, ...]:
    given = MAPPING(given.get("pretrained_cfg", given), "pretrained_cfg")
    chosen = frozenset(name for name in DEFAULTS if given.get(name) is not None)
    if not chosen and "preprocess_cfg" in given:
        raise UnsupportedStep(
            "it is an open_clip_config.json, whose preprocessing is read in another way: name it as "
            "openclip:open_clip_config.json"
        )
    if not chosen:
        raise InputError(f"it holds none of {', '.join(DEFAULTS)}; give a timm data config")
    settings = {name: given[name] if name in chosen else default for name, default in DEFAULTS.items()}
    settings |= {name: rule(settings[name], name) for name, rule in RULES.items()}
    channels = _channels(settings["input_size"])
    if channels == 1 and not {"mean", "std"} & chosen:
        settings |= {"mean": settings["mean"][:1], "std": settings["std"][:1]}
    settings["mean"] = per_channel(number(), channels)(settings["mean"], "mean")
    if min(settings["mean"]) < 0:
        raise UnsupportedStep(
            f"its mean is {shown(list(settings['mean']))}, and levels from 0 to 1 have none below 0: it is of spectrograms, or "
            f"of another range; {WAY_ON}"
        )
    settings["std"] = per_channel(number(zero=False), channels)(settings["std"], "std")
    for name, known in (("interpolation", tuple(KERNELS)), ("crop_mode", MODES)):
        if settings[name] not in known:
            raise UnsupportedStep(f"{name} {shown(settings[name])} is not known, only {', '.join(known)} are; {WAY_ON}")
    if given.get("crop_border_pixels"):
        raise UnsupportedStep(f"crop_border_pixels is not supported; {WAY_ON}")
    tests = [name for name in _FOR_TESTS if given.get(name) is not None]
    steps = (*pillow_decode("timm's reader", grey=channels == 1), *_geometry(settings, chosen), *_end(settings, chosen))
    return tuple(_remarked(step, tests) if isinstance(step, Resize) else step for step in steps)


def _channels(size: Sequence[int]) -> int:
    """Return how many channels pictures are opened with; raise ``InputError`` where that is no count of channels."""
    if size[0] in (1, 3):
        return size[0]
    first = "; it looks as if the channels came last, and timm has them first" if size[2] in (1, 3) else ""
    raise InputError(
        f"input_size is {shown(list(size))}, whose first number is how many channels there are: 3, or 1{first}"
    )


def _remarked(step: Resize, tests: Sequence[str]) -> Resize:
    """Say where the file has other numbers for tests, which are not read."""
    if not tests:
        return step
    return replace(step, origin=f"{step.origin}; not {' and '.join(tests)}, with which accuracies are often published")


def _geometry(settings: Mapping[str, Any], chosen: frozenset[str]) -> tuple[Step, ...]:
    height, width = settings["input_size"][-2:]
    scaled_height, scaled_width = (math.floor(edge / settings["crop_pct"]) for edge in (height, width))
    mode = settings["crop_mode"]
    square = scaled_height == scaled_width
    resize: dict[str, Any] = {"height": scaled_height, "width": scaled_width}
    interpolation = settings["interpolation"]
    if mode == "squash":
        resize |= {"mode": "stretch", "rounding": "none"}
    elif mode == "border":
        resize |= {"mode": "not_larger", "rounding": "half_even"}
    elif square:
        resize = {"mode": "shorter", "size": scaled_height, "rounding": "floor"}
    else:
        resize |= {"mode": "not_smaller", "rounding": "half_even"}
        if interpolation != "bilinear":
            raise UnsupportedStep(
                f"it takes {height} x {width}, and for a rectangle timm hands {shown(interpolation)} on since 1.0.31 only "
                f"and was bilinear before; which of them runs is not in the file: {WAY_ON}"
            )
    step = Resize(**resize, **_resampling(interpolation))
    sizes = {"height", "width", "size"} if "input_size" in chosen and "crop_pct" in chosen else set()
    sizes |= {"mode"} if "crop_mode" in chosen else set()
    sizes |= {"kernel"} if "interpolation" in chosen else set()
    window = {"height", "width"} if "input_size" in chosen else set()
    fill = tuple(float(round(255 * value)) for value in settings["mean"]) if mode == "border" else (0.0,)
    crop = Crop(height=height, width=width, rounding="half_even", out_of_bounds="pad", fill=fill)
    return (
        replace(with_defaults(step, sizes), origin="interpolation, crop_pct, crop_mode"),
        replace(
            with_defaults(crop, {"anchor"} | window),
            origin="input_size",
        ),
    )


def _resampling(interpolation: str) -> dict[str, Any]:
    kernel = KERNELS[interpolation]
    filters = kernel != "nearest"
    passes = installed_pillow_passes()
    return {
        "kernel": kernel, "antialias": filters, "subpixel": False, "library": "pillow", "passes": passes if filters else "one",
    }  # fmt: skip


def _end(settings: Mapping[str, Any], chosen: frozenset[str]) -> tuple[Step, ...]:
    normalize = Normalize(mean=settings["mean"], std=settings["std"], origin="mean, std")
    return (
        Layout(source="HWC", target="CHW", origin="ToTensor"),
        Cast(dtype="float32", origin="ToTensor"),
        Normalize(scale=1 / 255, origin="ToTensor"),
        with_defaults(normalize, chosen & {"mean", "std"}),
    )


register(
    Source(
        kind="timm",
        forms=(
            Form(
                text="timm:CONFIG.json",
                takes="a timm data config, or a file that holds a pretrained_cfg",
                example="timm:config.json",
                executes=False,
                handling="JSON; timm is not needed",
            ),
        ),
        recipe=recipe,
    )
)
