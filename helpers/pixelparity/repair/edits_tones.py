"""Mend tones and clips of a pipeline's text: an inversion, a gamma, values cut off."""

from __future__ import annotations

import ast

from pixelparity.diagnosis.results import Cause
from pixelparity.literals import decimal
from pixelparity.repair.edit_table import edits
from pixelparity.repair.edits_context import Context
from pixelparity.repair.script import Call, Script

_WHITE = 255


@edits("tone")
def tone(script: Script, cause: Cause, _context: Context) -> list[Script]:
    """Invert, or raise to a power, where the training does; leave out what it does not do."""
    told = cause.parameters
    if told.get("kind") == "inverted":
        if told.get("side") == "training":
            prefix = script.calls[0].prefix if script.calls else "fn"
            return _on_pixels(script, f"{prefix}.cast({_WHITE} - {{}}, dtype=types.UINT8)", "types")
        return [script.with_text(node, script.text(node.right)) for node in _inversions(script)]
    exponent, other = told.get("reference"), told.get("deployed")
    if isinstance(exponent, int | float) and other == 1:
        return _on_pixels(script, f"{_WHITE} * math.pow({{}} / {_WHITE}.0, {decimal(exponent)})", "math")
    return [script.with_text(node, text) for node, text in _powers(script)] if exponent == 1 else []


@edits("value_clip")
def value_clip(script: Script, cause: Cause, _context: Context) -> list[Script]:
    """Cut values off between the training's bounds, or nowhere."""
    bounds = cause.parameters.get("reference")
    script = _without_clamps(script)
    if bounds is None:
        return [script]
    low, high = bounds
    if low is None or high is None:
        clamp = f"math.max({{}}, {decimal(low)})" if low is not None else f"math.min({{}}, {decimal(high)})"
    else:
        clamp = f"math.clamp({{}}, {decimal(low)}, {decimal(high)})"
    if cause.parameters.get("unit") == "levels":
        return _on_pixels(script, clamp, "math")
    return [script.around_result(clamp).importing("math")]


def _on_pixels(script: Script, expression: str, *names: str) -> list[Script]:
    """Return the script with something done to the pixels as they come in."""
    calls = _inputs(script)
    return [script.after(calls[0], expression).importing(*names)] if calls else []


def _inputs(script: Script) -> list[Call]:
    decoders = [call for call in script.calls if call.name.endswith("decoders.image")]
    return decoders or script.named("external_source")


def _inversions(script: Script) -> list[ast.BinOp]:
    """Return what is written as 255 - x."""
    nodes = (
        node for node in ast.walk(script.definition) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)
    )
    return [node for node in nodes if script.value(node.left) in (_WHITE, float(_WHITE))]


def _powers(script: Script) -> list[tuple[ast.BinOp, str]]:
    """Return what is written as a * math.pow(x / a, g), each with the text of x."""
    found = []
    for node in ast.walk(script.definition):
        if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and isinstance(node.right, ast.Call)):
            continue
        base = node.right.args[0] if node.right.args else None
        named = isinstance(node.right.func, ast.Attribute) and node.right.func.attr == "pow"
        if named and isinstance(base, ast.BinOp) and isinstance(base.op, ast.Div):
            found.append((node, script.text(base.left)))
    return found


def _without_clamps(script: Script) -> Script:
    while clamps := _clamps(script):
        script = script.with_text(clamps[0], script.text(clamps[0].args[0]))
    return script


def _clamps(script: Script) -> list[ast.Call]:
    calls = (node for node in ast.walk(script.definition) if isinstance(node, ast.Call) and node.args)
    named = ("clamp", "min", "max")
    return [node for node in calls if isinstance(node.func, ast.Attribute) and node.func.attr in named]
