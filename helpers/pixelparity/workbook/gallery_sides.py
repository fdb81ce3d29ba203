"""The fault gallery's pipelines: five references in OpenCV and Pillow, their DALI twins, and ten deployments with faults.

All show a network of 96x96 its pictures. A broken pipeline differs from its reference's twin by what a public incident did;
which families of faults those are is written nowhere: the diagnosis finds it by running both.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from nvidia.dali import fn, pipeline_def, types
from PIL import Image

LAYOUT = {"input": "HWC", "resize": "HWC", "crop": "HWC", "pad": "HWC", "normalize": "HWC", "to_chw": "CHW"}
CHANNELS = "RGB"
PIXELS = {"decode": (0, 255), "resize": (0, 255), "crop": (0, 255), "pad": (0, 255)}

SIDE, SHORT, GREY = 96, 120, 114
# ImageNet's mean and standard deviation of red, green and blue, in levels of 255.
MEAN, STD = [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]
OPENCV: dict[str, Any] = {"antialias": False, "subpixel_scale": False}  # what makes fn.resize equal to cv2.resize
PILLOW: dict[str, Any] = {"interp_type": types.INTERP_TRIANGULAR, "antialias": True, "subpixel_scale": False}


Preprocess = Callable[[Path], dict[str, Any]]


def _puts_out(low: float, high: float) -> Callable[[Preprocess], Preprocess]:
    """Declare the range of what a reference puts out, for the figures' common scale."""

    def declared(function: Preprocess) -> Preprocess:
        vars(function)["value_range"] = {**PIXELS, "normalize": (low, high), "to_chw": (low, high)}
        return function

    return declared


@_puts_out(0, 1)
def stretched_to_one(path: Path) -> dict[str, Any]:
    """Stretch with OpenCV, divide by 255."""
    pixels = _opened(path)
    resized = cv2.resize(pixels, (SIDE, SIDE))
    return _ended({"decode": pixels, "resize": resized}, resized / 255)


@_puts_out(-1, 1)
def stretched_to_two(path: Path) -> dict[str, Any]:
    """Stretch with OpenCV, bring 0..255 to -1..1."""
    pixels = _opened(path)
    resized = cv2.resize(pixels, (SIDE, SIDE))
    return _ended({"decode": pixels, "resize": resized}, resized / 127.5 - 1)


@_puts_out(-MEAN[0] / STD[0], (255 - MEAN[2]) / STD[2])
def cropped_with_opencv(path: Path) -> dict[str, Any]:
    """Bring the short edge to 120 with OpenCV, cut out the centre, normalise by ImageNet's statistics."""
    pixels = _opened(path)
    resized = cv2.resize(pixels, _short(pixels))
    cropped = _centre(resized)
    return _ended({"decode": pixels, "resize": resized, "crop": cropped}, (cropped - np.array(MEAN)) / STD)


@_puts_out(-MEAN[0] / STD[0], (255 - MEAN[2]) / STD[2])
def cropped_with_pillow(path: Path) -> dict[str, Any]:
    """Bring the short edge to 120 with Pillow, cut out the centre, normalise by ImageNet's statistics."""
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    resized = np.asarray(Image.fromarray(pixels).resize(_short(pixels), Image.Resampling.BILINEAR))
    cropped = _centre(resized)
    return _ended({"decode": pixels, "resize": resized, "crop": cropped}, (cropped - np.array(MEAN)) / STD)


@_puts_out(0, 1)
def letterboxed(path: Path) -> dict[str, Any]:
    """Fit into a square with OpenCV, centred on grey 114, divide by 255."""
    pixels = _opened(path)
    scale = SIDE / max(pixels.shape[:2])
    resized = cv2.resize(pixels, (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)))
    padded = np.full((SIDE, SIDE, 3), GREY, np.uint8)
    top, left = (SIDE - resized.shape[0]) // 2, (SIDE - resized.shape[1]) // 2
    padded[top : top + resized.shape[0], left : left + resized.shape[1]] = resized
    return _ended({"decode": pixels, "resize": resized, "pad": padded}, padded / 255)


def _opened(path: Path) -> Any:
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)  # turns a picture as its EXIF tag says


