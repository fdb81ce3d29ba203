"""The table of a run: what was tried of each kind, and what went wrong."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.fuzz.attempt import to_text
from benchmarks.fuzz.trial import FAILED, PROBLEMS, Outcome

_MOST_KEPT_BYTES = 64_000
_SHOWN = 160  # letters of an error


@dataclass(kw_only=True)
class Tally:
    """Counts by kind: inputs, command lines that were refused or judged, problems; and the runs that went wrong."""

    inputs: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    judged: Counter[str] = field(default_factory=Counter)
    problems: Counter[tuple[str, str]] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    largest: dict[str, float] = field(default_factory=dict)
    wrong: list[Outcome] = field(default_factory=list)

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Count one input with its command lines."""
        kind = outcomes[0].attempt.kind
        self.inputs[kind] += 1
        for outcome in outcomes:
            (self.refused if outcome.status == FAILED else self.judged)[kind] += 1
            self.slowest[kind] = max(self.slowest.get(kind, 0.0), outcome.seconds)
            self.largest[kind] = max(self.largest.get(kind, 0.0), outcome.peak_mib)
            self.problems.update((kind, problem) for problem in outcome.problems)
        self.wrong += [outcome for outcome in outcomes if outcome.problems]

    def totals(self) -> dict[str, int]:
        """Return how often each problem was met, all kinds together."""
        return {name: sum(self.problems[kind, name] for kind in self.inputs) for name in PROBLEMS}


def table(tally: Tally) -> str:
    """Return the table as text."""
    rows = [["kind", "inputs", "refused", "judged", *PROBLEMS, "slowest s", "peak MiB"]]
    for kind in tally.inputs:
        counts = [tally.inputs[kind], tally.refused[kind], tally.judged[kind]]
        counts += [tally.problems[kind, name] for name in PROBLEMS]
        rows.append([kind, *map(str, counts), f"{tally.slowest[kind]:.1f}", f"{tally.largest[kind]:.0f}"])
    sums = [tally.inputs.total(), tally.refused.total(), tally.judged.total(), *tally.totals().values()]
    ends = max(tally.slowest.values(), default=0.0), max(tally.largest.values(), default=0.0)
    rows.append(["all", *map(str, sums), f"{ends[0]:.1f}", f"{ends[1]:.0f}"])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(word.rjust(width) for word, width in zip(row, widths, strict=True)) for row in rows)


def line(outcome: Outcome) -> str:
    """Return one line for a run that went wrong."""
    what = f"{', '.join(outcome.problems)}: {outcome.attempt.kind} {outcome.attempt.name}"
    return f"{what}: {' '.join(outcome.command)} -> {outcome.status}, {outcome.seconds:.1f} s: {outcome.said[:_SHOWN]}"


def keep(tally: Tally, folder: Path) -> list[Path]:
    """Write the inputs that went wrong into a folder, small ones, to be put beside the tests."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = []
    for outcome in tally.wrong:
        text = to_text(outcome.attempt)
        if len(text) <= _MOST_KEPT_BYTES:
            name = f"{outcome.attempt.kind.replace(' ', '_')}-{hashlib.sha256(text.encode()).hexdigest()[:10]}.json"
            (folder / name).write_text(text, encoding="utf-8")
            kept.append(folder / name)
    return kept


def figures(tally: Tally, **more: Any) -> str:
    """Return the figures as JSON."""
    wrong = [line(outcome) for outcome in tally.wrong]
    return (
        json.dumps({**more, "inputs": dict(tally.inputs), "problems": tally.totals(), "wrong": wrong}, indent=1) + "\n"
    )
