"""The calls of a PrePostProcessor as steps, with what OpenVINO adds by itself."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import number, shown, whole
from pixelparity.recipes import Colour, Resize
from pixelparity.sources import python_text
from pixelparity.sources.front import FLOATS, Front, begin
from pixelparity.sources.openvino.intermediate import TYPES
from pixelparity.sources.protocol import WAY_ON
from pixelparity.sources.python_text import Names

#: What stands in a text for a type, a colour format, an algorithm of resizing or a layout, by its last name.
_WORDS: Mapping[str, Any] = {
    **{name: name for name in TYPES}, **{name: name for name in ("RGB", "BGR", "GRAY", "RGBX", "BGRX", "UNDEFINED")},
    **{name: name for name in ("NV12_SINGLE_PLANE", "NV12_TWO_PLANES", "I420_SINGLE_PLANE", "I420_THREE_PLANES")},
    **{f"RESIZE_{name}": name for name in ("LINEAR", "CUBIC", "NEAREST", "BILINEAR_PILLOW", "BICUBIC_PILLOW")},
    **{name: name for name in ("CONSTANT", "REFLECT", "SYMMETRIC")}, "uint8": "u8", "float32": "f32", "float16": "f16",
}  # fmt: skip
#: Kernel, library and whether the kernel is widened, by the algorithm; ``NEAREST`` is no library's.
_ALGORITHMS = {
    "LINEAR": ("linear", "torch", False), "CUBIC": ("cubic", "torch", False),
    "BILINEAR_PILLOW": ("linear", "pillow", True), "BICUBIC_PILLOW": ("cubic", "pillow", True),
}  # fmt: skip
_EDGE, _NUMBER = whole(1, 2**16), number()
_IGNORED = ("set_memory_type",)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call on a part of a PrePostProcessor: ``tensor``, ``steps`` or ``model``."""

    part: str
    method: str
    node: ast.Call

    @property
    def text(self) -> str:
        """Return the call without what it is called on."""
        arguments = ", ".join(
            python_text.shown(value) for value in (*self.node.args, *(k.value for k in self.node.keywords))
        )
        return f"{self.method}({arguments[:60]})"

    def argument(self, names: Names, place: int, name: str, default: Any = None) -> Any:
        """Return an argument's value, or the default where it is left out."""
        given = next((k.value for k in self.node.keywords if k.arg == name), None)
        given = self.node.args[place] if given is None and len(self.node.args) > place else given
        if given is None:
            return default
        if isinstance(given, ast.Call) and python_text.called(given) == "Layout" and len(given.args) == 1:
            given = given.args[0]
        return python_text.constant(given, names, f"{self.method}", _WORDS)


def converted(calls: Sequence[Call], names: Names) -> Front:
    """Return what the calls do, in OpenVINO's order."""
    tensor = _declared([call for call in calls if call.part == "tensor"], names)
    model = _declared([call for call in calls if call.part == "model"], names)
    front = _begun(tensor)
    for call in calls:
        if call.part == "steps":
            reader = _STEPS.get(call.method)
            if reader is None:
                raise UnsupportedStep(f"{call.text} has no known meaning, only {', '.join(_STEPS)} do; {WAY_ON}")
            front = reader(front, call, names)
    return _ended(front, model, chosen=any(call.method == "convert_layout" for call in calls))


def _declared(calls: Sequence[Call], names: Names) -> dict[str, Any]:
    """Return what is declared of a tensor or a model: its layout, type, shape and order of colours."""
    found: dict[str, Any] = {}
    for call in calls:
        if call.method == "set_shape":
            with suppress(UnsupportedStep):  # only a crop needs it, and says so
                found["shape"] = call.argument(names, 0, "shape")
        elif call.method in ("set_layout", "set_element_type", "set_color_format"):
            found[call.method.removeprefix("set_")] = call.argument(names, 0, call.method.removeprefix("set_"))
        elif call.method == "set_spatial_static_shape":
            found["edges"] = tuple(_EDGE(call.argument(names, place, name), call.method)
                                   for place, name in enumerate(("height", "width")))  # fmt: skip
        elif call.method not in (*_IGNORED, "set_spatial_dynamic_shape"):
            raise UnsupportedStep(f"{call.text} takes what only running it would tell; {WAY_ON}")
    return found


