"""Separable resampling as OpenCV, Pillow and DALI do it, written as one weight matrix per axis.

Output pixel ``i`` of an axis looks at input coordinate ``(i + 0.5) * scale + origin - 0.5``. Kernels: linear is the
triangle of half width 1; cubic is Keys' with ``a`` = -0.5 (Pillow, DALI) or -0.75 (OpenCV, torch); Lanczos has 3 lobes
(Pillow, DALI) or 4 (OpenCV); area averages the input that an output pixel covers,
and enlarges as OpenCV does. With antialias the kernel is widened by the shrink factor. At the border the nearest pixel
is repeated (OpenCV, DALI) or the kernel is cut (Pillow).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers.errors import InputError

Array = NDArray[Any]
KERNELS = ("nearest", "linear", "cubic", "area", "lanczos")
#: Half width of each kernel, source pixels.
HALF_WIDTH = {"linear": 1.0, "cubic": 2.0, "cubic75": 2.0, "lanczos3": 3.0, "lanczos4": 4.0}


@dataclass(frozen=True, kw_only=True)
class Resampling:
    """How values between pixels are made.

    ``shape`` names the kernel with its coefficients: nearest, linear, cubic, cubic75, area, lanczos3, lanczos4.
    ``border`` is clamp or cut. ``centre`` is half (half-pixel centres), corner (``i * scale``, no half pixel) or
    ``ends`` (first and last pixels aligned).
    """

    shape: str = "linear"
    antialias: bool = False
    border: str = "clamp"
    centre: str = "half"

    @property
    def kernel(self) -> str:
        """Return the kernel's family name, one of :data:`KERNELS`."""
        return self.shape.rstrip("0123456789")


def weight(shape: str, x: Array) -> Array:
    """Return a kernel's value at distances ``x`` in source pixels."""
    x = np.abs(x)
    if shape == "linear":
        return np.maximum(0.0, 1.0 - x)
    if shape.startswith("cubic"):
        a = -0.75 if shape == "cubic75" else -0.5
        near = ((a + 2) * x - (a + 3)) * x * x + 1
        far = (((x - 5) * x + 8) * x - 4) * a
        return np.where(x < 1, near, np.where(x < 2, far, 0.0))
    if shape.startswith("lanczos"):
        lobes = int(shape[-1])
        return np.where(x < lobes, np.sinc(x) * np.sinc(x / lobes), 0.0)
    raise InputError(f"no kernel {shape!r}")


def coordinates(size_in: int, size_out: int, scale: float, origin: float, centre: str) -> Array:
    """Return the input coordinate of each output pixel's centre, shape (size_out,), in pixels (0 is the first centre)."""
    i = np.arange(size_out, dtype=np.float64)
    if centre == "corner":
        return i * scale + origin
    if centre == "ends":
        return i * ((size_in - 1) / max(size_out - 1, 1)) + origin
    return (i + 0.5) * scale + origin - 0.5


@lru_cache(maxsize=96)
def matrix(
    size_in: int, size_out: int, how: Resampling, scale: float | None = None, origin: float = 0.0
) -> NDArray[np.float32]:
    """Return the weights of one axis, shape (size_out, size_in), rows summing to 1, float32.

    ``scale`` is input pixels per output pixel (the ratio of the sizes if not given), ``origin`` the input coordinate of
    the first output pixel's outer edge.
    """
    step = size_in / size_out if scale is None else scale
    at = coordinates(size_in, size_out, step, origin, how.centre)
    if how.shape == "nearest":
        return _nearest(size_in, at, how.centre)
    if how.shape == "area" and step > 1:
        return _area(size_in, size_out, step, origin)
    if how.shape == "area":
        return _area_enlarged(size_in, size_out, step, origin)
    shape = how.shape
    if shape not in HALF_WIDTH:
        raise InputError(f"no kernel {shape!r}; use one of nearest, area, {', '.join(HALF_WIDTH)}")
    stretch = max(step, 1.0) if how.antialias else 1.0
    reach = HALF_WIDTH[shape] * stretch
    taps = np.floor(at - reach).astype(int)[:, None] + np.arange(int(np.ceil(2 * reach)) + 2)[None]
    weights = weight(shape, (taps - at[:, None]) / stretch)
    if how.border == "cut":
        weights = np.where((taps >= 0) & (taps < size_in), weights, 0.0)
    return _gather(size_in, taps, weights)


def _gather(size_in: int, taps: Array, weights: Array) -> NDArray[np.float32]:
    total = weights.sum(1, keepdims=True)
    weights = weights / np.where(np.abs(total) < 1e-9, 1.0, total)
    out = np.zeros((len(taps), size_in))
    rows = np.repeat(np.arange(len(taps)), taps.shape[1])
    np.add.at(out, (rows, np.clip(taps, 0, size_in - 1).reshape(-1)), weights.reshape(-1))
    return out.astype(np.float32)


def _nearest(size_in: int, at: Array, centre: str) -> NDArray[np.float32]:
    # OpenCV's INTER_NEAREST takes the floor of the corner coordinate; the others round the centre's half up.
    place = np.floor(at if centre == "corner" else at + 0.5 + 1e-9)
    return _gather(size_in, place.astype(int)[:, None], np.ones((len(at), 1)))


def _area(size_in: int, size_out: int, step: float, origin: float) -> NDArray[np.float32]:
    left = np.arange(size_out)[:, None] * step + origin
    pixel = np.arange(size_in)[None]
    weights = np.clip(np.minimum(left + step, pixel + 1) - np.maximum(left, pixel), 0, None)
    total = weights.sum(1, keepdims=True)
    return (weights / np.where(total < 1e-9, 1.0, total)).astype(np.float32)


def _area_enlarged(size_in: int, size_out: int, step: float, origin: float) -> NDArray[np.float32]:
    """Return OpenCV's ``INTER_AREA`` for enlarging: source pixels meet in the one output pixel that both of them cover."""
    at = np.arange(size_out)
    grow = size_out / size_in if step == size_in / size_out else 1 / step
    # In OpenCV's order and types: at whole ratios the last bit decides which pixel is taken.
    first = np.floor(at * (1 / grow) + origin)
    share = ((at + 1) - (first + 1 - origin) * grow).astype(np.float32)
    share = np.where(share <= 0, 0.0, share - np.floor(share))
    taps = np.stack([first, first + 1], axis=1).astype(int)
    return _gather(size_in, taps, np.stack([1 - share, share], axis=1))


def resample(image: Array, rows: NDArray[np.float32], columns: NDArray[np.float32]) -> NDArray[np.float32]:
    """Apply row and column weights to an HWC picture; returns HWC float32, neither rounded nor clipped."""
    # Horizontal first, as Pillow does; the order matters only where 8-bit rounding happens in between.
    planes = np.ascontiguousarray(image.transpose(2, 0, 1), dtype=np.float32)
    out = np.matmul(rows[None], np.matmul(planes, columns.T[None]))
    return out.transpose(1, 2, 0)
