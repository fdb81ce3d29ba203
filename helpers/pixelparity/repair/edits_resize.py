"""Mend how a pipeline's text resizes: kernel, grid, size, mode and whole numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pixelparity.diagnosis.results import Cause
from pixelparity.literals import boolean, identifier, integer, paired, string
from pixelparity.recipes import Resize
from pixelparity.repair.edit_table import edits
from pixelparity.repair.edits_context import Context
from pixelparity.repair.edits_placement import anchored, framed
from pixelparity.repair.edits_values import flat
from pixelparity.repair.script import Call, Script

_INTERPOLATION = {
    "nearest": "INTERP_NN", "linear": "INTERP_LINEAR", "cubic": "INTERP_CUBIC", "lanczos": "INTERP_LANCZOS3",
    "area": "INTERP_TRIANGULAR", "gaussian": "INTERP_GAUSSIAN",
}  # fmt: skip
_SIZES = ("size", "mode", "resize_x", "resize_y", "resize_shorter", "resize_longer", "max_size")


@edits("antialias")
def antialias(script: Script, cause: Cause, context: Context) -> list[Script]:
    """Widen the filter when shrinking, or not."""
    calls, own = script.named("resize"), context.step(Resize)
    wanted = own.antialias if own else cause.parameters.get("reference")
    return [script.setting(calls, antialias=boolean(bool(wanted)))] if calls and wanted is not None else []


@edits("subpixel")
def subpixel(script: Script, cause: Cause, context: Context) -> list[Script]:
    """Keep the exact scale, or stretch to whole pixels."""
    calls, wanted = script.named("resize"), cause.parameters.get("reference")
    if isinstance(wanted, Mapping):
        if wanted.get("centre", "half") != "half":
            return []  # DALI has half-pixel centres only
        wanted = wanted.get("exact_scale")
    own = context.step(Resize)
    if calls and own is None and wanted is None:  # there are two: the other one
        wanted = script.value(calls[0].argument("subpixel_scale")) is False
    wanted = own.subpixel if own else wanted
    return [script.setting(calls, subpixel_scale=boolean(bool(wanted)))] if calls else []


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


@edits("dtype")
def dtype(script: Script, cause: Cause, context: Context) -> list[Script]:
    """Round to whole levels where the reference does, and nowhere else."""
    wanted = str(cause.parameters.get("reference"))
    resizes, found = script.named("resize"), []
    if wanted in ("none", "float32") and resizes:
        found.append(script.setting(resizes, dtype="types.FLOAT").importing("types"))
    elif wanted in ("round", "uint8") and resizes:
        found.append(script.setting(resizes, dtype="types.UINT8").importing("types"))
    small = "FLOAT16" if wanted in ("none", "float32") else "FLOAT"
    for call in script.named("cast", "crop_mirror_normalize", "normalize"):
        if script.value(call.argument("dtype")) in (small, "UINT8"):
            found.append(script.with_argument(call, "dtype", "types.FLOAT"))
    return found


@edits("target_size")
def target_size(script: Script, cause: Cause, context: Context) -> list[Script]:
    """Put the reference's size in place of the deployed one."""
    wanted, now = _pair(cause.parameters.get("reference")), _pair(cause.parameters.get("deployed"))
    if wanted is None or wanted == now:  # the tensors have one size, the pictures in them have not
        zoom = cause.parameters.get("zoom")
        return resize_mode(script, cause, context) + (_zoomed(script, zoom) if zoom else [])
    changed = script
    for name in ("resize", "crop", "crop_mirror_normalize", "pad"):
        for number, call in enumerate(script.named(name)):
            again = changed.named(name)[number]
            for argument in ("size", "crop", "shape"):
                old = changed.value(call.argument(argument))
                if isinstance(old, tuple) and (now is None or tuple(map(int, old[:2])) == now):
                    changed = changed.with_argument(again, argument, paired((*wanted, *old[2:])))
                    again = changed.named(name)[number]
            changed = _edges(changed, name, number, wanted)
    return [changed]


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


def _edges(script: Script, name: str, number: int, wanted: tuple[int, int]) -> Script:
    edges = {"resize_y": wanted[0], "resize_x": wanted[1], "crop_h": wanted[0], "crop_w": wanted[1]}
    edges |= {"resize_shorter": min(wanted), "resize_longer": max(wanted)}
    for argument, value in edges.items():
        call = script.named(name)[number]
        if call.has(argument):
            script = script.with_argument(call, argument, integer(value))
    return script


