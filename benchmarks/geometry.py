"""Where the pixels of the deployed side come from: sizes, regions and offsets, computed per picture in integers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

Size = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """How a picture gets to the network's size.

    ``mode``: ``stretch`` to ``size``; ``shorter``: short edge to ``size[0]``; ``inside``: fit inside ``size``;
    ``cover``: cover it; ``capped``: short edge to ``size[0]`` but long edge at most ``size[1]``. ``region`` is what is
    resized: ``all``, the centred ``square``, or ``tight`` (a centred box, 1.25 times smaller). ``canvas`` is the final
    (height, width), ``None`` to keep the resized size; ``divisor`` rounds such a size up. ``position`` places the
    picture in the canvas.
    """

    mode: str
    size: Size
    region: str = "all"
    canvas: Size | None = None
    divisor: int = 1
    position: str = "centre"
    size_rounding: str = "floor"
    offset_rounding: str = "floor"


@dataclass(frozen=True, kw_only=True)
class Window:
    """One picture's numbers.

    The region of the source (top, left, height, width), the resized size, and the window cut out of (or laid around) the
    resized picture: its top-left corner, which may be negative, and its size.
    """

    region: tuple[int, int, int, int]
    resized: Size
    exact: tuple[float, float]
    corner: tuple[int, int]
    canvas: Size


def rounded(value: Fraction, how: str) -> int:
    """Return a whole number from an exact fraction: floor, ceil, half_up or half_even."""
    if how == "floor":
        return math.floor(value)
    if how == "ceil":
        return math.ceil(value)
    return round(value) if how == "half_even" else math.floor(value + Fraction(1, 2))


def window(geometry: Geometry, height: int, width: int) -> Window:
    """Return the numbers for one picture of the given height and width."""
    region = _region(geometry.region, height, width)
    exact = _exact_size(geometry, region[2], region[3])
    if geometry.size_rounding == "float32_floor":
        resized = _truncated_in_float32(geometry.size[0], region[2], region[3])
    else:
        resized = tuple(max(1, rounded(edge, geometry.size_rounding)) for edge in exact)
    canvas = geometry.canvas or tuple(-(-edge // geometry.divisor) * geometry.divisor for edge in resized)
    corner = tuple(_corner(geometry, resized[axis] - canvas[axis]) for axis in (0, 1))
    return Window(
        region=region,
        resized=(resized[0], resized[1]),
        exact=(float(exact[0]), float(exact[1])),
        corner=(corner[0], corner[1]),
        canvas=(canvas[0], canvas[1]),
    )


def _region(kind: str, height: int, width: int) -> tuple[int, int, int, int]:
    if kind == "square":
        side = min(height, width)
        return (height - side) // 2, (width - side) // 2, side, side
    if kind == "tight":
        h, w = int(height / 1.25), int(width / 1.25)
        return (height - h) // 2, (width - w) // 2, h, w
    return 0, 0, height, width


def _exact_size(geometry: Geometry, height: int, width: int) -> tuple[Fraction, Fraction]:
    target = geometry.size
    if geometry.mode == "stretch":
        return Fraction(target[0]), Fraction(target[1])
    if geometry.mode in ("inside", "cover"):
        pick = min if geometry.mode == "inside" else max
        scale = pick(Fraction(target[0], height), Fraction(target[1], width))
    else:
        scale = Fraction(target[0], min(height, width))
        if geometry.mode == "capped":
            scale = min(scale, Fraction(target[1], max(height, width)))
    return height * scale, width * scale


def _truncated_in_float32(short: int, height: int, width: int) -> tuple[int, ...]:
    """Compute a size as a scale in float32 and truncate: 256/166*166 becomes 255."""
    scale = np.float32(short) / np.float32(min(height, width))
    return tuple(int(scale * np.float32(edge)) for edge in (height, width))


def _corner(geometry: Geometry, excess: int) -> int:
    if geometry.position == "top_left":
        return 0
    if excess < 0:  # the picture is smaller than the canvas: round its offset, not the window's
        return -rounded(Fraction(-excess, 2), geometry.offset_rounding)
    return rounded(Fraction(excess, 2), geometry.offset_rounding)
