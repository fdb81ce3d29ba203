"""Recipes of albumentations: what its transforms do to a picture, by their arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import FLAG, PIXELS, Rule, number, per_channel, shown, within
from pixelparity.recipes import Cast, Crop, Decode, Layout, Normalize, Pad, Recipe, Resize, Step, with_defaults
from pixelparity.recipes.scripts import Dotted
from pixelparity.sources.albumentations.pipelines import Entry, read
from pixelparity.sources.protocol import WAY_ON

#: OpenCV's interpolations, by number and by name, as far as they have a meaning here.
KERNELS = {0: "nearest", 1: "linear", 2: "cubic", 3: "area", 4: "lanczos"}
_INTER = {
    "INTER_NEAREST": 0, "INTER_LINEAR": 1, "INTER_CUBIC": 2, "INTER_AREA": 3, "INTER_LANCZOS4": 4,
    "INTER_LINEAR_EXACT": 5, "INTER_NEAREST_EXACT": 6,
}  # fmt: skip
_BORDERS = {
    "BORDER_CONSTANT": 0, "BORDER_REPLICATE": 1, "BORDER_REFLECT": 2, "BORDER_WRAP": 3, "BORDER_REFLECT_101": 4,
    "BORDER_REFLECT101": 4, "BORDER_DEFAULT": 4,
}  # fmt: skip
BYSTANDERS = ("NoOp",)
_ORDER = "the caller: albumentations takes arrays, whose order of channels is not in the file; RGB is taken for it"
#: What ``uint8`` and ``float32`` pictures have at most, by which ``ToFloat`` divides.
_LEVELS = 255.0


def recipe(target: str | Path) -> Recipe:
    """Read the recipe of a pipeline: ``FILE``, or ``FILE#NAME`` for one of several in Python source.

    Raises ``InputError`` when there is none, ``UnsupportedStep`` for a random transform, one without a known meaning, or one
    that leaves open what changed between releases.
    """
    file, _, wanted = str(target).partition("#")
    source = f"albumentations:{target}"
    fed = with_defaults(Decode(library="client", channels="RGB", origin=_ORDER), frozenset())
    steps: list[Step] = [fed]
    with within(source):
        for entry in read(file, wanted):
            with within(entry.origin):
                new = _read(entry, floats=any(isinstance(step, Cast) for step in steps))
            steps += [replace(step, origin=step.origin or entry.origin) for step in new]
        if len(steps) == 1:
            raise InputError("its pipeline does nothing; give the one that pictures are evaluated with")
    return Recipe(source=source, steps=tuple(steps))


def _read(entry: Entry, *, floats: bool) -> tuple[Step, ...]:
    share = number(0, 1)(entry.arguments.get("p", 1.0), "p")
    if share == 0 and not entry.arguments.get("always_apply"):
        return ()
    reader = READERS.get(entry.name)
    if reader is None and entry.name in BYSTANDERS:
        return ()
    if reader is None:
        raise UnsupportedStep(f"it is random, or its meaning is not known; known are {', '.join(READERS)}; {WAY_ON}")
    if share < 1:
        raise UnsupportedStep(f"it has p={share:g}, and what is done now and then is no recipe; {WAY_ON}")
    return reader({name: value for name, value in entry.arguments.items() if value is not None}, floats)


def _number(value: Any, names: Mapping[str, int]) -> Any:
    """Return OpenCV's number of a constant that is written by name, and anything else as it is."""
    return names.get(value.last, value) if isinstance(value, Dotted) else value


def _resampling(given: Mapping[str, Any], floats: bool) -> dict[str, Any]:
    if given.get("area_for_downscale") is not None:
        raise UnsupportedStep(
            f"area_for_downscale chooses the kernel by the picture, for which there is no step; {WAY_ON}"
        )
    value = _number(given.get("interpolation", 1), _INTER)
    if not isinstance(value, int) or isinstance(value, bool) or value not in KERNELS:
        raise UnsupportedStep(
            f"interpolation {shown(value)} is not supported, only {', '.join(list(_INTER)[:5])} are; {WAY_ON}"
        )
    return {
        "kernel": KERNELS[value], "antialias": False, "subpixel": False, "library": "opencv",
        "dtype": "float32" if floats else "uint8",
    }  # fmt: skip


def _chosen(given: Mapping[str, Any], **fields: str) -> frozenset[str]:
    return frozenset(field for field, argument in fields.items() if argument in given)


def _need(given: Mapping[str, Any], name: str, rule: Rule = PIXELS) -> Any:
    if name not in given:
        raise UnsupportedStep(
            f"it leaves {name} to a default, which is not the same in all releases; write it; {WAY_ON}"
        )
    return rule(given[name], name)


def _resize(given: Mapping[str, Any], floats: bool) -> tuple[Step, ...]:
    height, width = (_need(given, name) for name in ("height", "width"))
    step = Resize(mode="stretch", height=height, width=width, rounding="none", **_resampling(given, floats))
    return (with_defaults(step, {"mode", "height", "width"} | _chosen(given, kernel="interpolation")),)


