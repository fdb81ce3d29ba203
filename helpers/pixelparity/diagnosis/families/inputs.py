"""Models with several inputs: find inputs that are exchanged, before anything else is compared.

What each input gets is declared (``facts["inputs"]`` names the stages) or shows in the names: stages of one input share a
prefix (``image/resize``, ``mask/resize``), and the last stage of each prefix is what that input gets.
"""

from __future__ import annotations

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.families.registry import Family, register
from pixelparity.diagnosis.measure import noise, remaining
from pixelparity.diagnosis.measure.matching import as_hwc
from pixelparity.diagnosis.results import Cause, Evidence
from pixelparity.stages import Capture, Stage

register(
    Family(
        name="input_order",
        title="Two inputs are exchanged",
        words="two inputs of the model exchanged",
        differs="two inputs exchanged",
        with_stages="each equals the other side's other one",
        from_finals="with both inputs",
        steps=("input",),
        declared=False,
    ),
)


def last_stages(capture: Capture) -> dict[str, Stage]:
    """Return the last stage of every input by its name or prefix; nothing for a side with a single input."""
    stages = {stage.name: stage for stage in capture.stages}
    declared = [name for name in capture.facts.get("inputs", ()) if name in stages]
    if len(declared) > 1:
        return {name: stages[name] for name in declared}
    found = {stage.name.split("/")[0]: stage for stage in capture.stages if "/" in stage.name}
    return found if len(found) > 1 else {}


def exchanged(reference: Capture, deployed: Capture, images: tuple[str, ...]) -> tuple[Cause, dict[str, float]] | None:
    """Name two inputs that are exchanged: each equals the other side's other one, and not its own.

    Returns the cause, and what is left with the two put right: largest and mean difference.
    """
    reference_inputs, deployed_inputs = last_stages(reference), last_stages(deployed)
    names = [name for name in reference_inputs if name in deployed_inputs]
    for k, one in enumerate(names):
        for other in names[k + 1 :]:
            straight = [
                _distance(reference, deployed, reference_inputs[n], deployed_inputs[n], images) for n in (one, other)
            ]
            crossed = [
                _distance(reference, deployed, reference_inputs[a], deployed_inputs[b], images)
                for a, b in ((one, other), (other, one))
            ]
            if None in straight or None in crossed:
                continue
            before = float(np.mean([mean for _, mean in straight]))  # type: ignore[misc]
            left = remaining.over(crossed)  # type: ignore[arg-type]
            after = left["mean"]
            level = max(
                noise.level(s, *_extremes(reference, s, images))
                for s in (reference_inputs[one], reference_inputs[other])
            )
            at = thresholds.now()
            allowed = at.noise.resize_mean_levels * level
            if after <= allowed and before > at.strategy.exchanged_min_ratio * allowed:
                return _cause(one, other, before, after, len(images)), left
    return None


def _extremes(capture: Capture, stage: Stage, images: tuple[str, ...]) -> tuple[float, float]:
    arrays = [capture.tensors[stage.name][i] for i in images]
    return min(float(a.min()) for a in arrays), max(float(a.max()) for a in arrays)


def _distance(
    reference: Capture, deployed: Capture, reference_stage: Stage, deployed_stage: Stage, images: tuple[str, ...]
) -> tuple[float, float] | None:
    """Return the largest and the mean difference of two stages, or nothing where their shapes differ."""
    gaps = []
    for image in images:
        a = as_hwc(reference.tensors[reference_stage.name][image], reference_stage, reference.source, image)
        b = as_hwc(deployed.tensors[deployed_stage.name][image], deployed_stage, deployed.source, image)
        if a.shape != b.shape:
            return None
        gaps.append(remaining.apart(b, a))
    left = remaining.over(gaps)
    return left["max"], left["mean"]


def _cause(one: str, other: str, before: float, after: float, images: int) -> Cause:
    return Cause(
        family="input_order",
        stage="inputs",
        parameters={"names": [one, other]},
        confidence=0.95,
        evidence=Evidence(undone="input_order", before=before, after=after, removed=1 - after / before, images=images),
        fix=f"# bind inputs by name: {one!r} and {other!r} are exchanged",
        text=f"the inputs {one!r} and {other!r} are exchanged: each gets what the other should",
    )
