"""How far two clean sides may lie apart: the noise floor of each kind of stage, in levels of 1/255 of the pixel range.

The figures were measured by ``benchmarks/noise.py``; docs/noise.md has its table. A level is what one step of an 8-bit
pixel is worth in the units of the tensor: 1 before a scale, 1/255 after it, 1/(255 std) after normalising.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pixelparity.stages import Stage


@dataclass(frozen=True, kw_only=True)
class Floor:
    """What passes for noise: ``peak`` levels for all but a ``share`` of the values, and ``mean`` levels on average."""

    peak: float
    mean: float
    share: float
    reason: str


#: Files decoded by libjpeg-turbo in OpenCV, Pillow and DALI are equal bit for bit; one level is left for other builds.
DECODE = Floor(peak=1.0, mean=0.1, share=0.001, reason="decoders built on libjpeg-turbo are equal within 1 level")
#: OpenCV against DALI: mean 0.12, largest 1. Pillow against DALI: mean 0.15, more than 1 level in the border only.
RESIZE = Floor(
    peak=1.5, mean=0.25, share=0.01, reason="equal resamplings of OpenCV, Pillow and DALI differ by rounding and border"
)
_EARLY = ("input", "decode", "orient", "colour")


def floor(stage: Stage, *, resampled: bool) -> Floor:
    """Return the noise floor of a stage; ``resampled`` says whether a resize (or an unknown step) came before it."""
    return RESIZE if resampled or stage.step not in _EARLY else DECODE


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
    """Return what 1/255 of the pixel range is in the stage's units; ``low`` and ``high`` as for :func:`extent`."""
    first, last = extent(stage, low, high)
    return (last - first) / 255


#: Levels within which two tensors are equal: float32 arithmetic in another order.
EQUAL = 0.02
#: Mean levels below which no cause is named: less than the rounding of every tenth value.
QUIET = 0.1
