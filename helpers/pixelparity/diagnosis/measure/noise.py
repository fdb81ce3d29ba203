"""How far two clean sides may lie apart: the noise floor of each kind of stage, in levels of 1/255 of the pixel range.

The figures are in :mod:`pixelparity.diagnosis.thresholds.noise`, their table in docs/noise.md. A level is what one
step of an 8-bit pixel is worth in the units of the tensor: 1 before a scale, 1/255 after it, 1/(255 std) after normalising.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.stages import Stage

#: Steps before which nothing was resampled: only decoders differ.
_EARLY = ("input", "decode", "orient", "colour")


@dataclass(frozen=True, kw_only=True)
class Floor:
    """What passes for noise: ``peak`` levels for all but a ``share`` of the values, and ``mean`` levels on average."""

    peak: float
    mean: float
    share: float
    reason: str


def floor(stage: Stage, *, resampled: bool) -> Floor:
    """Return the noise floor of a stage; ``resampled`` says whether a resize (or an unknown step) came before it."""
    return resize_floor() if resampled or stage.step not in _EARLY else decode_floor()


def decode_floor() -> Floor:
    """Return the noise floor of decoded pictures."""
    at = thresholds.now().noise
    reason = "decoders built on libjpeg-turbo are equal within 1 level"
    return Floor(peak=at.decode_peak_levels, mean=at.decode_mean_levels, share=at.decode_share, reason=reason)


def resize_floor() -> Floor:
    """Return the noise floor of what was resampled."""
    at = thresholds.now().noise
    reason = "equal resamplings of OpenCV, Pillow and DALI differ by rounding and border"
    return Floor(peak=at.resize_peak_levels, mean=at.resize_mean_levels, share=at.resize_share, reason=reason)


def extent(stage: Stage, low: float, high: float) -> tuple[float, float]:
    """Return the pixel range in the stage's units: that of bytes, or the declared one; ``low`` to ``high`` where none is.

    ``low`` and ``high`` are the extremes of the stage's values over all pictures. What has no width is 255 wide.
    """
    if stage.dtype == "uint8":
        return 0.0, 255.0
    if stage.value_range is not None and np.isfinite(stage.value_range).all():
        low, high = map(float, stage.value_range)
    return (low, high) if high > low else (low, low + 255.0)


def level(stage: Stage, low: float, high: float) -> float:
    """Return what 1/255 of the pixel range is in the stage's units; ``low`` and ``high`` as for :func:`extent`.

    >>> level(Stage(name="scale", dtype="float32", value_range=(0.0, 1.0)), 0.1, 0.9) == 1 / 255
    True
    """
    first, last = extent(stage, low, high)
    return (last - first) / 255
