"""The postmortem of any deployment: both sides looked at, every cause priced, a mend written, run again and proven."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from pixelparity import progress, views
from pixelparity.deploy.redeploy import SUFFIX
from pixelparity.diagnosis.search.confirm.impact import probabilities
from pixelparity.errors import InputError, NotComparable, SkewError
from pixelparity.sides import Side
from pixelparity.tools import looking, mending, pipelines, variants
from pixelparity.tools.looking import Images, Look
from pixelparity.tools.mending import Mended
from pixelparity.tools.proving import Place
from pixelparity.tools.variants import Variant
from pixelparity.views.illustration import Illustration
from pixelparity.views.postmortem import elimination, words
from pixelparity.views.postmortem.content import Mend, Postmortem, Provenance
from pixelparity.views.postmortem.facts import NOTHING, Facts
from pixelparity.views.style import in_levels, plural
from pixelparity.views.telling import most_moved

_NO_TEXT = "Each cause's mend is given as the DALI operator that does it; do the same there."
#: Pictures whose answers are drawn one by one.
_DRAWN = 64


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What was found of two sides. ``states`` are the deployment's by name, ``measured_on`` who answered.

    ``repair`` is the written mend, ``None`` where none could be, for the reason ``unwritten``.
    """

    seen: Look
    states: Mapping[str, Variant]
    measured_on: str = ""
    repair: Mended | None = None
    unwritten: str = ""

    @property
    def held(self) -> bool | None:
        """Tell whether a mend that was run again holds; ``None`` where none was run."""
        return None if self.repair is None else self.repair.code == mending.MATCHES


def investigate(
    reference: str,
    deployed: str,
    images: Images | None,
    *,
    model: str | None = None,
    verify: str | None = None,
    suffix: str = SUFFIX,
    **options: Any,
) -> Findings:
    """Look at two sides, measure every state of the deployed one, and write and prove what mends it.

    ``model``, ``verify``, ``suffix`` and ``options`` are as in :func:`pixelparity.tools.repair` and ``look``.
    """
    side = looking.parse(reference, deployed, **options)[1]
    if verify is not None and (side.kind not in pipelines.REPAIRABLE or not images):
        raise InputError(
            f"--verify serves a repair, and {side} has no pipeline to repair; leave it out, or give --images"
        )
    place = None if verify is None else Place(where=verify, suffix=suffix, options=options)
    cleared = () if place is None else place.clear()
    seen = looking.look(reference, deployed, images, model=model, **options)
    if seen.found.verdict == "not_comparable":
        raise NotComparable(
            "; ".join(seen.found.notes) or "the two sides cannot be compared; see: pixelparity diagnose"
        )
    repair, unwritten = _repaired(side, seen, images, place, cleared)
    progress.doing("measuring what each state of the deployment answers")
    states, measured_on = _states(seen, repair, model)
    return Findings(seen=seen, states=states, measured_on=measured_on, repair=repair, unwritten=unwritten)


def _repaired(
    side: Side, seen: Look, images: Images | None, place: Place | None, cleared: tuple[str, ...]
) -> tuple[Mended | None, str]:
    """Return the mend of a deployed pipeline, or why there is none; where it is to be proven, what fails is an error."""
    if seen.found.verdict == "match" and place is None:
        return None, ""
    if side.kind not in pipelines.REPAIRABLE or not images:
        return None, f"{side} has no pipeline that could be changed and run here. {_NO_TEXT}"
    progress.doing("writing the mend, and running it")
    try:
        return mending.mend(side, seen, images, place, cleared), ""
    except SkewError as error:
        if place is not None:
            raise
        return None, f"No pipeline could be written: {error}."


