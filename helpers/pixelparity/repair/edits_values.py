"""Mend what a pipeline's text does to values: scale, mean and standard deviation, in the place where they belong.

Both sides are maps from pixels 0..255 to what the model sees, ``gain * x + offset`` per channel. What a normalising call has
to do follows from what reaches it: with ``u = p x + q`` before it, ``(u - mean) / std`` is the reference's ``A x + B`` for
``std = p / A`` and ``mean = q - B std``.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity import literals
from pixelparity.diagnosis.families import registry
from pixelparity.diagnosis.results import Cause
from pixelparity.recipes import Normalize
from pixelparity.repair.script import Call, Script

Array = NDArray[np.float64]
#: The families that are mended together, as one map of values. A range that a decoder got wrong was clipped on the way.
FAMILIES = frozenset({*registry.value_families(), "per_image_normalize"} - {"colour_range"})
_USUAL = (1.0, 1 / 255, 1 / 127.5)  # what pixels are usually multiplied by before a normalisation
_CLOSE = 0.01
_NOTHING = 1e-6  # of white: what float32 leaves of a mean that was measured as 0


def acts_on_values(cause: Cause) -> bool:
    """Tell whether a cause is mended by constants, together with all others of that sort."""
    return cause.family in FAMILIES and cause.parameters.get("side") != "training"


@dataclass(frozen=True, kw_only=True)
class Values:
    """A map from pixels 0..255: ``gain * x + offset``, one number or one per channel."""

    gain: Array
    offset: Array


PIXELS = Values(gain=np.ones(1), offset=np.zeros(1))


def from_parts(parts: Mapping[str, Any]) -> Values:
    """Read ``(x * scale - mean) / std`` as a cause's parameters give it."""
    scale = float(parts.get("scale", 1.0))
    scale = next((s for s in _USUAL if abs(scale / s - 1) < 1e-4), scale)
    mean, std = (np.atleast_1d(np.asarray(parts[name], dtype=np.float64)) for name in ("mean", "std"))
    return Values(gain=scale / std, offset=-mean / std)


def from_step(step: Normalize) -> Values:
    """Read a recipe's normalisation of pixels."""
    mean, std = np.asarray(step.mean, dtype=np.float64), np.asarray(step.std, dtype=np.float64)
    return Values(gain=step.scale / std, offset=-mean / std)


def goal(causes: Sequence[Cause], reference: Normalize | None) -> tuple[Values, Values] | None:
    """Return the reference's and the deployed map that the value causes tell of; ``None`` where they do not tell.

    A reference recipe's constants are exact, so they are preferred to those that were measured.
    """
    told = [
        c.parameters
        for c in causes
        if isinstance(c.parameters.get("reference"), Mapping) and "std" in c.parameters["reference"]
    ]
    if told:
        return (from_step(reference) if reference else from_parts(told[-1]["reference"])), from_parts(
            told[0]["deployed"]
        )
    if reference is not None and any(c.family == "per_image_normalize" for c in causes):
        return from_step(reference), PIXELS
    slope, offset = np.ones(1), np.zeros(1)
    for cause in causes:  # deployed = slope * reference + offset, one cause after the other
        own = cause.parameters
        k = np.atleast_1d(np.asarray(own.get("slope", own.get("factor", np.nan)), dtype=np.float64))
        offset = offset + slope * np.atleast_1d(np.asarray(own.get("offset", 0.0), dtype=np.float64))
        slope = slope * k
    if not np.isfinite(slope).all() or not slope.all():
        return None
    return Values(gain=1 / slope, offset=-offset / slope), PIXELS


def variants(script: Script, wanted: Values, deployed: Values) -> list[Script]:
    """Return the script mended in every sensible place, the likeliest first."""
    calls = script.named("crop_mirror_normalize", "normalize")
    if len(calls) == 1:
        return _in_call(script, calls[0], wanted, deployed)
    if calls:  # several: one of them is too many, or something is missing behind them all
        return [script.without_call(call) for call in reversed(calls)] + _inserted(script, wanted, deployed)
    return _without_division(script, wanted, deployed) + _inserted(script, wanted, deployed)


