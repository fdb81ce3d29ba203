"""Recipes of DeepStream's Gst-nvinfer: what its config says of a frame on its way to the network; DeepStream is not needed.

The network is fed ``y = net-scale-factor * (x - mean)``, with the mean of each channel in ``offsets``, in the network's own
order. Defaults are those of the plug-in: a factor of 1, no offsets, RGB, the frame stretched, by the nearest pixel.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pixelparity import files
from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import number, several, shown, whole, within
from pixelparity.recipes import Cast, Colour, Layout, Normalize, Pad, Recipe, Resize, Step, with_defaults
from pixelparity.sources.protocol import WAY_ON, Form, Source, register

LIBRARY = "nvbufsurftransform"
#: Orders of channels by the number of ``model-color-format``.
FORMATS = {0: "RGB", 1: "BGR", 2: "GRAY"}
#: Kernels by the number of ``scaling-filter``; the last is the plug-in's default.
FILTERS = {0: "nearest", 1: "linear", 6: "nearest"}
#: Kernels of filters that are others on Jetson's VIC than on a GPU.
ON_GPU = {2: "cubic", 4: "lanczos"}
DEFAULT_FILTER, GPU = 6, 1
_LINE = re.compile(r"\s*(?P<key>[A-Za-z0-9_-]+)\s*(?P<sign>[=:])\s*(?P<value>.*?)\s*")
_TRUE, _FALSE = ("1", "true", "True", "TRUE", "yes"), ("0", "false", "False", "FALSE", "no")
_OLD_DIMENSIONS = ("input-dims", "uff-input-dims")
_DIMENSIONS = several(whole(1, 2**16), 3, 3)
_OFFSETS = several(number())
#: Settings with which the frame is prepared elsewhere, or in a way that no step says, and what they mean.
_ELSEWHERE = {
    "input-tensor-from-meta": "the tensor is made by Gst-nvdspreprocess, whose own config says how",
    "input-tensor-meta": "the tensor is made by Gst-nvdspreprocess, whose own config says how",
    "alignment-type": "faces or plates are aligned by landmarks before",
}


def recipe(target: str | Path) -> Recipe:
    """Read the ``[property]`` group of a Gst-nvinfer config, as a key file or as YAML; ``#HEIGHTxWIDTH`` is the model's size.

    Raises ``InputError`` for a file that is none or a value that the plug-in would not take, ``UnsupportedStep`` for a size
    that stands in the model alone and for filters, mean pictures and inputs without a known meaning.
    """
    source = f"nvinfer:{target}"
    file, _, size = str(target).partition("#")
    with within(source):
        given = _properties(Path(file))
        return Recipe(source=source, steps=_steps(_sized(given, size) if size else given))


def _sized(given: dict[str, str], size: str) -> dict[str, str]:
    """Return the settings with the size of the model, which the config does not have."""
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", size, re.ASCII)
    if match is None:
        raise InputError(f"#{size} is no size; write #HEIGHTxWIDTH")
    named = [key for key in ("infer-dims", *_OLD_DIMENSIONS) if key in given]
    if named:
        raise InputError(f"its {named[0]} is {given[named[0]]} already; leave #{size} out")
    channels = 1 if given.get("model-color-format") == "2" else 3
    return given | {"infer-dims": f"{channels};{match[1]};{match[2]}"}


def _properties(path: Path) -> dict[str, str]:
    """Return the keys and values of the group ``property``."""
    found: dict[str, str] = {}
    inside = seen = server = False
    for line in files.read_text(path, "a Gst-nvinfer config").splitlines():
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        server = server or text.startswith("infer_config")
        if text.startswith("[") or (text.endswith(":") and line[0] not in " \t"):
            inside = text in ("[property]", "property:")
            seen = seen or inside
            continue
        match = _LINE.fullmatch(line)
        if inside and match is not None:
            found[match["key"]] = match["value"] if match["sign"] == "=" else _scalar(match["value"])
    if not seen and server:
        raise UnsupportedStep(
            "it is a config of Gst-nvinferserver (infer_config), which has its own words and is not read, only "
            f"Gst-nvinfer's are; {WAY_ON}"
        )
    if not seen:
        raise InputError("it has no group [property]; give the config file of a Gst-nvinfer element")
    return found


def _scalar(text: str) -> str:
    """Return a YAML value as plain text, without quotes and what stands behind it."""
    return text.partition(" #")[0].strip().strip("\"'")


def _flag(given: Mapping[str, str], key: str) -> bool:
    text = given.get(key, "0")
    if text not in (*_TRUE, *_FALSE):
        raise InputError(f"{key} is {shown(text)}, use 0 or 1")
    return text in _TRUE


def _whole(given: Mapping[str, str], key: str, default: int) -> int:
    text = given.get(key, str(default))
    if re.fullmatch(r"-?\d{1,9}", text, re.ASCII) is None:
        raise InputError(f"{key} is {shown(text)}, use a whole number")
    return int(text)


def _numbers(given: Mapping[str, str], key: str) -> list[float]:
    parts = [part.strip() for part in given[key].rstrip(";").split(";")]
    try:
        return [float(part) for part in parts]
    except ValueError as error:
        raise InputError(f"{key} is {shown(given[key])}, use numbers with ; between them") from error


def _steps(given: Mapping[str, str]) -> tuple[Step, ...]:
    _check(given)
    order = _whole(given, "model-color-format", 0)
    if order not in FORMATS:
        raise InputError(f"model-color-format is {order}, use 0 (RGB), 1 (BGR) or 2 (GRAY)")
    channels, height, width = _dimensions(given)
    if channels != (1 if order == 2 else 3):
        raise InputError(f"infer-dims has {channels} channels, but model-color-format {order} is {FORMATS[order]}")
    swap = Colour(source="RGB", target=FORMATS[order], origin="model-color-format")
    steps: tuple[Step, ...] = (*_scaled(given, height, width), *(() if order == 0 else (swap,)))
    cast = with_defaults(Cast(dtype="float32", origin="the low-level library"), set())
    return (*steps, cast, *_normalized(given, channels), *_laid_out(given))


def _check(given: Mapping[str, str]) -> None:
    for key, meaning in _ELSEWHERE.items():
        if given.get(key, "0") not in _FALSE:
            raise UnsupportedStep(f"{key} is {shown(given[key])}: {meaning}; {WAY_ON}")
    if given.get("mean-file"):
        raise UnsupportedStep(f"mean-file names a picture that is subtracted, which no step of a recipe says; {WAY_ON}")


def _dimensions(given: Mapping[str, str]) -> tuple[int, int, int]:
    """Return channels, height and width."""
    if "infer-dims" in given:
        channels, height, width = _DIMENSIONS(_lengths(given, "infer-dims"), "infer-dims")
        return channels, height, width
    for key in _OLD_DIMENSIONS:
        if key in given:
            lengths = _lengths(given, key)
            if len(lengths) != 4 or lengths[3] != 0:
                raise UnsupportedStep(f"{key} is {shown(given[key])}, only channels;height;width;0 is known; {WAY_ON}")
            channels, height, width = _DIMENSIONS(lengths[:3], key)
            return channels, height, width
    raise UnsupportedStep(
        "it has no infer-dims, so the size stands in the model alone: write the model's behind the file, #HEIGHTxWIDTH, or "
        f"{WAY_ON}"
    )


def _lengths(given: Mapping[str, str], key: str) -> list[int]:
    numbers = _numbers(given, key)
    if not all(value.is_integer() for value in numbers):
        raise InputError(f"{key} is {shown(given[key])}, use whole numbers with ; between them")
    return [int(value) for value in numbers]


def _kernel(given: Mapping[str, str]) -> str:
    chosen, unit = _whole(given, "scaling-filter", DEFAULT_FILTER), _whole(given, "scaling-compute-hw", 0)
    if chosen in FILTERS:
        return FILTERS[chosen]
    if chosen in ON_GPU and unit == GPU:
        return ON_GPU[chosen]
    where = " where scaling-compute-hw does not say the GPU (1)" if chosen in ON_GPU else ""
    raise UnsupportedStep(
        f"scaling-filter {chosen} has no known meaning{where}; 0 (nearest), 1 (bilinear) and 6 (the default) do; {WAY_ON}"
    )


def _scaled(given: Mapping[str, str], height: int, width: int) -> tuple[Step, ...]:
    """Return how a frame, or with ``process-mode=2`` the box of an object, gets the network's size."""
    keeps, centred = _flag(given, "maintain-aspect-ratio"), _flag(given, "symmetric-padding")
    what = {1: "a frame", 2: "the box of an object"}.get(_whole(given, "process-mode", 1))
    if what is None:
        raise InputError(f"process-mode is {given['process-mode']}, use 1 (frames) or 2 (objects)")
    resize = Resize(
        mode="not_larger" if keeps else "stretch", height=height, width=width, kernel=_kernel(given), antialias=False,
        subpixel=False, library=LIBRARY, rounding="floor" if keeps else "none", origin=f"maintain-aspect-ratio, of {what}",
    )  # fmt: skip
    chosen = {"height", "width"} | {
        field for key, field in (("maintain-aspect-ratio", "mode"), ("scaling-filter", "kernel")) if key in given
    }
    if not keeps:
        return (with_defaults(resize, chosen),)
    pad = Pad(
        height=height,
        width=width,
        position="centre" if centred else "top_left",
        fill=(0.0,),
        origin="symmetric-padding",
    )
    named = {"height", "width"} | ({"position"} if "symmetric-padding" in given else set())
    return with_defaults(resize, chosen), with_defaults(pad, named)


