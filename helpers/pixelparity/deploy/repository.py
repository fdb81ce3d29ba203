"""Put the built artefacts into Triton's model repository: the serialized pipelines and the engine. The configs lie in git."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

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
    target, scratch = home / f"model{engine.suffix}", home / f".model{engine.suffix}.part"
    try:
        os.link(engine, scratch)
    except OSError:  # another file system, or one without hard links
        shutil.copyfile(engine, scratch)
    scratch.replace(target)
    scratch.unlink(missing_ok=True)  # replacing a hard link by itself leaves both names
    for other in {"model.onnx", "model.plan"} - {target.name}:
        (home / other).unlink(missing_ok=True)
    return target


def version_folder(model: str, folder: Path = FOLDER) -> Path:
    """Return the folder of the model's only version; raise ``InputError`` if the repository does not have the model."""
    home = folder / model
    if not (home / "config.pbtxt").is_file():
        raise InputError(f"{home} has no config.pbtxt; use a model of {folder}")
    return home / "1"
