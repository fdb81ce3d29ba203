"""Recipes of MMPretrain: a config's test pipeline and ``data_preprocessor`` in our words, every default spelled out.

The transforms are built by MMPretrain, so their defaults are those of the installed version. The formulas of sizes and
offsets are mmcv's (``mmcv/image/geometric.py``, ``mmcv/transforms/processing.py``) and MMPretrain's own
(``mmpretrain/datasets/transforms/processing.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixelparity.errors import UnsupportedStep
from pixelparity.fields import number, per_channel, sensible, within
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
    pillow_passes,
    with_defaults,
)
from pixelparity.sources.mmpretrain.configs import (
    BYSTANDERS,
    LOADER,
    array_channels,
    build_preprocessor,
    build_transform,
    file_name,
    kind_of,
    load_config,
    preprocessor_config,
    scope,
    test_pipeline,
)

if TYPE_CHECKING:
    from mmengine import Config

LIBRARIES = {"cv2": "opencv", "pillow": "pillow", "turbojpeg": "turbojpeg", "tifffile": "tifffile"}
KERNELS = {
    "nearest": "nearest",
    "bilinear": "linear",
    "bicubic": "cubic",
    "area": "area",
    "lanczos": "lanczos",
    "box": "box",
    "hamming": "hamming",
}
EDGES = {"short": "shorter", "long": "longer", "width": "width", "height": "height"}
#: Preprocessors that flip the channels, normalise, then pad.
PREPROCESSORS = ("ClsDataPreprocessor", "MultiModalDataPreprocessor")

Given = frozenset[str]
Reader = Callable[[Any, Given, str], tuple[Step, ...]]


def recipe(config: str | Path | Config) -> Recipe:
    """Read the recipe of an MMPretrain config file or of a model of the zoo, from the file to the network's tensor.

    Raises ``UnsupportedStep`` that names the transform whose meaning is not known; a transform of one's own can declare
    itself with a method ``recipe_steps() -> tuple[Step, ...]``. Raises ``InputError`` as ``load_config`` does.
    """
    loaded = load_config(config)
    source = f"mmpretrain:{config if isinstance(config, str | Path) else loaded.filename}"
    with scope(), sensible(f"{file_name(loaded)}: its settings"):
        steps = _pipeline_steps(loaded)
        last, batch = _preprocessor_steps(loaded, _channels(steps))
    return Recipe(source=source, steps=(*steps, *last), batch=batch)


def _pipeline_steps(config: Config) -> tuple[Step, ...]:
    declared = test_pipeline(config)
    steps: tuple[Step, ...] = ()
    if kind_of(declared[0]) != LOADER:
        order = array_channels(config)
        first = Decode(library="opencv", channels=order, origin=f"dataset ({order} arrays)")
        steps = (with_defaults(first, frozenset()), with_defaults(Orient(exif=True), frozenset()))
    for position, entry in enumerate(declared):
        kind = kind_of(entry)
        if kind in BYSTANDERS:
            continue
        given = frozenset(entry) - {"type"}
        read = READERS.get(kind, _declared_by_itself)
        with within(f"{file_name(config)}: test_pipeline[{position}] {kind}"), sensible("its settings"):
            new = read(build_transform(entry, config), given, _channels(steps))
        steps += tuple(replace(step, origin=f"test_pipeline[{position}] {kind}") for step in new)
    return steps


def _channels(steps: tuple[Step, ...]) -> str:
    """Return the channel order after these steps, ``BGR`` before any."""
    for step in reversed(steps):
        if isinstance(step, Colour):
            return step.target
        if isinstance(step, Decode):
            return step.channels
    return "BGR"


def _known(fields: Mapping[str, str], given: Given) -> frozenset[str]:
    """Return the recipe's fields that somebody chose: those whose argument was given. Empty arguments mean "by nature"."""
    return frozenset(field for field, argument in fields.items() if not argument or argument in given)


