"""Mend a pipeline's text, family by family: every mend returns the scripts that could be right, the likeliest first."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from pixelparity.diagnosis import mends_frames, mends_resize
from pixelparity.diagnosis.mends_context import Context
from pixelparity.diagnosis.mends_values import layout_before
from pixelparity.diagnosis.results import Cause
from pixelparity.diagnosis.script import Call, Script
from pixelparity.literals import integer

#: Families whose cause lies outside of the pipeline's text.
ELSEWHERE = {
    "postprocess": "it lies behind the model: mend the code that reads the model's outputs",
    "engine_numerics": "it lies in the engine: compare precision and plug-ins layer by layer",
    "batch_padding": "it lies in how requests are batched: send pictures of one size per batch, or pad each to its own size",
    "unexplained": "no family explains it, so there is nothing to change yet",
}


Mend = Callable[[Script, Cause, Context], list[Script]]


def variants(script: Script, cause: Cause, context: Context) -> list[Script]:
    """Return the mended scripts, those that change nothing left out; empty where no edit of the text can mend the cause."""
    mend = _MENDS.get(cause.family)
    found = mend(script, cause, context) if mend is not None else []
    return [one for one in dict.fromkeys(found) if one.source != script.source]


def why_not(script: Script, cause: Cause) -> str:
    """Say why a cause cannot be mended by an edit."""
    if cause.family in ELSEWHERE:
        return ELSEWHERE[cause.family]
    if cause.family in ("exif_orientation", "jpeg_chroma", "alpha_gray") and not _decoders(script):
        return "the pictures are decoded before they reach the pipeline: mend it in the client that sends them"
    wanted = cause.parameters.get("reference")
    if cause.family == "subpixel" and isinstance(wanted, Mapping) and wanted.get("centre", "half") != "half":
        return f"DALI's resize has half-pixel centres only, and the reference has another grid: {cause.fix}"
    if cause.family in ("antialias", "subpixel", "interpolation") and script.named("resize"):
        return "the pipeline's resize says what the reference does already: what was seen may be the effect of another cause"
    return "no single edit of the pipeline removes it: write the pipeline anew from the reference's recipe"


def _decoders(script: Script) -> list[Call]:
    return [call for call in script.calls if call.name.endswith("decoders.image")]


def _channel_order(script: Script, cause: Cause, context: Context) -> list[Script]:
    found = []
    for call in script.named("color_space_conversion"):
        found.append(script.without_call(call))
    for call in _decoders(script):
        now = script.value(call.argument("output_type")) or "RGB"
        other = "types.RGB" if now == "BGR" else "types.BGR"
        found.append(script.with_argument(call, "output_type", other).importing("types"))
    swap = "{prefix}.color_space_conversion({{}}, image_type=types.RGB, output_type=types.BGR)"
    for call in () if _decoders(script) else script.named("external_source")[:1]:
        found.append(script.after(call, swap.format(prefix=call.prefix)).importing("types"))
    axis = 2 if layout_before(script, None) == "HWC" else 0
    at = ", ".join([":"] * axis)
    parts = [f"{{0}}[{at + ', ' if at else ''}{integer(c)}:{integer(c + 1)}]" for c in (2, 1, 0)]
    prefix = script.calls[0].prefix if script.calls else "fn"
    if isinstance(script.result, ast.Name):  # the values were put in order after the colours were: swap the result
        found.append(script.around_result(f"{prefix}.cat({', '.join(parts)}, axis={integer(axis)})"))
    return found


def _layout(script: Script, cause: Cause, context: Context) -> list[Script]:
    found = []
    for call in script.named("reshape", "reinterpret"):
        if call.node.args:
            source = script.text(call.node.args[0])
            found.append(script.with_text(call.node, f"{call.prefix}.transpose({source}, perm=[2, 0, 1])"))
    for call in script.named("transpose"):
        found.append(script.with_argument(call, "perm", "[2, 0, 1]"))
        found.append(script.with_argument(call, "perm", "[1, 2, 0]"))
    return found


def _exif(script: Script, cause: Cause, context: Context) -> list[Script]:
    calls = _decoders(script)
    if not calls:
        return []
    off = script.value(calls[0].argument("adjust_orientation")) is False
    return [script.setting(calls, adjust_orientation=None if off else "False")]


def _alpha_gray(script: Script, cause: Cause, context: Context) -> list[Script]:
    calls = _decoders(script)
    return [script.setting(calls, output_type="types.RGB").importing("types")] if calls else []


def _chroma(script: Script, cause: Cause, context: Context) -> list[Script]:
    calls = [c for c in _decoders(script) if script.value(c.argument("device")) == "mixed"]
    return [script.setting(calls, jpeg_fancy_upsampling="True")] if calls else []


def _input_order(script: Script, cause: Cause, context: Context) -> list[Script]:
    for node in ast.walk(script.definition):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and len(node.value.elts) == 2:
            first, second = (script.text(part) for part in node.value.elts)
            return [script.with_text(node.value, f"{second}, {first}")]
    return []


_MENDS: dict[str, Mend] = {
    "channel_order": _channel_order,
    "layout": _layout,
    "antialias": mends_resize.antialias,
    "subpixel": mends_resize.subpixel,
    "interpolation": mends_resize.interpolation,
    "dtype": mends_resize.dtype,
    "target_size": mends_resize.target_size,
    "resize_mode": mends_resize.resize_mode,
    "rounding": mends_resize.rounding,
    "padding_value": mends_frames.padding_value,
    "padding_order": mends_frames.padding_value,
    "padding_position": mends_frames.padding_position,
    "exif_orientation": _exif,
    "alpha_gray": _alpha_gray,
    "jpeg_chroma": _chroma,
    "input_order": _input_order,
}
