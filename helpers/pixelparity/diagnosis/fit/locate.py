"""Find where a picture lies in a tensor: as it is, turned, cut, padded, stretched, fitted, covered, or a part of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.fit import registration
from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.placement import Pair, Placement
from pixelparity.diagnosis.model.resampling import Resampling
from pixelparity.diagnosis.model.side_model import SideModel

Array = NDArray[Any]

POINTS = 40

NEUTRAL = Resampling(shape="linear", antialias=True)

GOOD = 0.97


# --- geometry -------------------------------------------------------------------------------------------------------
def closeness(source: Array, target: Array, frame: Placement, how: Resampling, points: int = 24) -> float:
    """Return the share of the target's variance on a sparse grid that a linear map of the framed source explains."""
    rows, columns = placement.grid(frame, points)
    if len(rows) < 2 or len(columns) < 2:
        return float("nan")
    x = placement.render(source, frame, how, rows, columns)
    y = target[rows[:, None], columns]
    return colours.explained(x.reshape(-1, x.shape[2]), y.reshape(-1, y.shape[2]))


def locate(
    source: Array, target: Array, codes: Sequence[int], hints: Sequence[Placement] = (), how: Resampling = NEUTRAL
) -> tuple[Placement, float]:
    """Return the best frame of one image and its closeness; plain frames are preferred when others are no better.

    ``hints`` are frames of other images: if one of their rules fits, nothing else is tried. ``how`` is the kernel, if known.
    """
    if hints:
        best, score = _best(source, target, alike(source, target, hints), how)
        if score > GOOD:
            return best, score
    return _best(source, target, candidates(source, target, codes), how)


def _best(source: Array, target: Array, tried: Iterable[Placement], how: Resampling) -> tuple[Placement, float]:
    best, score = placement.whole((source.shape[0], source.shape[1]), (target.shape[0], target.shape[1])), -1.0
    for frame in tried:
        got = closeness(source, target, frame, how)
        if got > score + (1e-4 if score > GOOD else 0.0):
            best, score = frame, got
        if score > 0.99999 and not placement.needs_resampling(best):
            return best, score
    return (best, score) if score > -1 else (best, float("nan"))


#: How another picture's size follows from a hint's: the same, the same shorter or longer edge, or as large as fits the canvas.
RULES = ("same", "short", "long", "fit")


