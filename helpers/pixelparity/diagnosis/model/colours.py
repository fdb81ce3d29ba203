"""Maps between the channels of two tensors: fitted, applied, undone.

A map is ``y = matrix @ x + offset`` per pixel. Most are a permutation with a gain and an offset per channel; a full matrix
stands for another colour space, one row for all channels for grey, and one map per image for statistics taken from the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import HWC, Array, Matrix, PerChannel, PerSample, Plane, Samples
from pixelparity.diagnosis.arrays import RGB_CHANNELS as RGB_CHANNELS  # who speaks of colours has it from here
from pixelparity.diagnosis.model import least_squares

#: Weights of red, green and blue in luma (ITU-R BT.601-7, section 2.5.1).
LUMA: PerChannel = np.array([0.299, 0.587, 0.114])
#: What is added to a divisor that may be zero, in squares of float64 values.
_TINY = 1e-30


@dataclass(frozen=True, kw_only=True)
class ColourMap:
    """``matrix`` has shape (channels out, channels in), ``offset`` (channels out,). ``kind`` is plain, matrix or per_image.

    >>> plain((2, 1, 0), np.ones(3), np.zeros(3), 3).apply(np.array([[10, 20, 30]])).tolist()
    [[30.0, 20.0, 10.0]]

    A ``plain`` map takes every output channel from one input channel. With ``per_image``, ``each`` holds one plain map
    per image and the map itself is their mean.
    """

    kind: str
    matrix: Matrix
    offset: PerChannel
    each: tuple[ColourMap, ...] = ()

    @property
    def order(self) -> tuple[int, ...]:
        """Return, per output channel, the input channel that weighs most."""
        return tuple(int(i) for i in np.abs(self.matrix).argmax(1))

    @property
    def gain(self) -> PerChannel:
        """Return, per output channel, the weight of the input channel that weighs most."""
        return self.matrix[np.arange(len(self.matrix)), list(self.order)]

    @property
    def changes_nothing(self) -> bool:
        """Say whether every channel stays as it is."""
        same = self.kind == "plain" and self.matrix.shape[0] == self.matrix.shape[1]
        return (
            same and not self.each and not self.offset.any() and bool((self.matrix == np.eye(len(self.matrix))).all())
        )

    def for_image(self, image: int) -> ColourMap:
        """Return the map of one image, by its number: its own where there is one per image."""
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
        """Return the map that undoes this one: one channel made of several is given back to each of them.

        A matrix is inverted by its Moore-Penrose pseudo-inverse.
        """
        single = self.matrix.shape[0] == 1 < self.matrix.shape[1]
        inverse = np.full_like(self.matrix.T, 1 / self.matrix.sum()) if single else np.linalg.pinv(self.matrix)
        return ColourMap(
            kind="matrix" if single and self.kind == "plain" else self.kind,
            matrix=inverse,
            offset=-inverse @ self.offset,
            each=tuple(own.invert() for own in self.each),
        )

    def after(self, first: ColourMap) -> ColourMap:
        """Return the map that applies ``first`` and then this one, image by image where either has maps per image."""
        kinds = {self.kind, first.kind}
        kind = "per_image" if "per_image" in kinds else "matrix" if "matrix" in kinds else "plain"
        count = max(len(self.each), len(first.each))
        return ColourMap(
            kind=kind,
            matrix=self.matrix @ first.matrix,
            offset=self.matrix @ first.offset + self.offset,
            each=tuple(self.for_image(i).after(first.for_image(i)) for i in range(count)),
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


def luma(image: HWC) -> Plane:
    """Return the brightness of a picture, (h, w) float64 in its units: BT.601's luma of three channels, else their mean.

    The first channel is taken for red. An alpha channel is a channel like the others.

    >>> float(luma(np.array([[[0, 0, 100]]]))[0, 0])
    11.4
    """
    if image.shape[2] == RGB_CHANNELS:
        (red, green, blue), (of_red, of_green, of_blue) = image.transpose(2, 0, 1), LUMA.tolist()
        weighted: Plane = of_red * red.astype(np.float64) + of_green * green + of_blue * blue
        return weighted
    mean: Plane = image.astype(np.float64).mean(2)
    return mean


def plain(order: Sequence[int], gain: PerChannel, offset: PerChannel, channels: int) -> ColourMap:
    """Return the map from input channel ``order[c]`` of ``channels`` to output channel ``c``, times a gain, plus an offset."""
    matrix = np.zeros((len(order), channels))
    matrix[np.arange(len(order)), list(order)] = gain
    return ColourMap(kind="plain", matrix=matrix, offset=np.asarray(offset, float))


def identity(channels: int) -> ColourMap:
    """Return the map that changes nothing."""
    return plain(range(channels), np.ones(channels), np.zeros(channels), channels)


def fit_matrix(x: Samples, y: Samples, weights: PerSample | None = None) -> ColourMap:
    """Fit a full matrix and offset by weighted least squares; ``x`` is (n, channels in), ``y`` (n, channels out).

    The normal equations are solved about the means; channels that are collinear share their weight (minimum norm). Raises
    ``ValueError`` where ``x`` and ``y`` have unlike numbers of samples.

    >>> x = np.array([[0.0], [1.0], [2.0]])
    >>> fitted = fit_matrix(x, 3 * x + 1)
    >>> round(float(fitted.matrix[0, 0]), 6), round(float(fitted.offset[0]), 6)
    (3.0, 1.0)
    """
    mean, off = least_squares.centred(x, y, weights)
    normal = (off if weights is None else off * weights) @ off.T
    width = x.shape[1]
    matrix = (least_squares.pseudo_inverse(normal[:width, :width]) @ normal[:width, width:]).T
    return ColourMap(kind="matrix", matrix=matrix, offset=mean[width:] - matrix @ mean[:width])


def fit_plain(
    x: Samples, y: Samples, weights: PerSample | None = None, order: Sequence[int] | None = None
) -> ColourMap:
    """Fit a permutation with gain and offset per channel by weighted least squares.

    The order that explains most is taken, the plain one by a hair; a given ``order`` is kept.

    >>> x = np.array([[0.0, 5.0, 1.0], [1.0, 2.0, 7.0], [4.0, 3.0, 2.0], [6.0, 1.0, 9.0]])
    >>> fit_plain(x, x[:, ::-1]).order
    (2, 1, 0)
    """
    w = np.ones(len(x)) if weights is None else weights
    w = w / w.sum()
    mx, my = w @ x, w @ y
    dx, dy = x - mx, y - my
    var = np.maximum(w @ dx**2, _TINY)
    slopes = ((dx * w[:, None]).T @ dy).T / var  # (out, in)
    total = np.maximum(w @ dy**2, _TINY)
    missing = 1 - slopes**2 * var / total[:, None]  # share of the variance not explained, (out, in)
    best = tuple(order) if order is not None else _assign(missing)
    rows = np.arange(len(best))
    gain = slopes[rows, list(best)]
    return plain(best, gain, my - gain * mx[list(best)], x.shape[1])


def _assign(missing: Matrix) -> tuple[int, ...]:
    """Return the order of channels that leaves least of the variance, of all permutations of three; alpha stays last."""
    at = thresholds.now().model
    outs, ins = missing.shape
    if outs == ins and outs in (RGB_CHANNELS, RGB_CHANNELS + 1):
        orders = [(*p, *range(RGB_CHANNELS, outs)) for p in permutations(range(RGB_CHANNELS))]
    else:
        orders = [tuple(int(i) for i in missing.argmin(1))]
    costs = [float(sum(missing[c, j] for c, j in enumerate(order))) for order in orders]
    # Grey pictures tell no order: only a clear gain makes it another than the plain one.
    clear = costs[0] <= min(costs) * at.order_clear_gain + at.order_min_cost
    return orders[0] if clear else orders[int(np.argmin(costs))]


def mean_residual(x: Samples, y: Samples, fitted: ColourMap) -> float:
    """Return the mean absolute residual of a fit in units of ``x``: each channel's divided by its summed absolute weights."""
    size = np.maximum(np.abs(fitted.matrix).sum(1), _TINY)
    return float(np.mean(np.abs(y - (x @ fitted.matrix.T + fitted.offset)) / size))