def _load(transform: Any, given: Given, _channels: str) -> tuple[Step, ...]:
    colour = transform.color_type
    order = "BGR" if colour.startswith("color") else "GRAY" if colour.startswith("grayscale") else "unknown"
    decode = Decode(library=LIBRARIES.get(transform.imdecode_backend, transform.imdecode_backend), channels=order)
    orient = Orient(exif=colour in ("color", "grayscale") and decode.library in ("opencv", "pillow"))
    steps: tuple[Step, ...] = (
        with_defaults(decode, _known({"library": "imdecode_backend", "channels": "color_type"}, given)),
        with_defaults(orient, _known({"exif": "color_type"}, given)),
    )
    return (*steps, Cast(dtype="float32")) if transform.to_float32 else steps


def _resample(transform: Any) -> dict[str, Any]:
    """Return what mmcv's back end does: Pillow widens its filter when it shrinks, OpenCV does not."""
    filters = transform.backend == "pillow" and transform.interpolation != "nearest"
    return {
        "kernel": KERNELS[transform.interpolation],
        "antialias": filters,
        "subpixel": False,
        "library": LIBRARIES[transform.backend],
        "passes": pillow_passes(version("pillow")) if filters else "one",
    }


RESAMPLING = {"kernel": "interpolation", "antialias": "backend", "library": "backend"}


def _resize(transform: Any, given: Given, _channels: str) -> tuple[Step, ...]:
    if transform.scale is None:
        raise UnsupportedStep(
            f"scale_factor={transform.scale_factor} (a factor, not a size) is not supported; use scale"
        )
    width, height = transform.scale
    mode, rounding = ("not_larger", "floor_plus_half") if transform.keep_ratio else ("stretch", "none")
    step = Resize(
        mode=mode, height=height, width=width, oriented=transform.keep_ratio, rounding=rounding, **_resample(transform)
    )  # fmt: skip
    chosen = {"mode": "keep_ratio", "oriented": "keep_ratio", "height": "", "width": "", **RESAMPLING}
    return (with_defaults(step, _known(chosen, given)),)


def _resize_edge(transform: Any, given: Given, _channels: str) -> tuple[Step, ...]:
    step = Resize(mode=EDGES[transform.edge], size=transform.scale, rounding="floor", **_resample(transform))
    return (with_defaults(step, _known({"mode": "edge", "size": "", **RESAMPLING}, given)),)


def _centre_crop(transform: Any, given: Given, _channels: str) -> tuple[Step, ...]:
    width, height = transform.crop_size
    pad = dict(transform.pad_cfg)
    if transform.auto_pad and pad.get("padding_mode", "constant") != "constant":
        raise UnsupportedStep(f"padding_mode={pad['padding_mode']!r} is not supported; only constant is")
    step = Crop(
        height=height,
        width=width,
        rounding="half_even",
        out_of_bounds="pad" if transform.auto_pad else "trim",
        fill=_fill(pad.get("pad_val", 0)),
        # mmcv's Pad fills at the right and at the bottom.
        position="top_left",
    )
    chosen = {"height": "", "width": "", "anchor": "", "out_of_bounds": "auto_pad", "fill": "pad_cfg"}
    return (with_defaults(step, _known(chosen, given)),)


def _efficientnet_crop(transform: Any, given: Given, _channels: str) -> tuple[Step, ...]:
    size = transform.crop_size
    crop = Crop(fraction=(size, size + transform.crop_padding), rounding="half_even", out_of_bounds="trim")
    resize = Resize(mode="stretch", height=size, width=size, rounding="none", **_resample(transform))
    return (
        with_defaults(crop, _known({"fraction": "crop_padding", "anchor": ""}, given)),
        with_defaults(resize, _known({"mode": "", "height": "", "width": "", **RESAMPLING}, given)),
    )


def _pad(transform: Any, given: Given, _channels: str) -> tuple[Step, ...]:
    if transform.padding_mode != "constant":
        raise UnsupportedStep(f"padding_mode={transform.padding_mode!r} is not supported; only constant is")
    if transform.pad_to_square:
        raise UnsupportedStep("pad_to_square=True is not supported; give size")
    width, height = transform.size or (None, None)
    fill = _fill(transform.pad_val)
    step = Pad(height=height, width=width, divisor=transform.size_divisor or 1, position="top_left", fill=fill)
    chosen = {"height": "size", "width": "size", "divisor": "size_divisor", "fill": "pad_val"}
    return (with_defaults(step, _known(chosen, given)),)


