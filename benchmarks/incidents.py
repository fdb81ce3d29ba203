"""Public incidents replayed: the steps that a thread shows, on both sides, with its link.

Where a thread leaves a number open, ``assumed`` says which value was taken; networks of more than 640 pixels are scaled
down to keep the bench quick. Threads whose steps are not visible, or whose fault is not in preprocessing, are not
replayed: :data:`NOT_REPLAYED` names them with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from benchmarks import references
from benchmarks.bases import BASES, IMAGENET_MEAN, IMAGENET_MEAN_255, IMAGENET_STD, IMAGENET_STD_255, UNIT, Base
from benchmarks.cases import Case
from benchmarks.geometry import Geometry
from benchmarks.serving import Norm, Plan

IMAGENET = (UNIT, Norm(mean=IMAGENET_MEAN, std=IMAGENET_STD))
IMAGENET_255 = (Norm(mean=IMAGENET_MEAN_255, std=IMAGENET_STD_255),)
INCEPTION = (Norm(mean=(127.5,), std=(127.5,)),)
PILLOW: dict[str, Any] = {"kernel": "triangular", "antialias": True, "two_pass": True}
PLAIN: dict[str, Any] = {"kernel": "linear", "antialias": False, "two_pass": False}
DALI_DEFAULT: dict[str, Any] = {
    "kernel": "linear", "antialias": True, "convention": "subpixel", "two_pass": False,
}  # fmt: skip

NOT_REPLAYED = {
    "triton-inference-server/server#1184": "the op that differed was never named",
    "triton-inference-server/server#3258": "the client's code is not visible",
    "triton-inference-server/server#5419": "the client's code is not visible",
    "NVIDIA/DALI#2966": "the DALI pipeline is not visible",
    "NVIDIA/DALI#4469": "the formulas shown are equal; the cause was never found",
    "microsoft/onnxruntime#20332": "the model's own convention is unknown",
    "microsoft/onnxruntime#1204": "layout and scale were tried at random, no final state is shown",
    "openvinotoolkit/openvino#28188": "bytes read as float32 past their buffer: what lies there is not known",
    "ultralytics/ultralytics#5016": "the script is not visible",
    "ultralytics/ultralytics#2134": "the script is not visible",
}


@dataclass(frozen=True, kw_only=True)
class _Thread:
    thread: str
    base: Base
    deployed: dict[str, Any]
    expected: tuple[set[str], ...]
    assumed: str = ""
    label: str = ""
    pictures: str = "plain"
    swapped: bool = False
    exchange: bool | None = None


def cases() -> Iterator[Case]:
    """Iterate over the replayed threads as cases; ``#`` numbers of pull requests are written PR as in the list."""
    for thread in (*_range_threads(), *_resize_threads(), *_padding_threads(), *_other_threads()):
        repository, number = thread.thread.split("#")
        path = f"pull/{number[2:]}" if number.startswith("PR") else f"issues/{number}"
        yield Case(
            name=f"{thread.thread}{thread.label}",
            kind="incident",
            base=thread.base,
            plan=replace(thread.base.clean, **thread.deployed),
            pictures=thread.pictures,
            expected=tuple(frozenset(families) for families in thread.expected),
            exchange=thread.exchange,
            swapped=thread.swapped,
            link=f"https://github.com/{repository}/{path}",
            assumed=thread.assumed,
        )


def _stretch(name: str, size: tuple[int, int], norms: tuple[Norm, ...], library: str = "opencv", **more: Any) -> Base:
    filters = PILLOW if library == "pillow" else {}
    plan = Plan(geometry=Geometry(mode="stretch", size=size), norms=norms, **{**filters, **more})
    return references.base(name, plan, library)


def _short(
    name: str, edge: int, crop: int | None, norms: tuple[Norm, ...], library: str = "opencv", **more: Any
) -> Base:
    canvas = None if crop is None else (crop, crop)
    filters = PILLOW if library == "pillow" else {}
    offset = more.pop("offset_rounding", "floor")
    geometry = Geometry(mode="shorter", size=(edge, edge), canvas=canvas, offset_rounding=offset)
    return references.base(name, Plan(geometry=geometry, norms=norms, **{**filters, **more}), library)


