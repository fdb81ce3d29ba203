"""The forms of a postmortem: page, Markdown, JSON and JUnit XML say the same, and take no value for markup."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from pixelparity.views.postmortem import junit, markdown, page, values, writing
from pixelparity.views.postmortem.content import SECTIONS, Mend, Postmortem, Provenance
from pixelparity.views.postmortem.facts import Action, Facts, Impact, Lessons, Moment
from tests.views.postmortem.conftest import EVIL
from tests.views.reading import Reader, words


def hostile(content: Postmortem) -> Postmortem:
    """Return a postmortem in which every text is markup."""
    moment = Moment(what=EVIL, at=EVIL)
    facts = Facts(
        title=EVIL, service=EVIL, authors=(EVIL,), owner=EVIL, status=EVIL, summary=EVIL, detection=moment, trigger=moment,
        impact=Impact(people=EVIL, cost=EVIL, began=EVIL, ended=EVIL), resolution=moment, timeline=(moment,),
        actions=(Action(what=EVIL, owner=EVIL, priority=EVIL, ticket=EVIL),), glossary={EVIL: EVIL},
        lessons=Lessons(went_well=(EVIL,), went_wrong=(EVIL,), lucky=(EVIL,)),
    )  # fmt: skip
    cause = replace(content.diagnosis.causes[0], family=EVIL, stage=EVIL, text=EVIL, fix=f"```\n{EVIL}")
    return replace(
        content, title=EVIL, status=EVIL, facts=facts, gate=f"`````{EVIL}", answers=EVIL, measured_on=EVIL, verified=[EVIL],
        mend=Mend(change=EVIL, shortest=EVIL, says=EVIL, leaves=EVIL, notes=(EVIL,)), remember=[EVIL],
        diagnosis=replace(content.diagnosis, causes=(cause,), notes=(EVIL,), reference=EVIL, deployed=EVIL),
        provenance=Provenance(command=EVIL, tool=EVIL, commit=EVIL, machine=EVIL, hashes={EVIL: EVIL}, versions={EVIL: EVIL}),
        variants={EVIL: {"images": 1, "agreement": 0.0, "flipped": [EVIL], "max_abs_probability_diff": 1.0}},
    )  # fmt: skip


def test_the_page_has_every_section_and_needs_no_network(content: Postmortem) -> None:
    """Each section is linked to and there; beside an action's ticket every address is in the page."""
    text = page.html(content)
    seen = Reader(text)
    assert seen.open == []
    assert {anchor for anchor, _ in SECTIONS} <= set(seen.ids)
    assert {address for address in seen.addresses if not address.startswith(("#", "data:"))} == {"https://t/1"}
    assert {address[1:] for address in seen.addresses if address.startswith("#")} <= set(seen.ids)
    assert "<script" not in text


def test_the_page_says_what_is_known_and_what_is_not(content: Postmortem, matching: Postmortem) -> None:
    """Facts stand in it with their times; what nobody stated names the field; a match has neither costs nor a mend."""
    text = words(page.html(content))
    for said in ("Forty people.", "began 2026-03-04 08:00 UTC", "lasted 1 hour 30 minutes", "An inspector.", "Gate it.",
                 "It was short.", "EXIF what cameras write", "Not stated. Fill in trigger.what", "c0ffee", "field_03",
                 "mended alone, levels left", "It leaves 2 levels."):  # fmt: skip
        assert said in text, said
    same = page.html(matching)
    assert "Nothing had to be mended." in words(same)
    assert not {"cost", "mend"} & set(Reader(same).ids)


def test_no_value_is_markup_in_the_page(content: Postmortem) -> None:
    """Whatever a value holds is shown as it is; a ticket is a link only where it is an address of the web."""
    text = page.html(hostile(content))
    assert "<script" not in text
    assert text.count("&lt;script&gt;") > 50
    assert Reader(text).open == []


@pytest.mark.parametrize("ticket", ["javascript:alert(1)", "OPS-12", "data:text/html,x", "https://a b"])
def test_a_ticket_that_is_no_address_of_the_web_is_text(content: Postmortem, ticket: str) -> None:
    """Only http and https make a link."""
    text = page.html(replace(content, facts=Facts(actions=(Action(what="x", ticket=ticket),))))
    assert f"<td>{ticket}</td>" in text


