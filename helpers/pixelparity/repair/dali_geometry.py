"""Sizes, windows and paddings of recipe steps as source text of small functions.

The functions use ``+ - * // < &`` and ``math.min`` / ``math.max`` only, on numbers that are never negative where they are
divided, so the same text computes in a DALI graph (``nvidia.dali.math``) and on numpy arrays.
"""

from __future__ import annotations

from pixelparity.errors import UnsupportedStep
from pixelparity.literals import integer, remark
from pixelparity.recipes import Crop, Pad, Resize

#: The formula of ``number / divisor`` as a whole number, for each rounding.
QUOTIENTS = {
    "floor": "({number}) // ({divisor})",
    "none": "({number}) // ({divisor})",
    "ceil": "({number} + {divisor} - 1) // ({divisor})",
    "round": "(2 * {number} + {divisor}) // (2 * {divisor})",
    "floor_plus_half": "(2 * {number} + {divisor}) // (2 * {divisor})",
    "half_even": "even_quotient({number}, {divisor})",
}
ROUNDED = {
    "floor": "rounded down",
    "none": "rounded down",
    "ceil": "rounded up",
    "round": "rounded",
    "floor_plus_half": "rounded, a half up",
    "half_even": "rounded, a half to the even neighbour",
}


def quotient(number: str, divisor: str, rounding: str) -> str:
    """Return the text of ``number / divisor`` rounded; raise ``UnsupportedStep`` for a rounding that sizes do not use."""
    if rounding not in QUOTIENTS:
        raise UnsupportedStep(f"sizes rounded by {rounding!r} are not supported; use one of {', '.join(QUOTIENTS)}")
    return QUOTIENTS[rounding].format(number=number, divisor=divisor)


def resized_function(step: Resize) -> str:
    """Return the text of ``resized(height, width)``: the size after the resize, at least 1 pixel."""
    head = "def resized(height, width):\n"
    if step.mode == "stretch":
        return (
            f'{head}    """Return the size after the resize: {integer(step.height)} x {integer(step.width)} whatever comes."""\n'
            f"    return height * 0 + {integer(step.height)}, width * 0 + {integer(step.width)}\n"
        )
    if step.mode in ("not_larger", "not_smaller"):
        return head + _boxed(step)
    return head + _edged(step)


def _edged(step: Resize) -> str:
    edge = {"shorter": "math.min(height, width)", "longer": "math.max(height, width)"}.get(step.mode, step.mode)
    text = (
        f'    """Return the size after the resize: the {remark(step.mode)} edge becomes {integer(step.size)}, '
        f'the other one is {ROUNDED.get(step.rounding, step.rounding)}."""\n'
        f"    edge = {edge}\n"
    )
    new_height, new_width = (
        quotient(f"{integer(step.size)} * {side}", "edge", step.rounding) for side in ("height", "width")
    )
    if step.max_size is None:
        return f"{text}    return math.max({new_height}, 1), math.max({new_width}, 1)\n"
    if step.mode != "shorter":
        raise UnsupportedStep(f"max_size is only known for mode 'shorter', not {step.mode!r}")
    longest = quotient(f"{integer(step.size)} * math.max(height, width)", "edge", step.rounding)
    return (
        f"{text}"
        f"    longer = {longest}\n"
        f"    capped = math.min(longer, {integer(step.max_size)})  # the longer edge gets no longer than that\n"
        f"    shorter = capped * {integer(step.size)} // longer\n"
        f"    tall = (height > width) * 1\n"
        f"    return tall * capped + (1 - tall) * shorter, tall * shorter + (1 - tall) * capped\n"
    )


def _boxed(step: Resize) -> str:
    inside = step.mode == "not_larger"
    choose = "math.min" if inside else "math.max"
    what = "the largest that fits" if inside else "the smallest that covers"
    note = " (turned to the picture's orientation)" if step.oriented else ""
    text = (
        f'    """Return the size after the resize: {what} {integer(step.height)} x {integer(step.width)}{note}, ratio kept, '
        f'{ROUNDED.get(step.rounding, step.rounding)}."""\n'
    )
    if step.oriented:
        return text + _by_factor(step)
    box_height, box_width = integer(step.height), integer(step.width)
    new_height = quotient(f"height * {box_width}", "width", step.rounding)
    new_width = quotient(f"width * {box_height}", "height", step.rounding)
    return (
        f"{text}"
        f"    new_height = {choose}({box_height}, {new_height})\n"
        f"    new_width = {choose}({box_width}, {new_width})\n"
        "    return math.max(new_height, 1), math.max(new_width, 1)\n"
    )