def _geometry(base: Base, **fields: Any) -> Geometry:
    return replace(base.clean.geometry, **fields)


def _range_threads() -> list[_Thread]:
    torchvision, opencv, inception = BASES["imagenet_pillow"], BASES["imagenet_opencv"], BASES["inception_stretch"]
    face = _stretch("face", (160, 160), (Norm(mean=(127.5,), std=(128.0,)),))
    dataset = _stretch("jetson", (224, 224), (Norm(mean=(98.0, 105.0, 111.0)),))
    caffe = references.base("caffe", replace(opencv.clean, order="BGR", norms=(Norm(mean=(103.53, 116.28, 123.675)),)))
    one_scale = (Norm(scale=1 / 255, mean=IMAGENET_MEAN, std=(0.226,)),)
    return [
        _Thread(
            thread="triton-inference-server/server#7631",
            base=BASES["incident"],
            deployed={"norms": (), **DALI_DEFAULT},
            expected=({"scale_missing", "antialias", "subpixel"},),
            assumed="mean 0 and std 255 as in the config, so no mean/std is missing; fn.resize with its defaults adds two causes",
        ),
        _Thread(
            thread="triton-inference-server/server#2275",
            base=inception,
            deployed={"norms": (Norm(mean=(128.0,), std=(128.0,)),)},
            expected=({"mean_std_wrong"},),
            assumed="old scaling x/128 - 1, new x/127.5 - 1",
        ),
        _Thread(
            thread="open-mmlab/mmdeploy#421",
            base=opencv,
            deployed={"order": "BGR", "norms": (replace(IMAGENET_255[0], std=(1.0,)),)},
            expected=({"channel_order", "mean_std_missing"},),
        ),
        _Thread(
            thread="open-mmlab/mmdetection#4232",
            base=caffe,
            deployed={"norms": (Norm(mean=(102.9801, 115.9465, 122.7717)),)},
            expected=({"mean_std_wrong"},),
            assumed="std 1 and BGR on both sides; only the means differ",
        ),
        _Thread(
            thread="onnx/onnx#1440",
            base=torchvision,
            deployed={"norms": ()},
            expected=({"mean_std_missing", "scale_missing"},),
        ),
        _Thread(
            thread="onnx/models#64",
            base=torchvision,
            deployed={"norms": (UNIT,), "geometry": _geometry(torchvision, mode="stretch", size=(224, 224))},
            expected=({"mean_std_missing", "resize_mode"},),
            assumed="the division by 255 was done",
        ),
        _Thread(
            thread="open-edge-platform/geti#281",
            base=opencv,
            deployed={"order": "BGR", "norms": (Norm(mean=IMAGENET_MEAN, std=IMAGENET_STD),)},
            expected=({"mean_std_wrong_range", "channel_order"},),
            assumed="reference RGB with 123.675.. and 58.395..",
        ),
        _Thread(
            thread="PINTO0309/onnx2tf#610",
            base=torchvision,
            deployed={"norms": (*IMAGENET, IMAGENET[1])},
            expected=({"scale_twice"},),
            assumed="Sub and Div in the model are ImageNet's",
        ),
        _Thread(
            thread="tensorflow/tensorflow#42506",
            base=torchvision,
            deployed={"norms": (UNIT, *IMAGENET)},
            expected=({"scale_twice"},),
            assumed="0-1 pixels into the Keras model that rescales",
        ),
        _Thread(
            thread="apple/coremltools#244",
            base=torchvision,
            deployed={"norms": one_scale},
            expected=({"mean_std_wrong"},),
        ),
        _Thread(
            thread="tensorflow/models#9413",
            base=inception,
            deployed={"norms": ()},
            expected=({"mean_std_missing"}, {"scale_missing"}, {"scale_missing", "mean_std_missing"}),
            assumed="x/127.5 - 1 in the graph; raw pixels lack the scale and the mean, the list names it mean_std_missing",
        ),
        _Thread(
            thread="zzz3bbb3/YOLOX-deepstream#5",
            base=BASES["imagenet_opencv"],
            deployed={"norms": (UNIT,)},
            expected=({"mean_std_missing"},),
            assumed="net-scale-factor 1/255; ImageNet short-edge geometry in place of the letterbox",
        ),
        _Thread(
            thread="dusty-nv/jetson-inference#107",
            base=dataset,
            deployed={"norms": (Norm(mean=(104.0, 117.0, 123.0)),)},
            expected=({"mean_std_wrong"},),
            assumed="the dataset's mean is 98, 105, 111",
        ),
        _Thread(
            thread="timesler/facenet-pytorch#174",
            base=face,
            deployed={"order": "BGR"},
            expected=({"channel_order"},),
            assumed="160x160 stretched, (x - 127.5)/128",
        ),
        _Thread(
            thread="openvinotoolkit/openvino_contrib#PR266",
            base=torchvision,
            deployed={"order": "BGR"},
            expected=({"channel_order"},),
            assumed="torchvision's preprocessing",
        ),
        _Thread(
            thread="itsnine/yolov5-onnxruntime#4",
            base=BASES["letterbox_640"],
            deployed={"order": "BGR"},
            expected=({"channel_order"},),
        ),
        _Thread(
            thread="NVIDIA/DALI#2129",
            base=_stretch("unit", (224, 224), (UNIT,)),
            deployed={"per_image": "all"},
            expected=({"per_image_normalize"},),
            assumed="stretched to 224x224",
        ),
        _Thread(
            thread="NVIDIA/DALI#1417",
            base=inception,
            deployed={"layout_by": "reshape"},
            expected=({"layout"},),
            assumed="x/127.5 - 1",
        ),
    ]


