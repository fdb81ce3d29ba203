"""A recipe's simulation: its steps one by one, each as ``recipes/steps.py`` defines it.

Resampling is that of the library that the step names (OpenCV, Pillow, PyTorch): what is tested is what recipes say, not how
kernels are written. Everything else is numpy.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.transforms import InterpolationMode, v2

from pixelparity.errors import UnsupportedStep
from pixelparity.recipes import Cast, Colour, Crop, Decode, Layout, Normalize, Orient, Pad, Recipe, Resize, Step

Array = NDArray[Any]
CV2 = {"linear": cv2.INTER_LINEAR, "nearest": cv2.INTER_NEAREST, "cubic": cv2.INTER_CUBIC, "area": cv2.INTER_AREA,
       "lanczos": cv2.INTER_LANCZOS4}  # fmt: skip
PILLOW = {"nearest": 0, "lanczos": 1, "linear": 2, "cubic": 3, "box": 4, "hamming": 5}
TORCH = {"nearest": InterpolationMode.NEAREST, "linear": InterpolationMode.BILINEAR, "cubic": InterpolationMode.BICUBIC}


def simulate(recipe: Recipe, path: Path) -> Array:
    """Return what a recipe makes of a picture's file, without the axis of the batch.

    Raises ``UnsupportedStep`` for a step whose meaning is not known.
    """
    array, axes = _opened(recipe, path), "HWC"
    for step in recipe.steps:
        if isinstance(step, Decode | Orient):
            continue
        if isinstance(step, Layout):
            array, axes = array.transpose([axes.index(letter) for letter in step.target]), step.target
        elif isinstance(step, Resize | Crop | Pad):
            turned = _placed(step, array.transpose([axes.index(letter) for letter in "HWC"]))
            array = turned.transpose(["HWC".index(letter) for letter in axes])
        else:
            array = _valued(step, array, axes)
    return np.ascontiguousarray(array)


def _opened(recipe: Recipe, path: Path) -> Array:
    """Return the decoded picture: what the recipe's decoder gives, or RGB where the caller decodes."""
    decode = next((step for step in recipe.steps if isinstance(step, Decode)), None)
    if decode is not None and decode.library == "opencv":
        read = cv2.imread(str(path))
        return read if decode.channels == "BGR" else read[..., ::-1]
    with Image.open(path) as file:
        picture = np.asarray(file.convert("RGB"))
    return picture[..., ::-1] if decode is not None and decode.channels == "BGR" else picture


def _whole(rounding: str, value: float) -> int:
    if rounding in ("none", "half_even"):
        return round(value)
    if rounding == "round":
        return math.floor(abs(value) + 0.5) * (1 if value >= 0 else -1)
    return {"floor": math.floor, "ceil": math.ceil, "floor_plus_half": lambda v: math.floor(v + 0.5)}[rounding](value)


def _valued(step: Step, array: Array, axes: str) -> Array:
    if isinstance(step, Colour):
        return array if step.source == step.target else np.flip(array, axes.index("C"))
    if isinstance(step, Cast):
        return array.astype(step.dtype)
    if isinstance(step, Normalize) and not step.per_image:
        shape = [-1 if letter == "C" else 1 for letter in axes]
        mean, std = (np.asarray(value, np.float32).reshape(shape) for value in (step.mean, step.std))
        return (array.astype(np.float32) * np.float32(step.scale) - mean) / std
    raise UnsupportedStep(f"{step.kind} {step.parameters()} is not simulated")


def _placed(step: Resize | Crop | Pad, picture: Array) -> Array:
    if isinstance(step, Resize):
        return _resampled(step, picture, *target(step, *picture.shape[:2]))
    return _padded(step, picture) if isinstance(step, Pad) else _cut(step, picture)


def target(step: Resize, height: int, width: int) -> tuple[int, int]:
    """Return the height and width that a resize aims at."""
    if step.height is not None and step.width is not None:
        box = (step.height, step.width)
        if step.oriented and (height < width) != (box[0] < box[1]):
            box = (box[1], box[0])
        if step.mode == "stretch":
            return box
        scale = (min if step.mode == "not_larger" else max)(box[0] / height, box[1] / width)
        return _whole(step.rounding, height * scale), _whole(step.rounding, width * scale)
    size = step.size or 0
    edge = {"shorter": min(height, width), "longer": max(height, width), "width": width, "height": height}[step.mode]
    made = [size if own == edge else _whole(step.rounding, size * own / edge) for own in (height, width)]
    if step.max_size is not None and max(made) > step.max_size:
        made = [
            _whole(step.rounding, step.max_size * own / max(made)) if own != max(made) else step.max_size
            for own in made
        ]
    return made[0], made[1]


def _resampled(step: Resize, picture: Array, height: int, width: int) -> Array:
    """Return a picture in another size; a library leaves one that has the size already as it is."""
    if (height, width) == picture.shape[:2]:
        return picture
    picture = np.ascontiguousarray(picture)
    if step.library == "opencv" and step.subpixel:  # the scale as it is, not that of the rounded edges
        fit = min if step.mode == "not_larger" else max
        scale = fit((step.height or 0) / picture.shape[0], (step.width or 0) / picture.shape[1])
        return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=CV2[step.kernel])
    if step.library == "opencv":
        return cv2.resize(picture, (width, height), interpolation=CV2[step.kernel])
    if step.library == "pillow" and step.dtype == "uint8":
        return np.asarray(Image.fromarray(picture).resize((width, height), PILLOW[step.kernel]))
    tensor = torch.from_numpy(picture.transpose(2, 0, 1).copy())
    tensor = tensor if step.dtype == "uint8" else tensor.float()
    made = v2.functional.resize(tensor, [height, width], interpolation=TORCH[step.kernel], antialias=step.antialias)
    return made.numpy().transpose(1, 2, 0)


def _cut(step: Crop, picture: Array) -> Array:
    height, width = picture.shape[:2]
    share: float | None = None
    if step.fraction is not None:
        share = min(height, width) * step.fraction[0] / step.fraction[1]
        step = replace(step, fraction=None, height=math.floor(share), width=math.floor(share))
    size = (step.height or 0, step.width or 0)
    if step.out_of_bounds == "pad" and (height < size[0] or width < size[1]):
        grown = Pad(height=max(height, size[0]), width=max(width, size[1]), position=step.position, fill=step.fill)
        picture = _padded(grown, picture)
        height, width = picture.shape[:2]
    rooms = (height - (share or size[0]), width - (share or size[1]))
    top, left = (max(0, _whole(step.rounding, room * part)) for room, part in zip(rooms, step.anchor, strict=True))
    return picture[top : top + size[0], left : left + size[1]]


def _padded(step: Pad, picture: Array) -> Array:
    height, width = picture.shape[:2]
    sizes = [
        -(-max(own, size or 0) // step.divisor) * step.divisor
        for own, size in ((height, step.height), (width, step.width))
    ]
    top, left = ((sizes[0] - height) // 2, (sizes[1] - width) // 2) if step.position == "centre" else (0, 0)
    made = np.empty((*sizes, picture.shape[2]), picture.dtype)
    made[:] = np.asarray(step.fill)
    made[top : top + height, left : left + width] = picture
    return made
