"""What a recipe of one picture computes, in plain numpy: for tests that compare it with the library that it was read from.

Each step is written from its definition in ``recipes/steps.py``; resampling is PyTorch's or OpenCV's, as the step says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from pixelparity.recipes import Cast, Colour, Crop, Decode, Layout, Normalize, Orient, Pad, Recipe, Resize, Step

Array = NDArray[Any]
ROUNDINGS = {
    "floor": np.floor, "round": np.rint, "half_even": np.rint, "floor_plus_half": lambda x: np.floor(x + 0.5), "none": np.rint,
}  # fmt: skip


def simulate(recipe: Recipe | Sequence[Step], picture: Array) -> Array:
    """Return what the steps make of a decoded picture (HWC, uint8), without the axis of the batch."""
    array, axes = picture, "HWC"
    for step in recipe.steps if isinstance(recipe, Recipe) else recipe:
        if isinstance(step, Layout):
            assert step.source == axes
            array, axes = array.transpose([axes.index(letter) for letter in step.target]), step.target
        elif isinstance(step, Resize | Crop | Pad):
            moved = array.transpose([axes.index(letter) for letter in "HWC"])
            moved = _geometry(step, moved)
            array = moved.transpose(["HWC".index(letter) for letter in axes])
        elif isinstance(step, Colour):
            assert {step.source, step.target} == {"RGB", "BGR"}
            array = np.flip(array, axes.index("C"))
        elif isinstance(step, Cast):
            rounded = ROUNDINGS[step.rounding](array) if step.rounding != "none" else array
            array = rounded.astype(step.dtype)
        elif isinstance(step, Normalize):
            shape = [-1 if letter == "C" else 1 for letter in axes]
            mean, std = (np.asarray(value, np.float32).reshape(shape) for value in (step.mean, step.std))
            array = (array.astype(np.float32) * np.float32(step.scale) - mean) / std
        else:
            assert isinstance(step, Decode | Orient)
    return np.ascontiguousarray(array)


def _geometry(step: Resize | Crop | Pad, picture: Array) -> Array:
    height, width = picture.shape[:2]
    if isinstance(step, Resize):
        return _resampled(step, picture, *target(step, height, width))
    if isinstance(step, Pad):
        return _padded(step, picture)
    if step.fraction is not None:
        edge = min(height, width) * step.fraction[0] // step.fraction[1]
        step = replace(step, fraction=None, height=edge, width=edge)
    assert None not in (step.height, step.width)
    top, left = (
        int(ROUNDINGS[step.rounding](room * share))
        for room, share in zip((height - step.height, width - step.width), step.anchor, strict=True)
    )
    assert min(top, left) >= 0
    return picture[top : top + step.height, left : left + step.width]


def target(step: Resize, height: int, width: int) -> tuple[int, int]:
    """Return the height and width that a resize aims at."""
    if step.mode == "stretch":
        return step.height, step.width  # type: ignore[return-value]
    whole = ROUNDINGS[step.rounding]
    if step.mode == "shorter":
        scale = step.size / min(height, width)  # type: ignore[operator]
        sizes = [int(whole(height * scale)), int(whole(width * scale))]
        sizes[0 if height <= width else 1] = step.size  # type: ignore[call-overload]
        return sizes[0], sizes[1]
    choose = {"not_larger": min, "not_smaller": max}[step.mode]
    scale = choose(step.height / height, step.width / width)  # type: ignore[operator]
    return int(whole(height * scale)), int(whole(width * scale))


def _resampled(step: Resize, picture: Array, height: int, width: int) -> Array:
    if step.library == "opencv":
        flags = {"linear": cv2.INTER_LINEAR, "nearest": cv2.INTER_NEAREST, "cubic": cv2.INTER_CUBIC}
        made = cv2.resize(np.ascontiguousarray(picture), (width, height), interpolation=flags[step.kernel])
        return made.reshape(height, width, -1)
    assert step.library == "torch" or (step.library == "pillow" and step.antialias and step.dtype == "float32")
    mode = {"linear": "bilinear", "cubic": "bicubic"}[step.kernel]
    tensor = torch.from_numpy(np.ascontiguousarray(picture, np.float32).transpose(2, 0, 1)[None])
    if step.subpixel:  # the scale as it is, from the corner
        scale = min(step.height / picture.shape[0], step.width / picture.shape[1])  # type: ignore[operator]
        made = torch.nn.functional.interpolate(tensor, scale_factor=scale, mode=mode, recompute_scale_factor=False)
        assert made.shape[2:] == (height, width)
        return made[0].numpy().transpose(1, 2, 0)
    made = torch.nn.functional.interpolate(tensor, (height, width), mode=mode, antialias=step.antialias)
    return made[0].numpy().transpose(1, 2, 0)


def _padded(step: Pad, picture: Array) -> Array:
    height, width = picture.shape[:2]
    new = [-(-max(own, size or 0) // step.divisor) * step.divisor
           for own, size in ((height, step.height), (width, step.width))]  # fmt: skip
    top, left = ((new[0] - height) // 2, (new[1] - width) // 2) if step.position == "centre" else (0, 0)
    made = np.empty((*new, picture.shape[2]), picture.dtype)
    made[:] = np.asarray(step.fill)
    made[top : top + height, left : left + width] = picture
    return made