def _resize_threads() -> list[_Thread]:
    torchvision = BASES["imagenet_pillow"]
    clip_like = _short("short_224", 224, 224, (UNIT,), "pillow")
    reid = _stretch("reid", (256, 128), IMAGENET, "pillow")
    swapped_means = (UNIT, Norm(mean=(0.456, 0.485, 0.406), std=(0.224, 0.229, 0.225)))
    ceil_crop = _short("dali_3610", 256, 224, swapped_means, offset_rounding="ceil")
    plain_256 = _short("short_256", 256, 224, (UNIT,))
    tensor_224 = _stretch("detr", (224, 224), IMAGENET)
    float_224 = _stretch("float_resize", (224, 224), INCEPTION, resize_type="float")
    truncating = _short("dali_916", 256, None, (UNIT,))
    stretch_pillow = _stretch("pil", (224, 224), IMAGENET, "pillow")
    return [
        _Thread(
            thread="NVIDIA/DALI#3610",
            base=ceil_crop,
            deployed={"decoder": "nearest_chroma", **DALI_DEFAULT},
            expected=({"jpeg_chroma", "antialias", "subpixel"},),
            assumed="short edge 256; nvJPEG's chroma is nearest; size and offset as in the reference",
        ),
        _Thread(
            thread="NVIDIA/DALI#5260",
            base=plain_256,
            deployed=DALI_DEFAULT,
            expected=({"antialias", "subpixel"},),
            swapped=True,
            assumed="short edge 256, crop 224, division by 255; DALI is the reference side",
        ),
        _Thread(
            thread="NVIDIA/DALI#1111",
            base=torchvision,
            deployed=PLAIN,
            expected=({"antialias"},),
            assumed="ImageNet constants",
        ),
        _Thread(
            thread="NVIDIA/DALI#400",
            base=stretch_pillow,
            deployed=PLAIN,
            expected=({"antialias"},),
            assumed="stretched to 224x224",
        ),
        _Thread(
            thread="NVIDIA/DALI#3846",
            base=plain_256,
            deployed={"convention": "subpixel"},
            expected=({"subpixel"},),
            assumed="short edge 256, crop 224; that DALI had no antialias for INTERP_LINEAR",
        ),
        _Thread(
            thread="NVIDIA/DALI#3813",
            base=torchvision,
            deployed={"decoder": "nearest_chroma", **DALI_DEFAULT},
            expected=({"jpeg_chroma", "subpixel"},),
            assumed="short edge 256, crop 224; both sides antialias, the decoder repeats chroma",
        ),
        _Thread(
            thread="NVIDIA/DALI#916",
            base=truncating,
            deployed={"geometry": _geometry(truncating, size_rounding="float32_floor")},
            expected=({"rounding"},),
            assumed="short edge 256 with the scale in float32, no crop",
        ),
        _Thread(
            thread="pytorch/pytorch#34204",
            base=reid,
            deployed=PLAIN,
            expected=({"antialias"},),
        ),
        _Thread(
            thread="ultralytics/ultralytics#7069",
            base=clip_like,
            deployed={"kernel": "cubic", "geometry": _geometry(clip_like, mode="inside", size=(224, 224))},
            expected=({"resize_mode", "interpolation"},),
            assumed="division by 255",
        ),
        _Thread(
            thread="ultralytics/ultralytics#22128",
            base=torchvision,
            deployed={
                **PLAIN,
                "geometry": _geometry(torchvision, mode="stretch", size=(224, 224), region="square"),
            },
            expected=({"resize_mode", "antialias"},),
            assumed="short edge 256, crop 224, ImageNet constants",
        ),
        _Thread(
            thread="wang-xinyu/tensorrtx#PR1551",
            base=clip_like,
            deployed={
                **PLAIN,
                "fill": (128.0,),
                "geometry": _geometry(clip_like, mode="inside", size=(224, 224)),
            },
            expected=({"resize_mode", "antialias"},),
            assumed="letterbox filled with 128",
        ),
        _Thread(
            thread="roboflow/rf-detr#PR1131",
            base=tensor_224,
            deployed={"kernel": "cubic", "antialias": True, "two_pass": True},
            expected=({"interpolation", "antialias"},),
            assumed="224x224; the training's tensor resize does not antialias, Pillow's does",
        ),
        _Thread(
            thread="huggingface/transformers#PR46262",
            base=float_224,
            deployed={"resize_type": "uint8"},
            expected=({"dtype"},),
            assumed="224x224, x/127.5 - 1",
        ),
        _Thread(
            thread="PaddlePaddle/PaddleOCR#2770",
            base=_stretch("ocr", (48, 320), INCEPTION, "pillow"),
            deployed=PLAIN,
            expected=({"antialias"},),
            assumed="48x320 stretched, bilinear on both sides",
        ),
        _Thread(
            thread="shift-happens-benchmark/icml-2022#PR62",
            base=torchvision,
            deployed=PLAIN,
            expected=({"antialias"},),
            assumed="ImageNet constants",
        ),
        _Thread(
            thread="thtrieu/darkflow#83",
            base=_stretch("darkflow", (288, 416), (UNIT,)),
            deployed={"geometry": Geometry(mode="stretch", size=(416, 288))},
            expected=({"target_size"},),
            assumed="a network of 288x416",
        ),
        _Thread(
            thread="NVIDIA-AI-IOT/trt_pose#47",
            base=_stretch("trt_pose", (256, 256), IMAGENET),
            deployed={"geometry": Geometry(mode="stretch", size=(224, 224))},
            expected=({"target_size"},),
            assumed="ImageNet constants",
        ),
    ]


