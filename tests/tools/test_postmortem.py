"""The postmortem of any deployment, from what was found: who answered, what mends it, and what serving the mend showed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from pixelparity import stages
from pixelparity.errors import InputError
from pixelparity.stages import Capture, Stage
from pixelparity.tools import postmortem
from pixelparity.tools.mending import Mended
from pixelparity.tools.postmortem import Findings
from pixelparity.tools.proving import Proof
from pixelparity.views.postmortem import junit, values
from pixelparity.views.postmortem.content import Postmortem, Provenance

STAGE = Stage(name="final", step="normalize", layout="CHW", channels="RGB", dtype="float32", value_range=(0.0, 1.0))


def side(folder: Path, name: str, scale: float, answers: dict[str, list[float]]) -> str:
    """Save a capture of four pictures with their answers, and return it as a side."""
    rng = np.random.default_rng(7)
    tensors = {image: (rng.random((3, 24, 32)) * scale).astype(np.float32) for image in answers}
    outputs = {image: np.array(answer, np.float32) for image, answer in answers.items()}
    stage = replace(STAGE, value_range=(0.0, scale))
    made = Capture(source=name, stages=(stage,), images=tuple(answers), tensors={"final": tensors}, outputs=outputs)
    return f"capture:{stages.save(made, folder / name)}"


@pytest.fixture
def found(tmp_path: Path) -> Findings:
    """Return the findings of two captures that differ by a scale and give picture c another class."""
    right = {name: [0.9, 0.1] for name in "abcd"}
    wanted, given = side(tmp_path, "right", 1.0, right), side(tmp_path, "wrong", 255.0, {**right, "c": [0.2, 0.8]})
    return postmortem.investigate(wanted, given, None)


def told(found: Findings) -> Postmortem:
    """Return the postmortem of findings."""
    return postmortem.content(found, provenance=Provenance(command="x"), gate="y", dated=date(2026, 3, 5))


def test_answers_of_both_sides_are_compared_without_a_model(found: Findings) -> None:
    """3 of 4 agree, c is named, and it is said who answered; the mends, which nobody asked about, make no claim."""
    content = told(found)
    assert content.answers == "3 of 4 pictures get the reference's class. Another class: c."
    assert content.measured_on == "As both sides answered themselves."
    assert set(content.variants) == {"reference", "as deployed"}
    assert content.status == "found, not mended"
    (symptom,) = content.figures["symptom"]
    assert symptom.alt.startswith(
        "Bars of the model's answers, one per picture. As deployed: 3 class 0, 1 class 1; 3 of 4 agree"
    )
    assert content.figures["verification"] == []


def test_a_mend_that_was_served_is_told(found: Findings) -> None:
    """Where it was served, how far its tensors are, that the served model stayed as it was, and that the copy is gone."""
    proof = Proof(
        server="localhost:1", names={"prep": "prep_repaired"}, before=found.seen.deployed, after=found.seen.reference, gap=0.5,
        matches=True, is_untouched=True, is_clean=True,
    )  # fmt: skip
    match = replace(found.seen.found, verdict="match", causes=())
    mended = Mended(
        text="x", diff="-a\n+b", mended=("scale_missing",), distances=(30.0, 0.1), after=match, proof=proof, is_own=True
    )
    content = told(replace(found, repair=mended, unwritten=""))
    assert content.verified == [
        "The mended pipeline was run and diagnosed again on 4 pictures: they match, 30 levels before and 0.1 levels after.",
        "Served on localhost:1 as prep_repaired: its tensors are at most 0.5 levels from the reference's.",
        "The served model answers as before; the copy was taken away again.",
    ]
    assert (content.mend.change, content.mend.is_diff, content.held) == ("-a\n+b", True, True)
    assert 'name="the mended pipeline matches the reference" />' in junit.text(content)
    bad = replace(mended, proof=replace(proof, is_clean=False, is_untouched=False, gap=None))
    failed = told(replace(found, repair=bad, unwritten=""))
    assert "the copy IS STILL THERE." in failed.verified[-1]
    assert "its tensors are another shape" in failed.verified[1]
    assert failed.held is False
    assert failed.status == "mended in part"


def test_what_is_left_by_a_mend_is_told(found: Findings) -> None:
    """A family that the text cannot mend is named with the reason."""
    left = Mended(
        text="x",
        diff="+b",
        left=(("jpeg_chroma", "it is the decoder's doing"),),
        distances=(3.0, 2.0),
        after=found.seen.found,
    )
    mend = told(replace(found, repair=left, unwritten="")).mend
    assert mend.says == "It mends no cause whole. It leaves jpeg_chroma: it is the decoder's doing."


def test_the_same_findings_give_the_same_values(found: Findings) -> None:
    """Told twice, nothing differs."""
    assert values.text(told(found)) == values.text(told(found))


def test_a_side_without_a_pipeline_cannot_be_verified(tmp_path: Path) -> None:
    """It is said before any work is done."""
    with pytest.raises(InputError, match="has no pipeline to repair; leave it out"):
        postmortem.investigate("capture:a", "capture:b", None, verify="embedded")


def test_what_a_server_answered_before_and_after_is_a_state(found: Findings) -> None:
    """Each answer of the served model and of the copy is held against the reference's; without answers there is no such state."""
    before, after = found.seen.deployed, replace(found.seen.deployed, outputs=found.seen.reference.outputs)
    proof = Proof(
        server="s", names={}, before=before, after=after, gap=0.0, matches=True, is_untouched=True, is_clean=True
    )
    states = postmortem._served(found.seen, Mended(text="x", proof=proof))
    wanted = found.states["reference"].answers
    flipped = {name: state.values(wanted)["flipped"] for name, state in states.items()}
    assert flipped == {"served, before": ["c"], "served, mended": []}
    silent = replace(proof, after=replace(after, outputs={}))
    assert postmortem._served(found.seen, Mended(text="x", proof=silent)) == {}
    assert postmortem._served(found.seen, None) == {}
