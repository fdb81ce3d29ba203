"""Scripts for Keras: the one call that loads pictures, and the ``preprocess_input`` that they go through."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import PIXELS, per_channel, shown
from pixelparity.recipes import (
    Cast,
    Colour,
    Decode,
    Normalize,
    Orient,
    Resize,
    Step,
    installed_pillow_passes,
    pillow_decode,
    with_defaults,
)  # fmt: skip
from pixelparity.recipes.scripts import Script, called, dotted, read_script
from pixelparity.sources.keras.layers import stretch
from pixelparity.sources.protocol import WAY_ON

#: What ``preprocess_input`` of each module of ``keras.applications`` does.
MODES: Mapping[str, str] = {
    **dict.fromkeys(("vgg16", "vgg19", "resnet", "resnet50"), "caffe"),
    **dict.fromkeys(("xception", "inception_v3", "inception_resnet_v2", "mobilenet", "mobilenet_v2", "nasnet",
                     "resnet_v2"), "tf"),
    "densenet": "torch",
    **dict.fromkeys(("efficientnet", "efficientnet_v2", "mobilenet_v3", "convnext", "resnet_rs", "regnet"), "nothing"),
}  # fmt: skip
#: Each loader, with the name of its size, its default size, and its default interpolation.
LOADERS: Mapping[str, tuple[str, tuple[int, int] | None, str]] = {
    "load_img": ("target_size", None, "nearest"),
    "image_dataset_from_directory": ("image_size", (256, 256), "bilinear"),
    "flow_from_directory": ("target_size", (256, 256), "nearest"),
    "flow_from_dataframe": ("target_size", (256, 256), "nearest"),
}
_PLACES = {"load_img": ("path",), "image_dataset_from_directory": ("directory",), "flow_from_directory": ("directory",)}
_PILLOW = {"nearest": "nearest", "bilinear": "linear", "bicubic": "cubic", "hamming": "hamming", "box": "box",
           "lanczos": "lanczos"}  # fmt: skip
_TWO = per_channel(PIXELS, 2, least=2, most=2)
#: Calls that change pictures beside those that are read.
_OTHERS = (
    "Rescaling", "Normalization", "Resizing", "CenterCrop", "per_image_standardization", "resize", "resize_with_pad", "reverse",
    "convert_image_dtype", "cvtColor", "divide", "multiply", "subtract", "smart_resize", "crop",
)  # fmt: skip
#: Numbers by which scripts bring levels to 0..1 or -1..1 by hand.
_BY_HAND = (255, 127.5, 128)


def steps(file: str | Path) -> tuple[Step, ...]:
    """Return the steps of a script; raise where it does not tell how pictures are loaded, or what is done to them."""
    script = read_script(file, "Python source")
    _refuse_others(script)
    return (*_loaded(script), *_preprocessed(_mode(script)))


def _refuse_others(script: Script) -> None:
    """Raise ``UnsupportedStep`` for arithmetic and generators that change values beside ``preprocess_input``."""
    for node in ast.walk(script.tree):
        if isinstance(node, ast.BinOp | ast.AugAssign):
            sides = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.value,)
            if any(isinstance(side, ast.Constant) and side.value in _BY_HAND for side in sides):
                raise UnsupportedStep(
                    f"line {node.lineno} computes with levels by hand, and on what is not known; {WAY_ON}"
                )
        if isinstance(node, ast.Slice) and isinstance(node.step, ast.UnaryOp):
            raise UnsupportedStep(f"line {node.lineno} turns an axis round, and which one is not known; {WAY_ON}")
    for call in script.calls("ImageDataGenerator"):
        named = script.arguments(call)
        other = next(
            (name for name in named if name not in ("preprocessing_function", "validation_split", "dtype")), None
        )
        if other is not None:
            raise UnsupportedStep(
                f"line {call.lineno}: ImageDataGenerator has {other}, which is not supported; {WAY_ON}"
            )
    for call in script.calls(*_OTHERS):
        raise UnsupportedStep(f"line {call.lineno} also calls {called(call)}, and on what is not known; {WAY_ON}")


def _mode(script: Script) -> str:
    """Return what the script's ``preprocess_input`` does; raise where it takes none, or those of several models."""
    found: dict[str, str] = {}
    for node in ast.walk(script.tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "preprocess_input" for alias in node.names):
            found[node.module or ""] = (node.module or "").rpartition(".")[2]
        elif isinstance(node, ast.Attribute) and node.attr == "preprocess_input":
            path = dotted(node).split(".")
            found[dotted(node)] = path[-2] if len(path) > 1 else ""
    modules = dict.fromkeys(found.values())
    if not modules:
        raise UnsupportedStep(f"it takes no preprocess_input of keras.applications; what is fed is not known; {WAY_ON}")
    if len(modules) > 1:
        raise UnsupportedStep(f"it takes preprocess_input of {', '.join(modules)}; keep one in a file; {WAY_ON}")
    (module,) = modules
    if module not in MODES:
        raise UnsupportedStep(f"preprocess_input of {shown(module)} is not known, only of {', '.join(MODES)}; {WAY_ON}")
    return MODES[module]


