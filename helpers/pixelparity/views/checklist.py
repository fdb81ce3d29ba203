"""The preprocessing checklist: every step and parameter of both sides, ready for a model's documentation.

It is read from recipes (what is declared) or from captures (what happened) and runs nothing. Of two recipes it says of every
row that is not the same whether that matters, as the static diff of both recipes has it. Captures hold no steps: only what
they declare of their tensors is compared, and that is said.
"""

from __future__ import annotations

import difflib
import html
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from pixelparity.diagnosis.static import diff_recipes
from pixelparity.diagnosis.static_row import DiffRow
from pixelparity.recipe import Normalize, Recipe, Step, value_text
from pixelparity.stages import STEPS, Capture, Stage
from pixelparity.views import style
from pixelparity.views.style import plural
from pixelparity.views.table import TABLE_CSS, Table

Side = Recipe | Capture
#: What a row can be: the same, written otherwise with the same effect, different where it matters, or not declared.
EQUAL, SAME_EFFECT, DIFFERS, UNKNOWN = "equal", "same_effect", "differs", "unknown"
MARKS = {
    EQUAL: "\N{CHECK MARK}\N{NO-BREAK SPACE}equal",
    SAME_EFFECT: "\N{ALMOST EQUAL TO}\N{NO-BREAK SPACE}same\N{NO-BREAK SPACE}effect",
    DIFFERS: "\N{NOT EQUAL TO}\N{NO-BREAK SPACE}differs",
    UNKNOWN: "\N{EN DASH}",
}
_ABSENT = "no such step"
_UNKNOWN = "not known"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One parameter of one step on both sides, what it is (``MARKS``), and why: a family, or what makes the effect the same.

    A value that a library's default filled carries ``*``.
    """

    number: int
    step: str
    parameter: str
    reference: str
    deployed: str
    state: str
    note: str = ""


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
    def differences(self) -> int:
        """Return how many parameters differ, where it matters, between steps that both sides have."""
        return sum(row.state == DIFFERS and not _is_lone(row) for row in self.rows)

    @property
    def lone_steps(self) -> int:
        """Return how many steps only one side has, where it matters."""
        return len({row.number for row in self.rows if row.state == DIFFERS and _is_lone(row)})

    @property
    def rewritten(self) -> int:
        """Return how many rows are written otherwise with the same effect."""
        return sum(row.state == SAME_EFFECT for row in self.rows)

    @property
    def summary(self) -> str:
        """Return one sentence: how much was checked, and how much differs."""
        found = [
            f"{plural(self.lone_steps, 'step')} on one side only" if self.lone_steps else "",
            f"{plural(self.differences, 'parameter')} different" if self.differences else "",
        ]
        said = ", ".join(filter(None, found)) or "no difference"
        if self.rewritten:
            said += f"{'' if any(found) else ' that matters'}; {plural(self.rewritten, 'row')} written otherwise, same effect"
        count = len({row.number for row in self.rows})
        if not self.silent:
            return f"{plural(count, 'step')} checked: {said}."
        who = "Neither side" if len(self.silent) == 2 else f"The {self.silent[0]} side"
        who += " declares its steps" if len(self.silent) == 2 else " does not declare its steps"
        if all(row.state == UNKNOWN for row in self.rows):
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


@dataclass(frozen=True)
class _Entry:
    kind: str
    name: str
    values: Mapping[str, Any]
    defaulted: frozenset[str]


def fill(reference: Side, deployed: Side) -> Checklist:
    """Return the checklist of two sides, each a recipe or a capture; steps are paired by kind, in order."""
    ours, theirs = _entries(reference), _entries(deployed)
    rows: list[Row] = []
    for number, (one, other) in enumerate(_aligned(ours, theirs), 1):
        rows += _rows(number, one, other)
    if isinstance(reference, Recipe) and isinstance(deployed, Recipe):
        rows = _weighed(rows, reference, deployed)
    known = {entry.kind for entry in (*ours, *theirs)}
    undeclared = tuple(step for step in STEPS if step not in known and step not in ("input", "other"))
    silent = tuple(
        name for name, side in (("reference", reference), ("deployed", deployed)) if isinstance(side, Capture)
    )
    return Checklist(
        reference=reference.source, deployed=deployed.source, rows=tuple(rows), undeclared=undeclared, silent=silent
    )


#: JSON's older word for a state.
_EQUAL = {EQUAL: True, SAME_EFFECT: True, DIFFERS: False, UNKNOWN: None}
#: Steps of the static diff in which a step of the checklist is compared, where that is not the step of its name.
_COMPARED = {
    "colour": ("decode",), "batch pad": ("batch",), "crop": ("crop", "pad", "geometry"),
    "pad": ("crop", "pad", "geometry"), "resize": ("resize", "geometry"),
}  # fmt: skip
#: Parameters that the static diff compares under another name.
_NAMES = {
    ("resize", "height"): "size", ("resize", "width"): "size", ("resize", "size"): "size", ("resize", "oriented"): "mode",
    ("crop", "height"): "window", ("crop", "width"): "window", ("crop", "fraction"): "window",
    ("pad", "height"): "size", ("pad", "width"): "size", ("pad", "divisor"): "size", ("cast", "dtype"): "dtype",
}  # fmt: skip


def _weighed(rows: Sequence[Row], reference: Recipe, deployed: Recipe) -> list[Row]:
    """Say of every row that is not the same whether it matters, as the static diff of both recipes has it."""
    compared = diff_recipes(reference, deployed).rows
    return [_weigh(row, compared) if row.state == DIFFERS else row for row in rows]


def _weigh(row: Row, compared: Sequence[DiffRow]) -> Row:
    kind = row.step.split(" (")[0]
    steps = _COMPARED.get(kind, (kind,))
    here = [one for one in compared if one.step in steps and (kind != "colour" or one.what == "channels")]
    if not _is_lone(row):  # its own row, if there is one, else all of its step
        what = _NAMES.get((kind, row.parameter), row.parameter)
        here = [one for one in here if one.step == kind and one.what == what] or here
    if not here and kind in ("decode", "orient"):
        return replace(row, state=UNKNOWN, note="decoded pictures are fed: the client's doing")
    families = dict.fromkeys(one.family for one in here if one.family)
    if families or not here:
        return replace(row, note=", ".join(families))
    notes = dict.fromkeys(one.note for one in here if one.note)
    return replace(row, state=SAME_EFFECT, note="; ".join(notes) or "written otherwise: all steps together do the same")


def _is_lone(row: Row) -> bool:
    return _ABSENT in (row.reference, row.deployed)


def _entries(side: Side) -> list[_Entry]:
    if isinstance(side, Capture):
        return [_from_stage(stage) for stage in side.stages]
    entries = [_from_step(step) for step in side.steps]
    if side.batch is not None:
        batch = _from_step(side.batch)
        entries.append(_Entry("batch pad", "batch pad", batch.values, batch.defaulted))
    return entries


def _from_step(step: Step) -> _Entry:
    values = dict(step.parameters())
    if isinstance(step, Normalize) and not step.per_image:
        values["effect"] = _effect(step)
    return _Entry(step.kind, step.kind, values, step.defaulted)


def _from_stage(stage: Stage) -> _Entry:
    values = {"layout": stage.layout, "channels": stage.channels, "dtype": stage.dtype, "range": stage.value_range}
    declared = {name: value for name, value in values.items() if value not in (None, "unknown")}
    return _Entry(stage.step, stage.name, declared, frozenset())


def _effect(step: Normalize) -> tuple[tuple[float, float], ...]:
    """Return (factor, offset) per channel: what ``(x * scale - mean) / std`` does to a value."""
    count = max(len(step.mean), len(step.std))
    means, stds = (values * count if len(values) == 1 else values for values in (step.mean, step.std))
    return tuple((step.scale / std, -mean / std) for mean, std in zip(means, stds, strict=True))


def _aligned(ours: list[_Entry], theirs: list[_Entry]) -> Iterator[tuple[_Entry | None, _Entry | None]]:
    matcher = difflib.SequenceMatcher(None, [e.kind for e in ours], [e.kind for e in theirs], autojunk=False)
    i = j = 0
    for block in matcher.get_matching_blocks():
        for one in ours[i : block.a]:
            yield one, None
        for other in theirs[j : block.b]:
            yield None, other
        for step in range(block.size):
            yield ours[block.a + step], theirs[block.b + step]
        i, j = block.a + block.size, block.b + block.size


def _rows(number: int, one: _Entry | None, other: _Entry | None) -> Iterator[Row]:
    name = _name(one, other)
    parameters = list(dict.fromkeys([*(one.values if one else ()), *(other.values if other else ())]))
    shown = [p for p in parameters if not (_unused(one, p) and _unused(other, p))]
    if not shown or one is None or other is None:
        both = one is not None and other is not None
        words = [_whole(entry, shown) for entry in (one, other)]
        yield Row(number=number, step=name, parameter="the step", reference=words[0], deployed=words[1],
                  state=EQUAL if both else DIFFERS)  # fmt: skip
        return
    settled = _settled(one, other)
    for parameter in shown:
        equal = _equal(one, other, parameter)
        state, note = {True: EQUAL, False: DIFFERS, None: UNKNOWN}[equal], ""
        if equal is False and settled and parameter in ("scale", "mean", "std"):
            state, note = SAME_EFFECT, "the effect is the same"
        yield Row(number=number, step=name, parameter=parameter, reference=_text(one, parameter),
                  deployed=_text(other, parameter), state=state, note=note)  # fmt: skip


def _settled(one: _Entry | None, other: _Entry | None) -> bool:
    return one is not None and other is not None and "effect" in one.values and bool(_equal(one, other, "effect"))


def _equal(one: _Entry | None, other: _Entry | None, parameter: str) -> bool | None:
    if one is None or other is None:
        return None
    if parameter not in one.values or parameter not in other.values:
        return None
    return _same(one.values[parameter], other.values[parameter])


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        if len(one) == 1 or len(other) == 1:  # one value for all channels
            count = max(len(one), len(other))
            one, other = (values * count if len(values) == 1 else values for values in (one, other))
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)  # DALI keeps its arguments in single precision
    return bool(one == other)


def _unused(entry: _Entry | None, parameter: str) -> bool:
    value = None if entry is None else entry.values.get(parameter)
    return value is None or value == ""


def _text(entry: _Entry | None, parameter: str) -> str:
    if entry is None:
        return _ABSENT
    if parameter not in entry.values:
        return _UNKNOWN
    value = entry.values[parameter]
    if value is None or value == "":
        return "not used"
    text = _effect_text(value) if parameter == "effect" else value_text(value)
    return f"{text}*" if parameter in entry.defaulted else text


def _effect_text(effect: tuple[tuple[float, float], ...]) -> str:
    parts = []
    for factor, offset in effect:
        sign = "\N{MINUS SIGN}" if offset < 0 else "+"
        parts.append(f"x \N{MULTIPLICATION SIGN} {factor:.6g}" + (f" {sign} {abs(offset):.6g}" if offset else ""))
    return "; ".join(dict.fromkeys(parts))


def _name(one: _Entry | None, other: _Entry | None) -> str:
    present = [entry for entry in (one, other) if entry is not None]
    names = [name for name in dict.fromkeys(entry.name for entry in present) if name != present[0].kind]
    return f"{present[0].kind} ({' / '.join(names)})" if names else present[0].kind


def _whole(entry: _Entry | None, parameters: list[str]) -> str:
    """Return a step that has no counterpart with all of its parameters, in one cell."""
    if entry is None:
        return _ABSENT
    return ", ".join(f"{name} {_text(entry, name)}" for name in parameters) or "yes"
