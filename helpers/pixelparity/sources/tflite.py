"""Recipes of TFLite metadata: the ``NormalizationOptions`` of a model's input, as the metadata displayer prints them.

They are what TFLite's task library does to float inputs: ``(x - mean) / std`` of levels. A quantized model is fed its levels as
they are. Which of both a model is shows in the ``stats`` of the input, where they are given: the writer of the metadata gives a
quantized input the range of its levels, 0 to 255, and one of floats the range that the constants leave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import MAPPING, OBJECTS, number, several, shown, within
from pixelparity.recipes import Cast, Decode, Normalize, Recipe, Step, read_settings, with_defaults
from pixelparity.sources.protocol import WAY_ON, Form, Source, register

_FED = "the caller, who brings pictures to the model's size in a way that is not in the metadata"
#: What the caller does: the metadata tell of a normalisation at most, and of the model's own order of axes nothing.
_BY_CALLERS = frozenset({"resize", "crop", "pad", "normalize", "layout"})
_SPACES = {"RGB": "RGB", "GRAYSCALE": "GRAY"}


def recipe(file: str | Path) -> Recipe:
    """Read the recipe of a model's metadata, as JSON.

    Raises ``InputError`` when it is none, ``UnsupportedStep`` for several inputs and options without a known meaning.
    """
    source = f"tflite:{file}"
    if Path(file).suffix == ".tflite":
        raise InputError(
            f"{file} is the model; give its metadata as JSON: tflite_support.metadata.MetadataDisplayer"
            f".with_model_file(...).get_metadata_json(); {WAY_ON}"
        )
    content = read_settings(Path(file), "TFLite metadata in JSON")
    with within(source):
        steps = _steps(_input(content))
        told = {step.kind for step in steps}
        return Recipe(source=source, steps=steps, undeclared=frozenset(_BY_CALLERS - told))


def _input(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the metadata of the one input that is a picture."""
    graphs = OBJECTS(content.get("subgraph_metadata") or [], "subgraph_metadata")
    if not graphs:
        raise InputError("it has no subgraph_metadata; give what the metadata displayer prints of the model")
    inputs = OBJECTS(graphs[0].get("input_tensor_metadata") or [], "input_tensor_metadata")
    pictures = [one for one in inputs if _content(one).get("content_properties_type") == "ImageProperties"]
    if len(pictures) != 1:
        raise UnsupportedStep(f"it has {len(pictures)} inputs of pictures, and only a model with one is read; {WAY_ON}")
    picture: Mapping[str, Any] = pictures[0]
    return picture


def _content(tensor: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = MAPPING(tensor.get("content") or {}, "content")
    return found


def _steps(tensor: Mapping[str, Any]) -> tuple[Step, ...]:
    properties = MAPPING(_content(tensor).get("content_properties") or {}, "content_properties")
    space = properties.get("color_space")
    if not isinstance(space, str) or space not in _SPACES:
        raise UnsupportedStep(f"color_space {shown(space)} is not known, only {', '.join(_SPACES)} are; {WAY_ON}")
    channels = _SPACES[space]
    fed = with_defaults(Decode(library="client", channels=channels, origin=f"color_space: {_FED}"), {"channels"})
    cast = with_defaults(
        Cast(dtype="float32", origin="a model of floats; a quantized one takes levels as they are"), frozenset()
    )
    units = OBJECTS(tensor.get("process_units") or [], "process_units")
    if not units:
        return fed, cast
    if len(units) > 1 or units[0].get("options_type") != "NormalizationOptions":
        kinds = ", ".join(str(unit.get("options_type")) for unit in units)
        raise UnsupportedStep(f"process_units {shown(kinds)} are not known, only one NormalizationOptions is; {WAY_ON}")
    normalize = _normalize(MAPPING(units[0].get("options") or {}, "options"), 1 if channels == "GRAY" else 3)
    if _takes_levels(tensor, normalize):
        origin = "stats 0 to 255: a quantized model, which takes levels as they are, without NormalizationOptions"
        return fed, Cast(dtype="uint8", origin=origin)
    return fed, cast, normalize


def _takes_levels(tensor: Mapping[str, Any], normalize: Normalize) -> bool:
    """Tell whether the range of the input is that of levels, though its constants would leave another one."""
    stats = MAPPING(tensor.get("stats") or {}, "stats")
    if not stats.get("min") or not stats.get("max"):
        return False
    least, most = (several(number(), 1)(stats[name], f"stats.{name}") for name in ("min", "max"))
    changes = set(normalize.mean) != {0.0} or set(normalize.std) != {1.0}
    return changes and set(least) == {0.0} and set(most) == {255.0}


def _normalize(options: Mapping[str, Any], channels: int) -> Normalize:
    mean = several(number(), 1, channels)(options.get("mean"), "mean")
    std = several(number(zero=False), 1, channels)(options.get("std"), "std")
    for name, values in (("mean", mean), ("std", std)):
        if len(values) not in (1, channels):
            raise InputError(f"{name} is {shown(list(values))}, use one number or {channels}")
    count = max(len(mean), len(std))
    mean, std = (values * count if len(values) == 1 else values for values in (mean, std))
    step = Normalize(mean=mean, std=std, origin="NormalizationOptions")
    return replace(step, defaulted=with_defaults(step, {"mean", "std"}).defaulted)


register(
    Source(
        kind="tflite",
        forms=(
            Form(
                text="tflite:METADATA.json",
                takes="the metadata of a TFLite model, as its metadata displayer prints them",
                example="tflite:model/metadata.json",
                executes=False,
                handling="JSON; TensorFlow is not needed",
            ),
        ),
        recipe=recipe,
    )
)
