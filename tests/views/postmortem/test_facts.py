"""The facts of an incident are read from TOML, and what is wrong in the file is one sentence with the field and a way on."""

from __future__ import annotations

import dataclasses
import re
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelparity.errors import InputError
from pixelparity.views.postmortem import facts, values

FULL = """
title = "Every part was scrap"
authors = ["A", "B"]
[impact]
people = "Two lines stood."
began = 2026-03-04T08:15:00+01:00
ended = 2026-03-05T10:17:30+01:00
[detection]
what = "An inspector."
at = 2026-03-04
[[timeline]]
at = 08:15:00
what = "Released."
[[actions]]
what = "Gate it."
type = "prevent"
owner = "A"
[lessons]
lucky = ["It was night."]
[glossary]
EXIF = "what cameras write"
"""


def read(tmp_path: Path, text: str) -> facts.Facts:
    """Return the facts of a file with this text."""
    (tmp_path / "incident.toml").write_text(text, encoding="utf-8")
    return facts.read(tmp_path / "incident.toml")


def test_every_field_is_read(tmp_path: Path) -> None:
    """Texts, lists, tables, lists of tables and all kinds of times come back; the duration is worked out."""
    found = read(tmp_path, FULL)
    assert (found.title, found.authors, found.owner) == ("Every part was scrap", ("A", "B"), "")
    assert found.impact.duration == "1 day 2 hours"
    assert found.detection == facts.Moment(what="An inspector.", at=date(2026, 3, 4))
    assert found.timeline == (facts.Moment(what="Released.", at=time(8, 15)),)
    assert found.actions == (facts.Action(what="Gate it.", type="prevent", owner="A"),)
    assert found.lessons.lucky == ("It was night.",)
    assert found.glossary == {"EXIF": "what cameras write"}


def test_the_template_is_a_file_of_empty_facts(tmp_path: Path) -> None:
    """What --init writes is read as it is, and names every field that there is."""
    found = read(tmp_path, facts.template())
    assert dataclasses.replace(found, glossary=None) == facts.Facts()
    for kind in (facts.Facts, facts.Impact, facts.Moment, facts.Action, facts.Lessons):
        for field in dataclasses.fields(kind):
            assert re.search(rf"^(# )?\[*{field.name}\b", facts.template(), re.M), field.name


def test_what_the_template_shows_as_comment_is_right(tmp_path: Path) -> None:
    """With its mark taken off each example of a block is read too."""
    shown = re.sub(
        r"^# (?=\[\[|at = |what = |type = |owner = |priority = |ticket = )", "", facts.template(), flags=re.M
    )
    found = read(tmp_path, shown)
    assert found.timeline[0].what == "The new pipeline is released."
    assert found.actions[0].ticket == "OPS-12"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("titel = 'x'", r"its top has no field 'titel'; did you mean title\?"),
        ("[impact]\nzzz = 1", r"\[impact\] has no field 'zzz'; use people, cost, began, ended"),
        ("title = 3", "title is 3, use a text"),
        ("authors = 'A'", "authors is 'A', use a list of 0 to 1024 values, each a text"),
        ("impact = 'bad'", r"impact is a text; write it as a table: \[impact\]"),
        ("timeline = 'then'", r"timeline is a text; write each entry as \[\[timeline\]\]"),
        ("[timeline]\nwhat = 'x'", r"timeline is a table; write each entry as \[\[timeline\]\]"),
        ("timeline = ['then']", r"timeline\[1\] is a text; write it as a table"),
        ("[[actions]]\nwhat = 'x'\ntype = 'fix'", r"actions\[1\].type is 'fix', use one of mitigate, prevent"),
        ("[[actions]]\nowner = 'x'", r"actions\[1\] does not say what; fill in its field what"),
        ("[detection]\nat = 5", "detection.at is 5, use a time such as 2026"),
        ("[glossary]\nEXIF = 1", r"glossary is \{'EXIF': 1\}, use a table of words"),
        ("title = x", r"is no TOML: Invalid value \(at line 1, column 9\); mend that place"),
        (
            "[impact]\nbegan = 2026-01-02T00:00:00\nended = 2026-01-01T00:00:00",
            "impact.ended is 2026-01-01 00:00:00, before",
        ),
        ("[impact]\nbegan = 2026-01-02T00:00:00\nended = 2026-01-03T00:00:00Z", "give both one or neither"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    """The sentence begins with the file, names the field and says what to do."""
    with pytest.raises(InputError, match=said) as raised:
        read(tmp_path, text)
    assert str(raised.value).startswith(str(tmp_path / "incident.toml"))
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there_says_how_to_get_one(tmp_path: Path) -> None:
    """The way to a first facts file is part of the error."""
    with pytest.raises(InputError, match=r"does not exist; `pixelparity postmortem --init FILE`"):
        facts.read(tmp_path / "incident.toml")


def test_times_are_shown_as_people_write_them() -> None:
    """To the minute, with seconds where there are some, and with the zone where one is given."""
    utc, east = timezone.utc, timezone(timedelta(hours=5, minutes=30))
    assert facts.shown(datetime(2026, 3, 4, 8, 15)) == "2026-03-04 08:15"
    assert facts.shown(datetime(2026, 3, 4, 8, 15, 3, tzinfo=utc)) == "2026-03-04 08:15:03 UTC"
    assert facts.shown(datetime(2026, 3, 4, 8, 15, tzinfo=east)) == "2026-03-04 08:15 +05:30"
    assert (facts.shown(date(2026, 3, 4)), facts.shown(time(8, 5)), facts.shown("noon")) == (
        "2026-03-04",
        "08:05",
        "noon",
    )


def test_spans_are_told_in_their_two_largest_parts() -> None:
    """By hand: 93784 s are a day, two hours, three minutes and four seconds."""
    assert facts.lasted(timedelta(seconds=93784)) == "1 day 2 hours"
    assert facts.lasted(timedelta(minutes=61)) == "1 hour 1 minute"
    assert facts.lasted(timedelta(seconds=59)) == "less than a minute"


NAMES = st.sampled_from(
    [
        "title",
        "authors",
        "impact",
        "timeline",
        "actions",
        "lessons",
        "glossary",
        "detection",
        "what",
        "at",
        "type",
        "people",
        "x",
    ]
)
VALUES = st.recursive(
    st.text(max_size=5) | st.integers() | st.booleans() | st.floats() | st.datetimes() | st.dates() | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_whatever_a_file_holds_is_facts_or_one_sentence(content: dict[str, Any]) -> None:
    """Any values at any place are read, or refused by an error of ours in one line."""
    said = ""
    try:
        assert isinstance(values.facts(facts.of(content))["timeline"], list)
    except InputError as error:
        said = str(error)
    assert "\n" not in said
