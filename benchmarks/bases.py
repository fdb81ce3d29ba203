"""Preprocessing as deployed in practice: each base in numpy, OpenCV or Pillow, with the plan of DALI operators that equals it.

The functions are the reference sides and use nothing of the plans. A base's ``clean`` plan is meant to be equal to them
within the noise of the two libraries; ``tests/benchmarks`` measures that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from benchmarks.geometry import Geometry
from benchmarks.plan import Norm, Plan
from pixelparity.stages import Capture, Stage

Stages = dict[str, NDArray]

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
IMAGENET_MEAN_255, IMAGENET_STD_255 = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
UNIT = Norm(scale=1 / 255)


@dataclass(frozen=True, kw_only=True)
class Base:
    """A reference function and the plan that equals it.

    ``steps`` says what each of its stages does, ``layouts`` those that are not HWC; ``count`` is the number of pictures of a
    case.
    """

    name: str
    reference: Callable[[Path], Stages]
    clean: Plan
    steps: Mapping[str, str]
    layouts: Mapping[str, str]
    channels: str = "RGB"
    count: int = 8


def capture(base: Base, images: Mapping[str, Path]) -> Capture:
    """Run the reference side of a base on pictures."""
    results = {name: base.reference(path) for name, path in images.items()}
    first = next(iter(results.values()))
    tensors = {stage: {name: np.ascontiguousarray(results[name][stage]) for name in results} for stage in first}
    stages = tuple(
        Stage(
            name=stage,
            step=base.steps[stage],
            layout=base.layouts.get(stage, "HWC"),
            channels=base.channels,
            dtype=first[stage].dtype.name,
            value_range=(0.0, 255.0) if first[stage].dtype == np.uint8 else None,
            origin=f"{base.name}.py",
        )
        for stage in first
    )
    return Capture(source=f"python:{base.name}.py:preprocess", stages=stages, images=tuple(images), tensors=tensors)


def _opencv(path: Path) -> NDArray:
    return np.ascontiguousarray(cv2.imread(str(path), cv2.IMREAD_COLOR)[:, :, ::-1])


def _pillow(path: Path) -> Image.Image:
    with Image.open(path) as file:
        return ImageOps.exif_transpose(file).convert("RGB")


def _norm(pixels: NDArray, mean: tuple[float, ...], std: tuple[float, ...]) -> NDArray:
    return ((pixels.astype(np.float32) - np.array(mean, np.float32)) / np.array(std, np.float32)).astype(np.float32)


def incident(path: Path) -> Stages:
    """Fit in 512x384 as MMPretrain does, centre on black, divide by 255."""
    image = _opencv(path)
    height, width = image.shape[:2]
    scale = min(512 / height, 384 / width)
    h, w = int(height * scale + 0.5), int(width * scale + 0.5)
    resized = cv2.resize(image, (w, h), interpolation=cv2.INTER_LINEAR)
    padded = np.zeros((512, 384, 3), np.uint8)
    top, left = (512 - h) // 2, (384 - w) // 2
    padded[top : top + h, left : left + w] = resized
    cast = padded.astype(np.float32)
    unit = cast / np.float32(255)
    return {
        "decode": image, "resize": resized, "pad": padded, "cast": cast, "normalize": unit,
        "layout": unit.transpose(2, 0, 1),
    }  # fmt: skip


def imagenet_opencv(path: Path) -> Stages:
    """Short edge 256 with integer arithmetic, centre crop 224, ImageNet constants in 0-255 units."""
    image = _opencv(path)
    height, width = image.shape[:2]
    h, w = (256 * height // width, 256) if width < height else (256, 256 * width // height)
    resized = cv2.resize(image, (w, h), interpolation=cv2.INTER_LINEAR)
    top, left = (h - 224) // 2, (w - 224) // 2
    cropped = resized[top : top + 224, left : left + 224]
    normalised = _norm(cropped, IMAGENET_MEAN_255, IMAGENET_STD_255)
    return {
        "decode": image, "resize": resized, "crop": cropped, "normalize": normalised,
        "layout": normalised.transpose(2, 0, 1),
    }  # fmt: skip


def _short_edge_pillow(path: Path, edge: int, crop: int, resample: Image.Resampling) -> Stages:
    image = _pillow(path)
    w, h = image.size
    size = (edge, int(edge * h / w)) if w < h else (int(edge * w / h), edge)
    resized = image.resize(size, resample)
    left, top = round((size[0] - crop) / 2), round((size[1] - crop) / 2)
    cropped = resized.crop((left, top, left + crop, top + crop))
    return {"decode": np.asarray(image), "resize": np.asarray(resized), "crop": np.asarray(cropped)}


def imagenet_pillow(path: Path) -> Stages:
    """torchvision's classic: short edge 256 bilinear, centre crop 224, ToTensor, Normalize."""
    stages = _short_edge_pillow(path, 256, 224, Image.Resampling.BILINEAR)
    planes = stages["crop"].transpose(2, 0, 1)
    unit = planes.astype(np.float32) / np.float32(255)
    mean, std = (np.array(c, np.float32)[:, None, None] for c in (IMAGENET_MEAN, IMAGENET_STD))
    return stages | {"layout": planes, "scale": unit, "normalize": (unit - mean) / std}