def fit(
    x: Samples,
    y: Samples,
    image: PerSample,
    *,
    weights: PerSample | None = None,
    images: int = 0,
    slack: float | None = None,
) -> ColourMap:
    """Fit the simplest map that explains ``y`` by ``x``; ``image`` (n,) says which image a sample is from.

    Plain comes first, then a full matrix, then one plain map per image; a richer map has to leave a clearly
    smaller share of the residual and to lower it by more than ``slack`` (units of ``x``; ``colour_slack_levels`` if not given).
    """
    at = thresholds.now().model
    slack = at.colour_slack_levels if slack is None else slack
    best = fit_plain(x, y, weights)
    residual = mean_residual(x, y, best)
    if residual <= slack:
        return best
    full = fit_matrix(x, y, weights)
    own, own_residual = _fit_each(x, y, image, weights, images, best)
    full_residual = mean_residual(x, y, full)
    enough = min(at.colour_richer_residual_share * residual, residual - slack)
    if full_residual < enough and full_residual <= own_residual + slack:
        return full
    return own if own is not None and own_residual < enough else best


def fit_each(
    x: Samples, y: Samples, image: PerSample, weights: PerSample | None, images: int, best: ColourMap
) -> ColourMap:
    """Fit one plain map per image; an image without samples gets ``best``."""
    own, _ = _fit_each(x, y, image, weights, images, best)
    return best if own is None else own


