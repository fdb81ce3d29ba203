"""docs/architecture.md is in step with the house: its import table, its rooms, and its links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import test_imports as rules

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "helpers" / "pixelparity"
PAGE = ROOT / "docs" / "architecture.md"
WORDS = "the words"


def short(names: set[str]) -> set[str]:
    """Return modules without the name of the package."""
    return {name.removeprefix("pixelparity.") for name in names} - {"pixelparity"}


def table(text: str) -> dict[str, set[str]]:
    """Return the page's import table: a room, or the group in a row's first cell, and the names in its second."""
    part = text.partition("<!-- imports: begin -->")[2].partition("<!-- imports: end -->")[0]
    rows = [line.strip("| ").split(" | ") for line in part.strip().splitlines()[2:]]
    return {who: set(re.findall(r"`([^`]+)`", whom)) | ({WORDS} & {whom[: len(WORDS)]}) for who, whom in rows}


def test_the_table_is_the_one_that_is_tested() -> None:
    """Each room may import on the page what the test lets it import, no more and no less."""
    shown = {who.strip("`"): whom for who, whom in table(PAGE.read_text(encoding="utf-8")).items() if who[0] == "`"}
    held = {
        room: short(may - rules.WORDS) | ({WORDS} if may >= rules.WORDS else set()) for room, may in rules.ROOMS.items()
    }
    assert shown == held


def test_the_groups_are_the_ones_that_are_tested() -> None:
    """The words and the modules that tie rooms are named in full."""
    groups = {
        who.partition(":")[0]: set(re.findall(r"`([^`]+)`", who)) for who in table(PAGE.read_text(encoding="utf-8"))
    }
    assert groups[WORDS] == short(rules.WORDS)
    assert groups["ties"] == short(rules.TIES)


def test_a_table_is_read_cell_by_cell() -> None:
    """The words are told from other names, and a row without names is empty."""
    rows = ["| a | b |", "|---|---|", "| `one` | the words, `two.x` |", "| ties: `t` | everything |"]
    text = "\n".join(["<!-- imports: begin -->", *rows, "<!-- imports: end -->"])
    assert table(text) == {"`one`": {WORDS, "two.x"}, "ties: `t`": set()}


def test_every_room_is_drawn() -> None:
    """Each folder of the package stands in the first drawing, each folder of the diagnosis in its table."""
    text = PAGE.read_text(encoding="utf-8")
    drawing = text.partition("```mermaid")[2].partition("```")[0]
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders
    assert not {name for name in folders if not re.search(rf"\b{name}\b", drawing)}
    inner = {path.parent.name for path in PACKAGE.glob("diagnosis/*/__init__.py")}
    assert set(re.findall(r"^\| `(\w+)/` \|", text, re.MULTILINE)) == inner


@pytest.mark.parametrize(
    "page", [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name
)
def test_links_between_documents_hold(page: Path) -> None:
    """Every link of a document to a file of the repository leads to one."""
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert not [link for link in links if "://" not in link and not (page.parent / link).exists()]
