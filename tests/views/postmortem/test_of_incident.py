"""The workbook's postmortem: self-contained, escaped, the same bytes for the same run, with everything that was asked for."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pixelparity import stages
from pixelparity.diagnosis import Cause, Diagnosis
from pixelparity.errors import InputError
from pixelparity.stages import Capture
from pixelparity.views import checklist, figures, style, summary
from pixelparity.views.figures import Rung
from pixelparity.views.postmortem import of_incident, page, writing
from pixelparity.views.postmortem.content import Provenance
from pixelparity.views.postmortem.facts import Action, Facts, Impact, Moment
from tests.views.reading import Reader, words

RESULT: dict[str, Any] = {
    "versions": {"torch": "2.8.0"},
    "reference": {"accuracy": 1.0, "images": 48},
    "as_shipped": {"images": 72, "constant": True, "class": "scratch", "agreement": 0.5, "accuracy": 0.5},
    "reference_answers": {"images": 72, "agreement": 1.0, "flipped": [], "accuracy": 1.0},
    "fixed": {
        "images": 72,
        "agreement": 71 / 72,
        "flipped": ["val_021"],
        "accuracy": 71 / 72,
        "max_abs_level_diff": 60.2,
        "max_abs_probability_diff": 0.832,
    },
    "parity": {
        "images": 72,
        "agreement": 1.0,
        "flipped": [],
        "max_abs_level_diff": 1.0,
        "max_abs_probability_diff": 0.002,
    },
}
LADDER = [Rung(name="PyTorch", ok=True, detail="48 of 48"), Rung(name="ensemble", ok=False, detail="constant")]
DIFF = "--- shipped\n+++ fixed\n@@ -1,2 +1,2 @@\n a = 1\n-b = '<old>'\n+b = 'new'\n"
Write = Callable[..., str]


@pytest.fixture
def write(diagnosis: Diagnosis) -> Write:
    """Return a function that makes a postmortem and returns its page."""

    def written(**given: Any) -> str:
        return page.html(
            of_incident.postmortem(**{"result": RESULT, "diagnosis": diagnosis, "ladder": LADDER, **given})
        )

    return written


def test_the_page_is_one_well_formed_file_that_needs_no_network(write: Write, reference: Capture) -> None:
    """Every address is a place in the page or data, every link meets its place, every id is there once."""
    drawn = {
        "symptom": [figures.elimination_ladder(LADDER)],
        "evidence": [figures.flow_diagram([figures.FlowStep(name="a")])],
    }
    page = write(figures=drawn, checklist=checklist.fill(reference, reference), mend_diff=DIFF)
    seen = Reader(page)
    assert seen.open == []
    assert all(address.startswith(("#", "data:")) for address in seen.addresses)
    assert {address[1:] for address in seen.addresses if address.startswith("#")} <= set(seen.ids)
    assert len(seen.ids) == len(set(seen.ids))
    assert not re.search(r"url\((?!#)|@import|<script", page)


def test_every_part_is_there(write: Write, reference: Capture, deployed: Capture) -> None:
    """Summary in five lines, impact, timeline, elimination, cause, mend, verification, checklist, prevention, appendix."""
    page = write(
        checklist=checklist.fill(reference, deployed),
        mend_diff=DIFF,
        provenance=Provenance(command="make workbook", hashes={"model.onnx": "ab" * 32}),
    )
    text = words(page)
    section = page[page.index('id="summary"') : page.index('id="impact"')]
    assert section.count("<li>") == 5
    for said in ("all 72 pictures the same class (scratch)", "the division by 255 is missing", "At fault: ensemble",
                  "by up to 60.2 levels", "by up to 1 level", "fn.normalize(images", "1 step on one side only, 1 parameter",
                  "pixelparity diagnose --reference", "make workbook", "ab" * 32, "torch", "2.8.0"):  # fmt: skip
        assert said in text, said
    assert "Mean absolute difference" in text
    assert '<span class="add">+b = ' in page
    assert '<span class="del">-b = &#39;&lt;old&gt;&#39;' in page


def test_the_same_run_gives_the_same_bytes(write: Write, reference: Capture, causes: tuple[Cause, ...]) -> None:
    """Written twice, figures drawn anew, a capture attached: not one byte differs; the date does."""

    def once(day: int = 1) -> str:
        return write(
            figures={"evidence": [figures.impact_bars(causes)]},
            attachments={"reference": reference.only(images=("field_00",))},
            dated=date(2026, 1, day),
        )

    assert once() == once()
    assert once(2) != once()
    assert once(2).replace("2026-01-02", "2026-01-01") == once()


def test_text_from_outside_is_escaped(write: Write, diagnosis: Diagnosis) -> None:
    """Sides, causes, rungs, author's words, file names and diffs with markup in them stay text."""
    evil = "<script>alert('x')</script>"
    cause = replace(diagnosis.causes[0], text=evil, fix=evil, stage=evil, parameters={evil: evil})
    page = write(
        diagnosis=replace(diagnosis, reference=evil, causes=(cause,), notes=(evil,), versions={evil: evil}),
        ladder=[Rung(name=evil, ok=False, detail=evil)],
        facts=Facts(
            title=evil,
            authors=(evil,),
            owner=evil,
            summary=evil,
            impact=Impact(people=evil, began=evil),
            timeline=(Moment(what=evil, at=evil),),
            glossary={evil: evil},
            actions=(Action(what=evil, owner=evil, priority=evil, ticket=evil),),
        ),
        mend_diff="+" + evil,
        gate=evil,
        provenance=Provenance(command=evil, tool=evil, commit=evil, machine=evil, hashes={evil: evil}),
        attachments={evil: b"x"},
    )
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 20
    assert Reader(page).open == []


