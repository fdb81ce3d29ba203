"""Recipes and captures of torchvision: ``Compose`` of transforms (v1 and v2) and the presets of ``torchvision.models`` weights.

A transform does not remember which of its arguments were given, so a value that equals the signature's default counts as
a default. Pictures are opened as torchvision's own loader does it: Pillow, converted to RGB, EXIF orientation not applied.
"""

from __future__ import annotations

import importlib
import inspect
import runpy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from helpers.errors import ImageError, InputError, MissingLibrary, SideError, UnsupportedStep
from helpers.recipe import (
    Cast,
    Colour,
    Crop,
    Layout,
    Normalize,
    Recipe,
    Resize,
    Step,
    pillow_decode,
    pillow_passes,
    with_defaults,
)
from helpers.stages import Capture, Stage, Tensor, check_finite

INSTALL = 'pip install "torch==2.8.0" "torchvision==0.23.0"'
KERNELS = {
    "nearest": "nearest",
    "nearest-exact": "nearest",
    "bilinear": "linear",
    "bicubic": "cubic",
    "box": "box",
    "hamming": "hamming",
    "lanczos": "lanczos",
}
#: Transforms that leave the picture as it is.
BYSTANDERS = ("Identity", "ToPureTensor")


@dataclass(frozen=True, kw_only=True)
class _Part:
    """One transform in order: where it stands, the transform, whether it gets a tensor (else a Pillow picture) and of floats."""

    origin: str
    transform: Any
    tensor: bool
    floating: bool


def load(transform: Any) -> Any:
    """Return a transform: one as it is, a weights' preset by name (``ResNet50_Weights.IMAGENET1K_V2``), or ``FILE.py:NAME``.

    Raises ``InputError`` when there is none by that name.
    """
    if not isinstance(transform, str):
        return (
            transform.transforms() if hasattr(transform, "transforms") and callable(transform.transforms) else transform
        )
    file, _, name = transform.rpartition(":")
    if file.endswith(".py"):
        if not Path(file).is_file():
            raise InputError(f"{file} is not a file; give FILE.py:NAME of a transform")
        found = runpy.run_path(file).get(name)
        if found is None:
            raise InputError(f"{file} has no {name!r}; give the name of a transform that stands in it")
        return load(found)
    try:
        return _library("torchvision.models").get_weight(transform).transforms()
    except (ValueError, KeyError, AttributeError) as error:
        raise InputError(f"{transform!r} names no weights of torchvision, and no FILE.py:NAME ({error})") from error


def recipe(transform: Any) -> Recipe:
    """Read the recipe of a transform (see :func:`load`).

    Raises ``UnsupportedStep`` that names a transform without a known meaning.
    """
    source = _source(transform)
    steps = list(pillow_decode("torchvision's loader"))
    for part in _parts(load(transform)):
        try:
            new = _read(part)
        except UnsupportedStep as error:
            raise UnsupportedStep(f"{source}: {part.origin}: {error}") from error
        steps += [replace(step, origin=step.origin or part.origin) for step in new]
    return Recipe(source=source, steps=tuple(steps))


def capture(transform: Any, images: Mapping[str, Path]) -> Capture:
    """Run a transform (see :func:`load`) on each picture, part by part, and keep what each put out; CHW once it is a tensor.

    Raises ``ImageError`` for a picture that cannot be decoded, ``SideError`` when a transform fails.
    """
    source = _source(transform)
    parts = _parts(load(transform))
    runs = {name: _run(parts, path, source) for name, path in images.items()}
    if not runs:
        raise InputError(f"{source}: there is no picture to capture; give at least one")
    stages = _numbered([stage for stage, _ in next(iter(runs.values()))])
    tensors = {stage.name: {name: run[number][1] for name, run in runs.items()} for number, stage in enumerate(stages)}
    versions = {name: version(name) for name in ("torchvision", "torch", "pillow")}
    captured = Capture(source=source, stages=stages, images=tuple(runs), tensors=tensors, facts={"versions": versions})
    check_finite(captured)
    return captured


def _source(transform: Any) -> str:
    return f"torchvision:{transform if isinstance(transform, str) else type(transform).__name__}"


