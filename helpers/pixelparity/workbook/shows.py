"""Tables and sources that the notebooks show."""

from __future__ import annotations

import difflib
import html
import inspect
from collections.abc import Callable
from typing import Any

from pixelparity import extras
from pixelparity.errors import InputError
from pixelparity.workbook.records import versions

#: What the workbook needs a package for, and the extra that brings it.
NEEDED_FOR = {
    "mmpretrain": ("the reference model and its preprocessing", "mmpretrain"),
    "nvidia-dali-cuda120": ("the served preprocessing", "dali"),
    "nvidia-pytriton": ("the Triton server that runs without Docker", "workbook"),
    "tritonclient": ("gRPC requests", "triton"),
    "onnxruntime": ("the engine where there is no GPU", "onnx"),
    "polygraphy": ("building and running engines", "onnx"),
    "tensorrt": ("the engine where there is a GPU; optional", "gpu"),
    "ipywidgets": ("the explorer", "workbook"),
}


def installed() -> Any:
    """Return a table of the packages that the workbook needs: the version, or the line that installs it."""
    from pixelparity import views

    found = versions()
    rows = []
    for name, (purpose, extra) in NEEDED_FOR.items():
        state = found[name] if found[name] != "missing" else f"missing: {extras.install(extra)}"
        rows.append((name, state, purpose))
    marked = frozenset(i for i, (name, state, _) in enumerate(rows) if "missing" in state and name != "tensorrt")
    caption = f"Python {found['python']}; {'a GPU is there' if _has_gpu() else 'no GPU: everything runs on the CPU'}"
    return views.Table(columns=("package", "version", "needed for"), rows=tuple(rows), caption=caption, marked=marked)


def show_source(pipeline: Callable[..., Any]) -> Listing:
    """Return the source of a pipeline function for a notebook."""
    return Listing(_source(pipeline))


def show_difference(before: Callable[..., Any], after: Callable[..., Any]) -> Listing:
    """Return the difference of two pipeline functions' bodies for a notebook: added lines green, removed lines red."""
    return Listing(source_difference(before, after))


def source_difference(before: Callable[..., Any], after: Callable[..., Any]) -> str:
    """Return the difference of two pipeline functions' bodies as a unified diff."""
    lines = difflib.unified_diff(_body(before), _body(after), before.__name__, after.__name__, lineterm="", n=1)
    return "\n".join(lines)


class Listing:
    """Source text or a unified diff that shows itself in a fixed-width face, readable on light and dark."""

    def __init__(self, text: str) -> None:
        self.text = text.rstrip("\n")

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        lines = "".join(_marked(line) for line in self.text.splitlines())
        # A notebook breaks what is too long inside words; here it goes on further in, at a space.
        wrap = "white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere"
        return f'<pre style="font-family:monospace;line-height:1.5;padding:.4em .8em;{wrap}">{lines}</pre>'


def ensemble_steps(model: str) -> list[Any]:
    """Return the steps of an ensemble of the model repository, in order, for ``views.flow_diagram``."""
    from pixelparity import model_config, views
    from pixelparity.deploy import repository

    path = repository.FOLDER / model / "config.pbtxt"
    if not path.is_file():
        raise InputError(f"{path} does not exist; name a model of {repository.FOLDER.name}/")
    config = model_config.read(path)
    kinds = {repository.ENGINE_MODEL: "engine"}
    return [
        views.FlowStep(
            name=step.model_name, kind=kinds.get(step.model_name, "DALI pipeline"), output=next(iter(step.output_map))
        )
        for step in config.ensemble_scheduling.step
    ]


def _source(pipeline: Callable[..., Any]) -> str:
    return inspect.getsource(inspect.unwrap(pipeline))


def _marked(line: str) -> str:
    # Half-transparent grounds keep the theme's own text colour readable on both light and dark.
    ground = (
        {"+": "rgba(0,158,115,.22)", "-": "rgba(213,94,0,.22)"}.get(line[:1])
        if line[:3] not in ("+++", "---")
        else None
    )
    style = "display:block;min-height:1.5em;padding-left:8ch;text-indent:-8ch" + (
        f";background:{ground}" if ground else ""
    )
    return f'<span style="{style}">{html.escape(line)}</span>'


def _body(pipeline: Callable[..., Any]) -> list[str]:
    """Return the lines of a function after its docstring."""
    lines = _source(pipeline).splitlines()
    ends = [number for number, line in enumerate(lines) if line.rstrip().endswith('"""')]
    return lines[ends[0] + 1 :] if ends else lines


def _has_gpu() -> bool:
    import shutil

    return shutil.which("nvidia-smi") is not None
