"""Threads about orientation, alpha, inputs and outputs."""

from __future__ import annotations

from benchmarks.bases import BASES
from benchmarks.geometry import Geometry
from benchmarks.threads.common import (
    Thread,
)


def threads() -> list[Thread]:
    """Return the threads of this kind."""
    opencv = BASES["imagenet_opencv"]
    return [
        Thread(
            thread="NVIDIA/DALI#2660",
            base=opencv,
            deployed={"exif": False},
            expected=({"exif_orientation"},),
            pictures="exif",
            assumed="ImageNet short edge and crop",
        ),
        Thread(
            thread="open-mmlab/mmpretrain#68",
            base=opencv,
            deployed={"model": "classes_moved"},
            expected=({"postprocess"},),
            assumed="five classes moved by two places",
        ),
        Thread(
            thread="NVIDIA/DL4AGX#PR127",
            base=BASES["inception_stretch"],
            deployed={},
            expected=({"input_order"},),
            exchange=True,
            assumed="two picture inputs",
        ),
        Thread(
            thread="tensorflow/tensorflow#55550",
            base=BASES["grey_text"],
            deployed={"decoder": "grey_over_black"},
            expected=({"alpha_gray"},),
            pictures="alpha",
            assumed="the decoder blends over black before it makes grey",
        ),
        Thread(
            thread="roboflow/inference#201",
            base=BASES["letterbox_640"],
            deployed={"geometry": Geometry(mode="stretch", size=(640, 640)), "model": "softmax_twice"},
            expected=({"postprocess", "resize_mode"},),
            assumed="the wrong preprocessing is a stretch in place of the letterbox",
        ),
    ]
