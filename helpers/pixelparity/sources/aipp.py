"""Recipes of Ascend's AIPP: the ``insert_op.cfg`` that ATC builds into a model, read as text; CANN is not needed.

The device cuts a window out, converts colours, swaps channels and computes ``(x - mean - min) * var_reci`` in float16, in this
order. How a picture gets to ``src_image_size`` is the caller's doing and stands in no such file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixelparity import files
from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import Rule, number, shown, whole, within
from pixelparity.recipes import Cast, Colour, Crop, Decode, Normalize, Recipe, Step, Unknown, with_defaults
from pixelparity.sources.protocol import WAY_ON, Form, Source, register

_TOKEN = re.compile(r"#[^\n]*|\s+|[{}:,;]|\"[^\"\n]*\"|'[^'\n]*'|[A-Za-z_]\w*|[-+]?[0-9.][0-9.eE+-]*", re.ASCII)
_SPACE = re.compile(r"#[^\n]*|\s+")
#: Matrices of YUV to RGB that CANN documents, in 256ths and row by row, with the bias of Y; that of U and V is 128.
MATRICES: Mapping[tuple[tuple[int, ...], int], str] = {
    ((256, 0, 359, 256, -88, -183, 256, 454, 0), 0): "JPEG",
    ((298, 0, 409, 298, -100, -208, 298, 516, 0), 16): "BT.601 narrow",
    ((298, 0, 459, 298, -55, -136, 298, 541, 0), 16): "BT.709 narrow",
    ((256, 0, 403, 256, -48, -120, 256, 475, 0), 0): "BT.709 wide",
}
_ENTRIES = tuple(f"matrix_r{row}c{column}" for row in range(3) for column in range(3))
_CHANNELS = {"RGB888_U8": "RGB", "YUV420SP_U8": "YCbCr", "YUV400_U8": "GRAY"}
_FLAGS = ("crop", "resize", "padding", "csc_switch", "rbuv_swap_switch", "ax_swap_switch", "single_line_mode")
#: What changes no value of a static recipe of one picture; the sizes and biases of what is switched off neither.
_IDLE = frozenset({
    "related_input_rank", "related_input_name", "max_src_image_size", "support_rotation", "input_edge_idx",
    "output_bias_0", "output_bias_1", "output_bias_2", "resize_output_w", "resize_output_h", "left_padding_size",
    "right_padding_size", "top_padding_size", "bottom_padding_size", "padding_value", "mean_chn_3", "min_chn_3",
    "var_reci_chn_3",
})  # fmt: skip
_SIZES = (
    "src_image_size_w", "src_image_size_h", "load_start_pos_w", "load_start_pos_h", "crop_size_w", "crop_size_h",
)  # fmt: skip
_PER_CHANNEL = {"mean_chn": whole(0, 255), "min_chn": number(0, 255), "var_reci_chn": number(-65504, 65504, zero=False)}
RULES: Mapping[str, Rule] = {
    **dict.fromkeys(_SIZES, whole(0)),
    **dict.fromkeys(_ENTRIES, whole(-32677, 32676)),
    **{f"input_bias_{number}": whole(0, 255) for number in range(3)},
    **{f"{name}_{channel}": rule for name, rule in _PER_CHANNEL.items() for channel in range(3)},
}
#: What no config tells of: the caller brings pictures to their size, and the model's own order of axes is ATC's.
UNDECLARED = frozenset({"resize", "layout"})
_OUTPUT = "AIPP, which hands the model its own order of axes; that is not in the file"
_CALLER = "the caller, who also brings it to this size, in a way that is not in the file"


def recipe(config: str | Path) -> Recipe:
    """Read the recipe of an ``insert_op.cfg``.

    Raises ``InputError`` when it is not one, ``UnsupportedStep`` for what is set while the model runs or has no known meaning.
    """
    text = files.read_text(config, "an AIPP config")
    source = f"aipp:{config}"
    with within(source):
        steps = _steps(_settings(_only_block(_tokens(text))))
        return Recipe(source=source, steps=steps, undeclared=UNDECLARED)


def _tokens(text: str) -> list[str]:
    found, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            line = text.count("\n", 0, place) + 1
            raise InputError(f"line {line} has {shown(text[place])}, which is no part of an AIPP config")
        if not _SPACE.match(match.group()):
            found.append(match.group())
        place = match.end()
    return found


def _only_block(tokens: list[str]) -> dict[str, str]:
    """Return the settings of the one ``aipp_op`` as texts; raise where there is none, or more than one."""
    blocks: list[dict[str, str]] = []
    words = iter(token for token in tokens if token not in (",", ";"))
    for word in words:
        opened = next(words, "")
        opened = next(words, "") if opened == ":" else opened
        if (word, opened) != ("aipp_op", "{"):
            raise InputError(f"it has {shown(word)} where aipp_op {{ ... }} is expected; give ATC's insert_op.cfg")
        blocks.append({})
        for name in words:
            if name == "}":
                break
            if next(words, "") != ":" or (value := next(words, "}")) in ("{", "}", ":"):
                raise InputError(f"{shown(name)} in aipp_op has no value; write NAME: VALUE")
            if name in blocks[-1]:
                raise InputError(f"{shown(name)} stands in aipp_op twice; keep one")
            blocks[-1][name] = value
        else:
            raise InputError("aipp_op is not closed; the file may be cut off")
    if len(blocks) != 1:
        raise UnsupportedStep(
            f"it has {len(blocks)} aipp_op and only a file with one is read; keep that of the picture's input; {WAY_ON}"
            if blocks
            else "it has no aipp_op; give ATC's insert_op.cfg"
        )
    return blocks[0]


def _settings(given: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings by name, each checked; raise for a name without a known meaning."""
    mode = given.get("aipp_mode", "undefined")
    if mode != "static":
        raise UnsupportedStep(f"aipp_mode is {mode}: what is done is said while the model runs, not here; {WAY_ON}")
    settings: dict[str, Any] = {}
    for name, text in given.items():
        if name in _FLAGS:
            if text not in ("true", "false"):
                raise InputError(f"{name} is {shown(text)}, use true or false")
            settings[name] = text == "true"
        elif name in RULES:
            settings[name] = RULES[name](_number(text), name)
        elif name not in ("aipp_mode", "input_format") and name not in _IDLE:
            raise UnsupportedStep(f"the meaning of {shown(name)} is not known; {WAY_ON}")
    settings["input_format"] = given.get("input_format", "").strip("\"'")
    return settings


