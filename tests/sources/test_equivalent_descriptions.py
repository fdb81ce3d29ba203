"""No false accusation: one pipeline in the words of many formats, every pair of which ``diff`` finds equal."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import onnx
import pytest

from pixelparity.recipes import Recipe
from pixelparity.recipes.diff import diff_recipes
from pixelparity.sources import (
    albumentations,
    blob,
    coreml,
    dali,
    huggingface,
    mmdeploy,
    mmpretrain,
    openclip,
    openvino,
    paddle,
    rknn,
    timm,
    torchvision,
)
from pixelparity.sources import onnx as onnx_models
from pixelparity.sources.dali.functions import serialize
from tests.sources.onnx_models import CONV, build, constant, node

Mean = tuple[float, float, float]
Read = Callable[[Path, Mean], Recipe]
#: Levels of R, G and B; one deviation for all, because the blob and Core ML have no more.
MEAN: Mean = (123.675, 116.28, 103.53)
OTHER: Mean = (104.0, 116.28, 103.53)
STD = 57.375


def _shares(mean: Mean) -> list[float]:
    return [value / 255 for value in mean]


def _written(folder: Path, name: str, content: Any) -> str:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(file)


def _hugging_face(_folder: Path, mean: Mean) -> Recipe:
    settings = {"image_processor_type": "ViTImageProcessor", "do_resize": False}
    return huggingface.recipe({**settings, "image_mean": _shares(mean), "image_std": [STD / 255] * 3})


def _torchvision(text: str) -> Read:
    def read(folder: Path, mean: Mean) -> Recipe:
        made = text.format(mean=_shares(mean), std=[STD / 255] * 3, levels=mean, deviation=[STD] * 3)
        head = "import torch\nfrom torchvision import transforms as v1\nfrom torchvision.transforms import v2\n"
        return torchvision.recipe(_written(folder, "t.py", f"{head}way = {made}\n") + ":way")

    return read


DALI = """
from nvidia.dali import fn, pipeline_def, types

@pipeline_def(batch_size=1, num_threads=1, device_id=None)
def way():
    images = fn.external_source(name="IN")
    images = fn.decoders.image(images, output_type=types.RGB, adjust_orientation={exif})
    {end}
