"""Python source as text: parsed, never run; constants are worked out from literals, names of literals and arithmetic."""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pixelparity import files
from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import MOST_NUMBER
from pixelparity.sources.protocol import WAY_ON

_SOURCE_BYTES = 2 * files.MIB
_SHOWN = 60  # characters of an expression
_DEPTH = 20  # of names that stand for names, and of arithmetic
_ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip
_SIGNS: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}
_LISTS = ("array", "asarray", "tuple", "list", "Scalar", "Size", "float", "int", "float32", "float64")
Function = ast.FunctionDef | ast.AsyncFunctionDef
#: An expression by the name that stands for it; ``None`` for a name that is given more than one.
Names = Mapping[str, ast.expr | None]


def read(path: str) -> ast.Module:
    """Parse a Python file; raise ``InputError`` for one that is no Python."""
    return parse(files.read_text(Path(path), "Python source", most=_SOURCE_BYTES), path)


def parse(text: str, where: str) -> ast.Module:
    """Parse Python; raise ``InputError`` that names where it stood."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(f"{where} is no Python ({' '.join(str(error).split())}); check it") from error


def shown(node: ast.AST) -> str:
    """Return an expression as one short line."""
    try:
        text = " ".join(ast.unparse(node).split())
    except (RecursionError, ValueError):
        return "an expression"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def functions(tree: ast.AST) -> Iterator[Function]:
    """Return every function of a module, also those within others and within classes."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def called(call: ast.Call) -> str:
    """Return the last part of what is called: ``blobFromImage`` of ``cv2.dnn.blobFromImage(...)``."""
    function = call.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def own(scope: ast.AST) -> Iterator[ast.AST]:
    """Return the nodes of a function or module in order of the text, without those of the functions and classes within."""
    waiting = [iter(list(ast.iter_child_nodes(scope)))]
    while waiting:
        child = next(waiting[-1], None)
        if child is None:
            waiting.pop()
            continue
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting.append(iter(list(ast.iter_child_nodes(child))))


def shared_inside(scope: ast.AST, name: str) -> ast.AST | None:
    """Return a function within a scope that takes a name from it, if there is one; ``None`` where it has one of its own."""
    for inner in ast.walk(scope):
        if inner is scope or not isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        mentions = [node for node in ast.walk(inner) if isinstance(node, ast.Name) and node.id == name]
        handed = any(isinstance(node, ast.Global | ast.Nonlocal) and name in node.names for node in ast.walk(inner))
        own_name = any(isinstance(node.ctx, ast.Store) for node in mentions) or any(
            isinstance(node, ast.arg) and node.arg == name for node in ast.walk(inner)
        )
        if handed or (mentions and not own_name):
            return inner
    return None


def names_of(scope: ast.AST) -> dict[str, ast.expr | None]:
    """Return what each name of a scope stands for; ``None`` for one that gets another value, is a parameter or is changed."""
    found: dict[str, ast.expr | None] = {}
    if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        arguments = scope.args
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
        found = dict.fromkeys(argument.arg for argument in every if argument is not None)
    for node in own(scope):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            found[name] = None if name in found else node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            found[node.target.id] = None if node.target.id in found else node.value
    for node in own(scope):
        simple = isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
        if not simple and not isinstance(node, ast.AnnAssign):
            found.update(dict.fromkeys(_changed(node)))
    return found


def _changed(node: ast.AST) -> Iterator[str]:
    """Return the names that a node changes otherwise than by giving a name one value."""
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AugAssign | ast.For | ast.AsyncFor | ast.NamedExpr):
        targets = [node.target]
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        targets = [node.optional_vars]
    elif isinstance(node, ast.Global | ast.Nonlocal):
        yield from node.names
    for target in targets:
        yield from (part.id for part in ast.walk(target) if isinstance(part, ast.Name))


def constant(node: ast.expr, names: Names, what: str, known: Mapping[str, Any] | None = None) -> Any:
    """Return what an expression of constants is; ``known`` are constants of a library by their last name.

    Raises ``UnsupportedStep`` that says ``what`` it was to be, for one that only running the file would tell.
    """
    try:
        return _value(node, names, known or {}, _DEPTH)
    except (_NoConstantError, ZeroDivisionError, TypeError, OverflowError, ValueError, RecursionError) as error:
        raise UnsupportedStep(f"its {what} is {shown(node)}, which is no constant of the text; {WAY_ON}") from error


class _NoConstantError(Exception):
    """An expression has to be run."""


def _value(node: ast.expr, names: Names, known: Mapping[str, Any], depth: int) -> Any:
    if not depth:
        raise _NoConstantError
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Tuple | ast.List):
        return tuple(_value(item, names, known, depth - 1) for item in node.elts)
    if isinstance(node, ast.UnaryOp) and type(node.op) in _SIGNS:
        return _SIGNS[type(node.op)](_number(_value(node.operand, names, known, depth - 1)))
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        left, right = (_number(_value(side, names, known, depth - 1)) for side in (node.left, node.right))
        return _ARITHMETIC[type(node.op)](left, right)
    if isinstance(node, ast.Call) and called(node) in _LISTS and len(node.args) == 1:
        return _value(node.args[0], names, known, depth - 1)
    return _looked_up(node, names, known, depth)


def _looked_up(node: ast.expr, names: Names, known: Mapping[str, Any], depth: int) -> Any:
    last = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    if last in known:
        return known[last]
    found = names.get(last) if isinstance(node, ast.Name) else None
    if found is None:
        raise _NoConstantError
    return _value(found, names, known, depth - 1)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > MOST_NUMBER:
        raise _NoConstantError
    return value
