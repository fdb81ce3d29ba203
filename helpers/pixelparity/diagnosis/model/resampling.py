"""Separable resampling as OpenCV, Pillow and DALI do it, written as one weight matrix per axis.

Rebuilt are ``cv2.resize`` (OpenCV's resize.cpp), ``PIL.Image.resize`` (Pillow's Resample.c) and ``fn.resize`` (DALI);
tests/diagnosis/model/test_resampling.py holds them against the libraries. The cubic kernel is Keys' ("Cubic convolution
interpolation for digital image processing", IEEE ASSP 29, 1981), Lanczos' that of Duchon (J. Appl. Meteor. 18, 1979).

Output pixel ``i`` of an axis looks at input coordinate ``(i + 0.5) * scale + origin - 0.5``. Kernels: linear is the
triangle of half width 1; cubic is Keys' with ``a`` = -0.5 (Pillow, DALI) or -0.75 (OpenCV, torch); Lanczos has 3 lobes
(Pillow, DALI) or 4 (OpenCV); area averages the input that an output pixel covers,
and enlarges as OpenCV does. With antialias the kernel is widened by the shrink factor. At the border the nearest pixel
is repeated (OpenCV, DALI) or the kernel is cut (Pillow).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pixelparity.diagnosis.arrays import HWC, Array, AxisWeights, Indices, Levels
from pixelparity.errors import InputError

#: Families of kernels, as a recipe's Resize names them.
KERNEL_FAMILIES = ("nearest", "linear", "cubic", "area", "lanczos")
#: Half width of each kernel, source pixels.
HALF_WIDTH = {"linear": 1.0, "cubic": 2.0, "cubic75": 2.0, "lanczos3": 3.0, "lanczos4": 4.0}


@dataclass(frozen=True, kw_only=True)
class Resampling:
    """How values between pixels are made.

    ``shape`` names the kernel with its coefficients: nearest, linear, cubic, cubic75, area, lanczos3, lanczos4.

    ``gaussian`` says that a picture which is shrunk is smoothed before, as scikit-image does: sigma is half of (the shrink
    factor - 1). ``border`` is clamp or cut. ``centre`` is half (half-pixel centres), corner (``i * scale``, no half pixel) or
    ``ends`` (first and last pixels aligned).
    """

    shape: str = "linear"
    antialias: bool = False
    border: str = "clamp"
    centre: str = "half"
    gaussian: bool = False

    @property
    def kernel(self) -> str:
        """Return the kernel's family name, one of :data:`KERNEL_FAMILIES`."""
        return self.shape.rstrip("0123456789")


def weight(shape: str, x: Array) -> Array:
    """Return a kernel's value at distances ``x`` in source pixels; ``InputError`` for a shape without a formula.

    >>> weight("linear", np.array([0.0, 0.25, 1.0])).tolist()
    [1.0, 0.75, 0.0]
    """
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
    raise InputError(f"no kernel {shape!r}; use one of {', '.join(HALF_WIDTH)}")


def coordinates(size_in: int, size_out: int, scale: float, origin: float, centre: str) -> Array:
    """Return the input coordinate of each output pixel's centre, shape (size_out,), in pixels (0 is the first centre)."""
    i = np.arange(size_out, dtype=np.float64)
    if centre == "corner":
        return i * scale + origin
    if centre == "ends":
        return i * ((size_in - 1) / max(size_out - 1, 1)) + origin
    return (i + 0.5) * scale + origin - 0.5


@dataclass(frozen=True, kw_only=True)
class Axis:
    """How one axis is resampled: the sizes, the kernel, and input pixels per output pixel, with the first one's outer edge.

    ``scale`` is the ratio of the sizes if not given; ``origin`` is an input coordinate.
    """

    size_in: int
    size_out: int
    how: Resampling
    scale: float | None = None
    origin: float = 0.0

    @property
    def step(self) -> float:
        """Return input pixels per output pixel."""
        return self.size_in / self.size_out if self.scale is None else self.scale