def _in_call(script: Script, call: Call, wanted: Values, deployed: Values) -> list[Script]:
    own = own_map(script, call)
    before = PIXELS
    if own is not None:
        # Constants are looked at in both channel orders: one of them explains what reaches the call by one number.
        options = [_before(own, deployed), _before(own, Values(gain=deployed.gain[::-1], offset=deployed.offset[::-1]))]
        before = min(options, key=lambda v: float(np.ptp(v.gain) / np.abs(v.gain).mean()))
    mean, std = _constants(before, wanted)
    names = ("mean", "std") if call.name == "crop_mirror_normalize" else ("mean", "stddev")
    if np.all(mean == 0) and np.all(std == 1) and call.name == "normalize":
        return [script.without_call(call)]
    layout = layout_before(script, call)
    for name, numbers in zip(names, (mean, std), strict=True):
        again = _again(script, call)
        as_list = call.name == "crop_mirror_normalize"
        script = script.with_argument(
            again, name, listed(numbers, 3) if as_list else written(numbers, again.prefix, layout)
        )
    script = script.without_arguments(_again(script, call), "scale", "shift", "batch", "axes", "axis_names")
    return [script]


def own_map(script: Script, call: Call) -> Values | None:
    """Return what a normalising call does to what reaches it, where its constants can be read."""
    std_name = "std" if call.name == "crop_mirror_normalize" else "stddev"
    read = {name: flat(script, call.argument(name)) for name in ("mean", std_name, "scale", "shift")}
    if call.name == "normalize" and (read["mean"] is None or read[std_name] is None):
        return None
    mean, std = read["mean"], read[std_name]
    mean, std = np.zeros(1) if mean is None else mean, np.ones(1) if std is None else std
    scale = np.ones(1) if read["scale"] is None else read["scale"]
    shift = np.zeros(1) if read["shift"] is None else read["shift"]
    return Values(gain=scale / std, offset=shift - mean * scale / std)


def _before(own: Values, deployed: Values) -> Values:
    """Return the map from pixels to what reaches a call, from what the call does and what comes out of it all."""
    gain = deployed.gain / own.gain
    offset = (deployed.offset - own.offset) / own.gain
    usual = next((u for u in _USUAL if np.abs(gain / u - 1).max() < _CLOSE), None)
    if usual is not None and np.abs(offset).max() < _CLOSE * 255 * usual:
        return Values(gain=np.full(1, usual), offset=np.zeros(1))
    return Values(gain=gain, offset=offset)


def _constants(before: Values, wanted: Values) -> tuple[Array, Array]:
    std = before.gain / wanted.gain
    mean = before.offset - wanted.offset * std
    brightest = 255 * float(np.abs(before.gain).max())  # what white is in the units in which the mean is
    return tidy(np.where(np.abs(mean) < _NOTHING * brightest, 0.0, mean)), tidy(std)


def _inserted(script: Script, wanted: Values, deployed: Values) -> list[Script]:
    """Return the script with a normalising line: after the cast, else before the layout changes, and at the very end."""
    mean, std = _constants(deployed, wanted)
    found = []
    place = last_in_pixels(script)
    if place is not None:
        layout = layout_before(script, place)
        found.append(script.after(place, _line(place.prefix, mean, std, layout)))
    prefix = script.calls[0].prefix if script.calls else "fn"
    at_end = script.around_result(_line(prefix, mean, std, layout_before(script, None)))
    late = place is not None and _arithmetic_after(script, place)
    return [at_end, *found] if late or not found else [*found, at_end]


def _line(prefix: str, mean: Array, std: Array, layout: str) -> str:
    return f"{prefix}.normalize({{}}, mean={written(mean, prefix, layout)}, stddev={written(std, prefix, layout)})"


def last_in_pixels(script: Script) -> Call | None:
    """Return the call after which values are normalised: the last cast, or the last one before the layout changes."""
    pictures = [c for c in script.calls if c.name in _PICTURES]
    moves = next((i for i, c in enumerate(pictures) if layout_after(script, c, "HWC") != "HWC"), len(pictures))
    early = pictures[:moves]
    casts = [c for c in early if c.name == "cast"]
    return casts[-1] if casts else early[-1] if early else None


_PICTURES = frozenset(
    {"resize", "crop", "cast", "pad", "paste", "transpose", "slice", "flip", "color_space_conversion", "decoders.image",
     "external_source", "crop_mirror_normalize", "experimental.decoders.image", "reshape", "reinterpret"}
)  # fmt: skip


