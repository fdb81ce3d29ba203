"""The rows of a static diff that compare resizes, crops and pads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from pixelparity.recipes import Crop, Pad, Resize, Step
from pixelparity.recipes.diff_row import ABSENT, DiffRow, compare
from pixelparity.recipes.diff_undeclared import BEFORE, before_it, row_of
from pixelparity.recipes.framing import framed

#: Kernels that can be widened when shrinking.
FILTER_KERNELS = frozenset({"linear", "cubic", "lanczos", "gaussian"})
HALVES_UP = frozenset({"round", "floor_plus_half"})


def geometry_rows(
    reference: Sequence[Step], deployed: Sequence[Step], *, fed: tuple[bool, bool] = (False, False)
) -> Iterator[DiffRow]:
    """Compare two lists of resizes, crops and pads, kind by kind in order.

    ``fed`` tells of each side whether it is fed decoded pictures: a client may have taken the first steps before.
    """
    reference_steps, deployed_steps = framed(reference), framed(deployed)
    roomy = _always_larger(reference_steps) and _always_larger(deployed_steps)
    if fed[0] and (before := before_it(reference_steps, deployed_steps)):
        yield from (row_of(step, 0, short(step), BEFORE) for step in before)
        deployed_steps, roomy = deployed_steps[len(before) :], _always_larger(deployed_steps)
    elif fed[1] and (before := before_it(deployed_steps, reference_steps)):
        yield from (row_of(step, 1, short(step), BEFORE) for step in before)
        reference_steps, roomy = reference_steps[len(before) :], _always_larger(reference_steps)
    orders = [[step.kind for step in steps] for steps in (reference_steps, deployed_steps)]
    if orders[0] != orders[1] and sorted(orders[0]) == sorted(orders[1]):
        yield DiffRow(
            step="geometry", what="order", reference=", ".join(orders[0]), deployed=", ".join(orders[1]),
            family="resize_mode", note="in another order, another part of the picture is seen",
        )  # fmt: skip
    for kind in ("resize", "crop", "pad"):
        pairs = zip_longest(
            [s for s in reference_steps if s.kind == kind], [s for s in deployed_steps if s.kind == kind]
        )
        for pair in pairs:
            for row in pair_rows(kind, *pair):
                idle = bool(row.family) and roomy and row.what in ("out_of_bounds", "position", "fill")
                yield (
                    replace(row, family="", note="never matters: every picture is larger than the window")
                    if idle
                    else row
                )


def _always_larger(steps: Sequence[Step]) -> bool:
    """Return whether every crop window lies inside whatever picture comes, because a resize sees to it."""
    height, width = 0, 0
    for step in steps:
        if isinstance(step, Resize):
            sure = step.mode in ("stretch", "not_smaller") and step.max_size is None
            height, width = (step.height or 0, step.width or 0) if sure else (0, 0)
        elif isinstance(step, Crop) and step.fraction is None:
            if (step.height or 0) > height or (step.width or 0) > width:
                return False
        elif isinstance(step, Crop):
            height, width = 0, 0
    return True


def pair_rows(kind: str, reference: Step | None, deployed: Step | None) -> Iterator[DiffRow]:
    """Compare two steps of one kind; ``None`` where a side has none."""
    if reference is None or deployed is None:
        family = {"resize": "resize_mode", "crop": "target_size", "pad": "padding_position"}[kind]
        yield DiffRow(
            step=kind, what="step", reference=short(reference), deployed=short(deployed), family=family,
            note="one side has no such step",
        )  # fmt: skip
    elif isinstance(reference, Resize) and isinstance(deployed, Resize):
        yield from _resize_rows(reference, deployed)
        yield from _library_rows(reference, deployed)
    elif isinstance(reference, Crop) and isinstance(deployed, Crop):
        yield from _crop_rows(reference, deployed)
    elif isinstance(reference, Pad) and isinstance(deployed, Pad):
        steps = (reference, deployed)
        family = "target_size" if reference.height and deployed.height else "padding_rule"
        yield compare("pad", "size", _padded(reference), _padded(deployed), family, steps=steps, field="height")
        yield compare("pad", "position", reference.position, deployed.position, "padding_position", steps=steps)
        yield compare("pad", "fill", _fill(reference.fill), _fill(deployed.fill), "padding_value", steps=steps)


def short(step: Step | None) -> str:
    """Return a step in a word or two."""
    if step is None:
        return ABSENT
    height, width = getattr(step, "height", None), getattr(step, "width", None)
    return f"{step.kind} {height} x {width}" if height else step.kind


def _resize_rows(reference: Resize, deployed: Resize) -> Iterator[DiffRow]:
    steps = (reference, deployed)
    yield compare("resize", "mode", _mode(reference), _mode(deployed), "resize_mode", steps=steps)
    yield compare("resize", "size", _target(reference), _target(deployed), "target_size", steps=steps, field="height")
    yield compare("resize", "max_size", reference.max_size, deployed.max_size, "resize_mode", steps=steps)
    yield compare("resize", "kernel", reference.kernel, deployed.kernel, "interpolation", steps=steps)
    row = compare("resize", "antialias", reference.antialias, deployed.antialias, "antialias", steps=steps)
    if row.family and not FILTER_KERNELS.issuperset({reference.kernel, deployed.kernel}):
        row = replace(row, family="", note="not every one of these kernels can be widened")
    yield row
    yield compare("resize", "subpixel", reference.subpixel, deployed.subpixel, "subpixel", steps=steps)
    if reference.mode != "stretch" or deployed.mode != "stretch":
        yield _rounding_row("resize", reference, deployed)
    yield compare("resize", "dtype", reference.dtype, deployed.dtype, "dtype", steps=steps)


def _mode(step: Resize) -> str:
    return f"{step.mode}, box turned to the picture" if step.oriented and step.height != step.width else step.mode


def _target(step: Resize) -> str:
    return f"{step.height} x {step.width}" if step.height is not None else str(step.size)


def _rounding_row(kind: str, reference: Resize | Crop, deployed: Resize | Crop) -> DiffRow:
    row = compare(kind, "rounding", reference.rounding, deployed.rounding, "rounding", steps=(reference, deployed))
    if row.family and {reference.rounding, deployed.rounding} <= HALVES_UP:
        return replace(row, family="", note="the same for positive numbers")
    return row


def _library_rows(reference: Resize, deployed: Resize) -> Iterator[DiffRow]:
    """Say whether two libraries' resampling is the same arithmetic, once their switches are."""
    steps = (reference, deployed)
    row = compare("resize", "library", reference.library, deployed.library, "interpolation", steps=steps)
    switches = [(step.kernel, step.antialias, step.subpixel) for step in steps]
    if row.family and switches[0] != switches[1]:
        row = replace(row, family="", note="what differs stands in the rows above")
    elif row.family:
        first, second = (_coefficients(step) for step in steps)
        equal = "the same arithmetic with these switches, within 1 level"
        other = f"other coefficients, without a switch: {first} against {second}"
        row = replace(row, family="", note=equal) if first == second else replace(row, note=other)
    yield row
    row = compare("resize", "passes", reference.passes, deployed.passes, "dtype", steps=steps)
    yield replace(row, note="8 bits between the passes: up to 0.2 levels on average") if row.family else row


