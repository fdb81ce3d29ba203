"""What a run has found: ``result.json`` for people and machines, and objects that one notebook keeps for a later one."""

from __future__ import annotations

import datetime
import json
import os
import pickle
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from pixelparity import files
from pixelparity.deploy import places
from pixelparity.errors import InputError

RUN_VARIABLE = "SKEW_RUN"
KEPT = ".kept"
PACKAGES = (
    "mmpretrain", "mmengine", "mmcv-lite", "torch", "nvidia-dali-cuda120", "nvidia-pytriton", "tritonclient", "onnx",
    "onnxruntime", "polygraphy", "tensorrt", "numpy", "opencv-python-headless", "pillow", "matplotlib", "ipywidgets",
    "jupyterlab",
)  # fmt: skip


def run_folder() -> Path:
    """Return the folder that this run writes to: the one the command line made, or ``reports/interactive``."""
    folder = Path(os.environ.get(RUN_VARIABLE) or places.ROOT / "reports" / "interactive")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def record(section: str, values: Any) -> None:
    """Put what a notebook measured into the run's ``result.json``, under ``section``; the file is replaced whole.

    ``times`` in it says when each section was first recorded, in UTC: the timeline of the run.
    """
    folder = run_folder()
    result = read_result(folder)
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    result |= {section: _plain(values), "times": {section: now, **result.get("times", {})}}
    files.write_whole(folder / "result.json", (json.dumps(result, indent=1) + "\n").encode())


def read_result(folder: Path | None = None) -> dict[str, Any]:
    """Return what has been recorded in a run's folder so far."""
    path = (folder or run_folder()) / "result.json"
    if not path.exists():
        return {}
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return result


def keep(name: str, value: Any) -> None:
    """Keep an object of a notebook for a later one of the same run."""
    folder = run_folder() / KEPT
    folder.mkdir(exist_ok=True)
    files.write_whole(folder / f"{name}.pickle", pickle.dumps(value))


def kept(name: str, folder: Path | None = None) -> Any:
    """Return an object that an earlier notebook of the run kept; raise ``InputError`` if there is none."""
    path = (folder or run_folder()) / KEPT / f"{name}.pickle"
    if not path.exists():
        raise InputError(f"no notebook of this run has kept {name!r} yet; run the notebooks in order")
    return pickle.loads(path.read_bytes())  # noqa: S301 - written by this run, into its own folder


def kept_or_none(name: str) -> Any:
    """Return an object that this run has kept, ``None`` if there is none."""
    return kept(name) if (run_folder() / KEPT / f"{name}.pickle").exists() else None


def forget(name: str) -> None:
    """Forget an object that this run has kept."""
    (run_folder() / KEPT / f"{name}.pickle").unlink(missing_ok=True)


def versions() -> dict[str, str]:
    """Return the version of Python and of every package that has a part in the result; ``missing`` where there is none."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "missing"
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return value.item()
    return str(value) if isinstance(value, Path) else value
