"""What the operators of OpenVINO that can stand in front of a network do to a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.recipes import Resize
from pixelparity.sources.front import FLOATS, Front
from pixelparity.sources.openvino.intermediate import Array, Graph, Layer, element_type

Reader = Callable[[Graph, Front, Layer, str], Front]
#: How modes of Interpolate resample: kernel, library, and whether the kernel is widened where the picture shrinks.
MODES = {
    "linear": ("linear", "torch", False), "linear_onnx": ("linear", "torch", False), "cubic": ("cubic", "torch", False),
    "bilinear_pillow": ("linear", "pillow", True), "bicubic_pillow": ("cubic", "pillow", True),
}  # fmt: skip


def needed(graph: Graph, layer: Layer, place: int, what: str) -> Array:
    """Return the constant at a place of an operator's inputs; raise ``UnsupportedStep`` for one that is none."""
    found = graph.constant(layer.inputs[place]) if place < len(layer.inputs) else None
    if found is None:
        raise UnsupportedStep(f"{layer.called} takes {what} that is no small constant of the model")
    return found


def _whole(graph: Graph, layer: Layer, place: int, what: str) -> list[int]:
    return [int(value) for value in needed(graph, layer, place, what).reshape(-1)]


def _arithmetic(sign: str) -> Reader:
    def read(graph: Graph, front: Front, layer: Layer, number: str) -> Front:
        if len(layer.inputs) != 2 or layer.inputs[0] == layer.inputs[1]:
            raise UnsupportedStep(f"{layer.called} computes the picture with itself")
        if layer.settings.get("auto_broadcast", "numpy") != "numpy":
            raise UnsupportedStep(f"{layer.called} spreads its constant in another way than numpy's")
        first = layer.inputs[1] == number
        return front.affine(sign, needed(graph, layer, 0 if first else 1, "a number"), layer.called, first=first)

    return read


def _convert(_graph: Graph, front: Front, layer: Layer, _number: str) -> Front:
    return front.cast(element_type(layer.settings.get("destination_type", ""), layer.called), layer.called)


def _transpose(graph: Graph, front: Front, layer: Layer, _number: str) -> Front:
    return front.transposed(_whole(graph, layer, 1, "an order of axes"), layer.called)


def _gather(graph: Graph, front: Front, layer: Layer, number: str) -> Front:
    order, axis = _whole(graph, layer, 1, "an order of channels"), _whole(graph, layer, 2, "an axis")
    is_plain = layer.inputs[0] == number and layer.settings.get("batch_dims", "0") == "0" and len(axis) == 1
    if not is_plain or front.axes[axis[0] % len(front.axes)] != "C":
        raise UnsupportedStep(f"{layer.called} takes parts of another axis than the channels'")
    # A negative index counts from the end; one beyond the channels is no channel.
    places = [place + 3 if -3 <= place < 0 else place for place in order]
    if places == [0, 1, 2]:
        return front
    if places != [2, 1, 0]:
        raise UnsupportedStep(f"{layer.called} takes the channels {order[:8]}, neither as they are nor reversed")
    return front.swapped(layer.called)


def _slice(graph: Graph, front: Front, layer: Layer, _number: str) -> Front:
    starts, stops, steps = (_whole(graph, layer, place, "an edge") for place in (1, 2, 3))
    axes = _whole(graph, layer, 4, "axes") if len(layer.inputs) > 4 else list(range(len(starts)))
    if not len(starts) == len(stops) == len(steps) == len(axes):
        raise InputError(f"{layer.called} has edges for other axes than it names; convert the model again")
    for start, stop, step, axis in zip(starts, stops, steps, axes, strict=True):
        front = front.sliced(front.axes[axis % len(front.axes)], start, stop, step, layer.called)
    return front


def _clamp(_graph: Graph, front: Front, layer: Layer, _number: str) -> Front:
    try:
        low, high = (float(layer.settings[name]) for name in ("min", "max"))
    except (KeyError, ValueError) as error:
        raise InputError(f"{layer.called} has no limits; convert the model again") from error
    return front.clipped(low, high, layer.called)


def _pad(graph: Graph, front: Front, layer: Layer, _number: str) -> Front:
    if layer.settings.get("pad_mode", "constant") != "constant":
        raise UnsupportedStep(f"{layer.called} fills by {layer.settings['pad_mode'][:20]!r}, and not with a constant")
    before, after = (_whole(graph, layer, place, "a border") for place in (1, 2))
    if len(before) != len(front.axes) or len(after) != len(front.axes):
        raise InputError(f"{layer.called} has borders for other axes than the picture's; convert the model again")
    sides = [dict(zip(front.axes, side, strict=True)) for side in (before, after)]
    if any(side.get(letter) for side in sides for letter in "NC") or min(*before, *after) < 0:
        raise UnsupportedStep(f"{layer.called} pads another axis than those of the picture's edges, or cuts")
    fill = float(needed(graph, layer, 3, "a value").reshape(-1)[0]) if len(layer.inputs) > 3 else 0.0
    return front.padded(sides[0], sides[1], fill, layer.called)