def layout_before(script: Script, call: Call | None) -> str:
    """Return HWC or CHW: the layout of what reaches a call (or, for ``None``, of the result)."""
    layout = "HWC"
    for each in script.calls:
        if call is not None and each.node is call.node:
            break
        layout = layout_after(script, each, layout)
    return layout


def layout_after(script: Script, call: Call, before: str) -> str:
    """Return the layout after a call."""
    if call.name == "transpose":
        order = script.value(call.argument("perm"))
        return {(2, 0, 1): "CHW", (1, 2, 0): "HWC"}.get(order, before) if isinstance(order, tuple) else before
    if call.name == "crop_mirror_normalize":
        return str(script.value(call.argument("output_layout")) or "CHW")
    if call.name in ("reshape", "reinterpret"):
        shape = script.value(call.argument("shape"))
        planes = isinstance(shape, tuple) and len(shape) == 3 and shape[0] in (1, 3) and shape[2] not in (1, 3)
        return "CHW" if planes or script.value(call.argument("layout")) == "CHW" else before
    return before


def _arithmetic_after(script: Script, call: Call) -> bool:
    return any(node.lineno > call.node.lineno for node in _divisions(script))


def _divisions(script: Script) -> list[ast.BinOp]:
    """Return the divisions by a number, and products with one, that are no arguments of a call."""
    inside = {id(n) for call in script.calls for k in call.node.keywords for n in ast.walk(k.value)}
    nodes = (n for n in ast.walk(script.definition) if isinstance(n, ast.BinOp) and id(n) not in inside)
    return [
        n
        for n in nodes
        if isinstance(n.op, ast.Div | ast.Mult | ast.Sub | ast.Add) and flat(script, n.right) is not None
    ]


def _without_division(script: Script, wanted: Values, deployed: Values) -> list[Script]:
    """Return the script with a superfluous ``/ number`` taken out, where that is all that is wrong."""
    mean, std = _constants(deployed, wanted)
    found = []
    for node in _divisions(script):
        number = flat(script, node.right)
        is_all = isinstance(node.op, ast.Div) and number is not None and np.allclose(std * number, 1, rtol=_CLOSE)
        if is_all and np.allclose(mean, 0, atol=1e-9):
            found.append(script.with_text(node, script.text(node.left)))
    return found


def _again(script: Script, call: Call) -> Call:
    """Return the same call in an edited script."""
    return script.named(call.name)[0]


def flat(script: Script, expression: ast.expr | None) -> Array | None:
    """Return the numbers written in an expression, wrapped in an array or a constant or not; ``None`` where there are none."""
    if expression is None:
        return None
    value = script.value(expression)
    if value is None and isinstance(expression, ast.Call):
        inner = [*expression.args[:1], *(k.value for k in expression.keywords if k.arg in ("fdata", "idata", "value"))]
        return flat(script, inner[0]) if inner else None
    try:
        numbers = np.ravel(np.asarray(value, dtype=np.float64))
    except (TypeError, ValueError):
        return None
    return numbers if numbers.size and np.isfinite(numbers).all() else None


def tidy(numbers: Array) -> Array:
    """Round to seven digits, which is all that float32 holds; equal channels become one number."""
    rounded = np.array([float(f"{v:.7g}") + 0.0 for v in np.atleast_1d(numbers)])
    rounded = np.where(np.abs(rounded) < 1e-9, 0.0, rounded)
    return rounded[:1] if np.ptp(rounded) <= 1e-6 * np.abs(rounded).max() else rounded


def written(numbers: Array, prefix: str, layout: str) -> str:
    """Return numbers as an argument of ``fn.normalize``: one number, or a constant that broadcasts over the channels."""
    if len(numbers) == 1:
        return literals.decimal(numbers[0])
    shape = [1, 1, len(numbers)] if layout == "HWC" else [len(numbers), 1, 1]
    return f"{prefix}.constant(fdata={listed(numbers)}, shape={literals.listed(shape, literals.integer)})"


def listed(numbers: Array, count: int = 1) -> str:
    """Return numbers as a list; one number is repeated ``count`` times."""
    values = [float(n) for n in numbers] * (count if len(numbers) == 1 else 1)
    return literals.listed(values, literals.decimal)
