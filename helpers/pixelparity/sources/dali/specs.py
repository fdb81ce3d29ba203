"""``FILE.py:NAME(arguments)#OUTPUT``: what of a Python file builds a pipeline, taken apart as text, without running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pixelparity import files
from pixelparity.errors import InputError

_NAME = r"[^\W\d]\w*"
_SPEC = re.compile(
    rf"(?P<file>.*?\.py):(?P<name>{_NAME}(?:\.{_NAME})*)(?P<call>\(.*\))?(?:#(?P<output>[^#]*))?", re.DOTALL
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What of a Python file is meant.

    ``name`` may be dotted, for a method of a class. ``call`` are the arguments as written, with their brackets, or empty;
    ``positional`` and ``named`` are their values.
    """

    file: Path
    name: str
    call: str = ""
    positional: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.file}:{self.name}{self.call}"


def is_function_spec(text: str) -> bool:
    """Tell whether a text reads ``FILE.py:NAME``, with or without arguments and ``#OUTPUT``."""
    return _SPEC.fullmatch(text) is not None


def split_output(pipeline: Any, output: int | str | None) -> tuple[Any, int | str | None]:
    """Return a pipeline and which of its outputs is meant: ``FILE.py:FUNCTION#1``, ``model.dali#NAME``, or as it is given.

    A file whose own name has that sign in it is taken as it is.
    """
    text = str(pipeline) if isinstance(pipeline, str | Path) else ""
    match = _SPEC.fullmatch(text)
    base, sign, which = text.rpartition("#")
    if match is not None:
        which = match["output"]
        base, sign = text.removesuffix(f"#{which}"), "" if which is None else "#"
    if not sign or output is not None or Path(text).exists():
        return pipeline, output
    return base, int(which) if which.isdecimal() else which


def parse(text: str) -> Spec:
    """Return what a text names; raise ``InputError`` for arguments that are no literals: nothing of them is run."""
    match = _SPEC.fullmatch(text)
    if match is None:
        raise InputError(
            f"{text!r} names nothing in a Python file; write FILE.py:FUNCTION, or FILE.py:FUNCTION(size=224)"
        )
    call = match["call"] or ""
    positional, named = _literals(call) if call else ((), {})
    return Spec(file=Path(match["file"]), name=match["name"], call=call, positional=positional, named=named)


def _literals(call: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    try:
        tree = ast.parse(f"_{call}", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(
            f"{call} are no arguments as Python writes them; write (size=224, device='cpu') say"
        ) from error
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name):
        raise InputError(f"{call} are no arguments as Python writes them; write (size=224, device='cpu') say")
    named: dict[str, Any] = {}
    for keyword in tree.keywords:
        if keyword.arg is None or keyword.arg in named:
            raise InputError(f"{call} has an argument without a name of its own; write each as NAME=VALUE")
        named[keyword.arg] = _literal(keyword.value, keyword.arg)
    return tuple(_literal(one, f"argument {number}") for number, one in enumerate(tree.args, 1)), named


def _literal(node: ast.expr, what: str) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise InputError(
            f"{what} is {ast.unparse(node)}, which would have to be run; only literals are taken: numbers, texts in quotes, "
            "True, False, None, and lists, tuples and dictionaries of them"
        ) from error


def candidates(path: Path) -> list[str]:
    """Return the names in a Python file that look as if they built a pipeline, found in its text: nothing is run.

    These are functions with ``@pipeline_def``, methods with it as ``CLASS.METHOD``, functions that make a pipeline or define
    such a function, classes of pipelines, and pipelines. Empty for a file that is no Python.
    """
    try:
        tree = ast.parse(files.read(path, "Python source"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found = []
    for node in tree.body:
        if isinstance(node, _FUNCTIONS) and any(map(_makes_one, ast.walk(node))):
            found.append(node.name)
        elif isinstance(node, ast.ClassDef):
            found += _of_class(node)
        elif isinstance(node, ast.Assign) and _makes_one(node.value):
            found += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return found


def definition(text: str, name: str) -> ast.FunctionDef | None:
    """Return the function of a module's text that has a name; raise ``InputError`` where the text is no Python.

    One with a decorator defines a pipeline by its own body, one without returns what is defined elsewhere.
    """
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(f"the pipeline's source is not Python ({error}); give the file that defines it") from error
    return next((node for node in reversed(body) if isinstance(node, ast.FunctionDef) and node.name == name), None)


def _makes_one(node: ast.AST) -> bool:
    """Tell whether a node is a function with ``@pipeline_def``, or a call of DALI's class of pipelines."""
    called = isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Pipeline"
    return called or _is_pipeline(node)


def _of_class(node: ast.ClassDef) -> Iterator[str]:
    if any(isinstance(part, _FUNCTIONS) and part.name == "define_graph" for part in node.body):
        yield node.name
    yield from (f"{node.name}.{part.name}" for part in node.body if _is_pipeline(part) and isinstance(part, _FUNCTIONS))


def _is_pipeline(node: ast.AST) -> bool:
    return isinstance(node, _FUNCTIONS) and any(
        "pipeline_def" in ast.unparse(decorator) for decorator in node.decorator_list
    )
