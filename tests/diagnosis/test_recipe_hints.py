"""Recipes beside causes: what they do not declare is said, but not of what no recipe could declare."""

from __future__ import annotations

import pytest

from pixelparity.diagnosis import recipe_hints
from pixelparity.diagnosis.results import Cause, Evidence
from pixelparity.recipes import Recipe, Resize


def _cause(family: str) -> Cause:
    evidence = Evidence(undone=family, before=1.0, after=0.0, removed=1.0, images=1)
    return Cause(family=family, stage="", parameters={}, confidence=1.0, evidence=evidence, fix="", text="")


def _recipe(edge: int) -> Recipe:
    step = Resize(
        mode="shorter", size=edge, kernel="linear", antialias=False, subpixel=False, library="opencv", rounding="floor"
    )
    return Recipe(source="side", steps=(step,))


@pytest.mark.parametrize(("family", "said"), [("layout", True), ("input_order", False), ("unexplained", False)])
def test_what_recipes_cannot_declare_is_not_missed_in_them(family: str, said: bool) -> None:
    """A layout is a recipe's to declare; which input gets which tensor, and what has no name, is not."""
    _, notes = recipe_hints.judge([_cause(family)], _recipe(256), _recipe(256))
    assert any("do not declare it: " + family in note for note in notes) is said


def test_what_is_declared_otherwise_and_not_seen_is_a_note() -> None:
    """Another edge in the recipes is a note where no tensor shows it, and none where a cause has its name."""
    _, notes = recipe_hints.judge([], _recipe(256), _recipe(224))
    assert ["not seen in these tensors" in note for note in notes] == [True]
    causes, notes = recipe_hints.judge([_cause("target_size")], _recipe(256), _recipe(224))
    assert ([cause.family for cause in causes], notes) == (["target_size"], ())
    assert recipe_hints.judge([_cause("layout")], _recipe(256), None)[1] == ()