def _begun(tensor: Mapping[str, Any]) -> Front:
    axes, dtype = tensor.get("layout"), tensor.get("element_type")
    if not isinstance(axes, str) or sorted(_letters(axes)) not in (sorted("NCHW"), sorted("CHW")):
        raise UnsupportedStep(
            f"the layout of its tensor is {shown(axes)}, where NHWC or NCHW is known: write tensor().set_layout(Layout('NHWC')), "
            f"or {WAY_ON}"
        )
    if dtype not in TYPES:
        raise UnsupportedStep(
            f"the type of its tensor is {shown(dtype)}: write tensor().set_element_type(Type.u8), or {WAY_ON}"
        )
    channels = tensor.get("color_format") or "UNDEFINED"
    if channels not in ("RGB", "BGR", "UNDEFINED"):
        raise UnsupportedStep(f"the colours of its tensor are {channels}, only RGB and BGR are known; {WAY_ON}")
    letters = _letters(axes)
    front = begin(letters, _shape(tensor, letters), TYPES[dtype], "BGR" if channels == "BGR" else "RGB")
    return front


def _letters(text: str) -> str:
    return text.replace("[", "").replace("]", "").replace(",", "").replace(" ", "")


def _shape(tensor: Mapping[str, Any], letters: str) -> tuple[int | None, ...]:
    given = tensor.get("shape")
    if given is not None and (not isinstance(given, tuple) or len(given) != len(letters)):
        raise InputError(f"set_shape has {shown(given)} for the axes {letters}")
    shape = dict(zip(letters, given, strict=True)) if given is not None else dict.fromkeys(letters)
    shape |= dict(zip("HW", tensor.get("edges", ()), strict=False))
    plain = {
        letter: n if isinstance(n, int) and not isinstance(n, bool) and n > 0 else None for letter, n in shape.items()
    }
    return tuple(plain[letter] for letter in letters)


def _ended(front: Front, model: Mapping[str, Any], *, chosen: bool) -> Front:
    """Return the front with the conversions to the model's layout and type, which OpenVINO adds where they are missing.

    Where a step has ``chosen`` a layout, and the model has none, OpenVINO takes that for the model's.
    """
    layout = model.get("layout")
    if isinstance(layout, str) and sorted(_letters(layout)) == sorted(front.axes):
        front = front.transposed(
            [front.axes.index(letter) for letter in _letters(layout)], "set_layout of the model, added"
        )
    elif layout is None and not chosen:
        raise UnsupportedStep(
            "the layout of its model is not said: write model().set_layout(Layout('NCHW')), read the saved MODEL.xml, "
            f"or {WAY_ON}"
        )
    elif layout is not None:
        raise UnsupportedStep(
            f"the layout of its model is {shown(layout)}, only orders of N, C, H and W are known; {WAY_ON}"
        )
    kind = model.get("element_type")
    if kind in TYPES:
        return front.cast(TYPES[kind], "set_element_type of the model, added")
    if front.dtype not in FLOATS:
        return front.cast("float32", "the type of the model, which is taken for float32, added")
    return front


def _element_type(front: Front, call: Call, names: Names) -> Front:
    kind = call.argument(names, 0, "type")
    if kind is None:
        return front.cast("float32", f"{call.text}: the type of the model, which is taken for float32")
    if kind not in TYPES:
        raise UnsupportedStep(f"{call.text} names no type that is known; {WAY_ON}")
    return front.cast(TYPES[kind], call.text)


