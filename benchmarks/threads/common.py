"""What the replayed threads are written in: a thread, and references made to measure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from benchmarks import references
from benchmarks.bases import IMAGENET_MEAN, IMAGENET_MEAN_255, IMAGENET_STD, IMAGENET_STD_255, UNIT, Base
from benchmarks.geometry import Geometry
from benchmarks.plan import Norm, Plan

IMAGENET = (UNIT, Norm(mean=IMAGENET_MEAN, std=IMAGENET_STD))
IMAGENET_255 = (Norm(mean=IMAGENET_MEAN_255, std=IMAGENET_STD_255),)
INCEPTION = (Norm(mean=(127.5,), std=(127.5,)),)
PILLOW: dict[str, Any] = {"kernel": "triangular", "antialias": True, "two_pass": True}
PLAIN: dict[str, Any] = {"kernel": "linear", "antialias": False, "two_pass": False}
DALI_DEFAULT: dict[str, Any] = {
    "kernel": "linear", "antialias": True, "convention": "subpixel", "two_pass": False,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Thread:
    """One public thread: its reference, what the deployed plan does otherwise, and the right sets of families.

    ``seen_as`` holds sets that are right too where only final tensors are seen;
    ``assumed`` says which values the thread leaves open; ``label`` tells two cases of one thread apart; ``swapped`` makes
    DALI's side the reference.
    """

    thread: str
    base: Base
    deployed: dict[str, Any]
    expected: tuple[set[str], ...]
    seen_as: tuple[set[str], ...] = ()
    assumed: str = ""
    label: str = ""
    pictures: str = "plain"
    swapped: bool = False
    exchange: bool | None = None


def stretch(name: str, size: tuple[int, int], norms: tuple[Norm, ...], library: str = "opencv", **more: Any) -> Base:
    """Return a base that stretches to ``size``, bilinear."""
    filters = PILLOW if library == "pillow" else {}
    plan = Plan(geometry=Geometry(mode="stretch", size=size), norms=norms, **{**filters, **more})
    return references.base(name, plan, library)


def short(
    name: str, edge: int, crop: int | None, norms: tuple[Norm, ...], library: str = "opencv", **more: Any
) -> Base:
    """Return a base whose short edge becomes ``edge``, with a centre crop if ``crop`` is given, bilinear."""
    canvas = None if crop is None else (crop, crop)
    filters = PILLOW if library == "pillow" else {}
    offset = more.pop("offset_rounding", "floor")
    geometry = Geometry(mode="shorter", size=(edge, edge), canvas=canvas, offset_rounding=offset)
    return references.base(name, Plan(geometry=geometry, norms=norms, **{**filters, **more}), library)


def geometry(base: Base, **fields: Any) -> Geometry:
    """Return a base's geometry with some fields changed."""
    return replace(base.clean.geometry, **fields)