def _fit_each(
    x: Samples, y: Samples, image: PerSample, weights: PerSample | None, images: int, best: ColourMap
) -> tuple[ColourMap | None, float]:
    present = np.unique(image)
    if len(present) < 2:
        return None, np.inf
    each: dict[int, ColourMap] = {}
    residuals = []
    for i in present:
        pick = image == i
        each[int(i)] = fit_plain(x[pick], y[pick], None if weights is None else weights[pick], best.order)
        residuals.append(mean_residual(x[pick], y[pick], each[int(i)]))
    maps = tuple(each.get(i, best) for i in range(max(images, int(present.max()) + 1)))
    own = ColourMap(kind="per_image", matrix=best.matrix, offset=best.offset, each=maps)
    return own, float(np.mean(residuals))


def explained(x: Samples, y: Samples) -> float:
    """Return the share of the variance of ``y`` that a linear map of ``x`` explains (0 to 1); NaN for a flat ``y``.

    It is the coefficient of determination of a multivariate linear regression, channels added up before the ratio.

    >>> x = np.array([[0.0], [1.0], [5.0]])
    >>> round(explained(x, 2 * x + 7), 6)
    1.0
    """
    width = x.shape[1]
    mean, off = least_squares.centred(x, y)
    normal = off @ off.T
    total = float(np.trace(normal[width:, width:]))
    least = thresholds.now().model.flat_max_variance_share
    if total <= least * max(1.0, total + len(x) * float((mean[width:] ** 2).sum())):
        return float("nan")
    shared = normal[:width, width:]
    return float(np.trace(shared.T @ least_squares.pseudo_inverse(normal[:width, :width]) @ shared)) / total


def unexplained(x: Samples, y: Samples) -> float:
    """Return the mean absolute residual of a linear map of ``x`` to ``y``, in units of ``x``.

    Each channel of ``y`` is scaled to the standard deviation of ``x`` first: a gain does not count.
    """
    width, count = x.shape[1], len(x)
    mean, off = least_squares.centred(x, y)
    normal = off @ off.T
    residual = (
        off[width:] - (least_squares.pseudo_inverse(normal[:width, :width]) @ normal[:width, width:]).T @ off[:width]
    )
    spread_x = np.sqrt(np.trace(normal[:width, :width]) / (count * width) + mean[:width].var())
    spread_y = np.sqrt(np.diag(normal)[width:] / count)
    return float(np.mean(np.abs(residual).mean(1) * spread_x / np.maximum(spread_y, 1e-12)))
