"""What is fed to the deployed pipeline for each picture: bytes or pixels, sizes, regions, windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.decoders import DECODERS, pillow
from benchmarks.geometry import Window, window
from benchmarks.plan import Plan

Roi = tuple[tuple[float, ...], tuple[float, ...]]
OPENCV_KERNELS = {"opencv_area": cv2.INTER_AREA, "opencv_cubic": cv2.INTER_CUBIC, "opencv_lanczos": cv2.INTER_LANCZOS4,
                  "opencv_gaussian": cv2.INTER_LINEAR}  # fmt: skip


def _batched(plan: Plan, windows: list[Window]) -> list[Window]:
    if plan.batch is None:
        return windows
    padded = []
    for start in range(0, len(windows), plan.batch):
        group = windows[start : start + plan.batch]
        largest = (max(w.canvas[0] for w in group), max(w.canvas[1] for w in group))
        padded += [replace(w, canvas=largest) for w in group]
    return padded


def _decode_by_hand(plan: Plan, images: Mapping[str, Path]) -> dict[str, NDArray[np.uint8]]:
    if plan.decoder == "dali" and plan.kernel not in OPENCV_KERNELS:
        return {}
    decode = DECODERS.get(plan.decoder, pillow)
    decoded = {name: decode(path, plan.exif) for name, path in images.items()}
    return {name: np.ascontiguousarray(a[..., ::-1]) if plan.order == "BGR" else a for name, a in decoded.items()}


def _size(plan: Plan, path: Path, decoded: NDArray[np.uint8] | None) -> tuple[int, int]:
    if decoded is not None:
        return decoded.shape[0], decoded.shape[1]
    flag = cv2.IMREAD_COLOR if plan.exif else cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    height, width = cv2.imread(str(path), flag).shape[:2]
    return height, width


def feeds(plan: Plan, images: Mapping[str, Path]) -> dict[str, list[NDArray]]:
    """Return what the pipeline's external sources get, by name: one array per picture."""
    by_hand = _decode_by_hand(plan, images)
    sizes = [_size(plan, path, by_hand.get(name)) for name, path in images.items()]
    windows = _batched(plan, [window(plan.geometry, *size) for size in sizes])
    rois = [_roi(plan, w) for w in windows]
    fed: dict[str, list[NDArray]] = {}
    if by_hand:
        fed["pixels"] = list(by_hand.values())
    else:
        fed["encoded"] = [np.frombuffer(path.read_bytes(), np.uint8) for path in images.values()]
    if plan.kernel in OPENCV_KERNELS:
        fed["resized"] = [_opencv_resize(plan, a, w) for a, w in zip(by_hand.values(), windows, strict=True)]
        return fed | _window_feeds(plan, windows)
    fed["size"] = [np.array(w.resized, np.float32) for w in windows]
    if not plan.two_pass:
        return fed | _span("", rois) | _window_feeds(plan, windows)
    fed["wide_size"] = [np.array((w.region[2], w.resized[1]), np.float32) for w in windows]
    wide, tall = [], []
    for (start, end), w in zip(rois, windows, strict=True):
        top, height = w.region[0], w.region[2]
        wide.append(((top, start[1]), (top + height, end[1])))
        tall.append(((start[0] - top, 0), (end[0] - top, w.resized[1])))
    return fed | _span("wide_", wide) | _span("tall_", tall) | _window_feeds(plan, windows)


def _span(prefix: str, rois: Sequence[Roi]) -> dict[str, list[NDArray]]:
    return {
        f"{prefix}start": [np.array(start, np.float32) for start, _ in rois],
        f"{prefix}end": [np.array(end, np.float32) for _, end in rois],
    }


def _window_feeds(plan: Plan, windows: list[Window]) -> dict[str, list[NDArray]]:
    return {
        "corner": [np.array(w.corner, np.int32) for w in windows],
        "canvas": [np.array(w.canvas, np.int32) for w in windows],
    } | ({"shape": [np.array(_shape(plan, w), np.int32) for w in windows]} if plan.layout_by == "reshape" else {})


def _shape(plan: Plan, w: Window) -> tuple[int, ...]:
    return (3, *w.canvas) if plan.layout == "CHW" else (*w.canvas, 3)


def _roi(plan: Plan, w: Window) -> Roi:
    starts, ends = [], []
    for axis in (0, 1):
        origin, extent, out = w.region[axis], w.region[axis + 2], w.resized[axis]
        start, length = 0.0, float(extent)
        if plan.convention == "subpixel":  # the exact scale is kept, and the fraction shared out at both ends
            length = out * extent / w.exact[axis]
            start = (extent - length) / 2
        elif plan.convention == "align_corners" and out > 1:
            step = (extent - 1) / (out - 1)
            start, length = 0.5 - 0.5 * step, step * out
        elif plan.convention == "asymmetric":
            start = 0.5 - 0.5 * extent / out
        starts.append(origin + start)
        ends.append(origin + start + length)
    return tuple(starts), tuple(ends)


def _opencv_resize(plan: Plan, pixels: NDArray[np.uint8], w: Window) -> NDArray[np.uint8]:
    top, left, height, width = w.region
    part = np.ascontiguousarray(pixels[top : top + height, left : left + width])
    if plan.kernel == "opencv_gaussian":
        part = _smoothed(part, w.resized)
    return cv2.resize(part, w.resized[::-1], interpolation=OPENCV_KERNELS[plan.kernel])


def _smoothed(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return pixels after the Gaussian that scikit-image's resize puts before shrinking to (height, width)."""
    sigmas = [max((edge / new - 1) / 2, 1e-6) for edge, new in zip(pixels.shape, size, strict=False)]
    height, width = (2 * int(4 * sigma + 0.5) + 1 for sigma in sigmas)
    return cv2.GaussianBlur(
        pixels, (width, height), sigmaX=sigmas[1], sigmaY=sigmas[0], borderType=cv2.BORDER_REFLECT_101
    )
