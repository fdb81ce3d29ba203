"""Curves of levels: worked-out values, and what undoes them."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.model.curves import Curve

LEVELS = np.arange(256.0)[:, None] * np.ones(3)


@pytest.mark.parametrize(
    ("curve", "levels", "made"),
    [
        (Curve(kind="gamma", value=2.0), [0, 51, 255], [0, 10.2, 255]),
        (Curve(kind="srgb_to_linear"), [0, 10, 255], [0, 10 / 12.92, 255]),
        (Curve(kind="linear_to_srgb"), [0, 0.5, 255], [0, 6.46, 255]),
        (Curve(kind="divided", value=100.0), [0, 99, 100, 255], [0, 0, 100, 200]),
        (Curve(kind="wrapped", value=-10.0), [9, 10, 255], [255, 0, 245]),
        (Curve(kind="clipped", bounds=(10.0, 20.0)), [0, 15, 99], [10, 15, 20]),
    ],
)
def test_a_curve_makes_what_its_formula_says(curve: Curve, levels: list[float], made: list[float]) -> None:
    """By hand: squares, the line of sRGB's dark end, whole multiples, the rest of 256, bounds."""
    assert curve.apply(np.array(levels)) == pytest.approx(made, abs=1e-4)


@pytest.mark.parametrize(
    "curve",
    [
        Curve(kind="gamma", value=2.2),
        Curve(kind="srgb_to_linear"),
        Curve(kind="linear_to_srgb"),
        Curve(kind="wrapped", value=(-104.0, 5.0, 0.0)),
    ],
)
def test_a_curve_that_destroys_nothing_is_undone(curve: Curve) -> None:
    """All 256 levels of three channels come back."""
    assert curve.undoable
    assert curve.undo(curve.apply(LEVELS)) == pytest.approx(LEVELS, abs=2e-3)


@pytest.mark.parametrize("curve", [Curve(kind="divided", value=2.0), Curve(kind="clipped", bounds=(0.0, 9.0))])
def test_what_is_destroyed_stays_as_it_is(curve: Curve) -> None:
    """Levels that became one level cannot be told apart: undoing leaves them."""
    assert not curve.undoable
    made = curve.apply(LEVELS)
    np.testing.assert_array_equal(curve.undo(made), made)