def _parts(transform: Any) -> tuple[_Part, ...]:
    """Return the transforms in order, presets and nested compositions taken apart."""
    flat = list(_flat(transform))
    if not flat:
        raise InputError("the transform is empty; give at least one step")
    parts, tensor, floating = [], False, False
    for number, entry in enumerate(flat):
        name = type(entry).__name__
        parts.append(_Part(origin=f"[{number}] {name}", transform=entry, tensor=tensor, floating=floating))
        floating = floating or name in ("ToTensor", "ConvertImageDtype", "ToDtype")
        tensor = (tensor or name in ("ToTensor", "PILToTensor", "ToImage")) and name != "ToPILImage"
    return tuple(parts)


def _flat(transform: Any) -> Iterable[Any]:
    name = type(transform).__name__
    if name == "ImageClassification":
        yield from _preset(transform)
    elif name in ("Compose", "Sequential"):
        for entry in getattr(transform, "transforms", transform):
            yield from _flat(entry)
    elif name not in BYSTANDERS:
        yield transform


def _preset(preset: Any) -> tuple[Any, ...]:
    """Return the transforms that a weights' preset calls one after the other in its ``forward``."""
    transforms, torch = _library("torchvision.transforms"), _library("torch")
    size = preset.resize_size[0] if len(preset.resize_size) == 1 else preset.resize_size
    return (
        transforms.Resize(size, interpolation=preset.interpolation, antialias=preset.antialias),
        transforms.CenterCrop(preset.crop_size[0] if len(preset.crop_size) == 1 else preset.crop_size),
        transforms.PILToTensor(),
        transforms.ConvertImageDtype(torch.float),
        transforms.Normalize(preset.mean, preset.std),
    )


def _read(part: _Part) -> tuple[Step, ...]:
    name = type(part.transform).__name__
    reader = READERS.get(name)
    if reader is None:
        random = "it is random, and belongs to training" if name.startswith("Random") else "its meaning is not known"
        raise UnsupportedStep(f"{random}; known are {', '.join(READERS)}")
    return reader(part)


def _given(transform: Any) -> frozenset[str]:
    """Return the arguments whose values are not the defaults of the transform's signature."""
    chosen = set()
    for name, parameter in inspect.signature(type(transform).__init__).parameters.items():
        value = getattr(transform, name, inspect.Parameter.empty)
        if parameter.default is inspect.Parameter.empty or value != parameter.default:
            chosen.add(name)
    return frozenset(chosen)


def _resize(part: _Part) -> tuple[Step, ...]:
    transform = part.transform
    kernel = KERNELS[getattr(transform.interpolation, "value", transform.interpolation)]
    filters = kernel != "nearest" and (bool(transform.antialias) or not part.tensor)
    size, limit = transform.size, transform.max_size
    sizes = [size] if isinstance(size, int) else list(size or [])
    target: dict[str, Any]
    if not sizes:
        target = {"mode": "longer", "size": limit, "rounding": "floor"}
    elif len(sizes) == 1:
        target = {"mode": "shorter", "size": sizes[0], "rounding": "floor", "max_size": limit}
    else:
        target = {"mode": "stretch", "height": sizes[0], "width": sizes[1], "rounding": "none"}
    step = Resize(
        **target, kernel=kernel, antialias=filters, subpixel=False, library="torch" if part.tensor else "pillow",
        passes=_passes(part, kernel, filters), dtype="float32" if part.floating else "uint8",
    )  # fmt: skip
    names = {"interpolation": "kernel", "antialias": "antialias", "max_size": "max_size"}
    given = {field for argument, field in names.items() if argument in _given(transform)}
    return (with_defaults(step, given | {"mode", "size", "height", "width"}),)


def _passes(part: _Part, kernel: str, filters: bool) -> str:
    """Return how many passes: Pillow's, or PyTorch's own uint8 kernels (transforms v2), which round to 8 bits in between."""
    if not part.tensor:
        return pillow_passes(version("pillow")) if filters else "one"
    if part.floating or ".v2." not in type(part.transform).__module__:
        return "one"
    # torchvision's own rule (transforms/v2/functional/_geometry.py): bilinear only where the processor has just AVX2.
    avx2 = "AVX2" in _library("torch").backends.cpu.get_cpu_capability()
    return "horizontal_first" if kernel == "cubic" or (kernel == "linear" and avx2) else "one"


def _centre_crop(part: _Part) -> tuple[Step, ...]:
    transform = part.transform
    sizes = [transform.size] if isinstance(transform.size, int) else list(transform.size)
    step = Crop(height=sizes[0], width=sizes[-1], rounding="half_even", out_of_bounds="pad")
    return (with_defaults(step, {"height", "width", "anchor"}),)


