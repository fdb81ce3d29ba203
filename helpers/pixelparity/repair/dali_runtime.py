"""Functions that a written pipeline brings along, word for word: what DALI has no operator or switch for.

Nothing here imports this module: ``runtime_text`` reads it. It imports DALI as a written pipeline does, so that it can be
checked, linted and run as it is. Arguments are numbers and pictures of DALI's graph, whose types have no names.
"""

import numpy as np
from nvidia.dali import fn, math, types


def floats(*numbers):
    """Return numbers of the graph as one float tensor, as fn.resize wants its sizes and regions."""
    return fn.stack(*[number * 1.0 for number in numbers])


def halved(number):
    """Return number / 2 as a whole number, a half to the even neighbour, as Python's round does."""
    whole = number // 2
    return whole + (whole & 1) * (number & 1)


def even_quotient(number, divisor):
    """Return number / divisor as a whole number, a half to the even neighbour, as Python's round does."""
    nearest = (2 * number + divisor) // (2 * divisor)
    return nearest - (2 * nearest * divisor == 2 * number + divisor) * (nearest & 1)


def whole_levels(images):
    """Round to whole levels of 0..255, clipped; a half goes up, also where float32 falls a little short of it."""
    return fn.cast(math.clamp(math.floor(images + 0.5002), 0, 255), dtype=types.UINT8)


def pillow_pass(images, height, width, new_height, new_width, interp_type):
    """Resample with a filter that widens when shrinking, as Pillow does; an axis that keeps its size is left as it is.

    Returns float levels. At the border Pillow leaves out the taps outside and divides by the weight that is left, where
    DALI repeats the edge: so zeros are put around, and the result is divided by what becomes of a row and a column of ones.
    """

    def resampled(pixels, length, wanted):
        # 3 pixels of the smaller picture: no kernel reaches further.
        margins = [3 * (old // new + 1) + 2 for old, new in zip(length, wanted, strict=True)]
        ends = [margin + old for margin, old in zip(margins, length, strict=True)]
        pixels = fn.slice(
            pixels,
            start=fn.stack(*[-margin for margin in margins]),
            end=fn.stack(*ends),
            axes=[0, 1],
            out_of_bounds_policy="pad",
        )
        return fn.resize(
            pixels,
            size=floats(*wanted),
            roi_start=floats(*margins),
            roi_end=floats(*ends),
            interp_type=interp_type,
            antialias=True,
            subpixel_scale=False,
            dtype=types.FLOAT,
        )

    row = fn.cast(fn.slice(images, start=0, end=1, axes=[0]) * 0 + 1, dtype=types.UINT8)
    column = fn.cast(fn.slice(images, start=0, end=1, axes=[1]) * 0 + 1, dtype=types.UINT8)
    one = height * 0 + 1
    weights = resampled(column, (height, one), (new_height, one)) * resampled(row, (one, width), (one, new_width))
    return resampled(images, (height, width), (new_height, new_width)) / weights


def pillow_13_resize(images, height, width, new_height, new_width, interp_type):
    """Resize as Pillow 13 does: one pass per axis, rounded to 8 bits in between.

    The height goes first when it loses more than twice as many pixels as the width, else the width.
    """
    vertical = (new_height < height) * (height - new_height > 2 * (width - new_width)) * 1
    between = vertical * new_height + (1 - vertical) * height, vertical * width + (1 - vertical) * new_width
    images = whole_levels(pillow_pass(images, height, width, *between, interp_type))
    return whole_levels(pillow_pass(images, *between, new_height, new_width, interp_type))


def pillow_12_resize(images, height, width, new_height, new_width, interp_type):
    """Resize as Pillow up to 12 does: the width, rounded to 8 bits, then the height."""
    images = whole_levels(pillow_pass(images, height, width, height, new_width, interp_type))
    return whole_levels(pillow_pass(images, height, new_width, new_height, new_width, interp_type))


def filtered_resize(images, height, width, new_height, new_width, interp_type):
    """Resize with a filter that widens when shrinking, border taps left out, rounded once at the end."""
    return whole_levels(pillow_pass(images, height, width, new_height, new_width, interp_type))


MARGIN = 4  # pixels that the taps may reach beyond the picture
COLUMNS = np.arange(8192, dtype=np.float32).reshape(1, -1, 1)  # numbers of the output's columns


def tapped_columns(images, length, wanted, taps, offset):
    """Resample the columns to ``wanted`` with fixed taps; returns float levels.

    Column x of the output lies at ``(x + 0.5) * length / wanted + offset``. A nearest-neighbour resize with its region moved
    by whole pixels fetches each tap; the weights come from the fraction. ``nudge`` is half the smallest step between two
    positions: it keeps exact whole numbers from falling to the wrong side in float32.
    """
    rows = images.shape(dtype=types.INT32)[0]
    first = fn.slice(images, start=0, end=1, axes=[1])
    last = fn.slice(images, start=length - 1, end=length, axes=[1])
    wide = fn.cat(*[first] * MARGIN, images, *[last] * MARGIN, axis=1)
    scale = fn.cast(length, dtype=types.FLOAT) / fn.cast(wanted, dtype=types.FLOAT)
    nudge = 0.25 / fn.cast(wanted, dtype=types.FLOAT)
    positions = (fn.slice(types.Constant(COLUMNS), start=0, end=wanted, axes=[1]) + 0.5) * scale + offset(scale)
    fraction = positions - math.floor(positions + nudge)
    total = 0.0
    for tap, weight in taps(fraction):
        start = offset(scale) + nudge + (MARGIN + tap)
        pixels = fn.resize(
            wide,
            size=floats(rows, wanted),
            roi_start=floats(0.0, start),
            roi_end=floats(rows, start + length),
            interp_type=types.INTERP_NN,
            antialias=False,
            subpixel_scale=False,
        )
        total = pixels * (weight.gpu() if images.device == "gpu" else weight) + total
    return total


def tapped_resize(images, height, width, new_height, new_width, taps, offset, between=lambda levels: levels):
    """Resize with fixed taps, rounded at the end; the vertical pass is a horizontal one on the transposed picture.

    ``between`` is what is done to the levels between the two passes.
    """
    images = between(tapped_columns(images, width, new_width, taps, offset))
    images = fn.transpose(images, perm=[1, 0, 2], transpose_layout=False)
    images = tapped_columns(images, height, new_height, taps, offset)
    images = fn.transpose(images, perm=[1, 0, 2], transpose_layout=False)
    return whole_levels(images)


def cubic_taps(fraction):
    """Yield the four taps of the cubic kernel with A = -0.75, the one of OpenCV and PyTorch (DALI's own has A = -0.5)."""
    a = -0.75
    for tap in (-1, 0, 1, 2):
        d = math.abs(fraction - tap)
        near = ((a + 2) * d - (a + 3)) * d * d + 1.0
        far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
        yield tap, near if tap in (0, 1) else far


def lanczos_taps(fraction):
    """Yield the eight taps of OpenCV's Lanczos kernel, sinc(d) * sinc(d / 4), normalised to a sum of 1."""
    weights = []
    for tap in range(-3, 5):
        angle = (fraction - tap) * np.pi
        angle = angle + (math.abs(angle) < 1e-4) * 1e-3  # sinc(0) is 1
        weights.append(4 * math.sin(angle) * math.sin(angle / 4) / (angle * angle))
    total = sum(weights[1:], weights[0])
    for tap, weight in zip(range(-3, 5), weights, strict=True):
        yield tap, weight / total


def nearest_tap(fraction):
    """Yield the one pixel at or before the position."""
    yield 0, fraction * 0.0 + 1.0