def _unsqueeze(graph: Graph, front: Front, layer: Layer, _number: str) -> Front:
    if _whole(graph, layer, 1, "an axis") != [0] or "N" in front.axes:
        raise UnsupportedStep(f"{layer.called} adds another axis than that of the batch")
    return front.adding(axes=f"N{front.axes}", shape=(1, *front.shape))


def _interpolate(graph: Graph, front: Front, layer: Layer, _number: str) -> Front:
    settings = layer.settings
    kernel, library, widened = _mode(front, layer)
    borders = f"{settings.get('pads_begin', '0')},{settings.get('pads_end', '0')}".split(",")
    if any(border.strip() not in ("0", "") for border in borders):
        raise UnsupportedStep(f"{layer.called} pads while it scales")
    by_sizes = settings.get("shape_calculation_mode") == "sizes"
    is_old = len(layer.inputs) == 4  # up to version 4 of the operator sizes and scales are two inputs
    numbers = needed(graph, layer, 1 if by_sizes or not is_old else 2, "a size").reshape(-1).tolist()
    axes = _whole(graph, layer, 3 if is_old else 2, "axes") if len(layer.inputs) > 2 else list(range(len(front.axes)))
    if len(numbers) != len(axes):
        raise InputError(f"{layer.called} has {len(numbers)} lengths for {len(axes)} axes; convert the model again")
    wanted = {front.axes[axis % len(front.axes)]: number for axis, number in zip(axes, numbers, strict=True)}
    height, width = (_length(front, layer, letter, wanted.get(letter), by_sizes) for letter in "HW")
    if any(letter not in "HW" and _length(front, layer, letter, number, by_sizes) != front.length(letter)
           for letter, number in wanted.items()):  # fmt: skip
        raise UnsupportedStep(f"{layer.called} scales other axes than height and width")
    step = Resize(
        mode="stretch", height=height, width=width, kernel=kernel, antialias=widened, subpixel=False, library=library,
        rounding="none", dtype=front.dtype, origin=layer.called,
    )  # fmt: skip
    return front.resized(step)


def _mode(front: Front, layer: Layer) -> tuple[str, str, bool]:
    settings = layer.settings
    mode, grid = settings.get("mode", ""), settings.get("coordinate_transformation_mode", "half_pixel")
    nearest = settings.get("nearest_mode", "round_prefer_floor")
    if mode == "nearest" and (grid, nearest) == ("asymmetric", "floor"):
        return "nearest", "opencv", False
    if mode not in MODES:
        raise UnsupportedStep(
            f"{layer.called} resamples by {mode[:20]!r} ({grid}, {nearest}), as no library of pictures does"
        )
    kernel, library, widened = MODES[mode]
    if settings.get("antialias", "false") not in ("false", "0") or grid not in ("half_pixel", "pytorch_half_pixel"):
        raise UnsupportedStep(f"{layer.called} places pixels by {grid[:30]}, or widens its kernel, as no step says")
    if front.dtype not in FLOATS:
        raise UnsupportedStep(f"{layer.called} resamples {front.dtype}, whose rounding depends on the device")
    # Pillow's own mode has -0.5 whatever stands there: its output is the same with either (OpenVINO 2026.4).
    if mode == "cubic" and settings.get("cube_coeff", "-0.75") != "-0.75":
        raise UnsupportedStep(f"{layer.called} has another cubic coefficient than -0.75")
    return kernel, library, widened


def _length(front: Front, layer: Layer, letter: str, number: float | None, by_sizes: bool) -> int | None:
    length = front.length(letter)
    if number is None:
        if letter in "HW" and length is None:
            raise UnsupportedStep(f"{layer.called} scales a picture whose size is not known")
        return length
    if by_sizes:
        return int(number)
    if length is None or not float(length * number).is_integer():
        raise UnsupportedStep(
            f"{layer.called} scales by {number:g}, which makes no whole number of pixels that is known"
        )
    return int(length * number)


KNOWN: Mapping[str, Reader] = {
    "Add": _arithmetic("+"), "Subtract": _arithmetic("-"), "Multiply": _arithmetic("*"), "Divide": _arithmetic("/"),
    "Convert": _convert, "Transpose": _transpose, "Gather": _gather, "Slice": _slice, "Clamp": _clamp, "Pad": _pad,
    "Unsqueeze": _unsqueeze, "Interpolate": _interpolate,
}  # fmt: skip
