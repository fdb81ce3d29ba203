"""Pages to hand on: the postmortem of an incident and the page of a diagnosis, each one self-contained HTML file.

Everything in a page comes from its arguments: the same arguments give the same bytes, the date aside. Nothing is computed
here but the words that sum results up. Text from outside (file names, error texts, an author's words) is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from markupsafe import Markup

from pixelparity.diagnosis.results import Diagnosis
from pixelparity.errors import InputError
from pixelparity.stages import Capture
from pixelparity.views import figures as drawing
from pixelparity.views import pages, summary
from pixelparity.views.checklist import Checklist
from pixelparity.views.illustration import Illustration
from pixelparity.views.pages import Content
from pixelparity.views.style import number, span
from pixelparity.views.summary import Event, Line
from pixelparity.views.table import Table, answers_table, levels_table
from pixelparity.views.telling import most_moved

#: Where a figure stands in the postmortem.
PLACES = ("symptom", "elimination", "evidence", "verification")
LESSONS = (
    "Preprocessing has to be the same in training and in serving, order and parameters included.",
    "A converted model is validated under the preprocessing that it will be served with, not under the framework's own.",
    "Parts of a configuration that a framework fills in (MMPretrain's data_preprocessor) are read by a person.",
    "When outputs look wrong, the numeric range of the input is looked at first.",
    "Every deployment keeps a checklist of its preprocessing, a way to see both sides' tensors, and an end-to-end test.",
)
_VARIANTS = {"reference_answers": "reference", "as_shipped": "as shipped", "fixed": "fixed", "parity": "parity"}
_SECTIONS = (
    ("summary", "Summary"), ("impact", "Impact"), ("timeline", "Timeline"), ("elimination", "Eliminated"),
    ("cause", "Root cause"), ("mend", "The mend"), ("verification", "Verification"), ("checklist", "Checklist"),
    ("prevention", "Prevention"), ("appendix", "Appendix"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Author:
    """What only a person knows. Every field may stay empty; ``summary`` lines replace those made from the results."""

    title: str = ""
    written_by: str = ""
    service: str = ""
    status: str = ""
    impact: str = ""
    summary: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    lessons: tuple[str, ...] = LESSONS


def write_postmortem(
    path: str | Path,
    *,
    result: Mapping[str, Any],
    diagnosis: Diagnosis,
    ladder: Sequence[drawing.Rung],
    figures: Mapping[str, Sequence[Illustration]] | None = None,
    timeline: Sequence[Event] = (),
    author: Author | None = None,
    mend_diff: str = "",
    parity_diff: str = "",
    before_after: Sequence[Table] = (),
    checklist: Checklist | None = None,
    gate: str = "",
    command: str = "make workbook",
    hashes: Mapping[str, str] | None = None,
    attachments: Mapping[str, Content] | None = None,
    dated: date | None = None,
) -> Path:
    """Write an incident's postmortem as one self-contained, printable HTML file, and return its path.

    ``result`` holds the values of ``result.json``; ``figures`` go by :data:`PLACES`; ``mend_diff`` is a unified diff of the
    pipeline and ``parity_diff`` that from the mended one to one that equals the training's; ``gate`` the command that CI
    runs; ``hashes`` the SHA-256 of model, pipelines and pictures. ``attachments`` (files, folders, captures, JSON values)
    are carried inside the page beside ``result.json``.
    """
    if not ladder:
        raise InputError("the postmortem has no elimination; give the ladder's rungs")
    by = author or Author()
    plots = _placed(figures or {})
    return pages.write(
        path,
        "postmortem.html.j2",
        title=by.title or summary.title(result, diagnosis),
        sections=_SECTIONS,
        about=_about(by, diagnosis, dated),
        summary=_five(by, result, diagnosis, ladder),
        tiles=summary.tiles(result),
        impact=by.impact or summary.cost(result),
        timeline=timeline or summary.steps(result, diagnosis, ladder),
        ladder=ladder,
        plots=plots,
        diagnosis=diagnosis,
        left=summary.left_over(diagnosis),
        mend_diff=mend_diff,
        parity_diff=parity_diff,
        before_after=before_after or _before_after(result),
        checklist=None if checklist is None else Markup(checklist.html()),
        gate=gate or gate_command(diagnosis),
        actions=by.actions,
        lessons=by.lessons,
        command=command,
        versions={**diagnosis.versions, **_strings(result.get("versions", {}))},
        hashes=dict(hashes or {}),
        attachments=pages.attach({"result.json": dict(result), **(attachments or {})}),
    )


def write_diagnosis(
    folder: str | Path,
    diagnosis: Diagnosis,
    *,
    reference: Capture | None = None,
    deployed: Capture | None = None,
    checklist: Checklist | None = None,
    command: str = "",
    attachments: Mapping[str, Content] | None = None,
    dated: date | None = None,
) -> Path:
    """Write a diagnosis as ``index.html`` in a folder, and return its path; with both captures the tensors are shown too."""
    compared = bool(diagnosis.comparison.stages)
    plots = [drawing.stage_histograms(diagnosis.comparison)] if compared else []
    if reference is not None and deployed is not None and diagnosis.images:
        first = diagnosis.first_divergence
        shown = most_moved(reference, deployed, diagnosis.images)
        plots.append(drawing.tensor_strip(reference, deployed, shown, first_divergence=first))
    sections = [("summary", "Summary"), ("causes", "Causes"), ("stages", "Stage by stage")]
    sections += [("checklist", "Checklist")] if checklist is not None else []
    return pages.write(
        Path(folder) / "index.html",
        "diagnosis.html.j2",
        title=summary.verdict(diagnosis),
        sections=[*sections, ("appendix", "Appendix")],
        about=_about(Author(), diagnosis, dated),
        summary=summary.findings(diagnosis),
        diagnosis=diagnosis,
        impact_plots=[drawing.impact_bars(diagnosis.causes)] if any(c.impact for c in diagnosis.causes) else [],
        left=summary.left_over(diagnosis),
        stages=stage_table(diagnosis) if compared else None,
        tolerances=_tolerances(diagnosis),
        plots=plots,
        checklist=None if checklist is None else Markup(checklist.html()),
        command=command,
        attachments=pages.attach(attachments or {}),
    )


def stage_table(diagnosis: Diagnosis) -> Table:
    """Return every matched pair of stages with its measurements and the tolerance that judged it; divergence is marked."""
    rows, marked = [], set()
    for place, pair in enumerate(diagnosis.comparison.stages):
        if pair.diverges:
            marked.add(place)
        reference_name, deployed_name = pair.reference.name, pair.deployed.name
        rows.append((
            reference_name if reference_name == deployed_name else f"{reference_name} \N{LEFT RIGHT ARROW} {deployed_name}",
            "differs" if pair.diverges else "matches",
            span(pair.reference_range), span(pair.deployed_range),
            "shapes differ" if pair.max_abs is None else number(pair.max_abs),
            "\N{EN DASH}" if pair.mean_abs is None else number(pair.mean_abs),
            "\N{EN DASH}" if pair.correlation is None else number(pair.correlation),
            number(pair.tolerance),
        ))  # fmt: skip
    columns = (
        "stage",
        "verdict",
        "reference",
        "deployed",
        "largest difference",
        "mean difference",
        "correlation",
        "tolerance",
    )
    return Table(columns=columns, rows=tuple(rows), marked=frozenset(marked), numeric=frozenset({4, 5, 6, 7}))


def _before_after(result: Mapping[str, Any]) -> list[Table]:
    """Return the answers and the tensors of each variant, in a table of their own: they are measured on other pictures."""
    variants = {title: result[name] for name, title in _VARIANTS.items() if name in result}
    tables = [answers_table(variants), levels_table(variants)]
    return [table for table in tables if table.rows]


def _tolerances(diagnosis: Diagnosis) -> list[str]:
    """Return why each tolerance is what it is, equal ones once."""
    reasons: dict[str, list[str]] = {}
    for pair in diagnosis.comparison.stages:
        if pair.tolerance_reason:
            reasons.setdefault(pair.tolerance_reason, []).append(pair.reference.name)
    return [f"Tolerance of {', '.join(names)}: {reason}." for reason, names in reasons.items()]


def gate_command(diagnosis: Diagnosis) -> str:
    """Return the command that compares the same two sides again and fails where they differ."""
    sides = f'--reference "{diagnosis.reference}" --deployed "{diagnosis.deployed}"'
    return f"pixelparity diagnose {sides} --images PICTURES"


def _five(by: Author, result: Mapping[str, Any], diagnosis: Diagnosis, ladder: Sequence[drawing.Rung]) -> list[Line]:
    if by.summary:
        return [Line(head="", text=text) for text in by.summary]
    return summary.lines(result, diagnosis, ladder)


def _placed(figures: Mapping[str, Sequence[Illustration]]) -> dict[str, list[Illustration]]:
    unknown = sorted(set(figures) - set(PLACES))
    if unknown:
        raise InputError(f"the postmortem has no place {unknown[0]!r} for figures, use {', '.join(PLACES)}")
    return {place: list(figures.get(place, ())) for place in PLACES}


def _about(by: Author, diagnosis: Diagnosis, dated: date | None) -> list[tuple[str, str]]:
    entries = [
        ("service", by.service), ("status", by.status), ("written by", by.written_by),
        ("date", "" if dated is None else dated.isoformat()), ("reference", diagnosis.reference),
        ("deployed", diagnosis.deployed), ("pictures compared", str(len(diagnosis.images))),
    ]  # fmt: skip
    return [(name, value) for name, value in entries if value]


def _strings(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}
