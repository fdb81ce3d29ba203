"""Values cut off on one side, or within other bounds: a clip, or the window of a CT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import Samples
from pixelparity.diagnosis.families import looks
from pixelparity.diagnosis.families.finding import Finding, in_pictures, listed, number
from pixelparity.diagnosis.families.registry import Family, register
from pixelparity.diagnosis.fit.fit_curves import levels_of_clip
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.curves import Curve
from pixelparity.diagnosis.model.side_model import SideModel

register(
    Family(
        name="value_clip",
        title="Values are cut off at other bounds",
        words="values are cut off, or within another window",
        differs="a clip or window on one side, or with other bounds",
        with_stages="a line between the extremes, and values at the extremes that lie beyond",
        from_finals="done to the reference's values again",
        steps=("cast", "normalize", "resize", "other"),
        declared=False,
    ),
)

#: What takes a change of all levels alike for one of colours.
_AHEAD_OF = ("colour_range.stretched", "colour_range.recoloured", "jpeg_chroma.chroma")
_STEPS = ("cast", "normalize", "resize", "other")
#: The lower and the upper bound, nothing where nothing is cut off at that end.
Ends = list[Any]


def same_output(reference: SideModel, deployed: SideModel) -> bool:
    """Say whether both sides map windows of their own to the same values: then the constants follow from the windows.

    Where neither side cuts anything off at one end, both windows begin, or end, where the two maps agree.
    """
    own, other = (levels_of_clip(side) for side in (reference, deployed))
    if own is None or other is None or _alike(own, other):
        return False
    if any(side.colour.kind != "plain" for side in (reference, deployed)) or not reference.colour.gain.all():
        return False
    maps = [(side.colour.gain, np.asarray(side.colour.offset)) for side in (reference, deployed)]
    if len(maps[0][0]) != len(maps[1][0]):
        return False
    slack = thresholds.now().families.window_same_share * (np.ptp([e for e in own if np.isfinite(e)] or [0.0]) or 255.0)
    return all(_ends_agree(own, other, maps, low=low, slack=slack) for low in (True, False))


def _ends_agree(
    own: tuple[float, float],
    other: tuple[float, float],
    maps: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]],
    *,
    low: bool,
    slack: float,
) -> bool:
    """Say whether the lower, or the upper, ends of two windows become the same value; ``slack`` is in levels.

    ``maps`` holds the gain and the offset of each channel of both sides.
    """
    (gain, offset), (gain_other, offset_other) = maps
    end, end_other = (own[0], other[0]) if low else (own[1], other[1])
    if np.isfinite(end) != np.isfinite(end_other):
        return False
    if np.isfinite(end):
        gap = np.abs(gain * end + offset - gain_other * end_other - offset_other)
        return bool((gap <= slack * np.abs(gain)).all())
    apart = gain - gain_other
    if not apart.all():
        return False
    meet = (offset_other - offset) / apart
    return bool((meet < min(own[1], other[1])).all() if low else (meet > max(own[0], other[0])).all())


@looks.VALUES.look()
def clipped(reference: SideModel, deployed: SideModel, _base: ColourMap) -> list[Finding]:
    """Name bounds that one side alone has, or others; a cast to bytes cuts values off too, and is named as such."""
    if reference.rounds_output != deployed.rounds_output:
        return []
    sides = [_bounds(side) for side in (reference, deployed)]
    if _alike(*sides):
        return []
    windows = same_output(reference, deployed)
    in_levels = all(_bounds(side) is None or levels_of_clip(side) is not None for side in (reference, deployed))
    said = {"reference": _ends(sides[0]), "deployed": _ends(sides[1])}
    return [
        Finding(
            family="value_clip",
            parameters={"what": "clipped", **said, "unit": "levels" if in_levels else "values", "window": windows},
            text=_text(said["reference"], said["deployed"], windows),
            fix=_line(reference, said["reference"]),
            mend=lambda chain: _with_bounds(chain, reference, windows),
            steps=_STEPS,
        )
    ]


def in_stored_values(finding: Finding, factor: float) -> Finding:
    """Return a finding with its bounds in the numbers that the files hold, ``factor`` to a level."""
    if finding.family != "value_clip" or finding.parameters.get("unit") != "levels":
        return finding
    told = [finding.parameters[name] for name in ("reference", "deployed")]
    own, other = (ends and [None if end is None else round(end * factor) for end in ends] for ends in told)
    return replace(
        finding,
        parameters={**finding.parameters, "reference": own, "deployed": other, "unit": "stored values"},
        text=f"{_text(own, other, bool(finding.parameters['window']))}, of the stored values",
        fix=finding.fix if own is None else f"# cut the stored values off {_span(own)}, as the training does",
    )


def _with_bounds(chain: SideModel, reference: SideModel, windows: bool) -> SideModel:
    """Return a chain with the reference's clip; where windows differ, with the constants that follow from its own."""
    colour = reference.colour if windows else chain.colour
    return replace(chain, clip=reference.clip, curve=_curve(chain, reference), colour=colour)