def _colour(front: Front, call: Call, names: Names) -> Front:
    target = call.argument(names, 0, "dst_format")
    if target not in ("RGB", "BGR", "GRAY"):
        raise UnsupportedStep(f"{call.text} makes {shown(target)}, only RGB, BGR and GRAY are known; {WAY_ON}")
    if target == front.channels:
        return front
    if target == "GRAY":
        shape = tuple(1 if letter == "C" else n for letter, n in zip(front.axes, front.shape, strict=True))
        return front.adding(
            Colour(source=front.channels, target=target, origin=call.text), channels=target, shape=shape
        )
    return front.adding(Colour(source=front.channels, target=target, origin=call.text), channels=target)


def _resize(front: Front, call: Call, names: Names) -> Front:
    algorithm = call.argument(names, 0, "alg")
    height, width = call.argument(names, 1, "dst_height"), call.argument(names, 2, "dst_width")
    if height is None or width is None:
        raise UnsupportedStep(
            f"{call.text} scales to the size of the model, which stands in no text: write the height and the width behind the "
            f"algorithm, read the saved MODEL.xml, or {WAY_ON}"
        )
    if algorithm not in _ALGORITHMS:
        raise UnsupportedStep(f"{call.text} resamples by {shown(algorithm)}, as no library of pictures does; {WAY_ON}")
    if front.dtype not in FLOATS:
        raise UnsupportedStep(
            f"{call.text} resamples {front.dtype}, whose rounding depends on the device: convert the type first, or {WAY_ON}"
        )
    kernel, library, widened = _ALGORITHMS[algorithm]
    step = Resize(
        mode="stretch", height=_EDGE(height, "height"), width=_EDGE(width, "width"), kernel=kernel, antialias=widened,
        subpixel=False, library=library, rounding="none", dtype=front.dtype, origin=call.text,
    )  # fmt: skip
    return front.resized(step)


def _affine(sign: str) -> Callable[[Front, Call, Names], Front]:
    def read(front: Front, call: Call, names: Names) -> Front:
        given = call.argument(names, 0, "value", call.argument(names, 0, "values"))
        values = [_NUMBER(value, call.method) for value in (given if isinstance(given, tuple) else (given,))]
        shape = [-1 if letter == "C" else 1 for letter in front.axes] if len(values) > 1 else [1]
        return front.affine(sign, np.asarray(values).reshape(shape), call.text)

    return read


def _layout(front: Front, call: Call, names: Names) -> Front:
    given = call.argument(names, 0, "dst_layout", call.argument(names, 0, "dims"))
    if isinstance(given, tuple) and all(isinstance(place, int) for place in given):
        return front.transposed(given, call.text)
    if isinstance(given, str) and sorted(_letters(given)) == sorted(front.axes):
        return front.transposed([front.axes.index(letter) for letter in _letters(given)], call.text)
    raise UnsupportedStep(f"{call.text} makes {shown(given)} of {front.axes}, which is not known; {WAY_ON}")


def _crop(front: Front, call: Call, names: Names) -> Front:
    begin_, end = call.argument(names, 0, "begin"), call.argument(names, 1, "end")
    for side in (begin_, end):
        if not isinstance(side, tuple) or len(side) != len(front.axes) or not all(isinstance(n, int) for n in side):
            raise UnsupportedStep(f"{call.text} cuts at places that are not one whole number per axis; {WAY_ON}")
    for letter, start, stop in zip(front.axes, begin_, end, strict=True):
        front = front.sliced(letter, start, stop, 1, call.text) if letter in "HW" or start else front
    return front


_STEPS: Mapping[str, Callable[[Front, Call, Names], Front]] = {
    "convert_element_type": _element_type, "convert_color": _colour, "resize": _resize, "mean": _affine("-"),
    "scale": _affine("/"), "convert_layout": _layout, "reverse_channels": lambda front, call, _: front.swapped(call.text),
    "crop": _crop,
}  # fmt: skip
