"""The preprocessing checklist: every step and parameter of both sides, ready for a model's documentation.

It is read from recipes (what is declared) or from captures (what happened) and runs nothing. Of two recipes it says of every
row that is not the same whether that matters, as the static diff of both recipes has it. Captures hold no steps: only what
they declare of their tensors is compared, and that is said.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from pixelparity.diagnosis.results import Cause
from pixelparity.stages import STEPS, Capture
from pixelparity.views import style
from pixelparity.views.checklist_rows import (
    DIFFERS,
    EQUAL,
    MARKS,
    SAME_EFFECT,
    UNKNOWN,
    Row,
    Side,
    is_lone,
    paired,
)
from pixelparity.views.style import plural
from pixelparity.views.table import TABLE_CSS, Table

#: The parameter of a row that a diagnosis has measured and nobody declares.
MEASURED = "measured"
#: JSON's older word for a state.
_EQUAL = {EQUAL: True, SAME_EFFECT: True, DIFFERS: False, UNKNOWN: None}


@dataclass(frozen=True, kw_only=True)
class Checklist:
    """Every step of both sides. ``undeclared`` are the kinds of step that neither side has; both should have a reason.

    ``silent`` are the sides (reference, deployed) that declare no steps: captures without a recipe.
    """

    reference: str
    deployed: str
    rows: tuple[Row, ...]
    undeclared: tuple[str, ...]
    silent: tuple[str, ...] = ()

    @property
    def declared(self) -> tuple[Row, ...]:
        """Return the rows that were read from both sides, without those that were measured."""
        return tuple(row for row in self.rows if row.parameter != MEASURED)

    def measured(self, causes: Sequence[Cause]) -> Checklist:
        """Return the checklist with a row for each cause of a diagnosis that nothing declared shows, behind its stage's rows.

        So a checklist of sides that declare no steps does not clear what the tensors show.
        """
        noted = {family for row in self.rows if row.state == DIFFERS for family in row.note.split(", ")}
        rows = list(self.rows)
        for cause in causes:
            if cause.family not in noted:
                found = [place for place, row in enumerate(rows) if cause.stage in re.findall(r"[\w.]+", row.step)]
                place = found[-1] if found else len(rows) - 1
                number = rows[place].number + (not found) if rows else 1
                step = rows[place].step if found else cause.stage
                row = Row(number=number, step=step, parameter=MEASURED, reference="", deployed=cause.text,
                          state=DIFFERS, note=cause.family)  # fmt: skip
                rows.insert(place + 1, row)
        return replace(self, rows=tuple(rows))

    @property
    def differences(self) -> int:
        """Return how many parameters differ, where it matters, between steps that both sides have."""
        return sum(row.state == DIFFERS and not is_lone(row) for row in self.declared)

    @property
    def lone_steps(self) -> int:
        """Return how many steps only one side has, where it matters."""
        return len({row.number for row in self.rows if row.state == DIFFERS and is_lone(row)})

    @property
    def rewritten(self) -> int:
        """Return how many rows are written otherwise with the same effect."""
        return sum(row.state == SAME_EFFECT for row in self.rows)

    @property
    def summary(self) -> str:
        """Return a sentence or two: how much was checked, how much differs, and what was measured beside that."""
        measured = [row.note for row in self.rows if row.parameter == MEASURED]
        beside = f" Measured beside that: {', '.join(measured)}." if measured else ""
        return f"{self._declared()}{beside}"

    def _declared(self) -> str:
        found = [
            f"{plural(self.lone_steps, 'step')} on one side only" if self.lone_steps else "",
            f"{plural(self.differences, 'parameter')} different" if self.differences else "",
        ]
        said = ", ".join(filter(None, found)) or "no difference"
        if self.rewritten:
            said += f"{'' if any(found) else ' that matters'}; {plural(self.rewritten, 'row')} written otherwise, same effect"
        count = len({row.number for row in self.declared})
        if not self.silent:
            return f"{plural(count, 'step')} checked: {said}."
        who = "Neither side" if len(self.silent) == 2 else f"The {self.silent[0]} side"
        who += " declares its steps" if len(self.silent) == 2 else " does not declare its steps"
        if all(row.state == UNKNOWN for row in self.declared):
            return f"{who}: nothing could be compared."
        return f"{who}: only what the tensors are declared to be was compared ({plural(count, 'stage')}): {said}."

    def table(self) -> Table:
        """Return the checklist as a table; rows that differ where it matters are marked."""
        rows, seen = [], 0
        for row in self.rows:
            head = f"{row.number}. {row.step}" if row.number != seen else ""
            seen = row.number
            rows.append((head, row.parameter, row.reference, row.deployed, MARKS[row.state], row.note))
        marked = frozenset(place for place, row in enumerate(self.rows) if row.state == DIFFERS)
        columns = ("step", "parameter", "reference", "deployed", "state", "why")
        return Table(columns=columns, rows=tuple(rows), marked=marked)

    def markdown(self) -> str:
        """Return the checklist in Markdown."""
        lines = [
            "# Preprocessing checklist", "", f"- reference: `{self.reference}`", f"- deployed: `{self.deployed}`",
            f"- {self.summary}", *([f"- {self._undeclared()}"] if self.undeclared else []), "", self.table().markdown(),
            "A value with `*` is a library's default that nobody chose.", "",
        ]  # fmt: skip
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Return the checklist as JSON values."""
        rows = [{**asdict(row), "equal": _EQUAL[row.state]} for row in self.rows]
        return {
            "reference": self.reference, "deployed": self.deployed, "differences": self.differences,
            "lone_steps": self.lone_steps, "rewritten": self.rewritten, "rows": rows,
            "undeclared": list(self.undeclared), "silent": list(self.silent),
        }  # fmt: skip

    def json(self) -> str:
        """Return the checklist as JSON text."""
        return json.dumps(self.as_dict(), indent=1, ensure_ascii=False) + "\n"

    def html(self) -> str:
        """Return the checklist as HTML without colours of its own."""
        notes = [self.summary, *([self._undeclared()] if self.undeclared else [])]
        text = "".join(f"<p>{html.escape(note)}</p>" for note in notes)
        stars = "<p><small>* a library's default that nobody chose</small></p>" if self._has_defaults() else ""
        return f'{text}<div class="skew-table">{self.table().html()}</div>{stars}'

    def _undeclared(self) -> str:
        return f"Neither side declares: {', '.join(self.undeclared)}."

    def _has_defaults(self) -> bool:
        return any(value.endswith("*") for row in self.rows for value in (row.reference, row.deployed))

    def _repr_html_(self) -> str:
        return f'<style>{style.theme_css()}{TABLE_CSS}</style><div class="skew">{self.html()}</div>'


def fill(reference: Side, deployed: Side) -> Checklist:
    """Return the checklist of two sides, each a recipe or a capture; steps are paired by kind, in order."""
    rows, known = paired(reference, deployed)
    undeclared = tuple(step for step in STEPS if step not in known and step not in ("input", "other"))
    silent = tuple(
        name for name, side in (("reference", reference), ("deployed", deployed)) if isinstance(side, Capture)
    )
    return Checklist(
        reference=reference.source, deployed=deployed.source, rows=tuple(rows), undeclared=undeclared, silent=silent
    )