def _number(text: str) -> Any:
    try:
        return float(text) if re.search(r"[.eE]", text) else int(text)
    except ValueError:
        return text


def _steps(settings: Mapping[str, Any]) -> tuple[Step, ...]:
    form = settings["input_format"]
    if form not in _CHANNELS:
        raise UnsupportedStep(f"input_format {shown(form)} is not supported, only {', '.join(_CHANNELS)} are; {WAY_ON}")
    for name in ("resize", "padding", "ax_swap_switch", "single_line_mode"):
        if settings.get(name):
            raise UnsupportedStep(f"{name}: true is not supported, for what it fills or drops is not known; {WAY_ON}")
    height, width = settings.get("src_image_size_h", 0), settings.get("src_image_size_w", 0)
    size = f", {height} x {width}" if height and width else ""
    fed = Decode(library="client", channels=_CHANNELS[form], origin=f"input_format {form}{size}: {_CALLER}")
    # RGB888 is the name of both orders of three bytes: which of them comes, the caller decides.
    chosen = frozenset({"channels"}) if form != "RGB888_U8" else frozenset()
    colours = _colours(settings, _CHANNELS[form])
    return (
        with_defaults(fed, chosen),
        *_window(settings, height, width),
        *colours,
        *_numbers(settings, 1 if form == "YUV400_U8" else 3),
    )


def _window(settings: Mapping[str, Any], height: int, width: int) -> tuple[Step, ...]:
    if not settings.get("crop"):
        return ()
    rows, columns = settings.get("crop_size_h", 0), settings.get("crop_size_w", 0)
    if not rows or not columns:
        raise UnsupportedStep(
            "crop: true has no crop_size: the window is as large as the model's input; write both sizes"
        )
    if not height or not width:
        raise UnsupportedStep(
            "crop: true has no src_image_size: of how large a picture it cuts is not known; write both"
        )
    starts = [settings.get(f"load_start_pos_{edge}", 0) for edge in "hw"]
    rooms = [height - rows, width - columns]
    if any(start > room for start, room in zip(starts, rooms, strict=True)):
        raise InputError(f"the window of {rows} x {columns} from {starts} leaves the picture of {height} x {width}")
    if rooms == [0, 0]:
        return ()
    shares = [start / room if room else 0.0 for start, room in zip(starts, rooms, strict=True)]
    crop = Crop(
        height=rows, width=columns, anchor=(shares[0], shares[1]), rounding="round", out_of_bounds="error",
        origin="crop, load_start_pos, crop_size",
    )  # fmt: skip
    given = {"height", "width"} | ({"anchor"} if any(name.startswith("load_start") for name in settings) else set())
    return (with_defaults(crop, given),)


