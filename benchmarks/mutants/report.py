"""Add up what became of the mutants, by room, and leave aside survivors that a person looked at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.mutants.generate import ROOMS, Mutant
from benchmarks.mutants.trial import Outcome
from pixelparity.errors import InputError

#: Survivors that change nothing that anyone could see, each with the reason: ``module``, ``line`` (its text), ``operator``.
ACCEPTED = Path(__file__).with_name("accepted.json")
RESULTS = ("killed", "timeout", "survived", "untested", "unclean")


def accepted(path: Path = ACCEPTED) -> dict[tuple[str, str, str], str]:
    """Return the reasons of accepted survivors by module, line and operator; raise ``InputError`` for one without a reason."""
    reasons = {}
    for entry in json.loads(path.read_text(encoding="utf-8")):
        if not entry.get("reason", "").strip():
            raise InputError(f"{path.name}: {entry} has no reason; say why no test can see it")
        reasons[(entry["module"], entry["line"], entry["operator"])] = str(entry["reason"])
    return reasons


def rates(outcomes: Iterable[Outcome], known: Iterable[tuple[str, str, str]] = ()) -> dict[str, dict[str, Any]]:
    """Return counts and the killed share by room; a timeout counts as killed, accepted and unclean on neither side."""
    known = set(known)
    table: dict[str, dict[str, Any]] = {}
    for outcome in outcomes:
        row = table.setdefault(outcome.mutant.room, dict.fromkeys((*RESULTS, "accepted"), 0))
        let_pass = outcome.result == "survived" and outcome.mutant.key in known
        row["accepted" if let_pass else outcome.result] += 1
    for row in table.values():
        found = row["killed"] + row["timeout"]
        total = found + row["survived"] + row["untested"]
        row["share"] = found / total if total else None
    return {room: table[room] for room in ROOMS if room in table}


def text(outcomes: Sequence[Outcome], known: Iterable[tuple[str, str, str]] = ()) -> str:
    """Return the table of rooms and the survivors with their lines, as text."""
    known = set(known)
    lines = [f"{'room':12}" + "".join(f"{word:>10}" for word in (*RESULTS, "accepted", "share"))]
    for room, row in rates(outcomes, known).items():
        share = "-" if row["share"] is None else f"{row['share']:.0%}"
        lines.append(f"{room:12}" + "".join(f"{row[word]:>10}" for word in (*RESULTS, "accepted")) + f"{share:>10}")
    left = [o.mutant for o in outcomes if o.result in ("survived", "untested") and o.mutant.key not in known]
    lines.append(f"\n{len(left)} that no test notices")
    lines += [f"  {m.module}:{m.line} {m.operator} ({m.occurrence})\n      {m.text}" for m in sorted(left)]
    lines += sorted({f"  {o.killed_by}" for o in outcomes if o.result == "unclean"})
    return "\n".join(lines)


def read(path: Path) -> list[Outcome]:
    """Return the outcomes that :func:`write` wrote."""
    entries = json.loads(path.read_text(encoding="utf-8"))["outcomes"]
    return [Outcome(**{**entry, "mutant": Mutant(**entry["mutant"])}) for entry in entries]


def write(outcomes: Sequence[Outcome], path: Path, **more: Any) -> None:
    """Write figures and outcomes as JSON, whole or not at all."""
    content = {**more, "rooms": rates(outcomes, accepted()), "outcomes": [asdict(outcome) for outcome in outcomes]}
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".tmp")
    scratch.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    scratch.replace(path)
