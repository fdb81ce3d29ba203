"""Read the reference's own constants from the lattice of its values: 8-bit pictures have 256 levels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.model import colours, constants
from pixelparity.diagnosis.model.colours import RGB_CHANNELS, ColourMap
from pixelparity.diagnosis.model.constants import Norm

Array = NDArray[Any]
Pictures = tuple[Array, ...]
#: Half the step between two bytes: a value further off than that is rounded to another one.
_HALF_LEVEL = 0.5


def base_of(content: Pictures, bounds: tuple[float, float] | None) -> ColourMap:
    """Return the map from pixels 0..255 to the reference's values: known constants that fit its values, or its extremes.

    The values of 8-bit pictures lie on a lattice whose step and offset give the constants away; values that are not on one
    are held against the range that each set of constants allows, and against the declared range.
    """
    width = content[0].shape[2]
    samples = np.concatenate([c[::3, ::3].reshape(-1, width)[:4000] for c in content])
    samples = np.asfortranarray(samples, dtype=np.float64)
    found: list[tuple[float, int, Norm]] = []
    for mean, std in _usual(width):
        one = constants.norm(mean, std)
        cost = _unlikely(samples, one, bounds)
        if cost is not None:
            found.append((cost, len(found), one))
    if found:
        best = min(found)[2]
        return colours.plain(range(width), np.array(best.gain), np.array(best.offset), width)
    low, high = (samples.min(), samples.max()) if bounds is None else bounds
    gain = max(high - low, 1e-12) / 255
    return colours.plain(range(width), np.full(width, gain), np.full(width, low), width)


def _usual(width: int) -> list[tuple[Array, Array]]:
    out = []
    for known in constants.NAMED:
        mean, std = np.array(known.mean), np.array(known.std)
        if width == RGB_CHANNELS:
            out.append((mean, std))
            if len(set(known.mean)) > 1 or len(set(known.std)) > 1:
                out.append((mean[::-1], std[::-1]))
        elif len(set(known.mean)) == 1 and len(set(known.std)) == 1:
            out.append((np.full(width, mean[0]), np.full(width, std[0])))
    return out


def _unlikely(samples: Array, one: Norm, bounds: tuple[float, float] | None) -> float | None:
    """Return how little constants suit the samples (0 is perfect), or nothing where they cannot be."""
    gain, offset, at = np.array(one.gain), np.array(one.offset), thresholds.now().finals
    pixel = (samples.T - offset[:, None]) / gain[:, None]  # along channels: a loop over three is slow
    if pixel.min() < -at.pixel_reach_levels or pixel.max() > 255 + at.pixel_reach_levels:
        return None
    if np.ptp(pixel) < at.pixel_min_range_levels:
        return None
    outside = float(np.mean((pixel < -_HALF_LEVEL) | (pixel > 255 + _HALF_LEVEL)))
    off_lattice = float(np.mean(np.abs(pixel - np.round(pixel))))
    declared = 0.0
    if bounds is not None:
        ends = sorted([float(offset.min()), float((255 * gain + offset).max())])
        span = max(bounds[1] - bounds[0], 1e-12)
        declared = min(1.0, (abs(ends[0] - bounds[0]) + abs(ends[1] - bounds[1])) / span * at.declared_weight)
    # Off a lattice every distance is 0.25 on average: then range alone speaks.
    narrow = max(0.0, 1 - float(np.ptp(pixel)) / at.narrow_range_levels)
    return declared + at.lattice_weight * off_lattice + at.outside_weight * outside + narrow
