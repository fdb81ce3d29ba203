"""One compared parameter: both values as text, a star on defaults, the family where they differ."""

from __future__ import annotations

import pytest

from pixelparity.recipes import Decode, with_defaults
from pixelparity.recipes.diff_row import ABSENT, DiffRow, compare

DECODE = Decode(library="opencv", channels="RGB")
FREE = with_defaults(DECODE, {"channels"})


@pytest.mark.parametrize(
    ("values", "texts", "family", "verdict"),
    [
        (("a", "a"), ("a", "a"), "", "same"),
        (("a", "b"), ("a", "b"), "rounding", "rounding"),
        ((None, "b"), (ABSENT, "b"), "rounding", "rounding"),
        ((None, None), (ABSENT, ABSENT), "", "same"),
        ((1.0, 1), ("1", "1"), "", "same"),
        ((True, False), ("yes", "no"), "rounding", "rounding"),
    ],
)
def test_values_are_compared_and_shown(
    values: tuple[object, object], texts: tuple[str, str], family: str, verdict: str
) -> None:
    """What is equal has no family, what is absent is a dash."""
    row = compare("step", "what", *values, "rounding")
    assert (row.reference, row.deployed, row.family, row.verdict) == (*texts, family, verdict)
    assert (row.step, row.what, row.note) == ("step", "what", "")


def test_a_star_marks_each_sides_own_defaults() -> None:
    """The library is FREE's default and DECODE's choice; a star alone is no difference."""
    row = compare("decode", "library", "opencv", "opencv", "jpeg_chroma", steps=(DECODE, FREE))
    assert (row.reference, row.deployed, row.verdict) == ("opencv", "opencv*", "same")
    row = compare("decode", "library", "opencv", "opencv", "jpeg_chroma", steps=(FREE, None))
    assert (row.reference, row.deployed) == ("opencv*", "opencv")


def test_a_row_may_go_by_another_field() -> None:
    """``what`` is shown and ``field`` is asked whether it was a default; what is absent was nobody's default."""
    row = compare("decode", "shown", "x", None, "layout", steps=(FREE, FREE), field="library")
    assert (row.reference, row.deployed) == ("x*", ABSENT)
    assert compare("decode", "shown", "x", "x", "layout", steps=(FREE, FREE)).reference == "x"
    assert compare("decode", "shown", "x", "x", "layout", steps=(FREE, FREE), field="channels").reference == "x"


def test_other_words_of_one_meaning_are_equal() -> None:
    """A row without a family whose texts differ says equal, not same."""
    assert DiffRow(step="s", what="w", reference="a*", deployed="b").verdict == "equal"
    assert DiffRow(step="s", what="w", reference="a*", deployed="a").verdict == "same"