def by_rule(rule: str, shape: tuple[int, ...], canvas: Pair, hint: Placement) -> Placement:
    """Return the frame of a picture of some shape that follows another one's frame by a rule, with the same anchor."""
    upright = placement.turned_shape(shape, hint.code)
    size = _size_by(rule, upright, canvas, hint) if placement.needs_resampling(hint) else upright
    gap = tuple(s - c for s, c in zip(size, canvas, strict=True))
    middle = tuple(h == (s - c) // 2 for h, s, c in zip(hint.origin, hint.size, hint.canvas, strict=True))
    origin = tuple(g // 2 if m else h for g, m, h in zip(gap, middle, hint.origin, strict=True))
    return placement.whole(upright, size, canvas, hint.code, (origin[0], origin[1]))


def _size_by(rule: str, shape: Pair, canvas: Pair, hint: Placement) -> Pair:
    if rule == "same":
        return hint.size
    if rule == "fit":
        return next(rounded(shape, min(c / s for c, s in zip(canvas, shape, strict=True))))
    edge = min if rule == "short" else max
    return next(rounded(shape, edge(hint.size) / edge(shape)))


def alike(source: Array, target: Array, hints: Sequence[Placement]) -> Iterator[Placement]:
    """Iterate over the frames that follow the rules of other images' frames: same size, same edge, same fit, same anchor."""
    canvas = (target.shape[0], target.shape[1])
    seen: set[tuple[Pair, Pair]] = set()
    for hint in hints:
        for rule in RULES if placement.needs_resampling(hint) else RULES[:1]:
            for frame in _both_roundings(by_rule(rule, source.shape, canvas, hint)):
                if (frame.size, frame.origin) not in seen:
                    seen.add((frame.size, frame.origin))
                    yield frame


def _both_roundings(frame: Placement) -> Iterator[Placement]:
    """Iterate over a frame and those whose odd gap beside a centred picture is halved the other way."""
    options = []
    for size, canvas, origin in zip(frame.size, frame.canvas, frame.origin, strict=True):
        gap = size - canvas
        options.append((origin, origin + 1) if gap % 2 and origin == gap // 2 else (origin,))
    yield from (replace(frame, origin=(top, left)) for top, left in product(*options))


def locate_turned(source: Array, target: Array, plain: tuple[Placement, float]) -> tuple[Placement, float]:
    turned = locate(source, target, codes=(6, 8, 3, 2, 4, 5, 7))
    return turned if turned[1] > max(0.75, plain[1] + 0.15) else plain


def locate_region(source: Array, target: Array, plain: tuple[Placement, float]) -> tuple[Placement, float]:
    """Look for a part of the picture that was resampled to the whole tensor, its edges on whole pixels."""
    rough, score = registration.search(source, target)
    if score < 0.5:
        return plain
    near = registration.refined(source, target, rough)
    canvas = (target.shape[0], target.shape[1])
    if near.box != (0, 0, *canvas):
        return plain
    ends = []
    for k in (0, 1):
        first = near.start[k] + near.origin[k] * near.scale[k]
        ends.append((first, first + canvas[k] * near.scale[k]))
    region = tuple(
        round(min(max(v, 0), source.shape[k])) for j in (0, 1) for k, v in ((0, ends[0][j]), (1, ends[1][j]))
    )
    if near.code == 1 and all(abs(region[k + 2] - region[k] - canvas[k]) <= 1 for k in (0, 1)):
        shape = (source.shape[0], source.shape[1])
        window = placement.whole(shape, shape, canvas, 1, (region[0], region[1]))
        got = closeness(source, target, window, NEUTRAL, POINTS)
        return (window, got) if got > plain[1] else plain
    frame = nudged(source, target, placement.cut_out((region[0], region[1], region[2], region[3]), canvas), NEUTRAL)
    got = closeness(source, target, frame, NEUTRAL, POINTS)
    return (frame, got) if got > plain[1] + 0.3 * (1 - plain[1]) else plain


def nudged(source: Array, target: Array, start: Placement, how: Resampling) -> Placement:
    """Return a frame of a part of the picture with its edges moved by single pixels to where it explains most."""
    best, score = start, closeness(source, target, start, how, POINTS)
    height, width = placement.turned_shape(source.shape, start.code)
    for _ in range(6):
        before = best
        for moves in _NUDGES:
            top, left, bottom, right = (edge + move for edge, move in zip(best.region or (), moves, strict=True))
            if top < 0 or left < 0 or bottom > height or right > width:
                continue
            other = placement.cut_out((top, left, bottom, right), best.canvas, best.code)
            got = closeness(source, target, other, how, POINTS)
            if got > score + 1e-6:
                best, score = other, got
        if best == before:
            break
    if best.region == (0, 0, height, width):
        return placement.whole((height, width), best.canvas, best.canvas, best.code)
    return best


#: Every edge by a pixel, and both of an axis at once.
_NUDGES = tuple(
    tuple(step if k in edges else 0 for k in range(4))
    for edges in ((0,), (1,), (2,), (3,), (0, 2), (1, 3))
    for step in (-1, 1)
)


def candidates(source: Array, target: Array, codes: Sequence[int] = (1,)) -> Iterator[Placement]:
    """Iterate over the frames that deployments use: as it is, cut or padded, stretched, fitted, covered, zoomed."""
    canvas = (target.shape[0], target.shape[1])
    box = placement.content_box(target)
    for code in codes:
        shape = placement.turned_shape(source.shape, code)
        seen: set[tuple[Pair, Pair]] = set()
        for size in _sizes(shape, canvas, box):
            for origin in _origins(size, canvas, box):
                if (size, origin) not in seen:
                    seen.add((size, origin))
                    yield placement.whole(shape, size, canvas, code, origin)


def _sizes(shape: Pair, canvas: Pair, box: tuple[int, int, int, int]) -> Iterator[Pair]:
    yield shape
    yield canvas
    if box != (0, 0, *canvas):
        yield box[2] - box[0], box[3] - box[1]
    for goal in dict.fromkeys((canvas, canvas[::-1])):
        ratios = (goal[0] / shape[0], goal[1] / shape[1])
        for ratio in dict.fromkeys((min(ratios), max(ratios))):
            yield from rounded(shape, ratio)
    yield canvas[::-1]
    short = min(canvas) / min(shape)
    for zoom in ZOOMS:
        yield tuple(round(edge * short * zoom) for edge in shape)


#: Short edge over canvas as deployments have it: 256/224, 232/224, 235/224, 248/224, 236/224, 288/256, 320/299, and between.
ZOOMS = (256 / 224, 232 / 224, 235 / 224, 248 / 224, 236 / 224, 1.125, 1.07, *np.arange(1.02, 1.52, 0.02).tolist())


def rounded(shape: Pair, ratio: float) -> Iterator[Pair]:
    """Iterate over the whole sizes that a shape times a ratio can become, nearest first."""
    exact = (shape[0] * ratio, shape[1] * ratio)
    options = [sorted({int(np.floor(e + 1e-6)), int(np.ceil(e - 1e-6))}, key=partial(_apart, e)) for e in exact]
    for height, width in product(*options):
        if height > 0 and width > 0:
            yield height, width


def _apart(exact: float, whole: int) -> float:
    return abs(whole - exact)


def _origins(size: Pair, canvas: Pair, box: tuple[int, int, int, int]) -> Iterator[Pair]:
    if size == (box[2] - box[0], box[3] - box[1]):
        yield -box[0], -box[1]
    gaps = [s - c for s, c in zip(size, canvas, strict=True)]
    # Half a pixel goes either way: libraries round an odd gap differently.
    yield from product(*(dict.fromkeys((gap // 2, -(-gap // 2))) for gap in gaps))
    yield 0, 0


def settle(source: Array, target: Array, frame: Placement, chain: SideModel) -> Placement:
    """Return the frame moved and resized by single pixels to where it explains most."""
    shape = placement.turned_shape(source.shape, frame.code)
    best, score = frame, closeness(source, target, frame, chain.resampling, POINTS)
    tried: set[tuple[Pair, Pair]] = set()  # what explained less than an earlier best explains less than this one
    for _ in range(24):
        before = best
        for step in _steps(best, chain.subpixel_scale):
            size = (best.size[0] + step[0], best.size[1] + step[1])
            origin = (best.origin[0] + step[2], best.origin[1] + step[3])
            if min(size) < 1 or (size, origin) in tried:
                continue
            tried.add((size, origin))
            other = placement.whole(shape, size, frame.canvas, frame.code, origin)
            if chain.subpixel_scale:
                other = exactly(source, target, other, chain.resampling)
            got = closeness(source, target, other, chain.resampling, POINTS)
            if got > score + 1e-6:
                best, score = other, got
        if best == before or score > 0.999999:
            return best
    return best


def _steps(frame: Placement, exact: bool) -> list[tuple[int, int, int, int]]:
    free = [(1, 0, 0, 0), (-1, 0, 0, 0), (0, 1, 0, 0), (0, -1, 0, 0)]
    free += [(0, 0, 1, 0), (0, 0, -1, 0), (0, 0, 0, 1), (0, 0, 0, -1)]
    free += [(1, 0, 1, 0), (-1, 0, -1, 0), (0, 1, 0, 1), (0, -1, 0, -1)]
    # A zoom about the centre moves size and origin at once.
    ratio = frame.size[1] / frame.size[0]
    for grow in (1, -1, 3, -3):
        wide = round(grow * ratio)
        free.append((grow, wide, round(grow / 2), round(wide / 2)))
        free.append((2 * grow, 0, grow, 0))
        free.append((0, 2 * grow, 0, grow))
    return free


def exactly(source: Array, target: Array, frame: Placement, how: Resampling) -> Placement:
    """Return the frame with one exact scale for both axes, that of the axis which fits better; unchanged if none can."""
    shape = placement.turned_shape(source.shape, frame.code)
    if frame.region is not None:
        return frame
    found = []
    for axis in (0, 1):
        other = 1 - axis
        off = abs(shape[other] * frame.size[axis] / shape[axis] - frame.size[other])
        if 1e-6 < off < 1:
            exact = placement.subpixel(shape, frame, axis)
            found.append((closeness(source, target, exact, how), axis, exact))
    return max(found, key=lambda f: f[0])[2] if found else frame