def _states(seen: Look, repair: Mended | None, model: str | None) -> tuple[dict[str, Variant], str]:
    """Return each state of the deployment, the reference first, and who gave the answers."""
    sides = (seen.reference, seen.deployed)
    if model is None and all(set(side.outputs) >= set(seen.found.images) for side in sides):
        reference = Variant(images=seen.found.images, answers=_probabilities(seen, seen.reference.outputs))
        deployed = variants.of_tensors(seen, seen.deployed.finals())
        own = replace(deployed, answers=_probabilities(seen, seen.deployed.outputs))
        states = {words.REFERENCE: reference, words.DEPLOYED: own}
        return states | _served(seen, repair), "As both sides answered themselves."
    ask = looking.predictor(model)
    states = {words.REFERENCE: Variant(images=seen.found.images, answers=variants.asked(seen.reference.finals(), ask))}
    states[words.DEPLOYED] = variants.of_tensors(seen, seen.deployed.finals(), ask)
    causes = seen.mends.causes
    if causes:
        states[f"only {causes[0].family} mended"] = variants.of_tensors(seen, variants.mended(seen, causes[:1]), ask)
    if causes and repair is None:
        states["every cause undone"] = variants.of_tensors(seen, variants.mended(seen, causes), ask)
    if repair is not None and repair.made is not None:
        states["recommended mend"] = variants.of_tensors(replace(seen, deployed=repair.made), repair.made.finals(), ask)
    said = f"Each state's tensors were given to {Path(model).name}." if model else ""
    return states | (_served(seen, repair) if model else {}), said


def _served(seen: Look, repair: Mended | None) -> dict[str, Variant]:
    """Return what a server answered before and with the mend, where it was served and its model answers."""
    proof = None if repair is None else repair.proof
    if proof is None or not all(set(one.outputs) >= set(seen.found.images) for one in (proof.before, proof.after)):
        return {}
    gave = {"served, before": proof.before, "served, mended": proof.after}
    return {
        name: Variant(images=seen.found.images, answers=_probabilities(seen, capture.outputs))
        for name, capture in gave.items()
    }


def _probabilities(seen: Look, outputs: Mapping[str, Any]) -> dict[str, Any]:
    return {image: probabilities(np.asarray(outputs[image])[None])[0] for image in seen.found.images}


def content(
    found: Findings, *, provenance: Provenance, gate: str, facts: Facts = NOTHING, dated: date | None = None
) -> Postmortem:
    """Return the postmortem that findings and facts make."""
    seen, diagnosis = found.seen, found.seen.found
    wanted = found.states[words.REFERENCE].answers
    measured = {name: state.values(wanted) for name, state in found.states.items()}
    mend, verified = _mend(found), _verified(found)
    sides = seen.reference_recipe or seen.reference, seen.deployed_recipe or seen.deployed
    return Postmortem(
        title=words.title(diagnosis, facts),
        status=words.status(diagnosis, facts, found.held),
        diagnosis=diagnosis,
        provenance=replace(provenance, versions=diagnosis.versions),
        gate=gate,
        summary=words.summary(diagnosis, facts, measured, mend, verified),
        tiles=words.tiles(measured),
        answers=words.answers(measured),
        measured_on=found.measured_on,
        variants=measured,
        timeline=words.timeline(diagnosis, facts, verified, dated),
        way=elimination.way(diagnosis),
        ladder=elimination.rungs(diagnosis),
        costs=variants.costs(seen),
        mend=mend,
        verified=verified,
        held=found.held,
        checklist=views.checklist.fill(*sides).measured(diagnosis.causes),
        facts=facts,
        dated=dated,
        figures=_figures(found),
    )


