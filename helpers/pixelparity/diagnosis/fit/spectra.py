"""Tell kernels apart from two tensors alone, by the cross-spectrum that they leave.

Power spectra are Welch's ("The use of fast Fourier transform for the estimation of power spectra", IEEE Trans. Audio
Electroacoust. 15, 1967): Hann windows that overlap by half, averaged.

Both tensors are the same picture, resampled by the same factor ``s`` with two kernels. A kernel with continuous response
``H`` lets through ``H(p)`` of the source's frequency ``p`` (cycles per source pixel), and sampling folds ``p`` onto the output
frequency ``p * s`` modulo 1. Folding adds what the two kernels let through differently, so that for each pair of kernels and
each factor the ratio of the power spectra (gain) and the coherence follow from theory, up to the source's own spectrum, which
is taken as a power law. The pair, and per picture the factor, that fit best are looked up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import Array, Matrix, Plane
from pixelparity.diagnosis.model.resampling import HALF_WIDTH, Resampling, weight
from pixelparity.errors import InputError

#: Pixels per segment of the periodogram: a compromise of resolution and of segments in a picture of 224 pixels.
BLOCK = 48
#: Pixels across the axis that are averaged first.
_STRIP = 8
#: Output frequencies used, cycles per pixel: the lowest tell nothing.
BINS = np.arange(3, BLOCK // 2 + 1)
FACTORS = np.exp(np.linspace(np.log(1.05), np.log(8.0), 36))
SLOPES = (1.0, 1.6, 2.2, 2.8)
CANDIDATES = (
    Resampling(shape="linear"),
    Resampling(shape="linear", antialias=True),
    Resampling(shape="nearest"),
    Resampling(shape="cubic75"),
    Resampling(shape="cubic"),
    Resampling(shape="cubic", antialias=True),
    Resampling(shape="area"),
    Resampling(shape="lanczos3", antialias=True),
    Resampling(shape="lanczos3"),
)


@dataclass(frozen=True, kw_only=True)
class Spectrum:
    """What two tensors leave per frequency of :data:`BINS`, (bins,) each.

    ``gain`` is the deployed amplitude over the reference's, ``coherence`` the real part of the normalised cross-spectrum
    (-1..1), ``trust`` how far a bin stands above the noise (0..1).
    """

    gain: Array
    coherence: Array
    trust: Array


def cross_spectrum(reference: Plane, deployed: Plane, axis: int, noise: float) -> Spectrum | None:
    """Return the spectrum along an axis of two grey pictures of one shape, or nothing where they are too small.

    The other axis is averaged over eight pixels first, so that folding along it does not count. ``noise`` is the variance
    that rounding adds to each side, in squared units of the pictures. Raises ``InputError`` for
    unlike shapes.
    """
    if reference.shape != deployed.shape:
        shapes = " and ".join(f"{x.shape[0]} x {x.shape[1]}" for x in (reference, deployed))
        raise InputError(f"the spectra of pictures of {shapes} pixels are not compared; cut both to one shape")
    a, b = (x if axis == 1 else x.T for x in (reference, deployed))
    rows = a.shape[0] // _STRIP
    if rows < 2 or a.shape[1] < BLOCK:
        return None
    a, b = (x[: rows * _STRIP].reshape(rows, _STRIP, -1).mean(1) for x in (a, b))
    window = np.hanning(BLOCK)
    starts = range(0, a.shape[1] - BLOCK + 1, BLOCK // 2)
    fa, fb = (np.concatenate([np.fft.rfft(_windowed(x[:, s : s + BLOCK], window)) for s in starts]) for x in (a, b))
    pa, pb = (np.mean(np.abs(f) ** 2, 0)[BINS] for f in (fa, fb))
    cross = np.mean(fa * np.conj(fb), 0).real[BINS]
    floor = noise / _STRIP * float((window**2).sum())
    return Spectrum(
        gain=np.sqrt(pb / np.maximum(pa, 1e-12)),
        coherence=cross / np.sqrt(np.maximum(pa * pb, 1e-24)),
        trust=_trust(np.minimum(pa, pb) / max(floor, 1e-12)),
    )


def _trust(over_noise: Array) -> Array:
    at = thresholds.now().fit
    return np.clip(over_noise / at.spectrum_noise_ratio - at.spectrum_trust_offset, 0, 1)


def _windowed(x: Array, window: Array) -> Array:
    windowed: Array = (x - x.mean(1, keepdims=True)) * window
    return windowed


@lru_cache(maxsize=64)
def _response(shape: str) -> tuple[Array, Array]:
    """Return frequencies and the continuous response of a kernel of unit width, by numerical integration."""
    frequencies = np.linspace(0, 8, 1601)
    if shape in ("area", "nearest"):
        return frequencies, np.sinc(frequencies)
    if shape == "linear":
        return frequencies, np.sinc(frequencies) ** 2
    reach = HALF_WIDTH[shape]
    x = (np.arange(4000) + 0.5) / 4000 * reach
    values = weight(shape, x)
    table = 2 * (values[None] * np.cos(2 * np.pi * frequencies[:, None] * x[None])).mean(1) * reach
    return frequencies, table / table[0]


def _passed(how: Resampling, source: Array, factor: float) -> Array:
    """Return what a kernel lets through of source frequencies when it shrinks by a factor."""
    wide = how.antialias or how.shape == "area"
    frequencies, table = _response(how.shape)
    return np.interp(np.abs(source) * (factor if wide else 1.0), frequencies, table, right=0.0)


@lru_cache(maxsize=1)
def _theory() -> tuple[Array, Array]:
    """Return log gain and coherence of all pairs of kernels, shape (kernels, kernels, options, bins).

    Options are factors and slopes.
    """
    gains, coherences = [], []
    for factor in FACTORS:
        output = BINS / BLOCK
        folds = np.arange(-int(2 * factor) - 1, int(2 * factor) + 2)
        source = (output[:, None] + folds[None]) / factor
        base = np.abs((source + 0.5) % 1.0 - 0.5)
        passed = np.stack([_passed(how, source, float(factor)) for how in CANDIDATES])
        for slope in SLOPES:
            power = 1 / (base**2 + 0.01**2) ** (slope / 2)
            cross = np.einsum("abf,cbf,bf->acb", passed, passed, power)
            own = np.sqrt(np.einsum("aab->ab", cross))
            gains.append(np.log(own[None] / own[:, None]))
            coherences.append(cross / (own[None] * own[:, None]))
    return np.stack(gains, axis=2), np.stack(coherences, axis=2)


def costs(seen: Sequence[Spectrum]) -> Matrix:
    """Return how badly each pair of kernels fits, (kernels, kernels): mean squared deviations, each picture at its best factor.

    Deviations are damped as Geman and McClure's robust estimator does; without spectra every cost is nought.
    """
    at = thresholds.now().fit
    gains, coherences = _theory()
    total = np.zeros(gains.shape[:2])
    for spectrum in seen:
        off = ((np.log(np.maximum(spectrum.gain, 1e-6)) - gains) / at.spectrum_gain_log) ** 2
        off += ((spectrum.coherence - coherences) / at.spectrum_coherence) ** 2
        off = off / (1 + off / at.spectrum_outlier_cost)
        total += ((off @ spectrum.trust) / max(spectrum.trust.sum(), 1e-9)).min(2)
    return total / max(len(seen), 1)


def rank_kernels(seen: Sequence[Spectrum]) -> list[tuple[float, Resampling, Resampling]]:
    """Return (cost, reference kernel, deployed kernel) of all pairs of kernels, best first."""
    found = costs(seen)
    pairs = [(float(found[i, j]), a, b) for i, a in enumerate(CANDIDATES) for j, b in enumerate(CANDIDATES)]
    return sorted(pairs, key=lambda entry: entry[0])
