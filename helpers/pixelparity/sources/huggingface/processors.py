"""What each image processor of ``transformers`` fills in, and how it reads a size that is one number.

Values are the defaults of the classes in ``image_processing_*.py``, versions 4.46 and 4.57, whose steps are resize, centre
crop, rescale and normalise in this order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

HALF = (0.5, 0.5, 0.5)
IMAGENET = {"image_mean": (0.485, 0.456, 0.406), "image_std": (0.229, 0.224, 0.225)}
CLIP = {"image_mean": (0.48145466, 0.4578275, 0.40821073), "image_std": (0.26862954, 0.26130258, 0.27577711)}


def _square(edge: int) -> dict[str, int]:
    return {"height": edge, "width": edge}


#: What a processor does that says nothing else. Pillow's numbers name the filters.
BASE: Mapping[str, Any] = {
    "do_resize": True, "size": _square(224), "resample": 2, "do_center_crop": False, "crop_size": _square(224),
    "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": HALF, "image_std": HALF,
    "crop_pct": 224 / 256, "do_flip_channel_order": False, "rescale_offset": False, "include_top": False,
    "keep_aspect_ratio": False, "do_pad": False,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Processor:
    """One class of processors.

    ``settings`` are its defaults where they differ from ``BASE``. ``one_number`` says what a size of one number is to it:
    both edges, the shorter edge, or nothing that it takes; ``edges`` whether it takes ``shortest_edge`` at all. ``rule`` is
    for a resize with arithmetic of its own, ``scale_name`` what it calls the factor. ``crops``, ``flips``, ``normalizes``
    and ``includes_top`` say which settings it has at all: others are passed over, as its class does.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    one_number: Literal["both", "shorter", "none"] = "both"
    edges: bool = False
    rule: Literal["", "convnext", "levit"] = ""
    scale_name: str = "rescale_factor"
    crops: bool = False
    flips: bool = False
    normalizes: bool = True
    includes_top: bool = False


def _shorter(size: Any, **settings: Any) -> Processor:
    return Processor(settings={"size": size, **settings}, one_number="shorter", edges=True, crops=True)


_CLIP_LIKE = _shorter({"shortest_edge": 224}, resample=3, do_center_crop=True, **CLIP)
_MOBILENET = _shorter({"shortest_edge": 256}, do_center_crop=True)
_WINDOW = {"size": _square(256), "resample": 3, "do_center_crop": True}
PROCESSORS: Mapping[str, Processor] = {
    "ViT": Processor(),
    "Siglip": Processor(settings={"resample": 3}, one_number="none"),
    "CLIP": _CLIP_LIKE,
    "Bit": _CLIP_LIKE,
    "ChineseCLIP": _CLIP_LIKE,
    "DeiT": Processor(settings=_WINDOW, crops=True),
    "Beit": Processor(settings=_WINDOW, crops=True),
    "ConvNext": Processor(settings={"size": {"shortest_edge": 384}}, one_number="shorter", edges=True, rule="convnext"),
    "MobileNetV1": _MOBILENET,
    "MobileNetV2": _MOBILENET,
    "Pvt": Processor(settings=IMAGENET),
    "Segformer": Processor(settings={"size": _square(512), **IMAGENET}),
    "LayoutLMv3": Processor(scale_name="rescale_value"),
    "Blip": Processor(settings={"size": _square(384), "resample": 3, **CLIP}),
    "DPT": Processor(settings={"size": _square(384), "resample": 3}),
    "RTDetr": Processor(settings={"size": _square(640), "do_normalize": False, **IMAGENET}, one_number="none"),
    "EfficientNet": Processor(
        settings={"size": _square(346), "resample": 0, "crop_size": _square(289), "include_top": True},
        crops=True, includes_top=True,
    ),
    "Levit": Processor(
        settings={"size": {"shortest_edge": 224}, "resample": 3, "do_center_crop": True, **IMAGENET},
        one_number="shorter", edges=True, rule="levit", crops=True,
    ),
    "MobileViT": Processor(
        settings={
            "size": {"shortest_edge": 224}, "do_center_crop": True, "crop_size": _square(256), "do_flip_channel_order": True,
        },
        one_number="shorter", edges=True, crops=True, flips=True, normalizes=False,
    ),
    "OwlViT": Processor(settings={"size": _square(768), "resample": 3, "crop_size": _square(768), **CLIP}, crops=True),
}  # fmt: skip
#: Defaults of the classes on torchvision (``...Fast``) where they are others than those on Pillow; transformers 4.57.
OF_FAST: Mapping[str, Mapping[str, Any]] = {
    "Beit": {"size": _square(224), "do_center_crop": False},
    "OwlViT": {"do_normalize": False},
}
#: The processor that ``transformers`` takes for a model whose file names none, by the model's type.
OF_MODELS: Mapping[str, str] = {
    "vit": "ViT", "swin": "ViT", "swinv2": "ViT", "siglip": "Siglip", "clip": "CLIP", "bit": "Bit", "dinov2": "Bit",
    "resnet": "ConvNext", "regnet": "ConvNext", "convnext": "ConvNext", "convnextv2": "ConvNext", "focalnet": "Bit",
    "cvt": "ConvNext", "deit": "DeiT", "beit": "Beit", "data2vec-vision": "Beit", "mobilenet_v1": "MobileNetV1",
    "mobilenet_v2": "MobileNetV2", "mobilevit": "MobileViT", "mobilevitv2": "MobileViT", "pvt": "Pvt", "pvt_v2": "Pvt",
    "segformer": "Segformer", "layoutlmv3": "LayoutLMv3", "blip": "Blip", "dpt": "DPT", "rt_detr": "RTDetr",
    "efficientnet": "EfficientNet", "levit": "Levit", "owlvit": "OwlViT", "vit_mae": "ViT", "vit_msn": "ViT",
}  # fmt: skip