def test_the_author_s_words_come_before_the_made_ones(write: Write) -> None:
    """The title is replaced; summary and timeline begin with the author's; what is empty is filled from the run."""
    called = Moment(what="A customer called.", at="2026-01-01 08:00")
    known = Facts(title="Own title", summary="One line.", impact=Impact(people="Own impact."), timeline=(called,))
    text = words(write(facts=known))
    assert "Own title" in text
    assert "One line." in text
    assert "Own impact." in text
    assert "A customer called." in text
    assert text.index("One line.") < text.index("What happened.")
    assert text.index("2026-01-01 08:00 A customer called.") < text.index("step 1")
    assert "Not stated. Fill in impact.people in the facts file" in words(write())


def test_result_and_captures_travel_inside_the_page(write: Write, reference: Capture, tmp_path: Path) -> None:
    """What is attached comes back: result.json as it was, a capture tensor by tensor; the digests are theirs."""
    one = reference.only(images=("field_00",))
    page = write(attachments={"reference": one})
    held = dict(re.findall(r'href="data:[^;]+;base64,([^"]+)" download="([^"]+)"', page))
    files = {name: base64.b64decode(data) for data, name in held.items()}
    assert set(files) == {"result.json", "reference.zip"}
    assert json.loads(files["result.json"]) == RESULT
    zipfile.ZipFile(io.BytesIO(files["reference.zip"])).extractall(tmp_path / "back")
    back = stages.load(tmp_path / "back")
    assert (back.tensor("final", "field_00") == one.tensor("final", "field_00")).all()
    assert hashlib.sha256(files["reference.zip"]).hexdigest() in page


def test_too_large_and_missing_attachments_are_refused_and_nothing_is_left(
    write: Write, tmp_path: Path, diagnosis: Diagnosis
) -> None:
    """A page that nobody could open is not written."""
    with pytest.raises(InputError, match=r"'big.bin' makes the page larger"):
        write(attachments={"big.bin": bytes(50 * 2**20)})
    gone = {"gone": tmp_path / "gone"}
    with pytest.raises(InputError, match="does not exist"):
        writing.write(tmp_path, of_incident.postmortem(result={}, diagnosis=diagnosis, ladder=LADDER, attachments=gone))
    assert list(tmp_path.iterdir()) == []


def test_a_postmortem_without_elimination_or_with_a_figure_out_of_place_is_refused(write: Write) -> None:
    """What was ruled out is not optional; an unknown place is named with those that there are."""
    with pytest.raises(InputError, match="no elimination"):
        write(ladder=[])
    with pytest.raises(InputError, match="symptom, elimination"):
        write(figures={"somewhere": []})


def test_a_picture_that_flipped_is_counted_and_named(write: Write) -> None:
    """No page says that everything agrees beside a picture whose class flipped: summary, tile, timeline and table."""
    text = words(write())
    assert "71 of 72 pictures get the reference's class (as shipped: 36 of 72 pictures); another class: val_021" in text
    assert summary.tiles(RESULT)[1] == summary.Tile(
        value="71", label="of 72 pictures get the reference's class, fixed", kind="bad"
    )
    assert "answers to 72 pictures" in text
    assert not re.search(r"100\s*%", re.sub(r"confidence \S+", "", text.split("Root cause")[0]))


def test_the_pipeline_that_is_right_is_shown_after_the_mend(write: Write) -> None:
    """What parity changes stands below the mend, and says that it is the one to serve; without it nothing is said."""
    assert "It is the one to serve" not in words(write(mend_diff=DIFF))
    text = words(write(mend_diff=DIFF, parity_diff=DIFF.replace("new", "parity")))
    assert "It is the one to serve" in text
    assert "+b = 'parity'" in text


def test_what_was_not_measured_is_said_to_be_so(write: Write) -> None:
    """An empty result gives no invented number."""
    text = words(write(result={}))
    assert "was not measured" in text
    assert "No mend was verified" in text


def test_a_page_can_be_printed_and_read_in_the_dark(write: Write) -> None:
    """Page size, breaks, a light palette for print and a dark one for the reader's system are in the page."""
    page = write()
    for said in ("@page", "break-inside:avoid", "prefers-color-scheme:dark", "@media print", 'lang="en"', "viewport"):
        assert said in page


def test_parameters_are_written_as_people_write_them(write: Write, diagnosis: Diagnosis) -> None:
    """Whole numbers without a point, equal channels once, a name before its numbers; code keeps its small letter."""
    values = {"factor": 255.0, "trained": {"name": "1/255", "mean": [-0.0, 0.0, 0.0]}, "offsets": [1, -1]}
    cause = replace(diagnosis.causes[0], parameters=values, text="pixels are too large")
    text = words(write(diagnosis=replace(diagnosis, causes=(cause,))))
    assert "factor 255 trained 1/255: mean 0 offsets (1, -1)" in text
    assert "Pixels are too large." in text
    assert style.sentence("fn.resize differs") == "fn.resize differs."
