"""Mend a pipeline's text, family by family: every mend returns the scripts that could be right, the likeliest first."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from pixelparity.diagnosis import families
from pixelparity.diagnosis.results import Cause
from pixelparity.literals import integer
from pixelparity.repair import edits_placement, edits_resize, edits_values  # noqa: F401 - they enter their edits
from pixelparity.repair.edit_table import edit_of, edits
from pixelparity.repair.edits_context import Context
from pixelparity.repair.edits_values import layout_before
from pixelparity.repair.script import Call, Script


def variants(script: Script, cause: Cause, context: Context) -> list[Script]:
    """Return the mended scripts, those that change nothing left out; empty where no edit of the text can mend the cause."""
    edit = edit_of(cause.family)
    found = edit(script, cause, context) if edit is not None else []
    return [one for one in dict.fromkeys(found) if one.source != script.source]


def has_edit(family: str) -> bool:
    """Say whether a family is mended by an edit of the pipeline's text."""
    return edit_of(family) is not None or family in edits_values.FAMILIES


def why_not(script: Script, cause: Cause) -> str:
    """Say why a cause cannot be mended by an edit."""
    if elsewhere := families.of(cause.family).elsewhere:
        return elsewhere
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


@edits("channel_order")
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


@edits("layout")
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


@edits("exif_orientation")
def _exif(script: Script, cause: Cause, context: Context) -> list[Script]:
    calls = _decoders(script)
    if not calls:
        return []
    off = script.value(calls[0].argument("adjust_orientation")) is False
    return [script.setting(calls, adjust_orientation=None if off else "False")]


@edits("alpha_gray")
def _alpha_gray(script: Script, cause: Cause, context: Context) -> list[Script]:
    calls = _decoders(script)
    return [script.setting(calls, output_type="types.RGB").importing("types")] if calls else []


@edits("jpeg_chroma")
def _chroma(script: Script, cause: Cause, context: Context) -> list[Script]:
    calls = [c for c in _decoders(script) if script.value(c.argument("device")) == "mixed"]
    return [script.setting(calls, jpeg_fancy_upsampling="True")] if calls else []


@edits("input_order")
def _input_order(script: Script, cause: Cause, context: Context) -> list[Script]:
    for node in ast.walk(script.definition):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and len(node.value.elts) == 2:
            first, second = (script.text(part) for part in node.value.elts)
            return [script.with_text(node.value, f"{second}, {first}")]
    return []
