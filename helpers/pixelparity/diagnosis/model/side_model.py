"""What one side does between two of its stages, as identified from the tensors: a model that can be run again and changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pixelparity.diagnosis.arrays import HWC, Array, Indices, Levels, Mask, PerSample, Samples
from pixelparity.diagnosis.model import placement
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.curves import Curve
from pixelparity.diagnosis.model.placement import Placement
from pixelparity.diagnosis.model.resampling import Resampling
from pixelparity.diagnosis.model.yuv import MixUp

#: From this level on a byte read as signed is negative: halfway between 127 and 128.
_SIGNED_FROM_LEVEL = 127.5


@dataclass(frozen=True, eq=False)
class OffsetPicture:
    """What is added to every result at the same place, (h, w, c) in the result's units: a picture of means, say."""

    values: HWC


@dataclass(frozen=True, kw_only=True)
class SideModel:
    """Turn, resample, cut or pad, round, mix up luma and chroma, map the channels, and lay out: in this order.

    ``placements`` holds one per image, ``known`` whether the image told anything, ``shapes`` the sources' heights and
    widths. ``resampling`` is the kernel, ``subpixel_scale`` whether the sub-pixel scale is kept. ``rounding`` says how
    resampled values become whole numbers: none, round or floor. ``curve`` is what is done to levels that is no line.
    ``bytes_as_int8`` says that bytes are read as signed, ``yuv_error`` that luma and chroma are mixed up, ``clip`` between
    which values the result is cut off, ``rounds_output`` that it is rounded to whole numbers after that,
    ``through_float16`` that it went through float16. ``fill`` is the border's colour in the units of the result, per
    channel; ``pads_after_normalise`` says that it is put on after the channels are mapped. ``layout_error`` names a layout
    mistake. ``residual`` is what the model does not explain, a mean absolute difference in levels; ``unit`` is what a level
    is worth in the source's units. ``extremes`` are the least and the largest value of every image, where all have the same.
    ``offsets`` is added to the whole canvas at the end.
    """

    placements: tuple[Placement, ...]
    resampling: Resampling = field(default_factory=Resampling)
    subpixel_scale: bool = False
    rounding: str = "none"
    curve: Curve | None = None
    yuv_error: MixUp | None = None
    colour: ColourMap
    fill: tuple[float, ...] | None = None
    layout_error: str = ""
    bytes_as_int8: bool = False
    clip: tuple[float, float] | None = None
    rounds_output: bool = False
    through_float16: bool = False
    dtype: str = "float32"
    residual: float = 0.0
    explained: float = 1.0
    known: tuple[bool, ...] = ()
    pads_after_normalise: bool = False
    unit: float = 1.0
    shapes: tuple[tuple[int, int], ...] = ()
    extremes: tuple[float, float] | None = None
    offsets: OffsetPicture | None = None

    def value_map(self, image: int) -> ColourMap:
        """Return the whole map from resampled pixels to the values of one image."""
        colour = self.colour.for_image(image)
        return colour if self.yuv_error is None else colour.after(self.yuv_error.map)

    def signature(self, image: int) -> tuple[Any, ...]:
        """Return what the model does to one image: equal for two models that make the same of the same picture."""
        colour = self.colour.for_image(image)
        mapped = colour.kind, colour.matrix.tobytes(), colour.offset.tobytes()
        resampled = self.placements[image], self.resampling, self.rounding, self.curve, self.bytes_as_int8
        mixed = None if self.yuv_error is None else (self.yuv_error.name, self.yuv_error.map.matrix.tobytes())
        return (
            *resampled,
            mixed,
            mapped,
            self.clip,
            self.rounds_output,
            self.through_float16,
            self.fill,
            self.layout_error,
            self.offsets,
        )


def resampled_pixels(model: SideModel, image: HWC, index: int, rows: Indices, columns: Indices) -> Levels:
    """Return the resampled, rounded pixels of an image at content rows and columns, before the channels are mapped.

    ``index`` is the image's number, rows and columns are canvas coordinates; (rows, columns, c) float32 levels.
    """
    place, curve = model.placements[index], model.curve
    image = curve.apply(image) if curve is not None and curve.early else image
    out = _quantised_if_rounding(model, place, placement.render(image, place, model.resampling, rows, columns))
    out = curve.apply(out) if curve is not None and not curve.early else out
    return as_signed_bytes(out) if model.bytes_as_int8 else out