@lru_cache(maxsize=32)
def matrix(
    size_in: int, size_out: int, how: Resampling, scale: float | None = None, origin: float = 0.0
) -> AxisWeights:
    """Return the weights of one axis, shape (size_out, size_in), rows summing to 1, float32.

    ``scale`` is input pixels per output pixel (the ratio of the sizes if not given), ``origin`` the input coordinate of
    the first output pixel's outer edge. Raises ``InputError`` for a kernel that is not known. The array is shared: do not write.

    >>> matrix(4, 2, Resampling(shape="area")).tolist()
    [[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]]
    """
    axis = Axis(size_in=size_in, size_out=size_out, how=how, scale=scale, origin=origin)
    taps, weights = _taps(axis, np.arange(size_out))
    return _dense(size_in, taps, weights)


def sparse_rows(axis: Axis, index: Indices) -> tuple[AxisWeights, Indices]:
    """Return the weights of some output pixels only, shape (len(index), n), and the n input pixels that may carry any."""
    kept = _sparse if len(index) <= _SPARSE else _full
    return kept(axis, np.ascontiguousarray(index, np.int64).tobytes())


#: Output pixels up to which weights are small, and many of them may be kept.
_SPARSE = 64


@lru_cache(maxsize=512)
def _sparse(axis: Axis, index: bytes) -> tuple[AxisWeights, Indices]:
    return _full.__wrapped__(axis, index)


@lru_cache(maxsize=24)
def _full(axis: Axis, index: bytes) -> tuple[AxisWeights, Indices]:
    taps, weights = _taps(axis, np.frombuffer(index, np.int64))
    seen = np.zeros(axis.size_in, bool)
    seen[taps] = True
    near = np.flatnonzero(seen)
    place = np.cumsum(seen) - 1
    return _dense(len(near), place[taps], weights), near


def _taps(axis: Axis, index: Indices) -> tuple[Indices, Array]:
    """Return input pixels and their weights per output pixel, both (len(index), taps); pixels may repeat and add up."""
    how, step, size_in = axis.how, axis.step, axis.size_in
    at = coordinates(size_in, axis.size_out, step, axis.origin, how.centre)[index]
    if how.shape == "nearest":
        # OpenCV's INTER_NEAREST takes the floor of the corner coordinate; the others round the centre's half up.
        place = np.floor(at if how.centre == "corner" else at + 0.5 + 1e-9)
        return _within(size_in, place.astype(int)[:, None], np.ones((len(at), 1)))
    if how.shape == "area":
        return _area(axis, index) if step > 1 else _area_enlarged(axis, index)
    if how.shape not in HALF_WIDTH:
        raise InputError(f"no kernel {how.shape!r}; use one of nearest, area, {', '.join(HALF_WIDTH)}")
    stretch = max(step, 1.0) if how.antialias else 1.0
    reach = HALF_WIDTH[how.shape] * stretch
    taps = np.floor(at - reach).astype(int)[:, None] + np.arange(int(np.ceil(2 * reach)) + 2)[None]
    weights = weight(how.shape, (taps - at[:, None]) / stretch)
    if how.border == "cut":
        weights = np.where((taps >= 0) & (taps < size_in), weights, 0.0)
    if how.gaussian and step > 1:
        taps, weights = _smoothed(taps, weights, (step - 1) / 2)
        taps = _mirrored(size_in, taps)
    return _within(size_in, taps, weights)


#: A Gaussian is cut off at this many sigmas (SciPy's ``gaussian_filter``, which scikit-image's resize calls).
_SIGMAS = 4.0


def _smoothed(taps: Indices, weights: Array, sigma: float) -> tuple[Indices, Array]:
    """Return the taps and weights of a kernel on a picture that a Gaussian has smoothed before; ``sigma`` in input pixels."""
    reach = int(_SIGMAS * sigma + 0.5)
    around = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    around /= around.sum()
    width = weights.shape[1]
    out = np.zeros((len(weights), width + 2 * reach))
    for k in range(width):
        out[:, k : k + 2 * reach + 1] += weights[:, k : k + 1] * around
    return taps[:, :1] - reach + np.arange(width + 2 * reach)[None], out


