"""A diagnosis as text for people and as JSON for machines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from pixelparity.diagnosis.results import Cause, Diagnosis, StageComparison


def describe(diagnosis: Diagnosis) -> str:
    """Return what the command line prints: verdict, first divergence, causes, what is left, symptoms, notes."""
    return "\n".join(_lines(diagnosis))


def explain(diagnosis: Diagnosis) -> str:
    """Return how the diagnosis was come to: by which evidence, and what was proposed, kept and rejected, with the reasons."""
    trace = diagnosis.trace
    lines = [f"How this was found: {trace.way or 'nothing had to be explained'}"]
    for one in sorted(trace.considered, key=lambda one: not one.kept):
        lines.append(f"  {'kept' if one.kept else 'rejected':<9}{one.family} at stage {one.stage}: {one.reason}")
    if trace.way and not trace.considered:
        lines.append("  nothing was proposed")
    return "\n".join(lines)


def headline(diagnosis: Diagnosis) -> str:
    """Return the verdict in one line."""
    count = len(diagnosis.images)
    pictures = f"{count} picture{'s' if count != 1 else ''}"
    if diagnosis.verdict == "match":
        return f"MATCH: both sides prepare {pictures} alike, within the noise floor"
    if not diagnosis.causes:
        return f"DIFFERS: the two sides prepare {pictures} differently, and no known family explains it"
    names = ", ".join(cause.family for cause in diagnosis.causes)
    return f"DIFFERS: the two sides prepare {pictures} differently: {names}"


def _lines(diagnosis: Diagnosis) -> Iterator[str]:
    yield headline(diagnosis)
    yield f"  reference  {diagnosis.reference}"
    yield f"  deployed   {diagnosis.deployed}"
    if diagnosis.first_divergence:
        yield f"  first stage that diverges: {diagnosis.first_divergence}"
    for number, cause in enumerate(diagnosis.causes, start=1):
        yield ""
        yield from _cause(number, cause, diagnosis.tolerance.get("level", 1.0))
    yield ""
    yield from _left(diagnosis)
    for symptom in diagnosis.symptoms:
        yield f"Symptom in the outputs: {symptom.text} ({symptom.name}). Ask next:"
        yield from (f"  - {question}" for question in symptom.ask)
    yield from (f"Note: {note}" for note in diagnosis.notes)


def _cause(number: int, cause: Cause, level: float) -> Iterator[str]:
    evidence = cause.evidence
    yield f"{number}. {cause.family} at stage {cause.stage}: {cause.text}"
    unit = (
        ""
        if cause.stage == "outputs"
        else f" ({evidence.before / level:.3g} to {evidence.after / level:.3g} levels of 255)"
    )
    yield (
        f"   evidence: undoing it takes the mean difference from {evidence.before:.4g} to {evidence.after:.4g}{unit}: "
        f"{evidence.removed:.1%} of it, on {evidence.images} picture{'s' if evidence.images != 1 else ''}; "
        f"confidence {cause.confidence:.2f}"
    )
    if cause.impact is not None:
        impact = cause.impact
        yield (
            f"   impact: mending only this takes the agreement with the reference from {impact.agreement_before:.0%} to "
            f"{impact.agreement_after:.0%}; the largest change of a probability is {impact.max_probability_change:.3g}"
        )
        if impact.agreement_if_left is not None:
            yield (
                f"   impact: leaving only this gives the reference's class on {impact.agreement_if_left:.0%} of "
                f"{impact.images} pictures, a probability off by up to {impact.max_probability_if_left:.3g}"
            )
    yield "   mend: " + cause.fix.replace("\n", "\n         ")


def _left(diagnosis: Diagnosis) -> Iterator[str]:
    left, tolerance = diagnosis.unexplained, diagnosis.tolerance
    level = tolerance.get("level", 1.0)
    yield (
        f"Unexplained: mean {left['mean'] / level:.3g}, largest {left['max'] / level:.3g} levels of 255. "
        f"Tolerance: mean {tolerance['mean'] / level:.3g}, {tolerance['max'] / level:.3g} levels for all but "
        f"{tolerance['share']:.1%} of the values ({tolerance['reason']})."
    )


def to_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return the diagnosis as plain JSON values; keys are only ever added."""
    return {
        "verdict": diagnosis.verdict,
        "first_divergence": diagnosis.first_divergence,
        "causes": [_cause_json(cause) for cause in diagnosis.causes],
        "unexplained": plain(diagnosis.unexplained),
        "stages": [_stage_json(stage) for stage in diagnosis.comparison.stages],
        "images": list(diagnosis.images),
        "tolerance": plain(diagnosis.tolerance),
        "versions": dict(diagnosis.versions),
        "reference": diagnosis.reference,
        "deployed": diagnosis.deployed,
        "notes": list(diagnosis.notes),
        "symptoms": [{"name": s.name, "text": s.text, "ask": list(s.ask)} for s in diagnosis.symptoms],
        "trace": {
            "way": diagnosis.trace.way,
            "considered": [plain({**vars(one), "evidence": vars(one.evidence)}) for one in diagnosis.trace.considered],
        },
    }


def _cause_json(cause: Cause) -> dict[str, Any]:
    impact = cause.impact
    return {
        "family": cause.family,
        "stage": cause.stage,
        "parameters": plain(cause.parameters),
        "confidence": cause.confidence,
        "impact": None if impact is None else plain(vars(impact)),
        "evidence": plain(vars(cause.evidence)),
        "fix": cause.fix,
        "fix_at": None if cause.fix_at is None else vars(cause.fix_at),
        "text": cause.text,
    }


def _stage_json(stage: StageComparison) -> dict[str, Any]:
    skip = {"reference", "deployed", "channels"}
    out = {name: plain(value) for name, value in vars(stage).items() if name not in skip}
    channels = [
        {n: plain(v) for n, v in vars(channel).items() if n not in ("edges", "reference_counts", "deployed_counts")}
        for channel in stage.channels
    ]
    return {
        "name": stage.reference.name,
        "deployed_name": stage.deployed.name,
        "step": stage.reference.step,
        **out,
        "channels": channels,
    }


def plain(value: Any) -> Any:
    """Return a value with numpy's types, tuples and mappings turned into what JSON has; NaN and infinity become None."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
