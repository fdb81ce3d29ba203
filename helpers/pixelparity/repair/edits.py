"""Mend a pipeline's text, family by family: every mend returns the scripts that could be right, the likeliest first."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from pixelparity.diagnosis import families
from pixelparity.diagnosis.results import Cause
from pixelparity.literals import decimal, identifier, integer
from pixelparity.repair import (  # noqa: F401
    edits_number_type,
    edits_placement,
    edits_resize,
    edits_size,
    edits_statistics,
    edits_tones,
)
from pixelparity.repair.edit_table import edit_of, edits
from pixelparity.repair.edits_context import Context
from pixelparity.repair.edits_values import FAMILIES, layout_before
from pixelparity.repair.script import Call, Script


def variants(script: Script, cause: Cause, context: Context) -> list[Script]:
    """Return the mended scripts, those that change nothing left out; empty where no edit of the text can mend the cause."""
    return [one for one in dict.fromkeys(_edited(script, cause, context)) if one.source != script.source]


def _edited(script: Script, cause: Cause, context: Context) -> list[Script]:
    edit = edit_of(cause.family)
    return edit(script, cause, context) if edit is not None else []


def has_edit(family: str) -> bool:
    """Say whether a family is mended by an edit of the pipeline's text."""
    return edit_of(family) is not None or family in FAMILIES


def why_not(script: Script, cause: Cause, context: Context | None = None) -> str:
    """Say why a cause cannot be mended by an edit."""
    if elsewhere := families.of(cause.family).elsewhere:
        return elsewhere
    if reason := objection(script, cause, context):
        return reason
    wanted = cause.parameters.get("reference")
    if cause.family == "subpixel" and isinstance(wanted, Mapping) and wanted.get("centre", "half") != "half":
        return f"DALI's resize has half-pixel centres only, and the reference has another grid: {cause.fix}"
    return "no single edit of the pipeline removes it: write the pipeline anew from the reference's recipe"


def objection(script: Script, cause: Cause, context: Context | None = None) -> str:
    """Say what in this text speaks against the mend that is usual for a cause; empty where nothing does."""
    if cause.family in ("exif_orientation", "jpeg_chroma", "alpha_gray") and not _decoders(script):
        return "the pictures are decoded before they reach the pipeline: mend it in the client that sends them"
    found = _edited(script, cause, context or Context())
    if found and all(one.source == script.source for one in found):
        return "the pipeline says what the reference does already: what was seen may be the effect of another cause"
    return ""


def _decoders(script: Script) -> list[Call]:
    return [call for call in script.calls if call.name.endswith("decoders.image")]


@edits("channel_order")
def _channel_order(script: Script, _cause: Cause, _context: Context) -> list[Script]:
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
def _layout(script: Script, cause: Cause, _context: Context) -> list[Script]:
    mistake = str(cause.parameters.get("reference", "right"))
    if mistake != "right":
        return _mislaid(script, mistake)
    found = []
    for call in script.named("reshape", "reinterpret"):
        if call.node.args:
            source = script.text(call.node.args[0])
            found.append(script.with_text(call.node, f"{call.prefix}.transpose({source}, perm=[2, 0, 1])"))
    for call in script.named("transpose"):
        found.append(script.with_argument(call, "perm", "[2, 0, 1]"))
        found.append(script.with_argument(call, "perm", "[1, 2, 0]"))
    return found


def _mislaid(script: Script, mistake: str) -> list[Script]:
    """Return the script with the reference's own mistake in the place of the transpose: the model was trained on it."""
    found = []
    for call in script.named("transpose"):
        if mistake == "hwc_read_as_chw" and call.node.args:
            source = script.text(call.node.args[0])
            found.append(script.with_text(call.node, f"{call.prefix}.reshape({source}, src_dims=[2, 0, 1])"))
        elif mistake == "transposed":
            found.append(script.with_argument(call, "perm", "[2, 1, 0]"))
    return found


@edits("exif_orientation")
def _exif(script: Script, _cause: Cause, _context: Context) -> list[Script]:
    calls = _decoders(script)
    if not calls:
        return []
    off = script.value(calls[0].argument("adjust_orientation")) is False
    return [script.setting(calls, adjust_orientation=None if off else "False")]


@edits("alpha_gray")
def _alpha_gray(script: Script, cause: Cause, _context: Context) -> list[Script]:
    calls, kind = _decoders(script), _decoded_to(cause.parameters)
    if not calls or not kind:
        return []
    return [script.setting(calls, output_type=f"types.{identifier(kind)}").importing("types")]


def _decoded_to(told: Mapping[str, Any]) -> str:
    """Return what the reference decodes to; empty where no decoder does it: other weights of grey, alpha that is blended."""
    wanted = told.get("reference", 3)
    count = wanted.get("channels") if isinstance(wanted, Mapping) else wanted
    if told.get("side") == "reference":
        return "" if "background" in told else "GRAY"
    return {1: "GRAY", 3: "RGB"}.get(count, "") if isinstance(count, int) else ""


@edits("colour_range")
def _colour_range(script: Script, cause: Cause, _context: Context) -> list[Script]:
    """Stretch pixels back where they come in; what a decoder has clipped, and another matrix, no line brings back."""
    slope, offset = (cause.parameters.get(name) for name in ("slope", "offset"))
    calls = _decoders(script) or script.named("external_source")
    if not slope or offset is None or not calls:
        return []
    back = f"{calls[0].prefix}.cast(({{}} - {decimal(offset)}) / {decimal(slope)}, dtype=types.UINT8)"
    return [script.after(calls[0], back).importing("types")]


@edits("jpeg_chroma")
def _chroma(script: Script, _cause: Cause, _context: Context) -> list[Script]:
    calls = [c for c in _decoders(script) if script.value(c.argument("device")) == "mixed"]
    return [script.setting(calls, jpeg_fancy_upsampling="True")] if calls else []


@edits("input_order")
def _input_order(script: Script, _cause: Cause, _context: Context) -> list[Script]:
    for node in ast.walk(script.definition):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and len(node.value.elts) == 2:
            first, second = (script.text(part) for part in node.value.elts)
            return [script.with_text(node.value, f"{second}, {first}")]
    return []
