"""How far two clean sides may lie apart."""

from __future__ import annotations

from dataclasses import dataclass

from pixelparity.diagnosis.thresholds.entry import number

_BENCH = "python -m benchmarks.noise; docs/noise.md has its table"


@dataclass(frozen=True, kw_only=True)
class Noise:
    """The noise floor of each kind of stage, in levels: a level is 1/255 of the pixel range in the tensor's units."""

    decode_peak_levels: float = number(
        1.0, "levels", f"libjpeg-turbo in OpenCV, Pillow and DALI is equal bit for bit: {_BENCH}"
    )
    decode_mean_levels: float = number(
        0.1, "levels, mean", "as decode_peak_levels; left for other builds of libjpeg-turbo"
    )
    decode_share: float = number(0.001, "share of values", "values that may lie further apart than decode_peak_levels")
    resize_peak_levels: float = number(
        1.5, "levels", f"OpenCV against DALI: largest 1; Pillow in the border only: {_BENCH}"
    )
    resize_mean_levels: float = number(
        0.25, "levels, mean", f"OpenCV against DALI 0.12, Pillow against DALI 0.15: {_BENCH}"
    )
    resize_share: float = number(
        0.01, "share of values", f"values that may lie further apart than resize_peak_levels: {_BENCH}"
    )
    equal_levels: float = number(0.02, "levels", "float32 arithmetic in another order")
    quiet_levels: float = number(
        0.1, "levels, mean", "no cause is named below it: less than the rounding of every tenth value"
    )