def test_no_value_is_markup_in_markdown(content: Postmortem) -> None:
    """Outside of code no value begins an element, a link, a table's cell, emphasis, mathematics or a mention."""
    text = markdown.text(hostile(content))
    fenced = re.sub(r"^(`{3,})\w*\n.*?^\1$", "", text, flags=re.M | re.S)
    assert "<script" not in fenced
    assert not re.search(
        r"(?<!\\)[|`$\[]", re.sub(r"^\|.*\|$", lambda row: row[0].replace(" | ", "").strip("|"), fenced, flags=re.M)
    )
    assert "http://" not in fenced
    assert "@you" not in fenced
    assert len(set(re.findall(r"^## .*", text, flags=re.M))) == 14


def test_code_is_fenced_by_more_than_it_holds() -> None:
    """A text with a fence of its own stays inside."""
    assert markdown.code("a\n```\nb", "diff") == "````diff\na\n```\nb\n````"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2.45 levels", "2.45 levels"),
        ("1. one", r"1\. one"),
        ("- item", r"\- item"),
        ("a\nb", "a b"),
        ("a & b", "a &amp; b"),
    ],
)
def test_lines_begin_nothing(text: str, shown: str) -> None:
    """What would begin a list is text; a number with a point is one; lines become one."""
    assert markdown.escaped(text) == shown


def test_markdown_names_the_flipped_picture_and_both_prices(content: Postmortem, matching: Postmortem) -> None:
    """What the page says stands in it too; a match says that nothing had to be mended."""
    text = markdown.text(content)
    assert "Another class: field\\_03." in text
    assert "| scale\\_missing at final | 2.4 | 99 |" in text
    assert "- **Detection** (2026-03-04): An inspector." in text
    assert "Nothing had to be mended." in markdown.text(matching)


@pytest.mark.parametrize("which", ["content", "matching"])
def test_json_is_as_its_schema_says(which: str, request: pytest.FixtureRequest) -> None:
    """The schema is a schema, holds for what is written, and describes every key of it."""
    found = json.loads(values.text(request.getfixturevalue(which)))
    schema = values.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(found, schema)
    assert set(found) == set(schema["properties"]) == set(schema["required"])
    assert set(found["facts"]) == set(schema["properties"]["facts"]["properties"])
    assert found["schema_version"] == 1


def test_the_schema_refuses_what_is_wrong(content: Postmortem) -> None:
    """A missing key, another verdict and a hash that is none are told."""
    found = values.of(content)
    for wrong in (
        {key: value for key, value in found.items() if key != "costs"},
        {**found, "verdict": "perhaps"},
        {**found, "provenance": {**found["provenance"], "hashes": {"a": "b"}}},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, values.schema())


def test_junit_fails_for_what_differs(content: Postmortem, matching: Postmortem) -> None:
    """Stages, causes and answers are tests; counts are right; a match has no failure; impossible characters are replaced."""
    root = ElementTree.fromstring(junit.text(replace(content, title="bad \x00 title")))
    cases = {case.get("name"): case for case in root.iter("testcase")}
    failed = {name for name, case in cases.items() if case.find("failure") is not None}
    assert failed == {
        "Resize", "cast", "final", "scale_missing at final", "interpolation at Resize",
        "every picture gets the reference's class",
    }  # fmt: skip
    assert (root.get("tests"), root.get("failures")) == (str(len(cases)), "6")
    assert "1 of 6 pictures get another class: field_03" in junit.text(content)
    assert next(root.iter("testsuite")).get("name") == "bad \ufffd title"
    broken = ElementTree.fromstring(junit.text(replace(content, held=False)))
    assert broken.get("failures") == "7"
    assert junit.text(hostile(content)).count("<script") == 0
    same = replace(
        matching, diagnosis=replace(matching.diagnosis, comparison=replace(matching.diagnosis.comparison, stages=()))
    )
    assert ElementTree.fromstring(junit.text(same)).get("failures") == "0"


def test_all_forms_are_written_and_the_page_carries_the_json(content: Postmortem, tmp_path: Path) -> None:
    """Four files, the same bytes for the same content; the page holds postmortem.json."""
    path = writing.write(tmp_path, content)
    assert path == tmp_path / "postmortem.html"
    names = ["junit.xml", "postmortem.html", "postmortem.json", "postmortem.md"]
    assert sorted(file.name for file in tmp_path.iterdir()) == names
    first = {name: (tmp_path / name).read_bytes() for name in names}
    writing.write(tmp_path, content)
    assert {name: (tmp_path / name).read_bytes() for name in names} == first
    assert 'download="postmortem.json"' in path.read_text(encoding="utf-8")