def _normalize(transform: Any, given: Given, channels: str) -> tuple[Step, ...]:
    step = Normalize(mean=_floats(transform.mean), std=_floats(transform.std))
    colour = _colour(transform.to_rgb, channels)
    return (
        with_defaults(colour, _known({"source": "", "target": "to_rgb"}, given)),
        Cast(dtype="float32"),
        with_defaults(step, frozenset({"mean", "std"})),
    )


def _to_pil(transform: Any, given: Given, channels: str) -> tuple[Step, ...]:
    return (with_defaults(_colour(transform.to_rgb, channels), _known({"source": "", "target": "to_rgb"}, given)),)


def _from_pil(transform: Any, given: Given, channels: str) -> tuple[Step, ...]:
    return (with_defaults(_colour(transform.to_bgr, channels), _known({"source": "", "target": "to_bgr"}, given)),)


def _pack(_transform: Any, _given: Given, _channels: str) -> tuple[Step, ...]:
    return (Layout(source="HWC", target="CHW"),)


def _declared_by_itself(transform: Any, _given: Given, _channels: str) -> tuple[Step, ...]:
    declare = getattr(transform, "recipe_steps", None)
    if not callable(declare):
        raise UnsupportedStep("its meaning is not known; give the transform a method recipe_steps() that declares it")
    return tuple(declare())


READERS: Mapping[str, Reader] = {
    LOADER: _load,
    "Resize": _resize,
    "ResizeEdge": _resize_edge,
    "CenterCrop": _centre_crop,
    "EfficientNetCenterCrop": _efficientnet_crop,
    "Pad": _pad,
    "Normalize": _normalize,
    "NumpyToPIL": _to_pil,
    "PILToNumpy": _from_pil,
    "PackInputs": _pack,
}


def _preprocessor_steps(config: Config, channels: str) -> tuple[tuple[Step, ...], Pad]:
    settings = preprocessor_config(config)
    if kind_of(settings) not in PREPROCESSORS:
        raise UnsupportedStep(
            f"{file_name(config)}: data_preprocessor {kind_of(settings)!r} is not supported, only {', '.join(PREPROCESSORS)}"
        )
    built = build_preprocessor(config)
    given = frozenset(settings)
    normalize = Normalize()
    if built._enable_normalize:  # noqa: SLF001 - MMPretrain has no public word for it
        # The config's own digits: the module keeps them as float32.
        normalize = Normalize(mean=_floats(settings["mean"]), std=_floats(settings["std"]))
    pad = Pad(divisor=built.pad_size_divisor, position="top_left", fill=(float(built.pad_value),))
    pad = replace(pad, defaulted=with_defaults(pad, _known(BATCH_FIELDS, given)).defaulted)
    steps: tuple[Step, ...] = (
        with_defaults(_colour(built.to_rgb, channels), _known({"source": "", "target": "to_rgb"}, given)),
        Cast(dtype="float32"),
        with_defaults(normalize, given & {"mean", "std"}),
    )
    if pad.divisor > 1:
        steps += (pad,)
    origin = f"data_preprocessor {kind_of(settings)}"
    return tuple(replace(step, origin=origin) for step in steps), replace(pad, origin=origin)


BATCH_FIELDS = {"divisor": "pad_size_divisor", "fill": "pad_value"}


def _colour(flips: bool, channels: str) -> Colour:
    """Return the change of channels; none is a step too, because it is a choice that people miss."""
    flipped = {"BGR": "RGB", "RGB": "BGR"}.get(channels, channels)
    return Colour(source=channels, target=flipped if flips else channels)


def _fill(value: Any) -> tuple[float, ...]:
    value = value.get("img", 0) if isinstance(value, Mapping) else value
    found: tuple[float, ...] = per_channel(number(), 1)(value, "the padding's value")
    return found


def _floats(values: Any) -> tuple[float, ...]:
    found: tuple[float, ...] = per_channel(number(), 3)(values, "mean or std")
    return found
