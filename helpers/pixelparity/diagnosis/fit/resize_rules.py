"""The rule by which pictures of different sizes become the sizes they were seen to become."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.model.placement import Pair

ROUNDINGS = ("floor", "round", "ceil")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """``mode`` as in a recipe's Resize (none, stretch, shorter, longer, not_larger, not_smaller) or other; ``size`` its goal.

    ``max_size`` caps the longer edge of ``shorter``.
    ``roundings`` are the ways of rounding the other edge that agree with every picture.
    """

    mode: str
    size: tuple[int, ...] = ()
    max_size: int | None = None
    roundings: tuple[str, ...] = ROUNDINGS

    @property
    def goal(self) -> tuple[str, tuple[int, ...], int | None]:
        """Return the rule, rounding aside."""
        return self.mode, self.size, self.max_size

    def said(self) -> dict[str, Any]:
        """Return the rule for a report."""
        out: dict[str, Any] = {"mode": self.mode, "size": list(self.size)}
        out |= {"max_size": self.max_size} if self.max_size is not None else {}
        return {**out, "rounding": self.roundings[0]} if len(self.roundings) == 1 else out

    def written(self) -> str:
        """Return the rule in words."""
        size = "x".join(map(str, self.size))
        words = {
            "none": "no resize",
            "stretch": f"stretch to {size} (height x width)",
            "shorter": f"shorter edge to {size}" + (f", longer edge at most {self.max_size}" if self.max_size else ""),
            "longer": f"longer edge to {size}",
            "not_larger": f"fit inside {size}",
            "not_smaller": f"cover {size}",
        }
        return words.get(self.mode, "sizes that follow no usual rule")


def rules(shapes: Sequence[Pair], sizes: Sequence[Pair], canvas: Pair | None = None) -> list[Rule]:
    """Return every rule that agrees with all pictures, the likeliest first; one ``other`` rule if none does.

    ``shapes`` are the pictures' sizes before, ``sizes`` after, (height, width) in pixels, one for one. Raises ``ValueError``
    for lists of unlike lengths.

    >>> rules([(300, 400), (500, 250)], [(150, 200), (200, 100)])[0].written()
    'longer edge to 200'
    """
    found = []
    for given in _goals(shapes, sizes, canvas):
        roundings = tuple(r for r in ROUNDINGS if _agrees(given, r, shapes, sizes))
        near = roundings or _agrees(given, "near", shapes, sizes)
        if near:
            found.append(replace(given, roundings=roundings))
    if all(a == b for a, b in zip(shapes, sizes, strict=True)):
        found.insert(0, Rule(mode="none"))
    return found or [Rule(mode="other")]


def _goals(shapes: Sequence[Pair], sizes: Sequence[Pair], canvas: Pair | None) -> Iterator[Rule]:
    heights, widths = [s[0] for s in sizes], [s[1] for s in sizes]
    if len(set(shapes)) > 1 and len(set(sizes)) == 1:
        yield Rule(mode="stretch", size=sizes[0])
    shorter, longer = {min(s) for s in sizes}, {max(s) for s in sizes}
    if len(shorter) == 1:
        yield Rule(mode="shorter", size=(min(shorter),))
    if len(longer) == 1:
        yield Rule(mode="longer", size=(max(longer),))
    inside = (
        canvas if canvas and max(heights) <= canvas[0] and max(widths) <= canvas[1] else (max(heights), max(widths))
    )
    yield Rule(mode="not_larger", size=inside)
    yield Rule(mode="not_smaller", size=(min(heights), min(widths)))
    if len(set(sizes)) == 1:
        yield Rule(mode="stretch", size=sizes[0])
    # A cap is one only where it holds some pictures back and others not, by more than rounding.
    if min(shorter) < max(shorter) - 1 and min(longer) < max(longer) - 1:
        yield Rule(mode="shorter", size=(max(shorter),), max_size=max(longer))


def _agrees(rule: Rule, rounding: str, shapes: Sequence[Pair], sizes: Sequence[Pair]) -> bool:
    for shape, size in zip(shapes, sizes, strict=True):
        exact = exact_size(rule, shape)
        if rounding == "near":
            if max(abs(e - s) for e, s in zip(exact, size, strict=True)) >= 1:
                return False
        elif tuple(_rounded(e, rounding) for e in exact) != size:
            return False
    return True


def exact_size(rule: Rule, shape: Pair) -> tuple[float, float]:
    """Return a picture's size (height, width) under a rule before rounding, in pixels."""
    mode, edges = rule.mode, rule.size
    if mode == "stretch":
        return float(edges[0]), float(edges[1])
    if mode in ("shorter", "longer"):
        ratio = edges[0] / (min(shape) if mode == "shorter" else max(shape))
        ratio = ratio if rule.max_size is None else min(ratio, rule.max_size / max(shape))
    else:
        ratios = (edges[0] / shape[0], edges[1] / shape[1])
        ratio = min(ratios) if mode == "not_larger" else max(ratios)
    return shape[0] * ratio, shape[1] * ratio


def size_of(rule: Rule, shape: Pair) -> Pair:
    """Return a picture's size under a rule, rounded in the way that all pictures agree with.

    >>> size_of(Rule(mode="shorter", size=(224,), roundings=("floor",)), (333, 500))
    (224, 336)
    """
    how = (rule.roundings or ("round",))[0]
    height, width = exact_size(rule, shape)
    return _rounded(height, how), _rounded(width, how)


def _rounded(value: float, rounding: str) -> int:
    # A product such as 333 * (256 / 333) may fall a hair short of the whole number it stands for.
    hair = thresholds.now().fit.size_hair_px
    whole = {"floor": np.floor(value + hair), "ceil": np.ceil(value - hair), "round": np.floor(value + 0.5)}
    return max(int(whole[rounding]), 1)


def same(reference: Sequence[Rule], deployed: Sequence[Rule]) -> bool:
    """Say whether some rule could be both sides': same mode and goal, rounding aside."""
    return any(a.goal == b.goal and a.mode != "other" for a in reference for b in deployed)


#: Edges that networks have and that no small power of two divides.
_ODD_EDGES = (227, 235, 299, 331, 475, 513)


def _usual(rule: Rule) -> bool:
    """Say whether a rule's numbers are such as people choose: 853 is what 640 becomes at 4:3, not a choice."""
    multiple = thresholds.now().fit.usual_edge_multiple
    return all(n % multiple == 0 or n in _ODD_EDGES for n in rule.size)


def closest(reference: Sequence[Rule], deployed: Sequence[Rule]) -> tuple[Rule, Rule]:
    """Return a pair of rules of usual numbers and of one mode, else of usual numbers, else of one mode.

    It is what people would say the two sides do where the pictures leave several rules open. Raises ``IndexError`` for a
    side without a rule.
    """
    usual = [[rule for rule in rules if _usual(rule)] for rules in (reference, deployed)]
    for of_reference, of_deployed in (usual, (reference, deployed)):
        alike = ((a, b) for a in of_reference for b in of_deployed if _kind(a) == _kind(b))
        if (found := next(alike, None)) is not None:
            return found
        if of_reference and of_deployed:
            return of_reference[0], of_deployed[0]
    return reference[0], deployed[0]


def _kind(rule: Rule) -> tuple[str, bool]:
    return rule.mode, rule.max_size is None
