"""Threads about padding, boxes, caps and batches."""

from __future__ import annotations

from dataclasses import replace

from benchmarks import references
from benchmarks.bases import BASES, UNIT
from benchmarks.geometry import Geometry
from benchmarks.plan import Norm, Plan
from benchmarks.threads.common import (
    IMAGENET,
    IMAGENET_255,
    Thread,
    geometry,
)


def threads() -> list[Thread]:
    """Return the threads of this kind."""
    letterbox = BASES["letterbox_640"]
    retina = references.base(
        "retinanet",
        Plan(
            geometry=Geometry(
                mode="capped", size=(200, 320), canvas=(320, 320), position="top_left", size_rounding="half_up"
            ),
            norms=IMAGENET_255,
            window_step="pad",
        ),
    )
    mmdet = references.base(
        "mmdet",
        Plan(
            geometry=Geometry(
                mode="inside", size=(320, 320), canvas=(320, 320), position="top_left", size_rounding="half_up"
            ),
            norms=IMAGENET_255,
            fill_after=(0.0,),
            window_step="pad",
        ),
    )
    yolox = references.base(
        "yolox",
        Plan(
            geometry=Geometry(
                mode="inside", size=(416, 416), canvas=(416, 416), position="top_left", size_rounding="half_up"
            ),
            norms=(Norm(),),
            order="BGR",
            fill=(114.0,),
            window_step="pad",
        ),
    )
    pose = replace(BASES["imagenet_opencv"], name="mmpose")
    tight = references.base("mmpose", replace(pose.clean, geometry=replace(pose.clean.geometry, region="tight")))
    vision = references.base(
        "torchvision_detection",
        Plan(
            geometry=Geometry(mode="capped", size=(200, 320), divisor=32, position="top_left", size_rounding="floor"),
            norms=IMAGENET,
            fill_after=(0.0,),
            window_step="pad",
        ),
    )
    rectangle = references.base(
        "yolo_rectangle",
        Plan(
            geometry=Geometry(mode="inside", size=(320, 320), divisor=32, size_rounding="half_even"),
            norms=(UNIT,),
            fill=(114.0,),
            window_step="pad",
        ),
    )
    square = Plan(geometry=Geometry(mode="stretch", size=(300, 300)), norms=(UNIT,), window_step="pad")
    twice = replace(
        references.base("letterbox_then_stretch", square), reference=references.letterbox_then_stretch
    )  # the plan is the last of its two resizes: no plan holds both
    pads = ({"padding_position", "padding_value"}, {"padding_position", "padding_order"})
    mmdet_sets = tuple(p | more for p in pads for more in ({"mean_std_missing"}, {"mean_std_missing", "scale_missing"}))
    return [
        Thread(
            thread="NVIDIA/retinanet-examples#213",
            base=retina,
            deployed={"geometry": Geometry(mode="stretch", size=(320, 320))},
            expected=({"resize_mode"},),
            assumed="short side 200, long 320 (a quarter of 800 and 1280); the other input is a stretch",
        ),
        Thread(
            thread="roboflow/inference#PR2067",
            base=twice,
            deployed={"geometry": Geometry(mode="inside", size=(300, 300), canvas=(300, 300))},
            expected=({"resize_mode"},),
            assumed="OpenCV bilinear on black, division by 255",
        ),
        Thread(
            thread="open-mmlab/mmdeploy#2127",
            base=yolox,
            deployed={
                "order": "RGB",
                "norms": (UNIT,),
                "geometry": Geometry(mode="stretch", size=(416, 416)),
            },
            expected=({"scale_twice", "resize_mode", "channel_order"},),
            assumed="416x416; the tensor resize does not antialias and is rounded to 8 bits",
        ),
        Thread(
            thread="open-mmlab/mmdeploy#1355",
            base=mmdet,
            deployed={
                "norms": (),
                "fill_after": None,
                "fill": (128.0,),
                "geometry": geometry(mmdet, position="centre"),
            },
            expected=mmdet_sets,
            assumed="320x320; raw pixels may be said to lack the scale too; the border differs in value and in order",
        ),
        Thread(
            thread="open-mmlab/mmpose#2888",
            base=tight,
            deployed={"geometry": pose.clean.geometry},
            expected=({"resize_mode"},),
            seen_as=({"target_size"},),
            assumed="the whole picture in place of a person's box, 1.25 times smaller in the reference",
        ),
        Thread(
            thread="marcoslucianops/DeepStream-Yolo#216",
            label=" (corner)",
            base=letterbox,
            deployed={"fill": (0.0,), "geometry": geometry(letterbox, position="top_left")},
            expected=({"padding_position", "padding_value"},),
        ),
        Thread(
            thread="marcoslucianops/DeepStream-Yolo#216",
            label=" (stretch)",
            base=letterbox,
            deployed={"geometry": Geometry(mode="stretch", size=(640, 640))},
            expected=({"resize_mode"},),
        ),
        Thread(
            thread="ultralytics/ultralytics#1656",
            base=letterbox,
            deployed={"fill": (0.0,), "geometry": geometry(letterbox, position="top_left")},
            expected=({"padding_position", "padding_value"},),
            assumed="padding to a square and then resizing gives the size that resizing first gives",
        ),
        Thread(
            thread="ultralytics/ultralytics#15430",
            base=rectangle,
            deployed={"batch": 4},
            expected=({"batch_padding"},),
            assumed="320 in place of 640; the batch's padding goes to the right and bottom",
        ),
        Thread(
            thread="pytorch/vision#4257",
            base=vision,
            deployed={"batch": 4},
            expected=({"batch_padding"},),
            assumed="short edge 200, long 320, batches of 4",
        ),
        Thread(
            thread="facebookresearch/maskrcnn-benchmark#PR798",
            base=vision,
            deployed={"geometry": geometry(vision, mode="shorter")},
            expected=({"resize_mode"},),
            assumed="short edge 200, cap 320 (a quarter of 800 and 1333)",
        ),
    ]
