"""The page of a diagnosis: whole, with every stage, cause and figure, and what is left in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pixelparity.diagnosis import Comparison, Diagnosis, Symptom
from pixelparity.stages import Capture
from pixelparity.views import checklist, report, summary
from tests.views.reading import Reader, words


def test_the_page_of_a_diagnosis_shows_stages_causes_and_tensors(
    tmp_path: Path, diagnosis: Diagnosis, reference: Capture, deployed: Capture
) -> None:
    """Every pair of stages with its tolerance, every cause, and the figures, in a folder of its own."""
    path = report.write_diagnosis(
        tmp_path / "report", diagnosis, reference=reference, deployed=deployed,
        checklist=checklist.fill(reference, deployed), command="pixelparity diagnose",
    )  # fmt: skip
    page = path.read_text(encoding="utf-8")
    assert path == tmp_path / "report" / "index.html"
    assert Reader(page).open == []
    assert page.count('role="img"') == 3
    text = words(page)
    assert "The two sides differ in 2 ways" in text
    for pair in diagnosis.comparison.stages:
        assert pair.deployed.name in text
    assert report.stage_table(diagnosis).marked == {1, 2, 3}


def test_the_page_of_a_match_says_so(tmp_path: Path, diagnosis: Diagnosis) -> None:
    """No cause, nothing left, and symptoms with their questions where there are some."""
    asked = Symptom(name="constant_class", text="One answer for all.", ask=("What is the input's range?",))
    same = replace(diagnosis, verdict="match", causes=(), unexplained={}, first_divergence=None, symptoms=(asked,))
    text = words(report.write_diagnosis(tmp_path, same).read_text(encoding="utf-8"))
    assert "Both sides preprocess alike" in text
    assert "What is the input's range?" in text


def test_headlines_follow_the_verdict(diagnosis: Diagnosis) -> None:
    """One way, two ways, none found, not comparable."""
    assert summary.verdict(replace(diagnosis, causes=diagnosis.causes[:1])) == "The two sides differ in 1 way"
    assert "no cause was found" in summary.verdict(replace(diagnosis, causes=()))
    assert "cannot be compared" in summary.verdict(replace(diagnosis, verdict="not_comparable"))


def test_what_is_left_is_said_in_levels_and_judged_by_the_tolerance(diagnosis: Diagnosis) -> None:
    """By hand: 0.01 of a range of 1 is 2.55 levels; above a tolerance of 1.5 levels it is unexplained, below it noise."""
    level = 1 / 255
    left = replace(
        diagnosis, unexplained={"max": 0.01, "mean": level / 2}, tolerance={"max": 1.5 * level, "level": level}
    )
    assert summary.left_over(left) == "At most 2.55 levels, 0.5 on average, unexplained."
    noise = replace(left, unexplained={"max": level, "mean": 0.0})
    assert summary.left_over(noise).startswith("At most 1 level, 0 on average: the noise")
    few = replace(noise, unexplained={"max": 3 * level, "mean": 0.2 * level})
    assert summary.left_over(few) == "At most 3 levels, 0.2 on average, unexplained."
    allowed = replace(few, tolerance={**few.tolerance, "mean": 0.25 * level})
    assert summary.left_over(allowed).endswith("the noise that equal preprocessing of two libraries has.")
    assert summary.left_over(replace(left, unexplained={})) == "Nothing."


def test_a_diagnosis_that_compared_nothing_is_still_a_page(tmp_path: Path, diagnosis: Diagnosis) -> None:
    """Outputs alone, or sides that cannot be compared: the page says so instead of failing."""
    empty = replace(
        diagnosis, verdict="not_comparable", causes=(), first_divergence=None, images=(),
        comparison=Comparison(stages=(), first_divergence=None),
    )  # fmt: skip
    text = words(report.write_diagnosis(tmp_path, empty).read_text(encoding="utf-8"))
    assert "cannot be compared" in text
    assert "No stage was compared." in text
