"""Mend the sizes of a pipeline's text: how large a resize makes pictures, by which edge, and which whole number comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pixelparity.diagnosis.results import Cause
from pixelparity.literals import identifier, integer, paired, string
from pixelparity.recipes import Resize
from pixelparity.repair.edit_table import edits
from pixelparity.repair.edits_context import Context
from pixelparity.repair.edits_placement import anchored, framed
from pixelparity.repair.edits_values import flat
from pixelparity.repair.script import Call, Script

_SIZES = ("size", "mode", "resize_x", "resize_y", "resize_shorter", "resize_longer", "max_size")
_BOXED = ("stretch", "not_larger", "not_smaller")
Pair = tuple[int, int]


@edits("target_size")
def target_size(script: Script, cause: Cause, context: Context) -> list[Script]:
    """Put the reference's size in place of the deployed one.

    A size of both edges is that of the windows behind it, too, where they have the deployed one; one edge is the resize's alone.
    """
    wanted, now = _pair(cause.parameters.get("reference")), _pair(cause.parameters.get("deployed"))
    if wanted is None or wanted == now:  # the tensors have one size, the pictures in them have not
        zoom = cause.parameters.get("zoom")
        return resize_mode(script, cause, context) + (_zoomed(script, zoom) if zoom else [])
    everywhere = script
    for name in ("resize", "crop", "crop_mirror_normalize", "pad"):
        for number in range(len(script.named(name))):
            everywhere = _edges(_boxes(everywhere, name, number, wanted, now), name, number, wanted)
    aim = _aim(context, cause)
    if aim is not None and aim.mode not in _BOXED:
        return [*resize_mode(script, cause, context), everywhere]
    return [everywhere]


def _boxes(script: Script, name: str, number: int, wanted: Pair, now: Pair | None) -> Script:
    """Change the sizes of both edges that a call is given, where they are the deployed one."""
    for argument in ("size", "crop", "shape"):
        call = script.named(name)[number]
        old = script.value(call.argument(argument))
        if isinstance(old, tuple) and (now is None or tuple(map(int, old[:2])) == now):
            script = script.with_argument(call, argument, paired((*wanted, *old[2:])))
    return script


def _edges(script: Script, name: str, number: int, wanted: Pair) -> Script:
    """Change the sizes of single edges that a call is given."""
    edges = {"resize_y": wanted[0], "resize_x": wanted[1], "crop_h": wanted[0], "crop_w": wanted[1]}
    edges |= {"resize_shorter": min(wanted), "resize_longer": max(wanted)}
    for argument, value in edges.items():
        call = script.named(name)[number]
        if call.has(argument):
            script = script.with_argument(call, argument, integer(value))
    return script


def _zoomed(script: Script, zoom: Any) -> list[Script]:
    """Divide the size of the one resize by how much larger the deployed picture is than the reference's, per axis."""
    calls = script.named("resize")
    found = []
    for name in ("resize_shorter", "resize_longer", "resize_x", "resize_y", "size"):
        old = flat(script, calls[0].argument(name)) if len(calls) == 1 else None
        if old is not None:
            axes = [zoom[1]] if name == "resize_x" else list(zoom)[: len(old)]
            new = [round(float(o) / float(z)) for o, z in zip(old, axes, strict=False)]
            found.append(
                script.with_argument(calls[0], name, integer(new[0]) if len(new) == 1 else paired(new, integer))
            )
    return found


def _pair(given: Any) -> Pair | None:
    size = given.get("size") if isinstance(given, Mapping) else given
    if isinstance(size, list | tuple) and size and isinstance(size[0], list | tuple):
        size = size[0]
    if not isinstance(size, list | tuple) or len(size) not in (1, 2):
        return None
    return int(size[0]), int(size[-1])


@edits("resize_mode")
def resize_mode(script: Script, cause: Cause, context: Context) -> list[Script]:
    """Resize as the reference does, and crop or pad behind it as the reference does."""
    calls, told = script.named("resize"), cause.parameters.get("reference")
    if isinstance(told, Mapping) and "anchor" in told:
        return anchored(script, str(told["anchor"]))
    aim = _aim(context, cause)
    if len(calls) != 1 or aim is None:
        return []
    changed = script.exchanging(calls[0], _SIZES, aim.arguments)
    whole = framed(changed, context)
    return [whole, changed] if whole.source != changed.source else [changed]


@dataclass(frozen=True, kw_only=True)
class _Aim:
    """The size that a resize is to give: ``mode`` as in a recipe's Resize, ``size`` its (height, width) or its one edge."""

    mode: str
    size: tuple[int, ...]
    max_size: int | None = None
    rounding: str = ""

    @property
    def arguments(self) -> str:
        """Return it as arguments of ``fn.resize``."""
        words = _ARGUMENTS[self.mode](self.size)
        return f"{words}, max_size={integer(self.max_size)}" if self.max_size else words


def _fit(mode: str) -> Callable[[tuple[int, ...]], str]:
    return lambda size: f"size={paired((size[0], size[-1]), integer)}, mode={string(mode)}"


