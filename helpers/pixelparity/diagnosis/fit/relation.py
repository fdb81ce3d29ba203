"""Tensors of both sides that lie on a line: then nothing but the constants differs, and these are known exactly.

Two models that are fitted to pixels each carry the error of a resampling that is not quite the library's. Where both sides'
tensors are on one line up to the rounding of float32, both carry the same error, and the line between them has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import HWC, PerChannel, Samples
from pixelparity.diagnosis.model import colours, constants
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.constants import Norm
from pixelparity.diagnosis.model.side_model import OffsetPicture, SideModel

#: Pictures by which an offset that is the same in all is told from one that is each picture's own.
_PICTURES = 3


@dataclass(frozen=True, kw_only=True)
class Line:
    """Values of one tensor from those of another: ``gain * value + offset``, both (channels,)."""

    gain: PerChannel
    offset: PerChannel

    def after(self, colour: ColourMap) -> ColourMap:
        """Return a map of channels with the line behind it."""
        width = len(self.gain)
        return colours.plain(range(width), self.gain, self.offset, width).after(colour)

    def inverted(self) -> Line:
        """Return the line the other way."""
        return Line(gain=1 / self.gain, offset=-self.offset / self.gain)


def line(left: Sequence[HWC], right: Sequence[HWC]) -> Line | None:
    """Return the line on which the values of two sides' tensors (h, w, c) lie, or nothing.

    Every value has to be as near to it as the rounding of float32 allows, which resampling, rounding or float16 on one side
    alone never are; a channel without content tells no line.

    >>> ramp = np.arange(60, dtype=np.float32).reshape(4, 5, 3)
    >>> line([ramp], [ramp * 2 + 1]).offset.tolist()
    [1.0, 1.0, 1.0]
    """
    if any(a.shape != b.shape for a, b in zip(left, right, strict=True)):
        return None
    at = thresholds.now().fit
    step = at.relation_stride_px
    x, y = (
        np.concatenate([t[::step, ::step].reshape(-1, t.shape[2]) for t in side]).astype(np.float64)
        for side in (left, right)
    )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return None
    dx, dy = x - x.mean(0), y - y.mean(0)
    spread = (dx**2).sum(0)
    if not spread.all():
        return None
    gain = (dx * dy).sum(0) / spread
    offset = y.mean(0) - gain * x.mean(0)
    slack = _rounding(x, y, gain)
    # A channel that collapsed (divided by 255 twice, say) keeps fewer digits than a line needs to be told from a curve.
    told = np.abs(gain) * np.ptp(x, axis=0) > at.relation_min_range_slacks * slack
    near = (np.abs(y - gain * x - offset) <= slack).all()
    return Line(gain=gain, offset=offset) if near and told.all() else None


def _rounding(x: Samples, y: Samples, gain: PerChannel) -> PerChannel:
    """Return how far values (..., channels) may lie from a line by the rounding of float32 alone, per channel."""
    over = tuple(range(x.ndim - 1))
    size = np.abs(y).max(over) + np.abs(gain) * np.abs(x).max(over)
    slack: PerChannel = thresholds.now().fit.relation_max_roundings * np.finfo(np.float32).eps * size
    return slack


def shared(
    left: SideModel, right: SideModel, targets: tuple[Sequence[HWC], Sequence[HWC]]
) -> tuple[SideModel, SideModel]:
    """Return both sides' models with all in common but their maps, where the ``targets`` (h, w, c) lie on a line.

    Where one side takes values of each picture, each picture has a line of its own. The side whose constants have a name, else
    the reference, keeps its map, and the other's follows from it. The models come back as they are where there is no line.
    """
    kinds = {side.colour.kind for side in (left, right)}
    if left.clip is not None or left.rounds_output or left.through_float16 or left.layout_error:
        return left, right
    if "per_image" not in kinds:
        whole = line(*targets)
        if whole is None:
            return _beside_a_picture(left, right, targets)
        if left.colour.kind == "plain" == right.colour.kind and _has_name(right) and not _has_name(left):
            return _beside(right, whole.inverted().after(right.colour)), right
        return left, _beside(left, whole.after(left.colour))
    own = [line([a], [b]) for a, b in zip(*targets, strict=True)]
    lines = [one for one in own if one is not None]
    if len(lines) < len(own):
        return left, right
    if right.colour.kind == "per_image":
        return left, _beside(left, _of_each([one.after(left.colour.for_image(i)) for i, one in enumerate(lines)]))
    own_maps = _of_each([one.inverted().after(right.colour) for one in lines])
    return replace(_beside(right, own_maps), extremes=left.extremes), right


def offsets_between(left: Sequence[HWC], right: Sequence[HWC]) -> tuple[Line, HWC] | None:
    """Return the line on which two sides' tensors lie but for a picture (h, w, c) that is added to all, or nothing.

    The differences of two pictures do not hold it, and tell the gain; it is what is left, the same in every picture.
    """
    if len(left) < _PICTURES or len({t.shape for t in (*left, *right)}) > 1:
        return None
    x, y = (np.stack(side).astype(np.float64) for side in (left, right))
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return None
    dx, dy = np.diff(x, axis=0), np.diff(y, axis=0)
    spread = (dx**2).sum((0, 1, 2))
    if not spread.all():
        return None
    gain = (dx * dy).sum((0, 1, 2)) / spread
    rest = y - gain * x
    offsets: HWC = rest.mean(0)
    slack = _rounding(x, y, gain)
    if not gain.all() or (np.abs(rest - offsets) > slack).any():
        return None
    mean = offsets.mean((0, 1))
    return Line(gain=gain, offset=mean), (offsets - mean).astype(np.float32)


def _beside_a_picture(
    left: SideModel, right: SideModel, targets: tuple[Sequence[HWC], Sequence[HWC]]
) -> tuple[SideModel, SideModel]:
    """Return both models with all in common but a map and a picture that one side adds: the one that is explained less."""
    found = offsets_between(*targets)
    if found is None:
        return left, right
    between, offsets = found
    if left.residual <= right.residual:
        return left, replace(_beside(left, between.after(left.colour)), offsets=OffsetPicture(offsets))
    back = between.inverted()
    own = OffsetPicture((offsets * back.gain * -1).astype(np.float32))
    return replace(_beside(right, back.after(right.colour)), offsets=own), right


def _of_each(maps: Sequence[ColourMap]) -> ColourMap:
    mean = colours.plain(
        maps[0].order,
        np.mean([one.gain for one in maps], axis=0),
        np.mean([np.asarray(one.offset) for one in maps], axis=0),
        maps[0].matrix.shape[1],
    )
    return ColourMap(kind="per_image", matrix=mean.matrix, offset=mean.offset, each=tuple(maps))


def _beside(side: SideModel, colour: ColourMap) -> SideModel:
    """Return a side's model with another map; its border, put on before the map, goes along."""
    fill = side.fill
    if fill is not None and side.colour.kind == colour.kind == "plain" and not side.pads_after_normalise:
        pixel = (np.array(fill) - side.colour.offset) / np.where(side.colour.gain == 0, 1, side.colour.gain)
        fill = tuple((pixel * colour.gain + colour.offset).tolist())
    return replace(side, colour=colour, fill=fill)


def _has_name(side: SideModel) -> bool:
    gain, offset = side.colour.gain, np.asarray(side.colour.offset)
    return bool(constants.name_of(Norm(gain=tuple(gain.tolist()), offset=tuple(offset.tolist()))))
