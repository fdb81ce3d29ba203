"""Judge what a diagnosis said against what was injected, and add it up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from benchmarks.cases import Case, Sides
from benchmarks.inject import relative
from benchmarks.plan import Norm
from pixelparity.diagnosis.results import Cause, Diagnosis
from pixelparity.stages import STEPS

#: What the diagnosis is shown: all of both sides' stages, final tensors beside the decoded files, or final tensors alone.
SITUATIONS = ("stages", "pictures", "tensors")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What was said about one case in one situation (``stages``, ``tensors``, ``pictures``), and whether it was right.

    ``named`` are the families in the order given, ``fixes`` what is printed to mend each. ``stage_right`` and
    ``parameters_right`` are ``None`` where the case has no such thing to check; ``void`` names a fault that has no effect
    beside the others, which makes the case no case.
    """

    case: str
    kind: str
    situation: str
    base: str
    expected: tuple[tuple[str, ...], ...]
    named: tuple[str, ...] = ()
    right: bool = False
    complete: bool = False
    stage_right: bool | None = None
    parameters_right: bool | None = None
    counted: bool = True
    void: str = ""
    said: str = ""
    fixes: tuple[str, ...] = ()
    seconds: float = 0.0
    link: str = ""
    error: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


def judge(case: Case, situation: str, sides: Sides, diagnosis: Diagnosis, seconds: float) -> Answer:
    """Return the judgement of one diagnosis."""
    named = tuple(cause.family for cause in diagnosis.causes)
    families = frozenset(named) - {"unexplained"}
    complete = families in case.right(situation) and (bool(families) or diagnosis.verdict == "match")
    first_right = bool(named) and frozenset(named[:1]) in case.right(situation)
    right = first_right if case.kind == "single" else complete
    first = diagnosis.causes[0] if diagnosis.causes else None
    judged = first is not None and case.kind == "single" and right
    return replace(
        blank(case, situation),
        named=named,
        right=right,
        complete=complete,
        stage_right=_stages_right(case, sides, diagnosis.causes) if situation == "stages" and right else None,
        parameters_right=_parameters_right(case, first) if judged and case.parameters else None,
        said=_said(diagnosis),
        fixes=tuple(cause.fix for cause in diagnosis.causes),
        seconds=seconds,
    )


def blank(case: Case, situation: str) -> Answer:
    """Return an answer to a case that says nothing yet."""
    return Answer(
        case=case.name,
        kind=case.kind,
        situation=situation,
        base=case.base.name,
        expected=tuple(tuple(sorted(families)) for families in case.right(situation)),
        counted=situation == "stages" or case.tensors,
        link=case.link,
    )


def _said(diagnosis: Diagnosis) -> str:
    causes = ", ".join(
        f"{c.family}@{c.stage}({c.confidence:.2f}: {c.evidence.before:.3g}->{c.evidence.after:.3g})"
        for c in diagnosis.causes
    )
    rest = ", ".join(f"{key} {value:.3g}" for key, value in diagnosis.unexplained.items() if isinstance(value, float))
    return f"{diagnosis.verdict}: {causes or 'nothing'}; unexplained {rest}"


def _stages_right(case: Case, sides: Sides, causes: Iterable[Cause]) -> bool | None:
    there = {stage.step for stage in sides.reference.stages}
    checked = [
        _step_of(cause, sides) in _allowed(case.steps[cause.family], there)
        for cause in causes
        if cause.family in case.steps
    ]
    return all(checked) if checked else None


def _allowed(steps: frozenset[str], there: set[str]) -> frozenset[str]:
    """Add the step that follows where the reference has no stage of the right step: what is done there is done within it."""
    if steps & there or not steps & set(STEPS):
        return steps
    after = [step for step in STEPS[max(STEPS.index(s) for s in steps & set(STEPS)) :] if step in there]
    return steps | frozenset(after[:1])


def _step_of(cause: Cause, sides: Sides) -> str:
    for capture in (sides.deployed, sides.reference):
        for stage in capture.stages:
            if stage.name == cause.stage:
                return stage.step
    return cause.stage.rstrip("s")  # "outputs", "inputs": not a stage of either side


def _parameters_right(case: Case, cause: Cause | None) -> bool:
    assert cause is not None
    said = dict(cause.parameters) | _relative(cause.parameters)
    # An offset of nothing has no percent of its own: what one unit of the reference's tensor becomes stands in for it.
    unit = {"offset": float(np.abs(case.parameters.get("slope", 0.0)).max())}
    return all(
        key in said and _close(said[key], value, cause.family, unit.get(key, 0.0))
        for key, value in case.parameters.items()
    )


