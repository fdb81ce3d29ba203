"""What a side of a static diff does not declare: it is said as that, and never as a cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pixelparity.recipes import Colour, Recipe, Step, parameters_text
from pixelparity.recipes.canonical import Plain, is_identity
from pixelparity.recipes.diff_row import UNDECLARED, DiffRow

#: The decoder of a side that is fed decoded pictures.
CLIENT = "client"
BEFORE = "decoded pictures are fed there: what is done to them before is the client's doing"
ELSEWHERE = "that format does not declare it"


def fed_decoded(plain: Plain) -> bool:
    """Tell whether a side is fed decoded pictures."""
    return plain.decode is None or plain.decode.library == CLIENT


def before_it(steps: Sequence[Step], others: Sequence[Step]) -> tuple[Step, ...]:
    """Return the first of the other side's steps, which a client may take before a side that has only the last of them."""
    kinds, wanted = ([step.kind for step in these] for these in (steps, others))
    count = len(wanted) - len(kinds)
    return tuple(others[:count]) if count > 0 and wanted[count:] == kinds else ()


def row_of(step: Step, side: int, words: str, note: str) -> DiffRow:
    """Return the row of a step that the side of that number, 0 for the reference, does not declare."""
    texts = [words, words]
    texts[side] = UNDECLARED
    return DiffRow(step=step.kind, what="step", reference=texts[0], deployed=texts[1], note=note)


def knows_channels(plain: Plain, recipe: Recipe) -> bool:
    """Tell whether anybody said in which order the channels of a side's pictures come, and did not only take one for it."""
    told = [step for step in recipe.steps if isinstance(step, Colour) and "source" not in step.defaulted]
    assumed = plain.decode is None or (plain.decode.library == CLIENT and "channels" in plain.decode.defaulted)
    return bool(told) or not assumed


def normalize_row(left: Plain, right: Plain, undeclared: tuple[frozenset[str], frozenset[str]]) -> DiffRow | None:
    """Return the row of a normalisation that one side has and the other does not declare; ``None`` where both say."""
    plains = (left, right)
    for side in (0, 1):
        other = plains[1 - side]
        if "normalize" in undeclared[side] and _normalizes_nothing(plains[side]) and not _normalizes_nothing(other):
            step = other.statistics or other.normalize
            return row_of(step, side, parameters_text(step), ELSEWHERE)
    return None


def _normalizes_nothing(plain: Plain) -> bool:
    return plain.statistics is None and is_identity(plain.normalize)


def texts(rows: Sequence[DiffRow]) -> Iterator[str]:
    """Return what rows that a side does not declare are about, each once."""
    found = (f"{row.step} {row.what}" if row.what not in ("step", row.step) else row.step for row in rows)
    yield from dict.fromkeys(found)
