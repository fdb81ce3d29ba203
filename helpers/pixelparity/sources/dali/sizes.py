"""What a resize makes of a picture's height and width, and the words of a recipe for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, permutations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.sources.dali.constants import numbers
from pixelparity.sources.dali.expressions import Evaluator, NotSizes, Sizes
from pixelparity.sources.dali.graph import JOINS, Graph, Node

Array = NDArray[Any]
#: Pictures on which a computed size is compared with the words: random ones, and ones with exact halves and multiples.
_SHORTEST, _LONGEST, _RANDOM = 32, 2000, 1500
_QUICK = 100  # pictures on which an aim that is far off is dropped
_NUMBERS = (
    "fdata", "idata", "real_constants", "integer_constants", "size", "resize_shorter", "resize_longer", "resize_x",
    "resize_y", "max_size",
)  # fmt: skip
_MOST_NUMBERS = 24  # of which words for a computed size are tried; people write two or three
_NEARLY = 0.6  # floor() of a float32 product is one short for a fifth of all pictures, and is meant to be the rule all the same


@dataclass(frozen=True, kw_only=True)
class Target:
    """A resize's aim in the words of :class:`pixelparity.recipes.Resize`; ``agrees`` is the share of pictures it holds for."""

    mode: str
    size: int | None = None
    height: int | None = None
    width: int | None = None
    oriented: bool = False
    rounding: str = "round"
    max_size: int | None = None
    agrees: float = 1.0

    def sizes(self, heights: Array, widths: Array) -> tuple[Array, Array]:
        """Return the resized heights and widths; the free edge is computed exactly, in whole numbers, then rounded."""
        if self.mode == "stretch":
            return self._box(heights, widths)
        over, under = self._scale(heights, widths)
        made = []
        for edge in (heights, widths):
            made.append(_divide(edge * over, under, self.rounding))
        return made[0], made[1]

    def _scale(self, heights: Array, widths: Array) -> tuple[Array, Array]:
        """Return the common scale of both edges as a fraction of whole numbers."""
        if self.mode in ("not_larger", "not_smaller"):
            over, under = self._box_scale(heights, widths)
        else:
            edge = {
                "shorter": np.minimum(heights, widths),
                "longer": np.maximum(heights, widths),
                "width": widths,
                "height": heights,
            }[self.mode]
            over, under = np.full_like(edge, self.size), edge
        if self.max_size is None:
            return over, under
        longest = np.maximum(heights, widths)
        capped = longest * over > self.max_size * under
        return np.where(capped, self.max_size, over), np.where(capped, longest, under)

    def _box(self, heights: Array, widths: Array) -> tuple[Array, Array]:
        high, wide = np.full_like(heights, self.height), np.full_like(widths, self.width)
        if self.oriented:
            long, short = np.maximum(high, wide), np.minimum(high, wide)
            high, wide = np.where(heights > widths, long, short), np.where(heights > widths, short, long)
        return high, wide

    def _box_scale(self, heights: Array, widths: Array) -> tuple[Array, Array]:
        high, wide = self._box(heights, widths)
        first = high * widths <= wide * heights  # the height decides what fits inside
        if self.mode == "not_smaller":
            first = high * widths >= wide * heights
        return np.where(first, high, wide), np.where(first, heights, widths)


def _divide(over: Array, under: Array, rounding: str) -> Array:
    whole: Array = over // under
    if rounding == "floor":
        return np.asarray(np.maximum(whole, 1))
    rest = 2 * (over - whole * under) - under  # twice the fraction's distance from a half, times the denominator
    if rounding == "ceil":
        return np.asarray(whole + (over % under != 0))
    up = rest >= 0 if rounding in ("round", "floor_plus_half") else (rest > 0) | ((rest == 0) & (whole % 2 == 1))
    return np.asarray(np.maximum(whole + up, 1))


