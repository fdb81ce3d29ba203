"""A reference side made to measure: the steps of a plan in OpenCV or Pillow and numpy, for incidents that no base fits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from benchmarks.bases import Base, Stages
from benchmarks.geometry import window
from benchmarks.serving import Plan

OPENCV = {"linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC, "nearest": cv2.INTER_NEAREST, "area": cv2.INTER_AREA}
PILLOW = {
    "triangular": Image.Resampling.BILINEAR,
    "cubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def base(name: str, plan: Plan, library: str = "opencv", count: int = 8) -> Base:
    """Return a base whose reference runs the steps of ``plan`` in ``library`` (opencv or pillow)."""
    steps = {
        "decode": "decode", "resize": "resize", "pad": "pad", "crop": "crop", "scale": "normalize",
        "normalize": "normalize", "layout": "layout",
    }  # fmt: skip
    return Base(
        name=name,
        reference=_function(plan, library),
        clean=plan,
        steps=steps,
        layouts={"layout": "CHW"},
        channels=plan.order,
        count=count,
    )


def _function(plan: Plan, library: str) -> Callable[[Path], Stages]:
    def preprocess(path: Path) -> Stages:
        image = _read(path, library)
        if plan.order == "BGR":
            image = np.ascontiguousarray(image[..., ::-1])
        w = window(plan.geometry, image.shape[0], image.shape[1])
        top, left, height, width = w.region
        part = np.ascontiguousarray(image[top : top + height, left : left + width])
        resized = _resize(part, w.resized, plan, library)
        stages = {"decode": image, "resize": resized}
        if plan.fill_after is not None:
            stages |= _values(resized, plan)
            values = stages[next(reversed(stages))]
            stages["pad"] = _cut(values, w.corner, w.canvas, plan.fill_after)
        else:
            if plan.geometry.canvas is not None or plan.geometry.divisor > 1:
                stages[plan.window_step] = _cut(resized, w.corner, w.canvas, plan.fill)
            stages |= _values(stages[next(reversed(stages))], plan)
        last = stages[next(reversed(stages))]
        if plan.layout == "CHW":
            stages["layout"] = last.transpose(2, 0, 1)
        return stages

    return preprocess


def _read(path: Path, library: str) -> NDArray:
    if library == "pillow":
        with Image.open(path) as file:
            return np.asarray(ImageOps.exif_transpose(file).convert("RGB"))
    return np.ascontiguousarray(cv2.imread(str(path), cv2.IMREAD_COLOR)[..., ::-1])


def _resize(part: NDArray, size: tuple[int, int], plan: Plan, library: str) -> NDArray:
    if library == "pillow":
        return np.asarray(Image.fromarray(part).resize(size[::-1], PILLOW[plan.kernel]))
    given = part.astype(np.float32) if plan.resize_type == "float" else part
    return cv2.resize(given, size[::-1], interpolation=OPENCV[plan.kernel])


def _cut(image: NDArray, corner: tuple[int, int], size: tuple[int, int], fill: tuple[float, ...]) -> NDArray:
    canvas = np.empty((*size, image.shape[2]), image.dtype)
    canvas[:] = fill
    top, left = corner
    y0, x0 = max(0, top), max(0, left)
    inner = image[y0 : top + size[0], x0 : left + size[1]]
    canvas[y0 - top : y0 - top + inner.shape[0], x0 - left : x0 - left + inner.shape[1]] = inner
    return canvas


def _values(pixels: NDArray, plan: Plan) -> Stages:
    stages: Stages = {}
    values = pixels.astype(np.float32)
    for number, norm in enumerate(plan.norms):
        values = ((values * np.float32(norm.scale) - np.float32(norm.mean)) / np.float32(norm.std)).astype(np.float32)
        stages["normalize" if number == len(plan.norms) - 1 else "scale"] = values
    return stages or {"normalize": values}
