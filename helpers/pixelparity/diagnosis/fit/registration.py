"""How far one tensor is moved or stretched against another of nearly the same content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.model import colours, placement, resampling
from pixelparity.diagnosis.model.placement import Pair, Placement
from pixelparity.diagnosis.model.resampling import Resampling

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Drift:
    """A picture's displacement in pixels: ``shift`` at the centre and ``growth`` from edge to edge, per axis.

    ``error`` is the standard error of each. ``deployed(y, x)`` shows what ``reference`` has at ``y + shift + growth * v`` with
    ``v`` from -0.5 to 0.5 along the axis.
    """

    shift: tuple[float, float]
    growth: tuple[float, float]
    error: float

    @property
    def largest(self) -> float:
        """Return the largest displacement anywhere, in pixels."""
        return max(abs(s) + abs(g) / 2 for s, g in zip(self.shift, self.growth, strict=True))


def drift(ours: Array, theirs: Array, rounds: int = 3) -> Drift:
    """Measure the displacement between two grey pictures of one shape by least squares on their gradients (Lucas-Kanade).

    Kernels that are symmetric leave no displacement, however different they are.
    """
    a, b = _smooth(ours), _smooth(theirs)
    state = np.zeros(4)
    error = 1.0
    for _ in range(rounds):
        moved = moved_back(b, _drift(state)) if np.abs(state).max() > 0 else b
        step, error = _step(a, moved)
        state += step
        if np.abs(step).max() < 0.005:
            break
    return replace_error(_drift(state), error)


def _drift(state: Array) -> Drift:
    return Drift(shift=(float(state[0]), float(state[1])), growth=(float(state[2]), float(state[3])), error=0.0)


def replace_error(drifted: Drift, error: float) -> Drift:
    """Return the same drift with its standard error."""
    return Drift(shift=drifted.shift, growth=drifted.growth, error=error)


def _smooth(x: Array) -> Array:
    """Average over 3 x 3 pixels: the finest detail differs between kernels and does not tell where things are."""
    padded = np.pad(x.astype(np.float32), 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9


def _step(a: Array, b: Array) -> tuple[Array, float]:
    # The gradient of both sides' mean keeps the estimate free of bias when one side is blurred.
    gy, gx = np.gradient((a + b) / 2)
    inner = (slice(2, -2), slice(2, -2))
    gy, gx, gap = gy[inner], gx[inner], (b - a)[inner]
    v = (np.arange(gy.shape[0]) + 0.5) / gy.shape[0] - 0.5
    u = (np.arange(gy.shape[1]) + 0.5) / gy.shape[1] - 0.5
    slopes = np.stack([gy, gx, gy * v[:, None].astype(gy.dtype), gx * u[None].astype(gx.dtype)]).reshape(4, -1)
    flat = gap.reshape(-1)
    normal = (slopes @ slopes.T).astype(np.float64)
    normal += 1e-9 * np.eye(4) * max(float(np.trace(normal)), 1e-9)
    step = np.linalg.solve(normal, slopes @ flat)
    left = flat - step.astype(flat.dtype) @ slopes
    # Nine: neighbours share their noise after smoothing.
    spread = np.sqrt(np.maximum(np.diag(np.linalg.inv(normal)) * float(np.mean(left**2)) * 9, 0))
    return np.clip(step, -3, 3), float(spread.max())


def moved_back(image: Array, drifted: Drift) -> Array:
    """Move a picture (HW or HWC) back by a drift that was measured on it, with cubic interpolation."""
    height, width = image.shape[:2]
    how = Resampling(shape="cubic")
    planes = image[:, :, None] if image.ndim == 2 else image
    weights = []
    for size, shift, growth in zip((height, width), drifted.shift, drifted.growth, strict=True):
        # Output i looks at i - shift - growth * v(i): a scale about the centre and an origin.
        scale = 1 - growth / size
        weights.append(resampling.matrix(size, size, how, round(scale, 9), round(growth / 2 - shift, 9)))
    out = resampling.resample(planes, *weights)
    return out[:, :, 0] if image.ndim == 2 else out


def search(source: Array, target: Array, goal: int = 40) -> tuple[Placement, float]:
    """Find by how much a picture is enlarged or shrunk in another about the centre, each axis by its own factor.

    Both are averaged down to about ``goal`` grey pixels first; returns the frame at full size and the squared correlation.
    """
    small, other = (_reduced(x, goal) for x in (source, target))
    rows = [_along(small.shape[0], other.shape[0], float(z)) for z in ZOOMS]
    columns = np.stack([_along(small.shape[1], other.shape[1], float(z)) for z in ZOOMS])
    seen_columns = (np.abs(columns).sum(2) > 0).astype(np.float64)
    best, score = (1.0, 1.0), -1.0
    for zy, row in zip(ZOOMS, rows, strict=True):
        seen = np.abs(row).sum(1) > 0
        if seen.sum() < 8:
            continue
        half = row[seen] @ small
        made = np.einsum("ij,zkj->zik", half, columns)
        got = _correlations(made, other[seen], seen_columns)
        at = int(got.argmax())
        if got[at] > score:
            best, score = (float(zy), float(ZOOMS[at])), float(got[at])
    return zoomed(source.shape[:2], target.shape[:2], best), score  # type: ignore[arg-type]


#: Relative sizes that are tried along each axis.
ZOOMS = np.exp(np.linspace(np.log(0.3), np.log(3.0), 61))


def _correlations(made: Array, goal: Array, seen: Array) -> Array:
    """Return the squared correlation of each candidate (z, rows, columns) with the goal, where it is seen.

    0 for small overlaps.
    """
    count = seen.sum(1) * goal.shape[0]
    a = made.sum((1, 2))
    aa = (made**2).sum((1, 2))
    y = np.einsum("ij,zj->z", goal, seen)
    yy = np.einsum("ij,zj->z", goal**2, seen)
    ay = np.einsum("zij,ij->z", made, goal)
    safe = np.maximum(count, 1)
    cov, va, vy = ay - a * y / safe, aa - a * a / safe, yy - y * y / safe
    out = np.where((va > 1e-12) & (vy > 1e-12), np.sign(cov) * cov**2 / np.maximum(va * vy, 1e-24), 0.0)
    return np.where(count >= 100, out, 0.0)


def _reduced(image: Array, goal: int) -> Array:
    size = [min(goal, edge) for edge in image.shape[:2]]
    how = Resampling(shape="area")
    weights = [resampling.matrix(n, m, how) for n, m in zip(image.shape[:2], size, strict=True)]
    grey = resampling.resample(image.mean(2, keepdims=True, dtype=np.float64), *weights)[:, :, 0].astype(np.float64)
    return grey - grey.mean()


def _along(size_in: int, size_out: int, zoom: float) -> Array:
    """Return weights (out, in) when the input is ``zoom`` times the output's size, centred; zero rows where it is not seen."""
    scale = size_in / size_out / zoom
    start = size_in / 2 - size_out / 2 * scale
    at = (np.arange(size_out) + 0.5) * scale + start
    weights = resampling.matrix(size_in, size_out, Resampling(antialias=True), round(scale, 9), round(start, 9))
    return np.where(((at > 0.5) & (at < size_in - 0.5))[:, None], weights, 0.0).astype(np.float64)


