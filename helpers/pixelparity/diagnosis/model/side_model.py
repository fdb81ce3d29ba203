"""What one side does between two of its stages, as identified from the tensors: a chain that can be run again and changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.model import placement
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.placement import Placement
from pixelparity.diagnosis.model.resampling import Resampling
from pixelparity.diagnosis.model.yuv import MixUp

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class SideModel:
    """Turn, resample, cut or pad, round, mix up luma and chroma, map the channels, and lay out: in this order.

    ``placements`` holds one per image, ``known`` whether the image told anything, ``shapes`` the sources' heights and
    widths. ``resampling`` is the kernel, ``subpixel_scale`` whether the sub-pixel scale is kept. ``rounding`` says how
    resampled values become whole numbers: none, round or floor. ``bytes_as_int8`` says that bytes are read as signed,
    ``yuv_error`` that luma and chroma are mixed up, ``clip`` between which values the result is cut off, ``rounds_output``
    that it is rounded to whole numbers after that, ``through_float16`` that it went through float16. ``fill`` is the
    border's colour in the units of the result, per channel; ``pads_after_normalise`` says that it is put on after the
    channels are mapped. ``layout_error`` names a layout mistake. ``residual`` is what the model does not explain, a mean
    absolute difference in levels; ``unit`` is what a level is worth in the source's units.
    """

    placements: tuple[Placement, ...]
    resampling: Resampling = field(default_factory=Resampling)
    subpixel_scale: bool = False
    rounding: str = "none"
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

    def values(self, image: int) -> ColourMap:
        """Return the whole map from resampled pixels to the values of one image."""
        colour = self.colour.of(image)
        return colour if self.yuv_error is None else colour.after(self.yuv_error.map)

    def step(self, image: int) -> tuple[Any, ...]:
        """Return what the chain does to one image: equal for two chains that make the same of the same picture."""
        colour = self.colour.of(image)
        mapped = colour.kind, colour.matrix.tobytes(), colour.offset.tobytes()
        resampled = self.placements[image], self.resampling, self.rounding, self.bytes_as_int8
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
        )


def pixels(chain: SideModel, image: Array, index: int, rows: Array, columns: Array) -> NDArray[np.float32]:
    """Return the resampled, rounded pixels of an image at content rows and columns, before the channels are mapped."""
    frame = chain.placements[index]
    out = placement.render(image, frame, chain.resampling, rows, columns)
    if chain.bytes_as_int8:
        return wrapped(_whole(chain, frame, out))
    return _whole(chain, frame, out)


def wrapped(pixels: Array) -> Array:
    """Return bytes 0..255 as they look when they are read as signed: 128 and more become negative."""
    values = pixels.astype(np.float32)
    return np.where(values >= 127.5, values - 256, values)


def _whole(chain: SideModel, frame: Placement, out: NDArray[np.float32]) -> NDArray[np.float32]:
    if not _rounds(chain, frame):
        return out
    return quantised(chain, out, out=out)  # in place: these are the pixels just resampled


def is_quantised(chain: SideModel) -> NDArray[np.bool_]:
    """Say of every image whether its pixels go through whole numbers: those that are resampled, if the chain rounds."""
    return np.array([_rounds(chain, frame) for frame in chain.placements])


def _rounds(chain: SideModel, frame: Placement) -> bool:
    return chain.rounding != "none" and (chain.resampling.centre != "half" or placement.needs_resampling(frame))


def quantised(chain: SideModel, values: Array, out: Array | None = None) -> Array:
    """Return resampled values as whole numbers 0..255, rounded or cut off as the chain does."""
    out = np.add(values, 0.5 if chain.rounding == "round" else 0.0, out=out)
    np.floor(out, out=out)
    return np.clip(out, 0, 255, out=out)


def simulate(chain: SideModel, image: Array, index: int) -> NDArray[np.float32]:
    """Run the chain on a source picture; returns the whole canvas, HWC float32, before any layout mistake.

    It may be the picture itself, where nothing is done to it.
    """
    frame = chain.placements[index]
    top, left, bottom, right = frame.box
    inner = pixels(chain, image, index, np.arange(top, bottom), np.arange(left, right))
    colour = chain.colour.of(index)
    mixed = inner if chain.yuv_error is None else chain.yuv_error.apply(inner)
    mapped = cut(chain, mixed if colour.changes_nothing else colour.apply(mixed))
    if not frame.padded:
        return mapped
    channels = mapped.shape[2]
    fill = np.zeros(channels) if chain.fill is None else np.resize(np.array(chain.fill), channels)
    out = np.broadcast_to(fill.astype(np.float32), (*frame.canvas, channels)).copy()
    out[top:bottom, left:right] = mapped
    return out


def cut(chain: SideModel, values: Array) -> NDArray[np.float32]:
    """Return values cut off, rounded to whole numbers and to float16, if the chain does that."""
    if chain.clip is not None:
        values = np.clip(values, *chain.clip)
    if chain.rounds_output:
        values = np.rint(values)
    return (
        values.astype(np.float16).astype(np.float32) if chain.through_float16 else values.astype(np.float32, copy=False)
    )


def sampled(
    chain: SideModel, sources: Sequence[Array], targets: Sequence[Array], which: Sequence[int], points: int
) -> tuple[Array, Array, Array]:
    """Return chain pixels (n, channels in), target values (n, channels out) and image numbers (n,) on a sparse grid."""
    ours, theirs, image = [], [], []
    for i in which:
        rows, columns = placement.grid(chain.placements[i], points)
        if not len(rows) or not len(columns):
            continue
        x = pixels(chain, sources[i], i, rows, columns)
        y = targets[i][rows[:, None], columns]
        ours.append(x.reshape(-1, x.shape[2]))
        theirs.append(y.reshape(-1, y.shape[2]))
        image.append(np.full(len(ours[-1]), i))
    return np.concatenate(ours).astype(np.float64), np.concatenate(theirs).astype(np.float64), np.concatenate(image)
