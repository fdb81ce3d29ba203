"""From two captures to a verdict: compare, explain, confirm, and say what is left."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import caveats, recipe_hints
from pixelparity.diagnosis.families import inputs, outputs
from pixelparity.diagnosis.measure import threads
from pixelparity.diagnosis.measure.comparison import compare
from pixelparity.diagnosis.measure.matching import common_images
from pixelparity.diagnosis.results import Cause, Comparison, Diagnosis
from pixelparity.diagnosis.search import strategy
from pixelparity.diagnosis.search.confirm import counterfactuals, impact
from pixelparity.diagnosis.search.confirm.confirmation import Confirmed, Sides
from pixelparity.diagnosis.search.confirm.counterfactuals import Mends
from pixelparity.readings import Readings
from pixelparity.recipes import Recipe
from pixelparity.stages import Capture, Tensor, check_finite

Model = Callable[[NDArray[Any]], NDArray[Any]]


def diagnose(
    reference: Capture,
    deployed: Capture,
    *,
    model: Model | None = None,
    reference_recipe: Recipe | None = None,
    deployed_recipe: Recipe | None = None,
    raw: Mapping[str, Tensor] | None = None,
    readings: Mapping[str, Readings] | None = None,
    model_images: int = 4,
) -> Diagnosis:
    """Name what differs between two sides' preprocessing, confirm it, and say what is left.

    ``model`` maps a batch of final tensors (n, ...) to outputs (n, classes) and is asked about ``model_images`` pictures at
    most. ``raw`` holds the decoded pictures (HWC, uint8, RGB, as stored in the file) by image name: with them, or with an
    early stage of either side, resizes are told apart exactly. ``readings`` are what else decoders make of files that are no
    plain 8-bit colours, by image name: with them, how each side reads these is told. Two recipes choose between names of
    one function, and what they declare otherwise without leaving a trace is noted. Raises ``NotComparable`` for different
    sets of pictures and ``SideError`` for tensors that hold NaN or infinity, or have the wrong rank.
    """
    return examine(
        reference, deployed, model=model, reference_recipe=reference_recipe, deployed_recipe=deployed_recipe, raw=raw,
        readings=readings, model_images=model_images,
    ).diagnosis  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Examination:
    """A diagnosis, and the deployed tensors as they are with any of its causes mended."""

    diagnosis: Diagnosis
    mends: Mends


def examine(
    reference: Capture,
    deployed: Capture,
    *,
    model: Model | None = None,
    reference_recipe: Recipe | None = None,
    deployed_recipe: Recipe | None = None,
    raw: Mapping[str, Tensor] | None = None,
    readings: Mapping[str, Readings] | None = None,
    model_images: int = 4,
) -> Examination:
    """Do as :func:`diagnose`, and return with the diagnosis what mends its causes, to be tried one by one."""
    sides = Sides(reference=reference, deployed=deployed, images=common_images(reference, deployed))
    check_finite(reference)
    check_finite(deployed)
    told, causes, comparison = _measured(sides, raw, readings, model, model_images)
    causes, said = recipe_hints.judge(causes, reference_recipe, deployed_recipe)
    mends = counterfactuals.gather(causes, [undo for _, undo in told.found], sides.images)
    notes = caveats.of(reference, sides.images, causes, exact=told.exact) + said
    signs = outputs.of(deployed, reference)
    final = comparison.stages[-1]
    causes += outputs.causes(reference, deployed, matches=not final.diverges and not causes)
    verdict = "differs" if causes or final.diverges else "match"
    found = Diagnosis(
        verdict=verdict,
        first_divergence=comparison.first_divergence if verdict == "differs" else None,
        causes=causes,
        unexplained=told.left,
        comparison=comparison,
        images=sides.images,
        tolerance=_tolerance(comparison),
        reference=reference.source,
        deployed=deployed.source,
        notes=notes,
        symptoms=signs,
        trace=told.trace,
        versions={"python": platform.python_version(), "numpy": np.__version__},
    )
    return Examination(diagnosis=found, mends=mends)


def _measured(
    sides: Sides,
    raw: Mapping[str, Tensor] | None,
    readings: Mapping[str, Readings] | None,
    model: Model | None,
    model_images: int,
) -> tuple[Confirmed, tuple[Cause, ...], Comparison]:
    """Return what is told of two sides, its causes with their impact on a model, and the comparison of all stages."""
    # Measuring hardly needs the interpreter, and explaining little else: they go on side by side.
    with threads.beside(lambda: compare(sides.reference, sides.deployed)) as measured:
        swapped = inputs.exchanged(sides.reference, sides.deployed, sides.images)
        if swapped is not None:
            cause, left = swapped
            return Confirmed(found=(), left=left), (cause,), measured()
        told = strategy.tell(sides, raw, measured, readings)
        causes = impact.measure(told.found, sides.reference, sides.deployed, sides.images, model, model_images)
        return told, causes, measured()


def _tolerance(comparison: Comparison) -> dict[str, Any]:
    final = comparison.stages[-1]
    return {
        "max": final.tolerance,
        "mean": final.mean_tolerance,
        "share": final.share_tolerance,
        "level": final.level,
        "reason": final.tolerance_reason,
    }
