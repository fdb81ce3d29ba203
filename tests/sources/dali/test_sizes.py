"""Sizes computed in a DALI graph, put into words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pixelparity.recipes import Resize
from pixelparity.sources import dali
from pixelparity.sources.dali import sizes
from pixelparity.sources.dali.sizes import Target

HEAD = """
from nvidia.dali import fn, math, pipeline_def, types

@pipeline_def
def p():
    images = fn.external_source(name="IN", layout="HWC")
    shape = images.shape(dtype=types.INT32)
    height, width = shape[0], shape[1]
    short = math.min(height, width)
"""


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("{edge} * 24 // short", ("shorter", 24, "floor")),
        ("({edge} * 24 + short - 1) // short", ("shorter", 24, "ceil")),
        ("({edge} * 48 + short) // (short * 2)", ("shorter", 24, "floor_plus_half")),
        ("({edge} * 46 + short) // (short * 2)", ("shorter", 23, "floor_plus_half")),
        ("{edge} * 24 // height", ("height", 24, "floor")),
        ("{edge} * 24 // width", ("width", 24, "floor")),
    ],
)
def test_a_rule_of_both_edges_has_words(tmp_path: Path, rule: str, words: tuple[str, int, str]) -> None:
    """The edge that becomes the number, and how the other one is rounded: also where twice the number is written."""
    file = tmp_path / "p.py"
    edges = ", ".join(f"({rule.format(edge=edge)}) * 1.0" for edge in ("height", "width"))
    file.write_text(f"{HEAD}    return fn.resize(images, size=fn.stack({edges}))\n")
    resize = dali.recipe(f"{file}:p").steps[-1]
    assert isinstance(resize, Resize)
    assert (resize.mode, resize.size, resize.rounding) == words
    if "short" in rule:  # the others make nothing of a picture that is much longer than high
        assert "come out a pixel different" not in resize.origin


@pytest.mark.parametrize(
    ("high", "wide", "mode", "target"),
    [
        (40, 60, "default", Target(mode="stretch", height=40, width=60)),
        (40, 60, "not_larger", Target(mode="not_larger", height=40, width=60)),
        (40, 0, "default", Target(mode="height", size=40)),
        (0, 60, "not_smaller", Target(mode="width", size=60)),
        (40, 0, "stretch", None),
        (-40, 60, "default", None),  # a negative edge turns the picture over
        (40, -60, "default", None),
        (0, -60, "default", None),
        (0, 0, "default", None),
    ],
)
def test_a_box_of_constants(high: int, wide: int, mode: str, target: Target | None) -> None:
    """Both edges make a box, one of them an edge with the other free; negative and no edges have no words."""
    assert sizes._boxed(high, wide, mode, None) == target


def test_pictures_to_try_hold_halves_and_multiples() -> None:
    """Of 24: itself, twice and three times as far as they are no smaller than 32, and 48 against each of 101 to 160."""
    heights, widths = sizes.probes(frozenset({24}))
    pairs = set(zip(heights.tolist(), widths.tolist(), strict=True))
    assert {(48, w) for w in range(101, 161)} | {(w, 48) for w in range(101, 161)} <= pairs
    assert {(48, 72), (72, 48), (72, 72)} <= pairs
    assert min(heights.min(), widths.min()) >= 32
    plain = [set(side.tolist()) for side in sizes.probes(frozenset({15}))]  # twice 15 is smaller than any picture
    assert all(30 not in side for side in plain)


@pytest.mark.parametrize(
    ("over", "under", "floor", "half_up", "half_even", "ceil"),
    [
        (5, 2, 2, 3, 2, 3),
        (7, 2, 3, 4, 4, 4),
        (9, 4, 2, 2, 2, 3),
        (11, 4, 2, 3, 3, 3),
        (8, 4, 2, 2, 2, 2),
        (1, 4, 1, 1, 1, 1),
    ],
)
def test_a_division_is_rounded(over: int, under: int, floor: int, half_up: int, half_even: int, ceil: int) -> None:
    """Down, to the nearest with a half upwards or to the even one, or up; and never to nothing."""
    found = [
        int(sizes._divide(np.array([over]), np.array([under]), rounding)[0])
        for rounding in ("floor", "floor_plus_half", "half_even", "ceil")
    ]
    assert found == [floor, half_up, half_even, ceil]


def test_one_pixel_is_no_size_that_is_tried() -> None:
    """Formulas add and compare with one all the time; of 1 and 8 only rules with an edge of 8 are tried."""
    tried = list(sizes._candidates(frozenset({1, 8})))
    assert {edge for t in tried for edge in (t.size, t.height, t.width, t.max_size) if edge is not None} == {8}
    assert {t.mode for t in tried} == {"shorter", "longer", "height", "width", "stretch", "not_larger", "not_smaller"}
