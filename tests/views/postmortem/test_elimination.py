"""What was eliminated: stages that match are cleared with their measurement, rejected proposals with their reason."""

from __future__ import annotations

from dataclasses import replace

from pixelparity.diagnosis import Diagnosis, Evidence
from pixelparity.diagnosis.results import Considered, Trace
from pixelparity.views.postmortem import elimination

EVIDENCE = Evidence(undone="x", before=1.0, after=1.0, removed=0.0, images=2)


def considered(family: str, stage: str, *, kept: bool = False) -> Considered:
    """Return a proposal."""
    return Considered(family=family, stage=stage, parameters={}, evidence=EVIDENCE, kept=kept, reason=f"{family} fails")


def test_each_stage_is_cleared_at_fault_or_carries_on(diagnosis: Diagnosis) -> None:
    """The decoder is cleared, the resize and the final stage have a cause, the cast between them only carries on."""
    found = {rung.name: rung for rung in elimination.rungs(diagnosis)}
    assert found["stage decode"].ok
    assert found["stage decode"].detail.startswith("at most 0 levels apart, 0 on average (")
    assert found["stage Resize"].detail.startswith("interpolation: at most ")
    assert found["stage final"].detail.startswith("scale_missing: ")
    assert not found["stage Resize"].ok
    assert found["the rest (cast)"].verdict == "carries it on"


def test_a_cause_at_a_step_that_no_stage_shows_is_a_rung(diagnosis: Diagnosis) -> None:
    """A step that one side lacks has no pair of stages, and is at fault all the same."""
    lone = replace(diagnosis, causes=(replace(diagnosis.causes[0], stage="normalize_1"),))
    (rung,) = [rung for rung in elimination.rungs(lone) if rung.name == "step normalize_1"]
    assert (rung.ok, rung.detail) == (False, "one side only, or done otherwise: scale_missing")


def test_what_was_rejected_is_told_once_with_its_reason(diagnosis: Diagnosis) -> None:
    """Variants of one family at one stage are one rung; a family that was kept there is not among the rejected."""
    ones = (
        considered("rounding", "resize"), considered("rounding", "resize"), considered("antialias", "resize", kept=True),
        considered("antialias", "resize"), considered("channel_order", "decode"),
    )  # fmt: skip
    found = elimination.rungs(replace(diagnosis, trace=Trace(way="explained", considered=ones)))
    rejected = [(rung.name, rung.detail) for rung in found if rung.ok and not rung.name.startswith("stage ")]
    assert rejected == [
        ("Sizes or offsets are rounded otherwise at resize", "rounding: rounding fails (and 1 variant of it)"),
        ("Red and blue are exchanged at decode", "channel_order: channel_order fails"),
    ]


def test_the_way_is_a_sentence(diagnosis: Diagnosis) -> None:
    """By which evidence the causes were found; nothing where nothing had to be explained."""
    assert (
        elimination.way(replace(diagnosis, trace=Trace(way="told from stages"))) == "The causes were told from stages."
    )
    assert elimination.way(diagnosis) == ""
