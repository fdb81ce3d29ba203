"""The ways to explain two sides: by stages, by the decoded pictures and final tensors, or by final tensors alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.families import channel_order
from pixelparity.diagnosis.families.finding import Finding
from pixelparity.diagnosis.measure import remaining, stage_pairs
from pixelparity.diagnosis.measure.stage_pairs import NOWHERE
from pixelparity.diagnosis.results import Comparison, Trace
from pixelparity.diagnosis.search.confirm import counterfactuals
from pixelparity.diagnosis.search.confirm.confirmation import Confirmed, Sides, cause, confirm, considered, split
from pixelparity.diagnosis.search.elimination import Outcome
from pixelparity.diagnosis.search.finals import explain_finals
from pixelparity.diagnosis.search.staged import decoder_hypotheses, explain, file_readings
from pixelparity.diagnosis.search.staged.explanation import StageFinding
from pixelparity.readings import Readings
from pixelparity.stages import Stage, Tensor

Array = NDArray[Any]
Pictures = tuple[tuple[Array, ...], tuple[Array, ...]]


def tell(
    sides: Sides,
    raw: Mapping[str, Tensor] | None,
    measured: Callable[[], Comparison],
    readings: Mapping[str, Readings] | None = None,
) -> Confirmed:
    """Return the confirmed causes of what differs between two sides' preprocessing, by all that is known of them.

    ``raw`` are decoded pictures by name, ``measured`` returns the comparison once it is made, ``readings`` what else decoders
    make of the files that are read in several ways.
    """
    near = _all_near(sides, thresholds.now().noise.equal_levels * sides.level) and not measured().stages[-1].diverges
    told = None if near else _told(sides, raw, readings or {})
    if told is not None and told.found:
        return told
    trace = Trace(way="all final tensors are equal within the noise of arithmetic") if told is None else told.trace
    return Confirmed(found=(), left=remaining.untouched(measured().stages[-1], sides.finals), trace=trace)


def _told(sides: Sides, raw: Mapping[str, Tensor] | None, readings: Mapping[str, Readings]) -> Confirmed:
    """Return the confirmed causes by the way that there is, or by final tensors alone where they tell clearly more."""
    begin = stage_pairs.starting_point(sides.reference, sides.deployed, sides.images, raw)
    if begin is None:
        return _by_finals(sides)
    if begin[0] != NOWHERE:
        return _by_stages(sides, *begin)
    told = _by_pictures(sides, begin[1], [readings.get(image) for image in sides.images])
    noise = thresholds.now().noise
    if told.misfit <= noise.resize_mean_levels * sides.level:
        return told
    if told.found and told.left["mean"] <= noise.equal_levels * sides.level:
        return told  # both sides miss the pictures alike, and what is between them is explained to the last digit
    # Pictures from outside that do not explain a side (another decoder made its own) must not hide what tensors tell.
    alone = _by_finals(sides)
    least = thresholds.now().strategy.finals_better_share * told.misfit
    return alone if alone.found and alone.misfit < least else told


def _all_near(sides: Sides, slack: float) -> bool:
    """Say whether all final tensors are of one shape and no values are further apart than some slack."""
    pairs = zip(*sides.finals, strict=True)
    return all(a.shape == b.shape and np.abs(a.astype(np.float32) - b).max() <= slack for a, b in pairs)


def _by_stages(sides: Sides, start: tuple[int, int], pictures: Pictures) -> Confirmed:
    """Explain from the stage on that both sides start from; ``start`` holds its number on each side, -1 if one has none."""
    train, held = split(len(sides.images), _sizes(pictures))
    stage = sides.reference.stages[start[0]] if start[0] >= 0 else sides.deployed.stages[start[1]]
    parts = stage_pairs.split(sides.reference, sides.deployed, sides.images, start, pictures)
    way = _way(f"the stages, from {stage.name!r} on", train, held)
    return confirm(explain.tell(pictures, parts, stage, train), parts, sides, held, way)


def _by_pictures(sides: Sides, pictures: Pictures, readings: Sequence[Readings | None]) -> Confirmed:
    """Explain by decoded pictures from outside, and by what a side's own decoder likely made where they do not suffice."""
    train, held = split(len(sides.images), _sizes(pictures))
    if any(readings):
        chosen = file_readings.choose(pictures[0], sides.finals, readings)
        # Both sides read their files alike: what a decoder made of them otherwise is looked for as with other files.
        pictures = (chosen.pictures[0], chosen.pictures[0])
    if any(readings) and (chosen.findings or chosen.all_bits):
        parts = stage_pairs.split(sides.reference, sides.deployed, sides.images, NOWHERE, chosen.pictures)
        story = explain.tell(chosen.pictures, parts, None, train, chosen.findings)
        if chosen.all_bits:
            story = explain.in_stored_values(story)
        return confirm(
            story, parts, sides, held, _way("the files, as each side reads them, and the final tensors", train, held)
        )
    parts = stage_pairs.split(sides.reference, sides.deployed, sides.images, NOWHERE, pictures)
    story = explain.tell(pictures, parts, None, train)
    if len(parts) > 1:  # the first chain ends at a stage of both sides, where decoders are told from what is known
        return confirm(story, parts, sides, held, _way("the decoded pictures and the stages", train, held))
    chains = (story.reference_chains[-1], story.deployed_chains[-1])
    reference, deployed = (
        decoder_hypotheses.guess(c, pictures[0], t) for c, t in zip(chains, parts[0].targets, strict=True)
    )
    made = (reference.pictures, deployed.pictures)
    if any(a is not b for side in made for a, b in zip(side, pictures[0], strict=True)):
        parts = stage_pairs.split(sides.reference, sides.deployed, sides.images, NOWHERE, made)
        # What was guessed from a tensor says nothing of how that tensor was made: the others do, if there are any.
        sound = [i for i in reference.sound if i in deployed.sound]
        story = explain.tell(made, parts, None, [i for i in train if i in sound] or sound or train)
    return confirm(story, parts, sides, held, _way("the decoded pictures and the final tensors", train, held))


def _sizes(pictures: Pictures) -> list[int]:
    return [picture.shape[0] * picture.shape[1] for picture in pictures[0]]


def _by_finals(sides: Sides) -> Confirmed:
    """Explain by the final tensors alone."""
    train, held = split(len(sides.images))
    final = sides.reference.final
    outcome, left, known = explain_finals.explain(*sides.finals, final.value_range, train, held)
    rebuilt = counterfactuals.Finals(known=known, stage=sides.deployed.final)
    placed = Outcome(
        kept=tuple((_at_end(finding, final), trial) for finding, trial in outcome.kept),
        dropped=tuple((_at_end(finding, final), trial) for finding, trial in outcome.dropped),
    )
    pairs = sorted(zip(placed.kept, outcome.kept, strict=True), key=lambda pair: -pair[0][1].evidence.before)
    found = [
        (cause(at, trial.evidence, len(held), left["mean"] / sides.level), rebuilt.undo(finding))
        for (at, trial), (finding, _) in pairs
    ]
    trace = Trace(way=_way("final tensors alone", train, held), considered=considered(placed, sides.level))
    return Confirmed(found=tuple(found), left=left, misfit=left["mean"], exact=False, trace=trace)


def _at_end(finding: Finding, final: Stage) -> StageFinding:
    return StageFinding(finding=channel_order.worded(finding, final.channels), segment=0, stage=final.name)


def _way(evidence: str, train: Sequence[int], held: Sequence[int]) -> str:
    return f"explained from {evidence}: estimated on {len(train)} pictures, confirmed on {len(held)}"
