"""Undo a chain on a deployed tensor: its content where the reference has it, in the reference's units."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.fit.locate import NEUTRAL
from pixelparity.diagnosis.model import placement, resampling
from pixelparity.diagnosis.model.placement import Placement
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.diagnosis.search.finals.pairing import Pairing, unscrambled

Array = NDArray[Any]
Pictures = tuple[Array, ...]
#: Half the step between two bytes: a value further off than that is rounded to another one.
_HALF_LEVEL = 0.5


def undo(pairing: Pairing, chain: SideModel, image: int) -> tuple[Array, Array]:
    """Undo a chain on one deployed tensor.

    Returns it in the reference's canvas and units, and the mask of where it can be judged.
    """
    own, frame = pairing.reference_chain.placements[image], chain.placements[image]
    tensor = unscrambled(chain, pairing.deployed[image])
    width = chain.colour.matrix.shape[0]
    if tensor.shape[2] != width:
        tensor = np.repeat(tensor.mean(2, keepdims=True), width, 2)
    mapped = (
        to_reference(pairing, chain, image, tensor)
        if not chain.bytes_as_int8
        else _unsigned(pairing, chain, tensor, image)
    )
    out, mask = _back(mapped, frame, own)
    if own.padded and frame.padded and frame.canvas == own.canvas:
        out, mask = _border(out, mask, chain, pairing, image)
    return out, mask


def to_reference(pairing: Pairing, chain: SideModel, image: int, values: Array) -> Array:
    """Return the reference's values of a deployed tensor's (..., channels)."""
    back = chain.value_map(image).invert()
    if chain.curve is None:
        return pairing.base.after(back).apply(values)
    return pairing.base.apply(chain.curve.undo(back.apply(values)))


def _unsigned(pairing: Pairing, chain: SideModel, tensor: Array, image: int) -> Array:
    level = chain.value_map(image).invert().apply(tensor)
    return pairing.base.apply(np.where(level < -_HALF_LEVEL, level + 256, level))


def _back(mapped: Array, frame: Placement, own: Placement) -> tuple[Array, Array]:
    """Return a deployed tensor's content where the reference has it; outside the mask the values mean nothing."""
    top, left, bottom, right = own.box
    # Channel after channel in memory, as most tensors are: copies between two orders are slow.
    out = np.zeros((mapped.shape[2], *own.canvas), np.float32).transpose(1, 2, 0)
    mask = np.zeros(own.canvas, bool)
    upright = placement.turned_shape((bottom - top, right - left), frame.code)
    if not placement.needs_resampling(frame) and frame.code == 1:
        into, of = [], []
        for begin, end, origin, size in zip((top, left), (bottom, right), frame.origin, mapped.shape[:2], strict=True):
            low = max(0, origin)
            high = max(low, min(end - begin, size + origin))
            into.append(slice(begin + low, begin + high))
            of.append(slice(low - origin, high - origin))
        out[into[0], into[1]] = mapped[of[0], of[1]]
        mask[into[0], into[1]] = True
        return out, mask
    box = frame.box
    inner = mapped[box[0] : box[2], box[1] : box[3]]
    weights, seen = [], []
    for k in (0, 1):
        first = frame.start[k] + (box[k] + frame.origin[k]) * frame.scale[k]
        scale = 1 / frame.scale[k]
        weights.append(
            resampling.matrix(inner.shape[k], upright[k], NEUTRAL, round(scale, 9), round(-first * scale, 9))
        )
        at = (np.arange(upright[k]) + 0.5 - first) * scale
        seen.append((at >= 0) & (at <= inner.shape[k]))
    back = placement.turn(resampling.resample(inner, *weights), placement.inverse(frame.code))
    visible = placement.turn((seen[0][:, None] & seen[1][None])[:, :, None], placement.inverse(frame.code))[:, :, 0]
    out[top:bottom, left:right] = back
    mask[top:bottom, left:right] = visible
    return out, mask


def _border(out: Array, mask: Array, chain: SideModel, pairing: Pairing, image: int) -> tuple[Array, Array]:
    """Judge the border too, where both sides have one: the deployed border's colour, mended by what the chain says of it."""
    own = pairing.reference_chain.placements[image]
    top, left, bottom, right = own.box
    if chain.fill is None or pairing.reference_chain.fill is None or pairing.deployed_chain.fill is None:
        return out, mask
    width = chain.colour.matrix.shape[0]
    fills = (np.resize(np.array(fill, np.float32), width) for fill in (pairing.deployed_chain.fill, chain.fill))
    there, said = (to_reference(pairing, chain, image, fill[None])[0] for fill in fills)
    colour = np.array(pairing.reference_chain.fill, np.float32) + there - said
    beside = (slice(top, bottom), slice(0, left)), (slice(top, bottom), slice(right, None))
    for strip in ((slice(0, top),), (slice(bottom, None),), *beside):
        out[strip], mask[strip] = colour, True
    return out, mask
