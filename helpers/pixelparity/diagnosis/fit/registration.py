"""Registration: how far one tensor is moved or stretched against another of nearly the same content."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import HWC, Array, Matrix, Plane
from pixelparity.diagnosis.model import colours, placement, resampling
from pixelparity.diagnosis.model.placement import Pair, Placement
from pixelparity.diagnosis.model.resampling import Resampling

#: A variance below which a picture is flat, and a divisor that is not zero.
_FLAT, _TINY = 1e-12, 1e-24
#: A pixel's centre lies half a pixel from its edge.
_HALF_PX = 0.5
#: Samples of a picture that are skipped between two that a fit of its channels takes.
_STRIDE = 5


@dataclass(frozen=True, kw_only=True)
class Displacement:
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


def lucas_kanade(reference: Plane, deployed: Plane, rounds: int = 3) -> Displacement:
    """Measure the displacement between two grey pictures of one shape (h, w), in pixels.

    Least squares on the gradients of a picture, iterated (Lucas and Kanade, "An iterative image registration technique with an
    application to stereo vision", IJCAI 1981), with a shift and a stretch per axis. Kernels that are symmetric leave no
    displacement, however different they are. Raises ``ValueError`` for unlike shapes.
    """
    a, b = _smooth(reference), _smooth(deployed)
    state = np.zeros(4)
    error = 1.0
    for _ in range(rounds):
        moved = moved_back(b, _displacement(state)) if np.abs(state).max() > 0 else b
        step, error = _step(a, moved)
        state += step
        if np.abs(step).max() < thresholds.now().fit.registration_stop_px:
            break
    return _displacement(state, error)


def _displacement(state: Array, error: float = 0.0) -> Displacement:
    down, right, taller, wider = state.tolist()
    return Displacement(shift=(down, right), growth=(taller, wider), error=error)


def _smooth(x: Plane) -> Plane:
    """Average over 3 x 3 pixels: the finest detail differs between kernels and does not tell where things are."""
    padded = np.pad(x.astype(np.float32), 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    smooth: Plane = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9
    return smooth


def _step(a: Plane, b: Plane) -> tuple[Array, float]:
    """Return one Gauss-Newton step (shift down, right, growth down, right) in pixels, and its largest standard error."""
    at = thresholds.now().fit
    # The gradient of both sides' mean keeps the estimate free of bias when one side is blurred.
    gy, gx = np.gradient((a + b) / 2)
    inner = (slice(2, -2), slice(2, -2))
    gy, gx, gap = gy[inner], gx[inner], (b - a)[inner]
    v = (np.arange(gy.shape[0]) + 0.5) / gy.shape[0] - 0.5
    u = (np.arange(gy.shape[1]) + 0.5) / gy.shape[1] - 0.5
    slopes = np.stack([gy, gx, gy * v[:, None].astype(gy.dtype), gx * u[None].astype(gx.dtype)]).reshape(4, -1)
    flat = gap.reshape(-1)
    normal = (slopes @ slopes.T).astype(np.float64)
    normal += at.registration_ridge_share * np.eye(4) * max(float(np.trace(normal)), 1e-9)
    step = np.linalg.solve(normal, slopes @ flat)
    residual = flat - step.astype(flat.dtype) @ slopes
    variance = float(np.mean(residual**2)) * at.registration_noise_factor
    spread = np.sqrt(np.maximum(np.diag(np.linalg.inv(normal)) * variance, 0))
    most = at.registration_max_step_px
    return np.clip(step, -most, most), float(spread.max())


def moved_back(image: HWC | Plane, by: Displacement) -> Array:
    """Move a picture (HW or HWC) back by a displacement that was measured on it, with cubic interpolation; float32."""
    height, width = image.shape[:2]
    how = Resampling(shape="cubic")
    planes = image[:, :, None] if image.ndim == 2 else image
    weights = []
    for size, shift, growth in zip((height, width), by.shift, by.growth, strict=True):
        # Output i looks at i - shift - growth * v(i): a scale about the centre and an origin.
        scale = 1 - growth / size
        weights.append(resampling.matrix(size, size, how, round(scale, 9), round(growth / 2 - shift, 9)))
    out = resampling.resample(planes, *weights)
    return out[:, :, 0] if image.ndim == 2 else out


def search_zoom(source: HWC, target: HWC) -> tuple[Placement, float]:
    """Find by how much a picture is enlarged or shrunk in another about the centre, each axis by its own factor.

    Both are averaged down to at most ``search_edge_px`` grey pixels an axis first. Returns the placement at full size and the
    squared correlation (Pearson's, with its sign), -1 where nothing overlaps.
    """
    at = thresholds.now().fit
    small, other = (_reduced(x, at.search_edge_px) for x in (source, target))
    zooms = np.exp(np.linspace(np.log(at.search_min_zoom), np.log(at.search_max_zoom), at.search_zooms))
    rows = [_along(small.shape[0], other.shape[0], float(z)) for z in zooms]
    columns = np.stack([_along(small.shape[1], other.shape[1], float(z)) for z in zooms])
    seen_columns = (np.abs(columns).sum(2) > 0).astype(np.float64)
    best, score = (1.0, 1.0), -1.0
    for zoom, row in zip(zooms, rows, strict=True):
        seen = np.abs(row).sum(1) > 0
        if seen.sum() < at.search_min_rows:
            continue
        half = row[seen] @ small
        made = np.einsum("ij,zkj->zik", half, columns)
        got = _correlations(made, other[seen], seen_columns)
        widest = int(got.argmax())
        if got[widest] > score:
            best, score = (float(zoom), float(zooms[widest])), float(got[widest])
    return centred(source.shape[:2], target.shape[:2], best), score  # type: ignore[arg-type]


def _correlations(made: Array, target: Plane, seen: Array) -> Array:
    """Return the squared correlation of each candidate (z, rows, columns) with the target, where it is seen.

    0 for small overlaps.
    """
    count = seen.sum(1) * target.shape[0]
    a = made.sum((1, 2))
    aa = (made**2).sum((1, 2))
    y = np.einsum("ij,zj->z", target, seen)
    yy = np.einsum("ij,zj->z", target**2, seen)
    ay = np.einsum("zij,ij->z", made, target)
    safe = np.maximum(count, 1)
    cov, va, vy = ay - a * y / safe, aa - a * a / safe, yy - y * y / safe
    out = np.where((va > _FLAT) & (vy > _FLAT), np.sign(cov) * cov**2 / np.maximum(va * vy, _TINY), 0.0)
    return np.where(count >= thresholds.now().fit.search_min_pixels, out, 0.0)


def _reduced(image: HWC, edge_px: int) -> Plane:
    size = [min(edge_px, edge) for edge in image.shape[:2]]
    how = Resampling(shape="area")
    weights = [resampling.matrix(n, m, how) for n, m in zip(image.shape[:2], size, strict=True)]
    grey = resampling.resample(image.mean(2, keepdims=True, dtype=np.float64), *weights)[:, :, 0].astype(np.float64)
    centred: Plane = grey - grey.mean()
    return centred


def _along(size_in: int, size_out: int, zoom: float) -> Matrix:
    """Return weights (out, in) when the input is ``zoom`` times the output's size, centred; zero rows where it is not seen."""
    scale = size_in / size_out / zoom
    start = size_in / 2 - size_out / 2 * scale
    at = (np.arange(size_out) + 0.5) * scale + start
    weights = resampling.matrix(size_in, size_out, Resampling(antialias=True), round(scale, 9), round(start, 9))
    return np.where(((at > _HALF_PX) & (at < size_in - _HALF_PX))[:, None], weights, 0.0).astype(np.float64)


def centred(shape: Pair, canvas: Pair, zoom: tuple[float, float]) -> Placement:
    """Return the placement of a picture that is ``zoom`` times the canvas, centred."""
    scales = tuple(s / c / z for s, c, z in zip(shape, canvas, zoom, strict=True))
    starts = tuple(s / 2 - c / 2 * k for s, c, k in zip(shape, canvas, scales, strict=True))
    return placement_at(shape, canvas, (scales[0], scales[1]), (starts[0], starts[1]))


def placement_at(shape: Pair, canvas: Pair, scale: tuple[float, float], start: tuple[float, float]) -> Placement:
    """Return the placement by which canvas pixel ``i`` shows the picture at ``(i + 0.5) * scale + start``, where it has any.

    >>> placement_at((8, 8), (4, 8), (2.0, 1.0), (0.0, -2.0)).box
    (0, 2, 4, 8)
    """
    hair = thresholds.now().fit.size_hair_px
    first = tuple(max(0, int(np.ceil(-t / k - 0.5 + hair))) for t, k in zip(start, scale, strict=True))
    last = tuple(
        min(c, int(np.floor((s - t) / k - 0.5 - hair)) + 1)
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


def refined(source: HWC, target: HWC, place: Placement, rounds: int = 6) -> Placement:
    """Return the placement moved and stretched by parts of a pixel to where grey differences vanish (Lucas-Kanade)."""
    at = thresholds.now().fit
    shape = (source.shape[0], source.shape[1])
    for _ in range(rounds):
        box = place.box
        rows, columns = np.arange(box[0], box[2]), np.arange(box[1], box[3])
        if min(len(rows), len(columns)) < at.refine_min_edge_px:
            return place
        seen = placement.render(source, place, Resampling(antialias=True), rows, columns)
        there = target[box[0] : box[2], box[1] : box[3]]
        found = lucas_kanade(*fitted_grey(seen, there), rounds=2)
        scale, start = list(place.scale), list(place.start)
        for k, size in enumerate((len(rows), len(columns))):
            start[k] += (found.shift[k] - found.growth[k] / 2) * place.scale[k]
            scale[k] *= 1 + found.growth[k] / size
        first = [start[k] + place.origin[k] * scale[k] for k in (0, 1)]
        place = placement_at(shape, place.canvas, (scale[0], scale[1]), (first[0], first[1]))
        if found.largest < at.refine_stop_px:
            break
    return place


def on_whole_pixels(shape: Pair, place: Placement) -> Placement:
    """Return a placement that neither stretches nor lies between pixels as one that only cuts and pads; others stay."""
    limit = thresholds.now().fit.whole_max_px
    first = [t + o * k for t, o, k in zip(place.start, place.origin, place.scale, strict=True)]
    stretch = max(abs(k - 1) * s for k, s in zip(place.scale, shape, strict=True))
    if stretch > limit or max(abs(t - round(t)) for t in first) > limit:
        return place
    return placement.whole(shape, shape, place.canvas, place.code, (round(first[0]), round(first[1])))


def phase_correlation(source: HWC, target: HWC, reach: int | None = None) -> Placement | None:
    """Return the placement of two tensors of one size that are whole pixels apart; nothing for tensors of unlike sizes.

    It is the peak of their phase correlation (Kuglin and Hines, "The phase correlation image alignment method", IEEE Int. Conf.
    on Cybernetics and Society, 1975) within ``reach`` pixels, under a Hann window.
    """
    reach = thresholds.now().fit.shift_reach_px if reach is None else reach
    shape = (source.shape[0], source.shape[1])
    if target.shape[:2] != shape:
        return None
    a, b = (
        np.fft.rfft2((x.mean(2) - x.mean()) * np.hanning(shape[0])[:, None] * np.hanning(shape[1]))
        for x in (source, target)
    )
    cross = a * np.conj(b)
    peak = np.fft.irfft2(cross / np.maximum(np.abs(cross), _FLAT), s=shape)
    near = np.roll(peak, (reach, reach), (0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    at = np.unravel_index(int(near.argmax()), near.shape)
    return placement.whole(shape, shape, shape, 1, (int(at[0]) - reach, int(at[1]) - reach))


def fitted_grey(reference: HWC, deployed: HWC) -> tuple[Plane, Plane]:
    """Return two grey pictures (h, w) in the reference's units: its mean channel, and the deployed channels' best fit of it."""
    grey = reference.astype(np.float64).mean(2)
    flat = deployed.reshape(-1, deployed.shape[2]).astype(np.float64)
    fitted = colours.fit_matrix(flat[::_STRIDE], grey.reshape(-1, 1)[::_STRIDE])
    return grey, (flat @ fitted.matrix.T + fitted.offset).reshape(grey.shape)
