"""Repair: the smallest change to the deployed pipeline that makes it the reference's, run and diagnosed again."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pixelparity import stages
from pixelparity.deploy.redeploy import SUFFIX
from pixelparity.diagnosis import Cause, Diagnosis, families
from pixelparity.errors import InputError, SkewError, UnsupportedStep
from pixelparity.recipes import Recipe
from pixelparity.repair import search as texts
from pixelparity.repair import write_dali
from pixelparity.sides import Side
from pixelparity.tools import generated, looking, pipelines, proving
from pixelparity.tools.looking import Images, Look
from pixelparity.tools.pipelines import Pipeline
from pixelparity.tools.proving import Place, Proof

MATCHES, LEFT = 0, 1
#: Pictures on which candidate texts are compared; the one that is chosen is diagnosed on all.
TRIED_ON = 6


@dataclass(frozen=True, kw_only=True)
class Mended:
    """A pipeline as it should be, and what was found on the way.

    ``text`` is the whole repaired pipeline, ``diff`` the change to the deployed one (empty where nobody has that one's
    text). ``left`` are families that the text cannot mend, each with the reason. ``distances`` are the mean absolute
    differences of the final tensors from the reference's before and after, in levels of 255. ``before`` and ``after`` are
    the diagnoses, ``None`` where nothing was run. ``is_own`` says that the deployed pipeline's text is its author's,
    ``is_new`` that no edit of it was enough, so that the text is written from the reference's recipe.
    ``made`` is what the repaired text gave for the pictures.
    """

    text: str
    diff: str = ""
    mended: tuple[str, ...] = ()
    left: tuple[tuple[str, str], ...] = ()
    distances: tuple[float, float] | None = None
    before: Diagnosis | None = None
    after: Diagnosis | None = None
    is_own: bool = False
    is_new: bool = False
    proof: Proof | None = None
    made: stages.Capture | None = None

    @property
    def code(self) -> int:
        """Return the exit code: 0 when the repaired pipeline is the reference's, 1 when something is left."""
        is_matched = self.after is None or self.after.verdict == "match"
        is_proven = self.proof is None or self.proof.holds
        return MATCHES if is_matched and is_proven and not self.left else LEFT

    @property
    def summary(self) -> str:
        """Return what was mended, what is left and the distances, in a few lines."""
        return "\n".join(_summary(self))

    @property
    def shown(self) -> str:
        """Return the change and the summary; the whole text where there is no author's text to change."""
        return self._told(self.diff if self.is_own else self.text)

    @property
    def change(self) -> str:
        """Return the change alone and the summary: what is said where the text itself goes to a file."""
        return self._told(self.diff)

    def _told(self, text: str) -> str:
        return "\n\n".join(part for part in (text.rstrip(), self.summary) if part)


def repair(
    reference: str,
    deployed: str | None,
    images: Images | None,
    *,
    verify: str | None = None,
    suffix: str = SUFFIX,
    **options: Any,
) -> Mended:
    """Write the pipeline that would be right, and prove it where there are pictures.

    Without ``deployed`` it is written from the reference's recipe (``options["feed"]`` says what it is fed). With it, the
    smallest change that removes every cause is looked for, candidates are run on the pictures, and the chosen text is
    diagnosed again. ``verify`` is a served side or ``embedded``: the repaired pipeline is served there beside
    the one in use under a name that ends in ``suffix``, both are asked, and it is taken away again. ``options`` hold for
    that server too.
    """
    if deployed is None:
        if verify is not None:
            raise InputError("--verify serves a repair beside what is deployed; give --deployed SIDE too")
        return _written(reference, images, **options)
    if not images:
        raise InputError("a repair is run before it is believed; give --images FILE-OR-FOLDER")
    side = looking.parse(reference, deployed, **options)[1]
    place = None if verify is None else Place(where=verify, suffix=suffix, options=options)
    cleared = () if place is None else place.clear()
    return mend(side, looking.look(reference, deployed, images, **options), images, place, cleared)


def mend(side: Side, seen: Look, images: Images, place: Place | None = None, cleared: tuple[str, ...] = ()) -> Mended:
    """Return the repair of a deployed side that was looked at already, proven where a ``place`` is given.

    ``cleared`` are the copies that an earlier run had left there.
    """
    pipeline = pipelines.of(side, seen.deployed)
    mended = _mended(seen, pipeline, images)
    if place is None:
        return mended
    proof = proving.prove(mended.text, place, side, seen, pipeline, images)
    return replace(mended, proof=replace(proof, cleared=cleared))


def _written(reference: str, images: Images | None, **options: Any) -> Mended:
    side = looking.parse(reference, reference, **options)[0]
    recipe = side.recipe()
    feed = "encoded" if options.get("feed", "auto") == "auto" else options["feed"]
    text = write_dali.write_dali(recipe, feed=feed)
    generated.check(text)
    if not images:
        return Mended(text=text)
    pipeline = Pipeline(before=text, function=pipelines.FUNCTION, name="pipeline.py", feed=feed)
    wanted = looking.captured(side, images, recipe)
    after = looking.judge(wanted, pipeline.capture(text, images), recipe, None, images)
    return Mended(text=text, after=after.found, distances=(math.nan, _levels(after)))


