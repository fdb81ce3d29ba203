"""Rules of sizes where a step before gave the sides other pictures: which one tells a mode, a rounding, or nothing."""

from __future__ import annotations

import pytest

from pixelparity.diagnosis.families import geometry
from pixelparity.diagnosis.fit.resize_rules import Rule
from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.placement import Pair, Placement
from pixelparity.diagnosis.model.side_model import SideModel

SHAPES: tuple[Pair, ...] = ((150, 200), (200, 150), (170, 170), (140, 231))
HALVED: tuple[Pair, ...] = tuple((height // 2, width // 2) for height, width in SHAPES)
FLOOR, UP, ANY = ("floor",), ("ceil",), ("floor", "round")


def _side(chosen: list[Placement], shapes: tuple[Pair, ...] = SHAPES) -> SideModel:
    return SideModel(placements=tuple(chosen), colour=colours.identity(3), shapes=shapes)


def _longer(edge: int, shapes: tuple[Pair, ...]) -> list[Placement]:
    """Return pictures whose longer edge becomes ``edge``."""
    sizes = [(round(h * edge / max(h, w)), round(w * edge / max(h, w))) for h, w in shapes]
    return [placement.whole(shape, size) for shape, size in zip(shapes, sizes, strict=True)]


def _shorter(edge: int, roundings: tuple[str, ...], mode: str = "shorter") -> Rule:
    return Rule(mode=mode, size=(edge,), roundings=roundings)


@pytest.mark.parametrize(
    ("reference", "deployed", "differs"),
    [
        ([_shorter(96, FLOOR)], [_shorter(96, UP)], True),
        ([_shorter(96, FLOOR)], [_shorter(96, ANY)], False),
        ([_shorter(96, FLOOR)], [_shorter(97, UP)], False),  # another goal is no other rounding
        ([_shorter(96, FLOOR)], [_shorter(96, UP, "longer")], False),
        ([_shorter(96, FLOOR)], [_shorter(96, ())], False),  # no way of rounding agrees: nothing is known
        ([_shorter(96, FLOOR), _shorter(128, ANY)], [_shorter(96, UP), _shorter(128, FLOOR)], False),
    ],
)
def test_one_goal_rounded_otherwise(reference: list[Rule], deployed: list[Rule], differs: bool) -> None:
    """The same rule and number, and no rounding that both may have; one shared way for one shared goal is enough."""
    assert geometry._rounded_otherwise((reference, deployed)) is differs
    assert geometry._rounded_otherwise((deployed, reference)) is differs


def test_the_side_that_resamples_is_told_by_its_own_rule() -> None:
    """The longer edge becomes 96 on one side; the other leaves its smaller pictures as they are."""
    resampled, still = _side(_longer(96, SHAPES)), _side([placement.whole(s, s) for s in HALVED], HALVED)
    (found,) = geometry.differences(resampled, still, list(zip(SHAPES, HALVED, strict=True)))
    assert found.parameters["reference_rule"] == {"mode": "longer", "size": [96]}
    assert found.parameters["deployed_rule"]["mode"] == "none"


def test_other_numbers_in_one_rule_of_other_pictures() -> None:
    """Both sides bring the longer edge to a number, of pictures that a step before halved: a size, and both numbers."""
    ours, theirs = _side(_longer(96, SHAPES)), _side(_longer(64, HALVED), HALVED)
    (found,) = geometry.differences(ours, theirs, list(zip(SHAPES, HALVED, strict=True)))
    assert found.family == "target_size"
    rules = found.parameters["reference_rule"], found.parameters["deployed_rule"]
    assert [rule["size"] for rule in rules] == [[96], [64]]


def test_a_part_against_the_whole_of_other_pictures() -> None:
    """Only one side resizes a part: another part is named; both of them do: their rules say nothing of wholes."""
    parts = [placement.cut_out((0, 0, 60, 60), (32, 32)) for _ in SHAPES]
    ours, theirs = _side(parts), _side(_longer(64, HALVED), HALVED)
    shapes = list(zip(SHAPES, HALVED, strict=True))
    (found,) = geometry.differences(ours, theirs, shapes)
    assert (found.family, found.parameters["reference"]["region"]) == ("resize_mode", (0, 0, 60, 60))
    assert geometry.differences(ours, _side(parts, HALVED), shapes) == []
