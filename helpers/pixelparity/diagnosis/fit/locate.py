"""Find where a picture lies in a tensor: as it is, turned, cut, padded, stretched, fitted, covered, or a part of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, product

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import HWC
from pixelparity.diagnosis.fit import registration
from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.placement import Pair, Placement
from pixelparity.diagnosis.model.resampling import Resampling
from pixelparity.diagnosis.model.side_model import SideModel

#: The kernel by which places are compared while the kernel is not known: it blurs what another one may sharpen.
NEUTRAL = Resampling(shape="linear", antialias=True)
#: A score that every place beats.
_NONE = -1.0


def closeness(source: HWC, target: HWC, place: Placement, how: Resampling, points: int | None = None) -> float:
    """Return the share of the target's variance on a sparse grid that a linear map of the placed source explains (0 to 1).

    ``points`` rows and columns are looked at (``coarse_grid_points`` if not given). NaN where the grid is empty or the target
    is of one colour there.
    """
    rows, columns = placement.grid(place, thresholds.now().fit.coarse_grid_points if points is None else points)
    if len(rows) < 2 or len(columns) < 2:
        return float("nan")
    x = placement.render(source, place, how, rows, columns)
    y = target[rows[:, None], columns]
    return colours.explained(x.reshape(-1, x.shape[2]), y.reshape(-1, y.shape[2]))


def locate(
    source: HWC, target: HWC, codes: Sequence[int], hints: Sequence[Placement] = (), how: Resampling = NEUTRAL
) -> tuple[Placement, float]:
    """Return the best placement of one image and its closeness; plain ones are preferred when others are no better.

    ``codes`` are the EXIF orientations to try. ``hints`` are placements of other images: if one of their rules fits, nothing
    else is tried. ``how`` is the kernel, if known.
    """
    if hints:
        best, score = _best(source, target, candidates_like(source, target, hints), how)
        if score > thresholds.now().fit.place_good_share:
            return best, score
    return _best(source, target, candidates(source, target, codes), how)


def _best(source: HWC, target: HWC, tried: Iterable[Placement], how: Resampling) -> tuple[Placement, float]:
    at = thresholds.now().fit
    best, score = placement.whole((source.shape[0], source.shape[1]), (target.shape[0], target.shape[1])), _NONE
    for place in tried:
        got = closeness(source, target, place, how)
        if got > score + (at.place_better_share if score > at.place_good_share else 0.0):
            best, score = place, got
        if score > at.place_exact_share and not placement.needs_resampling(best):
            return best, score
    return (best, score) if score > _NONE else (best, float("nan"))


#: How another picture's size follows from a hint's: the same, the same shorter or longer edge, or as large as fits the canvas.
RULES = ("same", "short", "long", "fit")


def by_rule(rule: str, shape: tuple[int, ...], canvas: Pair, hint: Placement) -> Placement:
    """Return the placement of a picture of some shape that follows another one's by a rule of :data:`RULES`, with its anchor."""
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


def candidates_like(source: HWC, target: HWC, hints: Sequence[Placement]) -> Iterator[Placement]:
    """Iterate over placements by the rules that other images' follow: same size, same edge, same fit, same anchor."""
    canvas = (target.shape[0], target.shape[1])
    rules = ((hint, rule) for hint in hints for rule in (RULES if placement.needs_resampling(hint) else RULES[:1]))
    ruled = (by_rule(rule, source.shape, canvas, hint) for hint, rule in rules)
    seen: set[tuple[Pair, Pair]] = set()
    for place in chain.from_iterable(map(_both_roundings, ruled)):
        if (place.size, place.origin) not in seen:
            seen.add((place.size, place.origin))
            yield place