def _relative(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return slope and offset where a cause gives both sides' formulas, ``(x * scale - mean) / std``, instead."""
    sides = [parameters.get(side) for side in ("reference", "deployed")]
    if not all(isinstance(side, Mapping) and {"scale", "mean", "std"} <= side.keys() for side in sides):
        return {}
    norms = [Norm(scale=side["scale"], mean=tuple(side["mean"]), std=tuple(side["std"])) for side in sides if side]
    return relative((norms[0],), (norms[1],))


def _close(said: Any, true: Any, family: str, least: float = 0.0) -> bool:
    """Say whether numbers agree within 1 percent (of ``least`` where they are smaller); fill values may be in either unit."""
    try:
        a, b = np.atleast_1d(np.asarray(said, float)), np.atleast_1d(np.asarray(true, float))
        a, b = np.broadcast_arrays(a, b)
    except (TypeError, ValueError):
        return False
    units = (1.0, 255.0) if family == "padding_value" else (1.0,)
    return any(bool(np.all(np.abs(a * unit - b) <= 0.01 * max(np.abs(b).max(), least))) for unit in units)


def rate(answers: Iterable[Answer], what: str = "right") -> float | None:
    """Return the share of answers of which something is true, ``None`` of none."""
    values = [getattr(answer, what) for answer in answers]
    known = [bool(value) for value in values if value is not None]
    return sum(known) / len(known) if known else None


def select(answers: Iterable[Answer], kind: str, situation: str | None = None) -> list[Answer]:
    """Return the answers of a kind that count, in one situation or in all."""
    wanted = (situation,) if situation else SITUATIONS
    return [a for a in answers if a.kind == kind and a.counted and not a.void and a.situation in wanted]


def confusion(answers: Iterable[Answer]) -> dict[str, dict[str, int]]:
    """Return, for each injected family, how often each family was named first: failures included."""
    table: dict[str, Counter[str]] = {}
    for answer in answers:
        if answer.kind != "single" or answer.void:
            continue
        said = "error" if answer.error else (answer.named[0] if answer.named else "nothing")
        for family in answer.expected[0]:
            table.setdefault(f"{family} ({answer.situation})", Counter())[said] += 1
    return {family: dict(counts.most_common()) for family, counts in sorted(table.items())}


def per_family(answers: Iterable[Answer]) -> dict[str, dict[str, Any]]:
    """Return the rate of every family in each situation, over the cases that count."""
    table: dict[str, dict[str, Any]] = {}
    chosen = list(answers)
    for situation in SITUATIONS:
        for answer in select(chosen, "single", situation):
            row = table.setdefault(answer.expected[0][0], {})
            right, total = row.get(situation, (0, 0))
            row[situation] = (right + answer.right, total + 1)
    return dict(sorted(table.items()))


def summary(answers: list[Answer]) -> dict[str, Any]:
    """Return the figures of a run by the names that the README uses; rates from 0 to 1.

    What needs several causes (``pairs``, ``triples``, ``incidents``) is given with stages known, and beside it by situation:
    from final tensors alone one fault can hide another.
    """
    controls = select(answers, "control")
    incidents = select(answers, "incident", "stages")
    figures: dict[str, Any] = {
        "single": {s: rate(select(answers, "single", s)) for s in SITUATIONS},
        "pairs": rate(select(answers, "pair", "stages")),
        "triples": rate(select(answers, "triple", "stages")),
        "controls": {
            "cases": len({a.case for a in controls}),
            "false_alarms": sum(not a.complete for a in controls),
            "diagnoses": len(controls),
        },
        "incidents": {"cases": len({a.case for a in incidents}), "complete": rate(incidents, "complete")},
        "right_stage": rate(select(answers, "single", "stages"), "stage_right"),
        "parameters_within_1_percent": rate(select(answers, "single"), "parameters_right"),
        "single_and_nothing_else": {s: rate(select(answers, "single", s), "complete") for s in SITUATIONS},
    }
    for kind, name in (("pair", "pairs"), ("triple", "triples"), ("incident", "incidents")):
        figures[f"{name}_by_situation"] = {s: rate(select(answers, kind, s)) for s in SITUATIONS}
    figures["cases"] = dict(Counter(f"{a.kind}, {a.situation}" for a in answers if a.counted and not a.void))
    figures["seconds_per_diagnosis"] = {
        s: round(float(np.mean([a.seconds for a in answers if a.situation == s] or [0.0])), 3) for s in SITUATIONS
    }
    figures["void"] = sorted({f"{a.case}: {a.void}" for a in answers if a.void})
    figures["confusion"] = confusion(answers)
    return figures