def _coefficients(step: Resize) -> str:
    if step.kernel == "cubic":
        return "A = -0.75" if step.library in ("opencv", "torch") and not step.antialias else "A = -0.5"
    if step.kernel == "lanczos":
        return "4 lobes" if step.library == "opencv" else "3 lobes"
    if step.kernel == "nearest":
        return "the pixel before" if step.library == "opencv" else "the pixel under the centre"
    return step.kernel


def _crop_rows(reference: Crop, deployed: Crop) -> Iterator[DiffRow]:
    steps = (reference, deployed)
    yield compare("crop", "window", _window(reference), _window(deployed), "target_size", steps=steps, field="height")
    yield compare("crop", "anchor", reference.anchor, deployed.anchor, "resize_mode", steps=steps)
    row = _rounding_row("crop", reference, deployed)
    yield replace(row, note="moves the picture by one pixel on odd sizes") if row.family else row
    row = compare("crop", "out_of_bounds", reference.out_of_bounds, deployed.out_of_bounds, "target_size", steps=steps)
    yield replace(row, note="where a picture is smaller than the window") if row.family else row
    if reference.out_of_bounds == deployed.out_of_bounds == "pad":
        yield compare("crop", "position", reference.position, deployed.position, "padding_position", steps=steps)
        yield compare("crop", "fill", _fill(reference.fill), _fill(deployed.fill), "padding_value", steps=steps)


def _window(step: Crop) -> str:
    if step.fraction is None:
        return f"{step.height} x {step.width}"
    return f"{step.fraction[0]}/{step.fraction[1]} of the shorter edge"


def _padded(step: Pad) -> str:
    return f"{step.height} x {step.width}" if step.height else f"a multiple of {step.divisor}"


def _fill(values: tuple[float, ...]) -> tuple[float, ...]:
    return values[:1] if len(set(values)) == 1 else values