def _edge(given: Mapping[str, Any], floats: bool, mode: str) -> tuple[Step, ...]:
    if given.get("max_size_hw") is not None:
        raise UnsupportedStep(f"max_size_hw is not supported, only max_size is; {WAY_ON}")
    if isinstance(given.get("max_size"), list | tuple):
        raise UnsupportedStep(f"max_size is a list, of which one is drawn at random; {WAY_ON}")
    step = Resize(mode=mode, size=_need(given, "max_size"), rounding="half_even", **_resampling(given, floats))
    return (with_defaults(step, {"mode", "size"} | _chosen(given, kernel="interpolation")),)


def _fill(given: Mapping[str, Any], border: str) -> tuple[float, ...]:
    """Return the value of a constant border; raise ``UnsupportedStep`` for another border, or a name that a release ignores."""
    mode = _number(_need(given, border, _ANY), _BORDERS)
    if mode != 0 or isinstance(mode, bool):
        raise UnsupportedStep(f"{border} {shown(mode)} is not a constant, for which alone there is a step; {WAY_ON}")
    rule = per_channel(number(), 1)
    value, fill = (rule(given[name], name) if name in given else None for name in ("value", "fill"))
    if fill is None and value is not None and any(value):
        raise UnsupportedStep(
            f"value is the word of releases before 2.0, which later ones pass over; write fill; {WAY_ON}"
        )
    return tuple(fill if fill is not None else (0.0,))


def _position(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name, "center")
    value = value.last.lower() if isinstance(value, Dotted) else value
    if value not in ("center", "top_left"):
        raise UnsupportedStep(f"{name} {shown(value)} is not supported, only center and top_left are; {WAY_ON}")
    return "centre" if value == "center" else "top_left"


def _pad(given: Mapping[str, Any], _floats: bool) -> tuple[Step, ...]:
    divisors = [given.get(f"pad_{edge}_divisor") for edge in ("height", "width")]
    lengths = [given.get(f"min_{edge}") for edge in ("height", "width")]
    names = {"position": "position", "fill": "fill"}
    if any(divisor is not None for divisor in divisors):
        if divisors[0] != divisors[1] or any(length is not None for length in lengths):
            raise UnsupportedStep(f"pad divisors that differ, or stand beside least sizes, are not supported; {WAY_ON}")
        size: dict[str, Any] = {"divisor": PIXELS(divisors[0], "pad_height_divisor")}
    else:
        size = {"height": _need(given, "min_height"), "width": _need(given, "min_width")}
    step = Pad(**size, position=_position(given, "position"), fill=_fill(given, "border_mode"))
    return (with_defaults(step, set(size) | _chosen(given, **names)),)


def _crop(given: Mapping[str, Any], _floats: bool) -> tuple[Step, ...]:
    size = {name: _need(given, name) for name in ("height", "width")}
    pads = FLAG(given.get("pad_if_needed", False), "pad_if_needed")
    if not pads:
        step = Crop(**size, rounding="floor", out_of_bounds="error")
        return (with_defaults(step, {"height", "width", "anchor"}),)
    fill = _fill({"border_mode": 0, **given}, "border_mode")
    step = Crop(**size, rounding="floor", out_of_bounds="pad", fill=fill, position=_position(given, "pad_position"))
    return (with_defaults(step, {"height", "width", "anchor", "out_of_bounds"} | _chosen(given, fill="fill")),)


def _normalize(given: Mapping[str, Any], _floats: bool) -> tuple[Step, ...]:
    if given.get("normalization", "standard") != "standard":
        raise UnsupportedStep(
            f"normalization {shown(given['normalization'])} is not supported, only standard is; {WAY_ON}"
        )
    most = number(zero=False)(given.get("max_pixel_value", _LEVELS), "max_pixel_value")
    mean = per_channel(number(), 3)(given.get("mean", [0.485, 0.456, 0.406]), "mean")
    std = per_channel(number(zero=False), 3)(given.get("std", [0.229, 0.224, 0.225]), "std")
    step = Normalize(scale=1 / most, mean=mean, std=std)
    return Cast(dtype="float32"), with_defaults(step, _chosen(given, mean="mean", std="std", scale="max_pixel_value"))


def _to_float(given: Mapping[str, Any], floats: bool) -> tuple[Step, ...]:
    if "max_value" not in given and floats:
        raise UnsupportedStep(
            f"what the most of floats is, by which it divides, is not known; write max_value; {WAY_ON}"
        )
    step = Normalize(scale=1 / number(zero=False)(given.get("max_value", _LEVELS), "max_value"))
    return Cast(dtype="float32"), with_defaults(step, _chosen(given, scale="max_value"))


def _to_tensor(_given: Mapping[str, Any], _floats: bool) -> tuple[Step, ...]:
    return (Layout(source="HWC", target="CHW"),)


_ANY = Rule(allowed="a number or a name of OpenCV's", read=lambda value: value)
READERS: Mapping[str, Callable[[Mapping[str, Any], bool], tuple[Step, ...]]] = {
    "Resize": _resize,
    "LongestMaxSize": lambda given, floats: _edge(given, floats, "longer"),
    "SmallestMaxSize": lambda given, floats: _edge(given, floats, "shorter"),
    "PadIfNeeded": _pad,
    "CenterCrop": _crop,
    "Normalize": _normalize,
    "ToFloat": _to_float,
    "ToTensorV2": _to_tensor,
}
