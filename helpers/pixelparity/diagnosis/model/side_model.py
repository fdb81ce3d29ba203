"""What one side does between two of its stages, as identified from the tensors: a chain that can be run again and changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.model import placement
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.placement import Frame
from pixelparity.diagnosis.model.resampling import Resampling
from pixelparity.diagnosis.model.yuv import MixUp

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Chain:
    """Turn, resample, cut or pad, round, mix up luma and chroma, map the channels, and lay out: in this order.

    ``frames`` holds one frame per image, ``known`` whether the image told anything, ``shapes`` the sources' heights and
    widths. ``how`` is the kernel, ``exact`` whether the sub-pixel scale is kept. ``quantised`` says how resampled values
    become whole numbers: none, round or floor. ``signed`` says that bytes are read as signed, ``mixed`` that luma and chroma
    are mixed up, ``clip`` between which values the result is cut off, ``whole`` that it is rounded to whole numbers after
    that, ``half`` that it went through float16. ``fill`` is the border's colour in the units of the result, per channel;
    ``late`` says that it is put on after the channels are mapped. ``scramble`` names a layout mistake. ``residual`` is what
    the chain does not explain, a mean absolute difference in levels; ``unit`` is what a level is worth in the source's units.
    """

    frames: tuple[Frame, ...]
    how: Resampling = field(default_factory=Resampling)
    exact: bool = False
    quantised: str = "none"
    mixed: MixUp | None = None
    colour: ColourMap
    fill: tuple[float, ...] | None = None
    scramble: str = ""
    signed: bool = False
    clip: tuple[float, float] | None = None
    whole: bool = False
    half: bool = False
    dtype: str = "float32"
    residual: float = 0.0
    explained: float = 1.0
    known: tuple[bool, ...] = ()
    late: bool = False
    unit: float = 1.0
    shapes: tuple[tuple[int, int], ...] = ()

    def values(self, image: int) -> ColourMap:
        """Return the whole map from resampled pixels to the values of one image."""
        colour = self.colour.of(image)
        return colour if self.mixed is None else colour.after(self.mixed.map)

    def step(self, image: int) -> tuple[Any, ...]:
        """Return what the chain does to one image: equal for two chains that make the same of the same picture."""
        colour = self.colour.of(image)
        mapped = colour.kind, colour.matrix.tobytes(), colour.offset.tobytes()
        resampled = self.frames[image], self.how, self.quantised, self.signed
        mixed = None if self.mixed is None else (self.mixed.name, self.mixed.map.matrix.tobytes())
        return *resampled, mixed, mapped, self.clip, self.whole, self.half, self.fill, self.scramble


def pixels(chain: Chain, image: Array, index: int, rows: Array, columns: Array) -> NDArray[np.float32]:
    """Return the resampled, rounded pixels of an image at content rows and columns, before the channels are mapped."""
    frame = chain.frames[index]
    out = placement.render(image, frame, chain.how, rows, columns)
    if chain.signed:
        return wrapped(_whole(chain, frame, out))
    return _whole(chain, frame, out)


def wrapped(pixels: Array) -> Array:
    """Return bytes 0..255 as they look when they are read as signed: 128 and more become negative."""
    values = pixels.astype(np.float32)
    return np.where(values >= 127.5, values - 256, values)


def _whole(chain: Chain, frame: Frame, out: NDArray[np.float32]) -> NDArray[np.float32]:
    if not _rounds(chain, frame):
        return out
    return quantised(chain, out, out=out)  # in place: these are the pixels just resampled


def is_quantised(chain: Chain) -> NDArray[np.bool_]:
    """Say of every image whether its pixels go through whole numbers: those that are resampled, if the chain rounds."""
    return np.array([_rounds(chain, frame) for frame in chain.frames])


def _rounds(chain: Chain, frame: Frame) -> bool:
    return chain.quantised != "none" and (chain.how.centre != "half" or placement.needs_resampling(frame))


def quantised(chain: Chain, values: Array, out: Array | None = None) -> Array:
    """Return resampled values as whole numbers 0..255, rounded or cut off as the chain does."""
    out = np.add(values, 0.5 if chain.quantised == "round" else 0.0, out=out)
    np.floor(out, out=out)
    return np.clip(out, 0, 255, out=out)


def simulate(chain: Chain, image: Array, index: int) -> NDArray[np.float32]:
    """Run the chain on a source picture; returns the whole canvas, HWC float32, before any layout mistake.

    It may be the picture itself, where nothing is done to it.
    """
    frame = chain.frames[index]
    top, left, bottom, right = frame.box
    inner = pixels(chain, image, index, np.arange(top, bottom), np.arange(left, right))
    colour = chain.colour.of(index)
    mixed = inner if chain.mixed is None else chain.mixed.apply(inner)
    mapped = cut(chain, mixed if colour.changes_nothing else colour.apply(mixed))
    if not frame.padded:
        return mapped
    channels = mapped.shape[2]
    fill = np.zeros(channels) if chain.fill is None else np.resize(np.array(chain.fill), channels)
    out = np.broadcast_to(fill.astype(np.float32), (*frame.canvas, channels)).copy()
    out[top:bottom, left:right] = mapped
    return out


def cut(chain: Chain, values: Array) -> NDArray[np.float32]:
    """Return values cut off, rounded to whole numbers and to float16, if the chain does that."""
    if chain.clip is not None:
        values = np.clip(values, *chain.clip)
    if chain.whole:
        values = np.rint(values)
    return values.astype(np.float16).astype(np.float32) if chain.half else values.astype(np.float32, copy=False)


def sampled(
    chain: Chain, sources: Sequence[Array], targets: Sequence[Array], which: Sequence[int], points: int
) -> tuple[Array, Array, Array]:
    """Return chain pixels (n, channels in), target values (n, channels out) and image numbers (n,) on a sparse grid."""
    ours, theirs, image = [], [], []
    for i in which:
        rows, columns = placement.grid(chain.frames[i], points)
        if not len(rows) or not len(columns):
            continue
        x = pixels(chain, sources[i], i, rows, columns)
        y = targets[i][rows[:, None], columns]
        ours.append(x.reshape(-1, x.shape[2]))
        theirs.append(y.reshape(-1, y.shape[2]))
        image.append(np.full(len(ours[-1]), i))
    return np.concatenate(ours).astype(np.float64), np.concatenate(theirs).astype(np.float64), np.concatenate(image)
