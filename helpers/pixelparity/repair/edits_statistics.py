"""Mend whose mean and standard deviation a pipeline's text takes out: those of each picture, where the training does."""

from __future__ import annotations

from pixelparity.diagnosis.results import Cause
from pixelparity.literals import integer, listed
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


def _line(prefix: str, axes: str, layout: str) -> str:
    return f"{prefix}.normalize({{}}, axes={_numbers(axes, layout)})"


def _numbers(axes: str, layout: str) -> str:
    return listed([number for number, axis in enumerate(layout) if axis in axes], integer)
