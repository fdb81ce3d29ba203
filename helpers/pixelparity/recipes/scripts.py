"""Settings that stand in Python source: calls and their arguments, read from the syntax tree, and never run.

A value counts where the source alone tells it: a literal, arithmetic of numbers, a name that is given one value in the whole
file. All else (arguments of functions, what a loop or a condition decides) raises ``UnsupportedStep`` with its line.
"""

from __future__ import annotations

import ast
import itertools
import operator
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixelparity import files
from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import MOST_CHANNELS, shown

_MOST_BYTES = 2 * files.MIB  # far beyond a script that people write
_DEPTH = 32
_MOST_NODES = 10_000
_ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Dotted(str):
    """A name of another module, as it is written: ``cv2.INTER_LINEAR``."""

    @property
    def last(self) -> str:
        """Return what stands behind the last point."""
        return self.rpartition(".")[2]


@dataclass(frozen=True, kw_only=True)
class Script:
    """A parsed Python file: its tree, and what each name is set to where that is said once; ``None`` where it is not."""

    tree: ast.Module
    names: dict[str, ast.expr | None]

    def calls(self, *functions: str) -> tuple[ast.Call, ...]:
        """Return the calls of functions, by the last part of their names, in the order of the file."""
        found = [node for node in ast.walk(self.tree) if isinstance(node, ast.Call) and called(node) in functions]
        return tuple(sorted(found, key=lambda node: (node.lineno, node.col_offset)))

    def value(self, node: ast.expr) -> Any:
        """Return a value as plain data, other modules' names as :class:`Dotted`; raise ``UnsupportedStep`` for any other."""
        return self._value(node, _DEPTH, itertools.count())

    def _value(self, node: ast.expr, depth: int, looked: Iterator[int]) -> Any:
        if not depth or next(looked) > _MOST_NODES:  # names of lists of names grow without end
            raise _untold(node)
        if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool | int | float | str)):
            return node.value
        if isinstance(node, ast.List | ast.Tuple) and not any(isinstance(item, ast.Starred) for item in node.elts):
            return [self._value(item, depth - 1, looked) for item in node.elts]
        if isinstance(node, ast.Dict) and None not in node.keys:
            keys = [self._value(key, depth - 1, looked) for key in node.keys if key is not None]
            if all(isinstance(key, str) for key in keys):
                return dict(zip(keys, (self._value(item, depth - 1, looked) for item in node.values), strict=True))
        if isinstance(node, ast.UnaryOp | ast.BinOp):
            return self._computed(node, depth, looked)
        if isinstance(node, ast.Name):
            told = self.names.get(node.id)
            if told is None and node.id in self.names:
                raise _untold(node)
            return Dotted(node.id) if told is None else self._value(told, depth - 1, looked)
        if (
            isinstance(node, ast.Attribute)
            and (path := dotted(node))
            and self.names.get(path.partition(".")[0], 0) == 0
        ):
            return Dotted(path)
        raise _untold(node)

    def _computed(self, node: ast.UnaryOp | ast.BinOp, depth: int, looked: Iterator[int]) -> Any:
        if isinstance(node, ast.UnaryOp):
            inner = self._value(node.operand, depth - 1, looked)
            if isinstance(node.op, ast.USub) and _is_number(inner):
                return -inner
            raise _untold(node)
        left, right = self._value(node.left, depth - 1, looked), self._value(node.right, depth - 1, looked)
        repeats = isinstance(node.op, ast.Mult) and isinstance(left, list) and type(right) is int
        if repeats and 0 <= right * len(left) <= MOST_CHANNELS:
            return left * right
        compute = _ARITHMETIC.get(type(node.op))
        if compute is None or not _is_number(left) or not _is_number(right):
            raise _untold(node)
        try:
            return compute(left, right)
        except ArithmeticError as error:
            raise _untold(node) from error

    def node(self, node: ast.expr) -> ast.expr:
        """Return what a name is set to as it is written, and anything else as it is."""
        for _ in range(_DEPTH):
            told = self.names.get(node.id, node) if isinstance(node, ast.Name) else node
            if told is None:
                raise _untold(node)
            if told is node:
                break
            node = told
        return node

    def arguments(self, call: ast.Call, parameters: Sequence[str] = ()) -> dict[str, ast.expr]:
        """Return a call's arguments by name; ``parameters`` are the names of those that may be given by their place.

        Raises ``UnsupportedStep`` for more of them, and for ``*`` and ``**``.
        """
        starred = any(isinstance(item, ast.Starred) for item in call.args) or any(k.arg is None for k in call.keywords)
        if starred or len(call.args) > len(parameters):
            what = "has * or **" if starred else f"has {len(call.args)} arguments without names"
            raise UnsupportedStep(
                f"line {call.lineno}: {called(call)} {what}, and which they are is not known; name them"
            )
        given = dict(zip(parameters, call.args, strict=False))
        return given | {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}


def read_script(path: str | Path, what: str) -> Script:
    """Parse a Python file; raise ``InputError`` that names it where it is none."""
    text = files.read_text(path, what, most=_MOST_BYTES)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python thinks of the style of another's file
            tree = ast.parse(text)
        return Script(tree=tree, names=_names(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = " ".join(str(error).split()) or "it is nested too deeply"
        raise InputError(f"{path} is not readable as Python ({reason}); check the file") from error


def dotted(node: ast.expr) -> str:
    """Return a name with its points, or nothing for what is none."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def called(call: ast.Call) -> str:
    """Return the last part of the name of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else dotted(call.func)


def _names(tree: ast.Module) -> dict[str, ast.expr | None]:
    """Return what each name of the file is set to, ``None`` for one that is set twice, changed, or given from outside."""
    found: dict[str, ast.expr | None] = {}
    plain: set[int] = set()
    for name, value, target in _settings(tree):
        found[name] = None if name in found else value
        plain.add(id(target))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and id(node) not in plain:
            found[node.id] = None
        elif isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            found[dotted(node.value).partition(".")[0]] = None
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
        ):
            found.update({node.func.value.id: None} if found.get(node.func.value.id) is not None else {})
        elif isinstance(node, _SCOPES):
            found.update(dict.fromkeys(_parameters(node.args)))
    found.pop("", None)
    return found


def _settings(tree: ast.Module) -> Iterator[tuple[str, ast.expr, ast.Name]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _assigned(target, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield from _assigned(node.target, node.value)


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr, ast.Name]]:
    if isinstance(target, ast.Name):
        yield target.id, value, target
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for name, part in zip(target.elts, value.elts, strict=True):
            if isinstance(name, ast.Name) and not isinstance(part, ast.Starred):
                yield name.id, part, name


def _parameters(arguments: ast.arguments) -> list[str]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return [argument.arg for argument in every if argument is not None]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _untold(node: ast.expr) -> UnsupportedStep:
    return UnsupportedStep(
        f"line {node.lineno}: what {shown(_written(node))} is, is not told by the file alone; write its value"
    )


def _written(node: ast.expr) -> str:
    try:
        return ast.unparse(node)
    except RecursionError:
        return "this"
