"""Mend how a pipeline's text crops and pads: window, position and fill."""

from __future__ import annotations

from typing import Any

import numpy as np

from pixelparity.diagnosis.results import Cause
from pixelparity.literals import decimal, integer, listed, paired
from pixelparity.recipes import Crop, Pad
from pixelparity.repair.edit_table import edits
from pixelparity.repair.edits_context import Context
from pixelparity.repair.edits_values import PIXELS, Values, flat, own_map, tidy
from pixelparity.repair.script import Call, Script


def framed(script: Script, context: Context) -> Script:
    """Bring the crop or pad behind the resize to what the reference's recipe has there."""
    crop, pad = context.step(Crop), context.step(Pad)
    own = script.named("crop")
    resize = script.named("resize")[-1]
    fused = [c for c in script.named("crop_mirror_normalize") if c.has("crop", "crop_h")]
    if context.reference is None or fused:
        return script
    step = crop or pad
    if own and step is None:
        return script.without_call(own[0])
    if step is None or step.height is None or step.width is None:
        return script
    if own:
        now = script.value(own[0].argument("crop"))
        same = now is None or now == (step.height, step.width)
        return script if same else script.with_argument(own[0], "crop", _window(step.height, step.width))
    padded = pad is not None or step.out_of_bounds == "pad"
    fill = f", fill_values={listed_fill(step.fill)}" if padded and set(step.fill) != {0.0} else ""
    policy = f', out_of_bounds_policy="pad"{fill}' if padded else ""
    return script.after(resize, f"{resize.prefix}.crop({{}}, crop={_window(step.height, step.width)}{policy})")


def listed_fill(fill: tuple[float, ...]) -> str:
    """Return a fill as an argument: one number if all channels are equal."""
    return decimal(fill[0]) if len(set(fill)) == 1 else listed(fill, decimal)


def _window(height: object, width: object) -> str:
    return paired((height, width), integer)


def anchored(script: Script, anchor: str) -> list[Script]:
    """Move the crop window to the centre, the start or the end of the picture."""
    place = {"centre": "0.5", "start": "0.0", "end": "1.0"}.get(anchor)
    calls = [c for c in script.named("crop", "crop_mirror_normalize") if c.has("crop", "crop_h")]
    if place is None or not calls:
        return []
    return [script.setting(calls, crop_pos_x=place, crop_pos_y=place)]


@edits("padding_value", "padding_order")
def padding_value(script: Script, cause: Cause, context: Context) -> list[Script]:
    """Fill with the reference's colour: in pixels, and, where the padding comes after normalising, in its units."""
    given = cause.parameters.get("reference")
    if given is None:
        return []
    pixels = tidy(np.asarray(given, dtype=np.float64))
    early = [PIXELS, context.wanted or PIXELS]
    found = []
    for number, call in enumerate(script.calls):
        own = _map_before(script, number)
        for units in early if own is None else [context.wanted or own, PIXELS]:
            fill = tidy(units.gain * pixels + units.offset)
            is_bytes = own is None and not any(_makes_floats(script, one) for one in script.calls[:number])
            if not is_bytes or (fill.min() >= 0 and fill.max() <= 255):  # in bytes there is no other colour
                found += _filled(script, call, tuple(fill.tolist()))
    return found


def _map_before(script: Script, number: int) -> Values | None:
    """Return what the text has done to pixels before a call; ``None`` where it has not normalised them yet."""
    normalising = [c for c in script.calls[:number] if c.name in ("normalize", "crop_mirror_normalize")]
    if not normalising:
        return None
    only = own_map(script, normalising[0]) if len(normalising) == 1 else None
    return only or PIXELS


def _makes_floats(script: Script, call: Call) -> bool:
    return script.value(call.argument("dtype")) in ("FLOAT", "FLOAT16")


def _filled(script: Script, call: Call, fill: tuple[float, ...]) -> list[Script]:
    if script.value(call.argument("out_of_bounds_policy")) == "pad":
        return [script.with_argument(call, "fill_values", listed_fill(fill))]
    if call.name == "pad":
        if len(set(fill)) > 1:
            return _pad_as_crop(script, call, fill, centred=False)
        return [script.with_argument(call, "fill_value", decimal(fill[0]))]
    if call.name == "paste":
        whole = [round(v) for v in (fill * 3 if len(fill) == 1 else fill)]
        return [script.with_argument(call, "fill_value", listed(whole, integer))]
    return []