"""
NORMALIZED = "return fn.crop_mirror_normalize(images, mean={mean}, std={std}, output_layout='CHW')"
COMPUTED = "return fn.transpose((fn.cast(images, dtype=types.FLOAT) - {mean}) / {deviation}, perm=[2, 0, 1])"
CONSTANTS = "types.Constant({mean}, dtype=types.FLOAT, shape=(1, 1, 3))"


def _dali(end: str, *, exif: bool, serialized: bool = False) -> Read:
    def read(folder: Path, mean: Mean) -> Recipe:
        own = end.format(mean=list(mean), std=[STD] * 3, deviation=STD)
        side = f"{_written(folder, 'p.py', DALI.format(exif=exif, end=own))}:way"
        if not serialized:
            return dali.recipe(side)
        data, _ = serialize(side)
        (folder / "model.dali").write_bytes(data)
        return dali.recipe(str(folder / "model.dali"))

    return read


def _mmpretrain(colour: str) -> Read:
    def read(folder: Path, mean: Mean) -> Recipe:
        load = {"type": "LoadImageFromFile", "color_type": colour}
        text = (
            f"test_pipeline = [{load!r}, dict(type='PackInputs')]\n"
            f"data_preprocessor = dict(mean={list(mean)}, std={[STD] * 3}, to_rgb=True)\n"
        )
        return mmpretrain.recipe(_written(folder, "config.py", text))

    return read


def _mmcls(folder: Path, mean: Mean) -> Recipe:
    normalize = {"type": "Normalize", "mean": list(mean), "std": [STD] * 3, "to_rgb": True}
    steps = [{"type": "LoadImageFromFile"}, normalize, {"type": "ImageToTensor"}, {"type": "Collect"}]
    return mmpretrain.recipe(
        _written(folder, "old.py", f"data = dict(test=dict(type='ImageNet', pipeline={steps!r}))\n")
    )


def _mmdeploy(_folder: Path, mean: Mean) -> Recipe:
    normalize = {"type": "Normalize", "to_rgb": True, "mean": list(mean), "std": [STD] * 3}
    steps = [{"type": "LoadImageFromFile"}, normalize, {"type": "ImageToTensor"}]
    return mmdeploy.recipe({"pipeline": {"tasks": [{"module": "Transform", "transforms": steps}]}})


def _albumentations_code(folder: Path, mean: Mean) -> Recipe:
    settings = f"mean={_shares(mean)}, std={[STD / 255] * 3}"
    head = "import albumentations as A\nfrom albumentations.pytorch import ToTensorV2\n\n"
    text = f"way = A.Compose([A.Normalize({settings}), ToTensorV2()])\n"
    return albumentations.recipe(_written(folder, "a.py", head + text))


def _albumentations_saved(folder: Path, mean: Mean) -> Recipe:
    normalize = {
        "__class_fullname__": "Normalize",
        "mean": _shares(mean),
        "std": [STD / 255] * 3,
        "max_pixel_value": 255.0,
    }
    steps = [normalize, {"__class_fullname__": "ToTensorV2"}]
    whole = {"__version__": "1.4.0", "transform": {"__class_fullname__": "Compose", "transforms": steps}}
    return albumentations.recipe(_written(folder, "a.json", whole))


def _paddle(folder: Path, mean: Mean) -> Recipe:
    normalize = {"scale": 1 / 255, "mean": _shares(mean), "std": [STD / 255] * 3, "order": ""}
    steps = [{"NormalizeImage": normalize}, {"ToCHWImage": None}]
    return paddle.recipe(_written(folder, "inference.yml", {"PreProcess": {"transform_ops": steps}}))


def _blob_parameters(_folder: Path, mean: Mean) -> Recipe:
    return blob.recipe(f"scalefactor=1/{STD},mean=({mean[0]},{mean[1]},{mean[2]}),swapRB=True")


def _blob_code(folder: Path, mean: Mean) -> Recipe:
    head = "import cv2\n\nimage = cv2.cvtColor(cv2.imread('a.jpg'), cv2.COLOR_BGR2RGB)\n"
    text = f"net.setInput(cv2.dnn.blobFromImage(image, 1 / {STD}, mean={mean}))\n"
    return blob.recipe(_written(folder, "b.py", head + text))


def _core_ml(folder: Path, mean: Mean) -> Recipe:
    bias = [-value / STD for value in mean]
    image = f"ct.ImageType(shape=(1, 3, 224, 224), scale=1 / {STD}, bias={bias}, color_layout=ct.colorlayout.RGB)"
    return coreml.recipe(
        _written(folder, "c.py", f"import coremltools as ct\n\nct.convert(traced, inputs=[{image}])\n")
    )


def _rknn(folder: Path, mean: Mean) -> Recipe:
    text = f"rknn.config(mean_values=[{list(mean)}], std_values=[{[STD] * 3}])\nrknn.load_onnx(model='m.onnx')\n"
    return rknn.recipe(_written(folder, "r.py", text))


def _openvino(folder: Path, mean: Mean) -> Recipe:
    text = (
        "from openvino import Layout, Type\nfrom openvino.preprocess import ColorFormat, PrePostProcessor\n\n"
        "ppp = PrePostProcessor(model)\n"
        "ppp.input().tensor().set_element_type(Type.u8).set_layout(Layout('NHWC')).set_color_format(ColorFormat.RGB)\n"
        "ppp.input().model().set_layout(Layout('NCHW'))\n"
        f"ppp.input().preprocess().convert_element_type(Type.f32).mean({list(mean)}).scale({[STD] * 3})\n"
        "model = ppp.build()\n"
    )
    return openvino.recipe(_written(folder, "o.py", text))


def _onnx(folder: Path, mean: Mean) -> Recipe:
    nodes = [
        node("Cast", to=onnx.TensorProto.FLOAT),
        node("Sub", "mean"),
        node("Div", "std"),
        node("Transpose", perm=[0, 3, 1, 2]),
    ]
    stored = [constant("mean", mean), constant("std", [STD])]
    onnx.save(build([*nodes, CONV], stored, [1, 8, 8, 3], onnx.TensorProto.UINT8), folder / "m.onnx")
    return onnx_models.recipe(str(folder / "m.onnx"))


#: What is fed pictures that somebody else decoded: the way from the file is not in their words.
FED: Mapping[str, Read] = {
    "albumentations.py": _albumentations_code,
    "albumentations.json": _albumentations_saved,
    "coreml": _core_ml,
    "rknn": _rknn,
    "openvino": _openvino,
    "onnx": _onnx,
}
#: What opens a file and leaves it as it lies.
AS_IT_LIES: Mapping[str, Read] = {
    "huggingface": _hugging_face,
    "torchvision v1": _torchvision("v1.Compose([v1.ToTensor(), v1.Normalize({mean}, {std})])"),
    "torchvision v2": _torchvision(
        "v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize({mean}, {std})])"
    ),
    "torchvision of levels": _torchvision(
        "v2.Compose([v2.PILToTensor(), v2.ToDtype(torch.float32), v2.Normalize({levels}, {deviation})])"
    ),
    "mmpretrain": _mmpretrain("color_ignore_orientation"),
    "dali.py": _dali(NORMALIZED, exif=False),
    "dali.py computed": _dali(COMPUTED.replace("{mean}", CONSTANTS), exif=False),
    "model.dali": _dali(NORMALIZED, exif=False, serialized=True),
}
#: What opens a file and turns it as its EXIF data say.
TURNED: Mapping[str, Read] = {
    "mmpretrain": _mmpretrain("color"),
    "mmcls 0.x": _mmcls,
    "mmdeploy": _mmdeploy,
    "paddle": _paddle,
    "blob": _blob_parameters,
    "blob.py": _blob_code,
    "dali.py": _dali(NORMALIZED, exif=True),
    "model.dali": _dali(NORMALIZED, exif=True, serialized=True),
}


def _clip(_folder: Path, mean: Mean) -> Recipe:
    settings = {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 32}, "crop_size": 32}
    return huggingface.recipe({**settings, "image_mean": _shares(mean), "image_std": [STD / 255] * 3})


def _timm(_folder: Path, mean: Mean) -> Recipe:
    settings = {"input_size": [3, 32, 32], "crop_pct": 1.0, "interpolation": "bicubic"}
    return timm.recipe({**settings, "mean": _shares(mean), "std": [STD / 255] * 3})


def _open_clip(folder: Path, mean: Mean) -> Recipe:
    given = {"size": 32, "mean": _shares(mean), "std": [STD / 255] * 3}
    return openclip.recipe(_written(folder, "open_clip_config.json", {"preprocess_cfg": given}))


def _mmpretrain_by_pillow(folder: Path, mean: Mean) -> Recipe:
    text = (
        "test_pipeline = [dict(type='LoadImageFromFile', color_type='color_ignore_orientation'),\n"
        "    dict(type='ResizeEdge', scale=32, edge='short', backend='pillow', interpolation='bicubic'),\n"
        "    dict(type='CenterCrop', crop_size=32), dict(type='PackInputs')]\n"
        f"data_preprocessor = dict(mean={list(mean)}, std={[STD] * 3}, to_rgb=True)\n"
    )
    return mmpretrain.recipe(_written(folder, "config.py", text))


#: The same with a shorter edge of 32 and the middle, by Pillow.
SCALED: Mapping[str, Read] = {
    "timm": _timm,
    "openclip": _open_clip,
    "mmpretrain": _mmpretrain_by_pillow,
    "torchvision v1": _torchvision(
        "v1.Compose([v1.Resize(32, interpolation=3), v1.CenterCrop(32), v1.ToTensor(), v1.Normalize({mean}, {std})])"
    ),
    "torchvision v2": _torchvision(
        "v2.Compose([v2.Resize(32, interpolation=3), v2.CenterCrop(32), v2.ToImage(), "
        "v2.ToDtype(torch.float32, scale=True), v2.Normalize({mean}, {std})])"
    ),
}
GROUPS = {"as it lies": {**AS_IT_LIES, **FED}, "turned": {**TURNED, **FED}, "scaled": SCALED}


def _all(group: Mapping[str, Read], folder: Path, mean: Mean) -> dict[str, Recipe]:
    made = {}
    for number, (name, read) in enumerate(group.items()):
        own = folder / f"{number}-{mean[0]}"
        own.mkdir()
        made[name] = read(own, mean)
    return made


@pytest.mark.parametrize("group", GROUPS)
def test_one_pipeline_in_many_words_is_equal(tmp_path: Path, group: str) -> None:
    """Every pair of descriptions of one pipeline is equal, in both directions: no cause is accused."""
    pytest.importorskip("mmpretrain")
    made = _all(GROUPS[group], tmp_path, MEAN)
    accused = {
        (left, right): [
            (row.family, row.reference, row.deployed) for row in diff_recipes(made[left], made[right]).differences
        ]
        for left, right in itertools.permutations(made, 2)
    }
    assert {pair: rows for pair, rows in accused.items() if rows} == {}


@pytest.mark.parametrize("group", GROUPS)
def test_a_difference_that_is_there_is_named_in_every_pair(tmp_path: Path, group: str) -> None:
    """Where one description has another mean, that alone is named, against every other description."""
    pytest.importorskip("mmpretrain")
    made, other = _all(GROUPS[group], tmp_path, MEAN), _all(GROUPS[group], tmp_path, OTHER)
    named = {
        (left, right): diff_recipes(made[left], other[right]).families
        for left, right in itertools.permutations(made, 2)
    }
    assert {pair: families for pair, families in named.items() if families != ("mean_std_wrong",)} == {}


def test_a_window_that_is_placed_otherwise_is_a_difference(tmp_path: Path) -> None:
    """CLIP's slow processor rounds a half pixel down where torchvision rounds to even: equal in all else, and said to differ."""
    (tmp_path / "t").mkdir()
    both = _clip(tmp_path, MEAN), SCALED["torchvision v1"](tmp_path / "t", MEAN)
    assert [(row.family, row.step) for row in diff_recipes(*both).differences] == [("rounding", "crop")]
