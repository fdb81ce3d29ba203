"""Resizes, crops and pads in one form, so that a letterbox is the same however it is spelled.

``longer 640`` and a padding to 640 x 640, ``not_larger 640 x 640`` and a crop that pads, ``shorter 640`` with no edge above 640
and a padding to a multiple of 640 are one thing: what fits into a box, and the box around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pixelparity.recipes import Crop, Pad, Resize, Step

#: The largest height and width that a picture can have at some point; ``None`` where that is open.
_Limit = tuple[int, int] | None


def framed(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps with edges as boxes, and with every window around a whole picture as a crop that pads.

    Who gets the odd pixel of a centred picture is the crop's rounding: ``floor`` puts it below and to the right.
    """
    found: list[Step] = []
    limit: _Limit = None
    for step in steps:
        made = step
        if isinstance(step, Resize):
            made = _boxed(step)
        elif isinstance(step, Pad) and limit is not None:
            made = _window(step, limit)
        elif isinstance(step, Crop) and limit is not None:
            made = _placed(step, limit)
        found.append(made)
        limit = _limit(made, limit)
    return tuple(found)


def _boxed(step: Resize) -> Resize:
    """Return a resize of an edge as one of a box, without a cap that never holds or always does."""
    if step.mode in ("shorter", "longer"):
        mode = "not_smaller" if step.mode == "shorter" else "not_larger"
        sides = {"height", "width"}
        defaulted = step.defaulted | sides if "size" in step.defaulted else step.defaulted - sides
        step = replace(step, mode=mode, height=step.size, width=step.size, size=None, defaulted=frozenset(defaulted))
    if step.height == step.width:
        step = replace(step, oriented=False)  # a square turned is the same
    cap, box = step.max_size, (step.height or 0, step.width or 0)
    if cap is None or step.mode not in ("not_larger", "not_smaller"):
        return step
    if step.mode == "not_larger":
        if cap >= max(box):
            return replace(step, max_size=None)
        if cap > min(box):
            return step
    elif cap > max(box):
        return step
    # Covering a box makes the longer edge at least as long as the box's: the cap alone decides.
    return replace(step, mode="not_larger", height=cap, width=cap, max_size=None, oriented=False)


def _window(pad: Pad, limit: tuple[int, int]) -> Step:
    """Return padding that always fills up to one size as a crop that pads."""
    size = [max(least or 0, 1) for least in (pad.height, pad.width)]
    height, width = (-(-edge // pad.divisor) * pad.divisor for edge in size)
    if height < limit[0] or width < limit[1]:
        return pad
    return Crop(
        height=height, width=width, rounding="floor", out_of_bounds="pad", fill=pad.fill, position=pad.position,
        origin=pad.origin, defaulted=pad.defaulted,
    )  # fmt: skip


def _placed(crop: Crop, limit: tuple[int, int]) -> Crop:
    """Return a crop around the whole picture with its anchor as a position: nothing is cut off, so it only places."""
    around = (crop.height or 0) >= limit[0] and (crop.width or 0) >= limit[1]
    if crop.fraction is not None or crop.out_of_bounds != "pad" or not around or crop.anchor != (0.0, 0.0):
        return crop
    defaulted = crop.defaulted - {"position"} if "anchor" not in crop.defaulted else crop.defaulted
    return replace(crop, anchor=(0.5, 0.5), position="top_left", rounding="floor", defaulted=defaulted)


def _limit(step: Step, before: _Limit) -> _Limit:
    if isinstance(step, Resize):
        return _largest(step)
    if isinstance(step, Crop) and step.fraction is None:
        size = (step.height or 0, step.width or 0)
        if step.out_of_bounds != "trim" or before is None:
            return size
        return min(size[0], before[0]), min(size[1], before[1])
    if isinstance(step, Pad):
        return None
    return before


def _largest(step: Resize) -> _Limit:
    caps = [] if step.max_size is None else [step.max_size]
    if step.mode in ("stretch", "not_larger") and step.height is not None and step.width is not None:
        box = (step.height, step.width)
        box = (max(box), max(box)) if step.oriented else box
        return min((box[0], *caps)), min((box[1], *caps))
    return (caps[0], caps[0]) if caps else None
