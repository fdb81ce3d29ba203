"""Captures of torchvision: a transform is run part by part, and what each put out is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from pixelparity import pictures
from pixelparity.errors import ImageError, InputError, SideError
from pixelparity.sources.torchvision.transforms import Part, load, parts_of, source_name
from pixelparity.stages import Capture, Stage, Tensor, check_finite

STEP_OF = {
    "Resize": "resize",
    "CenterCrop": "crop",
    "ToTensor": "layout",
    "PILToTensor": "layout",
    "ToImage": "layout",
    "ConvertImageDtype": "cast",
    "ToDtype": "cast",
    "Normalize": "normalize",
    "Grayscale": "colour",
}


def capture(transform: Any, images: Mapping[str, Path]) -> Capture:
    """Run a transform (see :func:`load`) on each picture, part by part, and keep what each put out; CHW once it is a tensor.

    Raises ``ImageError`` for a picture that cannot be decoded, ``SideError`` when a transform fails.
    """
    source = source_name(transform)
    parts = parts_of(load(transform))
    runs = {name: _run(parts, path, source) for name, path in images.items()}
    if not runs:
        raise InputError(f"{source}: there is no picture to capture; give at least one")
    stages = _numbered([stage for stage, _ in next(iter(runs.values()))])
    tensors = {stage.name: {name: run[number][1] for name, run in runs.items()} for number, stage in enumerate(stages)}
    versions = {name: version(name) for name in ("torchvision", "torch", "pillow")}
    captured = Capture(source=source, stages=stages, images=tuple(runs), tensors=tensors, facts={"versions": versions})
    check_finite(captured)
    return captured


def _run(parts: tuple[Part, ...], path: Path, source: str) -> list[tuple[Stage, Tensor]]:
    picture = _open(path)
    first = Stage(name="decode", step="decode", value_range=(0.0, 255.0), origin="Pillow, converted to RGB")
    tapped = [(first, np.array(picture))]
    for part in parts:
        try:
            picture = part.transform(picture)
        except Exception as error:
            raise SideError(f"{source}: {part.origin} failed on {path.name} ({error})") from error
        array = np.array(picture)
        tapped.append((_declare(part, array, tapped[-1][0]), array))
    return tapped


def _open(path: Path) -> Any:
    from PIL import Image

    pictures.check(path)
    try:
        with Image.open(path) as picture:
            return picture.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ImageError(f"{path} cannot be decoded ({error}); it may be missing, truncated or no picture") from error


def _declare(part: Part, array: Tensor, before: Stage) -> Stage:
    name = type(part.transform).__name__
    step = STEP_OF.get(name, "other")
    stage = replace(before, name=step, step=step, dtype=str(array.dtype), origin=part.origin)
    if name in ("ToTensor", "PILToTensor", "ToImage"):
        stage = replace(stage, layout="CHW")
    if name == "Grayscale":
        stage = replace(stage, channels="GRAY")
    if name in ("ToTensor", "ConvertImageDtype", "ToDtype") and getattr(part.transform, "scale", True):
        return replace(stage, value_range=(0.0, 1.0))
    if name == "Normalize" and stage.value_range is not None:
        mean, std = np.asarray(part.transform.mean), np.asarray(part.transform.std)
        ends = (np.asarray(stage.value_range)[:, None] - mean) / std
        return replace(stage, value_range=(float(ends.min()), float(ends.max())))
    return replace(stage, value_range=None) if step == "other" else stage


def _numbered(stages: list[Stage]) -> tuple[Stage, ...]:
    counts: dict[str, int] = {}
    named = []
    for stage in stages:
        counts[stage.name] = counts.get(stage.name, 0) + 1
        number = counts[stage.name]
        named.append(stage if number == 1 else replace(stage, name=f"{stage.name}_{number}"))
    return tuple(named)
