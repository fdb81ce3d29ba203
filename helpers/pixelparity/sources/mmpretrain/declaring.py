"""What MMPretrain's transforms declare of their outputs: step, layout, channels and range, carried along, never guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pixelparity.stages import Stage, Tensor

#: What MMPretrain's and mmcv's transforms do, in the words of stages.
STEP_OF = {
    "LoadImageFromFile": "decode",
    "Resize": "resize",
    "ResizeEdge": "resize",
    "CenterCrop": "crop",
    "EfficientNetCenterCrop": "resize",
    "Pad": "pad",
    "Normalize": "normalize",
    "NumpyToPIL": "colour",
    "PILToNumpy": "colour",
    "PackInputs": "layout",
    "torchvision/Resize": "resize",
    "torchvision/CenterCrop": "crop",
    "torchvision/Pad": "pad",
}


def declare(origin: str, transform: Any, results: Mapping[str, Any], before: Stage | None) -> Stage:
    """Return what a transform declares of its output; what it does not touch is carried on from ``before``."""
    kind = origin.partition(" ")[2].rpartition(".")[2]
    step = STEP_OF.get(kind) or next((s.kind for s in _own_steps(transform)), "other")
    stage = Stage(name=step, step=step, dtype=str(array(results).dtype), origin=origin)
    if before is not None:
        stage = replace(stage, layout=before.layout, channels=before.channels, value_range=before.value_range)
    if kind == "LoadImageFromFile":
        colour = transform.color_type.startswith("color") and transform.imdecode_backend != "tifffile"
        grey = transform.color_type.startswith("grayscale")
        order = getattr(transform, "channel_order", "bgr").upper()
        channels = order if colour else "GRAY" if grey else "unknown"
        return replace(stage, layout="HW" if grey else "HWC", channels=channels, value_range=(0.0, 255.0))
    if kind in ("NumpyToPIL", "PILToNumpy"):
        swaps = transform.to_rgb if kind == "NumpyToPIL" else transform.to_bgr
        return replace(stage, channels=flipped(stage.channels) if swaps else stage.channels)
    if kind == "PackInputs":
        return replace(stage, layout="CHW")
    if kind == "torchvision/ToTensor":
        return replace(stage, layout="CHW", value_range=(0.0, 1.0))
    if kind == "Normalize":
        bounds = normalized_range(stage.value_range, transform.mean, transform.std)
        return replace(
            stage, channels=flipped(stage.channels) if transform.to_rgb else stage.channels, value_range=bounds
        )
    if stage.step == "other" or kind == "torchvision/Normalize":
        return replace(stage, value_range=None)
    return stage


def array(results: Mapping[str, Any]) -> Tensor:
    """Return the picture that a pipeline holds at a point, as an array of its own."""
    # A copy, because some transforms work in place.
    return np.array(results["inputs"] if "inputs" in results else results["img"])


def _own_steps(transform: Any) -> tuple[Any, ...]:
    """Return the recipe steps that a transform outside MMPretrain declares of itself with ``recipe_steps()``, if it does."""
    declare = getattr(transform, "recipe_steps", None)
    return tuple(declare()) if callable(declare) else ()


def flipped(channels: str) -> str:
    """Return the channel order after a flip of the channels."""
    return {"BGR": "RGB", "RGB": "BGR"}.get(channels, channels)


def normalized_range(bounds: tuple[float, float] | None, mean: Any, std: Any) -> tuple[float, float] | None:
    """Return the lowest and highest value after ``(x - mean) / std`` over all channels."""
    if bounds is None:
        return None
    shift, spread = np.asarray(mean, np.float64).ravel(), np.asarray(std, np.float64).ravel()
    ends = (np.asarray(bounds)[:, None] - shift) / spread
    return float(ends.min()), float(ends.max())


def unique_names(stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """Return the stages with names that are unique: the second ``resize`` becomes ``resize_2``."""
    seen: dict[str, int] = {}
    named = []
    for stage in stages:
        seen[stage.name] = seen.get(stage.name, 0) + 1
        named.append(stage if seen[stage.name] == 1 else replace(stage, name=f"{stage.name}_{seen[stage.name]}"))
    return tuple(named)
