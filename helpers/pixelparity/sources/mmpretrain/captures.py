"""Captures of MMPretrain: its own transforms and its own preprocessor module are run, and what each put out is kept."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pixelparity import pictures
from pixelparity.errors import ImageError, InputError, SideError
from pixelparity.sources.mmpretrain.configs import (
    BYSTANDERS,
    LOADER,
    array_channels,
    build_preprocessor,
    build_transform,
    kind_of,
    library,
    load_config,
    scope,
    test_pipeline,
)
from pixelparity.sources.mmpretrain.declaring import array, declare, flipped, normalized_range, unique_names
from pixelparity.stages import Capture, Stage, Tensor, check_finite

if TYPE_CHECKING:
    from mmengine import Config


def capture(config: str | Path | Config, images: Mapping[str, Path], *, model: Any = None) -> Capture:
    """Run the test pipeline and the ``data_preprocessor`` of a config on each picture and keep every stage.

    The last stage is what the network sees: CHW float32. With ``model``, a built MMPretrain classifier in eval mode, its
    own ``data_preprocessor`` is used and ``outputs`` holds its softmax probabilities, shape (classes,). Every picture is
    a batch of its own.

    Raises ``ImageError`` for a picture that is not one or is truncated, ``SideError`` when a transform fails.
    """
    loaded = load_config(config)
    source = f"mmpretrain:{config if isinstance(config, str | Path) else loaded.filename}"
    with scope():
        steps = _build_pipeline(loaded)
        preprocessor = build_preprocessor(loaded) if model is None else _preprocessor_of(model)
        runs = {name: _run(steps, preprocessor, path, source) for name, path in images.items()}
        outputs = {} if model is None else {name: _predict(model, run, source) for name, run in runs.items()}
    if not runs:
        raise InputError(f"{source}: there is no picture to capture; give at least one")
    stages = next(iter(runs.values())).stages
    for name, run in runs.items():
        if [s.name for s in run.stages] != [s.name for s in stages]:
            raise SideError(f"{source}: picture {name!r} went through other stages than the first one")
    captured = Capture(
        source=source,
        stages=stages,
        images=tuple(runs),
        tensors={s.name: {name: run.tensors[s.name] for name, run in runs.items()} for s in stages},
        outputs=outputs,
        facts=_facts(),
    )
    check_finite(captured)
    return captured


@dataclass(frozen=True, kw_only=True)
class _Run:
    """One picture's way: its stages, their tensors, and the batch of one that the preprocessor made for the model."""

    stages: tuple[Stage, ...]
    tensors: Mapping[str, Tensor]
    batch: Mapping[str, Any]


def _build_pipeline(config: Config) -> list[tuple[str, Any]]:
    declared = test_pipeline(config)
    steps: list[tuple[str, Any]] = []
    if kind_of(declared[0]) != LOADER:
        # MMPretrain's inferencer loads the file itself; a dataset that holds arrays is asked for as it holds them.
        steps.append((f"dataset {LOADER}", _Load(array_channels(config))))
    for number, entry in enumerate(declared):
        if kind_of(entry) in BYSTANDERS:
            continue
        steps.append((f"test_pipeline[{number}] {kind_of(entry)}", build_transform(entry, config)))
    return steps


class _Load:
    """Load a file for a pipeline that starts with a decoded picture: BGR as MMPretrain's inferencer does, RGB or grey."""

    imdecode_backend = "cv2"

    def __init__(self, channels: str) -> None:
        self.color_type = "grayscale" if channels == "GRAY" else "color"
        self.channel_order = "rgb" if channels == "RGB" else "bgr"

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        read = library("mmcv").imread
        image = read(results["img_path"], flag=self.color_type, channel_order=self.channel_order, backend="cv2")
        return {**results, "img": image, "img_shape": image.shape[:2], "ori_shape": image.shape[:2]}


def _run(steps: Sequence[tuple[str, Any]], preprocessor: Any, path: Path, source: str) -> _Run:
    check_picture(path)
    results: dict[str, Any] = {"img_path": str(path)}
    tapped: list[tuple[Stage, Tensor]] = []
    for origin, transform in steps:
        try:
            results = transform(results)
        except Exception as error:
            raise _failure(origin, path, source, error) from error
        stage = declare(origin, transform, results, tapped[-1][0] if tapped else None)
        tapped.append((stage, array(results)))
    from mmengine.dataset import default_collate

    packed = default_collate([results])
    batch = preprocessor(packed, False)
    tapped += _preprocess(preprocessor, packed, tapped[-1][0])
    if not np.array_equal(tapped[-1][1], _tensor_of(batch).cpu().numpy()):
        raise SideError(f"{source}: {type(preprocessor).__name__} changes the picture in a way that is not known here")
    stages = unique_names([stage for stage, _ in tapped])
    tensors = {stage.name: tensor for stage, (_, tensor) in zip(stages, tapped, strict=True)}
    return _Run(stages=stages, tensors=tensors, batch=batch)