def zoomed(shape: Pair, canvas: Pair, zoom: tuple[float, float]) -> Placement:
    """Return the frame of a picture that is ``zoom`` times the canvas, centred."""
    scales = tuple(s / c / z for s, c, z in zip(shape, canvas, zoom, strict=True))
    starts = tuple(s / 2 - c / 2 * k for s, c, k in zip(shape, canvas, scales, strict=True))
    return placed(shape, canvas, (scales[0], scales[1]), (starts[0], starts[1]))


def placed(shape: Pair, canvas: Pair, scale: tuple[float, float], start: tuple[float, float]) -> Placement:
    """Return the frame with which canvas pixel ``i`` shows the picture at ``(i + 0.5) * scale + start``, where it has any."""
    first = tuple(max(0, int(np.ceil(-t / k - 0.5 + 1e-6))) for t, k in zip(start, scale, strict=True))
    last = tuple(
        min(c, int(np.floor((s - t) / k - 0.5 - 1e-6)) + 1)
        for s, c, t, k in zip(shape, canvas, start, scale, strict=True)
    )
    size = tuple(max(b - a, 1) for a, b in zip(first, last, strict=True))
    begin = tuple(t + a * k for t, a, k in zip(start, first, scale, strict=True))
    return Placement(
        size=(size[0], size[1]),
        scale=scale,
        start=(begin[0], begin[1]),
        origin=(-first[0], -first[1]),
        canvas=canvas,
    )


