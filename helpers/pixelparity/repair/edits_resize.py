"""Mend how a pipeline's text resamples: kernel, filter and grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pixelparity.diagnosis.results import Cause
from pixelparity.literals import boolean, identifier
from pixelparity.recipes import Resize
from pixelparity.repair.edit_table import edits
from pixelparity.repair.edits_context import Context
from pixelparity.repair.script import Script

_INTERPOLATION = {
    "nearest": "INTERP_NN", "linear": "INTERP_LINEAR", "cubic": "INTERP_CUBIC", "lanczos": "INTERP_LANCZOS3",
    "area": "INTERP_TRIANGULAR", "gaussian": "INTERP_GAUSSIAN",
}  # fmt: skip
#: From how many pixels on an axis counts as moved; a kept scale stretches the other one by nothing.
_MOVED_PX = 0.08


@edits("antialias")
def antialias(script: Script, cause: Cause, context: Context) -> list[Script]:
    """Widen the filter when shrinking, or not."""
    calls, own = script.named("resize"), context.step(Resize)
    told = cause.parameters.get("reference")
    if told == "gaussian":
        return []  # its sigma follows from each picture's size: the words of the finding say how
    wanted = own.antialias if own else told
    return [script.setting(calls, antialias=boolean(bool(wanted)))] if calls and wanted is not None else []


@edits("subpixel")
def subpixel(script: Script, cause: Cause, context: Context) -> list[Script]:
    """Keep the exact scale, or stretch to whole pixels; DALI's resize has no other grids to choose from."""
    calls, own = script.named("resize"), context.step(Resize)
    if not calls or _is_another_grid(cause.parameters):
        return []
    told = cause.parameters.get("reference")
    wanted = own.subpixel if own else told.get("exact_scale") if isinstance(told, Mapping) else told
    if wanted is None:  # there are two: the other one
        wanted = script.value(calls[0].argument("subpixel_scale")) is False
    return [script.setting(calls, subpixel_scale=boolean(bool(wanted)))]


def _is_another_grid(told: Mapping[str, Any]) -> bool:
    """Tell whether a cause is of pixel corners or aligned ends: those move or stretch both axes alike, a kept scale one."""
    sides = [side for side in (told.get("reference"), told.get("deployed")) if isinstance(side, Mapping)]
    if any(side.get("centre", "half") != "half" for side in sides):
        return True
    axes = (told.get("shift", (0, 0)), told.get("growth", (0, 0)))
    return any(min(map(abs, pair)) > _MOVED_PX and pair[0] * pair[1] > 0 for pair in axes)


@edits("interpolation")
def interpolation(script: Script, cause: Cause, context: Context) -> list[Script]:
    """Use the reference's kernel, or the closest that DALI has."""
    wanted, calls = cause.parameters.get("reference"), script.named("resize")
    own = context.step(Resize)
    if own is not None:
        wanted = {"kernel": own.kernel, "antialias": own.antialias}
    kernel = wanted.get("kernel") if isinstance(wanted, Mapping) else wanted
    if kernel not in _INTERPOLATION or not calls:
        return []
    arguments: dict[str, str | None] = {
        "interp_type": f"types.{identifier(_INTERPOLATION[kernel])}",
        "min_filter": None,
        "mag_filter": None,
    }
    if isinstance(wanted, Mapping) and "antialias" in wanted and kernel != "nearest":
        arguments["antialias"] = boolean(bool(wanted["antialias"]) or kernel == "area")
    return [script.setting(calls, **arguments).importing("types")]
