"""Answers are counted over every picture that was asked, and asked for again only where nobody has asked this deployment."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pixelparity import workbook
from pixelparity.workbook import answers, records

REFERENCE = {"field": (0.9, 0.1), "val": (0.03, 0.97)}
FLIPPED = {"field": (0.9, 0.1), "val": (0.86, 0.14)}


def arrays(given: dict[str, tuple[float, float]]) -> dict[str, np.ndarray]:
    """Return answers as arrays."""
    return {name: np.array(row, np.float32) for name, row in given.items()}


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what a score needs of a deployment, in a run of its own."""
    monkeypatch.setenv(records.RUN_VARIABLE, str(tmp_path / "run"))
    return SimpleNamespace(reference_answers=arrays(REFERENCE), labels={"field": 0, "val": 1}, identity="this")


def test_a_validation_picture_that_flips_is_counted_and_named(deployment: Any) -> None:
    """Agreement is over all pictures that were asked, not over those of the field alone."""
    scored = workbook.score(deployment, arrays(FLIPPED))
    assert (scored["images"], scored["agreement"], scored["flipped"]) == (2, 0.5, ["val"])
    assert scored["accuracy"] == 0.5
    assert workbook.counted(scored) == "1 of 2"
    assert "1 of 2 pictures get the reference's class, another class: val" in workbook.in_words(scored)
    assert workbook.in_words(workbook.score(deployment, arrays(REFERENCE))).startswith("all 2 pictures get")


def test_shipped_answers_are_asked_for_where_this_deployment_has_not_given_them(
    deployment: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing recorded: all are asked. Recorded by this deployment: none is. Recorded by another: all are."""
    asked: list[list[str]] = []

    def ask(server: Any, model: str, pictures: dict[str, Path], *, batch: int = 1) -> dict[str, np.ndarray]:
        asked.append([model, *pictures])
        return {name: np.array([1, 0], np.float32) for name in pictures}

    monkeypatch.setattr(answers, "ask", ask)
    pictures = {"field": Path("field.jpg"), "val": Path("val.jpg")}
    given = workbook.shipped(deployment, None, pictures)
    assert asked == [["classifier_shipped", "field", "val"]]
    workbook.record_scores(deployment, as_shipped=workbook.score(deployment, given))
    again = workbook.shipped(deployment, None, pictures)
    assert len(asked) == 1
    np.testing.assert_array_equal(workbook.stack(again), workbook.stack(given))
    deployment.identity = "another"
    workbook.shipped(deployment, None, pictures)
    assert len(asked) == 2
