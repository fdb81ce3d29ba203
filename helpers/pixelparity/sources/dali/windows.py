"""A slice whose window is computed in the graph, in the words of a recipe: a crop, or padding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.recipes import Crop, Pad
from pixelparity.sources.dali.constants import numbers
from pixelparity.sources.dali.expressions import Evaluator, NotSizes, Sizes
from pixelparity.sources.dali.graph import Graph, Node
from pixelparity.sources.dali.sizes import probes, whole_numbers

Array = NDArray[Any]
Pair = tuple[Array, Array]

#: How the start of a window becomes a whole number from what is to spare on both sides, which may be negative.
_STARTS: dict[str, Callable[[Array], Array]] = {
    "floor": lambda spare: np.sign(spare) * (np.abs(spare) // 2),  # towards zero, as DALI truncates
    "round": lambda spare: np.sign(spare) * ((np.abs(spare) + 1) // 2),  # half away from zero
    "half_even": lambda spare: np.round(spare / 2).astype(np.int64),
    "ceil": lambda spare: -(-spare // 2),
}


def slice_step(graph: Graph, node: Node, extents: Mapping[str, Sizes]) -> Crop | Pad | None:
    """Return what ``fn.slice`` with a start and a shape in pixels does to pictures of every size; ``None`` if no words fit.

    ``extents`` tells the height and width of the edges that hold pictures, as functions of the first picture's.
    """
    fill = numbers(graph, node, "fill_values", (0.0,))
    before = extents.get(node.inputs[0].name)
    if len(node.inputs) != 1 or before is None or fill is None:
        return None
    seen = whole_numbers(graph, node)
    heights, widths = probes(seen)
    try:
        start, window = _window(Evaluator(graph, extents, heights, widths), graph, node)
    except NotSizes:
        return None
    return _words(node, before(heights, widths), start, window, fill, seen)


def crop_step(graph: Graph, node: Node, extents: Mapping[str, Sizes]) -> Crop | Pad | None:
    """Return what ``fn.crop`` with a computed position or size does to pictures of every size; ``None`` if no words fit."""
    fill = numbers(graph, node, "fill_values", (0.0,))
    before = extents.get(node.inputs[0].name)
    if len(node.inputs) != 1 or before is None or fill is None:
        return None
    seen = whole_numbers(graph, node)
    heights, widths = probes(seen)
    size = before(heights, widths)
    evaluator = Evaluator(graph, extents, heights, widths)
    try:
        window = _crop_size(evaluator, graph, node)
        places = [_scalar(evaluator, graph, node, name, 0.5) for name in ("crop_pos_y", "crop_pos_x")]
    except NotSizes:
        return None
    at = [place.astype(np.float32) * (s - w) for place, s, w in zip(places, size, window, strict=True)]
    truncates = node.get("rounding", "round") == "truncate"
    start = [np.trunc(one if truncates else one + np.copysign(0.5, one)).astype(np.int64) for one in at]
    return _words(node, size, (start[0], start[1]), window, fill, seen)


def _crop_size(evaluator: Evaluator, graph: Graph, node: Node) -> Pair:
    given = {*node.arguments, *node.argument_inputs}
    if "crop" in given:
        if given & {"crop_h", "crop_w"}:
            raise NotSizes(node.function)  # said twice, which DALI refuses
        both = _vector(evaluator, graph, node, "crop")
        if both is None:
            raise NotSizes(node.function)
        return both[0], both[1]
    edges = [np.rint(_scalar(evaluator, graph, node, name, 0.0)).astype(np.int64) for name in ("crop_h", "crop_w")]
    return edges[0], edges[1]


def _scalar(evaluator: Evaluator, graph: Graph, node: Node, name: str, default: float) -> Array:
    given = numbers(graph, node, name, (default,))
    if given is not None:
        return np.full(evaluator.count, given[0])
    value = evaluator.edge(node.argument_inputs[name].name)
    if value.ndim != 1:
        raise NotSizes(node.function)
    return value


def _words(
    node: Node, size: Pair, start: Pair, window: Pair, fill: tuple[float, ...], seen: frozenset[int]
) -> Crop | Pad | None:
    """Return the words for a window that is known for many pictures; ``None`` if none fit."""
    policy = str(node.get("out_of_bounds_policy", "error"))
    policy = {"trim_to_shape": "trim"}.get(policy, policy)
    around = policy == "pad" and all((w >= s).all() for w, s in zip(window, size, strict=True))
    pad = _pad(size, start, window, fill, seen) if around else None
    return pad or _crop(size, start, window, policy, fill, seen)


def _window(evaluator: Evaluator, graph: Graph, node: Node) -> tuple[Pair, Pair]:
    """Return (start, shape) of the window, each as (vertical, horizontal)."""
    axes = node.get("axes", (1, 0)) if "axis_names" not in node.arguments else None
    names = str(node.get("axis_names", "")) or "".join("HW"[a] if a in (0, 1) else "?" for a in axes or ())
    if sorted(names) != ["H", "W"]:
        raise NotSizes(node.function)
    read = {name: _vector(evaluator, graph, node, name) for name in ("start", "shape", "end")}
    start = read["start"]
    if start is None or (read["shape"] is None) == (read["end"] is None):
        raise NotSizes(node.function)
    shape = read["shape"]
    if shape is None:
        end = read["end"]
        assert end is not None
        shape = end - start
    order = [names.index("H"), names.index("W")]
    return (start[order[0]], start[order[1]]), (shape[order[0]], shape[order[1]])


def _vector(evaluator: Evaluator, graph: Graph, node: Node, name: str) -> Array | None:
    if name in node.argument_inputs:
        value = evaluator.edge(node.argument_inputs[name].name)
    else:
        given = numbers(graph, node, name, None)
        if given is None:
            return None
        value = np.asarray(given)[:, None] * np.ones((1, evaluator.count))
    if value.ndim != 2 or len(value) not in (1, 2):
        raise NotSizes(node.function)
    rounded: Array = np.rint(np.broadcast_to(value, (2, value.shape[1])))
    return rounded.astype(np.int64)


def _crop(
    size: Pair, start: Pair, window: Pair, policy: str, fill: tuple[float, ...], seen: frozenset[int]
) -> Crop | None:
    placed, aim = next(_placements(size, start, window), None), _aim(size, window)
    if placed is not None and aim is not None:
        height, width, trim = aim
        rounding, anchor = placed
        return Crop(
            height=height, width=width, anchor=anchor, rounding=rounding, out_of_bounds=trim or policy, fill=fill
        )
    share = _share(size, start, window, seen)
    return share and Crop(fraction=share, rounding="half_even", out_of_bounds=policy, fill=fill)


def _share(size: Pair, start: Pair, window: Pair, seen: frozenset[int]) -> tuple[int, int] | None:
    """Return the share of the shorter edge that is cut out of the middle, its start rounded from the unrounded side."""
    shorter = np.minimum(*size)
    for part in sorted(seen):
        for whole in sorted(n for n in seen if n > part):
            side = np.maximum(shorter * part // whole, 1)
            at = [np.round((whole * edge - part * shorter) / (2 * whole)).astype(np.int64) for edge in size]
            if all(np.array_equal(w, side) for w in window) and all(map(np.array_equal, start, at)):
                return part, whole
    return None


def _placements(size: Pair, start: Pair, window: Pair) -> Iterator[tuple[str, tuple[float, float]]]:
    spare = [s - w for s, w in zip(size, window, strict=True)]
    for rounding, rule in _STARTS.items():
        if all(np.array_equal(at, rule(gap)) for at, gap in zip(start, spare, strict=True)):
            yield rounding, (0.5, 0.5)
    for anchor in (0.0, 1.0):
        if all(np.array_equal(at, np.maximum(gap * int(anchor), 0)) for at, gap in zip(start, spare, strict=True)):
            yield "none", (anchor, anchor)


def _aim(size: Pair, window: Pair) -> tuple[int, int, str] | None:
    """Return (height, width, trim or nothing) of a window that is the same for every picture, but for smaller pictures."""
    high, wide = int(window[0].max()), int(window[1].max())
    if (window[0] == high).all() and (window[1] == wide).all():
        return high, wide, ""
    trimmed = [np.minimum(s, most) for s, most in zip(size, (high, wide), strict=True)]
    return (high, wide, "trim") if all(map(np.array_equal, window, trimmed)) else None


def _pad(size: Pair, start: Pair, window: Pair, fill: tuple[float, ...], seen: frozenset[int]) -> Pad | None:
    lacking = [w - s for w, s in zip(window, size, strict=True)]
    places = {
        "centre": all(np.array_equal(at, -(gap // 2)) for at, gap in zip(start, lacking, strict=True)),
        "top_left": all((at == 0).all() for at in start),
    }
    position = next((name for name, fits in places.items() if fits), None)
    if position is None:
        return None
    least = [int(w.min()) for w in window]
    if all(np.array_equal(w, np.maximum(s, n)) for w, s, n in zip(window, size, least, strict=True)):
        return Pad(height=least[0], width=least[1], position=position, fill=fill)
    for divisor in sorted(seen):
        if all(np.array_equal(w, -(-s // divisor) * divisor) for w, s in zip(window, size, strict=True)):
            return Pad(divisor=divisor, position=position, fill=fill)
    return None
