"""Recipes of torchvision's transforms.

A transform does not remember which of its arguments were given, so a value that equals the signature's default counts as
a default.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import version
from typing import Any

from pixelparity.errors import UnsupportedStep
from pixelparity.fields import number, per_channel, sensible, within
from pixelparity.recipes import (
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
from pixelparity.sources.protocol import WAY_ON
from pixelparity.sources.torchvision.transforms import Part, keeps_rgb, library, load, parts_of, source_name

KERNELS = {
    "nearest": "nearest",
    "nearest-exact": "nearest",
    "bilinear": "linear",
    "bicubic": "cubic",
    "box": "box",
    "hamming": "hamming",
    "lanczos": "lanczos",
}


def recipe(transform: Any) -> Recipe:
    """Read the recipe of a transform (see :func:`load`).

    Raises ``UnsupportedStep`` that names a transform without a known meaning.
    """
    source = source_name(transform)
    steps = list(pillow_decode("torchvision's loader"))
    parts = parts_of(load(transform))
    if parts and parts[0].tensor:  # a picture's bytes are made a tensor by who calls it
        steps.append(Layout(source="HWC", target="CHW", origin="the caller, since it takes tensors"))
    for part in parts:
        with within(f"{source}: {part.origin}"), sensible("its settings"):
            new = _read(part)
        steps += [replace(step, origin=step.origin or part.origin) for step in new]
    return Recipe(source=source, steps=tuple(steps))


def _read(part: Part) -> tuple[Step, ...]:
    name = type(part.transform).__name__
    reader = READERS.get(name)
    if reader is None and inspect.isfunction(part.transform) and not part.tensor and keeps_rgb(part.transform):
        return ()
    if reader is None:
        reason = "it is random, and belongs to training" if name.startswith("Random") else "its meaning is not known"
        if name == "ObjectDetection":
            reason = "it makes numbers from 0 to 1 and no more; the detector itself then normalises and resizes, in its model"
        raise UnsupportedStep(f"{reason}; known are {', '.join(READERS)}; {WAY_ON}")
    return reader(part)


def _given(transform: Any) -> frozenset[str]:
    """Return the arguments whose values are not the defaults of the transform's signature."""
    chosen = set()
    for name, parameter in inspect.signature(type(transform).__init__).parameters.items():
        value = getattr(transform, name, inspect.Parameter.empty)
        if parameter.default is inspect.Parameter.empty or value != parameter.default:
            chosen.add(name)
    return frozenset(chosen)


def _resize(part: Part) -> tuple[Step, ...]:
    transform = part.transform
    kernel = KERNELS[_interpolation(transform.interpolation)]
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


def _interpolation(given: Any) -> str:
    """Return the name of an interpolation, which torchvision takes as its own constant or as Pillow's number too."""
    from torchvision.transforms.functional import _interpolation_modes_from_int

    mode = _interpolation_modes_from_int(given) if isinstance(given, int) else given
    return str(getattr(mode, "value", mode))


def _passes(part: Part, kernel: str, filters: bool) -> str:
    """Return how many passes: Pillow's, or PyTorch's own uint8 kernels (transforms v2), which round to 8 bits in between."""
    if not part.tensor:
        return pillow_passes(version("pillow")) if filters else "one"
    if part.floating or ".v2." not in type(part.transform).__module__:
        return "one"
    # torchvision's own rule (transforms/v2/functional/_geometry.py): bilinear only where the processor has just AVX2.
    avx2 = "AVX2" in library("torch").backends.cpu.get_cpu_capability()
    return "horizontal_first" if kernel == "cubic" or (kernel == "linear" and avx2) else "one"


def _centre_crop(part: Part) -> tuple[Step, ...]:
    transform = part.transform
    sizes = [transform.size] if isinstance(transform.size, int) else list(transform.size)
    step = Crop(height=sizes[0], width=sizes[-1], rounding="half_even", out_of_bounds="pad")
    return (with_defaults(step, {"height", "width", "anchor"}),)


def _to_tensor(_part: Part) -> tuple[Step, ...]:
    return Layout(source="HWC", target="CHW"), Cast(dtype="float32"), Normalize(scale=1 / 255)


def _to_layout(part: Part) -> tuple[Step, ...]:
    return () if part.tensor else (Layout(source="HWC", target="CHW"),)


def _to_dtype(part: Part) -> tuple[Step, ...]:
    dtype = str(part.transform.dtype).removeprefix("torch.")
    if dtype not in ("float32", "float16"):
        raise UnsupportedStep(f"dtype {dtype!r} is not supported, only float32 and float16 are")
    scales = getattr(part.transform, "scale", True)
    cast = Cast(dtype=dtype)
    return (cast, Normalize(scale=1 / 255)) if scales else (cast,)


def _normalize(part: Part) -> tuple[Step, ...]:
    # torchvision computes with tensors, so one number stands for every channel.
    mean, std = (per_channel(number(), 3)(getattr(part.transform, name), name) for name in ("mean", "std"))
    return (with_defaults(Normalize(mean=mean, std=std), {"mean", "std", "scale"}),)


def _grey(part: Part) -> tuple[Step, ...]:
    if part.transform.num_output_channels != 1:
        raise UnsupportedStep(f"grey in three channels is not supported; num_output_channels=1 is; {WAY_ON}")
    return (Colour(source="RGB", target="GRAY"),)


Reader = Callable[[Part], tuple[Step, ...]]
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
