"""A reference side made to measure: the steps of a plan in OpenCV or Pillow and numpy, for incidents that no base fits."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from benchmarks.bases import Base, Stages
from benchmarks.geometry import window
from benchmarks.plan import Plan

OPENCV = {"linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC, "nearest": cv2.INTER_NEAREST, "area": cv2.INTER_AREA}
PILLOW = {
    "triangular": Image.Resampling.BILINEAR,
    "cubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
STEPS = {
    "decode": "decode", "fit": "resize", "resize": "resize", "pad": "pad", "crop": "crop", "scale": "normalize",
    "normalize": "normalize", "layout": "layout",
}  # fmt: skip


def base(name: str, plan: Plan, library: str = "opencv", count: int = 8) -> Base:
    """Return a base whose reference runs the steps of ``plan`` in ``library`` (opencv or pillow)."""
    return Base(
        name=name,
        # not a closure: cases travel to other processes
        reference=partial(_preprocess, plan=plan, library=library),
        clean=plan,
        steps=STEPS,
        layouts={"layout": "CHW"},
        channels=plan.order,
        count=count,
    )


def _preprocess(path: Path, *, plan: Plan, library: str) -> Stages:
    image = _read(path, library)
    if plan.order == "BGR":
        image = np.ascontiguousarray(image[..., ::-1])
    w = window(plan.geometry, image.shape[0], image.shape[1])
    top, left, height, width = w.region
    part = np.ascontiguousarray(image[top : top + height, left : left + width])
    last = _resize(part, w.resized, plan, library)
    stages = {"decode": image, "resize": last}
    if plan.fill_after is not None:
        stages |= _values(last, plan)
        last = stages["pad"] = _cut(stages["normalize"], w.corner, w.canvas, plan.fill_after)
    else:
        if plan.geometry.canvas is not None or plan.geometry.divisor > 1:
            last = stages[plan.window_step] = _cut(last, w.corner, w.canvas, plan.fill)
        stages |= _values(last, plan)
        last = stages["normalize"]
    return stages | ({"layout": last.transpose(2, 0, 1)} if plan.layout == "CHW" else {})


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
        values = (
            (values * np.float32(norm.scale) - np.array(norm.mean, np.float32)) / np.array(norm.std, np.float32)
        ).astype(np.float32)
        stages["normalize" if number == len(plan.norms) - 1 else "scale"] = values
    return stages or {"normalize": values}


def letterbox_then_stretch(path: Path) -> Stages:
    """Fit in 200x400 on black, then stretch to 300x300, divide by 255 (OpenCV)."""
    image = _read(path, "opencv")
    scale = min(200 / image.shape[0], 400 / image.shape[1])
    h, w = int(image.shape[0] * scale + 0.5), int(image.shape[1] * scale + 0.5)
    fitted = cv2.resize(image, (w, h), interpolation=cv2.INTER_LINEAR)
    padded = _cut(fitted, (-((200 - h) // 2), -((400 - w) // 2)), (200, 400), (0.0,))
    stretched = cv2.resize(padded, (300, 300), interpolation=cv2.INTER_LINEAR)
    unit = stretched.astype(np.float32) / np.float32(255)
    return {
        "decode": image, "fit": fitted, "pad": padded, "resize": stretched, "normalize": unit,
        "layout": unit.transpose(2, 0, 1),
    }  # fmt: skip