def _padding_threads() -> list[_Thread]:
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
        _Thread(
            thread="NVIDIA/retinanet-examples#213",
            base=retina,
            deployed={"geometry": Geometry(mode="stretch", size=(320, 320))},
            expected=({"resize_mode"},),
            assumed="short side 200, long 320 (a quarter of 800 and 1280); the other input is a stretch",
        ),
        _Thread(
            thread="roboflow/inference#PR2067",
            base=twice,
            deployed={"geometry": Geometry(mode="inside", size=(300, 300), canvas=(300, 300))},
            expected=({"resize_mode"},),
            assumed="OpenCV bilinear on black, division by 255",
        ),
        _Thread(
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
        _Thread(
            thread="open-mmlab/mmdeploy#1355",
            base=mmdet,
            deployed={
                "norms": (),
                "fill_after": None,
                "fill": (128.0,),
                "geometry": _geometry(mmdet, position="centre"),
            },
            expected=mmdet_sets,
            assumed="320x320; raw pixels may be said to lack the scale too; the border differs in value and in order",
        ),
        _Thread(
            thread="open-mmlab/mmpose#2888",
            base=tight,
            deployed={"geometry": pose.clean.geometry},
            expected=({"resize_mode"},),
            assumed="the whole picture in place of a person's box, 1.25 times smaller in the reference",
        ),
        _Thread(
            thread="marcoslucianops/DeepStream-Yolo#216",
            label=" (corner)",
            base=letterbox,
            deployed={"fill": (0.0,), "geometry": _geometry(letterbox, position="top_left")},
            expected=({"padding_position", "padding_value"},),
        ),
        _Thread(
            thread="marcoslucianops/DeepStream-Yolo#216",
            label=" (stretch)",
            base=letterbox,
            deployed={"geometry": Geometry(mode="stretch", size=(640, 640))},
            expected=({"resize_mode"},),
        ),
        _Thread(
            thread="ultralytics/ultralytics#1656",
            base=letterbox,
            deployed={"fill": (0.0,), "geometry": _geometry(letterbox, position="top_left")},
            expected=({"padding_position", "padding_value"},),
            assumed="padding to a square and then resizing gives the size that resizing first gives",
        ),
        _Thread(
            thread="ultralytics/ultralytics#15430",
            base=rectangle,
            deployed={"batch": 4},
            expected=({"batch_padding"},),
            assumed="320 in place of 640; the batch's padding goes to the right and bottom",
        ),
        _Thread(
            thread="pytorch/vision#4257",
            base=vision,
            deployed={"batch": 4},
            expected=({"batch_padding"},),
            assumed="short edge 200, long 320, batches of 4",
        ),
        _Thread(
            thread="facebookresearch/maskrcnn-benchmark#PR798",
            base=vision,
            deployed={"geometry": _geometry(vision, mode="shorter")},
            expected=({"resize_mode"},),
            assumed="short edge 200, cap 320 (a quarter of 800 and 1333)",
        ),
    ]


