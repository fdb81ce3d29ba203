"""Rules by which sizes follow from shapes."""

from __future__ import annotations

import pytest

from pixelparity.diagnosis.fit import resize_rules
from pixelparity.diagnosis.fit.resize_rules import Rule

SHAPES = [(333, 500), (500, 375), (480, 640)]


@pytest.mark.parametrize(
    ("rule", "size"),
    [
        (Rule(mode="stretch", size=(224, 200)), (224, 200)),
        (Rule(mode="shorter", size=(256,)), (256, 384)),
        (Rule(mode="longer", size=(256,)), (170, 256)),
        (Rule(mode="not_larger", size=(100, 300)), (100, 150)),
        (Rule(mode="not_smaller", size=(100, 300)), (199, 300)),
        (Rule(mode="shorter", size=(256,), max_size=300), (199, 300)),
    ],
    ids=lambda value: value.written() if isinstance(value, Rule) else "",
)
def test_sizes_worked_by_hand(rule: Rule, size: tuple[int, int]) -> None:
    """What a 333 x 500 picture becomes under each rule, rounded down."""
    assert resize_rules.size_of(rule, (333, 500)) == size


def test_roundings_worked_by_hand() -> None:
    """333 x 500 to a shorter edge of 100 is 150.15 wide: 150, 150, 151. What is whole to a hair stays whole."""
    sizes = [
        resize_rules.size_of(Rule(mode="shorter", size=(100,), roundings=(r,)), (333, 500))
        for r in resize_rules.ROUNDINGS
    ]
    assert sizes == [(100, 150), (100, 150), (100, 151)]
    halves = [resize_rules._rounded(2.5, rounding) for rounding in resize_rules.ROUNDINGS]
    assert halves == [2, 3, 3]
    for rounding in resize_rules.ROUNDINGS:
        assert resize_rules._rounded(256 - 1e-9, rounding) == resize_rules._rounded(256 + 1e-9, rounding) == 256
        assert resize_rules._rounded(0.2, rounding) == 1


@pytest.mark.parametrize("mode", ["shorter", "longer", "not_larger", "not_smaller"])
@pytest.mark.parametrize("rounding", resize_rules.ROUNDINGS)
def test_a_rule_is_found_from_its_own_sizes(mode: str, rounding: str) -> None:
    """Sizes made by a rule agree with it, in its rounding."""
    made = Rule(mode=mode, size=(224,) if mode in ("shorter", "longer") else (224, 288), roundings=(rounding,))
    sizes = [resize_rules.size_of(made, shape) for shape in SHAPES]
    found = [rule for rule in resize_rules.rules(SHAPES, sizes, canvas=(224, 288)) if rule.goal == made.goal]
    assert len(found) == 1
    assert rounding in found[0].roundings


def test_one_pixel_more_is_another_rounding_or_another_rule() -> None:
    """Every size a pixel larger than rounding down is rounding up; two pixels larger follows no shorter edge."""
    rule = Rule(mode="shorter", size=(224,), roundings=("floor",))
    down = [resize_rules.size_of(rule, shape) for shape in SHAPES[:2]]
    up, beyond = ([(h + (h > 224) * n, w + (w > 224) * n) for h, w in down] for n in (1, 2))
    assert resize_rules.rules(SHAPES[:2], up)[0].roundings == ("ceil",)
    assert all(found.mode != "shorter" for found in resize_rules.rules(SHAPES[:2], beyond))


def test_pictures_that_stay_have_no_resize() -> None:
    """Equal shapes and sizes: no resize is the likeliest; sizes without a rule have one ``other``."""
    assert resize_rules.rules(SHAPES, SHAPES)[0] == Rule(mode="none")
    assert resize_rules.rules(SHAPES, [(10, 20), (77, 30), (31, 99)]) == [Rule(mode="other")]


