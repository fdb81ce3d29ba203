"""Put the built artefacts into Triton's model repository: the serialized pipelines and the engine. The configs lie in git."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from pixelparity import files
from pixelparity.deploy import pipelines
from pixelparity.deploy.places import ROOT
from pixelparity.errors import InputError

FOLDER = ROOT / "model_repository"
ENGINE_MODEL = "hrnet_w30"
VARIANTS = ("shipped", "fixed", "parity")


def build_pipelines(names: Iterable[str] = tuple(pipelines.PIPELINES), *, folder: Path = FOLDER) -> dict[str, Path]:
    """Serialize the named pipelines into the repository and return each ``model.dali`` by the pipeline's name."""
    return {name: pipelines.serialize(name, version_folder(name, folder)) for name in names}


def place_engine(engine: Path, *, folder: Path = FOLDER) -> Path:
    """Put an engine file (``.onnx`` or ``.plan``) where the served model looks for it, and take away any other."""
    if not engine.is_file():
        raise InputError(f"the engine file {engine} is missing; build it with notebook 02_build_engine")
    home = version_folder(ENGINE_MODEL, folder)
    target = home / f"model{engine.suffix}"
    if not target.is_file() or target.stat().st_nlink > 1 or not filecmp.cmp(engine, target, shallow=False):
        _copy(engine, target)
    for other in {"model.onnx", "model.plan"} - {target.name}:
        (home / other).unlink(missing_ok=True)
    return target


def _copy(engine: Path, target: Path) -> None:
    """Copy an engine whole or not at all: a link would let damage of the one file be damage of the other."""
    with files.written(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.parent / f".{target.name}.{os.getpid()}.part"
        try:
            shutil.copyfile(engine, part)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)


def version_folder(model: str, folder: Path = FOLDER) -> Path:
    """Return the folder of the model's only version; raise ``InputError`` if the repository does not have the model."""
    home = folder / model
    if not (home / "config.pbtxt").is_file():
        raise InputError(f"{home} has no config.pbtxt; use a model of {folder}")
    return home / "1"