def refined(source: Array, target: Array, frame: Placement, rounds: int = 6) -> Placement:
    """Return the frame moved and stretched by parts of a pixel to where grey differences vanish."""
    shape = (source.shape[0], source.shape[1])
    for _ in range(rounds):
        box = frame.box
        rows, columns = np.arange(box[0], box[2]), np.arange(box[1], box[3])
        if len(rows) < 16 or len(columns) < 16:
            return frame
        seen = placement.render(source, frame, Resampling(antialias=True), rows, columns)
        there = target[box[0] : box[2], box[1] : box[3]]
        a, b = grey_pair(seen, there)
        found = drift(a, b, rounds=2)
        scale, start = list(frame.scale), list(frame.start)
        for k, size in enumerate((len(rows), len(columns))):
            start[k] += (found.shift[k] - found.growth[k] / 2) * frame.scale[k]
            scale[k] *= 1 + found.growth[k] / size
        first = [start[k] + frame.origin[k] * scale[k] for k in (0, 1)]
        frame = placed(shape, frame.canvas, (scale[0], scale[1]), (first[0], first[1]))
        if found.largest < 0.02:
            break
    return frame


def snapped(shape: Pair, frame: Placement) -> Placement:
    """Return a frame that neither stretches nor lies between pixels as one that only cuts and pads; others stay."""
    first = [t + o * k for t, o, k in zip(frame.start, frame.origin, frame.scale, strict=True)]
    stretch = max(abs(k - 1) * s for k, s in zip(frame.scale, shape, strict=True))
    if stretch > 0.06 or max(abs(t - round(t)) for t in first) > 0.06:
        return frame
    return placement.whole(shape, shape, frame.canvas, frame.code, (round(first[0]), round(first[1])))


def shifted(source: Array, target: Array, reach: int = 12) -> Placement | None:
    """Return the frame of two tensors of one size that are whole pixels apart, by the peak of their phase correlation."""
    shape = (source.shape[0], source.shape[1])
    if target.shape[:2] != shape:
        return None
    a, b = (
        np.fft.rfft2((x.mean(2) - x.mean()) * np.hanning(shape[0])[:, None] * np.hanning(shape[1]))
        for x in (source, target)
    )
    cross = a * np.conj(b)
    peak = np.fft.irfft2(cross / np.maximum(np.abs(cross), 1e-12), s=shape)
    near = np.roll(peak, (reach, reach), (0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    at = np.unravel_index(int(near.argmax()), near.shape)
    return placement.whole(shape, shape, shape, 1, (int(at[0]) - reach, int(at[1]) - reach))


def grey_pair(ours: Array, theirs: Array) -> tuple[Array, Array]:
    """Return two grey pictures in the same units: the reference's grey, and what it is fitted by of the other's channels."""
    x = ours.astype(np.float64).mean(2)
    flat = theirs.reshape(-1, theirs.shape[2]).astype(np.float64)
    fitted = colours.fit_matrix(flat[::5], x.reshape(-1, 1)[::5])
    made = (flat @ fitted.matrix.T + fitted.offset).reshape(x.shape)
    return x, made