def as_signed_bytes(pixels: Array) -> Levels:
    """Return bytes 0..255 as they look when they are read as signed: 128 and more become negative; any shape, float32.

    >>> as_signed_bytes(np.array([127, 128, 255])).tolist()
    [127.0, -128.0, -1.0]
    """
    values = pixels.astype(np.float32)
    return np.where(values >= _SIGNED_FROM_LEVEL, values - 256, values)


def _quantised_if_rounding(model: SideModel, place: Placement, out: Levels) -> Levels:
    if not _rounds(model, place):
        return out
    return quantised_pixels(model, out, out=out)  # in place: these are the pixels just resampled


def is_quantised(model: SideModel) -> Mask:
    """Say of every image whether its pixels go through whole numbers: those that are resampled, if the model rounds."""
    return np.array([_rounds(model, place) for place in model.placements])


def _rounds(model: SideModel, place: Placement) -> bool:
    return model.rounding != "none" and (model.resampling.centre != "half" or placement.needs_resampling(place))


def quantised_pixels(model: SideModel, values: Array, out: Array | None = None) -> Array:
    """Return resampled values as whole numbers 0..255, rounded or truncated as the model does; any shape.

    ``out`` is written to, where it is given; it may be ``values``.
    """
    out = np.add(values, 0.5 if model.rounding == "round" else 0.0, out=out)
    np.floor(out, out=out)
    return np.clip(out, 0, 255, out=out)


def simulate(model: SideModel, image: HWC, index: int) -> Levels:
    """Run the model on a source picture; returns the whole canvas, HWC float32, before any layout mistake.

    It may be the picture itself, where nothing is done to it.
    """
    place = model.placements[index]
    top, left, bottom, right = place.box
    inner = resampled_pixels(model, image, index, np.arange(top, bottom), np.arange(left, right))
    colour = model.colour.for_image(index)
    mixed = inner if model.yuv_error is None else model.yuv_error.apply(inner)
    mapped = quantised_output(model, mixed if colour.changes_nothing else colour.apply(mixed))
    if not place.padded:
        return _with_offsets(model, mapped)
    channels = mapped.shape[2]
    fill = np.zeros(channels) if model.fill is None else np.resize(np.array(model.fill), channels)
    out = np.broadcast_to(fill.astype(np.float32), (*place.canvas, channels)).copy()
    out[top:bottom, left:right] = mapped
    return _with_offsets(model, out)


def _with_offsets(model: SideModel, values: Levels) -> Levels:
    if model.offsets is None or model.offsets.values.shape != values.shape:
        return values
    added: Levels = values + model.offsets.values
    return added


def quantised_output(model: SideModel, values: Array) -> Levels:
    """Return mapped values clipped, rounded to whole numbers and to float16, if the model does that; any shape, float32."""
    if model.clip is not None:
        values = np.clip(values, *model.clip)
    if model.rounds_output:
        values = np.rint(values)
    return (
        values.astype(np.float16).astype(np.float32) if model.through_float16 else values.astype(np.float32, copy=False)
    )


def sampled_pixels(
    model: SideModel, sources: Sequence[HWC], targets: Sequence[HWC], images: Sequence[int], points: int
) -> tuple[Samples, Samples, PerSample]:
    """Return model pixels (n, channels in), target values (n, channels out) and image numbers (n,) on a sparse grid.

    About ``points`` rows and columns per image of ``images``; float64. Raises ``ValueError`` where no image has content.
    """
    made, seen, numbers = [], [], []
    for i in images:
        rows, columns = placement.grid(model.placements[i], points)
        if not len(rows) or not len(columns):
            continue
        x = resampled_pixels(model, sources[i], i, rows, columns)
        y = targets[i][rows[:, None], columns]
        made.append(x.reshape(-1, x.shape[2]))
        seen.append(y.reshape(-1, y.shape[2]))
        numbers.append(np.full(len(made[-1]), i))
    return np.concatenate(made).astype(np.float64), np.concatenate(seen).astype(np.float64), np.concatenate(numbers)
