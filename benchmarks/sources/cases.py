"""What is declared, by library and in its own words: settings, or the text of a file, which recipe and library both read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixelparity.recipes import Recipe
from pixelparity.sources import (
    albumentations,
    blob,
    huggingface,
    keras,
    mmpretrain,
    openclip,
    openvino,
    timm,
    torchvision,
    ultralytics,
)

IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
SLOW = (
    "ViT", "Siglip", "CLIP", "Bit", "ChineseCLIP", "DeiT", "Beit", "ConvNext", "MobileNetV1", "MobileNetV2", "Pvt", "Segformer",
    "Blip", "DPT", "RTDetr", "EfficientNet", "Levit", "MobileViT", "OwlViT",
)  # fmt: skip
FAST = ("ViT", "Siglip", "CLIP", "DeiT", "Beit", "ConvNext", "Blip", "Levit", "Bit")


@dataclass(frozen=True, kw_only=True)
class Library:
    """One library: its ``module`` and ``package``, the cases by name, how a case is read, and the pictures' ``modes``.

    A case is settings, or the text of a file under its ``file`` name.
    """

    module: str
    package: str
    file: str
    cases: Mapping[str, Any]
    read: Callable[[str, Any], Recipe]
    modes: tuple[str, ...] = ("RGB",)


def _hugging_face() -> Mapping[str, Any]:
    cases: dict[str, Any] = {}
    for end, families in (("", SLOW), ("Fast", FAST)):
        for family in families:
            kind = {"image_processor_type": f"{family}ImageProcessor{end}"}
            if family != "ChineseCLIP":  # whose own default fails in transformers 4.57
                cases[f"{family}{end}"] = kind
            if family != "ConvNext":  # takes an edge only
                cases[f"{family}{end} 60x44"] = {**kind, "size": {"height": 60, "width": 44}}
    cases["CLIP edge and window"] = {
        "image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 50}, "crop_size": {"height": 40, "width": 44},
    }  # fmt: skip
    return cases


def _timm() -> Mapping[str, Any]:
    base = {"input_size": [3, 64, 64], **IMAGENET}
    return {
        "plain": base,
        "bilinear 0.95": {**base, "crop_pct": 0.95, "interpolation": "bilinear"},
        "squash": {**base, "crop_mode": "squash", "crop_pct": 1.0},
        "border": {**base, "crop_mode": "border", "crop_pct": 1.0},
        "rectangle": {**base, "input_size": [3, 48, 72], "crop_pct": 0.9, "interpolation": "bilinear"},
    }


def _torchvision() -> Mapping[str, str]:
    head = (
        "import torch\nfrom torchvision import transforms as v1\nfrom torchvision.transforms import InterpolationMode as I\n"
        "from torchvision.transforms import v2\n\n"
    )
    end1 = "v1.ToTensor(), v1.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])"
    end2 = "v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5] * 3, [0.5] * 3)"
    ways = {
        "v1 shorter": f"v1.Compose([v1.Resize(72), v1.CenterCrop(64), {end1}])",
        "v1 bicubic": f"v1.Compose([v1.Resize((50, 70), interpolation=I.BICUBIC), {end1}])",
        "v1 max size": f"v1.Compose([v1.Resize(50, max_size=60), {end1}])",
        "v1 wide window": f"v1.Compose([v1.CenterCrop((90, 120)), {end1}])",
        "v2 of Pillow": f"v2.Compose([v2.Resize(72), v2.CenterCrop(64), v2.ToImage(), {end2}])",
        "v2 of tensors": f"v2.Compose([v2.ToImage(), v2.Resize(72, antialias=True), v2.CenterCrop(64), {end2}])",
        "v2 of floats": "v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Resize((50, 40)), "
        "v2.Normalize([0.5] * 3, [0.5] * 3)])",
    }
    return {name: f"{head}way = {way}\n" for name, way in ways.items()}


def _albumentations() -> Mapping[str, str]:
    head = "import albumentations as A\nfrom albumentations.pytorch import ToTensorV2\n\n"
    ways = {
        "stretch": "A.Compose([A.Resize(48, 72), A.Normalize(), ToTensorV2()])",
        "letterbox": "A.Compose([A.LongestMaxSize(max_size=64), A.PadIfNeeded(64, 64, border_mode=0), "
        "A.Normalize(), ToTensorV2()])",
        "window": "A.Compose([A.SmallestMaxSize(max_size=70), A.CenterCrop(64, 60), "
        "A.Normalize(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))])",
        "levels": "A.Compose([A.Resize(40, 40), ToTensorV2()])",
    }
    return {name: f"{head}way = {way}\n" for name, way in ways.items()}


def _ultralytics() -> Mapping[str, Any]:
    base = {"version": "8.3.40", "task": "detect", "stride": 32, "args": {"half": False, "dynamic": False}}
    return {
        "square": {**base, "imgsz": [64, 64]},
        "wide": {**base, "imgsz": [64, 96]},
        "tall": {**base, "imgsz": [96, 32]},
    }


def _openvino() -> Mapping[str, str]:
    head = "from openvino import Layout, Type\nfrom openvino.preprocess import ColorFormat, PrePostProcessor, ResizeAlgorithm\n\n"
    ways = {
        "linear": "convert_element_type(Type.f32).resize(ResizeAlgorithm.RESIZE_LINEAR, 32, 48)"
        ".mean([1.5, 2, 3]).scale([4, 5, 6])",
        "cubic": "convert_element_type(Type.f32).resize(ResizeAlgorithm.RESIZE_CUBIC, 32, 48).scale(255)",
        "Pillow's": "convert_element_type(Type.f32).resize(ResizeAlgorithm.RESIZE_BILINEAR_PILLOW, 32, 48).mean(127.5)",
        "reversed": "convert_element_type(Type.f32).reverse_channels().resize(ResizeAlgorithm.RESIZE_LINEAR, 32, 48).scale(58.0)",
    }
    return {
        name: f"{head}ppp = PrePostProcessor(model)\n"
        "ppp.input().tensor().set_element_type(Type.u8).set_layout(Layout('NHWC')).set_color_format(ColorFormat.RGB)"
        ".set_spatial_dynamic_shape()\n"
        f"ppp.input().model().set_layout(Layout('NCHW'))\nppp.input().preprocess().{way}\nmodel = ppp.build()\n"
        for name, way in ways.items()
    }


def _blob() -> Mapping[str, str]:
    return {
        "detector": "scalefactor=1/255,size=(64,48),swapRB=True",
        "caffe": "scalefactor=1.0,size=(60,60),mean=(104,117,123)",
        "mobilenet": "scalefactor=0.007843,size=(50,70),mean=(127.5,127.5,127.5)",
        "window": "scalefactor=0.017,size=(56,56),mean=(103.9,116.8,123.7),crop=True",
        "as it is": "scalefactor=1/127.5,mean=127.5",
    }


def _keras() -> Mapping[str, str]:
    more = ("", ", interpolation='bilinear'", "", ", interpolation='lanczos'")
    modes = {"resnet50": "caffe", "mobilenet_v2": "tf", "densenet": "torch", "efficientnet": "none"}
    return {
        f"{name} ({mode})": f"from keras.applications.{name} import preprocess_input\n"
        "from keras.utils import img_to_array, load_img\n\n\ndef way(path):\n"
        f"    return preprocess_input(img_to_array(load_img(path, target_size=(60, 44){given})))\n"
        for (name, mode), given in zip(modes.items(), more, strict=True)
    }


def _open_clip() -> Mapping[str, Any]:
    base: dict[str, Any] = {"size": 64}
    return {
        "plain": base,
        "squash": {**base, "resize_mode": "squash", "interpolation": "bilinear"},
        "longest": {**base, "resize_mode": "longest", "fill_color": 127},
        "rectangle": {**base, "size": [50, 41]},
    }


def _mmpretrain() -> Mapping[str, str]:
    end = (
        "dict(type='PackInputs')]\n"
        "data_preprocessor = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True)\n"
    )
    head = "test_pipeline = [dict(type='LoadImageFromFile'), "
    ways = {
        "edge and window": "dict(type='ResizeEdge', scale=70, edge='short'), dict(type='CenterCrop', crop_size=64), ",
        "by Pillow": "dict(type='ResizeEdge', scale=70, edge='short', backend='pillow', interpolation='bicubic'), "
        "dict(type='CenterCrop', crop_size=64), ",
        "stretch": "dict(type='Resize', scale=(72, 48)), ",
        "fitted": "dict(type='Resize', scale=(72, 48), keep_ratio=True), "
        "dict(type='Pad', size=(72, 72), pad_val=114), ",
        "EfficientNet": "dict(type='EfficientNetCenterCrop', crop_size=64), ",
    }
    return {name: head + way + end for name, way in ways.items()}


def _by_file(reader: Callable[[str], Recipe], behind: str = "") -> Callable[[str, Any], Recipe]:
    return lambda path, _case: reader(path + behind)


LIBRARIES: Mapping[str, Library] = {
    "transformers": Library(
        module="transformers", package="transformers", file="preprocessor_config.json", cases=_hugging_face(),
        read=lambda _path, case: huggingface.recipe(case),
    ),
    "timm": Library(module="timm", package="timm", file="config.json", cases=_timm(), read=lambda _path, case: timm.recipe(case)),
    "torchvision": Library(
        module="torchvision", package="torchvision", file="transforms.py", cases=_torchvision(),
        read=_by_file(torchvision.recipe, ":way"),
    ),
    "mmpretrain": Library(
        module="mmpretrain", package="mmpretrain", file="config.py", cases=_mmpretrain(), read=_by_file(mmpretrain.recipe),
        modes=("RGB", "L", "RGBA"),
    ),
    "albumentations": Library(
        module="albumentations", package="albumentations", file="transforms.py", cases=_albumentations(),
        read=_by_file(albumentations.recipe, "#way"),
    ),
    "ultralytics": Library(
        module="ultralytics", package="ultralytics", file="metadata.yaml", cases=_ultralytics(),
        read=_by_file(ultralytics.recipe), modes=("RGB", "L", "RGBA"),
    ),
    "openvino": Library(
        module="openvino", package="openvino", file="model.py", cases=_openvino(), read=_by_file(openvino.recipe),
    ),
    "opencv": Library(
        module="cv2", package="opencv-python-headless", file="parameters.txt", cases=_blob(),
        read=lambda _path, case: blob.recipe(case), modes=("RGB", "L", "RGBA"),
    ),
    "keras": Library(
        module="keras", package="keras", file="predict.py", cases=_keras(), read=_by_file(keras.recipe),
        modes=("RGB", "L", "RGBA"),
    ),
    "openclip": Library(
        module="open_clip", package="open_clip_torch", file="open_clip_config.json", cases=_open_clip(),
        read=_by_file(openclip.recipe), modes=("RGB", "L"),  # transparency is scaled before it is dropped: the recipe says so
    ),
}  # fmt: skip


def content(name: str, case: Any) -> str:
    """Return what is written into the file of a case."""
    return case if isinstance(case, str) else json.dumps({"preprocess_cfg": case} if name == "openclip" else case)


def written(name: str, case: Any, folder: Path) -> Path:
    """Write the file of a case into a folder of its own, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / LIBRARIES[name].file
    file.write_text(content(name, case), encoding="utf-8")
    return file
