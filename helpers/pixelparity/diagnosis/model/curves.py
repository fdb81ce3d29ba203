"""Curves: maps of single levels that are no line, as a side model holds one between its pixels and its map of channels.

All take and give levels (0..255), so that the constants that follow keep their meaning: an integer division by 255 gives 0 or
255 here, and x / 255 after it gives 0 or 1. sRGB's curve is that of IEC 61966-2-1, section 5.2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pixelparity.diagnosis.arrays import Array, Levels

#: Curves that rise everywhere, and so can be undone: how a camera, a screen or a person changes tones.
TONES = ("gamma", "srgb_to_linear", "linear_to_srgb")
#: Where sRGB's curve turns from a line into a power, in 0..1 of the encoded and of the linear value.
_SRGB_KNEE, _LINEAR_KNEE = 0.04045, 0.0031308


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One curve: its ``kind``, and ``early``, which says that it is done before the resize.

    ``kind`` is one of :data:`TONES` (``value`` is the exponent of gamma), ``divided`` (whole multiples of ``value`` are left),
    ``wrapped`` (``value`` is added modulo 256, one number or one per channel), or ``clipped`` (to ``bounds``).

    >>> Curve(kind="divided", value=255.0).apply(np.array([0.0, 254.0, 255.0])).tolist()
    [0.0, 0.0, 255.0]
    >>> Curve(kind="wrapped", value=-123.0).apply(np.array([100.0, 123.0])).tolist()
    [233.0, 0.0]
    """

    kind: str
    value: float | tuple[float, ...] = 1.0
    bounds: tuple[float, float] = (0.0, 255.0)
    early: bool = False

    @property
    def number(self) -> float:
        """Return the value of a curve that has one for all channels."""
        return float(np.mean(self.value))

    @property
    def undoable(self) -> bool:
        """Say whether levels can be told from what the curve makes of them."""
        return self.kind in TONES or self.kind == "wrapped"

    def apply(self, levels: Array) -> Levels:
        """Return levels (..., channels) with the curve applied, float32."""
        x = np.asarray(levels, np.float32)
        if self.kind == "clipped":
            low, high = self.bounds
            return np.clip(x, np.float32(low), np.float32(high))
        if self.kind == "divided":
            # Whole levels divided by a whole number must not fall below the whole number that they make.
            steps = np.floor(x.astype(np.float64) / self.number + 1e-9)
            divided: Levels = (steps * self.number).astype(np.float32)
            return divided
        if self.kind == "wrapped":
            shift = np.asarray(self.value, np.float32)
            wrapped: Levels = np.mod(x + shift, np.float32(256))
            return wrapped
        return (255 * _toned(self, np.clip(x, 0, 255) / np.float32(255))).astype(np.float32)

    def undo(self, levels: Array) -> Levels:
        """Return the levels that the curve was applied to; what it destroys stays as it is."""
        if self.kind == "wrapped":
            return replace(self, value=tuple(-v for v in np.atleast_1d(self.value))).apply(levels)
        if self.kind not in TONES:
            return np.asarray(levels, np.float32)
        opposite = {"srgb_to_linear": "linear_to_srgb", "linear_to_srgb": "srgb_to_linear"}
        return Curve(kind=opposite.get(self.kind, "gamma"), value=1 / self.number).apply(levels)


def _toned(curve: Curve, x: Array) -> Array:
    """Return values 0..1 with a tone curve applied."""
    if curve.kind == "srgb_to_linear":
        return np.where(x <= _SRGB_KNEE, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    if curve.kind == "linear_to_srgb":
        return np.where(x <= _LINEAR_KNEE, x * 12.92, 1.055 * np.maximum(x, 0) ** (1 / 2.4) - 0.055)
    toned: Array = x ** np.float32(curve.number)
    return toned