def _short(pixels: Any) -> tuple[int, int]:
    height, width = pixels.shape[:2]
    return (width * SHORT // min(height, width), height * SHORT // min(height, width))


def _centre(pixels: Any) -> Any:
    top, left = (pixels.shape[0] - SIDE) // 2, (pixels.shape[1] - SIDE) // 2
    return pixels[top : top + SIDE, left : left + SIDE]


def _ended(stages: dict[str, Any], values: Any) -> dict[str, Any]:
    normalized = values.astype(np.float32)
    return stages | {"normalize": normalized, "to_chw": np.ascontiguousarray(normalized.transpose(2, 0, 1))}


@pipeline_def
def twin_to_one() -> Any:
    """Do in DALI what ``stretched_to_one`` does."""
    images = fn.decoders.image(fn.external_source(name="IMAGE"), output_type=types.RGB)
    images = fn.resize(images, size=(SIDE, SIDE), **OPENCV)
    images = fn.cast(images, dtype=types.FLOAT) / 255.0
    return fn.transpose(images, perm=[2, 0, 1])


@pipeline_def
def raw_pixels() -> Any:
    """Leave the division out."""
    images = fn.decoders.image(fn.external_source(name="IMAGE"), output_type=types.RGB)
    images = fn.resize(images, size=(SIDE, SIDE), **OPENCV)
    images = fn.cast(images, dtype=types.FLOAT)
    return fn.transpose(images, perm=[2, 0, 1])


@pipeline_def
def blue_first() -> Any:
    """Decode as OpenCV does when nobody converts."""
    images = fn.decoders.image(fn.external_source(name="IMAGE"), output_type=types.BGR)
    images = fn.resize(images, size=(SIDE, SIDE), **OPENCV)
    images = fn.cast(images, dtype=types.FLOAT) / 255.0
    return fn.transpose(images, perm=[2, 0, 1])


@pipeline_def
def twin_to_two() -> Any:
    """Do in DALI what ``stretched_to_two`` does."""
    images = fn.decoders.image(fn.external_source(name="IMAGE"), output_type=types.RGB)
    images = fn.resize(images, size=(SIDE, SIDE), **OPENCV)
    images = fn.cast(images, dtype=types.FLOAT) / 127.5 - 1.0
    return fn.transpose(images, perm=[2, 0, 1])


@pipeline_def
def bytes_in_a_row() -> Any:
    """Reshape where a transpose is needed."""
    images = fn.decoders.image(fn.external_source(name="IMAGE"), output_type=types.RGB)
    images = fn.resize(images, size=(SIDE, SIDE), **OPENCV)
    images = fn.cast(images, dtype=types.FLOAT) / 127.5 - 1.0
    return fn.reshape(images, shape=[3, SIDE, SIDE], layout="CHW")


@pipeline_def
def twin_cropped() -> Any:
    """Do in DALI what ``cropped_with_opencv`` does."""
    images = fn.decoders.image(fn.external_source(name="IMAGE"), output_type=types.RGB)
    images = fn.resize(images, resize_shorter=SHORT, **OPENCV)
    return fn.crop_mirror_normalize(images, crop=(SIDE, SIDE), mean=MEAN, std=STD)


@pipeline_def
def statistics_of_zero_to_one() -> Any:
    """Decode to BGR, and give 0..255 pixels the statistics of 0..1 pixels."""
    images = fn.decoders.image(fn.external_source(name="IMAGE"), output_type=types.BGR)
    images = fn.resize(images, resize_shorter=SHORT, **OPENCV)
    return fn.crop_mirror_normalize(images, crop=(SIDE, SIDE), mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])


@pipeline_def
def normalised_again() -> Any:
    """Normalise in the pipeline, and once more as the converted model does inside."""
    images = fn.decoders.image(fn.external_source(name="IMAGE"), output_type=types.RGB)
    images = fn.resize(images, resize_shorter=SHORT, **OPENCV)
    images = fn.crop_mirror_normalize(images, crop=(SIDE, SIDE), mean=MEAN, std=STD, output_layout="HWC")
    return fn.crop_mirror_normalize(images, mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])


@pipeline_def
def stretched_without_statistics() -> Any:
    """Stretch in place of the crop, divide by 255, and leave mean and deviation out."""
    images = fn.decoders.image(fn.external_source(name="IMAGE"), output_type=types.RGB)
    images = fn.resize(images, size=(SIDE, SIDE), **OPENCV)
    return fn.crop_mirror_normalize(images, mean=[0.0] * 3, std=[255.0] * 3)


@pipeline_def
def one_deviation() -> Any:
    """Use one scale for three channels, as an image input of Core ML has."""
    images = fn.decoders.image(fn.external_source(name="IMAGE"), output_type=types.RGB)
    images = fn.resize(images, resize_shorter=SHORT, **OPENCV)
    return fn.crop_mirror_normalize(images, crop=(SIDE, SIDE), mean=MEAN, std=[57.63] * 3)


@pipeline_def
def as_stored() -> Any:
    """Leave pictures as the sensor wrote them."""
    images = fn.decoders.image(fn.external_source(name="IMAGE"), output_type=types.RGB, adjust_orientation=False)
    images = fn.resize(images, resize_shorter=SHORT, **OPENCV)
    return fn.crop_mirror_normalize(images, crop=(SIDE, SIDE), mean=MEAN, std=STD)


@pipeline_def
def twin_pillow() -> Any:
    """Do in DALI what ``cropped_with_pillow`` does."""
    images = fn.decoders.image(fn.external_source(name="IMAGE"), output_type=types.RGB)
    images = fn.resize(images, resize_shorter=SHORT, **PILLOW)
    return fn.crop_mirror_normalize(images, crop=(SIDE, SIDE), mean=MEAN, std=STD)


@pipeline_def
def narrow_filter() -> Any:
    """Shrink as OpenCV does, with a filter that is not widened."""
    images = fn.decoders.image(fn.external_source(name="IMAGE"), output_type=types.RGB)
    images = fn.resize(images, resize_shorter=SHORT, **OPENCV)
    return fn.crop_mirror_normalize(images, crop=(SIDE, SIDE), mean=MEAN, std=STD)


@pipeline_def
def twin_letterboxed() -> Any:
    """Do in DALI what ``letterboxed`` does."""
    images = fn.decoders.image(fn.external_source(name="IMAGE"), output_type=types.RGB)
    images = fn.resize(images, size=(SIDE, SIDE), mode="not_larger", **OPENCV)
    images = fn.crop(images, crop=(SIDE, SIDE), out_of_bounds_policy="pad", fill_values=GREY)
    return fn.crop_mirror_normalize(images, mean=[0.0] * 3, std=[255.0] * 3)


@pipeline_def
def black_corner() -> Any:
    """Put the picture into the upper left corner, on black."""
    images = fn.decoders.image(fn.external_source(name="IMAGE"), output_type=types.RGB)
    images = fn.resize(images, size=(SIDE, SIDE), mode="not_larger", **OPENCV)
    images = fn.pad(images, axes=(0, 1), shape=[SIDE, SIDE], fill_value=0)
    return fn.crop_mirror_normalize(images, mean=[0.0] * 3, std=[255.0] * 3)
