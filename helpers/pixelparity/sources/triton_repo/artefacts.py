"""What lies in the folder of a step, and by which source of the table it is read."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.recipes.scripts import Script, dotted, read_script
from pixelparity.sources.protocol import WAY_ON
from pixelparity.sources.served.graph import Node
from pixelparity.sources.triton_repo.repository import Repository
from pixelparity.sources.triton_repo.targets import Target

#: Backends whose file a source reads: the beginning of a backend's name, the file, and the source.
READERS = (("dali", "model.dali", "dali"), ("onnxruntime", "model.onnx", "onnx"), ("openvino", "model.xml", "openvino"))
#: What a model.py of our own runs: the class that it takes over whole, and the backend that this is.
OWN = {"DaliModel": "dali", "EngineModel": "onnxruntime"}
_OWN_MODULE = "pixelparity.deploy.served"
_AUTOSERIALIZE = "autoserialize"


@dataclass(frozen=True, kw_only=True)
class Artefact:
    """The file that tells what a step does: ``kind`` is the source that reads it, ``spec`` what that source is given."""

    kind: str
    file: Path
    spec: str


def backend(repository: Repository, node: Node) -> str:
    """Return the backend of a model; that of what it runs for a ``model.py`` that only takes over a class of ours."""
    if node.backend != "python":
        return node.backend
    try:
        file = repository.file(node.model, node.version, "model.py")
        taken = "" if file is None else _taken_over(read_script(file, "a model.py"))
    except InputError:  # it is no Python that can be read, so it is none of ours
        return node.backend
    return OWN.get(taken, node.backend)


def find(repository: Repository, node: Node, target: Target) -> Artefact:
    """Return the file that tells what a step does.

    Raises ``UnsupportedStep`` that names the step for one that is code, or that nothing reads; ``InputError`` where its file
    is missing.
    """
    runs = backend(repository, node)
    if runs == "python":
        raise UnsupportedStep(
            f"step {node.model!r} is Python code (model.py), which is named and not run: give its preprocessing as "
            "python:FILE.py:FUNCTION, or what it puts out as tensors:FILE.npz"
        )
    reader = next((row for row in READERS if runs.startswith(row[0])), None)
    if reader is None:
        named = f"the backend {runs!r}" if runs else "a backend that its config does not name"
        raise UnsupportedStep(f"step {node.model!r} runs in {named}, which no source reads; {WAY_ON}")
    _, name, kind = reader
    # A model.py of ours opens the file by its own name; the config's name is that of the model.py.
    own = repository.config(node.model).get("backend") == "python"
    file = repository.beside(node.model, node.version, name) if own else repository.file(node.model, node.version, name)
    if file is None and kind == "dali" and not own:
        return _serialized_on_load(repository, node, target)
    if file is None:
        raise InputError(f"step {node.model!r} has no {name} in its folder; put it there, as Triton needs it too")
    return Artefact(kind=kind, file=file, spec=str(file))


def _serialized_on_load(repository: Repository, node: Node, target: Target) -> Artefact:
    """Return the ``dali.py`` that DALI's backend serializes where a ``model.dali`` lacks; it is code, and has to be allowed."""
    file = repository.beside(node.model, node.version, "dali.py")
    if file is None:
        raise InputError(
            f"step {node.model!r} has neither a model.dali nor a dali.py in its folder; put there what Triton loads, or read the "
            "script that makes it: dali:FILE.py:FUNCTION"
        )
    marked = _marked(read_script(file, "a dali.py"))
    if len(marked) != 1:
        raise InputError(f"{file} has {len(marked)} functions with @autoserialize, and DALI's backend takes one")
    if not target.runs:
        raise UnsupportedStep(
            f"step {node.model!r} is a dali.py, which is code and not run: write {target.side(target.model, runs=True)} to have "
            "it imported as Python, with your rights"
        )
    return Artefact(kind="dali", file=file, spec=f"{file}:{marked[0]}")


def _marked(script: Script) -> list[str]:
    """Return the functions of a module that are decorated with DALI's ``autoserialize``."""
    functions = [node for node in script.tree.body if isinstance(node, ast.FunctionDef)]
    named = [(function.name, dotted(mark)) for function in functions for mark in function.decorator_list]
    return [name for name, mark in named if mark.rpartition(".")[2] == _AUTOSERIALIZE]


def _taken_over(script: Script) -> str:
    """Return the class of ours that a ``model.py`` takes over and adds nothing to; empty for any other."""
    body = [
        node for node in script.tree.body if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant)
    ]
    if len(body) != 1 or not isinstance(body[0], ast.ImportFrom) or body[0].module != _OWN_MODULE:
        return ""
    (name, *others) = body[0].names
    return name.name if not others and name.asname == "TritonPythonModel" else ""
