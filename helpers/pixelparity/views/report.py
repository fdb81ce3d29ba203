"""The page of a diagnosis, to hand on as one self-contained HTML file.

Everything in it comes from its arguments: the same arguments give the same bytes, the date aside. Nothing is computed here
but the words that sum results up. Text from outside (file names, error texts) is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from markupsafe import Markup

from pixelparity.diagnosis.results import Diagnosis
from pixelparity.stages import Capture
from pixelparity.views import figures as drawing
from pixelparity.views import pages, summary
from pixelparity.views.checklist import Checklist
from pixelparity.views.pages import Content
from pixelparity.views.style import number, span
from pixelparity.views.table import Table
from pixelparity.views.telling import most_moved


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
        about=_about(diagnosis, dated),
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


def _about(diagnosis: Diagnosis, dated: date | None) -> list[tuple[str, str]]:
    entries = [
        ("date", "" if dated is None else dated.isoformat()), ("reference", diagnosis.reference),
        ("deployed", diagnosis.deployed), ("pictures compared", str(len(diagnosis.images))),
    ]  # fmt: skip
    return [(name, value) for name, value in entries if value]
