"""Cases: a base, the faults in it, the pictures shown, and what the right answer is."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import bases, geometry, model, pictures, references, serving
from benchmarks.bases import BASES, Base
from benchmarks.inject import FAULTS, NOT_TOLD_FROM_TENSORS, Fault, relative
from benchmarks.serving import Plan
from helpers.stages import Capture, Stage

PILLOW = {"two_pass": True, "antialias": True}
PADDING = {"padding_value", "padding_position", "padding_order"}
#: Never combined with anything: signed and clipped destroy values, so that nothing can be undone; float16 and an unrounded
#: resize are less than a level and drown in what undoing the other fault leaves.
LONERS = {"dtype.signed", "dtype.clipped", "dtype.float16", "dtype.float_kept"}
#: Families or variants that cancel or mask each other, and are never combined.
CLASHES = (
    # these kernels have no antialias to switch
    ({"interpolation.nearest", "interpolation.opencv_area"}, {"antialias"}),
    # red and blue exchanged in both the picture and the constants: a consistent BGR pipeline, one fault
    ({"channel_order"}, {"mean_std_wrong.reversed"}),
    # statistics of each image take a change of range, of the border or of half a level of the mean away again
    ({"per_image_normalize"}, {"colour_range", "padding_order", "dtype.truncated"}),
    # no border is left to fill or to move
    (PADDING, {"resize_mode.cover", "resize_mode.stretch"}),
    # without a normalisation, padding before or after it is the same
    ({"padding_order"}, {"scale_missing"}),
    # the sizes of a stretch are whole: no fraction to keep
    ({"subpixel.subpixel_scale"}, {"resize_mode.stretch"}),
)
AFFINE = ("mean_std_missing", "mean_std_wrong", "mean_std_wrong_range")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One thing to diagnose. ``expected`` holds the right sets of families (more than one where the facts leave it open),
    ``steps`` the right steps per family; ``tensors`` says whether final tensors alone can tell it."""

    name: str
    kind: str
    base: Base
    plan: Plan
    pictures: str = "plain"
    expected: tuple[frozenset[str], ...] = (frozenset(),)
    steps: dict[str, frozenset[str]] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    tensors: bool = True
    exchange: bool | None = None
    swapped: bool = False
    parts: tuple[Plan, ...] = ()
    link: str = ""
    assumed: str = ""


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


def controls(count: int = 210) -> Iterator[Case]:
    """Iterate over equal pipelines, algebraic rewrites and other libraries within their noise, ``count`` cases in all."""
    recipes = list(_control_plans())
    for number in range(count):
        name, base, plan, kind, exchange = recipes[number % len(recipes)]
        yield Case(
            name=f"{base.name}/control.{name}.{number // len(recipes)}",
            kind="control",
            base=base,
            plan=plan,
            pictures=kind,
            exchange=exchange,
        )


def _control_plans() -> Iterator[tuple[str, Base, Plan, str, bool | None]]:
    for base in BASES.values():
        clean = base.clean
        for kind in pictures.KINDS:
            if not (base.name == "grey_text" and kind == "alpha"):  # grey from a PNG is made otherwise by each library
                yield f"equal_{kind}", base, clean, kind, None
        yield "rewritten", base, replace(clean, norms=_rewritten(clean)), "plain", None
        yield "with_model", base, replace(clean, model="same"), "plain", None
        if base.name != "grey_text":
            yield "pillow_decoder", base, replace(clean, decoder="pillow"), "plain", None
        if clean.geometry.canvas is not None and clean.fill_after is None and base.name.startswith("imagenet_opencv"):
            yield "fused", base, replace(clean, fused=True), "plain", None
        if clean.two_pass:
            yield "one_pass", base, replace(clean, two_pass=False), "plain", None
    whole = references.base(
        "pillow_whole",  # nothing is cropped: the outermost rows, where Pillow and DALI differ by design, are seen
        Plan(geometry=geometry.Geometry(mode="stretch", size=(224, 224)), kernel="triangular", **PILLOW),
        "pillow",
    )
    yield "equal_plain", whole, whole.clean, "plain", None
    yield "one_pass", whole, replace(whole.clean, two_pass=False), "plain", None
    letterbox = BASES["letterbox_640"]
    yield "pad_after", letterbox, replace(letterbox.clean, fill_after=(114 / 255,)), "plain", None
    yield "two_inputs", BASES["imagenet_opencv"], BASES["imagenet_opencv"].clean, "plain", False
    yield "two_inputs", BASES["inception_stretch"], BASES["inception_stretch"].clean, "plain", False


