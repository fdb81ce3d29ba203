"""Fractions cut off or kept, float16, signed bytes, integer division, wrap-around."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import HWC
from pixelparity.diagnosis.families import lines, looks
from pixelparity.diagnosis.families.finding import Finding, Mend, Named, listed, number, numbers, unchanged
from pixelparity.diagnosis.families.registry import Family, register
from pixelparity.diagnosis.measure.residuals import Residual
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.side_model import SideModel

register(
    Family(
        name="dtype",
        title="Another number type",
        words="rounded or clipped to another number type",
        differs="fractions cut off or kept, float16, signed bytes, integer division, wrap-around at 256, values cast to bytes",
        with_stages="rounding that fits each side's values",
        from_finals="yes; a cast to bytes is confirmed by doing it to the reference",
        steps=("cast", "normalize", "resize", "other"),
    ),
)

#: Values of a tensor that are looked at, evenly spread; speed: fewer make shares less sure.
_VALUES = 20000
#: Curves that arithmetic on bytes makes.
_WHOLE = ("divided", "wrapped")
#: A shift modulo 256 beyond it is said as a negative one.
_HALF_RANGE = 128


# --- between two chains ---------------------------------------------------------------------------------------------


@looks.VALUES.look()
def rounded(reference: SideModel, deployed: SideModel, _base: ColourMap) -> list[Finding]:
    """Name another way in which resampled values become whole numbers."""
    if reference.rounding == deployed.rounding:
        return []
    words = {"none": "keeps fractions", "round": "rounds to whole levels", "floor": "cuts off fractions"}
    return [
        Finding(
            family="dtype",
            parameters={"reference": reference.rounding, "deployed": deployed.rounding},
            text=f"training {words[reference.rounding]} after the resize, serving {words[deployed.rounding]}",
            fix=lines.whole_line(reference.rounding),
            mend=lambda chain: replace(chain, rounding=reference.rounding),
            steps=("resize", "cast", "other"),
        )
    ]


@looks.VALUES.look()
def types(reference: SideModel, deployed: SideModel, _base: ColourMap) -> list[Finding]:
    """Name number types that one side alone uses: signed bytes, bytes or float16 after normalising, whole numbers."""
    kinds: tuple[Callable[[SideModel, SideModel], Finding | None], ...] = (_signed, _cast, _whole, _halved)
    return [found for look in kinds if (found := look(reference, deployed)) is not None]


def _signed(reference: SideModel, deployed: SideModel) -> Finding | None:
    if reference.bytes_as_int8 == deployed.bytes_as_int8:
        return None
    fix = "# keep uint8 (types.UINT8) until the cast to float"
    if reference.bytes_as_int8:
        fix = "images = fn.reinterpret(images, dtype=types.INT8)  # the training reads the bytes as signed numbers"
    text = "bytes are read as signed numbers: pixels of 128 and more become negative"
    return _type("signed", text, fix, lambda chain: replace(chain, bytes_as_int8=reference.bytes_as_int8))


def _cast(reference: SideModel, deployed: SideModel) -> Finding | None:
    if reference.rounds_output == deployed.rounds_output:
        return None
    where = "serving" if deployed.rounds_output else "training"
    fix = "# keep float after normalising: no cast to uint8"
    if reference.rounds_output:
        fix = "images = fn.cast(images, dtype=types.UINT8)  # after normalising, as the training does"
    text = f"normalised values are cast to uint8 in {where} only: whole numbers from 0 to 255 are left of them"
    mend = lambda chain: replace(chain, rounds_output=reference.rounds_output, clip=reference.clip)  # noqa: E731
    return _type("clipped", text, fix, mend)


def _whole(reference: SideModel, deployed: SideModel) -> Finding | None:
    """Name an integer division or a wrap-around at 256 that one side alone does."""
    curves = [
        side.curve if side.curve is not None and side.curve.kind in _WHOLE else None for side in (reference, deployed)
    ]
    if curves[0] == curves[1]:
        return None
    curve, where = (curves[1], "serving") if curves[1] is not None else (curves[0], "training")
    if curve is None:
        return None
    fix, mend = "# divide and subtract floats, not bytes: cast to float first", _recurved(reference)
    if curve.kind == "divided":
        text = f"whole numbers are divided in {where}: of x // {curve.number:g} only whole parts are left"
        finding = _type("integer division", text, fix, mend)
        return replace(finding, parameters={**finding.parameters, "divisor": number(curve.number), "side": where})
    shift = [v - 256 if v > _HALF_RANGE else v for v in np.atleast_1d(curve.value).tolist()]
    text = f"bytes wrap around at 256 in {where}: x {_signed_number(shift)} is computed modulo 256"
    finding = _type("wrapped", text, fix, mend)
    return replace(finding, parameters={**finding.parameters, "shift": numbers(shift), "side": where})


def hides_constants(reference: SideModel, deployed: SideModel) -> bool:
    """Say whether what arithmetic on bytes left tells no constants: its mend brings the reference's."""
    return _whole(reference, deployed) is not None


def _recurved(reference: SideModel) -> Mend:
    return lambda chain: replace(chain, curve=reference.curve, colour=reference.colour, fill=reference.fill)


def _signed_number(values: list[float]) -> str:
    return f"- {listed([-v for v in values])}" if values[0] < 0 else f"+ {listed(values)}"


