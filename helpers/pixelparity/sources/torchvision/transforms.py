"""torchvision's transforms: found by name, and taken apart into their parts in order."""

from __future__ import annotations

import importlib
import inspect
import runpy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixelparity import files
from pixelparity.errors import InputError, MissingLibrary
from pixelparity.extras import install

#: Transforms that leave the picture as it is.
BYSTANDERS = ("Identity", "ToPureTensor")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One transform in order: where it stands, the transform, whether it gets a tensor (else a Pillow picture) and of floats."""

    origin: str
    transform: Any
    tensor: bool
    floating: bool


def load(transform: Any) -> Any:
    """Return a transform: one as it is, a weights' preset by name (``ResNet50_Weights.IMAGENET1K_V2``), or ``FILE.py:NAME``.

    Raises ``InputError`` when there is none by that name, ``SideError`` when the file fails while it is run.
    """
    if not isinstance(transform, str):
        return (
            transform.transforms() if hasattr(transform, "transforms") and callable(transform.transforms) else transform
        )
    file, _, name = transform.rpartition(":")
    if is_file_spec(transform):
        if not Path(file).is_file():
            raise InputError(f"{file} is not a file; give FILE.py:NAME of a transform")
        files.check(file, "a Python file")
        with files.run(file):
            found: Any = runpy.run_path(file).get(name)
            found = found() if _is_factory(found) else found
        if found is None:
            raise InputError(f"{file} has no {name!r}; give the name of a transform that stands in it")
        return load(found)
    try:
        return library("torchvision.models").get_weight(transform).transforms()
    except (ValueError, KeyError, AttributeError) as error:
        raise InputError(
            f"{transform!r} names no weights of torchvision, and no FILE.py:NAME; {_weights_near(transform)}"
        ) from error


def _weights_near(name: str) -> str:
    """Return what to write for the name of a model, or of its weights without the one that is meant."""
    models = library("torchvision.models")
    listed = {model.lower(): model for model in models.list_models()}
    model = listed.get(name.partition(".")[0].lower().removesuffix("_weights"))
    if model is None:
        return "write WEIGHTS.MEMBER, such as ResNet50_Weights.IMAGENET1K_V2"
    known = [str(one) for one in models.get_model_weights(model)]
    return f"write one of {', '.join(known)}" if known else f"{model} comes without weights"


def _is_factory(found: Any) -> bool:
    """Tell whether something is a plain function that can be called without arguments: ``def get_transform(): ...``."""
    if not inspect.isfunction(found):
        return False
    given = inspect.signature(found).parameters.values()
    return all(p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in given)


def is_file_spec(text: str) -> bool:
    """Tell whether a text reads ``FILE.py:NAME``."""
    return text.rpartition(":")[0].endswith(".py")


def parts_of(transform: Any) -> tuple[Part, ...]:
    """Return the transforms in order, presets and nested compositions taken apart."""
    flat = list(_flat(transform))
    if not flat:
        raise InputError("the transform is empty; give at least one step")
    parts, floating = [], False
    tensor = _takes_tensors(flat)
    for number, entry in enumerate(flat):
        name = called(entry)
        if _leaves_pictures(name, flat[:number], tensor=tensor):
            continue
        parts.append(Part(origin=f"[{number}] {name}", transform=entry, tensor=tensor, floating=floating))
        floating = floating or name in ("ToTensor", "ConvertImageDtype", "ToDtype")
        tensor = (tensor or name in ("ToTensor", "PILToTensor", "ToImage")) and name != "ToPILImage"
    return tuple(parts)


def _leaves_pictures(name: str, before: Sequence[Any], *, tensor: bool) -> bool:
    """Tell whether a transform leaves an RGB picture of Pillow's as it is: one that makes it that of what it is already."""
    is_grey = any(type(entry).__name__ == "Grayscale" for entry in before)
    return not tensor and (name == "ToPILImage" or (name == "RGB" and not is_grey))


def called(transform: Any) -> str:
    """Return what a transform is called: its class, or a function's own name."""
    return f"function {transform.__name__}" if inspect.isfunction(transform) else type(transform).__name__


def _takes_tensors(flat: Sequence[Any]) -> bool:
    """Tell whether a transform works on tensors from the start: its dtype is converted, and nothing makes a tensor before."""
    for entry in flat:
        name = type(entry).__name__
        if name in ("ToTensor", "PILToTensor", "ToImage"):
            return False
        if name == "ConvertImageDtype":
            return True
    return False


def keeps_rgb(function: Any) -> bool:
    """Tell whether a function leaves an RGB picture as it is, such as ``lambda image: image.convert("RGB")``: it is tried."""
    import numpy as np
    from PIL import Image

    levels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3) * 13
    try:
        made = function(Image.fromarray(levels))
    except Exception:  # it takes something else, and that is an answer
        return False
    return isinstance(made, Image.Image) and made.mode == "RGB" and np.array_equal(np.asarray(made), levels)


def _flat(transform: Any) -> Iterable[Any]:
    name = type(transform).__name__
    if name in ("ImageClassification", "SemanticSegmentation"):
        yield from _preset(transform)
    elif name in ("Compose", "Sequential"):
        for entry in getattr(transform, "transforms", transform):
            yield from _flat(entry)
    elif name not in BYSTANDERS:
        yield transform


def _preset(preset: Any) -> tuple[Any, ...]:
    """Return the transforms that a weights' preset calls one after the other in its ``forward``."""
    transforms, torch = library("torchvision.transforms"), library("torch")
    found: list[Any] = []
    if preset.resize_size is not None:
        size = preset.resize_size[0] if len(preset.resize_size) == 1 else preset.resize_size
        found.append(transforms.Resize(size, interpolation=preset.interpolation, antialias=preset.antialias))
    window = getattr(preset, "crop_size", None)  # a segmentation sees the whole picture
    if window is not None:
        found.append(transforms.CenterCrop(window[0] if len(window) == 1 else window))
    return (
        *found,
        transforms.PILToTensor(),
        transforms.ConvertImageDtype(torch.float),
        transforms.Normalize(preset.mean, preset.std),
    )


def source_name(transform: Any) -> str:
    """Return what a capture or a recipe of a transform is called."""
    return f"torchvision:{transform if isinstance(transform, str) else type(transform).__name__}"


def library(name: str) -> Any:
    """Return a module of torch or torchvision; raise ``MissingLibrary`` with the install line where it is not there."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingLibrary(f"{name} cannot be imported ({error}); run: {install('torchvision')}") from error
