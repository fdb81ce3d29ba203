"""Controls: pairs that are equal, written in another way, or made by another library within its noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from benchmarks import geometry, pictures, references
from benchmarks.bases import BASES, Base
from benchmarks.cases import Case
from benchmarks.plan import Norm, Plan

PILLOW: dict[str, Any] = {"two_pass": True, "antialias": True}


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


def _rewritten(plan: Plan) -> tuple[Norm, ...]:
    """Return other constants for the same formula: (x/255 - m)/s for (x - 255m)/(255s), and the other way round."""
    last = plan.norms[-1]
    if len(plan.norms) == 2:
        return (Norm(mean=tuple(m * 255 for m in last.mean), std=tuple(s * 255 for s in last.std)),)
    if last.scale != 1.0:
        return (Norm(std=(255.0,)),)
    unit = Norm(scale=1 / 255)
    return (unit, Norm(mean=tuple(m / 255 for m in last.mean), std=tuple(s / 255 for s in last.std)))