def _by_factor(step: Resize) -> str:
    """Return the body of mmcv's ``rescale_size``, in double precision as there: whole numbers round a few sizes otherwise."""
    if step.rounding != "floor_plus_half":
        raise UnsupportedStep(
            f"a box turned to the picture is only known with 'floor_plus_half', not {step.rounding!r}"
        )
    choose = "math.min" if step.mode == "not_larger" else "math.max"
    longer, shorter = max(step.height or 0, step.width or 0), min(step.height or 0, step.width or 0)
    return (
        "    tall, wide = fn.cast(height, dtype=types.FLOAT64), fn.cast(width, dtype=types.FLOAT64)\n"
        f"    factor = {choose}({integer(longer)} / math.max(tall, wide), {integer(shorter)} / math.min(tall, wide))\n"
        "    new_height, new_width = math.floor(tall * factor + 0.5), math.floor(wide * factor + 0.5)\n"
        "    return fn.cast(new_height, dtype=types.INT32), fn.cast(new_width, dtype=types.INT32)\n"
    )


def window_function(step: Crop) -> str:
    """Return the text of ``window(height, width)``: (top, left, height, width) of the crop; a negative start is padding."""
    head = "def window(height, width):\n"
    if step.fraction is not None:
        return head + _share(step)
    height, width = integer(step.height), integer(step.width)
    text = f'    """Return (top, left, height, width) of the window of {height} x {width}{_anchor_words(step)}."""\n'
    if step.out_of_bounds == "trim":
        text += (
            f"    window_height, window_width = math.min(height, {height}), math.min(width, {width})\n"
            f"    top = {_start('height - window_height', step, 0)}\n"
            f"    left = {_start('width - window_width', step, 1)}\n"
            "    return top, left, window_height, window_width\n"
        )
        return head + text
    text += (
        f"    top = {_start(f'math.max(height - {height}, 0)', step, 0)}\n"
        f"    left = {_start(f'math.max(width - {width}, 0)', step, 1)}\n"
    )
    if step.out_of_bounds == "pad" and step.position == "centre":
        up, side = (
            _before(f"math.max({integer(size)} - {edge}, 0)", step)
            for size, edge in ((step.height, "height"), (step.width, "width"))
        )
        text += f"    top, left = top - {up}, left - {side}\n"
    return f"{head}{text}    return top, left, height * 0 + {height}, width * 0 + {width}\n"


def _before(lacking: str, step: Crop) -> str:
    """Return the text of how many of the lacking pixels lie before the picture."""
    # A start of -2.5 rounded away from zero is -3: the odd pixel lies before the picture. Else it lies behind it.
    return f"({lacking} + 1) // 2" if step.rounding == "round" else f"{lacking} // 2"


def _anchor_words(step: Crop) -> str:
    return " in the centre" if step.anchor == (0.5, 0.5) else f" at {remark(step.anchor)}"


def _start(spare: str, step: Crop, axis: int) -> str:
    anchor = step.anchor[axis]
    if anchor == 0.0:
        return f"({spare}) * 0"
    if anchor == 1.0:
        return spare
    if anchor != 0.5:
        raise UnsupportedStep(f"a crop at {step.anchor} is not supported; only 0, 0.5 and 1 are")
    if step.rounding == "half_even":
        return f"halved({spare})"
    return f"({spare} + 1) // 2" if step.rounding in ("ceil", "round", "floor_plus_half") else f"({spare}) // 2"


def _share(step: Crop) -> str:
    assert step.fraction is not None
    part, whole = map(integer, step.fraction)
    twice = integer(2 * step.fraction[1])
    if step.anchor != (0.5, 0.5) or step.rounding != "half_even":
        raise UnsupportedStep("a crop to a share of the shorter edge is only known in the centre, rounded half to even")
    return (
        f'    """Return (top, left, height, width) of the centred square of {part}/{whole} of the shorter edge.\n\n'
        "    The start is rounded from the unrounded side, a half to the even neighbour.\n"
        '    """\n'
        "    shorter = math.min(height, width)\n"
        f"    side = math.max({part} * shorter // {whole}, 1)\n\n"
        "    def start(length):\n"
        f"        spare = {whole} * length - {part} * shorter  # the start times {twice}\n"
        f"        down = spare // {twice}\n"
        f"        return down + (2 * (spare - {twice} * down) + (down & 1) > {twice}) * 1\n\n"
        "    return start(height), start(width), side, side\n"
    )


def padded_function(step: Pad) -> str:
    """Return the text of ``padded(height, width)``: (top, left, height, width) of the padded picture; starts are <= 0."""
    head = "def padded(height, width):\n"
    if step.height is None or step.width is None:
        multiple, less = integer(step.divisor), integer(step.divisor - 1)
        words = f"up to a multiple of {multiple}"
        sizes = ", ".join(f"({edge} + {less}) // {multiple} * {multiple}" for edge in ("height", "width"))
    else:
        words = f"up to {integer(step.height)} x {integer(step.width)}"
        sizes = f"math.max(height, {integer(step.height)}), math.max(width, {integer(step.width)})"
    text = f'    """Return (top, left, height, width) of the picture filled {words}."""\n    new_height, new_width = {sizes}\n'
    if step.position == "centre":
        text += "    top, left = (new_height - height) // 2, (new_width - width) // 2\n"
        return f"{head}{text}    return -top, -left, new_height, new_width\n"
    return f"{head}{text}    return height * 0, width * 0, new_height, new_width\n"