def clip_bicubic(path: Path) -> Stages:
    """CLIP: short edge 224 bicubic, centre crop 224, divide by 255, CLIP's constants."""
    stages = _short_edge_pillow(path, 224, 224, Image.Resampling.BICUBIC)
    unit = stages["crop"].astype(np.float32) / np.float32(255)
    normalised = _norm(unit, CLIP_MEAN, CLIP_STD)
    return stages | {"scale": unit, "normalize": normalised, "layout": normalised.transpose(2, 0, 1)}


def letterbox_640(path: Path) -> Stages:
    """YOLO: fit in 640x640, centre on grey 114, divide by 255."""
    image = _opencv(path)
    height, width = image.shape[:2]
    ratio = min(640 / height, 640 / width)
    h, w = round(height * ratio), round(width * ratio)
    resized = cv2.resize(image, (w, h), interpolation=cv2.INTER_LINEAR)
    top, left = round((640 - h) / 2 - 0.1), round((640 - w) / 2 - 0.1)
    padded = cv2.copyMakeBorder(
        resized, top, 640 - h - top, left, 640 - w - left, cv2.BORDER_CONSTANT, value=(114, 114, 114)
    )
    unit = padded.astype(np.float32) / np.float32(255)
    return {"decode": image, "resize": resized, "pad": padded, "normalize": unit, "layout": unit.transpose(2, 0, 1)}


def inception_stretch(path: Path) -> Stages:
    """TensorFlow: stretch to 224x224, x / 127.5 - 1, channels last."""
    image = _opencv(path)
    resized = cv2.resize(image, (224, 224), interpolation=cv2.INTER_LINEAR)
    return {"decode": image, "resize": resized, "normalize": resized.astype(np.float32) / np.float32(127.5) - 1}


