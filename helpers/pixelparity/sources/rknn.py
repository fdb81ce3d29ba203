"""Recipes of RKNN-Toolkit: the normalisation that ``rknn.config(...)`` builds into a model, from the script that calls it.

Only what the model does itself stands there. The pictures come resized, and in the order of channels that the caller chose.
In toolkit 1, ``reorder_channel`` swaps channels in the model; in toolkit 2, ``quant_img_RGB2BGR`` swaps those of the pictures
for calibration only, and whoever feeds the model has to do it too.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import FLAG, MAPPING, Rule, number, per_channel, shown, within
from pixelparity.recipes import (
    Cast,
    Colour,
    Decode,
    Layout,
    Normalize,
    Recipe,
    Step,
    read_settings,
    read_yaml,
    with_defaults,
)
from pixelparity.recipes.scripts import called, read_script
from pixelparity.sources.protocol import WAY_ON, Form, Source, register

_CHANNELS = 3
#: The arguments that change what a picture becomes; all others are about quantization, the device or the compiler.
_READ = ("mean_values", "std_values", "channel_mean_value", "reorder_channel", "quant_img_RGB2BGR")
#: Libraries whose models have channels first; those of the others are fed as pictures lie.
#: What the toolkit does not do, so that its settings do not tell of it: the caller does.
BEFORE = ("resize", "crop", "pad")
_FIRST = ("onnx", "pytorch", "caffe", "darknet", "mxnet")
_LOADERS = tuple(f"load_{library}" for library in (*_FIRST, "tensorflow", "tflite", "keras"))
_FED = (
    "the caller, who brings pictures to the model's size in a way that is not in the file; RGB is taken for their order"
)
_RULES: Mapping[str, Rule] = {
    "mean_values": per_channel(number(), _CHANNELS, least=1, most=_CHANNELS),
    "std_values": per_channel(number(zero=False), _CHANNELS, least=1, most=_CHANNELS),
}


def recipe(file: str | Path) -> Recipe:
    """Read the recipe of a script that calls ``rknn.config``, or of a JSON or YAML file that holds its arguments.

    Raises ``InputError`` when it is neither, ``UnsupportedStep`` for values that the file alone does not tell.
    """
    source = f"rknn:{file}"
    suffix = Path(file).suffix
    if suffix not in (".py", ".json", ".yml", ".yaml"):
        raise InputError(
            f"{file} is no .py, .json or .yml; give the script that calls rknn.config, or its arguments in a file"
        )
    with within(source):
        if suffix == ".py":
            given, libraries = _of_script(file)
        else:
            read = read_settings if suffix == ".json" else read_yaml
            content = read(Path(file), "file of RKNN's settings")
            models = content.get("models")
            named = [inside.get(name) for inside in (content, models) if isinstance(inside, Mapping)
                     for name in ("model_platform", "platform")]  # fmt: skip
            given, libraries = _inner(content), {str(name) for name in named if name is not None}
        layout = _layout(libraries)
        undeclared = frozenset(BEFORE if layout or _is_last(libraries) else (*BEFORE, "layout"))
        return Recipe(source=source, steps=(*_steps(given), *layout), undeclared=undeclared)


def _is_last(libraries: set[str]) -> bool:
    """Tell whether a file names one library, whose models have the channels last."""
    return len(libraries) == 1 and not libraries & set(_FIRST)


def _layout(libraries: set[str]) -> tuple[Step, ...]:
    """Return the step to channels first, where the model's library has them so; a file that names none leaves it open."""
    if len(libraries) != 1 or not libraries <= set(_FIRST):
        return ()
    (library,) = libraries
    step = Layout(source="HWC", target="CHW", origin=f"the toolkit itself, for a model of {library}")
    return (with_defaults(step, frozenset()),)


def _of_script(file: str | Path) -> tuple[dict[str, Any], set[str]]:
    """Return what the script's calls of ``config`` say, and whose models it loads; raise where two say different things."""
    script = read_script(file, "a script for RKNN-Toolkit")
    found = []
    for call in script.calls("config"):
        if isinstance(call.func, ast.Attribute):
            named = script.arguments(call)
            found.append({name: script.value(named[name]) for name in _READ if name in named})
    if not found:
        raise InputError("it calls no rknn.config(...); give the script that converts the model")
    if any(other != found[0] for other in found):
        raise UnsupportedStep(f"it calls config {len(found)} times with other values; keep one in a file; {WAY_ON}")
    return found[0], {called(call).removeprefix("load_") for call in script.calls(*_LOADERS)}


