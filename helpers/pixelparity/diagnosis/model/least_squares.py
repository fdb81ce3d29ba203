"""The normal equations of linear least squares between channels: means, products about them, and a safe inverse."""

from __future__ import annotations

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import RGB_CHANNELS, Array, Matrix, PerSample, Samples


def centred(x: Samples, y: Samples, weights: PerSample | None = None) -> tuple[Array, Array]:
    """Return the means (channels,) and what is off them (channels, n) of both sides' channels, float64, one side's first.

    Channels come first: sums along them are several times faster than across them.
    """
    both = np.empty((x.shape[1] + y.shape[1], len(x)))
    both[: x.shape[1]], both[x.shape[1] :] = x.T, y.T
    mean = both.mean(1) if weights is None else both @ (weights / weights.sum())
    both -= mean[:, None]
    return mean, both


def _by_cofactors(normal: Array) -> Matrix | None:
    """Return the inverse of a symmetric 3 x 3 matrix by its cofactors, or nothing where it is nearly singular."""
    at = thresholds.now().model
    (a, d, e), (_, b, f), (_, _, c) = normal.tolist()
    aa, ad, ae = b * c - f * f, e * f - c * d, d * f - b * e
    determinant = a * aa + d * ad + e * ae
    if not determinant > at.cofactor_min_determinant_share * a * b * c > 0:
        return None
    if min(a, b, c) < at.cofactor_min_variance_share * max(a, b, c):
        return None
    bb, bf, cc = a * c - e * e, d * e - a * f, a * b - d * d
    inverse: Matrix = np.array([[aa, ad, ae], [ad, bb, bf], [ae, bf, cc]]) / determinant
    return inverse


def pseudo_inverse(normal: Array) -> Matrix:
    """Return the Moore-Penrose pseudo-inverse of a symmetric matrix: the channels of a grey picture are collinear.

    >>> pseudo_inverse(np.ones((2, 2))).round(6).tolist()
    [[0.25, 0.25], [0.25, 0.25]]
    """
    if normal.shape == (RGB_CHANNELS, RGB_CHANNELS) and (made := _by_cofactors(normal)) is not None:
        return made
    values, vectors = np.linalg.eigh(normal)
    kept = values > thresholds.now().model.matrix_min_eigenvalue_share * values[-1]
    inverse: Matrix = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    return inverse
