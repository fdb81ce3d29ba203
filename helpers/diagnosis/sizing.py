"""The rule by which pictures of different sizes become the sizes they were seen to become."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.diagnosis.frames import Pair

ROUNDINGS = ("floor", "round", "ceil")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """``mode`` as in a recipe's Resize (none, stretch, shorter, longer, not_larger, not_smaller) or other; ``size`` its goal.

    ``roundings`` are the ways of rounding the other edge that agree with every picture.
    """

    mode: str
    size: tuple[int, ...] = ()
    roundings: tuple[str, ...] = ROUNDINGS

    def said(self) -> dict[str, Any]:
        """Return the rule for a report."""
        out: dict[str, Any] = {"mode": self.mode, "size": list(self.size)}
        return {**out, "rounding": self.roundings[0]} if len(self.roundings) == 1 else out

    def written(self) -> str:
        """Return the rule in words."""
        size = "x".join(map(str, self.size))
        words = {
            "none": "no resize",
            "stretch": f"stretch to {size} (height x width)",
            "shorter": f"shorter edge to {size}",
            "longer": f"longer edge to {size}",
            "not_larger": f"fit inside {size}",
            "not_smaller": f"cover {size}",
        }
        return words.get(self.mode, "sizes that follow no usual rule")


def rules(shapes: Sequence[Pair], sizes: Sequence[Pair], canvas: Pair | None = None) -> list[Rule]:
    """Return every rule that agrees with all pictures, the likeliest first; one ``other`` rule if none does."""
    found = []
    for mode, goal in _goals(shapes, sizes, canvas):
        roundings = tuple(r for r in ROUNDINGS if _agrees(mode, goal, r, shapes, sizes))
        near = roundings or _agrees(mode, goal, "near", shapes, sizes)
        if near:
            found.append(Rule(mode=mode, size=goal, roundings=roundings))
    if all(a == b for a, b in zip(shapes, sizes, strict=True)):
        found.insert(0, Rule(mode="none"))
    return found or [Rule(mode="other")]


def _goals(shapes: Sequence[Pair], sizes: Sequence[Pair], canvas: Pair | None) -> Iterator[tuple[str, tuple[int, ...]]]:
    heights, widths = [s[0] for s in sizes], [s[1] for s in sizes]
    if len(set(shapes)) > 1 and len(set(sizes)) == 1:
        yield "stretch", sizes[0]
    for mode, pick in (("shorter", min), ("longer", max)):
        edges = {pick(s) for s in sizes}
        if len(edges) == 1:
            yield mode, (edges.pop(),)
    inside = (
        canvas if canvas and max(heights) <= canvas[0] and max(widths) <= canvas[1] else (max(heights), max(widths))
    )
    yield "not_larger", inside
    yield "not_smaller", (min(heights), min(widths))
    if len(set(sizes)) == 1:
        yield "stretch", sizes[0]


def _agrees(mode: str, goal: tuple[int, ...], rounding: str, shapes: Sequence[Pair], sizes: Sequence[Pair]) -> bool:
    for shape, size in zip(shapes, sizes, strict=True):
        exact = exact_size(mode, goal, shape)
        if rounding == "near":
            if max(abs(e - s) for e, s in zip(exact, size, strict=True)) >= 1:
                return False
        elif tuple(_rounded(e, rounding) for e in exact) != size:
            return False
    return True


def exact_size(mode: str, goal: tuple[int, ...], shape: Pair) -> tuple[float, float]:
    """Return a picture's size under a rule before rounding."""
    if mode == "stretch":
        return float(goal[0]), float(goal[1])
    if mode in ("shorter", "longer"):
        ratio = goal[0] / (min(shape) if mode == "shorter" else max(shape))
    else:
        ratios = (goal[0] / shape[0], goal[1] / shape[1])
        ratio = min(ratios) if mode == "not_larger" else max(ratios)
    return shape[0] * ratio, shape[1] * ratio


def _rounded(value: float, rounding: str) -> int:
    # A product such as 333 * (256 / 333) may fall a hair short of the whole number it stands for.
    whole = {"floor": np.floor(value + 1e-6), "ceil": np.ceil(value - 1e-6), "round": np.floor(value + 0.5)}
    return max(int(whole[rounding]), 1)


def same(ours: Sequence[Rule], theirs: Sequence[Rule]) -> bool:
    """Say whether some rule could be both sides': same mode and goal, rounding aside."""
    return any(a.mode == b.mode and a.size == b.size and a.mode != "other" for a in ours for b in theirs)


def closest(ours: Sequence[Rule], theirs: Sequence[Rule]) -> tuple[Rule, Rule]:
    """Return a pair of rules, of one mode if there is one: what people would say the two sides do."""
    for a in ours:
        for b in theirs:
            if a.mode == b.mode:
                return a, b
    return ours[0], theirs[0]