def _other_threads() -> list[_Thread]:
    opencv = BASES["imagenet_opencv"]
    return [
        _Thread(
            thread="NVIDIA/DALI#2660",
            base=opencv,
            deployed={"exif": False},
            expected=({"exif_orientation"},),
            pictures="exif",
            assumed="ImageNet short edge and crop",
        ),
        _Thread(
            thread="open-mmlab/mmpretrain#68",
            base=opencv,
            deployed={"model": "classes_moved"},
            expected=({"postprocess"},),
            assumed="five classes moved by two places",
        ),
        _Thread(
            thread="NVIDIA/DL4AGX#PR127",
            base=BASES["inception_stretch"],
            deployed={},
            expected=({"input_order"},),
            exchange=True,
            assumed="two picture inputs",
        ),
        _Thread(
            thread="tensorflow/tensorflow#55550",
            base=BASES["grey_text"],
            deployed={"decoder": "grey_over_black"},
            expected=({"alpha_gray"},),
            pictures="alpha",
            assumed="the decoder blends over black before it makes grey",
        ),
        _Thread(
            thread="roboflow/inference#201",
            base=BASES["letterbox_640"],
            deployed={"geometry": Geometry(mode="stretch", size=(640, 640)), "model": "softmax_twice"},
            expected=({"postprocess", "resize_mode"},),
            assumed="the wrong preprocessing is a stretch in place of the letterbox",
        ),
    ]
