"""A deployment to practise on that is not the incident's: ResNet-50 of the MMPretrain zoo behind a DALI pipeline with faults.

The pipeline is what people write from memory: it decodes to BGR as OpenCV does, resizes as DALI does by default, and
normalises to -1..1. It is known as a ``model.dali`` only.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixelparity.deploy import cache

REFERENCE = "mmpretrain:resnet50_8xb32_in1k"
MODEL_FILE = "model.dali"
#: Height and width of the drawn pictures: upright, lying and square, all larger than the network's input. Enough of them that
#: each fault shows both on a picture that it is estimated on and on one that it is confirmed on.
SIZES = ((480, 640), (640, 427), (375, 500), (420, 420), (300, 533), (512, 341), (360, 480))


@dataclass(frozen=True, kw_only=True)
class Example:
    """Two sides and a folder of pictures, each as the command line takes them."""

    reference: str
    deployed: str
    images: str


def sides(reference: str | None = None, deployed: str | None = None, images: str | None = None) -> Example:
    """Return the given sides and folder; what is not given is the example's, written on first use."""
    folder = cache.build("example", cache.key(Path(__file__)), write)
    return Example(
        reference=reference or REFERENCE,
        deployed=deployed or f"dali:{_near(folder / MODEL_FILE)}",
        images=images or str(_near(folder / "pictures")),
    )


def write(folder: Path) -> None:
    """Write the example's ``model.dali`` and its pictures into a folder."""
    _pipeline()().serialize(filename=str(folder / MODEL_FILE))
    (folder / "pictures").mkdir()
    for number, size in enumerate(SIZES):
        _draw(number, *size).save(folder / "pictures" / f"drawn_{number}.jpg", quality=95)


def _pipeline() -> Any:
    from nvidia.dali import fn, pipeline_def, types

    @pipeline_def(batch_size=8, num_threads=1, device_id=None, prefetch_queue_depth=1)
    def preprocess() -> Any:
        encoded = fn.external_source(name="IMAGE", dtype=types.UINT8)
        images = fn.decoders.image(encoded, output_type=types.BGR)
        images = fn.resize(images, resize_shorter=256)
        return fn.crop_mirror_normalize(images, crop=(224, 224), mean=[127.5] * 3, std=[127.5] * 3)

    return preprocess


def _draw(number: int, height: int, width: int) -> Any:
    """Draw a picture with edges, fine texture and three unequal colour channels; the same for the same number."""
    import numpy as np
    from PIL import Image, ImageDraw

    rng = np.random.default_rng(number)
    rows, columns = np.mgrid[0:height, 0:width]
    ground = np.stack(
        [40 + 150 * rows / height, 60 + 90 * columns / width, 30 + 60 * (rows + columns) / (height + width)]
    )
    ground += rng.normal(0, 12, ground.shape)
    picture = Image.fromarray(ground.clip(0, 255).transpose(1, 2, 0).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for _ in range(14):
        top, left, extent = (int(rng.integers(0, limit)) for limit in (height, width, min(height, width) // 3))
        colour = tuple(int(value) for value in rng.integers((90, 20, 0), (256, 200, 120)))
        shape = draw.ellipse if rng.random() < 0.5 else draw.rectangle
        shape((left, top, left + extent, top + extent), fill=colour)
    return picture


def _near(path: Path) -> Path:
    import os

    return Path(os.path.relpath(path))
