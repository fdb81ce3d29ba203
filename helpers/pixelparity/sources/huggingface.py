"""Recipes of Hugging Face image processors: a ``preprocessor_config.json`` as a file; transformers is not needed.

The meaning is that of the processors in ``transformers`` (``image_processing_*.py``): resize, centre crop, rescale, normalise.
The file need not name everything, so the defaults of each class stand here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import FLAG, PIXELS, Rule, number, per_channel, several, shown, whole, within
from pixelparity.recipes import (
    Cast,
    Crop,
    Layout,
    Normalize,
    Recipe,
    Resize,
    Step,
    pillow_decode,
    pillow_passes,
    read_settings,
    with_defaults,
)
from pixelparity.sources.protocol import Form, Source, register

CHANNELS = 3
HALF = (0.5, 0.5, 0.5)
IMAGENET = {"image_mean": (0.485, 0.456, 0.406), "image_std": (0.229, 0.224, 0.225)}
CLIP = {"image_mean": (0.48145466, 0.4578275, 0.40821073), "image_std": (0.26862954, 0.26130258, 0.27577711)}
SQUARE = {"height": 224, "width": 224}
BASE: Mapping[str, Any] = {
    "do_resize": True, "size": SQUARE, "resample": 2, "do_center_crop": False, "crop_size": SQUARE, "do_rescale": True,
    "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": HALF, "image_std": HALF, "crop_pct": 224 / 256,
}  # fmt: skip
_CLIP_LIKE = {"size": {"shortest_edge": 224}, "resample": 3, "do_center_crop": True, **CLIP}
#: What each processor fills in, where it differs from ``BASE``.
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "ViT": {},
    "Siglip": {"resample": 3},
    "CLIP": _CLIP_LIKE,
    "Bit": _CLIP_LIKE,
    "ChineseCLIP": _CLIP_LIKE,
    "DeiT": {"size": {"height": 256, "width": 256}, "resample": 3, "do_center_crop": True, **IMAGENET},
    "Beit": {"size": {"height": 256, "width": 256}, "resample": 3, "do_center_crop": True},
    "ConvNext": {"size": {"shortest_edge": 384}, **IMAGENET},
    "MobileNetV1": {"size": {"shortest_edge": 256}, "do_center_crop": True},
    "MobileNetV2": {"size": {"shortest_edge": 256}, "do_center_crop": True},
    "Pvt": IMAGENET,
}
#: Pillow's numbers of its filters.
KERNELS = {0: "nearest", 1: "lanczos", 2: "linear", 3: "cubic", 4: "box", 5: "hamming"}
#: What each setting that is read may hold; a size has several forms, which ``_edges`` knows.
RULES: Mapping[str, Rule] = {
    **dict.fromkeys(("do_resize", "do_center_crop", "do_rescale", "do_normalize"), FLAG),
    "resample": whole(0, 255), "rescale_factor": number(zero=False), "crop_pct": number(0.01, 1),
    "image_mean": per_channel(number(), CHANNELS), "image_std": per_channel(number(zero=False), CHANNELS),
}  # fmt: skip
_SIZES = ("height", "width", "shortest_edge", "longest_edge")


def recipe(config: str | Path | Mapping[str, Any]) -> Recipe:
    """Read the recipe of a ``preprocessor_config.json``, a file, its folder, or its parsed content.

    Raises ``InputError`` when it is not one, ``UnsupportedStep`` for a processor whose meaning is not known.
    """
    if isinstance(config, Mapping):
        given, source = dict(config), "huggingface:preprocessor_config"
    else:
        path = Path(config) / "preprocessor_config.json" if Path(config).is_dir() else Path(config)
        given, source = read_settings(path, "preprocessor_config.json"), f"huggingface:{config}"
    with within(source):
        return Recipe(source=source, steps=_steps(given))


def _steps(given: Mapping[str, Any]) -> tuple[Step, ...]:
    name = given.get("image_processor_type") or given.get("feature_extractor_type") or ""
    family = "" if not isinstance(name, str) else name.removesuffix("Fast")
    family = family.removesuffix("ImageProcessor").removesuffix("FeatureExtractor")
    if family not in DEFAULTS:
        raise UnsupportedStep(f"processor {shown(name)} is not known; known are {', '.join(DEFAULTS)}")
    chosen = frozenset(key for key, value in given.items() if value is not None)
    settings = {**BASE, **DEFAULTS[family], **{key: given[key] for key in chosen}}
    settings |= {key: rule(settings[key], key) for key, rule in RULES.items()}
    library = "torch" if name.endswith("Fast") else "pillow"
    return (
        *pillow_decode("the caller's Image.open"),
        *_geometry(settings, chosen, family, library),
        *_end(settings, chosen),
    )


def _edges(settings: Mapping[str, Any], name: str) -> Any:
    """Return a size as one number or as named edges, each edge checked; two numbers are height and width."""
    size = settings[name]
    if isinstance(size, Mapping):
        return {key: PIXELS(size[key], f"{name}.{key}") for key in _SIZES if size.get(key) is not None}
    if isinstance(size, list | tuple):
        return dict(zip(("height", "width"), several(PIXELS, 2, 2)(size, name), strict=True))
    return replace(PIXELS, allowed="one whole number, height and width, or shortest_edge")(size, name)


def _geometry(settings: Mapping[str, Any], chosen: frozenset[str], family: str, library: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    crop = _box(_edges(settings, "crop_size")) if settings["do_center_crop"] else None
    if settings["do_resize"]:
        target, crop = _target(settings, family, crop)
        step = Resize(**target, **_resampling(settings["resample"], library))
        given = {"mode", "size", "height", "width"} if "size" in chosen else set()
        given |= {"kernel"} if "resample" in chosen else set()
        steps.append(replace(with_defaults(step, given), origin="size, resample"))
    if crop is not None:
        window = Crop(height=crop[0], width=crop[1], rounding="floor", out_of_bounds="pad", origin="crop_size")
        steps.append(with_defaults(window, {"height", "width", "anchor"} if "crop_size" in chosen else {"anchor"}))
    return tuple(steps)


def _target(
    settings: Mapping[str, Any], family: str, crop: tuple[int, int] | None
) -> tuple[dict[str, Any], tuple[int, int] | None]:
    """Return what the resize aims at, and the crop that follows it."""
    size = _edges(settings, "size")
    if family == "ConvNext":
        edge = size if isinstance(size, int) else size.get("shortest_edge")
        if edge is None:
            raise InputError(
                f"size is {shown(size)}, but ConvNext's processor takes shortest_edge only; "
                'write {"shortest_edge": N}'
            )
        if edge >= 384:
            return {"mode": "stretch", "height": edge, "width": edge, "rounding": "none"}, crop
        return {"mode": "shorter", "size": int(edge / settings["crop_pct"]), "rounding": "floor"}, (edge, edge)
    if isinstance(size, int):
        # Old files give one number: the shorter edge where a crop follows, else both edges.
        size = {"shortest_edge": size} if crop is not None else {"height": size, "width": size}
    if "shortest_edge" in size:
        limit = size.get("longest_edge")
        return {"mode": "shorter", "size": size["shortest_edge"], "rounding": "floor", "max_size": limit}, crop
    if "height" in size and "width" in size:
        return {"mode": "stretch", "height": size["height"], "width": size["width"], "rounding": "none"}, crop
    raise UnsupportedStep(f"size {shown(settings['size'])} is not known; give height and width, or shortest_edge")


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
    if filters and library == "pillow":
        try:
            passes = pillow_passes(version("pillow"))
        except PackageNotFoundError:
            passes = "horizontal_first"
    return {"kernel": kernel, "antialias": filters, "subpixel": False, "library": library, "passes": passes}


def _end(settings: Mapping[str, Any], chosen: frozenset[str]) -> tuple[Step, ...]:
    steps: list[Step] = [Layout(source="HWC", target="CHW"), Cast(dtype="float32")]
    if settings["do_rescale"]:
        scale = Normalize(scale=settings["rescale_factor"], origin="rescale_factor")
        steps.append(with_defaults(scale, {"scale", "mean", "std"} if "rescale_factor" in chosen else {"mean", "std"}))
    if settings["do_normalize"]:
        mean, std = settings["image_mean"], settings["image_std"]
        given = {field for field in ("mean", "std") if f"image_{field}" in chosen}
        steps.append(with_defaults(Normalize(mean=mean, std=std, origin="image_mean, image_std"), given | {"scale"}))
    return tuple(steps)


register(
    Source(
        kind="huggingface",
        forms=(
            Form(
                text="huggingface:preprocessor_config.json",
                takes="the settings of a Hugging Face image processor, or their folder",
                example="huggingface:vit/preprocessor_config.json",
                executes=False,
                handling="JSON; transformers is not needed",
            ),
        ),
        recipe=recipe,
    )
)
