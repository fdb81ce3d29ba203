"""The impact of a cause on a model: agreement before and after, and how far probabilities move."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.results import Cause, Evidence
from pixelparity.diagnosis.search.confirm import impact
from tests.diagnosis.sides import final

EVIDENCE = Evidence(undone="layout", before=1.0, after=0.0, removed=1.0, images=1)
CAUSE = Cause(
    family="layout", stage="s", parameters={}, confidence=0.9, evidence=EVIDENCE, fix="# mend", text="as it is"
)


def _model(batch: np.ndarray) -> np.ndarray:
    """Return the two probabilities that each tensor holds."""
    return batch.reshape(len(batch), -1)[:, :2]


def _tensors(*shares: float) -> list[np.ndarray]:
    return [np.array([share, 1 - share], np.float32).reshape(1, 1, 2) for share in shares]


def test_agreement_by_hand() -> None:
    """Of four pictures one agrees before the mend and three after; the largest move is 0.7."""
    wanted, given, mended = (_tensors(*x) for x in ((0.9, 0.9, 0.9, 0.2), (0.2, 0.4, 0.3, 0.1), (0.9, 0.8, 0.4, 0.1)))
    sides = [final("side", x) for x in (wanted, given)]
    (cause,) = impact.measure([(CAUSE, lambda i: mended[i])], *sides, sides[0].images, _model, 4)
    assert cause.impact is not None
    assert (cause.impact.agreement_before, cause.impact.agreement_after) == (0.25, 0.75)
    assert cause.impact.max_probability_change == pytest.approx(0.7)
    assert cause.family == "layout"


def test_only_so_many_pictures_are_asked_about() -> None:
    """Of five pictures a limit of two takes the first and the last."""
    sides = [final("side", _tensors(0.9, 0.9, 0.9, 0.9, 0.9)), final("side", _tensors(0.1, 0.9, 0.9, 0.9, 0.9))]
    asked: list[int] = []

    def undo(image: int) -> np.ndarray:
        asked.append(image)
        return _tensors(0.9)[0]

    (cause,) = impact.measure([(CAUSE, undo)], *sides, sides[0].images, _model, 2)
    assert asked == [0, 4]
    assert cause.impact is not None
    assert (cause.impact.agreement_before, cause.impact.agreement_after) == (0.5, 1.0)


def test_without_a_model_there_is_no_impact() -> None:
    """Causes stay as they are, and nothing is made again."""
    sides = [final("side", _tensors(0.9))] * 2

    def undo(image: int) -> np.ndarray:
        raise AssertionError("no model, no tensor")

    assert impact.measure([(CAUSE, undo)], *sides, sides[0].images, None, 4) == (CAUSE,)


def test_tensors_of_several_sizes_are_asked_about_one_by_one() -> None:
    """A batch holds one size: with two sizes the model sees each picture alone."""
    sizes: list[tuple[int, ...]] = []

    def model(batch: np.ndarray) -> np.ndarray:
        sizes.append(batch.shape)
        return _model(batch)

    mixed = [*_tensors(0.9), np.array([0.3, 0.7, 0, 0], np.float32).reshape(1, 2, 2)]
    sides = [final("side", mixed)] * 2
    impact.measure([(CAUSE, lambda i: mixed[i])], *sides, sides[0].images, model, 4)
    assert set(sizes) == {(1, 1, 1, 2), (1, 1, 2, 2)}


def test_probabilities_by_hand() -> None:
    """Probabilities stay; logits go through a softmax, however large; what sums to one with a negative is no probability."""
    shares = np.array([[0.25, 0.75]])
    assert np.array_equal(impact.probabilities(shares), shares)
    assert impact.probabilities(np.array([[0.0, np.log(3.0)]])) == pytest.approx(np.array([[0.25, 0.75]]))
    assert impact.probabilities(np.array([[1000.0, 1000.0]])) == pytest.approx(np.array([[0.5, 0.5]]))
    assert impact.probabilities(np.array([[-1.0, 2.0]])) == pytest.approx(
        np.array([[1 / (1 + np.e**3), 1 / (1 + np.e**-3)]])
    )