def test_one_rule_may_be_both_sides() -> None:
    """Rounding aside, a common rule is the same; ``other`` is never."""
    a, b = (
        Rule(mode="shorter", size=(224,), roundings=("floor",)),
        Rule(mode="shorter", size=(224,), roundings=("ceil",)),
    )
    assert resize_rules.same([a, Rule(mode="none")], [b])
    assert not resize_rules.same([a], [Rule(mode="shorter", size=(256,))])
    assert not resize_rules.same([Rule(mode="other")], [Rule(mode="other")])


def test_a_rule_is_said_and_written() -> None:
    """One rounding is told, several are not."""
    one = Rule(mode="shorter", size=(224,), max_size=320, roundings=("floor",))
    assert one.said() == {"mode": "shorter", "size": [224], "max_size": 320, "rounding": "floor"}
    assert one.written() == "shorter edge to 224, longer edge at most 320"
    assert "rounding" not in Rule(mode="stretch", size=(2, 3)).said()
    assert Rule(mode="other").written() == "sizes that follow no usual rule"


def test_a_capped_short_edge_is_a_rule() -> None:
    """Short edge 224 and long edge at most 320, seen on a wide, a tall and a nearly square picture."""
    shapes, sizes = [(281, 500), (500, 281), (480, 500)], [(180, 320), (320, 180), (224, 233)]
    rule = resize_rules.rules(shapes, sizes)[0]
    assert (rule.mode, rule.size, rule.max_size) == ("shorter", (224,), 320)
    assert resize_rules.size_of(rule, (500, 281)) == (320, 180)


def test_usual_numbers_are_preferred() -> None:
    """At 4:3 a short edge of 640 is a long edge of 853: nobody asks for 853."""
    shapes = [(300, 400), (600, 800)]
    fit, cover = resize_rules.rules(shapes, [(480, 640)] * 2), resize_rules.rules(shapes, [(640, 853)] * 2)
    own, other = resize_rules.closest(
        [r for r in fit if r.mode == "longer"], [r for r in cover if r.mode in ("longer", "shorter")]
    )
    assert (own.written(), other.written()) == ("longer edge to 640", "shorter edge to 640")


def test_a_side_without_rules_is_an_error() -> None:
    """There is always a rule, ``other`` at least: none at all is a mistake of the caller."""
    with pytest.raises(IndexError):
        resize_rules.closest([], [Rule(mode="none")])
    with pytest.raises(ValueError, match="shorter"):
        resize_rules.rules(SHAPES, SHAPES[:2])


@pytest.mark.parametrize(
    ("second", "near"),
    [((150, 100), True), ((151, 100), True), ((152, 100), False), ((149, 100), False)],
)
def test_a_rule_within_a_pixel_is_one_without_a_rounding(second: tuple[int, int], near: bool) -> None:
    """Shorter edge 100: 333 x 500 cut off to 150 of 150.15, 500 x 333 to less or more by under a pixel, in no one way."""
    shapes = [(333, 500), (500, 333), (331, 500)]
    sizes = [(100, 150), second, (100, 152)]  # 151.06 is rounded up here
    found = [rule for rule in resize_rules.rules(shapes, sizes) if rule.goal == ("shorter", (100,), None)]
    assert [rule.roundings for rule in found] == ([()] if near else [])


def test_a_capped_edge_is_no_mere_shorter_edge() -> None:
    """Of rules of usual numbers those of one kind are paired: a cap on both sides or on none, though others stand first."""
    capped, plain = Rule(mode="shorter", size=(224,), max_size=320), Rule(mode="shorter", size=(256,))
    both = Rule(mode="shorter", size=(192,), max_size=256)
    assert resize_rules.closest([capped, plain], [both, plain]) == (capped, both)
    assert resize_rules.closest([plain, capped], [both]) == (capped, both)
    assert resize_rules.closest([capped], [both, plain]) == (capped, both)
    assert resize_rules.closest([capped, plain], [plain]) == (plain, plain)
