"""Configs of MMClassification 0.x in the words of MMPretrain, and those of other OpenMMLab projects, which are refused.

In 0.x the pipeline stands under ``data = dict(test=...)`` and normalises itself; MMPretrain leaves that to the model's
``data_preprocessor``. The meaning is that of mmcls 0.25 (``mmcls/datasets/pipelines``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pixelparity.errors import UnsupportedStep
from pixelparity.fields import OBJECTS, PIXELS, shown
from pixelparity.sources.protocol import WAY_ON

#: What gives the configs of other projects away, and whose they are.
OTHERS = {
    "PackDetInputs": "mmdet", "PackSegInputs": "mmseg", "PackPoseInputs": "mmpose", "PackTextDetInputs": "mmocr",
    "PackTextRecogInputs": "mmocr", "MultiScaleFlipAug": "mmdet or mmseg 2.x",
}  # fmt: skip
#: Transforms of mmcls 1.0's release candidates under their later names.
RENAMED = {"PackClsInputs": "PackInputs"}


def pipeline_of(content: Mapping[str, Any]) -> Sequence[dict[str, Any]] | None:
    """Return the test pipeline of a config of mmcls 0.x; ``None`` for any other."""
    dataset = dataset_of(content)
    if dataset is None:
        return None
    found: Sequence[dict[str, Any]] = OBJECTS(dataset["pipeline"], "the pipeline of data.test or data.val")
    return found


def dataset_of(content: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the data set, with its pipeline, of a config of mmcls 0.x; ``None`` for any other."""
    data = content.get("data")
    if not isinstance(data, Mapping) or content.get("test_dataloader") or content.get("val_dataloader"):
        return None
    for part in ("test", "val"):
        dataset = data.get(part)
        if isinstance(dataset, Mapping) and dataset.get("pipeline"):
            return dataset
    return None


def refuse_others(pipeline: Sequence[Mapping[str, Any]]) -> None:
    """Raise ``UnsupportedStep`` for the pipeline of another project, which says whose it is."""
    for step in pipeline:
        kind = step.get("type")
        name = kind.rpartition(".")[2] if isinstance(kind, str) else ""
        if name in OTHERS:
            raise UnsupportedStep(
                f"it is a config of {OTHERS[name]} ({name}), and what its model does with the picture afterwards is not "
                f"read here; {WAY_ON}"
            )


def renamed(pipeline: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a pipeline with the names of today."""
    return [{**step, "type": RENAMED.get(step["type"], step["type"])} if isinstance(step.get("type"), str) else dict(step)
            for step in pipeline]  # fmt: skip


def translated(pipeline: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return a pipeline of mmcls 0.x as MMPretrain's transforms, and the settings of the ``data_preprocessor``.

    Raises ``UnsupportedStep`` for a transform, or a place of one, that has no such words.
    """
    steps: list[dict[str, Any]] = []
    constants: dict[str, Any] = {}
    for number, step in enumerate(pipeline):
        kind = str(step.get("type"))
        if kind == "Normalize":
            constants = {"mean": step.get("mean"), "std": step.get("std"), "to_rgb": step.get("to_rgb", True)}
            continue
        if kind not in STEPS:
            raise UnsupportedStep(
                f"test_pipeline[{number}] {shown(kind)} of a config of mmcls 0.x is not known; known are Normalize, "
                f"{', '.join(STEPS)}; {WAY_ON}"
            )
        if constants and kind not in _AT_THE_END:
            raise UnsupportedStep(f"test_pipeline[{number}] {kind} behind Normalize is not supported; {WAY_ON}")
        steps += STEPS[kind](step)
    return [*steps, {"type": "PackInputs"}], {"type": "ClsDataPreprocessor", **constants}


def _same(step: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [dict(step)]


def _resize(step: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return an edge for ``(n, -1)``, else a stretch: mmcls takes height and width, MMPretrain width and height."""
    size = step.get("size")
    more = {name: step[name] for name in ("interpolation", "backend") if name in step}
    if isinstance(size, int):
        return [{"type": "Resize", "scale": (size, size), **more}]
    if not isinstance(size, Sequence) or len(size) != 2:
        raise UnsupportedStep(f"Resize has size={shown(size)}; a number, or two, are known")
    if size[1] == -1:
        edge = step.get("adaptive_side", "short")
        return [{"type": "ResizeEdge", "scale": PIXELS(size[0], "Resize.size"), "edge": edge, **more}]
    return [{"type": "Resize", "scale": (size[1], size[0]), **more}]


def _crop(step: Mapping[str, Any]) -> list[dict[str, Any]]:
    if step.get("efficientnet_style"):
        names = ("crop_size", "crop_padding", "interpolation", "backend")
        return [{"type": "EfficientNetCenterCrop", **{name: step[name] for name in names if name in step}}]
    return [{"type": "CenterCrop", "crop_size": step.get("crop_size")}]


def _dropped(_step: Mapping[str, Any]) -> list[dict[str, Any]]:
    return []


_AT_THE_END = ("ImageToTensor", "ToTensor", "Collect")
STEPS: Mapping[str, Callable[[Mapping[str, Any]], list[dict[str, Any]]]] = {
    "LoadImageFromFile": _same,
    "Resize": _resize,
    "CenterCrop": _crop,
    **dict.fromkeys(_AT_THE_END, _dropped),
}
