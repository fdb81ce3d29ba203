"""Threads about resampling, decoding and sizes."""

from __future__ import annotations

from benchmarks.bases import BASES, UNIT
from benchmarks.geometry import Geometry
from benchmarks.plan import Norm
from benchmarks.threads.common import (
    DALI_DEFAULT,
    IMAGENET,
    INCEPTION,
    PLAIN,
    Thread,
    geometry,
    short,
    stretch,
)


def threads() -> list[Thread]:
    """Return the threads of this kind."""
    torchvision = BASES["imagenet_pillow"]
    clip_like = short("short_224", 224, 224, (UNIT,), "pillow")
    reid = stretch("reid", (256, 128), IMAGENET, "pillow")
    swapped_means = (UNIT, Norm(mean=(0.456, 0.485, 0.406), std=(0.224, 0.229, 0.225)))
    ceil_crop = short("dali_3610", 256, 224, swapped_means, offset_rounding="ceil")
    plain_256 = short("short_256", 256, 224, (UNIT,))
    tensor_224 = stretch("detr", (224, 224), IMAGENET)
    float_224 = stretch("float_resize", (224, 224), INCEPTION, resize_type="float")
    truncating = short("dali_916", 256, None, (UNIT,))
    stretch_pillow = stretch("pil", (224, 224), IMAGENET, "pillow")
    return [
        Thread(
            thread="NVIDIA/DALI#3610",
            base=ceil_crop,
            deployed={"decoder": "nearest_chroma", **DALI_DEFAULT},
            expected=({"jpeg_chroma", "antialias", "subpixel"},),
            assumed="short edge 256; nvJPEG's chroma is nearest; size and offset as in the reference",
        ),
        Thread(
            thread="NVIDIA/DALI#5260",
            base=plain_256,
            deployed=DALI_DEFAULT,
            expected=({"antialias", "subpixel"},),
            swapped=True,
            assumed="short edge 256, crop 224, division by 255; DALI is the reference side",
        ),
        Thread(
            thread="NVIDIA/DALI#1111",
            base=torchvision,
            deployed=PLAIN,
            expected=({"antialias"},),
            assumed="ImageNet constants",
        ),
        Thread(
            thread="NVIDIA/DALI#400",
            base=stretch_pillow,
            deployed=PLAIN,
            expected=({"antialias"},),
            assumed="stretched to 224x224",
        ),
        Thread(
            thread="NVIDIA/DALI#3846",
            base=plain_256,
            deployed={"convention": "subpixel"},
            expected=({"subpixel"},),
            assumed="short edge 256, crop 224; that DALI had no antialias for INTERP_LINEAR",
        ),
        Thread(
            thread="NVIDIA/DALI#3813",
            base=torchvision,
            deployed={"decoder": "nearest_chroma", **DALI_DEFAULT},
            expected=({"jpeg_chroma", "subpixel"},),
            assumed="short edge 256, crop 224; both sides antialias, the decoder repeats chroma",
        ),
        Thread(
            thread="NVIDIA/DALI#916",
            base=truncating,
            deployed={"geometry": geometry(truncating, size_rounding="float32_floor")},
            expected=({"rounding"},),
            assumed="short edge 256 with the scale in float32, no crop",
        ),
        Thread(
            thread="pytorch/pytorch#34204",
            base=reid,
            deployed=PLAIN,
            expected=({"antialias"},),
        ),
        Thread(
            thread="ultralytics/ultralytics#7069",
            base=clip_like,
            deployed={"kernel": "cubic", "geometry": geometry(clip_like, mode="inside", size=(224, 224))},
            expected=({"resize_mode", "interpolation"},),
            assumed="division by 255",
        ),
        Thread(
            thread="ultralytics/ultralytics#22128",
            base=torchvision,
            deployed={
                **PLAIN,
                "geometry": geometry(torchvision, mode="stretch", size=(224, 224), region="square"),
            },
            expected=({"resize_mode", "antialias"},),
            seen_as=({"target_size", "antialias"},),
            assumed="short edge 256, crop 224, ImageNet constants; the same numbers as a short edge of 224",
        ),
        Thread(
            thread="wang-xinyu/tensorrtx#PR1551",
            base=clip_like,
            deployed={
                **PLAIN,
                "fill": (128.0,),
                "geometry": geometry(clip_like, mode="inside", size=(224, 224)),
            },
            expected=({"resize_mode", "antialias"},),
            assumed="letterbox filled with 128",
        ),
        Thread(
            thread="roboflow/rf-detr#PR1131",
            base=tensor_224,
            deployed={"kernel": "cubic", "antialias": True, "two_pass": True},
            expected=({"interpolation", "antialias"},),
            assumed="224x224; the training's tensor resize does not antialias, Pillow's does",
        ),
        Thread(
            thread="huggingface/transformers#PR46262",
            base=float_224,
            deployed={"resize_type": "uint8"},
            expected=({"dtype"},),
            assumed="224x224, x/127.5 - 1",
        ),
        Thread(
            thread="PaddlePaddle/PaddleOCR#2770",
            base=stretch("ocr", (48, 320), INCEPTION, "pillow"),
            deployed=PLAIN,
            expected=({"antialias"},),
            assumed="48x320 stretched, bilinear on both sides",
        ),
        Thread(
            thread="shift-happens-benchmark/icml-2022#PR62",
            base=torchvision,
            deployed=PLAIN,
            expected=({"antialias"},),
            assumed="ImageNet constants",
        ),
        Thread(
            thread="thtrieu/darkflow#83",
            base=stretch("darkflow", (288, 416), (UNIT,)),
            deployed={"geometry": Geometry(mode="stretch", size=(416, 288))},
            expected=({"target_size"},),
            assumed="a network of 288x416",
        ),
        Thread(
            thread="NVIDIA-AI-IOT/trt_pose#47",
            base=stretch("trt_pose", (256, 256), IMAGENET),
            deployed={"geometry": Geometry(mode="stretch", size=(224, 224))},
            expected=({"target_size"},),
            assumed="ImageNet constants",
        ),
    ]
