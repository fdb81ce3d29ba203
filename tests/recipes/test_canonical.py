"""Recipes in one form: what is only written differently becomes equal, step by step."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelparity.errors import UnsupportedStep
from pixelparity.recipes import Decode, Normalize, Recipe, Step
from pixelparity.recipes.canonical import canonical, compose

MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
UNIT_MEAN, UNIT_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
DECODE = Decode(library="opencv", channels="RGB")


def recipe(*steps: Step) -> Recipe:
    """Return a recipe of these steps."""
    return Recipe(source="test", steps=steps)


@given(
    levels=st.floats(0, 255),
    first=st.tuples(st.floats(0.01, 4), st.floats(-200, 200), st.floats(0.1, 300)),
    second=st.tuples(st.floats(0.01, 4), st.floats(-200, 200), st.floats(0.1, 300)),
)
def test_compose_is_one_after_the_other(levels: float, first: tuple[float, ...], second: tuple[float, ...]) -> None:
    """One composed normalisation computes what the two do one after the other."""
    steps = [Normalize(scale=scale, mean=(mean,), std=(std,)) for scale, mean, std in (first, second)]
    value = levels
    for step in steps:
        value = (value * step.scale - step.mean[0]) / step.std[0]
    both = compose(*steps)
    assert (levels - both.mean[0]) / both.std[0] == pytest.approx(
        value, rel=1e-6, abs=1e-6 * abs(both.mean[0] / both.std[0]) + 1e-6
    )


def test_compose_keeps_the_digits_of_a_person() -> None:
    """0.485 of 1/255 is 123.675, not 123.67499999999998."""
    both = compose(Normalize(scale=1 / 255), Normalize(mean=UNIT_MEAN, std=UNIT_STD))
    assert (both.mean, both.std) == (MEAN, STD)


def test_constants_that_do_not_fit_are_refused() -> None:
    """Two means for three channels are no normalisation."""
    with pytest.raises(UnsupportedStep, match="2 constants where there are 3 channels"):
        canonical(recipe(DECODE, Normalize(mean=(1.0, 2.0), std=(1.0, 1.0, 1.0))))
