"""An exercise without a browser: wrong answers are refused, right ones are explained from the tensors, the mend is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pixelparity.diagnosis import Diagnosis, compare
from pixelparity.errors import InputError
from pixelparity.stages import Capture
from pixelparity.views import quiz

CHOICES = ("scale_missing", "mean_std_wrong", "interpolation", "layout")


@pytest.fixture
def case(reference: Capture, deployed: Capture, diagnosis: Diagnosis) -> quiz.Case:
    """Return the miniature incident as an exercise; its mended side is the reference itself."""
    answers = {side: np.stack(list(capture.outputs.values())) for side, capture in
               (("reference", reference), ("deployed", deployed), ("mended", reference))}  # fmt: skip
    after = replace(diagnosis, verdict="match", causes=(), comparison=compare(reference, reference))
    return quiz.Case(
        number=3, title="A <small> one", story="All is well.", thread="https://github.com/some/where/issues/1",
        choices=CHOICES, reference=reference, deployed=deployed, found=diagnosis, after=after, answers=answers,
        classes=("bright", "dark"), mend="<pre>+ divide</pre>",
    )  # fmt: skip


@pytest.fixture
def asked(case: quiz.Case) -> tuple[quiz.Quiz, list[str]]:
    """Return an open exercise, and the list that grows when it is solved."""
    solved: list[str] = []
    return quiz.ask(case, keep=lambda: solved.append("solved")), solved


@pytest.mark.parametrize(
    ("ticked", "said"),
    [
        ((), "Nothing is ticked"),
        (("scale_missing",), "something is left"),
        (("layout",), "Undoing <code>layout</code>"),
        (CHOICES, "Undoing <code>mean_std_wrong</code>"),
    ],
)
def test_wrong_answers_are_refused(asked: tuple[quiz.Quiz, list[str]], ticked: tuple[str, ...], said: str) -> None:
    """Nothing, a part, another family, or all of them is not right; the mend stays closed and nothing is kept."""
    shown, solved = asked
    assert not shown.answer(*ticked)
    assert said in shown.verdict.value
    assert shown.mend.disabled
    assert not shown.solved
    assert not solved


def test_a_refusal_does_not_tell_the_answer(asked: tuple[quiz.Quiz, list[str]]) -> None:
    """A wrong answer is pointed to the stage where the sides part, not to a family that was not ticked."""
    shown, _ = asked
    shown.answer("layout")
    assert "<code>Resize</code>" in shown.verdict.value
    assert not [family for family in CHOICES if family != "layout" and family in shown.verdict.value]


def test_right_answer_is_explained_and_kept_once(asked: tuple[quiz.Quiz, list[str]], case: quiz.Case) -> None:
    """Both causes ticked: finding, evidence, histogram, strip and the thread are shown; it is kept once."""
    shown, solved = asked
    assert shown.answer(*case.right)
    assert shown.answer(*case.right)
    text = shown.verdict.value
    assert "the division by 255 is missing" in text
    assert case.thread in text
    assert text.count("<svg") == 2
    assert solved == ["solved"]
    assert not shown.mend.disabled


def test_buttons_do_what_the_methods_do(asked: tuple[quiz.Quiz, list[str]], case: quiz.Case) -> None:
    """Ticking and clicking as a person does gives the verdict, and then the mend: its difference and the outputs."""
    shown, solved = asked
    for family in case.right:
        shown.boxes[family].value = True
    shown.check.click()
    assert solved == ["solved"]
    shown.mend.click()
    assert case.mend in shown.mended.value
    assert "are 0 off now" in shown.mended.value
    assert "<code>match</code>" in shown.mended.value
    assert "Mended: 6 of 6 pictures" in shown.mended.value


def test_every_measure_shows_something_of_its_own(asked: tuple[quiz.Quiz, list[str]]) -> None:
    """Choosing another measure changes what is shown; ranges are the sides' own."""
    shown, _ = asked
    seen = set()
    for name in shown.measure.options:
        shown.measure.value = name
        seen.add(shown.measured.value)
    assert len(seen) == len(shown.measure.options) == 4
    shown.measure.value = "ranges, shapes, correlation of each stage"
    assert "250" in shown.measured.value
    assert "<table" in shown.measured.value


def test_symptom_is_counted(case: quiz.Case) -> None:
    """Of the six pictures as many agree as have the constant class in the reference."""
    agree = int((case.answers["reference"].argmax(axis=1) == 0).sum())
    assert f"{agree} of 6 pictures" in quiz._symptom(case)
    assert "same class" in quiz._symptom(case)
    same = replace(case, answers={**case.answers, "deployed": case.answers["reference"]})
    assert "6 of 6 pictures" in quiz._symptom(same)
    assert "up to 0." in quiz._symptom(same)


def test_without_a_kernel_the_answer_is_folded(asked: tuple[quiz.Quiz, list[str]]) -> None:
    """A page shows outputs and choices, the answer only when it is unfolded; texts are escaped."""
    shown, _ = asked
    bundle = shown._repr_mimebundle_()
    before, folded = bundle["text/html"].split("<details>")
    assert "A &lt;small&gt; one" in before
    assert "Pixels are 255 times" not in before
    assert "Pixels are 255 times" in folded
    assert "Run the notebook" in folded
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_solved_before_opens_the_mend(case: quiz.Case) -> None:
    """An exercise that was solved in this run says so and lets one mend at once."""
    shown = quiz.ask(case, solved=True)
    assert "solved this one before" in shown.verdict.value
    assert not shown.mend.disabled


def test_levels_off(case: quiz.Case) -> None:
    """The reference is 0 levels off itself; the side without the division is off by more than its brightness."""
    assert quiz.levels_off(case.after.comparison) == 0
    assert quiz.levels_off(case.found.comparison) > 100


@pytest.mark.parametrize("change", [{"choices": ("layout",)}, {"choices": (*CHOICES, "made_up")}])
def test_an_exercise_that_cannot_be_answered_is_an_error(case: quiz.Case, change: dict[str, Any]) -> None:
    """A cause that is not among the choices, or a choice without words, is named."""
    with pytest.raises(InputError, match="exercise 3 cannot be answered"):
        quiz.ask(replace(case, **change))


def test_unknown_choice_is_an_error(asked: tuple[quiz.Quiz, list[str]]) -> None:
    """Only what is on the list can be ticked."""
    opened: Callable[..., bool] = asked[0].answer
    with pytest.raises(InputError, match="'dtype' is not a choice"):
        opened("dtype")
