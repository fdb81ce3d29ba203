"""Tables that say what two recipes declare."""

from __future__ import annotations

from pixelparity import views
from pixelparity.recipes.diff import RecipeDiff
from pixelparity.recipes.diff_row import DiffRow


def test_a_static_diff_marks_the_rows_that_differ() -> None:
    """Each parameter is a row; the caption counts and names what differs, and explains the star."""
    rows = (
        DiffRow(step="resize", what="antialias", reference="no", deployed="yes*", family="antialias", note="<quiet>"),
        DiffRow(step="resize", what="kernel", reference="linear", deployed="linear"),
    )
    table = views.diff_table(RecipeDiff(reference="a", deployed="b", rows=rows, notes=("a note",)))
    assert table.marked == {0}
    assert [row[4] for row in table.rows] == ["antialias: <quiet>", "same"]
    assert table.caption.startswith("1 difference: antialias; * nobody chose")
    assert table.caption.endswith("; a note")
    assert "&lt;quiet&gt;" in table._repr_html_()


def test_recipes_that_mean_the_same_are_said_to() -> None:
    """No row is marked, no star is explained."""
    rows = (DiffRow(step="resize", what="kernel", reference="linear", deployed="linear"),)
    table = views.diff_table(RecipeDiff(reference="a", deployed="b", rows=rows))
    assert (table.caption, table.marked) == ("the two recipes mean the same", frozenset())
