"""Recipes of Hugging Face image processors: a ``preprocessor_config.json`` as a file; transformers is not needed.

The meaning is that of the processors in ``transformers`` (``image_processing_*.py``): resize, centre crop, rescale, normalise.
The file need not name everything: ``processors`` has the defaults of each class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import FLAG, MAPPING, PIXELS, Rule, number, per_channel, several, shown, whole, within
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
    read_settings,
    with_defaults,
)
from pixelparity.sources.huggingface.processors import BASE, OF_FAST, OF_MODELS, PROCESSORS, Processor
from pixelparity.sources.protocol import WAY_ON

#: Pillow's numbers of its filters.
KERNELS = {0: "nearest", 1: "lanczos", 2: "linear", 3: "cubic", 4: "box", 5: "hamming"}
_FLAGS = (
    "do_resize", "do_center_crop", "do_rescale", "do_normalize", "do_flip_channel_order", "rescale_offset", "include_top",
    "keep_aspect_ratio", "do_pad",
)  # fmt: skip
#: What each setting that is read may hold; a size has several forms, which ``_edges`` knows.
RULES: Mapping[str, Rule] = {
    **dict.fromkeys(_FLAGS, FLAG),
    "resample": whole(0, 255), "rescale_factor": number(zero=False), "crop_pct": number(0.01, 1),
}  # fmt: skip
#: Where a file keeps the settings that it is asked for: ``processor_config.json`` of transformers 5, exports of other tools.
_INNER = ("image_processor", "config", "preprocessor_config")
_STRETCHED_FROM = 384  # pixels
_SIZES = ("height", "width", "shortest_edge", "longest_edge")


def recipe(config: str | Path | Mapping[str, Any]) -> Recipe:
    """Read the recipe of a ``preprocessor_config.json``, a file, its folder, or its parsed content.

    Raises ``InputError`` when it is not one, ``UnsupportedStep`` for a processor whose meaning is not known.
    """
    if isinstance(config, Mapping):
        given, source, beside = dict(config), "huggingface:preprocessor_config", None
    else:
        path = Path(config) / "preprocessor_config.json" if Path(config).is_dir() else Path(config)
        given, source = read_settings(path, "preprocessor_config.json"), f"huggingface:{config}"
        beside = path.with_name("config.json")
    with within(source):
        given = _inner(given)
        if "architectures" in given or ("model_type" in given and "hidden_size" in given):
            raise UnsupportedStep(
                "it is a model's config.json; the preprocessing is in preprocessor_config.json beside it"
            )
        name = _name(given) or _of_model(beside)
        return Recipe(source=source, steps=_steps(given, name))


def _name(given: Mapping[str, Any]) -> str:
    """Return the class that a file names, or nothing; raise ``UnsupportedStep`` where that is no word."""
    name = given.get("image_processor_type") or given.get("feature_extractor_type") or ""
    if not isinstance(name, str):
        raise UnsupportedStep(f"processor {shown(name)} is not known; known are {', '.join(PROCESSORS)}")
    return name


def _inner(given: dict[str, Any]) -> dict[str, Any]:
    """Return the settings, which newer and foreign files keep one level deeper."""
    for key in _INNER:
        if not _name(given) and isinstance(given.get(key), Mapping):
            return dict(MAPPING(given[key], key))
    return given


def _of_model(beside: Path | None) -> str:
    """Return the class for a file that names none: by the type of the model beside it, as transformers chooses."""
    model = read_settings(beside, "config.json").get("model_type") if beside is not None and beside.is_file() else None
    if isinstance(model, str) and model in OF_MODELS:
        return f"{OF_MODELS[model]}ImageProcessor"
    if model is not None:
        raise UnsupportedStep(
            f"it names no image_processor_type, and which one the model {shown(model)} of the config.json beside it takes "
            f"is not known; write image_processor_type into it; {WAY_ON}"
        )
    raise UnsupportedStep(
        "it names no image_processor_type; transformers then takes it from model_type in the model's config.json: put that "
        f"file beside it, or write image_processor_type into it; {WAY_ON}"
    )


def _steps(given: Mapping[str, Any], name: str) -> tuple[Step, ...]:
    family = name.removesuffix("Fast").removesuffix("ImageProcessor").removesuffix("FeatureExtractor")
    if family not in PROCESSORS:
        raise UnsupportedStep(f"processor {shown(name)} is not known; known are {', '.join(PROCESSORS)}; {WAY_ON}")
    processor = PROCESSORS[family]
    chosen = frozenset(key for key, value in given.items() if value is not None)
    own = OF_FAST.get(family, {}) if name.endswith("Fast") else {}
    settings = {**BASE, **processor.settings, **own, **{key: given[key] for key in chosen}}
    settings["rescale_factor"] = settings.get(processor.scale_name, settings["rescale_factor"])
    called = {"rescale_factor": processor.scale_name}
    settings |= {key: rule(settings[key], called.get(key, key)) for key, rule in RULES.items()}
    grey = given.get("num_channels") == 1
    values = per_channel(number(), 1 if grey else 3), per_channel(number(zero=False), 1 if grey else 3)
    settings |= {key: rule(settings[key], key) for key, rule in zip(("image_mean", "image_std"), values, strict=True)}
    if settings["keep_aspect_ratio"] or settings["do_pad"]:
        what = "keep_aspect_ratio" if settings["keep_aspect_ratio"] else "do_pad"
        raise UnsupportedStep(f"{what} of {name} is not supported; {WAY_ON}")
    library = "torch" if name.endswith("Fast") else "pillow"
    return (
        *pillow_decode("the caller's Image.open", grey=grey),
        *_geometry(settings, chosen, processor, library),
        *_end(settings, chosen, processor),
    )


def _edges(settings: Mapping[str, Any], name: str) -> Any:
    """Return a size as one number or as named edges, each edge checked; two numbers are height and width."""
    size = settings[name]
    if isinstance(size, Mapping):
        return {key: PIXELS(size[key], f"{name}.{key}") for key in _SIZES if size.get(key) is not None}
    if isinstance(size, list | tuple):
        return dict(zip(("height", "width"), several(PIXELS, 2, 2)(size, name), strict=True))
    return replace(PIXELS, allowed="one whole number, height and width, or shortest_edge")(size, name)


def _geometry(
    settings: Mapping[str, Any], chosen: frozenset[str], processor: Processor, library: str
) -> tuple[Step, ...]:
    steps: list[Step] = []
    window_size = _edges(settings, "crop_size")  # checked whether it is used or not
    crop = _box(window_size) if settings["do_center_crop"] and processor.crops else None
    if settings["do_resize"]:
        target, crop = _target(settings, processor, crop)
        step = Resize(**target, **_resampling(settings["resample"], library))
        given = {"mode", "size", "height", "width"} if "size" in chosen else set()
        given |= {"kernel"} if "resample" in chosen else set()
        steps.append(replace(with_defaults(step, given), origin="size, resample"))
    if crop is not None:
        window = Crop(height=crop[0], width=crop[1], rounding="floor", out_of_bounds="pad", origin="crop_size")
        steps.append(with_defaults(window, {"height", "width", "anchor"} if "crop_size" in chosen else {"anchor"}))
    return tuple(steps)


def _target(
    settings: Mapping[str, Any], processor: Processor, crop: tuple[int, int] | None
) -> tuple[dict[str, Any], tuple[int, int] | None]:
    """Return what the resize aims at, and the crop that follows it."""
    size = _edges(settings, "size")
    if isinstance(size, int):
        if processor.one_number == "none":
            raise InputError(f"size is {size}, but this processor takes height and width; write both")
        size = {"shortest_edge": size} if processor.one_number == "shorter" else {"height": size, "width": size}
    edge = size.get("shortest_edge")
    if processor.rule == "convnext":
        return _convnext(size, edge, settings["crop_pct"], crop)
    if "height" in size and "width" in size:
        return {"mode": "stretch", "height": size["height"], "width": size["width"], "rounding": "none"}, crop
    if edge is None or not processor.edges:
        wanted = "height and width, or shortest_edge" if processor.edges else "height and width"
        raise UnsupportedStep(f"size {shown(settings['size'])} is not known to this processor; give {wanted}")
    edge = int(256 / 224 * edge) if processor.rule == "levit" else edge
    return {"mode": "shorter", "size": edge, "rounding": "floor", "max_size": size.get("longest_edge")}, crop


def _convnext(
    size: Mapping[str, int], edge: int | None, share: float, crop: tuple[int, int] | None
) -> tuple[dict[str, Any], tuple[int, int] | None]:
    """Return ConvNext's rule: a stretch from 384 on, below it a shorter edge that is larger by the share, and a crop."""
    if edge is None:
        raise InputError(
            f'size is {shown(dict(size))}, but ConvNext\'s processor takes shortest_edge only; write {{"shortest_edge": N}}'
        )
    if edge >= _STRETCHED_FROM:
        return {"mode": "stretch", "height": edge, "width": edge, "rounding": "none"}, crop
    return {"mode": "shorter", "size": int(edge / share), "rounding": "floor"}, (edge, edge)


