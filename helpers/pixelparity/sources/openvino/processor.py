"""OpenVINO's PrePostProcessor as a program writes it: the calls in order, from the text alone.

What is declared of the tensor comes first, the steps follow in the order of the calls, and OpenVINO adds what is missing to
the model's own layout and type at the end.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.sources import python_text
from pixelparity.sources.front import Front
from pixelparity.sources.openvino.steps import Call, converted
from pixelparity.sources.protocol import WAY_ON

_FILE = re.compile(r"(?P<file>.+\.pyi?)(?::(?P<function>[^\W\d]\w*))?")
_DEPTH = 32
#: What a method of an object gives, by the object and the method; other methods of a part give the part itself.
_PARTS = {
    ("processor", "input"): "input", ("processor", "output"): "output", ("input", "tensor"): "tensor",
    ("input", "preprocess"): "steps", ("input", "model"): "model",
}  # fmt: skip
_OWN = ("tensor", "steps", "model")


@dataclass(kw_only=True)
class _Reading:
    """The calls of a scope so far, and which inputs they name."""

    names: python_text.Names
    calls: list[Call] = field(default_factory=list)
    inputs: set[str] = field(default_factory=set)


def front(target: str) -> Front:
    """Return what the PrePostProcessor of a Python file does to a picture; ``FILE.py:FUNCTION`` names a function of it."""
    match = _FILE.fullmatch(target)
    if match is None:
        raise InputError("write MODEL.xml, or the Python file with the PrePostProcessor, FILE.py or FILE.py:FUNCTION")
    tree = python_text.read(match["file"])
    scopes = [tree, *python_text.functions(tree)]
    if match["function"]:
        scopes = [scope for scope in scopes if getattr(scope, "name", None) == match["function"]]
    found = [reading for reading in (_read(tree, scope) for scope in scopes) if reading.calls]
    if len(found) != 1:
        raise InputError(
            "it has several PrePostProcessors: name the function of one, FILE.py:FUNCTION" if found
            else "it makes no PrePostProcessor with steps in one function, under a name of its own"
        )  # fmt: skip
    if len(found[0].inputs) > 1:
        raise UnsupportedStep(
            f"it prepares {len(found[0].inputs)} inputs, and which is the picture's is not said; {WAY_ON}"
        )
    return converted(found[0].calls, found[0].names)


def _read(tree: ast.Module, scope: ast.AST) -> _Reading:
    names = python_text.names_of(tree) | (python_text.names_of(scope) if scope is not tree else {})
    reading = _Reading(names=names)
    for statement, decided in _statements(scope, decided=False):
        value = statement.value
        before = len(reading.calls)
        if value is not None:
            _part(value, reading, _DEPTH, records=True)
        if decided and len(reading.calls) > before:
            raise UnsupportedStep(
                f"{python_text.shown(statement)} (line {statement.lineno}) is under a condition or in a loop, so whether it "
                f"runs the text does not tell; {WAY_ON}"
            )
    if reading.calls:
        _alone(scope, reading)
    return reading


def _alone(scope: ast.AST, reading: _Reading) -> None:
    """Raise ``UnsupportedStep`` where something else gets hold of the PrePostProcessor, and may add steps to it."""
    parents = {child: node for node in (scope, *python_text.own(scope)) for child in ast.iter_child_nodes(node)}
    within: dict[str, ast.AST | None] = {}
    for node in python_text.own(scope):
        if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
            continue
        if _part(node, _Reading(names=reading.names), _DEPTH, records=False) is None:
            continue
        if node.id not in within:
            within[node.id] = python_text.shared_inside(scope, node.id)
        parent, inner = parents[node], within[node.id]
        prints = isinstance(parent, ast.Call) and python_text.called(parent) in ("print", "str")
        plain = isinstance(parent, ast.Attribute | ast.Assign | ast.AnnAssign | ast.FormattedValue | ast.Expr)
        if inner is not None or not (plain or prints):
            raise UnsupportedStep(
                f"{node.id!r} goes on in {python_text.shown(inner or parent)}, which may add steps and is not followed; {WAY_ON}"
            )


def _statements(
    scope: ast.AST, *, decided: bool
) -> Iterator[tuple[ast.Expr | ast.Assign | ast.AnnAssign | ast.Return, bool]]:
    """Return the statements of a scope that have a value, in order, and whether a condition or a loop decides about each."""
    waiting: list[tuple[ast.AST, bool]] = [(child, decided) for child in reversed(list(ast.iter_child_nodes(scope)))]
    while waiting:
        node, under = waiting.pop()
        if isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign | ast.Return):
            yield node, under
        elif isinstance(node, ast.stmt | ast.ExceptHandler) and not isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        ):
            inside = under or isinstance(node, ast.If | ast.For | ast.While | ast.Try | ast.ExceptHandler)
            waiting.extend((child, inside) for child in reversed(list(ast.iter_child_nodes(node))))


def _part(node: ast.expr, reading: _Reading, depth: int, *, records: bool) -> str | None:
    """Return which part of a PrePostProcessor an expression is; ``records`` keeps the calls that are made on the way."""
    if not depth:
        raise UnsupportedStep(f"more than {_DEPTH} calls are chained; {WAY_ON}")
    if isinstance(node, ast.Name):
        found = reading.names.get(node.id)
        return None if found is None else _part(found, reading, depth - 1, records=False)
    if not isinstance(node, ast.Call):
        return None
    if python_text.called(node) == "PrePostProcessor":
        return "processor"
    if not isinstance(node.func, ast.Attribute):
        return None
    base, method = _part(node.func.value, reading, depth - 1, records=records), node.func.attr
    if base == "processor" and method == "input":
        reading.inputs.add(python_text.shown(node.args[0]) if node.args else "")
    if base in _OWN:
        if records:
            reading.calls.append(Call(part=str(base), method=method, node=node))
        return base
    return _PARTS.get((base or "", method))
