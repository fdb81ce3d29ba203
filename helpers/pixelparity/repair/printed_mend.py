"""The mend that a diagnosis prints, made by the edit itself: the lines of the deployed pipeline's text that it changes.

Nothing is run here. Where a text can be mended in more than one way, the likeliest is printed and the others are counted;
``pixelparity repair`` runs them all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from pixelparity.diagnosis.results import Cause, Diagnosis, Place
from pixelparity.errors import SkewError
from pixelparity.recipes import Recipe
from pixelparity.repair import edits, search
from pixelparity.repair.edits_context import Context
from pixelparity.repair.script import Script


@dataclass(frozen=True, kw_only=True)
class DeployedText:
    """The text of a deployed pipeline. ``file`` is the name that changes are shown under.

    A text that a serialized pipeline was written out as has no lines that anybody knows: ``origins`` are the author's, by
    line of the text, where the file tells them.
    """

    source: str
    function: str
    file: str
    is_own: bool = True
    origins: Mapping[int, Place] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Change:
    """Lines taken out of a text and put in their place. ``line`` is the first one's number before the change, from 1."""

    line: int
    removed: tuple[str, ...]
    added: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([*(f"-{line}" for line in self.removed), *(f"+{line}" for line in self.added)])


def printed(found: Diagnosis, text: DeployedText, reference: Recipe | None = None) -> Diagnosis:
    """Return the diagnosis with each cause's ``fix`` as the change of the deployed text that its family's edit makes.

    A cause that no edit mends keeps its detector's words, unless the text speaks against them: then it is said what does.
    Where a text cannot be edited (no such function, several returns), the words are kept too, and a note says why.
    ``reference`` is the reference's recipe, as in :func:`pixelparity.repair.search.repair_source`.
    """
    numbers = {id(cause): number for number, cause in enumerate(found.causes)}
    causes, failed = list(found.causes), []
    for concerned, variants in search.steps(found.causes, reference):
        try:
            mended = _mended(concerned, variants, text, search.context(found.causes, reference))
        except (SkewError, ArithmeticError) as error:
            failed.append(f"{_named(concerned)}: the mend is not shown as a change of {text.file}: {error}")
            continue
        for before, after in zip(concerned, mended, strict=True):
            causes[numbers[id(before)]] = after
    return replace(found, causes=tuple(causes), notes=(*found.notes, *failed))


def _mended(concerned: Sequence[Cause], variants: search.Variants, text: DeployedText, context: Context) -> list[Cause]:
    """Return the causes of one step with what mends them in this text."""
    script = Script(text.source, text.function)
    script.definition  # noqa: B018  (raises where the text cannot be read)
    found = [one for one in search.readable(variants(script)) if one.source != script.source]
    if not found:
        reasons = [edits.objection(script, cause, context) for cause in concerned]
        return [
            replace(cause, fix=f"# {reason}") if reason else cause
            for cause, reason in zip(concerned, reasons, strict=True)
        ]
    parts = changes(script.source, found[0].source)
    lines = [f"{_where(change, text)}\n{change}" for change in parts]
    if len(concerned) > 1:
        lines.append(f"# one change for {_named(concerned)}")
    if len(found) > 1:
        lines.append(f"# the likeliest of {len(found)} changes: pixelparity repair runs each and takes the closest")
    return [replace(cause, fix="\n".join(lines), fix_at=_place(parts[0], text)) for cause in concerned]


def _named(causes: Sequence[Cause]) -> str:
    return " and ".join(cause.family for cause in causes)


def changes(before: str, after: str) -> list[Change]:
    """Return what was changed between two texts, from top to bottom."""
    old, new = before.split("\n"), after.split("\n")
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [
        Change(line=i + 1, removed=tuple(old[i:j]), added=tuple(new[k:m]))
        for tag, i, j, k, m in codes
        if tag != "equal"
    ]


def _place(change: Change, text: DeployedText) -> Place | None:
    """Return the line that a person can go to: of the text, or, of one that was written out, of its author's file."""
    if text.is_own:
        return Place(file=text.file, line=change.line)
    return text.origins.get(change.line if change.removed else change.line - 1)


def _where(change: Change, text: DeployedText) -> str:
    place = _place(change, text)
    if text.is_own:
        return f"{text.file}:{change.line}"
    if place is None:
        return f"{text.file}, written out as Python"
    return f"{text.file}, {'from' if change.removed else 'after'} {place.file}:{place.line}"
