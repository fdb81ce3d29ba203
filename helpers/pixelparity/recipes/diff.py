"""The static diff of two recipes: a table of steps, needing no picture and no server.

Recipes are brought to one form first, so that what is only written differently is equal: ``(x / 255 - m) / s`` and
``(x - 255 m) / (255 s)``, a colour swap at the end and one in the decoder, ``shorter 256`` and ``not smaller than 256 x 256``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pixelparity.recipes import Orient, Recipe
from pixelparity.recipes.canonical import Plain, canonical
from pixelparity.recipes.diff_geometry import geometry_rows
from pixelparity.recipes.diff_row import ABSENT, UNDECLARED, DiffRow, compare
from pixelparity.recipes.diff_undeclared import ELSEWHERE, fed_decoded, knows_channels, normalize_row, texts
from pixelparity.recipes.diff_values import normalize_rows

#: Decoders whose pixels are equal bit for bit on the CPU: all are libjpeg-turbo underneath.
SAME_DECODERS = frozenset({"opencv", "pillow", "dali", "turbojpeg"})


@dataclass(frozen=True, kw_only=True)
class RecipeDiff:
    """Every compared parameter of two recipes in order, equal ones included; ``notes`` say what could not be told."""

    reference: str
    deployed: str
    rows: tuple[DiffRow, ...]
    notes: tuple[str, ...] = ()

    @property
    def differences(self) -> tuple[DiffRow, ...]:
        """Return the rows that differ."""
        return tuple(row for row in self.rows if row.family)

    @property
    def undeclared(self) -> tuple[DiffRow, ...]:
        """Return the rows of what one side does not declare."""
        return tuple(row for row in self.rows if not row.is_declared)

    @property
    def families(self) -> tuple[str, ...]:
        """Return the families of the differences, each once, in order."""
        return tuple(dict.fromkeys(row.family for row in self.differences))

    @property
    def equal(self) -> bool:
        """Return whether the two recipes mean the same."""
        return not self.differences


def diff_recipes(reference: Recipe, deployed: Recipe) -> RecipeDiff:
    """Compare two recipes step by step, without running anything."""
    left, right = canonical(reference), canonical(deployed)
    rows = [
        *_decode_rows(left, right, (knows_channels(left, reference), knows_channels(right, deployed))),
        *_doubted(_framing_rows(left, right), left, right),
        *_doubted(_value_rows(left, right, reference, deployed), left, right),
        *_end_rows(left, right, (reference.undeclared, deployed.undeclared)),
    ]
    return RecipeDiff(
        reference=reference.source, deployed=deployed.source, rows=tuple(rows), notes=tuple(_notes(left, right))
    )


def _notes(left: Plain, right: Plain) -> Iterator[str]:
    for side, plain in (("reference", left), ("deployed", right)):
        if fed_decoded(plain):
            yield f"the {side} side is fed decoded pictures: channel order, EXIF orientation and chroma are the client's doing"
        if plain.unknown:
            names = ", ".join(dict.fromkeys(step.operator for step in plain.unknown))
            yield f"the {side} side has steps whose meaning is not known ({names}); what they change is not in this table"
    if left.batch is not None and left.batch.divisor > 1:
        yield f"the reference pads every batch to a multiple of {left.batch.divisor}"


def _decode_rows(left: Plain, right: Plain, known: tuple[bool, bool]) -> Iterator[DiffRow]:
    decoders = (left.decode, right.decode)
    row = compare("decode", "channels", left.channels, right.channels, "channel_order", steps=decoders)
    taken = f"{right.channels if known[0] else left.channels} is taken for it; the client decides"
    yield _unless_declared(row, known, taken) if row.family else row
    if left.decode is None or right.decode is None or fed_decoded(left) or fed_decoded(right):
        return
    row = compare("decode", "library", left.decode.library, right.decode.library, "jpeg_chroma", steps=decoders)
    if row.family and {left.decode.library, right.decode.library} <= SAME_DECODERS:
        row = replace(row, family="", note="equal pixels: libjpeg-turbo underneath")
    yield row
    exif = [_exif(plain.orient) for plain in (left, right)]
    yield compare("orient", "exif", exif[0], exif[1], "exif_orientation", steps=(left.orient, right.orient))


def _unless_declared(row: DiffRow, known: tuple[bool, bool], note: str) -> DiffRow:
    """Return a row that differs, as one that a side does not declare where it is not known there."""
    if all(known):
        return row
    said = [
        text if is_known else UNDECLARED for text, is_known in zip((row.reference, row.deployed), known, strict=True)
    ]
    return replace(row, reference=said[0], deployed=said[1], family="", note=note)


def _value_rows(left: Plain, right: Plain, reference: Recipe, deployed: Recipe) -> Iterator[DiffRow]:
    row = normalize_row(left, right, (reference.undeclared, deployed.undeclared))
    yield from normalize_rows(left, right, reference, deployed) if row is None else (row,)


def _doubted(rows: Iterable[DiffRow], left: Plain, right: Plain) -> Iterator[DiffRow]:
    """Say ``unexplained`` instead of a cause where a step of unknown meaning may do what seems to lack or to differ."""
    doubtful = bool(left.unknown or right.unknown)
    for row in rows:
        lacks = ABSENT in (row.reference, row.deployed) or row.step == "normalize"
        if doubtful and row.family and lacks:
            row = replace(row, family="unexplained", note="a step whose meaning is not known may do this")
        yield row


def _framing_rows(left: Plain, right: Plain) -> Iterator[DiffRow]:
    """Compare resizes, crops and pads. Where one side fills behind the normalisation, its fill is compared in levels."""
    both = bool(left.late) and bool(right.late)
    steps = [(*plain.geometry, *(plain.late if both else plain.late_levels)) for plain in (left, right)]
    for row in geometry_rows(*steps, fed=(fed_decoded(left), fed_decoded(right))):
        late = row.what == "fill" and bool(row.family) and bool(left.late) != bool(right.late)
        note = "in levels; one side fills behind the normalisation, where a fill has another value than before it"
        yield replace(row, family="padding_order", note=note) if late else row


def _exif(orient: Orient | None) -> bool:
    return True if orient is None else orient.exif


def _end_rows(left: Plain, right: Plain, undeclared: tuple[frozenset[str], frozenset[str]]) -> Iterator[DiffRow]:
    row = compare("layout", "layout", left.layout, right.layout, "layout")
    known = ("layout" not in undeclared[0], "layout" not in undeclared[1])
    yield _unless_declared(row, known, ELSEWHERE) if row.family else row
    row = compare("cast", "dtype", left.dtype, right.dtype, "dtype")
    known = (left.dtype != "unknown", right.dtype != "unknown")
    yield _unless_declared(row, known, ELSEWHERE) if row.family else row
    counts = [Counter(step.operator for step in plain.unknown) for plain in (left, right)]
    for operator in counts[0] | counts[1]:
        if counts[0][operator] != counts[1][operator]:
            counted = [f"{count[operator]} times" if count[operator] else ABSENT for count in counts]
            yield DiffRow(step="other", what=operator, reference=counted[0], deployed=counted[1], family="unexplained")
    if left.batch is not None and right.batch is not None:
        steps = (left.batch, right.batch)
        yield compare("batch", "divisor", left.batch.divisor, right.batch.divisor, "batch_padding", steps=steps)


def describe(diff: RecipeDiff) -> str:
    """Return the diff as a table: what, both values, the family where they differ; ``*`` marks a default that nobody chose."""
    lines = [f"reference: {diff.reference}", f"deployed:  {diff.deployed}", ""]
    cells = [("step", "parameter", "reference", "deployed", "difference")]
    cells += [(row.step, row.what, row.reference, row.deployed, row.verdict) for row in diff.rows]
    widths = [max(len(row[column]) for row in cells) for column in range(5)]
    for number, row in enumerate(cells):
        note = diff.rows[number - 1].note if number else ""
        columns = [f"{text:<{width}}" for text, width in zip(row, widths, strict=True)]
        lines.append("  ".join([*columns, note]).rstrip())
        if number == 0:
            lines.append("-" * (sum(widths) + 8))
    if any("*" in row.reference + row.deployed for row in diff.rows):
        lines.append("* nobody chose this value: it is a default of the library")
    lines += [f"note: {note}" for note in diff.notes]
    lines.append(_verdict(diff))
    return "\n".join(lines)


def _verdict(diff: RecipeDiff) -> str:
    left_out = ", ".join(texts(diff.undeclared))
    rest = f" Not declared by one of them, and not compared: {left_out}." if left_out else ""
    if diff.equal:
        return f"What both recipes declare means the same.{rest}" if rest else "The two recipes mean the same."
    count = len(diff.differences)
    return f"{count} difference{'s' if count > 1 else ''}: {', '.join(diff.families)}.{rest}"