def detector(path: Path) -> Stages:
    """A detector's: short edge 224, long edge at most 320, normalise, then pad with 0 at the right and bottom to 32."""
    image = _opencv(path)
    height, width = image.shape[:2]
    scale = min(224 / min(height, width), 320 / max(height, width))
    h, w = int(height * scale + 0.5), int(width * scale + 0.5)
    resized = cv2.resize(image, (w, h), interpolation=cv2.INTER_LINEAR)
    normalised = _norm(resized, IMAGENET_MEAN_255, IMAGENET_STD_255)
    padded = np.zeros((-(-h // 32) * 32, -(-w // 32) * 32, 3), np.float32)
    padded[:h, :w] = normalised
    return {
        "decode": image, "resize": resized, "normalize": normalised, "pad": padded, "layout": padded.transpose(2, 0, 1)
    }  # fmt: skip


def grey_text(path: Path) -> Stages:
    """A reader of text: one grey channel, stretched to 96x256, (x - 127.5) / 127.5."""
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    resized = cv2.resize(image, (256, 96), interpolation=cv2.INTER_LINEAR)[..., None]
    normalised = (resized.astype(np.float32) - np.float32(127.5)) / np.float32(127.5)
    return {
        "decode": image[..., None], "resize": resized, "normalize": normalised, "layout": normalised.transpose(2, 0, 1)
    }  # fmt: skip


_CHW = {"layout": "CHW"}
_ORDINARY = {name: name for name in ("decode", "resize", "pad", "crop", "cast", "normalize", "layout")}

_SHORT_256 = Geometry(mode="shorter", size=(256, 256), canvas=(224, 224))
_PILLOW_256 = Geometry(mode="shorter", size=(256, 256), canvas=(224, 224), offset_rounding="half_even")
_PILLOW_224 = Geometry(mode="shorter", size=(224, 224), canvas=(224, 224), offset_rounding="half_even")
_PILLOW: dict[str, Any] = {"two_pass": True, "antialias": True}

BASES = {
    base.name: base
    for base in (
        Base(
            name="incident",
            reference=incident,
            clean=Plan(
                geometry=Geometry(mode="inside", size=(512, 384), canvas=(512, 384), size_rounding="half_up"),
                norms=(UNIT,),
                window_step="pad",
            ),
            steps=_ORDINARY,
            layouts=_CHW,
            count=6,
        ),
        Base(
            name="imagenet_opencv",
            reference=imagenet_opencv,
            clean=Plan(geometry=_SHORT_256, norms=(Norm(mean=IMAGENET_MEAN_255, std=IMAGENET_STD_255),)),
            steps=_ORDINARY,
            layouts=_CHW,
        ),
        Base(
            name="imagenet_pillow",
            reference=imagenet_pillow,
            clean=Plan(
                geometry=_PILLOW_256,
                kernel="triangular",
                norms=(UNIT, Norm(mean=IMAGENET_MEAN, std=IMAGENET_STD)),
                **_PILLOW,
            ),
            steps=_ORDINARY | {"scale": "normalize"},
            layouts={"layout": "CHW", "scale": "CHW", "normalize": "CHW"},
        ),
        Base(
            name="clip_bicubic",
            reference=clip_bicubic,
            clean=Plan(
                geometry=_PILLOW_224, kernel="cubic", norms=(UNIT, Norm(mean=CLIP_MEAN, std=CLIP_STD)), **_PILLOW
            ),
            steps=_ORDINARY | {"scale": "normalize"},
            layouts=_CHW,
        ),
        Base(
            name="letterbox_640",
            reference=letterbox_640,
            clean=Plan(
                geometry=Geometry(mode="inside", size=(640, 640), canvas=(640, 640), size_rounding="half_even"),
                fill=(114.0,),
                norms=(UNIT,),
                window_step="pad",
            ),
            steps=_ORDINARY,
            layouts=_CHW,
            count=6,
        ),
        Base(
            name="inception_stretch",
            reference=inception_stretch,
            clean=Plan(
                geometry=Geometry(mode="stretch", size=(224, 224)),
                norms=(Norm(mean=(127.5,), std=(127.5,)),),
                layout="HWC",
                window_step="crop",
            ),
            steps=_ORDINARY,
            layouts={},
        ),
        Base(
            name="detector",
            reference=detector,
            clean=Plan(
                geometry=Geometry(
                    mode="capped", size=(224, 320), divisor=32, position="top_left", size_rounding="half_up"
                ),
                fill_after=(0.0,),
                norms=(Norm(mean=IMAGENET_MEAN_255, std=IMAGENET_STD_255),),
                window_step="pad",
            ),
            steps=_ORDINARY,
            layouts=_CHW,
        ),
        Base(
            name="grey_text",
            reference=grey_text,
            clean=Plan(
                geometry=Geometry(mode="stretch", size=(96, 256)),
                order="GRAY",
                norms=(Norm(mean=(127.5,), std=(127.5,)),),
            ),
            steps=_ORDINARY,
            layouts=_CHW,
            channels="GRAY",
        ),
    )
}
