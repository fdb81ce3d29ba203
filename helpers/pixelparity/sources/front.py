"""The front of a model: what its own graph does to a picture before the network begins, as steps of a recipe.

Readers of models (ONNX, OpenVINO) walk from the input and tell a :class:`Front` what each operator does; it knows at every
point which axis is which, what type the numbers have and between which bounds they lie. Layout is what the shapes and the
network's first operator say, never guessed from values.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.recipes import Cast, Colour, Crop, Layout, Normalize, Pad, Resize, Step

Bounds = tuple[float, float]
#: The most numbers that a constant of preprocessing may have: one per channel, not one per pixel.
MOST_NUMBERS = 4096
#: Exporters write the end of an axis as a number of at least this size.
FAR = 2**31
FLOATS = ("float16", "bfloat16", "float32", "float64")
#: Where a step stands that the model leaves to whoever calls it.
CALLER = "the caller; what else it does to a picture stands in no model"
_FED = "the model does not say in which order it is fed: RGB is taken for it"
#: Both orders of axes of a batch of pictures, and of one picture.
ORDERS = {4: ("NCHW", "NHWC"), 3: ("CHW", "HWC")}


class NoPreprocessing(UnsupportedStep):
    """A model does nothing to a picture before its network."""


@dataclass(frozen=True, kw_only=True)
class Front:
    """The picture on its way through a model's first operators.

    ``axes`` are letters of N, H, W and C, one per axis of ``shape``, whose lengths may be unknown. ``bounds`` are the least
    and the largest value that a number may have, where that follows from its type. ``steps`` are the operators so far,
    ``fed`` what has to be done before the model, ``window`` the edges that the last crop cut.
    """

    axes: str
    shape: tuple[int | None, ...]
    dtype: str
    channels: str = "RGB"
    bounds: Bounds | None = None
    fed: tuple[Step, ...] = ()
    steps: tuple[Step, ...] = ()
    window: str = ""

    def length(self, letter: str) -> int | None:
        """Return the length of an axis, where it is known."""
        return self.shape[self.axes.index(letter)]

    def adding(self, *steps: Step, **changes: Any) -> Front:
        """Return the front with further steps."""
        return replace(self, steps=(*self.steps, *steps), **changes)

    def affine(self, sign: str, constant: NDArray[Any], origin: str, *, first: bool = False) -> Front:
        """Add ``x + c``, ``x - c``, ``x * c`` or ``x / c``; ``first`` means that the constant comes first, as in ``c - x``.

        Raises ``UnsupportedStep`` for numbers of a whole type, whose arithmetic wraps round, and for ``c / x``.
        """
        if self.dtype not in FLOATS:
            raise UnsupportedStep(f"{origin} computes in {self.dtype}, where numbers wrap round")
        if first and sign == "/":
            raise UnsupportedStep(f"{origin} divides a constant by the picture, which is no normalisation")
        values = self._per_channel(constant, origin)
        made = _normalize(sign, values, origin, first=first)
        return self.adding(*made, bounds=_moved(self.bounds, made))

    def _per_channel(self, constant: NDArray[Any], origin: str) -> tuple[float, ...]:
        """Return a constant's numbers, one or one per channel; raise ``UnsupportedStep`` for one that goes along another axis."""
        if constant.ndim > len(self.axes) or constant.size > MOST_NUMBERS:
            raise UnsupportedStep(f"{origin} has a constant of shape {list(constant.shape)}, not one per channel")
        axes = self.axes[len(self.axes) - constant.ndim :]
        wide = {letter for letter, length in zip(axes, constant.shape, strict=True) if length != 1}
        if not wide <= {"C"} or not constant.size:
            raise UnsupportedStep(f"{origin} has a constant of shape {list(constant.shape)}, not one per channel")
        if "C" in wide and self.length("C") not in (None, constant.size):
            raise InputError(f"{origin} has {constant.size} constants where there are {self.length('C')} channels")
        return plain(constant)

    def transposed(self, order: Sequence[int], origin: str) -> Front:
        """Add a transposition; the batch has to stay first."""
        if sorted(order) != list(range(len(self.axes))):
            raise InputError(f"{origin} has the order {list(order)} for {len(self.axes)} axes")
        axes = "".join(self.axes[place] for place in order)
        if "N" in axes[1:]:
            raise UnsupportedStep(f"{origin} moves the axis of the batch")
        shape = tuple(self.shape[place] for place in order)
        if axes == self.axes:
            return self
        step = Layout(source=self.axes.replace("N", ""), target=axes.replace("N", ""), origin=origin)
        return self.adding(step, axes=axes, shape=shape)

    def swapped(self, origin: str) -> Front:
        """Add a reversal of the three channels."""
        if self.length("C") not in (None, 3):
            raise UnsupportedStep(f"{origin} reverses {self.length('C')} channels, which has no name")
        other = {"RGB": "BGR", "BGR": "RGB"}[self.channels]
        told = any(step.kind in ("colour", "decode") for step in (*self.fed, *self.steps))
        step = Colour(source=self.channels, target=other, origin=origin if told else f"{origin}; {_FED}")
        if not told:
            step = replace(step, defaulted=frozenset(("source", "target")))
        return self.adding(step, channels=other)

    def cast(self, dtype: str, origin: str) -> Front:
        """Add a change of the number type; fractions are cut off, as in C, where their sign is known."""
        if dtype == self.dtype:
            return self
        if dtype in FLOATS:
            return self.adding(Cast(dtype=dtype, origin=origin), dtype=dtype)
        if self.dtype in FLOATS and (self.bounds is None or not 0 <= self.bounds[0] <= self.bounds[1] <= 255):
            raise UnsupportedStep(f"{origin} makes {dtype} of numbers that may be negative or too large for it")
        if dtype not in ("uint8", "int16", "int32", "int64"):
            raise UnsupportedStep(f"{origin} makes {dtype}, which no picture is fed in")
        return self.adding(Cast(dtype=dtype, rounding="floor", origin=origin), dtype=dtype)

    def clipped(self, low: float, high: float, origin: str) -> Front:
        """Pass over a limit that no number can reach; raise ``UnsupportedStep`` for one that may change numbers."""
        if self.bounds is not None and low <= self.bounds[0] and self.bounds[1] <= high:
            return self
        raise UnsupportedStep(f"{origin} limits numbers to {low:g}..{high:g}, which may change them: no step says so")

    def cut(self, letter: str, start: int, stop: int, origin: str) -> Front:
        """Add a crop of one axis from ``start`` to ``stop``; its length has to be known."""
        length = self.length(letter)
        if length is None or letter not in "HW":
            raise UnsupportedStep(f"{origin} cuts an axis ({letter}) whose length is not known or that is no edge")
        if not 0 <= start < stop <= length:
            raise InputError(f"{origin} cuts {start}..{stop} out of {length}")
        if stop - start == length:
            return self
        window = {side: self.length(side) for side in "HW"} | {letter: stop - start}
        if None in window.values():
            raise UnsupportedStep(f"{origin} cuts a picture whose size is not known")
        share = start / (length - (stop - start))
        step = Crop(
            height=window["H"], width=window["W"], anchor=(share, 0.0) if letter == "H" else (0.0, share),
            rounding="round", out_of_bounds="error", origin=origin,
        )  # fmt: skip
        last = self.steps[-1] if self.steps else None
        if isinstance(last, Crop) and letter not in self.window:  # the other edge of the same window
            anchor = (last.anchor[0] + step.anchor[0], last.anchor[1] + step.anchor[1])
            rest = replace(self, steps=self.steps[:-1])
            step = replace(
                step, anchor=anchor, origin=last.origin if last.origin == origin else f"{last.origin}, {origin}"
            )
            return rest.adding(step, shape=self._with(letter, stop - start), window=self.window + letter)
        return self.adding(step, shape=self._with(letter, stop - start), window=letter)

    def sliced(self, letter: str, start: int, stop: int, step: int, origin: str) -> Front:
        """Add a slice of one axis as numpy writes it: a reversal of the channels, or a crop of an edge."""
        length = self.length(letter)
        to_end = stop >= FAR - 1 or (length is not None and stop >= length)
        if letter == "C" and step == -1 and (start in (-1, 2) or start >= FAR - 1) and stop < -3:
            return self.swapped(origin)
        if step == 1 and start == 0 and to_end:
            return self
        if step != 1 or letter not in "HW":
            raise UnsupportedStep(f"{origin} takes {start}:{stop}:{step} of the axis {letter}")
        if length is None:
            raise UnsupportedStep(f"{origin} cuts an edge whose length is not known")
        first, last = (max(0, place + length) if place < 0 else min(place, length) for place in (start, stop))
        return self.cut(letter, first, last, origin)

    def padded(self, before: dict[str, int], after: dict[str, int], value: float, origin: str) -> Front:
        """Add a border of ``before`` and ``after`` pixels for H and W; it has to be centred, or below and to the right."""
        sizes = {letter: self.length(letter) for letter in "HW"}
        if None in sizes.values():
            raise UnsupportedStep(f"{origin} pads a picture whose size is not known")
        totals = {letter: before[letter] + after[letter] for letter in "HW"}
        corner = not any(before.values())
        if not corner and any(before[letter] != totals[letter] // 2 for letter in "HW"):
            raise UnsupportedStep(f"{origin} pads neither all round nor below and to the right")
        height, width = ((sizes[letter] or 0) + totals[letter] for letter in "HW")
        step = Pad(
            height=height, width=width, position="top_left" if corner else "centre", fill=(value,), origin=origin
        )
        bounds = None if self.bounds is None else (min(self.bounds[0], value), max(self.bounds[1], value))
        return replace(self.adding(step, bounds=bounds), shape=self._with("H", height, self._with("W", width)))

    def resized(self, step: Resize) -> Front:
        """Add a resize; its size is known afterwards where it stretches."""
        shape = tuple(
            {"H": step.height, "W": step.width}.get(letter, length) if step.mode == "stretch" else
            (None if letter in "HW" else length)
            for letter, length in zip(self.axes, self.shape, strict=True)
        )  # fmt: skip
        bounds = self.bounds if step.kernel in ("nearest", "linear") else None
        return self.adding(step, shape=shape, bounds=bounds)

    def _with(self, letter: str, length: int, shape: tuple[int | None, ...] | None = None) -> tuple[int | None, ...]:
        shape = self.shape if shape is None else shape
        return tuple(length if a == letter else old for a, old in zip(self.axes, shape, strict=True))


def begin(axes: str, shape: tuple[int | None, ...], dtype: str, channels: str = "RGB") -> Front:
    """Return the front at the model's input: what the caller has to make of a decoded picture stands in ``fed``.

    ``channels`` is the order that the model declares for what it is fed; RGB where it declares none.
    """
    own = axes.replace("N", "")
    fed: tuple[Step, ...] = () if own == "HWC" else (Layout(source="HWC", target=own, origin=CALLER),)
    if channels != "RGB":
        fed = (Colour(source="RGB", target=channels, origin=CALLER), *fed)
    if dtype != "uint8":
        fed = (*fed, Cast(dtype=dtype, origin=CALLER))
    return Front(
        axes=axes,
        shape=shape,
        dtype=dtype,
        channels=channels,
        bounds=(0.0, 255.0) if dtype == "uint8" else None,
        fed=fed,
    )


def orders(shape: tuple[int | None, ...]) -> tuple[str, ...]:
    """Return the orders of axes that a shape allows: one where only one place has the length of channels, else both."""
    known = ORDERS.get(len(shape), ())
    fitting = tuple(order for order in known if shape[order.index("C")] in (1, 3))
    open_ended = tuple(order for order in known if shape[order.index("C")] is None)
    return fitting if len(fitting) == 1 else fitting or open_ended


def plain(constant: NDArray[Any]) -> tuple[float, ...]:
    """Return numbers as they were written: the shortest decimal that is the same in float32; smaller types as they are."""
    flat = constant.reshape(-1)
    return tuple(float(str(value)) if flat.dtype in (np.float32, np.float64) else float(value) for value in flat)


def _normalize(sign: str, values: tuple[float, ...], origin: str, *, first: bool) -> tuple[Step, ...]:
    if not all(map(math.isfinite, values)) or (sign in "*/" and 0.0 in values):
        raise InputError(f"{origin} has the constant {list(values)}, which leaves nothing of a picture")
    values = values[:1] if len(set(values)) == 1 else values
    if sign == "/":
        return (Normalize(std=values, origin=origin),)
    if sign == "*":
        if len(values) == 1:
            return (Normalize(scale=values[0], origin=origin),)
        return (Normalize(std=tuple(1 / value for value in values), origin=origin),)
    if sign == "-" and first:
        return (Normalize(scale=-1.0, mean=tuple(-value for value in values), origin=origin),)
    return (Normalize(mean=values if sign == "-" else tuple(-value for value in values), origin=origin),)


def _moved(bounds: Bounds | None, steps: Sequence[Step]) -> Bounds | None:
    if bounds is None:
        return None
    for step in steps:
        assert isinstance(step, Normalize)
        count = max(len(step.mean), len(step.std))
        pairs = [(step.mean[i % len(step.mean)], step.std[i % len(step.std)]) for i in range(count)]
        ends = [(end * step.scale - mean) / std for end in bounds for mean, std in pairs]
        bounds = (min(ends), max(ends))
    return bounds
