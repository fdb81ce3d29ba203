"""Drawn pictures and small preprocessing sides for the tests of the diagnosis, in numpy only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pixelparity.diagnosis.model.resampling import Resampling, matrix, resample
from pixelparity.stages import Capture, Stage

SHAPES = ((150, 200), (200, 150), (170, 170), (140, 230), (210, 160), (160, 190))
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def picture(seed: int, shape: tuple[int, int]) -> np.ndarray:
    """Return a drawn picture with detail at all scales, HWC uint8 RGB."""
    rng = np.random.default_rng(seed)
    total = np.zeros((*shape, 3))
    for cells in (3, 7, 15, 40, 90):
        coarse = rng.normal(0, 1, (cells, cells, 3))
        how = Resampling(shape="cubic")
        total += resample(coarse, matrix(cells, shape[0], how), matrix(cells, shape[1], how)) * 60 / cells**0.45
    total += np.array([20.0, 0.0, -25.0])
    return np.clip(total + 120, 0, 255).astype(np.uint8)


def pictures(count: int = 6) -> list[np.ndarray]:
    """Return drawn pictures of several shapes."""
    return [picture(n, SHAPES[n % len(SHAPES)]) for n in range(count)]


def resized(image: np.ndarray, size: tuple[int, int], how: Resampling | None = None) -> np.ndarray:
    """Return a picture resampled to (height, width), uint8."""
    how = how or Resampling()
    out = resample(image, matrix(image.shape[0], size[0], how), matrix(image.shape[1], size[1], how))
    return np.clip(np.floor(out + 0.5), 0, 255).astype(np.uint8)


def shorter(image: np.ndarray, edge: int) -> tuple[int, int]:
    """Return the size with the shorter edge given, the other one rounded down."""
    height, width = image.shape[:2]
    return (edge, int(width * edge / height)) if height <= width else (int(height * edge / width), edge)


def cropped(image: np.ndarray, size: int) -> np.ndarray:
    """Return the centre of a picture."""
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    return image[top : top + size, left : left + size]


def fitted(
    image: np.ndarray, size: int, fill: int = 0, how: Resampling | None = None, corner: bool = False
) -> np.ndarray:
    """Return a picture fitted into a square and padded with one value."""
    ratio = size / max(image.shape[:2])
    goal = (int(image.shape[0] * ratio + 0.5), int(image.shape[1] * ratio + 0.5))
    out = np.full((size, size, 3), fill, np.uint8)
    top, left = (0, 0) if corner else ((size - goal[0]) // 2, (size - goal[1]) // 2)
    out[top : top + goal[0], left : left + goal[1]] = resized(image, goal, how)
    return out


def normalized(image: np.ndarray, mean: np.ndarray = MEAN, std: np.ndarray = STD) -> np.ndarray:
    """Return (x / 255 - mean) / std, float32."""
    return ((image.astype(np.float32) / 255 - mean) / std).astype(np.float32)


def capture(source: str, stages: Sequence[tuple[str, Sequence[np.ndarray]]], **more: Any) -> Capture:
    """Return a capture of HWC stages given as (step, tensors)."""
    names = tuple(f"picture{n}" for n in range(len(stages[0][1])))
    words = tuple(Stage(name=step, step=step, layout="HWC", dtype=str(t[0].dtype)) for step, t in stages)
    tensors = {word.name: dict(zip(names, t, strict=True)) for word, (_, t) in zip(words, stages, strict=True)}
    return Capture(source=source, stages=words, images=names, tensors=tensors, **more)


def final(source: str, tensors: Sequence[np.ndarray], **more: Any) -> Capture:
    """Return a capture of final tensors only."""
    return capture(source, [("normalize", tensors)], **more)


def waves(shift: float = 0.0) -> np.ndarray:
    """Return a smooth picture in levels, 64 x 64 x 3, of waves known at every point: moved down and right without resampling."""
    rows, columns = np.mgrid[0:64, 0:64] + shift
    parts = [
        np.sin(rows / slow + columns / fast + phase) for slow, fast, phase in ((2.1, 5, 0), (4, -2.5, 1), (7, 3, 2))
    ]
    return np.repeat((120 + 25 * sum(parts))[..., None], 3, axis=2).astype(np.float32)
