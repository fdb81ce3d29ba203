"""The three DALI pipelines of the incident: as it was shipped, with the one added line, and equal to the training's.

Each takes decoded pictures (HWC, uint8, RGB) from one external source and puts out the engine's input tensor
(CHW, float32). They differ from each other in nothing but what their docstrings say.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nvidia.dali import fn, pipeline_def, types

from pixelparity import files

INPUT = "INPUT_PREPROCESS"
HEIGHT, WIDTH = 512, 384
LARGEST_BATCH = 8
MODEL_FILE = "model.dali"


@pipeline_def(batch_size=LARGEST_BATCH, num_threads=2, device_id=None, prefetch_queue_depth=1)
def preprocess_shipped() -> Any:
    """Preprocess as it was shipped: fit, pad, cast."""
    images = fn.external_source(name=INPUT, layout="HWC", dtype=types.UINT8)
    images = fn.resize(images, size=(HEIGHT, WIDTH), mode="not_larger")
    images = fn.crop(images, crop=(HEIGHT, WIDTH), out_of_bounds_policy="pad")
    images = fn.cast(images, dtype=types.FLOAT)
    return fn.transpose(images, perm=[2, 0, 1])


@pipeline_def(batch_size=LARGEST_BATCH, num_threads=2, device_id=None, prefetch_queue_depth=1)
def preprocess_fixed() -> Any:
    """Preprocess with the one line that mended the incident in the field, after the cast."""
    images = fn.external_source(name=INPUT, layout="HWC", dtype=types.UINT8)
    images = fn.resize(images, size=(HEIGHT, WIDTH), mode="not_larger")
    images = fn.crop(images, crop=(HEIGHT, WIDTH), out_of_bounds_policy="pad")
    images = fn.cast(images, dtype=types.FLOAT)
    images = fn.normalize(images, mean=0.0, stddev=255.0)
    return fn.transpose(images, perm=[2, 0, 1])


@pipeline_def(batch_size=LARGEST_BATCH, num_threads=2, device_id=None, prefetch_queue_depth=1)
def preprocess_parity() -> Any:
    """Preprocess as the training did: OpenCV's resampling, its whole-number sizes, its offset for an odd pixel."""
    images = fn.external_source(name=INPUT, layout="HWC", dtype=types.UINT8)
    # OpenCV's INTER_LINEAR never widens its filter and maps whole pixels to whole pixels.
    images = fn.resize(images, size=_fitted_size(images), antialias=False, subpixel_scale=False)
    # Truncating puts the odd pixel of padding below and right, as the training does; DALI's default puts it above and left.
    images = fn.crop(images, crop=(HEIGHT, WIDTH), out_of_bounds_policy="pad", rounding="truncate")
    images = fn.cast(images, dtype=types.FLOAT)
    images = fn.normalize(images, mean=0.0, stddev=255.0)
    return fn.transpose(images, perm=[2, 0, 1])


PIPELINES = {
    "preprocess_shipped": preprocess_shipped,
    "preprocess_fixed": preprocess_fixed,
    "preprocess_parity": preprocess_parity,
}


def serialize(name: str, folder: Path) -> Path:
    """Write the pipeline called ``name`` to ``folder/model.dali``, whole or not at all, and return the file's path."""
    return files.write_whole(folder / MODEL_FILE, PIPELINES[name]().serialize())


def _fitted_size(images: Any) -> Any:
    """Return (height, width) that fits the box, ratio kept, the free edge rounded half up in whole numbers.

    The same arithmetic as the training's ``transforms.fitted_size``; in floating point the edge would be off by one
    pixel wherever it is an exact half.
    """
    shape = fn.cast(images.shape(device="cpu"), dtype=types.INT64)
    height, width = shape[0], shape[1]
    is_tall = fn.cast(height * WIDTH >= width * HEIGHT, dtype=types.INT64)
    free_height = (2 * height * WIDTH + width) // (2 * width)
    free_width = (2 * width * HEIGHT + height) // (2 * height)
    fitted = fn.stack(
        is_tall * HEIGHT + (1 - is_tall) * free_height,
        is_tall * free_width + (1 - is_tall) * WIDTH,
    )
    return fn.cast(fitted, dtype=types.FLOAT)
