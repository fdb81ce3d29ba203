"""The measures of the house: how long a module and a function may be, and how deep a function may go."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "helpers" / "pixelparity"
MODULE_LINES, BODY_LINES, DEPTH = 300, 40, 3
#: What goes beyond a measure still, and why. An entry that is needed no longer fails; none is ever put in.
LONG_MODULES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}
DEEP_FUNCTIONS: dict[str, str] = {}

Function = ast.FunctionDef | ast.AsyncFunctionDef
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)
OWN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def body_lines(function: Function) -> int:
    """Return how many lines a function's body has, its docstring left out."""
    first = function.body[0]
    described = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    start = first.end_lineno + 1 if described else first.lineno  # type: ignore[operator]
    return max(0, (function.end_lineno or 0) - start + 1)


def depth(node: ast.AST) -> int:
    """Return how deep blocks stand in one another; ``elif`` is no deeper than its ``if``, an inner function starts anew."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, OWN):
            chained = isinstance(child, ast.If) and isinstance(node, ast.If) and node.orelse == [child]
            deepest = max(deepest, depth(child) + (isinstance(child, BLOCKS) and not chained))
    return deepest


def modules(root: Path) -> Iterator[tuple[str, str]]:
    """Yield each module's path below the root and its text."""
    for file in sorted(root.rglob("*.py")):
        yield file.relative_to(root).as_posix(), file.read_text(encoding="utf-8")


def functions(root: Path) -> Iterator[tuple[str, Function]]:
    """Yield every function, inner ones and methods too, under ``module:name``."""
    for name, text in modules(root):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, Function):
                yield f"{name}:{node.name}", node


def test_modules_are_short() -> None:
    """No module is over 300 lines, and the list of those that are is exact."""
    assert {name for name, text in modules(ROOT) if len(text.splitlines()) > MODULE_LINES} == set(LONG_MODULES)


def test_functions_are_short() -> None:
    """No function's body is over 40 lines, and the list of those that are is exact."""
    assert {name for name, function in functions(ROOT) if body_lines(function) > BODY_LINES} == set(LONG_FUNCTIONS)


def test_functions_are_flat() -> None:
    """No function's blocks stand more than 3 deep, and the list of those that do is exact."""
    assert {name for name, function in functions(ROOT) if depth(function) > DEPTH} == set(DEEP_FUNCTIONS)


@pytest.mark.parametrize(
    ("text", "lines", "deep"),
    [
        ("def f():\n    '''Say.'''\n    return 1\n", 1, 0),
        ("def f():\n    '''Say.\n\n    More.\n    '''\n    if a:\n        pass\n    elif b:\n        pass\n", 4, 1),
        ("def f():\n    for a in b:\n        with c:\n            while d:\n                pass\n", 4, 3),
        ("def f():\n    if a:\n        def g():\n            if b:\n                pass\n        return g\n", 5, 1),
    ],
)
def test_measures(text: str, lines: int, deep: int) -> None:
    """Lines are counted without the docstring, blocks without ``elif`` and without what inner functions do."""
    (function,) = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef)
    assert (body_lines(function), depth(function)) == (lines, deep)
