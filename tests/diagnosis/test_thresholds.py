"""The table of thresholds: units and sources, other values for one diagnosis, and no number beside it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, fields, replace
from pathlib import Path

import pytest

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.measure import threads
from pixelparity.diagnosis.thresholds import Noise, Thresholds, entry
from pixelparity.diagnosis.thresholds import __main__ as command
from pixelparity.diagnosis.thresholds.__main__ import BEGIN, END, main, table, written
from pixelparity.errors import InputError

ROOM = Path(thresholds.__file__).parents[1]
ROOT = Path(__file__).parents[2]
#: Numbers that need no name: nothing, one, two, and the largest byte.
PLAIN = {0, 1, 2, 255}


def test_every_threshold_has_unit_and_source() -> None:
    """Each entry of the table says what it is measured in and where it comes from."""
    found = thresholds.table()
    assert {one.group for one in found} == {one.name for one in fields(Thresholds)}
    assert all(one.unit and one.source for one in found)


def test_a_number_without_a_source_is_refused() -> None:
    """A field that was not declared with its unit and source is an error, not a row with gaps."""

    @dataclass(frozen=True, kw_only=True)
    class Bare:
        limit: float = 0.5

    with pytest.raises(TypeError, match=r"odd\.limit has no unit"):
        entry.entries("odd", Bare())


def test_other_thresholds_hold_for_the_block_and_its_threads() -> None:
    """A changed table is seen inside the block, by worker threads too, and not after it."""
    changed = replace(Thresholds(), noise=Noise(quiet_levels=7.0))
    with thresholds.using(changed):
        assert threads.each(lambda _: thresholds.now().noise.quiet_levels, range(3)) == [7.0] * 3
        with threads.beside(lambda: thresholds.now().noise.quiet_levels) as seen:
            assert seen() == 7.0
    assert thresholds.now().noise.quiet_levels != 7.0


def _bare_numbers(tree: ast.AST) -> list[int]:
    """Return the lines on which a comparison holds a number that has no name."""
    return [
        part.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and type(part.value) in (int, float) and part.value not in PLAIN
    ]


def test_the_walk_finds_a_bare_number() -> None:
    """The check sees a literal in a comparison, also inside a call, and lets plain ones pass."""
    assert _bare_numbers(ast.parse("a = x > 0.3\nb = f(x * 7) < 1\nc = n == 255\n")) == [1, 2]


@pytest.mark.parametrize(
    "place",
    ["thresholds", "measure", "model", "fit", "search/staged", "search/confirm", "search/finals", "families",
     "caveats.py", "recipe_hints.py", "search/strategy.py", "search/elimination.py"],
)  # fmt: skip
def test_comparisons_hold_no_bare_number(place: str) -> None:
    """No decision of a room, or of a module, hangs on a number that is not in the table."""
    path = ROOM / place
    files = [path] if path.is_file() else sorted(path.rglob("*.py"))
    assert files
    found = {
        file.name: lines for file in files if (lines := _bare_numbers(ast.parse(file.read_text(encoding="utf-8"))))
    }
    assert not found


def test_every_threshold_is_read() -> None:
    """The table holds no number that nothing hangs on: each is read by name somewhere in the diagnosis."""
    files = [file for file in ROOM.rglob("*.py") if file.parent.name != "thresholds"]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    assert [one.name for one in thresholds.table() if f".{one.name}" not in text] == []


def test_the_document_holds_the_table() -> None:
    """docs/thresholds.md is what the command writes, whatever thresholds are in force."""
    text = (ROOT / "docs" / "thresholds.md").read_text(encoding="utf-8")
    with thresholds.using(replace(Thresholds(), noise=Noise(quiet_levels=7.0))):
        assert written(text) == text, "run python -m pixelparity.diagnosis.thresholds docs/thresholds.md"
    assert text.count("\n| `") == len(thresholds.table())


def test_a_document_without_marks_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A text without a place for the table is an error of one line, and stays as it was; with one it gets the table."""
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


def test_a_bar_in_a_cell_does_not_part_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source with a bar stays one cell of the table."""
    bar = entry.Entry(group="g", name="n", value=1, unit="px", source="a | b")
    monkeypatch.setattr(command, "entries", lambda *_: [bar])
    assert "| `n` | 1 | px | a &#124; b |" in table().splitlines()