def _to_tensor(part: _Part) -> tuple[Step, ...]:
    return Layout(source="HWC", target="CHW"), Cast(dtype="float32"), Normalize(scale=1 / 255)


def _to_layout(part: _Part) -> tuple[Step, ...]:
    return () if part.tensor else (Layout(source="HWC", target="CHW"),)


def _to_dtype(part: _Part) -> tuple[Step, ...]:
    dtype = str(part.transform.dtype).removeprefix("torch.")
    if dtype not in ("float32", "float16"):
        raise UnsupportedStep(f"dtype {dtype!r} is not supported, only float32 and float16 are")
    scales = getattr(part.transform, "scale", True)
    cast = Cast(dtype=dtype)
    return (cast, Normalize(scale=1 / 255)) if scales else (cast,)


def _normalize(part: _Part) -> tuple[Step, ...]:
    mean, std = (tuple(float(v) for v in values) for values in (part.transform.mean, part.transform.std))
    return (with_defaults(Normalize(mean=mean, std=std), {"mean", "std", "scale"}),)


def _grey(part: _Part) -> tuple[Step, ...]:
    if part.transform.num_output_channels != 1:
        raise UnsupportedStep("grey in three channels is not supported; num_output_channels=1 is")
    return (Colour(source="RGB", target="GRAY"),)


Reader = Callable[[_Part], tuple[Step, ...]]
READERS: Mapping[str, Reader] = {
    "Resize": _resize,
    "CenterCrop": _centre_crop,
    "ToTensor": _to_tensor,
    "PILToTensor": _to_layout,
    "ToImage": _to_layout,
    "ConvertImageDtype": _to_dtype,
    "ToDtype": _to_dtype,
    "Normalize": _normalize,
    "Grayscale": _grey,
}
STEP_OF = {
    "Resize": "resize",
    "CenterCrop": "crop",
    "ToTensor": "layout",
    "PILToTensor": "layout",
    "ToImage": "layout",
    "ConvertImageDtype": "cast",
    "ToDtype": "cast",
    "Normalize": "normalize",
    "Grayscale": "colour",
}


def _run(parts: tuple[_Part, ...], path: Path, source: str) -> list[tuple[Stage, Tensor]]:
    picture = _open(path)
    first = Stage(name="decode", step="decode", value_range=(0.0, 255.0), origin="Pillow, converted to RGB")
    tapped = [(first, np.array(picture))]
    for part in parts:
        try:
            picture = part.transform(picture)
        except Exception as error:
            raise SideError(f"{source}: {part.origin} failed on {path.name} ({error})") from error
        array = np.array(picture)
        tapped.append((_declare(part, array, tapped[-1][0]), array))
    return tapped


def _open(path: Path) -> Any:
    from PIL import Image

    try:
        with Image.open(path) as picture:
            return picture.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ImageError(f"{path} cannot be decoded ({error}); it may be missing, truncated or no picture") from error


def _declare(part: _Part, array: Tensor, before: Stage) -> Stage:
    name = type(part.transform).__name__
    step = STEP_OF.get(name, "other")
    stage = replace(before, name=step, step=step, dtype=str(array.dtype), origin=part.origin)
    if name in ("ToTensor", "PILToTensor", "ToImage"):
        stage = replace(stage, layout="CHW")
    if name == "Grayscale":
        stage = replace(stage, channels="GRAY")
    if name in ("ToTensor", "ConvertImageDtype", "ToDtype") and getattr(part.transform, "scale", True):
        return replace(stage, value_range=(0.0, 1.0))
    if name == "Normalize" and stage.value_range is not None:
        mean, std = np.asarray(part.transform.mean), np.asarray(part.transform.std)
        ends = (np.asarray(stage.value_range)[:, None] - mean) / std
        return replace(stage, value_range=(float(ends.min()), float(ends.max())))
    return replace(stage, value_range=None) if step == "other" else stage


def _numbered(stages: list[Stage]) -> tuple[Stage, ...]:
    counts: dict[str, int] = {}
    named = []
    for stage in stages:
        counts[stage.name] = counts.get(stage.name, 0) + 1
        number = counts[stage.name]
        named.append(stage if number == 1 else replace(stage, name=f"{stage.name}_{number}"))
    return tuple(named)


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingLibrary(f"{name} cannot be imported ({error}); run: {INSTALL}") from error