def _halved(reference: SideModel, deployed: SideModel) -> Finding | None:
    if reference.through_float16 == deployed.through_float16:
        return None
    where = "serving" if deployed.through_float16 else "training"
    kind = "FLOAT16" if reference.through_float16 else "FLOAT"
    fix = f"images = fn.cast(images, dtype=types.{kind})"
    text = f"values are rounded to float16 in {where} only"
    return _type("float16", text, fix, lambda chain: replace(chain, through_float16=reference.through_float16))


def _type(what: str, text: str, fix: str, mend: Mend) -> Finding:
    steps = ("cast", "normalize", "resize", "other")
    return Finding(family="dtype", parameters={"what": what}, text=text, fix=fix, mend=mend, steps=steps)


# --- from final tensors: steps of one level -------------------------------------------------------------------------


#: Mean levels that stay of a rounding on one side only: half a level each way of whole numbers cut off, a quarter of
#: fractions that serving rounded away. They are gone for good, and nothing more is to be told from them.
_LOST = {("truncated", "serving"): 0.5, ("truncated", "training"): 0.5, ("unrounded", "reference"): 0.25}


def lost(finding: Finding) -> float:
    """Return the mean levels that undoing a finding cannot bring back."""
    return _LOST.get((str(finding.parameters.get("what")), str(finding.parameters.get("side"))), 0.0)


@looks.FINALS.look(ahead_of=("jpeg_chroma.fine_colours",))
def made_whole(left: looks.Left) -> Named | None:
    """Name what one side does to fractions; values fitted picture by picture keep no whole levels to look at."""
    return truncated(left.lefts) or (None if left.per_picture else unrounded(left.lefts))


def truncated(lefts: Mapping[int, Residual]) -> Named | None:
    """Name fractions that are cut off instead of rounded: steps of one level, nearly all of them downwards."""
    offs = [(b - a).reshape(-1) for a, b in (one.pair for one in lefts.values())]
    if not offs:
        return None
    off, at = np.concatenate([o[:: max(1, len(o) // _VALUES)] for o in offs]), thresholds.now().families
    down, up = float(np.mean(off < -at.step_min_levels)), float(np.mean(off > at.step_min_levels))
    if np.quantile(np.abs(off), at.cut_quantile) > at.cut_max_levels or max(down, up) < at.cut_min_share:
        return None
    if min(down, up) > at.cut_max_other_share * max(down, up):
        return None
    lower, unlowered = ("serving", 0) if down > up else ("training", 1)
    fractions = float(np.median([_fraction(one.pair[unlowered]) for one in lefts.values()]))
    kept = fractions > at.fractions_min_levels
    finding = Finding(
        family="dtype",
        parameters={"what": "truncated", "side": lower, "mean_levels": number(float(np.mean(off)))},
        text=f"fractions are cut off in {lower} and {'kept' if kept else 'rounded'} on the other side: "
        f"{max(down, up):.0%} of the values are about one level lower",
        fix=lines.whole_line("floor" if lower == "training" else "none" if kept else "round"),
        mend=unchanged,
        steps=("cast", "resize", "other"),
        doubt=0.1,
    )
    shift = {i: float(np.mean(b - a)) for i, (a, b) in ((i, one.pair) for i, one in lefts.items())}
    typical = float(np.median(list(shift.values())))

    def restore(tensor: HWC, image: int) -> HWC:
        # The share of values with a fraction depends on the picture: a picture that was not resampled has none.
        moved = abs(shift.get(image, 0.0)) > at.cut_image_min_share * abs(typical)
        return (tensor - (typical if moved else 0.0)).astype(np.float32)

    return finding, restore


def _fraction(tensor: HWC) -> float:
    """Return how far values lie from whole levels on average: a quarter where fractions are kept, nothing of whole ones."""
    part = tensor[::3, ::3]
    return float(np.mean(np.abs(part - np.rint(part))))


def unrounded(lefts: Mapping[int, Residual]) -> Named | None:
    """Name fractions that one side keeps and the other rounds to whole levels: rounding them brings both together."""
    sides: list[list[float]] = [[], []]
    offs, at = [], thresholds.now().families
    for one in lefts.values():
        for found, tensor in zip(sides, one.pair, strict=True):
            found.append(_fraction(tensor))
        offs.append(np.abs(one.pair[1] - one.pair[0])[::3, ::3].reshape(-1))
    if not offs or float(np.quantile(np.concatenate(offs), at.round_quantile)) > at.round_max_levels:
        return None
    reference, deployed = (float(np.median(found)) for found in sides)
    if min(reference, deployed) > at.whole_max_levels or max(reference, deployed) < at.fractions_min_levels:
        return None
    keeps = "deployed" if deployed > reference else "reference"
    where = ("serving", "training") if keeps == "deployed" else ("training", "serving")
    finding = Finding(
        family="dtype",
        parameters={"what": "unrounded", "side": keeps},
        text=f"{where[0]} keeps fractions of a level after the resize, {where[1]} rounds to whole levels",
        fix=lines.whole_line("round" if keeps == "deployed" else "none"),
        mend=unchanged,
        steps=("resize", "cast", "other"),
        doubt=0.1,
    )

    def restore(tensor: HWC, _image: int) -> HWC:
        # What serving rounded away cannot be brought back: then the reference is rounded to confirm it.
        return np.rint(tensor).astype(np.float32) if keeps == "deployed" else tensor

    return finding, restore