def _bounds(side: SideModel) -> tuple[float, float] | None:
    levels = levels_of_clip(side)
    return side.clip if levels is None else levels


def _curve(chain: SideModel, reference: SideModel) -> Curve | None:
    own, other = ((one.curve, one.curve is not None and one.curve.kind == "clipped") for one in (reference, chain))
    return own[0] if own[1] else None if other[1] else other[0]


def _alike(one: Sequence[float] | None, other: Sequence[float] | None) -> bool:
    if one is None or other is None:
        return one is other
    finite = [end for end in (*one, *other) if np.isfinite(end)]
    slack = thresholds.now().families.window_same_share * (np.ptp(finite) or abs(finite[0])) if finite else 0.0
    return bool(np.allclose(one, other, rtol=0, atol=slack))


def _ends(bounds: Sequence[float] | None) -> Ends | None:
    """Return bounds for a report, with nothing for an end at which nothing is cut off."""
    return None if bounds is None else [number(end) if np.isfinite(end) else None for end in bounds]


def _span(ends: Ends) -> str:
    low, high = ends
    if low is None or high is None:
        return f"below {low:.6g}" if low is not None else f"above {high:.6g}"
    return f"at {listed((low, high))}"


def _text(own: Ends | None, other: Ends | None, windows: bool) -> str:
    if own is None or other is None:
        side = "training" if other is None else "serving"
        return f"values are cut off {_span(own or other or [])} in {side} only"
    what = "another window is cut out and scaled: values are cut off" if windows else "values are cut off"
    return f"{what} {_span(own)} in training, {_span(other)} in serving"


def _line(reference: SideModel, ends: Ends | None) -> str:
    if ends is None:
        return "# leave the clip out: the training has none but uint8's"
    low, high = ends
    when = "before" if levels_of_clip(reference) is not None else "after"
    call = f"math.clamp(images, {low:.6g}, {high:.6g})" if low is not None and high is not None else ""
    call = call or (f"math.min(images, {high:.6g})" if high is not None else f"math.max(images, {low:.6g})")
    return f"images = {call}  # {when} the constants, as the training does"


@looks.DECODED.look(ahead_of=_AHEAD_OF)
def decoded(x: Samples, y: Samples) -> Finding | None:
    """Recognise decoded levels that one side cuts off at bounds of its own, and leaves alone between them."""
    at = thresholds.now().families
    for one, other, side in ((x, y, "serving"), (y, x, "training")):
        low, high = float(other.min()), float(other.max())
        beyond = ((one < low - 1) | (one > high + 1)).any(1)
        left = float(np.abs(np.clip(one, low, high) - other).mean())
        if beyond.sum() >= at.colour_min_pixels and left <= at.stretch_max_left_levels:
            ends = [low if (one < low - 1).any() else None, high if (one > high + 1).any() else None]
            said = {"reference": ends if side == "training" else None, "deployed": ends if side == "serving" else None}
            line = "# leave the clip out: the training has none but uint8's"
            if side == "training":
                line = f"# cut decoded levels off {_span(ends)}, as the training does"
            parameters = {"what": "clipped", **said, "unit": "levels", "window": False}
            return in_pictures("value_clip", parameters, _text(said["reference"], said["deployed"], False), line)
    return None