def _loaded(script: Script) -> tuple[Step, ...]:
    calls = script.calls(*LOADERS)
    if not calls:
        raise InputError(f"it calls none of {', '.join(LOADERS)}; give the script that loads pictures")
    read = [_loader(script, call) for call in calls]
    if any(other != read[0] for other in read):
        raise UnsupportedStep(f"it loads pictures {len(read)} times with other settings; keep one in a file; {WAY_ON}")
    return read[0]


def _loader(script: Script, call: ast.Call) -> tuple[Step, ...]:
    name = called(call)
    size_name, size, kernel = LOADERS[name]
    named = script.arguments(call, _PLACES.get(name, ()))
    names = (size_name, "interpolation", "color_mode", "grayscale", "keep_aspect_ratio", "crop_to_aspect_ratio",
             "pad_to_aspect_ratio")  # fmt: skip
    given: dict[str, Any] = {key: script.value(named[key]) for key in names if key in named}
    for flag in ("grayscale", "keep_aspect_ratio", "crop_to_aspect_ratio", "pad_to_aspect_ratio"):
        if given.get(flag):
            raise UnsupportedStep(f"line {call.lineno}: {flag} of {name} is not supported; {WAY_ON}")
    if given.get("color_mode", "rgb") != "rgb":
        raise UnsupportedStep(f"line {call.lineno}: color_mode {shown(given['color_mode'])} is not supported; {WAY_ON}")
    size = _TWO(given[size_name], size_name) if given.get(size_name) is not None else size
    if size is None:
        raise UnsupportedStep(
            f"line {call.lineno}: {name} has no {size_name}, and how large pictures are fed is not known"
        )
    chosen = frozenset({"mode", "height", "width"} if size_name in given else set())
    chosen |= {"kernel"} if "interpolation" in given else frozenset()
    interpolation = given.get("interpolation", kernel)
    if name == "image_dataset_from_directory":
        decode = with_defaults(Decode(library="tensorflow", channels="RGB", origin=name), frozenset())
        turned = with_defaults(Orient(exif=False, origin=name), frozenset())
        return decode, turned, stretch(size[0], size[1], interpolation, chosen, name)
    return (*pillow_decode(name), _pillow(size, interpolation, chosen, name))


def _pillow(size: tuple[int, int], interpolation: Any, chosen: frozenset[str], origin: str) -> Step:
    if not isinstance(interpolation, str) or interpolation not in _PILLOW:
        raise UnsupportedStep(
            f"interpolation {shown(interpolation)} is not supported, only {', '.join(_PILLOW)}; {WAY_ON}"
        )
    kernel = _PILLOW[interpolation]
    filters = kernel != "nearest"
    step = Resize(
        mode="stretch", height=size[0], width=size[1], rounding="none", kernel=kernel, antialias=filters, subpixel=False,
        library="pillow", passes=installed_pillow_passes() if filters else "one", origin=origin,
    )  # fmt: skip
    return with_defaults(step, chosen)


def _preprocessed(mode: str) -> tuple[Step, ...]:
    origin = (
        f"preprocess_input, mode {mode}"
        if mode != "nothing"
        else "preprocess_input does nothing: the model itself does"
    )
    cast = with_defaults(Cast(dtype="float32", origin=origin), frozenset())
    if mode == "nothing":
        return (cast,)
    if mode == "tf":
        return cast, with_defaults(Normalize(mean=(127.5,), std=(127.5,), origin=origin), {"mean", "std"})
    if mode == "caffe":
        swap = with_defaults(Colour(source="RGB", target="BGR", origin=origin), {"source", "target"})
        means = (103.939, 116.779, 123.68)
        return cast, swap, with_defaults(Normalize(mean=means, origin=origin), {"mean"})
    step = Normalize(scale=1 / 255, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), origin=origin)
    return cast, with_defaults(step, {"scale", "mean", "std"})