def static_target(graph: Graph, node: Node) -> Target | None:
    """Return what a resize with constant arguments aims at, or ``None`` where they are computed or beyond the words."""
    mode, cap = str(node.get("mode", "default")), numbers(graph, node, "max_size", ())
    given = {
        name: numbers(graph, node, name, ())
        for name in ("size", "resize_shorter", "resize_longer", "resize_x", "resize_y")
    }
    if cap is None or any(value is None for value in given.values()):
        return None
    edges = {name: round(value[0]) for name, value in given.items() if value and name != "size" and value[0]}
    largest = int(cap[0]) if cap else None
    for name, word in (("resize_shorter", "shorter"), ("resize_longer", "longer")):
        if name in edges:
            return Target(mode=word, size=edges[name], max_size=largest)
    size = given["size"] or (edges.get("resize_y", 0), edges.get("resize_x", 0))
    high, wide = (round(v) for v in (size if len(size) == 2 else (size[0], size[0])))
    return _boxed(high, wide, mode, largest)


def _boxed(high: int, wide: int, mode: str, largest: int | None) -> Target | None:
    if high > 0 and wide > 0:
        word = {"default": "stretch"}.get(mode, mode)
        return Target(mode=word, height=high, width=wide, max_size=largest)
    if mode == "stretch" or high < 0 or wide < 0 or high == wide == 0:
        return None
    return (
        Target(mode="height", size=high, max_size=largest)
        if high
        else Target(mode="width", size=wide, max_size=largest)
    )


def sizes_of(graph: Graph, node: Node, extents: Mapping[str, Sizes]) -> Sizes:
    """Return the function from the first picture's (heights, widths) to those that a resize, or branches of resizes, makes.

    ``extents`` tells the sizes of the edges before, as functions of the same.
    """

    def computed(heights: Array, widths: Array) -> tuple[Array, Array]:
        evaluator = Evaluator(graph, extents, heights, widths)
        known: dict[str, tuple[Array, Array]] = {}
        for part in graph.branches(node):
            if part.operator in JOINS:
                chosen = evaluator.edge(part.argument_inputs["predicate"].name).astype(bool)
                yes, no = (known[graph.producers[edge.name].name] for edge in part.inputs)
                known[part.name] = np.where(chosen, yes[0], no[0]), np.where(chosen, yes[1], no[1])
            elif (fixed := static_target(graph, part)) is not None:
                known[part.name] = fixed.sizes(*before(graph, part, extents)(heights, widths))
            else:
                known[part.name] = _evaluated(evaluator, part)
        return known[node.name]

    return computed


def before(graph: Graph, node: Node, extents: Mapping[str, Sizes]) -> Sizes:
    """Return the size of the picture that a node reads; raise :class:`NotSizes` where it is not known."""
    edge = next((e.name for e in node.inputs if e.name in extents), node.inputs[0].name)
    while edge not in extents:
        source = graph.producers[edge]
        if source.operator not in ("_conditional__Split", "_conditional__Merge", "Resize") or not source.inputs:
            raise NotSizes(node.function)
        edge = source.inputs[0].name
    return extents[edge]


def _evaluated(evaluator: Evaluator, node: Node) -> tuple[Array, Array]:
    if set(node.argument_inputs) == {"size"} and node.get("mode", "default") in ("default", "stretch"):
        size = evaluator.edge(node.argument_inputs["size"].name)
        if size.ndim == 2 and len(size) == 2:
            return _half_up(size[0]), _half_up(size[1])
    if set(node.argument_inputs) == {"resize_x", "resize_y"}:
        high, wide = (evaluator.edge(node.argument_inputs[name].name) for name in ("resize_y", "resize_x"))
        return _half_up(high), _half_up(wide)
    raise NotSizes(node.function)


def _half_up(size: Array) -> Array:
    size = size[0] if size.ndim == 2 and len(size) == 1 else size  # a vector of one element is a number
    rounded: Array = np.floor(size.astype(np.float64) + 0.5)  # DALI rounds the size it is given
    return rounded.astype(np.int64)