def _mirrored(size_in: int, taps: Indices) -> Indices:
    """Return taps with those beyond the border mirrored at the outermost pixel, which does not repeat."""
    inside: Indices = np.abs(taps)
    return np.where(inside > size_in - 1, 2 * (size_in - 1) - inside, inside)


#: A sum of weights below which an output pixel sees nothing.
_NO_WEIGHT = 1e-9


def _within(size_in: int, taps: Indices, weights: Array) -> tuple[Indices, Array]:
    """Return taps with the nearest pixel in place of those beyond the border, and weights that add up to 1."""
    total = weights.sum(1, keepdims=True)
    total[np.abs(total) < _NO_WEIGHT] = 1.0
    return np.minimum(np.maximum(taps, 0), size_in - 1), weights / total


def _dense(size_in: int, taps: Indices, weights: Array) -> AxisWeights:
    place = np.arange(len(taps))[:, None] * size_in + taps
    out = np.bincount(place.reshape(-1), weights.reshape(-1), minlength=len(taps) * size_in)
    return out.reshape(len(taps), size_in).astype(np.float32)


def _area(axis: Axis, index: Indices) -> tuple[Indices, Array]:
    first = index[:, None] * axis.step + axis.origin
    taps = np.floor(first).astype(int) + np.arange(int(np.ceil(axis.step)) + 2)[None]
    weights = np.clip(np.minimum(first + axis.step, taps + 1) - np.maximum(first, taps), 0, None)
    return _within(axis.size_in, taps, np.where((taps >= 0) & (taps < axis.size_in), weights, 0.0))


def _area_enlarged(axis: Axis, index: Indices) -> tuple[Indices, Array]:
    """Return OpenCV's ``INTER_AREA`` for enlarging: source pixels meet in the one output pixel that both of them cover."""
    step, origin = axis.step, axis.origin
    grow = axis.size_out / axis.size_in if step == axis.size_in / axis.size_out else 1 / step
    # In OpenCV's order and types: at whole ratios the last bit decides which pixel is taken.
    first = np.floor(index * (1 / grow) + origin)
    share = ((index + 1) - (first + 1 - origin) * grow).astype(np.float32)
    share = np.where(share <= 0, 0.0, share - np.floor(share))
    taps = np.stack([first, first + 1], axis=1).astype(int)
    return _within(axis.size_in, taps, np.stack([1 - share, share], axis=1))


#: Output pixels that are computed at once where kernels are narrow, and the input size from which that saves time.
_BLOCK, _LARGE = 32, 160


def resample(image: HWC, rows: AxisWeights, columns: AxisWeights) -> Levels:
    """Apply row weights (out, h) and column weights (out, w) to a picture; returns HWC float32, neither rounded nor clipped.

    Raises ``ValueError`` where the weights do not fit the picture.
    """
    # Horizontal first, as Pillow does; the order matters only where 8-bit rounding happens in between.
    planes = np.ascontiguousarray(image.transpose(2, 0, 1), dtype=np.float32)
    depth, height, width = planes.shape
    across = np.empty((depth * height, len(columns)), np.float32)
    for out, seen in _bands(columns):
        np.matmul(planes.reshape(-1, width)[:, seen], columns[out, seen].T, out=across[:, out])
    across = across.reshape(depth, height, len(columns))
    made = np.empty((depth, len(rows), len(columns)), np.float32)
    for out, seen in _bands(rows):
        np.matmul(rows[out, seen], across[:, seen], out=made[:, out])
    return made.transpose(1, 2, 0)


def _bands(weights: AxisWeights) -> list[tuple[slice, slice]]:
    """Return parts of the output with the input that each part sees: a kernel is narrow, most weights are zero."""
    size_out, size_in = weights.shape
    if size_in < _LARGE or size_out < 2 * _BLOCK:
        return [(slice(0, size_out), slice(0, size_in))]
    parts = []
    for start in range(0, size_out, _BLOCK):
        out = slice(start, min(start + _BLOCK, size_out))
        seen = np.flatnonzero(weights[out].any(0))
        parts.append((out, slice(int(seen[0]), int(seen[-1]) + 1) if len(seen) else slice(0, 1)))
    return parts
