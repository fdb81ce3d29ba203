"""The table of families: one home each, complete rows, twins that know each other, and the document made from it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pixelparity.diagnosis import families
from pixelparity.diagnosis.families import registry
from pixelparity.diagnosis.families.__main__ import BEGIN, END, main, table, written
from pixelparity.errors import InputError
from pixelparity.repair import edits
from pixelparity.stages import STEPS

ROOT = Path(__file__).parents[3]
HOME = Path(registry.__file__).parent


def test_a_family_has_one_home() -> None:
    """Registering a name twice is an error."""
    with pytest.raises(ValueError, match="registered already"):
        registry.register(families.of("antialias"))


@pytest.mark.parametrize("family", families.every(), ids=lambda family: family.name)
def test_every_row_is_complete(family: families.Family) -> None:
    """Each family has a title, words, both ways of being found, and kinds of stage that exist."""
    assert all((family.title, family.words, family.differs, family.with_stages, family.from_finals))
    assert family.steps
    assert set(family.steps) <= {*STEPS, "output"}


def test_twins_know_each_other() -> None:
    """That two names are one function holds in both directions, and never of one name."""
    for family in families.every():
        for twin in family.twins:
            assert twin != family.name
            assert family.name in families.of(twin).twins


def test_twins_are_chosen_among_what_is_declared() -> None:
    """The twin is the first of the given names that can be the same function, and none where there is no such name."""
    assert registry.twins_of("mean_std_wrong_range", ["layout", "scale_twice", "scale_missing"]) == "scale_twice"
    assert registry.twins_of("mean_std_wrong_range", ["layout"]) is None
    assert registry.twins_of("layout", ["padding_value"]) is None


def test_every_family_can_be_mended_or_says_where() -> None:
    """A family has an edit of a pipeline's text, or a reason why none mends it."""
    for family in families.every():
        assert edits.has_edit(family.name) != bool(family.elsewhere), family.name


def test_no_other_module_lists_the_families() -> None:
    """No module of the package holds a collection of eight or more family names: that would be a second table."""
    for file in sorted((ROOT / "helpers").rglob("*.py")):
        if file.parent == HOME:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict):
                parts = node.keys if isinstance(node, ast.Dict) else node.elts
                listed = {part.value for part in parts if isinstance(part, ast.Constant)}
                assert len(listed & set(families.FAMILIES)) < 8, f"{file.name}:{node.lineno}"


def test_the_document_holds_the_table() -> None:
    """docs/families.md is what the command writes."""
    text = (ROOT / "docs" / "families.md").read_text(encoding="utf-8")
    assert written(text) == text, "run python -m pixelparity.diagnosis.families docs/families.md"


def test_a_document_without_marks_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A text without a place for the table is an error of one line, and stays as it was."""
    with pytest.raises(InputError, match="no place for the table"):
        written(f"no marks {BEGIN}")
    file = tmp_path / "page.md"
    file.write_text("plain", encoding="utf-8")
    assert main([str(file)]) == 2
    assert file.read_text(encoding="utf-8") == "plain"
    assert "error:" in capsys.readouterr().err
    file.write_text(f"a\n{BEGIN}\nold\n{END}\nb", encoding="utf-8")
    assert main([str(file)]) == 0
    assert file.read_text(encoding="utf-8") == f"a\n{BEGIN}\n{table()}\n{END}\nb"
