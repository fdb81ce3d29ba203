"""Threads about value range, constants, channel order and layout."""

from __future__ import annotations

from dataclasses import replace

from benchmarks import references
from benchmarks.bases import BASES, IMAGENET_MEAN, IMAGENET_STD, UNIT
from benchmarks.plan import Norm
from benchmarks.threads.common import (
    DALI_DEFAULT,
    IMAGENET,
    IMAGENET_255,
    Thread,
    geometry,
    stretch,
)


def threads() -> list[Thread]:
    """Return the threads of this kind."""
    torchvision, opencv, inception = BASES["imagenet_pillow"], BASES["imagenet_opencv"], BASES["inception_stretch"]
    face = stretch("face", (160, 160), (Norm(mean=(127.5,), std=(128.0,)),))
    dataset = stretch("jetson", (224, 224), (Norm(mean=(98.0, 105.0, 111.0)),))
    caffe = references.base("caffe", replace(opencv.clean, order="BGR", norms=(Norm(mean=(103.53, 116.28, 123.675)),)))
    one_scale = (Norm(scale=1 / 255, mean=IMAGENET_MEAN, std=(0.226,)),)
    return [
        Thread(
            thread="triton-inference-server/server#7631",
            base=BASES["incident"],
            deployed={"norms": (), **DALI_DEFAULT},
            expected=({"scale_missing", "antialias", "subpixel"},),
            assumed="mean 0 and std 255 as in the config, so no mean/std is missing; fn.resize with its defaults adds two causes",
        ),
        Thread(
            thread="triton-inference-server/server#2275",
            base=inception,
            deployed={"norms": (Norm(mean=(128.0,), std=(128.0,)),)},
            expected=({"mean_std_wrong"},),
            assumed="old scaling x/128 - 1, new x/127.5 - 1",
        ),
        Thread(
            thread="open-mmlab/mmdeploy#421",
            base=opencv,
            deployed={"order": "BGR", "norms": (replace(IMAGENET_255[0], std=(1.0,)),)},
            expected=({"channel_order", "mean_std_missing"},),
        ),
        Thread(
            thread="open-mmlab/mmdetection#4232",
            base=caffe,
            deployed={"norms": (Norm(mean=(102.9801, 115.9465, 122.7717)),)},
            expected=({"mean_std_wrong"},),
            assumed="std 1 and BGR on both sides; only the means differ",
        ),
        Thread(
            thread="onnx/onnx#1440",
            base=torchvision,
            deployed={"norms": ()},
            expected=({"mean_std_missing", "scale_missing"},),
        ),
        Thread(
            thread="onnx/models#64",
            base=torchvision,
            deployed={"norms": (UNIT,), "geometry": geometry(torchvision, mode="stretch", size=(224, 224))},
            expected=({"mean_std_missing", "resize_mode"},),
            assumed="the division by 255 was done",
        ),
        Thread(
            thread="open-edge-platform/geti#281",
            base=opencv,
            deployed={"order": "BGR", "norms": (Norm(mean=IMAGENET_MEAN, std=IMAGENET_STD),)},
            expected=({"mean_std_wrong_range", "channel_order"},),
            assumed="reference RGB with 123.675.. and 58.395..",
        ),
        Thread(
            thread="PINTO0309/onnx2tf#610",
            base=torchvision,
            deployed={"norms": (*IMAGENET, IMAGENET[1])},
            expected=({"scale_twice"},),
            assumed="Sub and Div in the model are ImageNet's",
        ),
        Thread(
            thread="tensorflow/tensorflow#42506",
            base=torchvision,
            deployed={"norms": (UNIT, *IMAGENET)},
            expected=({"scale_twice"},),
            assumed="0-1 pixels into the Keras model that rescales",
        ),
        Thread(
            thread="apple/coremltools#244",
            base=torchvision,
            deployed={"norms": one_scale},
            expected=({"mean_std_wrong"},),
        ),
        Thread(
            thread="tensorflow/models#9413",
            base=inception,
            deployed={"norms": ()},
            expected=({"mean_std_missing"}, {"scale_missing"}, {"scale_missing", "mean_std_missing"}),
            assumed="x/127.5 - 1 in the graph; raw pixels lack the scale and the mean, the list names it mean_std_missing",
        ),
        Thread(
            thread="zzz3bbb3/YOLOX-deepstream#5",
            base=BASES["imagenet_opencv"],
            deployed={"norms": (UNIT,)},
            expected=({"mean_std_missing"},),
            assumed="net-scale-factor 1/255; ImageNet short-edge geometry in place of the letterbox",
        ),
        Thread(
            thread="dusty-nv/jetson-inference#107",
            base=dataset,
            deployed={"norms": (Norm(mean=(104.0, 117.0, 123.0)),)},
            expected=({"mean_std_wrong"},),
            assumed="the dataset's mean is 98, 105, 111",
        ),
        Thread(
            thread="timesler/facenet-pytorch#174",
            base=face,
            deployed={"order": "BGR"},
            expected=({"channel_order"},),
            assumed="160x160 stretched, (x - 127.5)/128",
        ),
        Thread(
            thread="openvinotoolkit/openvino_contrib#PR266",
            base=torchvision,
            deployed={"order": "BGR"},
            expected=({"channel_order"},),
            assumed="torchvision's preprocessing",
        ),
        Thread(
            thread="itsnine/yolov5-onnxruntime#4",
            base=BASES["letterbox_640"],
            deployed={"order": "BGR"},
            expected=({"channel_order"},),
        ),
        Thread(
            thread="NVIDIA/DALI#2129",
            base=stretch("unit", (224, 224), (UNIT,)),
            deployed={"per_image": "all"},
            expected=({"per_image_normalize"},),
            assumed="stretched to 224x224",
        ),
        Thread(
            thread="NVIDIA/DALI#1417",
            base=inception,
            deployed={"layout_by": "reshape"},
            expected=({"layout"},),
            assumed="x/127.5 - 1",
        ),
    ]