def check_picture(path: Path) -> None:
    """Raise ``ImageError`` when a file is missing, is no picture, or is truncated.

    OpenCV decodes a truncated JPEG without an error and fills the rest with grey, so Pillow, which refuses, looks first.
    """
    from PIL import Image, UnidentifiedImageError

    pictures.check(path)
    try:
        with Image.open(path) as picture:
            picture.load()
    except UnidentifiedImageError as error:
        raise ImageError(
            f"{path} is not a picture that can be decoded; give a JPEG, PNG, BMP, TIFF or WebP file"
        ) from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ImageError(f"{path} cannot be decoded ({error}); it may be missing, truncated or damaged") from error


def _failure(origin: str, path: Path, source: str, error: Exception) -> Exception:
    if "LoadImageFromFile" in origin:
        return ImageError(f"{path}: MMPretrain cannot load the picture ({error or type(error).__name__})")
    return SideError(f"{source}: {origin} failed on {path.name} ({type(error).__name__}: {error})")


def _preprocess(preprocessor: Any, packed: Mapping[str, Any], before: Stage) -> list[tuple[Stage, Tensor]]:
    """Return the stages inside the ``data_preprocessor``, each made by the module itself with its later parts switched off."""
    full = preprocessor
    divisor = int(getattr(full, "pad_size_divisor", 1))
    normalizes = bool(getattr(full, "_enable_normalize", False))
    to_rgb = bool(getattr(full, "to_rgb", False)) and before.channels in ("RGB", "BGR", "unknown")
    name = f"data_preprocessor {type(full).__name__}"
    channels = flipped(before.channels) if to_rgb else before.channels
    stage = replace(before, dtype="float32", channels=channels)
    tapped = []
    if to_rgb or not normalizes:
        step = "colour" if to_rgb else "cast"
        stage = replace(stage, name=step, step=step, origin=f"{name} to_rgb={to_rgb}")
        tapped.append((stage, _forward(full, packed, normalize=False, divisor=1)))
    if normalizes:
        bounds = normalized_range(stage.value_range, full.mean.cpu(), full.std.cpu())
        origin = f"{name} mean={_plain(full.mean)} std={_plain(full.std)}"
        stage = replace(stage, name="normalize", step="normalize", origin=origin, value_range=bounds)
        tapped.append((stage, _forward(full, packed, normalize=True, divisor=1)))
    if divisor > 1:
        origin = f"{name} pad_size_divisor={divisor} pad_value={full.pad_value}"
        stage = replace(stage, name="pad", step="pad", origin=origin)
        tapped.append((stage, _forward(full, packed, normalize=normalizes, divisor=divisor)))
    return tapped


def _plain(constants: Any) -> list[float]:
    # float32 buffers, shown with the digits that a person wrote into the config.
    return [round(float(value), 6) for value in constants.flatten()]


def _tensor_of(batch: Mapping[str, Any]) -> Any:
    """Return the first picture of a preprocessed batch; multi-modal preprocessors call the pictures ``images``."""
    return (batch["inputs"] if "inputs" in batch else batch["images"])[0]


def _forward(preprocessor: Any, packed: Mapping[str, Any], *, normalize: bool, divisor: int) -> Tensor:
    part = copy.copy(preprocessor)
    part._enable_normalize, part.pad_size_divisor = normalize, divisor  # noqa: SLF001 - MMPretrain has no public switch
    return np.array(_tensor_of(part({"inputs": packed["inputs"]}, False)).cpu())


def _preprocessor_of(model: Any) -> Any:
    if model.training:
        raise InputError("the model is in training mode, where it drops and augments; call model.eval() first")
    return model.data_preprocessor


def _predict(model: Any, run: _Run, source: str) -> Tensor:
    """Return the softmax probabilities of one picture, shape (classes,), float32, as ``model.test_step`` makes them."""
    import torch

    with torch.no_grad():
        samples = model(**run.batch, mode="predict")
    scores = getattr(samples[0], "pred_score", None)
    if scores is None:
        raise SideError(f"{source}: the model's answer has no pred_score; give a classifier")
    return np.array(scores.cpu(), dtype=np.float32)


def _facts() -> dict[str, Any]:
    from importlib.metadata import version

    names = {"mmpretrain": "mmpretrain", "mmcv": "mmcv-lite", "pillow": "pillow", "torch": "torch", "numpy": "numpy"}
    found = {name: version(package) for name, package in names.items()}
    return {"versions": {**found, "opencv": library("cv2").__version__}}