def _pad_as_crop(script: Script, call: Call, fill: tuple[float, ...], *, centred: bool) -> list[Script]:
    """Write ``fn.pad`` as ``fn.crop``, which can centre the picture and fill each channel with its own number."""
    shape = script.value(call.argument("shape"))
    if not isinstance(shape, tuple) or len(shape) < 2 or not call.node.args:
        return []
    text = f'{call.prefix}.crop({script.text(call.node.args[0])}, crop={_window(shape[0], shape[1])}, out_of_bounds_policy="pad"'
    text += f", fill_values={listed_fill(fill)}" if set(fill) != {0.0} else ""
    text += ")" if centred else ", crop_pos_x=0.0, crop_pos_y=0.0)"
    return [script.with_text(call.node, text)]


@edits("padding_position")
def padding_position(script: Script, cause: Cause, _context: Context) -> list[Script]:
    """Put the picture where it lies in the reference's padded tensor."""
    wanted = str(cause.parameters.get("reference", ""))
    places = {"centre": ["0.5"], "start": ["0.0"], "end": ["1.0"]}.get(wanted, ["0.0", "0.5"])
    found = []
    for place in places:
        for call in script.calls:
            if script.value(call.argument("out_of_bounds_policy")) == "pad":
                found.append(script.setting([call], crop_pos_x=place, crop_pos_y=place))
            elif call.name == "paste":
                found.append(script.setting([call], paste_x=place, paste_y=place))
            elif call.name == "pad" and place == "0.5":
                fill = flat(script, call.argument("fill_value"))
                found += _pad_as_crop(script, call, (0.0,) if fill is None else tuple(fill.tolist()), centred=True)
    return found


@edits("padding_rule")
def padding_rule(script: Script, cause: Cause, _context: Context) -> list[Script]:
    """Pad to the size that the reference pads to: a multiple, a square, one size, or not at all."""
    told = cause.parameters
    rule = dict(told.get("reference") or {})
    calls = [c for c in script.calls if c.name == "pad" or script.value(c.argument("out_of_bounds_policy")) == "pad"]
    if rule.get("rule") == "none":
        return [script.without_call(call) for call in calls[:1]]
    if not calls:
        pixels = told.get("fill", (0.0,))
        fill = "" if not any(pixels) else f", fill_values={listed_fill(tuple(pixels))}"
        place = "" if told.get("position") == "centre" else ", crop_pos_x=0.0, crop_pos_y=0.0"
        sources = script.named("resize") or script.named("external_source")
        if not sources:
            return []
        window = f'{sources[-1].prefix}.crop({{}}, crop=(0, 0), out_of_bounds_policy="pad"{place}{fill})'
        script = script.after(sources[-1], window)
        calls = script.named("crop")
    return [changed for call in calls[-1:] for changed in _padded_to(script, call, rule)]


def _padded_to(script: Script, call: Call, rule: dict[str, Any]) -> list[Script]:
    """Return the script with another size in a call that pads; a crop is given the size, ``fn.pad`` what it rounds up to."""
    if call.name == "pad":
        wanted = {"fixed": rule.get("size"), "multiple": (1, 1)}.get(str(rule.get("rule")))
        if wanted is None:
            return []
        # Where a shape is given, DALI pads each picture by itself; without one, to the largest of the batch.
        step = f"({integer(rule['divisor'])}, {integer(rule['divisor'])})" if rule["rule"] == "multiple" else None
        return [script.setting([call], axes="(0, 1)", shape=_window(*wanted), align=step)]
    if rule.get("rule") == "fixed":
        return [_framed_by(script, call, _window(*rule["size"]))]
    if not call.node.args:
        return []
    shape = f'shape = {call.prefix}.cast({script.text(call.node.args[0])}.shape(device="cpu"), dtype=types.INT64)[0:2]'
    if rule.get("rule") == "multiple":
        step, less = integer(rule["divisor"]), integer(rule["divisor"] - 1)
        canvas = f"canvas = (shape + {less}) // {step} * {step}"
    else:
        canvas = "canvas = shape * 0 + math.max(shape[0], shape[1])"
    number = script.named(call.name).index(call)
    changed = script.before_line(call.statement, f"{shape}\n{canvas}")
    changed = _framed_by(changed, changed.named(call.name)[number], f"{call.prefix}.cast(canvas, dtype=types.FLOAT)")
    return [changed.importing("types", *(["math"] if "math." in canvas else []))]


def _framed_by(script: Script, call: Call, size: str) -> Script:
    """Return the script with another window of a call, given as one argument."""
    return script.exchanging(call, ("crop", "crop_h", "crop_w"), f"crop={size}")
