"""The rows of the preprocessing checklist: steps of both sides in pairs, and whether what differs matters."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pixelparity.recipes import Normalize, Recipe, Step, value_text
from pixelparity.recipes.diff import diff_recipes
from pixelparity.recipes.diff_row import DiffRow
from pixelparity.stages import Capture, Stage

Side = Recipe | Capture
#: What a row can be: the same, written otherwise with the same effect, different where it matters, or not declared.
EQUAL, SAME_EFFECT, DIFFERS, UNKNOWN = "equal", "same_effect", "differs", "unknown"
MARKS = {
    EQUAL: "\N{CHECK MARK}\N{NO-BREAK SPACE}equal",
    SAME_EFFECT: "\N{ALMOST EQUAL TO}\N{NO-BREAK SPACE}same\N{NO-BREAK SPACE}effect",
    DIFFERS: "\N{NOT EQUAL TO}\N{NO-BREAK SPACE}differs",
    UNKNOWN: "\N{EN DASH}",
}
ABSENT = "no such step"
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


@dataclass(frozen=True)
class _Entry:
    kind: str
    name: str
    values: Mapping[str, Any]
    defaulted: frozenset[str]


def paired(reference: Side, deployed: Side) -> tuple[list[Row], set[str]]:
    """Return the rows of two sides, steps paired by kind in order, and the kinds of step that either has."""
    reference_entries, deployed_entries = _entries(reference), _entries(deployed)
    rows: list[Row] = []
    for number, (one, other) in enumerate(_aligned(reference_entries, deployed_entries), 1):
        rows += _rows(number, one, other)
    if isinstance(reference, Recipe) and isinstance(deployed, Recipe):
        rows = _weighed(rows, reference, deployed)
    return rows, {entry.kind for entry in (*reference_entries, *deployed_entries)}


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
    batches = [side.batch for side in (reference, deployed) if side.batch is not None]
    nothing = all(batch.divisor in (None, 1) for batch in batches)
    return [_weigh(row, compared, pads_nothing=nothing) if row.state == DIFFERS else row for row in rows]


def _weigh(row: Row, compared: Sequence[DiffRow], *, pads_nothing: bool) -> Row:
    """Return a row as the static diff judges it: what that does not compare is not judged here either."""
    kind = row.step.split(" (")[0]
    steps = _COMPARED.get(kind, (kind,))
    here = [one for one in compared if one.step in steps and (kind != "colour" or one.what == "channels")]
    if not is_lone(row):  # its own row, if there is one, else all of its step
        what = _NAMES.get((kind, row.parameter), row.parameter)
        here = [one for one in here if one.step == kind and one.what == what] or here
    if not here and kind in ("decode", "orient"):
        return replace(row, state=UNKNOWN, note="decoded pictures are fed: the client's doing")
    left_out = next((one.note for one in here if not one.is_declared), "")
    if left_out:
        return replace(row, state=UNKNOWN, note=left_out)
    if not here and kind == "batch pad" and pads_nothing:
        return replace(row, state=SAME_EFFECT, note="a multiple of 1 pads nothing")
    if not here:
        return replace(row, state=UNKNOWN, note="only one side declares it, so the other one's is not known")
    families = dict.fromkeys(one.family for one in here if one.family)
    if families:
        return replace(row, note=", ".join(families))
    notes = dict.fromkeys(one.note for one in here if one.note)
    return replace(row, state=SAME_EFFECT, note="; ".join(notes) or "written otherwise: all steps together do the same")


def is_lone(row: Row) -> bool:
    """Say whether only one side has the row's step."""
    return ABSENT in (row.reference, row.deployed)


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


def _aligned(
    reference_entries: list[_Entry], deployed_entries: list[_Entry]
) -> Iterator[tuple[_Entry | None, _Entry | None]]:
    matcher = difflib.SequenceMatcher(
        None, [e.kind for e in reference_entries], [e.kind for e in deployed_entries], autojunk=False
    )
    i = j = 0
    for block in matcher.get_matching_blocks():
        for one in reference_entries[i : block.a]:
            yield one, None
        for other in deployed_entries[j : block.b]:
            yield None, other
        for step in range(block.size):
            yield reference_entries[block.a + step], deployed_entries[block.b + step]
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
        return ABSENT
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
        return ABSENT
    return ", ".join(f"{name} {_text(entry, name)}" for name in parameters) or "yes"
