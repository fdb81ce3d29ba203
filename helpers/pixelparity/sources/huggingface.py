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

from pixelparity.errors import UnsupportedStep
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


def recipe(config: str | Path | Mapping[str, Any]) -> Recipe:
    """Read the recipe of a ``preprocessor_config.json``, a file, its folder, or its parsed content.

    Raises ``InputError`` when it is not one, ``UnsupportedStep`` for a processor whose meaning is not known.
    """
    if isinstance(config, Mapping):
        given, source = dict(config), "huggingface:preprocessor_config"
    else:
        path = Path(config) / "preprocessor_config.json" if Path(config).is_dir() else Path(config)
        given, source = read_settings(path, "preprocessor_config.json"), f"huggingface:{config}"
    name = str(given.get("image_processor_type") or given.get("feature_extractor_type") or "")
    fast = name.endswith("Fast")
    family = name.removesuffix("Fast").removesuffix("ImageProcessor").removesuffix("FeatureExtractor")
    if family not in DEFAULTS:
        raise UnsupportedStep(f"{source}: processor {name!r} is not known; known are {', '.join(DEFAULTS)}")
    settings = {**BASE, **DEFAULTS[family], **{key: value for key, value in given.items() if value is not None}}
    chosen = frozenset(key for key, value in given.items() if value is not None)
    library = "torch" if fast else "pillow"
    return Recipe(
        source=source,
        steps=(
            *pillow_decode("the caller's Image.open"),
            *_geometry(settings, chosen, family, library),
            *_end(settings, chosen),
        ),
    )


def _geometry(settings: Mapping[str, Any], chosen: frozenset[str], family: str, library: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    crop = _box(settings["crop_size"]) if settings["do_center_crop"] else None
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
    size = settings["size"]
    if family == "ConvNext":
        edge = size if isinstance(size, int) else size["shortest_edge"]
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
    raise UnsupportedStep(f"size {size!r} is not known; give height and width, or shortest_edge")


def _box(size: Any) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else (size["height"], size["width"])


def _resampling(number: Any, library: str) -> dict[str, Any]:
    if number not in KERNELS:
        raise UnsupportedStep(f"resample {number!r} is not known; Pillow's filters are 0 to 5")
    kernel = KERNELS[number]
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
        scale = Normalize(scale=float(settings["rescale_factor"]), origin="rescale_factor")
        steps.append(with_defaults(scale, {"scale", "mean", "std"} if "rescale_factor" in chosen else {"mean", "std"}))
    if settings["do_normalize"]:
        mean, std = (tuple(map(float, settings[name])) for name in ("image_mean", "image_std"))
        given = {field for field in ("mean", "std") if f"image_{field}" in chosen}
        steps.append(with_defaults(Normalize(mean=mean, std=std, origin="image_mean, image_std"), given | {"scale"}))
    return tuple(steps)