def _mended(seen: Look, pipeline: Pipeline, images: Images) -> Mended:
    if seen.found.verdict == "match":
        return Mended(
            text=pipeline.before,
            before=seen.found,
            after=seen.found,
            distances=(_levels(seen),) * 2,
            is_own=pipeline.is_own,
        )
    check = _check(seen.reference, pipeline, images)
    best: tuple[float, texts.Repair, Look] | None = None
    is_new = False
    reasons: list[str] = []
    for attempt in (_edited, _rewritten):
        try:
            made = attempt(pipeline, seen.found.causes, seen.reference_recipe, check)
            if made is None:
                continue
            after = _again(seen, pipeline.capture(made.after, images), images)
        except (SkewError, ArithmeticError) as error:
            reasons.append(str(error))
            continue
        if best is None or (_levels(after), after.found.verdict != "match") < (
            best[0],
            best[2].found.verdict != "match",
        ):
            best, is_new = (_levels(after), made, after), attempt is _rewritten
        if after.found.verdict == "match":
            break
    if best is None:
        raise UnsupportedStep("; ".join(reasons) or _no_way(seen))
    return replace(_told(seen, pipeline, best[1], best[2]), is_new=is_new)


def _no_way(seen: Look) -> str:
    return (
        f"nobody has the text of {seen.deployed.source} and {seen.reference.source} declares no recipe to write it from; "
        "give the served file with --deployed-file"
    )


Check = Callable[[str], float]


def _edited(pipeline: Pipeline, causes: tuple[Cause, ...], recipe: Recipe | None, check: Check) -> texts.Repair | None:
    if not pipeline.before:
        return None
    made = texts.repair_source(
        pipeline.before, pipeline.function, causes, reference=recipe, check=check, name=pipeline.name
    )
    return made


def _rewritten(
    pipeline: Pipeline, causes: tuple[Cause, ...], recipe: Recipe | None, _check: Check
) -> texts.Repair | None:
    if recipe is None or pipeline.raw is not None:
        return None
    if pipeline.before:
        made = texts.rewrite_source(pipeline.before, pipeline.function, causes, recipe, name=pipeline.name)
    else:
        feed = pipeline.feed if pipeline.feed in write_dali.FEEDS else "rgb"
        text = write_dali.write_dali(recipe, name=pipeline.function, feed=feed, source=pipeline.source)
        left = tuple((c.family, reason) for c in causes if (reason := families.of(c.family).elsewhere))
        mended = tuple(c.family for c in causes if not families.of(c.family).elsewhere)
        made = texts.Repair(before="", after=text, diff="", mended=mended, left=left)
    generated.check(made.after)  # written from the recipe alone, also where an author's file was there before
    return made


def _again(seen: Look, capture: stages.Capture, images: Images) -> Look:
    return looking.judge(seen.reference, capture, seen.reference_recipe, None, images)


def _told(seen: Look, pipeline: Pipeline, made: texts.Repair, after: Look) -> Mended:
    """Return the repair as it turned out: what the second diagnosis no longer names was mended."""
    still = {cause.family for cause in after.found.causes}
    named = [cause.family for cause in seen.found.causes]
    if after.found.verdict == "match":
        left = tuple(pair for pair in made.left if families.of(pair[0]).elsewhere and pair[0] != "unexplained")
    else:
        reasons = dict(made.left)
        left = tuple((f, reasons.get(f, "it is still there after the change")) for f in sorted(still))
    return Mended(
        text=made.after, diff=made.diff, mended=tuple(f for f in named if f not in dict(left)), left=left,
        distances=(_levels(seen), _levels(after)), before=seen.found, after=after.found, is_own=pipeline.is_own,
        made=after.deployed,
    )  # fmt: skip


def _check(reference: stages.Capture, pipeline: Pipeline, images: Images) -> Check:
    """Return the function that runs a text and tells how far its final tensors are from the reference's."""
    names = list(images)
    step = max(1, math.ceil(len(names) / TRIED_ON))
    some = {name: images[name] for name in names[::step]}

    def distance(text: str) -> float:
        return _distance(reference, pipeline.capture(text, some))

    return distance


def _distance(reference: stages.Capture, made: stages.Capture) -> float:
    pairs = [(reference.tensor(reference.final.name, image), tensor) for image, tensor in made.finals()]
    if any(a.shape != b.shape for a, b in pairs):
        return math.inf
    return float(np.mean([np.abs(a.astype(np.float64) - b).mean() for a, b in pairs]))


def _levels(seen: Look) -> float:
    """Return the mean absolute difference of the final tensors in levels of 255; infinite where shapes differ."""
    final = seen.found.comparison.stages[-1]
    return math.inf if final.mean_abs is None else final.mean_abs / final.level


def _summary(mended: Mended) -> list[str]:
    lines = (
        ["written anew from the reference's recipe: no edit of the deployed text is enough"] if mended.is_new else []
    )
    lines += [f"mended: {', '.join(mended.mended)}"] if mended.mended else []
    lines += [f"left: {family}: {reason}" for family, reason in mended.left]
    if mended.distances is not None and mended.after is not None:
        before, after = (_words(value) for value in mended.distances)
        was = "" if math.isnan(mended.distances[0]) else f"{before} before, "
        lines.append(f"mean difference from the reference: {was}{after} after")
        verdict = "MATCH" if mended.after.verdict == "match" else "DIFFERS"
        lines.append(f"{verdict}: diagnosed again on {len(mended.after.images)} pictures")
        if mended.before is mended.after:
            lines = ["MATCH: there is nothing to repair"]
    return [*lines, *([mended.proof.describe()] if mended.proof else [])]


def _words(levels: float) -> str:
    number = f"{levels:.3g}" if levels < 1000 else f"{levels:.0f}"
    return "other shapes" if math.isinf(levels) else f"{number} levels of 255"