def _normalized(given: Mapping[str, str], channels: int) -> tuple[Step, ...]:
    factor = _numbers(given, "net-scale-factor") if "net-scale-factor" in given else [1.0]
    if len(factor) != 1:
        raise InputError(f"net-scale-factor is {shown(given['net-scale-factor'])}, use one number")
    offsets = _OFFSETS(_numbers(given, "offsets"), "offsets") if given.get("offsets") else (0.0,) * channels
    if len(offsets) != channels:
        raise InputError(f"offsets has {len(offsets)} numbers where the network has {channels} channels")
    subtract = Normalize(mean=offsets, origin="offsets, in the network's order")
    scale = Normalize(scale=factor[0], origin="net-scale-factor")
    return (
        with_defaults(subtract, {"mean"} if given.get("offsets") else set()),
        with_defaults(scale, {"scale"} if "net-scale-factor" in given else set()),
    )


def _laid_out(given: Mapping[str, str]) -> tuple[Step, ...]:
    order = _whole(given, "network-input-order", 0)
    if order not in (0, 1):
        raise InputError(f"network-input-order is {order}, use 0 (NCHW) or 1 (NHWC)")
    layout = Layout(source="HWC", target="CHW", origin="network-input-order")
    return () if order else (with_defaults(layout, {"target"} if "network-input-order" in given else set()),)


register(
    Source(
        kind="nvinfer",
        forms=(
            Form(
                text="nvinfer:FILE",
                takes="the config of a Gst-nvinfer element of DeepStream, as a key file or YAML; #HEIGHTxWIDTH behind it is the "
                "size of the model, where infer-dims does not say it",
                example="nvinfer:config_infer_primary.txt",
                executes=False,
                handling="text; DeepStream is not needed, and neither the model nor a library that it names is opened",
            ),
        ),
        recipe=recipe,
    )
)
