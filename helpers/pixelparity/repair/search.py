"""Repair a deployed pipeline's text: the smallest change that removes every named cause, as a unified diff.

Text only: nothing here runs a pipeline. Where a cause can be mended in more than one way, ``check`` decides: a function of
the caller that runs a repaired text and says how far its tensors still are from the reference's.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from pixelparity.diagnosis import families
from pixelparity.diagnosis.results import Cause
from pixelparity.errors import InputError, SkewError
from pixelparity.recipes import Normalize, Recipe
from pixelparity.recipes.canonical import canonical
from pixelparity.repair import edits, edits_values
from pixelparity.repair.edits_context import Context
from pixelparity.repair.edits_values import Values
from pixelparity.repair.script import Script
from pixelparity.repair.write_dali import write_dali

Check = Callable[[str], float]
_MOST = 32  # texts that are tried at most when several causes have several mends
_EQUALLY = 1.001
_NO_CLOSER = (
    "mending it brings the tensors no closer to the reference's: what was seen may be the effect of another cause"
)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A text on the way to the repair, and the families that it mends so far."""

    script: Script
    mended: tuple[str, ...] = ()


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
    drafts, left = [Draft(script=start)], []
    for concerned, found in _steps(causes, context, values):
        drafts = _extended(drafts, tuple(cause.family for cause in concerned), found, keep=check is not None)
    chosen, distance, tried = _closest(drafts, check)
    for cause in causes:
        if cause.family not in chosen.mended:
            offered = any(cause.family in draft.mended for draft in drafts)
            left.append((cause.family, _NO_CLOSER if offered else edits.why_not(start, cause, context)))
    return Repair(
        before=source, after=chosen.script.source, diff=unified(source, chosen.script.source, name),
        mended=chosen.mended, left=tuple(left), distance=distance, tried=tried,
    )  # fmt: skip


Variants = Callable[[Script], list[Script]]


def steps(causes: Sequence[Cause], reference: Recipe | None = None) -> list[tuple[tuple[Cause, ...], Variants]]:
    """Return what is mended one after the other: the causes concerned, and the function from a text to those that could be right.

    The likeliest text comes first. All causes that act on values are one step: together they are one map.
    """
    return _steps(causes, *_context(causes, reference))


def context(causes: Sequence[Cause], reference: Recipe | None = None) -> Context:
    """Return what edits know beside a cause."""
    return _context(causes, reference)[0]


def _steps(
    causes: Sequence[Cause], context: Context, values: tuple[Values, Values] | None
) -> list[tuple[tuple[Cause, ...], Variants]]:
    found: list[tuple[tuple[Cause, ...], Variants]] = []
    if values is not None:
        own = tuple(cause for cause in causes if edits_values.acts_on_values(cause))
        found.append((own, partial(_valued, wanted=values[0], deployed=values[1])))
    rest = [cause for cause in causes if values is None or not edits_values.acts_on_values(cause)]
    return found + [((cause,), partial(edits.variants, cause=cause, context=context)) for cause in rest]


def _valued(script: Script, wanted: Values, deployed: Values) -> list[Script]:
    return edits_values.variants(script, wanted, deployed)


def _extended(drafts: list[Draft], names: tuple[str, ...], found: Variants, *, keep: bool) -> list[Draft]:
    """Return every draft with one more step mended, in every way; with ``keep`` also as it was, to see if the step is needed."""
    made = [
        Draft(script=script, mended=draft.mended + names)
        for draft in drafts
        for script in readable(found(draft.script))
        if script.source != draft.script.source
    ]
    if not made or keep:
        made += drafts
    return sorted(made, key=lambda draft: -len(draft.mended))[:_MOST]


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
    mended = [c.family for c in causes if not families.of(c.family).elsewhere]
    left = [(c.family, reason) for c in causes if (reason := families.of(c.family).elsewhere)]
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
    own = [cause for cause in causes if edits_values.acts_on_values(cause)]
    constants = _constants(reference)
    values = edits_values.goal(own, constants) if own else None
    wanted = edits_values.from_step(constants) if constants else values[0] if values else None
    return Context(reference=reference, wanted=wanted), values


def _constants(reference: Recipe | None) -> Normalize | None:
    """Return the reference's normalisation of pixels, or ``None`` where its recipe does not tell it."""
    if reference is None or any(s.kind == "other" or getattr(s, "per_image", False) for s in reference.steps):
        return None
    return canonical(reference).normalize


def readable(scripts: Sequence[Script]) -> list[Script]:
    """Return the texts that are Python and define the function, each once."""
    kept = []
    for script in dict.fromkeys(scripts):
        try:
            script.definition  # noqa: B018
        except InputError:
            continue
        kept.append(script)
    return kept


def _closest(drafts: Sequence[Draft], check: Check | None) -> tuple[Draft, float | None, int]:
    """Return the draft whose tensors are closest to the reference's; of equally close ones, the one that mends most."""
    if check is None:
        return drafts[0], None, 0
    found: list[tuple[float, Draft]] = []
    last: SkewError | None = None
    for draft in drafts:
        try:
            found.append((check(draft.script.source), draft))
        except SkewError as error:  # a text that does not run is not the repair
            last = error
        if found and found[-1][0] == 0:
            break  # drafts that mend more come first
    if not found and last is not None:
        raise last
    best = min(distance for distance, _ in found)
    distance, draft = next(pair for pair in found if pair[0] <= best * _EQUALLY + 1e-12)
    return draft, distance, len(found)
