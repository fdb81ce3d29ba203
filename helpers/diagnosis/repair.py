"""Repair a deployed pipeline's text: the smallest change that removes every named cause, as a unified diff.

Text only: nothing here runs a pipeline. Where a cause can be mended in more than one way, ``check`` decides: a function of
the caller that runs a repaired text and says how far its tensors still are from the reference's.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from helpers.diagnosis import mends, mends_values
from helpers.diagnosis.canonical import canonical
from helpers.diagnosis.mends_context import Context
from helpers.diagnosis.mends_values import Values
from helpers.diagnosis.results import Cause
from helpers.diagnosis.script import Script
from helpers.diagnosis.writing import write_dali
from helpers.errors import InputError, SkewError
from helpers.recipe import Normalize, Recipe

Check = Callable[[str], float]
_MOST = 24  # texts that are tried at most when several causes have several mends


@dataclass(frozen=True, kw_only=True)
class Repair:
    """A pipeline's text before and after, and what the change does.

    ``mended`` are the families that the change removes, ``left`` those that it does not, each with the reason and what to do
    instead. ``distance`` is what ``check`` said of the text after, ``None`` where nothing was run. ``tried`` counts texts.
    """

    before: str
    after: str
    diff: str
    mended: tuple[str, ...]
    left: tuple[tuple[str, str], ...]
    distance: float | None = None
    tried: int = 0

    @property
    def is_complete(self) -> bool:
        """Tell whether every cause was mended."""
        return not self.left

    def describe(self) -> str:
        """Return what was changed and what is left, for a person."""
        lines = [self.diff.rstrip() or "nothing was changed"]
        lines += [f"mended: {', '.join(self.mended)}"] if self.mended else []
        lines += [f"left: {family}: {reason}" for family, reason in self.left]
        return "\n".join(lines)


def repair_source(
    source: str,
    function: str,
    causes: Sequence[Cause],
    *,
    reference: Recipe | None = None,
    check: Check | None = None,
    name: str = "pipeline.py",
) -> Repair:
    """Return the smallest change to a pipeline function's text that removes the causes.

    ``source`` is the text of the Python file, ``function`` the pipeline function in it. For a pipeline that is only known as
    a file, write it out as source first. ``reference`` is the reference's recipe, whose constants and sizes are exact where
    those of a cause were measured. ``check`` takes a whole text and returns the distance of its tensors from the
    reference's (0 when they are equal); with it, texts that could be right are tried, and the closest is taken. ``name`` is
    the file's name in the diff. Raises ``InputError`` for a text that is not Python or has no such function.
    """
    start = Script(source, function)
    start.definition  # noqa: B018  (raises where the text cannot be read)
    context, values = _context(causes, reference)
    scripts, mended, left = [start], [], []
    if values is not None:
        scripts = mends_values.variants(start, *values)
        mended += [cause.family for cause in causes if cause.family in mends_values.FAMILIES]
    for cause in causes:
        if cause.family in mended:
            continue
        found = [one for script in scripts for one in mends.variants(script, cause, context)]
        if found:
            scripts, mended = _readable(found)[:_MOST], [*mended, cause.family]
        else:
            left.append((cause.family, mends.why_not(scripts[0], cause)))
    chosen, distance, tried = _closest(scripts, check)
    return Repair(
        before=source, after=chosen.source, diff=unified(source, chosen.source, name), mended=tuple(mended),
        left=tuple(left), distance=distance, tried=tried,
    )  # fmt: skip


def rewrite_source(
    source: str,
    function: str,
    causes: Sequence[Cause],
    reference: Recipe,
    *,
    check: Check | None = None,
    name: str = "pipeline.py",
) -> Repair:
    """Return the pipeline written anew from the reference's recipe, for causes that no single edit removes.

    Its function has the same name, its external source the same name and the same kind of input (encoded bytes if a decoder
    reads it), so that it takes the old one's place. Raises ``UnsupportedStep`` where DALI cannot do what the recipe says.
    """
    script = Script(source, function)
    sources = script.named("external_source")
    given = script.value(sources[0].argument("name")) if sources else None
    encoded = any("decoders." in call.name for call in script.calls)
    after = write_dali(reference, name=function, feed="encoded" if encoded else "rgb", source=str(given or "images"))
    mended = [c.family for c in causes if c.family not in mends.ELSEWHERE]
    left = [(c.family, mends.ELSEWHERE[c.family]) for c in causes if c.family in mends.ELSEWHERE]
    return Repair(
        before=source, after=after, diff=unified(source, after, name), mended=tuple(mended), left=tuple(left),
        distance=None if check is None else check(after), tried=0 if check is None else 1,
    )  # fmt: skip


def unified(before: str, after: str, name: str = "pipeline.py") -> str:
    """Return the change as a unified diff with three lines of context; empty where the texts are equal."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{name}", f"b/{name}", n=3
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _context(causes: Sequence[Cause], reference: Recipe | None) -> tuple[Context, tuple[Values, Values] | None]:
    own = [cause for cause in causes if cause.family in mends_values.FAMILIES]
    constants = _constants(reference)
    values = mends_values.goal(own, constants) if own else None
    wanted = mends_values.from_step(constants) if constants else values[0] if values else None
    return Context(reference=reference, wanted=wanted), values


def _constants(reference: Recipe | None) -> Normalize | None:
    """Return the reference's normalisation of pixels, or ``None`` where its recipe does not tell it."""
    if reference is None or any(s.kind == "other" or getattr(s, "per_image", False) for s in reference.steps):
        return None
    return canonical(reference).normalize


def _readable(scripts: Sequence[Script]) -> list[Script]:
    kept = []
    for script in dict.fromkeys(scripts):
        try:
            script.definition  # noqa: B018
        except InputError:
            continue
        kept.append(script)
    return kept


def _closest(scripts: Sequence[Script], check: Check | None) -> tuple[Script, float | None, int]:
    """Return the script whose tensors are closest to the reference's; the first of those that are equally close."""
    if check is None:
        return scripts[0], None, 0
    best, distance, last = scripts[0], float("inf"), None
    for tried, script in enumerate(scripts, start=1):
        try:
            found = check(script.source)
        except SkewError as error:  # a text that does not run is not the repair
            last = error
            continue
        if found < distance:
            best, distance = script, found
        if distance == 0:
            return best, distance, tried
    if last is not None and distance == float("inf"):
        raise last
    return best, distance, len(scripts)
