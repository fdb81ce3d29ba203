"""Tables and sources that the notebooks show."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable
from typing import Any

from helpers.errors import InputError
from helpers.workbook.records import versions

NEEDED_FOR = {
    "mmpretrain": "the reference model and its preprocessing",
    "nvidia-dali-cuda120": "the served preprocessing",
    "nvidia-pytriton": "the Triton server that runs without Docker",
    "tritonclient": "gRPC requests",
    "onnxruntime": "the engine where there is no GPU",
    "polygraphy": "building and running engines",
    "tensorrt": "the engine where there is a GPU; optional",
    "ipywidgets": "the explorer",
}


def installed() -> Any:
    """Return a table of the packages that the workbook needs: the version, or the line that installs it."""
    from helpers import views

    found = versions()
    rows = []
    for name, purpose in NEEDED_FOR.items():
        package = f"{name}[grpc]" if name == "tritonclient" else name
        state = found[name] if found[name] != "missing" else f"missing: pip install '{package}'"
        rows.append((name, state, purpose))
    marked = frozenset(i for i, (name, state, _) in enumerate(rows) if "missing" in state and name != "tensorrt")
    caption = f"Python {found['python']}; {'a GPU is there' if _has_gpu() else 'no GPU: everything runs on the CPU'}"
    return views.Table(columns=("package", "version", "needed for"), rows=tuple(rows), caption=caption, marked=marked)


def show_source(pipeline: Callable[..., Any]) -> Any:
    """Return the source of a pipeline function, coloured."""
    from IPython.display import Code

    return Code(_source(pipeline), language="python")


def show_difference(before: Callable[..., Any], after: Callable[..., Any]) -> Any:
    """Return the difference of two pipeline functions' bodies as a unified diff, coloured."""
    from IPython.display import Code

    old, new = _body(before), _body(after)
    lines = difflib.unified_diff(old, new, before.__name__, after.__name__, lineterm="", n=1)
    return Code("\n".join(lines), language="diff")


def ensemble_steps(model: str) -> list[Any]:
    """Return the steps of an ensemble of the model repository, in order, for ``views.flow_diagram``."""
    from google.protobuf import text_format
    from tritonclient.grpc.model_config_pb2 import ModelConfig

    from helpers import views
    from helpers.deploy import repository

    path = repository.FOLDER / model / "config.pbtxt"
    if not path.is_file():
        raise InputError(f"{path} does not exist; name a model of {repository.FOLDER.name}/")
    config = text_format.Parse(path.read_text(encoding="utf-8"), ModelConfig())
    kinds = {repository.ENGINE_MODEL: "engine"}
    return [
        views.FlowStep(
            name=step.model_name, kind=kinds.get(step.model_name, "DALI pipeline"), output=next(iter(step.output_map))
        )
        for step in config.ensemble_scheduling.step
    ]


def _source(pipeline: Callable[..., Any]) -> str:
    return inspect.getsource(inspect.unwrap(pipeline))


def _body(pipeline: Callable[..., Any]) -> list[str]:
    """Return the lines of a function after its docstring."""
    lines = _source(pipeline).splitlines()
    ends = [number for number, line in enumerate(lines) if line.rstrip().endswith('"""')]
    return lines[ends[0] + 1 :] if ends else lines


def _has_gpu() -> bool:
    import shutil

    return shutil.which("nvidia-smi") is not None
