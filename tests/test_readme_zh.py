"""The Chinese README says the same as the English one: as many headings, the same commands, pictures, links and rows."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^```.*?^```$", re.M | re.S)
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md")}
ENGLISH, CHINESE = TEXTS.values()


def _outline(text: str) -> list[str]:
    """Return what the text is made of, in order: headings with their level, rows, list items, pictures, code."""
    marks = re.compile(r"^(#+ |\|(?=[^-])|- |!\[|```code)", re.M)
    return [mark.strip() for mark in marks.findall(FENCE.sub("```code", text))]


def _targets(text: str) -> list[str]:
    return [target for target in re.findall(r"\]\(([^)]+)\)", text) if not target.startswith("README")]


def _spans(text: str) -> list[str]:
    return sorted(set(re.findall(r"`([^`\n]+)`", FENCE.sub("", text))))


def _figures(text: str) -> list[str]:
    """Return every measured figure of the tables, in order, the notebooks' names aside."""
    rows = [line for line in FENCE.sub("", text).splitlines() if line.startswith("|") and "](" not in line]
    return [number for row in rows for number in sorted(re.findall(r"\d+(?:\.\d+)?", re.sub(r"`[^`]*`", "", row)))]


def test_made_of_the_same_parts_in_the_same_order() -> None:
    """Headings, tables' rows, list items, pictures and code blocks follow each other alike."""
    assert _outline(CHINESE) == _outline(ENGLISH)
    assert {"#", "##", "|", "-", "![", "```code"} == set(_outline(ENGLISH))


def test_the_same_code_and_transcripts() -> None:
    """Every command, program and transcript is the same, character for character."""
    assert FENCE.findall(CHINESE) == FENCE.findall(ENGLISH)


def test_the_same_names_in_code() -> None:
    """Every command, file and option that one names in its prose, the other names too."""
    assert _spans(CHINESE) == _spans(ENGLISH)


def test_the_same_pictures_and_links() -> None:
    """Every picture and link leads to the same place, in the same order."""
    assert _targets(CHINESE) == _targets(ENGLISH)


def test_the_same_figures() -> None:
    """Every measured figure of the tables stands in both, row by row."""
    assert _figures(CHINESE) == _figures(ENGLISH)
    assert _figures(ENGLISH)


def test_each_leads_to_the_other() -> None:
    """The first lines link the other language."""
    assert "](README.zh-CN.md)" in "".join(ENGLISH.splitlines()[:4])
    assert "](README.md)" in "".join(CHINESE.splitlines()[:4])


def test_it_is_in_chinese() -> None:
    """Every heading, paragraph, list item and row of words that measured figures do not fill is in Chinese."""
    lines = re.split(r"\n(?=\n|- |\||#|!)", FENCE.sub("", CHINESE))
    words = [line for line in lines[1:] if re.search(r"[a-z]", line) and "](README.md)" not in line]
    assert len(words) > 30
    assert not [line for line in words if not re.search("[\u4e00-\u9fff]", line)]
