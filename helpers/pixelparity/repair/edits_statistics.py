"""Mend whose mean and standard deviation a pipeline's text takes out: those of each picture, where the training does."""

from __future__ import annotations

from pixelparity.diagnosis.results import Cause
from pixelparity.literals import decimal, integer, listed
from pixelparity.repair.edit_table import edits
from pixelparity.repair.edits_context import Context
from pixelparity.repair.edits_values import last_in_pixels, layout_after, layout_before
from pixelparity.repair.script import Script


@edits("per_image_normalize")
def own_statistics(script: Script, cause: Cause, _context: Context) -> list[Script]:
    """Normalise by each picture's own statistics; constants in their place are those of the reference's recipe."""
    if cause.parameters.get("side") != "training":
        return []
    axes = str(cause.parameters.get("axes", "HW"))
    if cause.parameters.get("statistics") == "minimum and maximum":
        return _stretched(script, axes, cause.parameters.get("range"))
    calls = script.named("normalize", "crop_mirror_normalize")
    if len(calls) > 1:
        return []
    if not calls:
        place = last_in_pixels(script)
        if place is None:
            return []
        return [
            script.after(place, _line(place.prefix, axes, layout_after(script, place, layout_before(script, place))))
        ]
    call = calls[0]
    before = layout_before(script, call)
    if call.name == "normalize":
        bare = script.without_arguments(call, "mean", "stddev", "scale", "shift", "batch", "axis_names")
        return [bare.with_argument(bare.named("normalize")[0], "axes", _numbers(axes, before))]
    bare = script.without_arguments(call, "mean", "std", "scale", "shift")
    again = bare.named("crop_mirror_normalize")[0]
    return [bare.after(again, _line(again.prefix, axes, layout_after(bare, again, before)))]


def _stretched(script: Script, axes: str, wanted: object) -> list[Script]:
    """Stretch each picture from its own minimum and maximum to the wanted ones, in the place of constants."""
    if not (isinstance(wanted, list) and len(wanted) == 2 and all(isinstance(end, int | float) for end in wanted)):
        return []
    calls = script.named("normalize", "crop_mirror_normalize")
    place = calls[0] if len(calls) == 1 else None if calls else last_in_pixels(script)
    if place is None:
        return []
    before = layout_before(script, place)
    if place.name == "normalize":
        values = script.text(place.node.args[0]) if place.node.args else ""
        return (
            [script.with_text(place.node, _stretch(place.prefix, axes, before, wanted).format(values))]
            if values
            else []
        )
    layout = layout_after(script, place, before)
    if place.name == "crop_mirror_normalize":
        script = script.without_arguments(place, "mean", "std", "scale", "shift")
        place = script.named("crop_mirror_normalize")[0]
    return [script.after(place, _stretch(place.prefix, axes, layout, wanted)).importing("types")]


def _stretch(prefix: str, axes: str, layout: str, wanted: list[float]) -> str:
    """Return the expression that stretches ``{0}`` from its own ends to the wanted ones; bytes become floats first."""
    over = f"axes={_numbers(axes, layout)}, keep_dims=True"
    low, high = (f"{prefix}.reductions.{end}({{0}}, {over})" for end in ("min", "max"))
    stretched = f"({prefix}.cast({{0}}, dtype=types.FLOAT) - {low}) / ({high} - {low})"
    if list(wanted) == [0, 1]:
        return stretched
    return f"{decimal(wanted[0])} + {decimal(wanted[1] - wanted[0])} * ({stretched})"


def _line(prefix: str, axes: str, layout: str) -> str:
    return f"{prefix}.normalize({{}}, axes={_numbers(axes, layout)})"


def _numbers(axes: str, layout: str) -> str:
    return listed([number for number, axis in enumerate(layout) if axis in axes], integer)
