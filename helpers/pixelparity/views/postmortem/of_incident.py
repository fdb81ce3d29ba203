"""The postmortem of the workbook's incident, from what a run of the notebooks has recorded in ``result.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pixelparity.diagnosis.results import Diagnosis
from pixelparity.errors import InputError
from pixelparity.views import summary
from pixelparity.views.checklist import Checklist
from pixelparity.views.flow import Rung
from pixelparity.views.illustration import Illustration
from pixelparity.views.pages import Content
from pixelparity.views.postmortem.content import Cost, Mend, Postmortem, Provenance
from pixelparity.views.postmortem.facts import Facts, shown
from pixelparity.views.report import gate_command
from pixelparity.views.style import plural
from pixelparity.views.summary import Event, Line

LESSONS = (
    "Preprocessing has to be the same in training and in serving, order and parameters included.",
    "A converted model is validated under the preprocessing that it will be served with, not under the framework's own.",
    "Parts of a configuration that a framework fills in (MMPretrain's data_preprocessor) are read by a person.",
    "When outputs look wrong, the numeric range of the input is looked at first.",
    "Every deployment keeps a checklist of its preprocessing, a way to see both sides' tensors, and an end-to-end test.",
)
_VARIANTS = {"reference_answers": "reference", "as_shipped": "as shipped", "fixed": "fixed", "parity": "parity"}
_WAY = "Each part was given an input that is known to be right. The first part that turns right into wrong is at fault."
_RECOMMENDED = "It also mends the quieter causes. It is the one to serve, and the one that the gate below guards."


def postmortem(
    *,
    result: Mapping[str, Any],
    diagnosis: Diagnosis,
    ladder: Sequence[Rung],
    facts: Facts | None = None,
    figures: Mapping[str, Sequence[Illustration]] | None = None,
    mend_diff: str = "",
    parity_diff: str = "",
    checklist: Checklist | None = None,
    gate: str = "",
    provenance: Provenance | None = None,
    attachments: Mapping[str, Content] | None = None,
    dated: date | None = None,
) -> Postmortem:
    """Return the postmortem of an incident that was mended.

    ``result`` holds the values of ``result.json``. ``mend_diff`` is a unified diff from the shipped pipeline to the fixed one,
    ``parity_diff`` one to the pipeline that equals the training's. ``facts`` take the place of what is made from the run.
    """
    if not ladder:
        raise InputError("the postmortem has no elimination; give the ladder's rungs")
    known, by = facts or Facts(), provenance or Provenance(command="make workbook")
    versions = {**diagnosis.versions, **{name: str(value) for name, value in result.get("versions", {}).items()}}
    return Postmortem(
        title=known.title or summary.title(result, diagnosis),
        status=known.status or _status(result),
        diagnosis=diagnosis,
        provenance=Provenance(**{**vars(by), "versions": versions}),
        gate=gate or gate_command(diagnosis),
        summary=_summary(result, diagnosis, ladder, known),
        tiles=summary.tiles(result),
        answers=summary.cost(result),
        measured_on=_measured_on(result),
        variants={title: result[name] for name, title in _VARIANTS.items() if name in result},
        timeline=_timeline(result, diagnosis, ladder, known),
        way=_WAY,
        ladder=ladder,
        costs=[Cost(family=one.family, stage=one.stage, impact=one.impact) for one in diagnosis.causes if one.impact],
        mend=_mend(result, mend_diff, parity_diff),
        verified=[summary.mended(result), summary.left(result)],
        checklist=checklist,
        facts=known,
        remember=LESSONS,
        dated=dated,
        figures=figures or {},
        attachments={"result.json": dict(result), **(attachments or {})},
    )


def _summary(result: Mapping[str, Any], diagnosis: Diagnosis, ladder: Sequence[Rung], facts: Facts) -> list[Line]:
    own = [Line(head="", text=facts.summary.strip())] if facts.summary.strip() else []
    return own + summary.lines(result, diagnosis, ladder)


def _status(result: Mapping[str, Any]) -> str:
    """Return whether the mend brought every answer back."""
    fixed = result.get("fixed", {})
    if "flipped" not in fixed:
        return "found, not mended"
    count = len(fixed["flipped"])
    return f"mended, but for {plural(count, 'picture')} of {fixed['images']}" if count else "mended"


def _measured_on(result: Mapping[str, Any]) -> str:
    count = result.get("as_shipped", {}).get("images")
    return (
        ""
        if count is None
        else f"The served model was asked about {plural(count, 'picture')}; figures show some of them."
    )


def _timeline(result: Mapping[str, Any], diagnosis: Diagnosis, ladder: Sequence[Rung], facts: Facts) -> Sequence[Event]:
    """Return the author's points, then what the run itself knows."""
    own = [Event(when=shown(one.at) or "\N{EN DASH}", what=one.what) for one in facts.timeline]
    return own + summary.steps(result, diagnosis, ladder)


def _mend(result: Mapping[str, Any], mend_diff: str, parity_diff: str) -> Mend:
    if not mend_diff and not parity_diff:
        return Mend(notes=("No change to the pipeline was recorded.",))
    if not parity_diff:
        return Mend(change=mend_diff, is_diff=True)
    leaves = f"It ends the incident and leaves the quieter causes. {summary.left(result, ('fixed',))}"
    return Mend(change=parity_diff, is_diff=True, says=_RECOMMENDED, shortest=mend_diff, leaves=leaves)
