"""Several faults at once: drawn with a seed, never two that cancel or mask each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

import numpy as np

from benchmarks.bases import BASES, Base
from benchmarks.cases import Case, seed_of
from benchmarks.inject import FAULTS, NOT_TOLD_FROM_TENSORS, Fault
from benchmarks.plan import Plan

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
    # height and width exchanged is one of the eight orientations: with tags ignored too, another orientation per file
    ({"exif_orientation"}, {"layout.swapped"}),
    # the sizes of a stretch are whole: no fraction to keep
    ({"subpixel.subpixel_scale"}, {"resize_mode.stretch"}),
)


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
        expected=_sets((f.family, *f.also) for f in faults),
        expected_from_tensors=_sets((f.family, *f.also, *f.seen_as) for f in faults),
        steps={fault.family: fault.steps for fault in faults},
        parts=tuple(without),
    )


def _sets(names: Iterable[tuple[str, ...]]) -> tuple[frozenset[str], ...]:
    """Return every way to name each fault by one of its names."""
    return tuple(dict.fromkeys(frozenset(chosen) for chosen in itertools.product(*names)))


def _apply(base: Base, faults: list[Fault]) -> Plan:
    plan = base.clean
    for fault in faults:
        plan = fault.change(plan)
    return plan