def _box(size: Any) -> tuple[int, int]:
    if isinstance(size, int):
        return size, size
    if "height" not in size or "width" not in size:
        raise InputError(f"crop_size is {shown(size)}, but a crop needs height and width; write both")
    return size["height"], size["width"]


def _resampling(resample: int, library: str) -> dict[str, Any]:
    if resample not in KERNELS:
        raise UnsupportedStep(f"resample {resample} is not known; Pillow's filters are 0 to 5")
    kernel = KERNELS[resample]
    filters = kernel != "nearest"
    passes = "one"
    if kernel in ("linear", "cubic") and library == "torch":
        # torch's kernels for bytes, which transformers 4.57 comes to; 4.46 went through floats
        passes = "horizontal_first"
    elif filters and library == "pillow":
        passes = installed_pillow_passes()
    return {"kernel": kernel, "antialias": filters, "subpixel": False, "library": library, "passes": passes}


def _end(settings: Mapping[str, Any], chosen: frozenset[str], processor: Processor) -> tuple[Step, ...]:
    steps: list[Step] = []
    if processor.flips and settings["do_flip_channel_order"]:
        flip = Colour(source="RGB", target="BGR", origin="do_flip_channel_order")
        steps.append(with_defaults(flip, {"source", "target"} if "do_flip_channel_order" in chosen else set()))
    steps += [Layout(source="HWC", target="CHW"), Cast(dtype="float32")]
    if settings["do_rescale"]:
        shift = (1.0,) if processor.includes_top and settings["rescale_offset"] else (0.0,)
        scale = Normalize(scale=settings["rescale_factor"], mean=shift, origin=processor.scale_name)
        known = {"scale", "mean", "std"} if processor.scale_name in chosen else {"mean", "std"}
        steps.append(with_defaults(scale, known))
    if settings["do_normalize"] and processor.normalizes:
        mean, std = settings["image_mean"], settings["image_std"]
        given = {field for field in ("mean", "std") if f"image_{field}" in chosen}
        steps.append(with_defaults(Normalize(mean=mean, std=std, origin="image_mean, image_std"), given | {"scale"}))
    if processor.includes_top and settings["include_top"]:
        again = Normalize(std=settings["image_std"], origin="include_top, image_std")
        steps.append(with_defaults(again, {"scale", "mean", *(("std",) if "image_std" in chosen else ())}))
    return tuple(steps)