def recognise(sizes: Sizes, start: Sizes, numbers_seen: frozenset[int]) -> Target | None:
    """Return the words for a computed size, found by comparing it with every aim from the size ``start`` that its numbers allow.

    The comparison is made on pictures of many sizes, exact halves and multiples among them; the aim that agrees on most
    is returned if that is nearly all of them, with the share in ``agrees``.
    """
    heights, widths = probes(numbers_seen)
    try:
        high, wide = sizes(heights, widths)
        heights, widths = start(heights, widths)
    except NotSizes:
        return None
    if np.ptp(high) == 0 and np.ptp(wide) == 0:
        return Target(mode="stretch", height=int(high[0]), width=int(wide[0]))
    best: Target | None = None
    # A formula that rounds halves up holds twice the number that was meant.
    halves = frozenset(n // 2 for n in numbers_seen if n % 2 == 0)
    for candidate in chain(_candidates(numbers_seen), _candidates(numbers_seen | halves) if halves else ()):
        made = candidate.sizes(heights[:_QUICK], widths[:_QUICK])
        if np.mean((made[0] == high[:_QUICK]) & (made[1] == wide[:_QUICK])) < _NEARLY / 2:
            continue
        made = candidate.sizes(heights, widths)
        share = float(np.mean((made[0] == high) & (made[1] == wide)))
        if share >= _NEARLY and (best is None or share > best.agrees):
            best = Target(**{**candidate.__dict__, "agrees": share})
        if share == 1.0:
            break
    return best


def probes(seen: frozenset[int]) -> tuple[Array, Array]:
    """Return heights and widths of pictures to try: random ones, and exact multiples and halves of the numbers seen."""
    rng = np.random.default_rng(0)
    heights = rng.integers(_SHORTEST, _LONGEST, _RANDOM)
    widths = rng.integers(_SHORTEST, _LONGEST, _RANDOM)
    special = sorted({n for v in seen for n in (v, 2 * v, v // 2, 3 * v) if n >= _SHORTEST} | {48, 96, 333, 1000})
    grid = np.array([(a, b) for a in special for b in special])
    # Twice the target along one edge makes the other an exact half for odd sizes.
    odd = np.array([(2 * v, w) for v in sorted(seen) if v >= _SHORTEST // 2 for w in range(101, 161)])
    pairs = np.concatenate([grid, odd, odd[:, ::-1]]) if len(odd) else grid
    return np.concatenate([heights, pairs[:, 0]]), np.concatenate([widths, pairs[:, 1]])


def _candidates(seen: frozenset[int]) -> Iterator[Target]:
    sizes = sorted(n for n in seen if n > 1)
    caps: list[int | None] = [None, *sizes]
    for rounding in ("floor", "floor_plus_half", "half_even", "ceil"):
        for high, wide in permutations(sizes, 2):
            yield from _boxes(high, wide, rounding)
        for cap, size in product(caps, sizes):  # the plain words before those with a cap, which may mean the same
            for mode in ("shorter", "longer", "height", "width"):
                yield Target(mode=mode, size=size, rounding=rounding, max_size=cap)
            if cap is None:
                yield from _boxes(size, size, rounding)


def _boxes(high: int, wide: int, rounding: str) -> Iterator[Target]:
    for mode in ("stretch", "not_larger", "not_smaller"):
        for oriented in (False, True) if high > wide else (False,):
            yield Target(mode=mode, height=high, width=wide, oriented=oriented, rounding=rounding)


def whole_numbers(graph: Graph, *nodes: Node) -> frozenset[int]:
    """Return the whole numbers that the computed arguments of some nodes are made from, and their stored ones.

    None of them where there are more than anyone would go through.
    """
    edges = [edge.name for node in nodes for edge in node.argument_inputs.values()]
    parts = {n.name: n for edge in edges for n in graph.ancestors(edge)} | {n.name: n for n in nodes}
    found: set[float] = set()
    for part in parts.values():
        for name in _NUMBERS:
            stored = part.get(name, ())
            found |= set(stored if isinstance(stored, tuple) else (stored,))
    whole = frozenset(int(v) for v in found if isinstance(v, int | float) and 1 < v < 20000 and float(v).is_integer())
    return whole if len(whole) <= _MOST_NUMBERS else frozenset()