def _mend(found: Findings) -> Mend:
    causes, repair = found.seen.found.causes, found.repair
    notes = (found.unwritten,) if found.unwritten and causes else ()
    if not causes:
        return Mend()
    shortest, leaves = "", ""
    if len(causes) > 1 and found.seen.mends.causes:
        loud = found.states.get(f"only {found.seen.mends.causes[0].family} mended")
        left = (
            "leaves tensors of another shape"
            if loud is None or loud.levels is None
            else f"leaves {in_levels(loud.levels)}"
        )
        others = ", ".join(cause.family for cause in causes[1:])
        shortest, leaves = causes[0].fix, f"It mends {causes[0].family} alone and {left} on average, by {others}."
    if repair is None or not repair.diff:
        change = "\n\n".join(f"# {cause.family} at {cause.stage}\n{cause.fix}" for cause in causes if cause.fix)
        written = "" if repair is None else repair.text
        return Mend(change=written or change, says=_mended(repair), shortest=shortest, leaves=leaves, notes=notes)
    return Mend(change=repair.diff, is_diff=True, says=_mended(repair), shortest=shortest, leaves=leaves, notes=notes)


def _mended(repair: Mended | None) -> str:
    if repair is None:
        return "Every cause has a mend of its own."
    said = f"It mends {', '.join(repair.mended)}." if repair.mended else "It mends no cause whole."
    left = "; ".join(f"{family}: {reason}" for family, reason in repair.left)
    return f"{said} It leaves {left}." if left else said


def _verified(found: Findings) -> list[str]:
    """Return what running the mend again showed, in sentences."""
    repair = found.repair
    if repair is None or repair.after is None:
        undone = found.states.get("every cause undone")
        if undone is None or undone.levels is None:
            return []
        return [f"With every cause undone on the captured tensors, {in_levels(undone.levels)} are left on average."]
    before, after = (words.far(value) for value in repair.distances or (0.0, 0.0))
    verdict = "they match" if repair.after.verdict == "match" else "they still differ"
    pictures = plural(len(repair.after.images), "picture")
    said = [
        f"The mended pipeline was run and diagnosed again on {pictures}: {verdict}, {before} before and {after} after."
    ]
    return [*said, *_proven(repair)]


def _proven(repair: Mended) -> Sequence[str]:
    proof = repair.proof
    if proof is None:
        return ()
    gap = "another shape" if proof.gap is None else f"at most {in_levels(proof.gap)} from the reference's"
    copies = ", ".join(proof.names.values())
    served = "answers as before" if proof.is_untouched else "ANSWERS OTHERWISE than before"
    gone = "was taken away again" if proof.is_clean else "IS STILL THERE"
    return (
        f"Served on {proof.server} as {copies}: its tensors are {gap}.",
        f"The served model {served}; the copy {gone}.",
    )


def _figures(found: Findings) -> dict[str, list[Illustration]]:
    progress.doing("drawing the figures")
    seen, diagnosis = found.seen, found.seen.found
    shown = most_moved(seen.reference, seen.deployed, diagnosis.images)
    first = diagnosis.first_divergence
    evidence = [views.tensor_strip(seen.reference, seen.deployed, shown, first_divergence=first)]
    if diagnosis.verdict != "match":
        evidence.insert(0, views.stage_histograms(diagnosis.comparison))
    drawn = {"evidence": evidence}
    answers = {name: state.answers for name, state in found.states.items() if state.answers}
    if len(answers) > 1 and len(diagnosis.images) <= _DRAWN:
        wanted = {words.REFERENCE: answers.pop(words.REFERENCE)}
        symptom = {words.DEPLOYED: answers.pop(words.DEPLOYED)}
        drawn["symptom"] = [_bars(symptom | wanted, diagnosis.images)]
        drawn["verification"] = [_bars(answers | wanted, diagnosis.images)] if answers else []
    return drawn


def _bars(answers: Mapping[str, Mapping[str, Any]], images: Sequence[str]) -> Illustration:
    """Draw each state's answers picture by picture, the state that the headline tells first."""
    stacked = {name: np.stack([given[image] for image in images]) for name, given in answers.items()}
    classes = [f"class {number}" for number in range(next(iter(stacked.values())).shape[1])]
    drawn: Illustration = views.outputs_bar(stacked, classes, images=images)
    return drawn