def _pair(given: Any) -> tuple[int, int] | None:
    size = given.get("size") if isinstance(given, Mapping) else given
    if isinstance(size, list | tuple) and size and isinstance(size[0], list | tuple):
        size = size[0]
    if not isinstance(size, list | tuple) or len(size) not in (1, 2):
        return None
    return int(size[0]), int(size[-1])


@edits("resize_mode")
def resize_mode(script: Script, cause: Cause, context: Context) -> list[Script]:
    """Resize as the reference does, and crop or pad behind it as the reference does."""
    calls, own, told = script.named("resize"), context.step(Resize), cause.parameters.get("reference")
    if isinstance(told, Mapping) and "anchor" in told:
        return anchored(script, str(told["anchor"]))
    aim = _aim(own, told)
    if len(calls) != 1 or aim is None:
        return []
    mode, size = aim
    if mode in ("shorter", "longer"):
        words = f"resize_{identifier(mode)}={integer(size[0])}"
    elif mode in ("width", "height"):
        words = f"resize_{'x' if mode == 'width' else 'y'}={integer(size[0])}"
    else:
        words = f"size={paired((size[0], size[-1]), integer)}" + ("" if mode == "stretch" else f", mode={string(mode)}")
    if isinstance(own, Resize) and own.max_size:
        words += f", max_size={integer(own.max_size)}"
    changed = script.exchanging(calls[0], _SIZES, words)
    whole = framed(changed, context)
    return [whole, changed] if whole.source != changed.source else [changed]


def _aim(own: Any, told: Any) -> tuple[str, tuple[int, ...]] | None:
    if isinstance(own, Resize):
        boxed = own.mode in ("stretch", "not_larger", "not_smaller")
        return own.mode, ((own.height or 0, own.width or 0) if boxed else (own.size or 0,))
    if isinstance(told, Mapping) and told.get("size") and told.get("mode") not in (None, "none", "other"):
        return str(told["mode"]), tuple(int(v) for v in told["size"])
    return None


@edits("rounding")
def rounding(script: Script, cause: Cause, context: Context) -> list[Script]:
    """Round a size or an offset the other way."""
    if cause.parameters.get("what") != "size":
        calls = [c for c in script.named("crop", "crop_mirror_normalize") if c.has("crop", "crop_h")]
        now = script.value(calls[0].argument("rounding")) if calls else None
        if calls:
            return [script.setting(calls, rounding='"round"' if now == "truncate" else '"truncate"')]
    return _whole_sizes(script, context)


def _whole_sizes(script: Script, context: Context) -> list[Script]:
    """Compute the size in the graph in whole numbers, rounded down or half up."""
    calls, own = script.named("resize"), context.step(Resize)
    if len(calls) != 1 or not calls[0].node.args:
        return []
    aim = _aim(own, None) or _own_aim(script, calls[0])
    if aim is None or aim[0] == "stretch":
        return []
    roundings = {"floor": ["floor"], "floor_plus_half": ["half_up"], "round": ["half_up"]}.get(
        own.rounding if own else "", ["floor", "half_up"]
    )
    found = []
    for rounding in roundings:
        call = calls[0]
        lines = size_lines(script.text(call.node.args[0]), *aim, rounding=rounding, prefix=call.prefix)
        changed = script.before_line(call.statement, lines)
        again = changed.named("resize")[0]
        changed = changed.without_arguments(again, *_SIZES)
        size = f"{call.prefix}.cast(size, dtype=types.FLOAT)"
        found.append(changed.with_argument(changed.named("resize")[0], "size", size).importing("types", "math"))
    return found


def _own_aim(script: Script, call: Call) -> tuple[str, tuple[int, ...]] | None:
    for mode in ("shorter", "longer"):
        value = script.value(call.argument(f"resize_{mode}"))
        if isinstance(value, int | float):
            return mode, (int(value),)
    size, fit = flat(script, call.argument("size")), script.value(call.argument("mode"))
    boxed = size is not None and fit in ("not_larger", "not_smaller")
    return (str(fit), tuple(int(v) for v in size)) if boxed and size is not None else None


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
