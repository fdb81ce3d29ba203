"""A plain table that shows itself as HTML, Markdown and JSON values; everything in it is escaped."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pixelparity.errors import InputError
from pixelparity.recipes.diff import RecipeDiff
from pixelparity.recipes.diff_row import DiffRow
from pixelparity.views import style


@dataclass(frozen=True, kw_only=True)
class Table:
    """Columns and rows of text. ``marked`` are the rows (by number) that stand out; ``numeric`` the right-aligned columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    marked: frozenset[int] = field(default=frozenset())
    numeric: frozenset[int] = field(default=frozenset())

    def __post_init__(self) -> None:
        wrong = [row for row in self.rows if len(row) != len(self.columns)]
        if wrong:
            raise ValueError(f"a row has {len(wrong[0])} cells, the table {len(self.columns)} columns: {wrong[0]}")

    def html(self) -> str:
        """Return the table as HTML, without colours of its own: see ``TABLE_CSS``."""
        head = "".join(f'<th scope="col"{self._align(n)}>{html.escape(c)}</th>' for n, c in enumerate(self.columns))
        body = "".join(self._row(number, row) for number, row in enumerate(self.rows))
        caption = f"<caption>{html.escape(self.caption)}</caption>" if self.caption else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def markdown(self) -> str:
        """Return the table in GitHub's Markdown."""
        rule = ["---:" if n in self.numeric else "---" for n in range(len(self.columns))]
        lines = [self.columns, rule, *self.rows]
        return "\n".join("| " + " | ".join(_plain(cell) for cell in line) + " |" for line in lines) + "\n"

    def _row(self, number: int, row: Sequence[str]) -> str:
        kind = ' class="marked"' if number in self.marked else ""
        first = f'<th scope="row"{self._align(0)}>{html.escape(row[0])}</th>'
        rest = "".join(f"<td{self._align(n)}>{html.escape(cell)}</td>" for n, cell in enumerate(row[1:], 1))
        return f"<tr{kind}>{first}{rest}</tr>"

    def _align(self, column: int) -> str:
        return ' class="number"' if column in self.numeric else ""

    def _repr_html_(self) -> str:
        return f'<style>{style.theme_css()}{TABLE_CSS}</style><div class="skew skew-table">{self.html()}</div>'


#: Colours and spacing of tables, in a notebook and in the report. The class is doubled to outweigh a notebook's own.
TABLE_CSS = """
.skew-table{overflow-x:auto;margin:.6em 0}
.skew-table table{border-collapse:collapse;font-size:.92em;margin:0;border:0;
background:var(--skew-paper);color:var(--skew-ink)}
.skew-table table{line-height:1.4}
.skew-table caption{text-align:left;font-weight:600;padding:.3em 0;color:var(--skew-ink)}
.skew-table tr,.skew-table tbody tr:nth-child(odd),.skew-table tbody tr:hover{background:none}
.skew-table th,.skew-table td{text-align:left;vertical-align:top;padding:.35em .9em .35em .5em;border:0;
border-bottom:1px solid var(--skew-grid);color:var(--skew-ink);max-width:34em;white-space:normal;overflow-wrap:break-word}
.skew-table thead th{vertical-align:bottom;max-width:10em;overflow-wrap:normal}
.skew-table thead th{color:var(--skew-muted);font-weight:600;border-bottom:2px solid var(--skew-neutral)}
.skew-table tbody th{font-weight:600;overflow-wrap:normal;min-width:7em}
.skew-table .number{text-align:right;font-variant-numeric:tabular-nums}
.skew-table td.number{white-space:nowrap}
.skew-table tbody tr.marked,.skew-table tbody tr.marked:hover{background:var(--skew-tint)}
.skew-table tbody th:first-child{border-left:3px solid transparent}
.skew-table tr.marked th:first-child{border-left-color:var(--skew-guilty)}
""".replace("\n", "").replace(".skew-table", ".skew-table.skew-table")


def diff_table(diff: RecipeDiff) -> Table:
    """Return a static diff of two recipes as a table; rows that differ are marked, the caption counts them."""
    rows = tuple((row.step, row.what, row.reference, row.deployed, _judged(row)) for row in diff.rows)
    count = len(diff.differences)
    found = (
        f"{style.plural(count, 'difference')}: {', '.join(diff.families)}" if count else "the two recipes mean the same"
    )
    default = "; * nobody chose this value, it is a library's default" if any("*" in r[2] + r[3] for r in rows) else ""
    return Table(
        columns=("step", "parameter", "reference", "deployed", "difference"), rows=rows,
        caption="; ".join([f"{found}{default}", *diff.notes]),
        marked=frozenset(number for number, row in enumerate(diff.rows) if row.family),
    )  # fmt: skip


def _judged(row: DiffRow) -> str:
    return f"{row.verdict}: {row.note}" if row.note else row.verdict


_ANSWERS = (
    ("agreement", "same class as the reference", "share"),
    ("flipped", "another class", "names"),
    ("accuracy", "right class", "share"),
    ("max_abs_probability_diff", "largest change of a probability", "number"),
)
_LEVELS = (
    ("max_abs_level_diff", "largest difference (levels)", "number"),
    ("mean_abs_level_diff", "mean difference (levels)", "number"),
)
#: As many pictures are named one by one in a cell.
_NAMED = 4


def answers_table(variants: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return what each variant of a deployment answers, one row per variant, all over the same pictures.

    ``variants`` maps a name ("as shipped", "fixed", "parity") to the values of ``result.json``. Shares are counts of the
    pictures that were asked (``images``), where that is known. What a variant lacks is a dash.
    """
    return _measured(variants, _ANSWERS, "images", "answers to")


def levels_table(variants: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return how far each variant's final tensors are from the reference's, one row per variant that was measured.

    ``variants`` is as in :func:`answers_table`; the pictures are those whose tensors were captured (``level_images``).
    """
    measured = {name: values for name, values in variants.items() if "max_abs_level_diff" in values}
    return _measured(measured, _LEVELS, "level_images", "final tensors of")


def _measured(
    variants: Mapping[str, Mapping[str, Any]], measures: Sequence[tuple[str, str, str]], counted: str, what: str
) -> Table:
    """Return a table of measures that all variants' values stand for the same pictures, whose count is the caption."""
    counts = {values[counted] for values in variants.values() if counted in values}
    if len(counts) > 1:
        raise InputError(f"{what} {' and '.join(map(str, sorted(counts)))} pictures: one table shows one set of them")
    kept = [entry for entry in measures if any(entry[0] in values for values in variants.values())]
    rows = tuple((name, *(_value(values, key, kind) for key, _, kind in kept)) for name, values in variants.items())
    columns = ("variant", *(title for _, title, _ in kept))
    numeric = frozenset(place for place, entry in enumerate(kept, 1) if entry[2] != "names")
    caption = "".join(f"{what} {style.plural(count, 'picture')}" for count in counts)
    return Table(columns=columns, rows=rows, caption=caption, numeric=numeric)


def _value(values: Mapping[str, Any], key: str, kind: str) -> str:
    value = values.get(key)
    if value is None:
        return "\N{EN DASH}"
    if kind == "names":
        return ", ".join(value) or "none" if len(value) <= _NAMED else style.plural(len(value), "picture")
    if kind == "number":
        return style.number(value)
    if "images" not in values:
        return style.percent(float(value))
    return f"{round(value * values['images'])} of {values['images']}"


def _plain(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