def _rewritten(plan: Plan) -> tuple[serving.Norm, ...]:
    """Return other constants for the same formula: (x/255 - m)/s for (x - 255m)/(255s), and the other way round."""
    last = plan.norms[-1]
    if len(plan.norms) == 2:
        return (serving.Norm(mean=tuple(m * 255 for m in last.mean), std=tuple(s * 255 for s in last.std)),)
    if last.scale != 1.0:
        return (serving.Norm(std=(255.0,)),)
    unit = serving.Norm(scale=1 / 255)
    return (unit, serving.Norm(mean=tuple(m / 255 for m in last.mean), std=tuple(s / 255 for s in last.std)))


def combinations(size: int, count: int, seed: int = 0) -> Iterator[Case]:
    """Draw ``count`` cases with ``size`` families at once; :data:`CLASHES` says what is never drawn together."""
    rng = np.random.default_rng(seed_of(f"combinations {size}", seed))
    names = list(BASES)
    seen: set[str] = set()
    for number in itertools.count():
        base = BASES[names[number % len(names)]]
        usable = [f for f in FAULTS if base.name in f.bases and not f.alone]
        drawn = _draw(rng, usable, size)
        if drawn is None:
            continue
        case = _combined(base, drawn)
        if case.name not in seen:
            seen.add(case.name)
            yield case
        if len(seen) >= count:
            return


def _draw(rng: np.random.Generator, faults: list[Fault], size: int) -> tuple[Fault, ...] | None:
    # Families first, then a variant: otherwise families with many variants would fill the bench.
    families = sorted({fault.family for fault in faults})
    if len(families) < size:
        return None
    chosen = []
    for family in rng.permutation(families)[:size]:
        variants = [fault for fault in faults if fault.family == family]
        chosen.append(variants[int(rng.integers(len(variants)))])
    return tuple(chosen) if _compatible(chosen) else None


def _compatible(faults: list[Fault]) -> bool:
    """Say whether faults can be told apart at all when they act together: see :data:`LONERS` and :data:`CLASHES`."""
    if {fault.name for fault in faults} & (LONERS | set(NOT_TOLD_FROM_TENSORS)):
        return False
    for one, other in itertools.permutations(faults, 2):
        # What changes the same part of the plan replaces each other; different pictures cannot be shown at once.
        if one.touches & other.touches or len({one.pictures, other.pictures} - {"plain"}) > 1:
            return False
        if any({one.family, one.name} & these and {other.family, other.name} & those for these, those in CLASHES):
            return False
    return True


def _combined(base: Base, faults: tuple[Fault, ...]) -> Case:
    plan = base.clean
    for fault in faults:
        plan = fault.change(plan)
    kinds = {fault.pictures for fault in faults} - {"plain"}
    without = [_apply(base, [f for f in faults if f is not left_out]) for left_out in faults]
    return Case(
        name=f"{base.name}/" + "+".join(sorted(fault.name for fault in faults)),
        kind={2: "pair", 3: "triple"}[len(faults)],
        base=base,
        plan=plan,
        pictures=kinds.pop() if kinds else "plain",
        expected=tuple(frozenset(names) for names in itertools.product(*((f.family, *f.also) for f in faults))),
        steps={fault.family: fault.steps for fault in faults},
        parts=tuple(without),
    )


def _apply(base: Base, faults: list[Fault]) -> Plan:
    plan = base.clean
    for fault in faults:
        plan = fault.change(plan)
    return plan