def _both_roundings(place: Placement) -> Iterator[Placement]:
    """Iterate over a place and those whose odd gap beside a centred picture is halved the other way."""
    options = []
    for size, canvas, origin in zip(place.size, place.canvas, place.origin, strict=True):
        gap = size - canvas
        options.append((origin, origin + 1) if gap % 2 and origin == gap // 2 else (origin,))
    yield from (replace(place, origin=(top, left)) for top, left in product(*options))


def locate_turned(source: HWC, target: HWC, plain: tuple[Placement, float]) -> tuple[Placement, float]:
    """Return the best placement of the turned picture and its closeness, or ``plain`` if that is not clearly worse."""
    at = thresholds.now().fit
    turned = locate(source, target, codes=(6, 8, 3, 2, 4, 5, 7))
    return turned if turned[1] > max(at.turned_min_share, plain[1] + at.turned_gain_share) else plain


def locate_region(source: HWC, target: HWC, plain: tuple[Placement, float]) -> tuple[Placement, float]:
    """Look for a part of the picture that was resampled to the whole tensor, its edges on whole pixels.

    Returns its placement and closeness, or ``plain``, those of the whole picture, if a part explains no more.
    """
    at = thresholds.now().fit
    rough, score = registration.search_zoom(source, target)
    if score < at.region_min_share:
        return plain
    near = registration.refined(source, target, rough)
    canvas = (target.shape[0], target.shape[1])
    if near.box != (0, 0, *canvas):
        return plain
    shape = (source.shape[0], source.shape[1])
    region = _region_seen(shape, near)
    if near.code == 1 and all(abs(region[k + 2] - region[k] - canvas[k]) <= 1 for k in (0, 1)):
        window = placement.whole(shape, shape, canvas, 1, (region[0], region[1]))
        got = closeness(source, target, window, NEUTRAL, at.grid_points)
        return (window, got) if got > plain[1] else plain
    place = nudged(source, target, placement.cut_out(region, canvas), NEUTRAL)
    got = closeness(source, target, place, NEUTRAL, at.grid_points)
    return (place, got) if got > plain[1] + at.region_gain_share * (1 - plain[1]) else plain


def _region_seen(shape: Pair, near: Placement) -> tuple[int, int, int, int]:
    """Return the part of a picture (top, left, bottom, right) that a placement shows, on whole pixels."""
    first = [start + origin * scale for start, origin, scale in zip(near.start, near.origin, near.scale, strict=True)]
    last = [begin + edge * scale for begin, edge, scale in zip(first, near.canvas, near.scale, strict=True)]
    top, left, bottom, right = (
        round(min(max(end, 0), edge)) for ends in (first, last) for end, edge in zip(ends, shape, strict=True)
    )
    return top, left, bottom, right


def nudged(source: HWC, target: HWC, start: Placement, how: Resampling) -> Placement:
    """Return a placement of a part of the picture with its edges moved by single pixels to where it explains most."""
    at = thresholds.now().fit
    best, score = start, closeness(source, target, start, how, at.grid_points)
    height, width = placement.turned_shape(source.shape, start.code)
    for _ in range(at.nudge_rounds):
        before = best
        for moves in _NUDGES:
            top, left, bottom, right = (edge + move for edge, move in zip(best.region or (), moves, strict=True))
            if top < 0 or left < 0 or bottom > height or right > width:
                continue
            other = placement.cut_out((top, left, bottom, right), best.canvas, best.code)
            got = closeness(source, target, other, how, at.grid_points)
            if got > score + at.place_step_share:
                best, score = other, got
        if best == before:
            break
    if best.region == (0, 0, height, width):
        return placement.whole((height, width), best.canvas, best.canvas, best.code)
    return best


#: Every edge by a pixel, and both of an axis at once: (top, left, bottom, right).
_NUDGES = tuple(
    tuple(step if k in edges else 0 for k in range(4))
    for edges in ((0,), (1,), (2,), (3,), (0, 2), (1, 3))
    for step in (-1, 1)
)


def candidates(source: HWC, target: HWC, codes: Sequence[int] = (1,)) -> Iterator[Placement]:
    """Iterate over the placements that deployments use: as it is, cut or padded, stretched, fitted, covered, zoomed."""
    canvas = (target.shape[0], target.shape[1])
    box = placement.content_box(target)
    for code in codes:
        shape = placement.turned_shape(source.shape, code)
        pairs = ((size, origin) for size in _sizes(shape, canvas, box) for origin in _origins(size, canvas, box))
        for size, origin in dict.fromkeys(pairs):
            yield placement.whole(shape, size, canvas, code, origin)


def _sizes(shape: Pair, canvas: Pair, box: tuple[int, int, int, int]) -> Iterator[Pair]:
    yield shape
    yield canvas
    if box != (0, 0, *canvas):
        yield box[2] - box[0], box[3] - box[1]
    for fitted in dict.fromkeys((canvas, canvas[::-1])):
        ratios = (fitted[0] / shape[0], fitted[1] / shape[1])
        for ratio in dict.fromkeys((min(ratios), max(ratios))):
            yield from rounded(shape, ratio)
    yield canvas[::-1]
    short = min(canvas) / min(shape)
    for zoom in ZOOMS:
        yield tuple(round(edge * short * zoom) for edge in shape)


#: Short edge over canvas as deployments have it: 256/224, 232/224, 235/224, 248/224, 236/224, 288/256, 320/299, and between.
ZOOMS = (256 / 224, 232 / 224, 235 / 224, 248 / 224, 236 / 224, 1.125, 1.07, *np.arange(1.02, 1.52, 0.02).tolist())


def rounded(shape: Pair, ratio: float) -> Iterator[Pair]:
    """Iterate over the whole sizes that a shape times a ratio can become, nearest first.

    >>> list(rounded((10, 14), 0.33))
    [(3, 5), (3, 4), (4, 5), (4, 4)]
    """
    hair = thresholds.now().fit.size_hair_px
    exact = (shape[0] * ratio, shape[1] * ratio)
    options = [sorted({int(np.floor(e + hair)), int(np.ceil(e - hair))}, key=partial(_apart, e)) for e in exact]
    for height, width in product(*options):
        if height > 0 and width > 0:
            yield height, width


def _apart(exact: float, whole: int) -> float:
    return abs(whole - exact)


def _origins(size: Pair, canvas: Pair, box: tuple[int, int, int, int]) -> Iterator[Pair]:
    top, left, bottom, right = box
    if size == (bottom - top, right - left):
        yield -top, -left
    gaps = [s - c for s, c in zip(size, canvas, strict=True)]
    # Half a pixel goes either way: libraries round an odd gap differently.
    yield from product(*(dict.fromkeys((gap // 2, -(-gap // 2))) for gap in gaps))
    yield 0, 0


def settle(source: HWC, target: HWC, place: Placement, model: SideModel) -> Placement:
    """Return the placement moved and resized by single pixels to where it explains most: a hill climb from a near one."""
    at = thresholds.now().fit
    shape = placement.turned_shape(source.shape, place.code)
    best, score = place, closeness(source, target, place, model.resampling, at.grid_points)
    tried: set[tuple[Pair, Pair]] = set()  # what explained less than an earlier best explains less than this one
    for _ in range(at.settle_rounds):
        before = best
        for step in _steps(best):
            size = (best.size[0] + step[0], best.size[1] + step[1])
            origin = (best.origin[0] + step[2], best.origin[1] + step[3])
            if min(size) < 1 or (size, origin) in tried:
                continue
            tried.add((size, origin))
            other = placement.whole(shape, size, place.canvas, place.code, origin)
            if model.subpixel_scale:
                other = exactly(source, target, other, model.resampling)
            got = closeness(source, target, other, model.resampling, at.grid_points)
            if got > score + at.place_step_share:
                best, score = other, got
        if best == before or score > at.place_settled_share:
            return best
    return best


def _steps(place: Placement) -> list[tuple[int, int, int, int]]:
    free = [(1, 0, 0, 0), (-1, 0, 0, 0), (0, 1, 0, 0), (0, -1, 0, 0)]
    free += [(0, 0, 1, 0), (0, 0, -1, 0), (0, 0, 0, 1), (0, 0, 0, -1)]
    free += [(1, 0, 1, 0), (-1, 0, -1, 0), (0, 1, 0, 1), (0, -1, 0, -1)]
    # A zoom about the centre moves size and origin at once.
    ratio = place.size[1] / place.size[0]
    for grow in (1, -1, 3, -3):
        wide = round(grow * ratio)
        free.append((grow, wide, round(grow / 2), round(wide / 2)))
        free.append((2 * grow, 0, grow, 0))
        free.append((0, 2 * grow, 0, grow))
    return free


def exactly(source: HWC, target: HWC, place: Placement, how: Resampling) -> Placement:
    """Return the placement with one exact scale for both axes, that of the axis which fits better; unchanged if none can.

    It is DALI's ``subpixel_scale``: sizes are rounded, scales are not.
    """
    hair = thresholds.now().fit.size_hair_px
    shape = placement.turned_shape(source.shape, place.code)
    if place.region is not None:
        return place
    found = []
    for axis in (0, 1):
        other = 1 - axis
        off = abs(shape[other] * place.size[axis] / shape[axis] - place.size[other])
        if hair < off < 1:
            exact = placement.subpixel(shape, place, axis)
            found.append((closeness(source, target, exact, how), axis, exact))
    return max(found, key=lambda f: f[0])[2] if found else place
