"""Scores of answers and distances of tensors, with values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.deploy import scoring
from pixelparity.errors import NotComparable
from pixelparity.stages import Capture, Stage


def answers(**rows: tuple[float, float]) -> dict[str, np.ndarray]:
    """Return answers by picture name."""
    return {name: np.array(row, np.float32) for name, row in rows.items()}


def capture(value: float) -> Capture:
    """Return a capture whose one final tensor is constant."""
    tensors = {"final": {"a": np.full((3, 2, 2), value, np.float32)}}
    return Capture(source=f"test:{value}", stages=(Stage(name="final", layout="CHW"),), images=("a",), tensors=tensors)


def test_agreement_counts_classes() -> None:
    """Two of three pictures with the same class are an agreement of 2/3."""
    ours = answers(a=(0.9, 0.1), b=(0.2, 0.8), c=(0.6, 0.4))
    theirs = answers(a=(0.5, 0.4), b=(0.9, 0.1), c=(1.0, 0.0))
    assert scoring.agreement(ours, theirs) == pytest.approx(2 / 3)
    assert scoring.agreement(ours, ours) == 1
    assert scoring.flipped(ours, theirs) == ["b"]
    assert scoring.flipped(ours, ours) == []


def test_accuracy_and_difference() -> None:
    """Accuracy holds answers against labels; the difference is the largest of any probability."""
    ours = answers(a=(0.9, 0.1), b=(0.2, 0.8))
    assert scoring.accuracy(ours, {"a": 0, "b": 0}) == 0.5
    assert scoring.probability_difference(ours, answers(a=(0.9, 0.1), b=(0.5, 0.5))) == pytest.approx(0.3)


def test_constant_class_needs_certainty() -> None:
    """One class for all, with certainty, is constant; one that wavers, or two classes, are not."""
    assert scoring.constant_class(answers(a=(1, 0), b=(0.9995, 0.0005))) == 0
    assert scoring.constant_class(answers(a=(1, 0), b=(0.9, 0.1))) is None
    assert scoring.constant_class(answers(a=(1, 0), b=(0, 1))) is None


def test_levels_are_255ths() -> None:
    """A difference of 2/255 is two levels, on average and at most."""
    assert scoring.level_difference(capture(0.5), capture(0.5 + 2 / 255)) == {
        "max_abs_level_diff": pytest.approx(2, abs=1e-3),
        "mean_abs_level_diff": pytest.approx(2, abs=1e-3),
        "level_images": 1,
    }


def test_nothing_in_common_is_an_error() -> None:
    """Scores of no picture are refused."""
    with pytest.raises(NotComparable, match="share no picture"):
        scoring.agreement(answers(a=(1, 0)), answers(b=(1, 0)))