def _colours(settings: Mapping[str, Any], fed: str) -> tuple[Step, ...]:
    swaps = settings.get("rbuv_swap_switch", False)
    if settings.get("csc_switch"):
        if fed != "YCbCr":
            raise UnsupportedStep(f"csc_switch from {fed} is not supported, only from YUV420SP_U8 is; {WAY_ON}")
        return _from_yuv(settings, swaps=swaps)
    if not swaps or fed == "GRAY":
        return ()
    if fed == "YCbCr":
        raise UnsupportedStep(f"rbuv_swap_switch without csc_switch makes YVU, which has no name here; {WAY_ON}")
    swap = Colour(source="RGB", target="BGR", origin="rbuv_swap_switch")
    return (with_defaults(swap, frozenset()),)


def _from_yuv(settings: Mapping[str, Any], *, swaps: bool) -> tuple[Step, ...]:
    """Return the conversion that the matrix is: to RGB, or to BGR where its rows stand the other way round."""
    lacking = [name for name in (*_ENTRIES, *(f"input_bias_{i}" for i in range(3))) if name not in settings]
    if lacking:
        raise UnsupportedStep(
            f"csc_switch: true lacks {lacking[0]}, and what it then is, is not known; write all twelve"
        )
    rows = tuple(settings[name] for name in _ENTRIES)
    biases = tuple(settings[f"input_bias_{i}"] for i in range(3))
    for order, entries in (("RGB", rows), ("BGR", rows[6:] + rows[3:6] + rows[:3])):
        name = MATRICES.get((entries, biases[0]))
        if name is None or biases[1:] != (128, 128):
            continue
        origin = f"csc_switch: {name}{', U and V swapped first' if swaps else ''}"
        convert = with_defaults(Colour(source="YCbCr", target=order, origin=origin), {"source", "target"})
        # Another range than a JPEG's is no mere order of channels: whoever compares recipes has to be told.
        video = Unknown(operator=f"YUV of {name}, not of JPEG", origin="matrix, input_bias")
        return (convert,) if name == "JPEG" else (convert, video)
    raise UnsupportedStep(
        f"its matrix {list(rows)} with input_bias {list(biases)} is none of {', '.join(MATRICES.values())}, and what "
        f"colours it makes is not known; {WAY_ON}"
    )


def _numbers(settings: Mapping[str, Any], channels: int) -> tuple[Step, ...]:
    """Return ``(x - mean - min) * var_reci`` in float16; nothing where nobody asks for it."""
    names = [f"{name}_{channel}" for name in _PER_CHANNEL for channel in range(channels)]
    if not any(name in settings for name in names):
        return (with_defaults(Cast(dtype="float16", origin=_OUTPUT), frozenset()),)
    means, least, factors = (
        [settings.get(f"{name}_{channel}", default) for channel in range(channels)]
        for name, default in (("mean_chn", 0), ("min_chn", 0.0), ("var_reci_chn", 1.0))
    )
    step = Normalize(
        mean=tuple(mean + low for mean, low in zip(means, least, strict=True)),
        std=tuple(1 / factor for factor in factors),
        origin="mean_chn, min_chn, var_reci_chn",
    )
    given = {"mean"} if any(name in settings for name in names if name.startswith("m")) else set()
    given |= {"std"} if any(name in settings for name in names if name.startswith("var")) else set()
    return with_defaults(Cast(dtype="float16", origin=_OUTPUT), frozenset()), with_defaults(step, given)


register(
    Source(
        kind="aipp",
        forms=(
            Form(
                text="aipp:FILE.cfg",
                takes="Ascend's AIPP config with one static aipp_op, as ATC takes it by --insert_op_conf",
                example="aipp:convert/insert_op.cfg",
                executes=False,
                handling="text; CANN is not needed",
            ),
        ),
        recipe=recipe,
    )
)
