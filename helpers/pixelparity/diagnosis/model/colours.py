"""Maps between the channels of two tensors: fitted, applied, undone.

A map is ``y = matrix @ x + offset`` per pixel. Most are a permutation with a gain and an offset per channel; a full matrix
stands for another colour space, one row for all channels for grey, and one map per image for statistics taken from the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class ColourMap:
    """``matrix`` has shape (channels out, channels in), ``offset`` (channels out,). ``kind`` is plain, matrix or per_image.

    A ``plain`` map takes every output channel from one input channel. With ``per_image``, ``each`` holds one plain map
    per image and the map itself is their mean.
    """

    kind: str
    matrix: Array
    offset: Array
    each: tuple[ColourMap, ...] = ()

    @property
    def order(self) -> tuple[int, ...]:
        """Return, per output channel, the input channel that weighs most."""
        return tuple(int(i) for i in np.abs(self.matrix).argmax(1))

    @property
    def gain(self) -> Array:
        """Return, per output channel, the weight of the input channel that weighs most."""
        return self.matrix[np.arange(len(self.matrix)), list(self.order)]

    @property
    def changes_nothing(self) -> bool:
        """Say whether every channel stays as it is."""
        same = self.kind == "plain" and self.matrix.shape[0] == self.matrix.shape[1]
        return (
            same and not self.each and not self.offset.any() and bool((self.matrix == np.eye(len(self.matrix))).all())
        )

    def of(self, image: int) -> ColourMap:
        """Return the map of one image."""
        return self.each[image] if self.each else self

    def apply(self, pixels: Array) -> NDArray[np.float32]:
        """Map pixels of shape (..., channels in) to (..., channels out), float32."""
        if self.kind == "plain":
            straight = self.order == tuple(range(self.matrix.shape[1])) and pixels.shape[-1] == self.matrix.shape[1]
            picked = (pixels if straight else pixels[..., list(self.order)]).astype(np.float32)
            if (self.gain == 1).all() and not self.offset.any():
                return picked
            return _scaled(picked, self.gain.astype(np.float32), self.offset.astype(np.float32))
        return pixels.astype(np.float32) @ self.matrix.T.astype(np.float32) + self.offset.astype(np.float32)

    def invert(self) -> ColourMap:
        """Return the map that undoes this one: one channel made of several is given back to each of them."""
        single = self.matrix.shape[0] == 1 < self.matrix.shape[1]
        inverse = np.full_like(self.matrix.T, 1 / self.matrix.sum()) if single else np.linalg.pinv(self.matrix)
        return ColourMap(
            kind="matrix" if single and self.kind == "plain" else self.kind,
            matrix=inverse,
            offset=-inverse @ self.offset,
            each=tuple(one.invert() for one in self.each),
        )

    def after(self, first: ColourMap) -> ColourMap:
        """Return the map that applies ``first`` and then this one."""
        kinds = {self.kind, first.kind}
        kind = "per_image" if "per_image" in kinds else "matrix" if "matrix" in kinds else "plain"
        count = max(len(self.each), len(first.each))
        return ColourMap(
            kind=kind,
            matrix=self.matrix @ first.matrix,
            offset=self.matrix @ first.offset + self.offset,
            each=tuple(self.of(i).after(first.of(i)) for i in range(count)),
        )


def _scaled(values: NDArray[np.float32], gain: Array, offset: Array) -> NDArray[np.float32]:
    """Multiply and add in place, by one number where all channels have the same: a loop over three is slow."""
    if (gain == gain[0]).all() and (offset == offset[0]).all():
        values *= gain[0]
        values += offset[0]
        return values
    for c in range(values.shape[-1]):
        values[..., c] *= gain[c]
        values[..., c] += offset[c]
    return values


def plain(order: Sequence[int], gain: Array, offset: Array, channels: int) -> ColourMap:
    """Return the map that takes output channel ``c`` from input channel ``order[c]``, times a gain, plus an offset."""
    matrix = np.zeros((len(order), channels))
    matrix[np.arange(len(order)), list(order)] = gain
    return ColourMap(kind="plain", matrix=matrix, offset=np.asarray(offset, float))


def identity(channels: int) -> ColourMap:
    """Return the map that changes nothing."""
    return plain(range(channels), np.ones(channels), np.zeros(channels), channels)


def fit_matrix(x: Array, y: Array, weights: Array | None = None) -> ColourMap:
    """Fit a full matrix and offset by weighted least squares; ``x`` is (n, channels in), ``y`` (n, channels out)."""
    mean, off = _centred(x, y, weights)
    normal = (off if weights is None else off * weights) @ off.T
    width = x.shape[1]
    matrix = (_inverse(normal[:width, :width]) @ normal[:width, width:]).T
    return ColourMap(kind="matrix", matrix=matrix, offset=mean[width:] - matrix @ mean[:width])


def _centred(x: Array, y: Array, weights: Array | None = None) -> tuple[Array, Array]:
    """Return the means (channels,) and what is off them (channels, n) of both sides' channels, float64, one side's first.

    Channels come first: sums along them are several times faster than across them.
    """
    both = np.empty((x.shape[1] + y.shape[1], len(x)))
    both[: x.shape[1]], both[x.shape[1] :] = x.T, y.T
    mean = both.mean(1) if weights is None else both @ (weights / weights.sum())
    both -= mean[:, None]
    return mean, both


def _cofactors(normal: Array) -> Array | None:
    """Return the inverse of a symmetric 3 x 3 matrix by its cofactors, or nothing where it is nearly singular."""
    (a, d, e), (_, b, f), (_, _, c) = normal.tolist()
    one, two, three = b * c - f * f, e * f - c * d, d * f - b * e
    determinant = a * one + d * two + e * three
    if not determinant > 1e-6 * a * b * c > 0 or min(a, b, c) < 1e-4 * max(a, b, c):
        return None
    four, five, six = a * c - e * e, d * e - a * f, a * b - d * d
    return np.array([[one, two, three], [two, four, five], [three, five, six]]) / determinant


def _inverse(normal: Array) -> Array:
    """Return the pseudo-inverse of a symmetric matrix: the channels of a grey picture are collinear."""
    if normal.shape == (3, 3) and (made := _cofactors(normal)) is not None:
        return made
    values, vectors = np.linalg.eigh(normal)
    kept = values > 1e-9 * values[-1]
    return (vectors[:, kept] / values[kept]) @ vectors[:, kept].T


def fit_plain(x: Array, y: Array, weights: Array | None = None, order: Sequence[int] | None = None) -> ColourMap:
    """Fit a permutation with gain and offset per channel; the order that explains most wins, the given one by a hair."""
    w = np.ones(len(x)) if weights is None else weights
    w = w / w.sum()
    mx, my = w @ x, w @ y
    dx, dy = x - mx, y - my
    var = np.maximum(w @ dx**2, 1e-30)
    slopes = ((dx * w[:, None]).T @ dy).T / var  # (out, in)
    total = np.maximum(w @ dy**2, 1e-30)
    left = 1 - slopes**2 * var / total[:, None]  # share of the variance not explained, (out, in)
    best = tuple(order) if order is not None else _assign(left)
    rows = np.arange(len(best))
    gain = slopes[rows, list(best)]
    return plain(best, gain, my - gain * mx[list(best)], x.shape[1])


def _assign(left: Array) -> tuple[int, ...]:
    outs, ins = left.shape
    if outs == ins and outs in (3, 4):
        orders = [(*p, *range(3, outs)) for p in permutations(range(3))]
    else:
        orders = [tuple(int(i) for i in left.argmin(1))]
    costs = [float(sum(left[c, j] for c, j in enumerate(order))) for order in orders]
    # Grey pictures tell no order: only a clear gain makes it another than the plain one.
    return orders[0] if costs[0] <= min(costs) * 1.02 + 1e-7 else orders[int(np.argmin(costs))]


def spread(x: Array, y: Array, fitted: ColourMap) -> float:
    """Return the mean absolute residual of a fit in units of ``x``."""
    size = np.maximum(np.abs(fitted.matrix).sum(1), 1e-30)
    return float(np.mean(np.abs(y - (x @ fitted.matrix.T + fitted.offset)) / size))


def fit(
    x: Array, y: Array, image: Array, *, weights: Array | None = None, images: int = 0, slack: float = 0.2
) -> ColourMap:
    """Fit the simplest map that explains ``y`` by ``x``; ``image`` (n,) says which image a sample is from.

    Plain comes first, then a full matrix, then one plain map per image; a richer map has to halve the residual and to
    lower it by more than ``slack`` (units of ``x``).
    """
    best = fit_plain(x, y, weights)
    left = spread(x, y, best)
    if left <= slack:
        return best
    full = fit_matrix(x, y, weights)
    own, own_left = _fit_each(x, y, image, weights, images, best)
    full_left = spread(x, y, full)
    if full_left < 0.5 * left and left - full_left > slack and full_left <= own_left + slack:
        return full
    if own is not None and own_left < 0.5 * left and left - own_left > slack:
        return own
    return best


def fit_each(x: Array, y: Array, image: Array, weights: Array | None, images: int, best: ColourMap) -> ColourMap:
    """Fit one plain map per image; an image without samples gets ``best``."""
    own, _ = _fit_each(x, y, image, weights, images, best)
    return best if own is None else own


def _fit_each(
    x: Array, y: Array, image: Array, weights: Array | None, images: int, best: ColourMap
) -> tuple[ColourMap | None, float]:
    present = np.unique(image)
    if len(present) < 2:
        return None, np.inf
    each, left = {}, []
    for i in present:
        pick = image == i
        one = fit_plain(x[pick], y[pick], None if weights is None else weights[pick], best.order)
        each[int(i)] = one
        left.append(spread(x[pick], y[pick], one))
    maps = tuple(each.get(i, best) for i in range(max(images, int(present.max()) + 1)))
    return (
        ColourMap(kind="per_image", matrix=best.matrix, offset=best.offset, each=maps),
        float(np.mean(left)),
    )


def explained(x: Array, y: Array) -> float:
    """Return the share of the variance of ``y`` that a linear map of ``x`` explains (0 to 1); NaN for a flat ``y``."""
    width = x.shape[1]
    mean, off = _centred(x, y)
    normal = off @ off.T
    total = float(np.trace(normal[width:, width:]))
    if total <= 1e-9 * max(1.0, total + len(x) * float((mean[width:] ** 2).sum())):
        return float("nan")
    shared = normal[:width, width:]
    return float(np.trace(shared.T @ _inverse(normal[:width, :width]) @ shared)) / total


def unexplained(x: Array, y: Array) -> float:
    """Return the mean absolute difference that a linear map of ``x`` leaves of ``y``, each channel as wide as ``x``."""
    width, count = x.shape[1], len(x)
    mean, off = _centred(x, y)
    normal = off @ off.T
    left = off[width:] - (_inverse(normal[:width, :width]) @ normal[:width, width:]).T @ off[:width]
    spread_x = np.sqrt(np.trace(normal[:width, :width]) / (count * width) + mean[:width].var())
    spread_y = np.sqrt(np.diag(normal)[width:] / count)
    return float(np.mean(np.abs(left).mean(1) * spread_x / np.maximum(spread_y, 1e-12)))