def _edge(name: str) -> Callable[[tuple[int, ...]], str]:
    return lambda size: f"resize_{identifier(name)}={integer(size[0])}"


#: How fn.resize is given a size, by the way in which the size is given.
_ARGUMENTS: Mapping[str, Callable[[tuple[int, ...]], str]] = {
    "shorter": _edge("shorter"),
    "longer": _edge("longer"),
    "width": _edge("x"),
    "height": _edge("y"),
    "stretch": lambda size: f"size={paired((size[0], size[-1]), integer)}",
    "not_larger": _fit("not_larger"),
    "not_smaller": _fit("not_smaller"),
}


def _aim(context: Context, cause: Cause | None = None) -> _Aim | None:
    """Return the reference's size: its recipe's, else the one that the cause tells; ``None`` where neither does."""
    own = context.step(Resize)
    if isinstance(own, Resize) and own.mode in _ARGUMENTS:
        size = (own.height or 0, own.width or 0) if own.mode in _BOXED else (own.size or 0,)
        return _Aim(mode=own.mode, size=size, max_size=own.max_size, rounding=own.rounding)
    told = {} if cause is None else cause.parameters
    rule = told.get("reference_rule", told.get("reference"))
    if not isinstance(rule, Mapping) or not rule.get("size") or rule.get("mode") not in _ARGUMENTS:
        return None
    return _Aim(mode=str(rule["mode"]), size=tuple(int(v) for v in rule["size"]), max_size=rule.get("max_size"))


#: The crop's rounding by how half a pixel of an offset becomes whole.
_HALVED = {"to zero": "truncate", "from zero": "round"}


@edits("rounding")
def rounding(script: Script, cause: Cause, context: Context) -> list[Script]:
    """Round a size or an offset the other way."""
    if cause.parameters.get("what") != "size":
        calls = [c for c in script.named("crop", "crop_mirror_normalize") if c.has("crop", "crop_h")]
        now = script.value(calls[0].argument("rounding")) if calls else None
        wanted = _HALVED.get(str(cause.parameters.get("reference")), "round" if now == "truncate" else "truncate")
        if calls:
            return [script.setting(calls, rounding=string(wanted))]
    return _whole_sizes(script, context)


def _whole_sizes(script: Script, context: Context) -> list[Script]:
    """Compute the size in the graph in whole numbers, rounded down or half up."""
    calls = script.named("resize")
    if len(calls) != 1 or not calls[0].node.args:
        return []
    aim = _aim(context) or _own_aim(script, calls[0])
    if aim is None or aim.mode == "stretch":
        return []
    roundings = {"floor": ["floor"], "floor_plus_half": ["half_up"], "round": ["half_up"]}.get(
        aim.rounding, ["floor", "half_up"]
    )
    found = []
    for rounding in roundings:
        call = calls[0]
        lines = size_lines(script.text(call.node.args[0]), aim.mode, aim.size, rounding=rounding, prefix=call.prefix)
        changed = script.before_line(call.statement, lines)
        again = changed.named("resize")[0]
        changed = changed.without_arguments(again, *_SIZES)
        size = f"{call.prefix}.cast(size, dtype=types.FLOAT)"
        found.append(changed.with_argument(changed.named("resize")[0], "size", size).importing("types", "math"))
    return found


def _own_aim(script: Script, call: Call) -> _Aim | None:
    for mode in ("shorter", "longer"):
        value = script.value(call.argument(f"resize_{mode}"))
        if isinstance(value, int | float):
            return _Aim(mode=mode, size=(int(value),))
    size, fit = flat(script, call.argument("size")), script.value(call.argument("mode"))
    boxed = size is not None and fit in ("not_larger", "not_smaller")
    return _Aim(mode=str(fit), size=tuple(int(v) for v in size)) if boxed and size is not None else None


def size_lines(images: str, mode: str, size: tuple[int, ...], *, rounding: str, prefix: str = "fn") -> str:
    """Return lines that set ``size`` to the resized (height, width) in exact whole numbers.

    The scale of both edges is a fraction ``over / under``; rounding is ``floor`` or ``half_up``.
    """
    lines = [f'shape = {prefix}.cast({images}.shape(device="cpu"), dtype=types.INT64)[0:2]']
    under = {"shorter": "math.min(shape[0], shape[1])", "longer": "math.max(shape[0], shape[1])"}
    under |= {"height": "shape[0]", "width": "shape[1]"}
    over = integer(size[0])
    if mode in under:
        lines.append(f"under = {under[mode]}")
    else:
        high, wide = integer(size[0]), integer(size[-1])
        sign = ">=" if mode == "not_larger" else "<="
        lines.append(f"by_height = {prefix}.cast(shape[0] * {wide} {sign} shape[1] * {high}, dtype=types.INT64)")
        lines.append("under = by_height * shape[0] + (1 - by_height) * shape[1]")
        over = f"(by_height * {high} + (1 - by_height) * {wide})"
    if rounding == "floor":
        lines.append(f"size = shape * {over} // under")
    else:
        lines.append(f"size = (2 * shape * {over} + under) // (2 * under)")
    return "\n".join(lines)
