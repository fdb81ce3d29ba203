"""Recipes of Core ML: the ``ct.ImageType(...)`` that coremltools builds into a model, from the script that converts it.

Core ML computes ``x * scale + bias`` in the order of ``color_layout``, and swaps channels to it itself. How a picture gets to
the model's size is chosen in the app (Vision's crop and scale option), and stands in no such script.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import FLAG, number, per_channel, shown, within
from pixelparity.recipes import Cast, Decode, Layout, Normalize, Recipe, Step, with_defaults
from pixelparity.recipes.scripts import Script, read_script
from pixelparity.sources.protocol import WAY_ON, Form, Source, register

_READ = ("scale", "bias", "color_layout", "channel_first")
_LAYOUTS = {"RGB": "RGB", "BGR": "BGR", "G": "GRAY", "GRAYSCALE": "GRAY"}
_FED = "the app, which brings pictures to the model's size in a way that is not in the script"
_FIRST, _LAST = {"torch"}, {"tensorflow", "keras", "tf_keras"}


def recipe(file: str | Path) -> Recipe:
    """Read the recipe of a script that converts a model with one ``ImageType`` as its input.

    Raises ``InputError`` when it is none, ``UnsupportedStep`` for values that the script alone does not tell.
    """
    source = f"coreml:{file}"
    if Path(file).suffix != ".py":
        raise InputError(
            f"{file} is no .py; of a saved Core ML model only the script that converted it is read; {WAY_ON}"
        )
    with within(source):
        script = read_script(file, "a script for coremltools")
        steps = _steps(script, _image_type(script))
        return Recipe(source=source, steps=steps, undeclared=frozenset({"resize", "crop", "pad"}))


def _image_type(script: Script) -> ast.Call:
    """Return the one ``ImageType`` that is an input."""
    outputs = {
        id(inner)
        for call in script.calls("convert")
        for keyword in call.keywords
        if keyword.arg == "outputs"
        for inner in ast.walk(keyword.value)
    }
    if any(
        keyword.arg in ("red_bias", "image_scale", "is_bgr")
        for call in script.calls("convert")
        for keyword in call.keywords
    ):
        raise UnsupportedStep(
            f"it converts with red_bias or image_scale of coremltools 3, which are not read; {WAY_ON}"
        )
    found = [call for call in script.calls("ImageType") if id(call) not in outputs]
    if len(found) != 1:
        raise UnsupportedStep(f"it has {len(found)} ImageType as inputs, and only a script with one is read; {WAY_ON}")
    return found[0]


def _steps(script: Script, call: ast.Call) -> tuple[Step, ...]:
    named = script.arguments(call, ("name", "shape"))
    given: dict[str, Any] = {name: script.value(named[name]) for name in _READ if name in named}
    layout = str(given.get("color_layout", "RGB")).rpartition(".")[2]
    if layout not in _LAYOUTS:
        raise UnsupportedStep(
            f"color_layout {shown(given['color_layout'])} is not supported, only {', '.join(_LAYOUTS)}; {WAY_ON}"
        )
    channels = _LAYOUTS[layout]
    fed = Decode(library="client", channels=channels, origin=f"color_layout: {_FED}")
    axes = _layout(script, named, given)
    return (
        with_defaults(fed, {"channels"} if "color_layout" in given else set()),
        *axes,
        with_defaults(Cast(dtype="float32", origin="ImageType"), frozenset()),
        _numbers(given, 1 if channels == "GRAY" else 3),
    )


def _numbers(given: Mapping[str, Any], channels: int) -> Step:
    """Return ``x * scale + bias``."""
    scales = per_channel(number(zero=False), 1, most=channels)(given.get("scale", 1.0), "scale")
    bias = given.get("bias")
    biases = per_channel(number(), channels, least=channels, most=channels)(0.0 if bias is None else bias, "bias")
    if len(scales) not in (1, channels):
        raise InputError(f"scale is {shown(given['scale'])}, use one number or {channels}")
    if len(scales) == 1:
        step = Normalize(scale=scales[0], mean=tuple(0.0 - one for one in biases), origin="scale, bias")
    else:
        means = tuple(0.0 - one / scale for one, scale in zip(biases, scales, strict=True))
        step = Normalize(mean=means, std=tuple(1 / scale for scale in scales), origin="scale, bias")
    named = {"scale": {"scale"} if len(scales) == 1 else {"std"}, "bias": {"mean"}}
    return with_defaults(step, set().union(*(fields for name, fields in named.items() if given.get(name) is not None)))


def _layout(script: Script, named: Mapping[str, ast.expr], given: Mapping[str, Any]) -> tuple[Step, ...]:
    """Return the step to the model's order of axes: as it is said, as the shape shows, or as the model's library has it."""
    said = given.get("channel_first")
    first = FLAG(said, "channel_first") if said is not None else _of_shape(script, named.get("shape"))
    origin = "channel_first" if said is not None else "shape"
    if first is None:
        roots = {part.partition(".")[0] for node in ast.walk(script.tree) for part in _modules(node)}
        torch, tensorflow = bool(roots & _FIRST), bool(roots & _LAST)
        if torch == tensorflow:
            raise UnsupportedStep(f"line {named['shape'].lineno if 'shape' in named else 1}: whether channels come first is "
                                  f"not told by the script alone; write channel_first; {WAY_ON}")  # fmt: skip
        first, origin = torch, "the default for PyTorch" if torch else "the default for TensorFlow"
    return (Layout(source="HWC", target="CHW", origin=origin),) if first else ()


def _of_shape(script: Script, node: ast.expr | None) -> bool | None:
    """Tell whether a shape that stands in the script has its channels first; ``None`` where it does not tell."""
    node = script.node(node) if node is not None and not isinstance(node, ast.Name) else node
    if not isinstance(node, ast.Tuple | ast.List | ast.Name):
        return None
    try:
        shape = script.value(node)
    except UnsupportedStep:  # a shape of ranges, or that of an example: another sign has to tell
        return None
    if not isinstance(shape, list) or len(shape) != 4:
        return None
    first, last = shape[1] in (1, 3), shape[3] in (1, 3)
    return None if first == last else first


def _modules(node: ast.AST) -> tuple[str, ...]:
    if isinstance(node, ast.Import):
        return tuple(alias.name for alias in node.names)
    return (node.module or "",) if isinstance(node, ast.ImportFrom) else ()


register(
    Source(
        kind="coreml",
        forms=(
            Form(
                text="coreml:FILE.py",
                takes="the script that converts a model by coremltools, with one ct.ImageType as its input",
                example="coreml:convert/to_coreml.py",
                executes=False,
                handling="Python as a syntax tree; nothing is run, coremltools is not needed",
            ),
        ),
        recipe=recipe,
    )
)
