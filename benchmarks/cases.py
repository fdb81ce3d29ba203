"""Cases: a base, the faults in it, the pictures shown, and what the right answer is."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import bases, geometry, model, pictures, serving
from benchmarks.bases import BASES, Base
from benchmarks.inject import FAULTS, NOT_TOLD_FROM_TENSORS, Fault, relative
from benchmarks.plan import Plan
from pixelparity.stages import Capture, Stage

AFFINE = ("mean_std_missing", "mean_std_wrong", "mean_std_wrong_range")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One thing to diagnose.

    ``expected`` holds the right sets of families (more than one where the facts leave it open),
    ``expected_from_tensors`` further ones where only final tensors are seen,
    ``steps`` the right steps per family; ``tensors`` says whether final tensors alone can tell it.
    """

    name: str
    kind: str
    base: Base
    plan: Plan
    pictures: str = "plain"
    expected: tuple[frozenset[str], ...] = (frozenset(),)
    expected_from_tensors: tuple[frozenset[str], ...] = ()
    steps: dict[str, frozenset[str]] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    tensors: bool = True
    exchange: bool | None = None
    swapped: bool = False
    parts: tuple[Plan, ...] = ()
    link: str = ""
    assumed: str = ""

    def right(self, situation: str) -> tuple[frozenset[str], ...]:
        """Return the sets of families that are right in a situation (stages, tensors or pictures)."""
        further = () if situation == "stages" else self.expected_from_tensors
        return tuple(dict.fromkeys(self.expected + further))


@dataclass(frozen=True, kw_only=True)
class Sides:
    """Both captures of a case."""

    reference: Capture
    deployed: Capture

    def final_only(self) -> Sides:
        """Return the same with nothing but what the model sees (and its answers)."""
        return Sides(reference=_final_only(self.reference), deployed=_final_only(self.deployed))


def _final_only(capture: Capture) -> Capture:
    return capture.only(stages=tuple(capture.facts.get("inputs", (capture.final.name,))))


def seed_of(name: str, seed: int = 0) -> int:
    """Return a number that belongs to a name, the same on every machine."""
    return zlib.crc32(f"{seed}/{name}".encode())


def build(case: Case, seed: int = 0) -> Sides:
    """Run both sides of a case on its pictures."""
    drawn = shown(case, seed)
    if case.exchange is not None:
        return _two_inputs(case, seed)
    reference, deployed = bases.capture(case.base, drawn), serving.run(case.plan, drawn)
    if case.plan.model is not None:
        reference = replace(reference, outputs=model.answer(reference))
        deployed = replace(deployed, outputs=model.answer(deployed, case.plan.model))
    return (
        Sides(reference=deployed, deployed=reference) if case.swapped else Sides(reference=reference, deployed=deployed)
    )


def decoded(case: Case, seed: int = 0) -> dict[str, NDArray[np.uint8]]:
    """Return the pictures of a case as stored in their files: (H, W, 3) uint8 RGB, orientation tags not applied."""
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    return {name: cv2.imread(str(path), flags)[..., ::-1].copy() for name, path in shown(case, seed).items()}


def shown(case: Case, seed: int) -> dict[str, Path]:
    """Draw the pictures of a case; where sizes or offsets are at fault, such that at least two pictures show it."""
    for attempt in range(40):
        drawn = pictures.pick(case.pictures, seed_of(case.name, seed) + attempt, case.base.count)
        plans = (case.plan, *case.parts)
        geometries = {plan.geometry for plan in (case.base.clean, *plans)}
        sizes = [pictures.size(path) for path in drawn.values()]
        windows = {g: [geometry.window(g, *size) for size in sizes] for g in geometries}
        others = [windows[g] for g in geometries if g != case.base.clean.geometry]
        differ = [sum(a != b for a, b in zip(w, windows[case.base.clean.geometry], strict=True)) for w in others]
        if all(count >= 2 for count in differ):
            return drawn
    raise LookupError(f"{case.name}: no draw of pictures shows the fault")


def _two_inputs(case: Case, seed: int) -> Sides:
    """Feed a model of two inputs, a picture before and one after, in the right or in the exchanged order."""
    drawn = list(pictures.pick(case.pictures, seed_of(case.name, seed), 2 * case.base.count).items())
    before = dict(drawn[: case.base.count])
    after = dict(zip(before, (path for _, path in drawn[case.base.count :]), strict=True))
    reference = _join(bases.capture(case.base, before), bases.capture(case.base, after))
    pair = (serving.run(case.plan, before), serving.run(case.plan, after))
    return Sides(reference=reference, deployed=_join(*(pair[::-1] if case.exchange else pair)))


def _join(before: Capture, after: Capture) -> Capture:
    parts = (("before", before), ("after", after))
    stages: list[Stage] = []
    tensors = {}
    for label, part in parts:
        for stage in part.stages:
            name = label if stage is part.final else f"{label}/{stage.name}"
            tensors[name] = part.tensors[stage.name]
            stages.append(replace(stage, name=name))
    inner = [stage for stage in stages if "/" in stage.name]
    finals = [stage for stage in stages if "/" not in stage.name]
    return replace(before, stages=(*inner, *finals), tensors=tensors, facts={"inputs": ["before", "after"]})


def singles() -> Iterator[Case]:
    """Iterate over every variant of every family on every base where it makes sense."""
    for fault in FAULTS:
        for name in fault.bases:
            yield _single(fault, BASES[name])


def _single(fault: Fault, base: Base) -> Case:
    plan = fault.change(base.clean)
    parameters = dict(fault.parameters)
    if fault.family in AFFINE:
        parameters |= relative(base.clean.norms, plan.norms)
    return Case(
        name=f"{base.name}/{fault.name}",
        kind="single",
        base=base,
        plan=plan,
        pictures=fault.pictures,
        expected=tuple(frozenset({family}) for family in (fault.family, *sorted(fault.also))),
        expected_from_tensors=tuple(frozenset({family}) for family in sorted(fault.seen_as)),
        steps=dict.fromkeys((fault.family, *fault.also), fault.steps),
        parameters=parameters,
        tensors=fault.name not in NOT_TOLD_FROM_TENSORS,
        exchange=True if fault.family == "input_order" else None,
    )


def effect(clean: Capture, faulty: Capture) -> float:
    """Return the share of final values that a fault changes, from 0 to 1; 1 where shapes or answers differ."""
    changed = []
    for name, before in clean.finals():
        after = faulty.tensors[faulty.final.name][name]
        if before.shape != after.shape or before.dtype != after.dtype:
            return 1.0
        changed.append(float(np.mean(before != after)))
    if any(not np.allclose(clean.outputs[name], faulty.outputs[name], atol=1e-3) for name in clean.outputs):
        return 1.0
    return float(np.mean(changed))


def without_effect(case: Case, sides: Sides, seed: int = 0) -> str:
    """Return why a case is none (a fault in it changes less than 1 percent of the values beside the others), or ``""``."""
    if case.plan.model is not None or case.exchange is not None or case.swapped:
        return ""
    drawn = shown(case, seed)
    for plan in case.parts or (case.base.clean,):
        share = effect(serving.run(plan, drawn), sides.deployed)
        if share < 0.01:
            return f"one of the faults changes only {share:.4f} of the values"
    return ""