def _inner(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a file: its own, those under ``config``, or those of the one input of a model zoo's ``graph``."""
    for path in (("models", "configs"), ("models", "config"), ("configs",), ("config",), ()):
        inside: Any = content
        for key in path:
            inside = inside.get(key) if isinstance(inside, Mapping) else None
        if isinstance(inside, Mapping) and any(name in inside for name in _READ):
            return dict(inside)
    graph = MAPPING(content.get("graph") or {}, "graph")
    inputs = [MAPPING(value, name) for name, value in graph.items() if name.startswith("in")]
    if len(inputs) != 1:
        raise UnsupportedStep(
            f"it holds none of {', '.join(_READ)}, and a graph of {len(inputs)} inputs, where one is read; {WAY_ON}"
        )
    entry = {name: _split(inputs[0][name]) for name in ("mean_values", "std_values") if name in inputs[0]}
    kind = inputs[0].get("img_type")
    if kind not in (None, "RGB", "BGR"):
        raise UnsupportedStep(f"img_type {shown(kind)} is not known, only RGB and BGR are; {WAY_ON}")
    return entry if kind is None else entry | {"quant_img_RGB2BGR": kind == "BGR"}


def _split(value: Any) -> Any:
    """Return the numbers, or the one number, of a text with commas or spaces, and anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        numbers = [float(part) for part in value.replace(",", " ").split()]
    except ValueError:
        return value
    return numbers[0] if len(numbers) == 1 else numbers


def _values(given: Mapping[str, Any], name: str, default: float) -> tuple[float, ...]:
    value = given.get(name)
    if value is None:
        return (default,) * _CHANNELS
    if isinstance(value, list | tuple) and value and all(isinstance(one, list | tuple) for one in value):
        if len(value) > 1:
            raise UnsupportedStep(f"{name} is for {len(value)} inputs, and only a model with one is read; {WAY_ON}")
        value = value[0]
    read: tuple[float, ...] = _RULES[name](value, name)
    if len(read) == 2:
        raise InputError(f"{name} is {shown(value)}, use one number or {_CHANNELS}")
    return read


def _constants(given: Mapping[str, Any]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return means and deviations; the oldest toolkits write them as ``"m0 m1 m2 deviation"``."""
    old = given.get("channel_mean_value")
    if old is None:
        return _values(given, "mean_values", 0.0), _values(given, "std_values", 1.0)
    numbers = _split(old)
    if not isinstance(old, str) or not isinstance(numbers, list) or len(numbers) not in (2, 4):
        raise UnsupportedStep(f"channel_mean_value {shown(old)} is not known, only 'm0 m1 m2 deviation' is; {WAY_ON}")
    if "mean_values" in given or "std_values" in given:
        raise UnsupportedStep(
            f"it has channel_mean_value beside mean_values, and which one counts is not known; {WAY_ON}"
        )
    std = number(zero=False)(numbers[-1], "channel_mean_value")
    return tuple(number()(mean, "channel_mean_value") for mean in numbers[:-1]), (std,) * (len(numbers) - 1)


def _steps(given: Mapping[str, Any]) -> tuple[Step, ...]:
    means, stds = _constants(given)
    grey = max(len(means), len(stds)) == 1
    if not grey and 1 in (len(means), len(stds)):
        means, stds = (values * _CHANNELS if len(values) == 1 else values for values in (means, stds))
    fed = Decode(library="client", channels="GRAY" if grey else "RGB", origin=_FED)
    named = {"mean_values": "mean", "std_values": "std"}
    chosen = {field for name, field in named.items() if given.get(name) is not None}
    chosen |= {"mean", "std"} if "channel_mean_value" in given else set()
    step = Normalize(mean=means, std=stds, origin=", ".join(name for name in _READ[:3] if given.get(name) is not None))
    return (
        with_defaults(fed, frozenset()),
        *_swap(given, grey=grey),
        with_defaults(Cast(dtype="float32", origin="rknn.config"), frozenset()),
        with_defaults(step, chosen),
    )


def _swap(given: Mapping[str, Any], *, grey: bool) -> tuple[Step, ...]:
    order = given.get("reorder_channel")
    order = order[0] if isinstance(order, list | tuple) and len(order) == 1 else order
    texts = {"0 1 2": False, "2 1 0": True, None: False}
    if not isinstance(order, str | None) or order not in texts:
        raise UnsupportedStep(f"reorder_channel {shown(order)} is not known, only '0 1 2' and '2 1 0' are; {WAY_ON}")
    flag = given.get("quant_img_RGB2BGR")
    flag = flag[0] if isinstance(flag, list | tuple) and len(flag) == 1 else flag
    calibrates = FLAG(False if flag is None else flag, "quant_img_RGB2BGR")
    if texts[order] and calibrates:
        raise UnsupportedStep(
            f"it has reorder_channel of toolkit 1 beside quant_img_RGB2BGR of toolkit 2; keep one; {WAY_ON}"
        )
    if grey or not (texts[order] or calibrates):
        return ()
    caller = "quant_img_RGB2BGR: the model was calibrated with BGR; no part of it swaps, the caller does"
    swap = Colour(source="RGB", target="BGR", origin="reorder_channel" if texts[order] else caller)
    return (with_defaults(swap, {"target"}),)


register(
    Source(
        kind="rknn",
        forms=(
            Form(
                text="rknn:FILE.py",
                takes="the script that calls rknn.config(...), or its arguments in a .json or .yml file",
                example="rknn:convert/to_rknn.py",
                executes=False,
                handling="Python as a syntax tree, JSON or YAML; nothing is run, RKNN-Toolkit is not needed",
            ),
        ),
        recipe=recipe,
    )
)
