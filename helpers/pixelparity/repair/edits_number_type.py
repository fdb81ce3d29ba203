"""Mend the number types of a pipeline's text: whole levels or fractions, float16, signed bytes, values cut off as bytes."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from pixelparity.diagnosis.results import Cause
from pixelparity.repair.edit_table import edits
from pixelparity.repair.edits_context import Context
from pixelparity.repair.script import Call, Script

_LEVELS = {"none": "none", "float32": "none", "round": "round", "uint8": "round", "floor": "floor"}


@edits("dtype")
def dtype(script: Script, cause: Cause, _context: Context) -> list[Script]:
    """Round to whole levels, cut off or keep fractions where the reference does, and nowhere else."""
    what = cause.parameters.get("what")
    if what == "float16":
        return _as_float(script, "FLOAT16") or [_through_float16(script)]
    if what == "clipped":
        return _as_float(script, "UINT8")
    if what == "signed":
        return _typed(script, "INT8", "UINT8")
    return _levelled(script, _wanted_levels(cause.parameters)) + _as_float(script, "FLOAT16")


def _wanted_levels(told: Mapping[str, Any]) -> str:
    """Return what the reference does with fractions behind its resize: none (kept), round, floor; or ``any`` but floor."""
    if told.get("what") == "unrounded":
        return "round" if told.get("side") == "deployed" else "none"
    if told.get("what") == "truncated":
        return "floor" if told.get("side") == "training" else "any"
    return _LEVELS.get(str(told.get("reference")), "")


def _levelled(script: Script, wanted: str) -> list[Script]:
    """Return the script whose resizes leave levels as they are wanted; the likeliest of several first."""
    if wanted == "floor" or not _floors(script):
        return _resized_to(script, wanted)
    ways = {"round": [True], "none": [False]}.get(wanted, [True, False])
    return [_without_floors(script, rounds=rounds) for rounds in ways]


def _floors(script: Script) -> list[tuple[Call, ast.Call]]:
    """Return the casts to bytes of what a floor has cut off, each with that floor."""
    casts = [call for call in script.named("cast") if script.value(call.argument("dtype")) == "UINT8"]
    inner = [(call, call.node.args[0]) for call in casts if call.node.args]
    return [(call, node) for call, node in inner if isinstance(node, ast.Call) and _dotted_end(node) == "floor"]


def _dotted_end(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _without_floors(script: Script, *, rounds: bool) -> Script:
    """Take floors out, so that the cast rounds; with ``rounds`` false the cast goes too, and fractions are kept."""
    while found := _floors(script):
        call, floor = found[0]
        script = script.with_text(floor if rounds else call.node, script.text(floor.args[0]))
    return script


def _resized_to(script: Script, wanted: str) -> list[Script]:
    resizes = script.named("resize")
    if not resizes or wanted not in ("none", "round", "floor"):
        return []
    kind = "UINT8" if wanted == "round" else "FLOAT"
    changed = script.setting(resizes, dtype=f"types.{kind}").importing("types")
    if wanted != "floor":
        return [changed]
    for number in range(len(resizes)):
        call = changed.named("resize")[number]
        changed = changed.after(call, f"{call.prefix}.cast(math.floor({{}}), dtype=types.UINT8)")
    return [changed.importing("math")]


def _as_float(script: Script, kind: str) -> list[Script]:
    return _typed(script, kind, "FLOAT")


def _typed(script: Script, kind: str, wanted: str) -> list[Script]:
    """Return, for each call that gives its result a type, the script in which it gives the wanted one."""
    names = ("cast", "crop_mirror_normalize", "normalize", "reinterpret", "external_source")
    calls = [call for call in script.named(*names) if script.value(call.argument("dtype")) == kind]
    return [script.with_argument(call, "dtype", f"types.{wanted}") for call in calls]


def _through_float16(script: Script) -> Script:
    prefix = script.calls[0].prefix if script.calls else "fn"
    rounded = f"{prefix}.cast({prefix}.cast({{}}, dtype=types.FLOAT16), dtype=types.FLOAT)"
    return script.around_result(rounded).importing("types")
