"""Triton model repositories on disk, for tests: models, ensembles of them, and what lies in their folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pixelparity.recipes import Recipe
from pixelparity.sources.dali.functions import serialize

PIPELINES = Path(__file__).parent / "dali_pipelines.py"
FOLDERS = """
from nvidia.dali import fn, pipeline_def, types
from nvidia.dali.plugin.triton import autoserialize

open("ran", "w").close()

@pipeline_def
def beside():
    return fn.external_source(name="I")

@autoserialize
@pipeline_def(batch_size=4, num_threads=1, device_id=0)
def pipe():
    images = fn.decoders.image(fn.external_source(name="I"), device="mixed", output_type=types.RGB)
    return fn.crop_mirror_normalize(fn.resize(images, size=(24, 16)), dtype=types.FLOAT, output_layout="CHW", std=[255.0])
"""


def tensor(name: str, kind: str, *dims: int, more: str = "") -> str:
    """Return what a config declares of a tensor."""
    return f'{{ name: "{name}" data_type: TYPE_{kind} dims: {list(dims)} {more} }}'


def model(root: Path, name: str, backend: str, given: str, made: str, *, batch: int = 8, more: str = "") -> Path:
    """Write a model and return the folder of its version."""
    home = root / name / "1"
    home.mkdir(parents=True)
    text = f'backend: "{backend}" max_batch_size: {batch} input [{given}] output [{made}] {more}'
    (root / name / "config.pbtxt").write_text(text)
    return home


def step(name: str, given: dict[str, str], made: dict[str, str], version: int = -1) -> str:
    """Return one step of an ensemble."""
    maps = [f'{kind}_map {{ key: "{key}" value: "{value}" }}'
            for kind, pairs in (("input", given), ("output", made)) for key, value in pairs.items()]  # fmt: skip
    return f'{{ model_name: "{name}" model_version: {version} {" ".join(maps)} }}'


def ensemble(root: Path, *steps: str, name: str = "whole") -> str:
    """Write an ensemble of a picture and an answer, and return it as a target."""
    (root / name).mkdir(parents=True, exist_ok=True)
    scheduling = f"ensemble_scheduling {{ step [{', '.join(steps)}] }}"
    text = f'platform: "ensemble" max_batch_size: 8 input [{IMAGE}] output [{ANSWER}] {scheduling}'
    (root / name / "config.pbtxt").write_text(text)
    return str(root / name)


IMAGE, ANSWER = tensor("IMAGE", "UINT8", -1, -1, 3), tensor("ANSWER", "FP32", 2)
PIXELS = tensor("PIXELS", "FP32", 3, 48, 32)
PREPARED = step("prep", {"INPUT": "IMAGE"}, {"PIXELS": "x"})
ANSWERED = step("net", {"data": "x"}, {"out": "ANSWER"})


def net(
    root: Path, kind: str = "FP32", *dims: int, backend: str = "tensorrt_plan", more: str = "", batch: int = 8
) -> Path:
    """Write the network that takes a picture."""
    given = tensor("data", kind, *(dims or (3, 48, 32)), more=more)
    return model(root, "net", backend, given, tensor("out", "FP32", 2), batch=batch)


def prep(root: Path, made: str = PIXELS, function: str = "shipped", **options: Any) -> Path:
    """Write the DALI model that prepares it."""
    home = model(root, "prep", "dali", tensor("INPUT", "UINT8", -1, -1, 3), made, **options)
    (home / "model.dali").write_bytes(serialize(f"{PIPELINES}:{function}")[0])
    return home


def whole(root: Path) -> str:
    """Write the ensemble of both and return it as a target."""
    return ensemble(root, PREPARED, ANSWERED)


def kinds(recipe: Recipe) -> list[str]:
    """Return the kinds of a recipe's steps."""
    return [step.kind for step in recipe.steps]


def autoserialized(root: Path) -> tuple[str, Path]:
    """Write an ensemble whose pipeline is a ``dali.py``, and return it as a target, with the file that shows that it ran."""
    home = model(root, "prep", "dali", tensor("I", "UINT8", -1), tensor("PIXELS", "FP32", 3, 24, 16))
    (home / "dali.py").write_text(FOLDERS.replace('"ran"', repr(str(root / "ran"))))
    net(root, "FP32", 3, 24, 16)
    return ensemble(root, step("prep", {"I": "IMAGE"}, {"PIXELS": "x"}), ANSWERED), root / "ran"
