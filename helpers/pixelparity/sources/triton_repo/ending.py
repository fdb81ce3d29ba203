"""What a recipe's steps make of a picture (order of axes, size, type), held against what a config declares of a tensor."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pixelparity.errors import InputError
from pixelparity.recipes import Cast, Colour, Crop, Decode, Layout, Normalize, Pad, Resize, Step, Unknown
from pixelparity.sources.served.graph import Node, TensorSpec
from pixelparity.sources.triton_repo.following import without_batch

#: Triton's names of number types, by numpy's.
TYPES = {
    "uint8": "UINT8", "int8": "INT8", "int16": "INT16", "uint16": "UINT16", "int32": "INT32", "uint32": "UINT32",
    "int64": "INT64", "uint64": "UINT64", "float16": "FP16", "bfloat16": "BF16", "float32": "FP32", "float64": "FP64",
    "bool": "BOOL",
}  # fmt: skip
_COUNTS = {"RGB": 3, "BGR": 3, "YCbCr": 3, "GRAY": 1, "RGBA": 4, "BGRA": 4}
_ORDERS = {"NCHW": "CHW", "NHWC": "HWC"}


@dataclass(frozen=True, kw_only=True)
class Ending:
    """A picture after some steps; what is not known is empty or ``None``. ``within`` says that it may be smaller than that."""

    layout: str = "HWC"
    channels: str = "RGB"
    dtype: str = "uint8"
    height: int | None = None
    width: int | None = None
    within: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the lengths of the axes in their order, -1 where one is not known."""
        sized = {"H": self.height, "W": self.width} if not self.within else {}
        lengths = {**sized, "C": _COUNTS.get(self.channels)}
        return tuple(-1 if lengths.get(axis) is None else int(lengths[axis] or 0) for axis in self.layout)

    def __str__(self) -> str:
        return f"{self.dtype or 'numbers'} in {self.layout or 'an unknown order'}, {list(self.shape)}"


def ending(steps: Iterable[Step], start: Ending | None = None) -> Ending:
    """Return what some steps make of a decoded picture, or of ``start``; nothing is known behind a step without a meaning."""
    found = start or Ending()
    for step in steps:
        found = _after(found, step)
    return found


def _after(before: Ending, step: Step) -> Ending:
    if isinstance(step, Unknown):
        return Ending(layout="", channels="", dtype="")
    if isinstance(step, Decode):
        return replace(before, channels=step.channels)
    if isinstance(step, Colour):
        return replace(before, channels=step.target)
    if isinstance(step, Layout):
        return replace(before, layout=step.target.upper() if set(step.target.upper()) == set("HWC") else "")
    if isinstance(step, Cast):
        return replace(before, dtype=step.dtype if step.dtype in TYPES else "")
    if isinstance(step, Normalize):
        return replace(before, dtype="float32" if before.dtype == "uint8" else before.dtype)
    return _sized(before, step)


def _sized(before: Ending, step: Step) -> Ending:
    if isinstance(step, Resize):
        boxed = step.mode in ("stretch", "not_larger") and not step.oriented
        size = (step.height, step.width) if boxed else (None, None)
        return replace(before, height=size[0], width=size[1], within=step.mode == "not_larger")
    if isinstance(step, Crop):
        fixed = step.out_of_bounds != "trim"
        return replace(before, height=step.height, width=step.width, within=not fixed)
    if isinstance(step, Pad):
        return _padded(before, step)
    return before


def _padded(before: Ending, step: Pad) -> Ending:
    """Return a picture that was filled up: its size is known where it was, or where it fits into what it is filled up to."""
    lengths = []
    for length, least in ((before.height, step.height), (before.width, step.width)):
        fits = length is not None and least is not None and length <= least
        known = least if fits else length if not before.within else None
        lengths.append(None if known is None else math.ceil(known / step.divisor) * step.divisor)
    return replace(before, height=lengths[0], width=lengths[1], within=False)


def check(made: Ending, node: Node, spec: TensorSpec, maker: str) -> None:
    """Raise ``InputError`` where what ``maker`` puts out is another tensor than ``node`` is declared to have.

    Type, order of axes and each length that both sides name have to agree.
    """
    dims = without_batch(node, spec)
    order = _ORDERS.get(spec.format, "")
    named = f"{node.model!r} declares {spec.name!r} as {declared(spec)}"
    if made.dtype and spec.datatype and TYPES[made.dtype] != spec.datatype:
        raise InputError(f"{maker} makes {made}, and {named}: the types differ, so correct the one that is wrong")
    if made.layout and order and made.layout != order:
        raise InputError(
            f"{maker} makes {made}, and {named}: the orders of axes differ, so correct the one that is wrong"
        )
    if made.layout and dims and not agree(made.shape, dims):
        raise InputError(f"{maker} makes {made}, and {named}: the shapes differ, so correct the one that is wrong")


def agree(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Tell whether two shapes may be those of one tensor: -1 is any length."""
    return len(one) == len(other) and all(-1 in pair or pair[0] == pair[1] for pair in zip(one, other, strict=True))


def check_edge(maker: Node, made: TensorSpec, reader: Node, read: TensorSpec) -> None:
    """Raise ``InputError`` where two steps declare one tensor differently: Triton does not load such an ensemble."""
    types = made.datatype and read.datatype and made.datatype != read.datatype
    shapes = [(-1, *spec.dims) if node.max_batch_size else spec.dims for node, spec in ((maker, made), (reader, read))]
    # Triton's own rule: a model without batches may declare the axis of the batch among its dims, or leave it out.
    differ = made.dims and read.dims and not agree(made.dims, read.dims) and not agree(shapes[0], shapes[1])
    if types or differ:
        what = "types" if types else "shapes"
        raise InputError(
            f"{maker.model!r} declares {made.name!r} as {declared(made)}, and {reader.model!r} declares {read.name!r}, which it "
            f"is fed with, as {declared(read)}: the {what} differ, so Triton does not load the ensemble; correct one of them"
        )


def declared(spec: TensorSpec) -> str:
    """Return what a config declares of a tensor, as it is written there."""
    if not spec.datatype and not spec.dims:
        return "left to Triton"
    layout = f", FORMAT_{spec.format}" if spec.format else ""
    return f"TYPE_{spec.datatype or 'unknown'} {list(spec.dims)}{layout}"
