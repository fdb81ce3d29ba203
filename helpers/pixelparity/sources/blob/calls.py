"""The call of ``cv2.dnn.blobFromImage`` in a text: its parameters, its picture, and what becomes of the blob."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import FLAG, Rule, number, several, whole
from pixelparity.sources import python_text
from pixelparity.sources.protocol import WAY_ON
from pixelparity.sources.python_text import Names

CALLS = ("blobFromImage", "blobFromImages")
PARAMETERS = ("scalefactor", "size", "mean", "swapRB", "crop", "ddepth")
#: The defaults of OpenCV's own signature.
DEFAULTS: Mapping[str, Any] = {
    "scalefactor": 1.0, "size": (0, 0), "mean": (0.0, 0.0, 0.0), "swapRB": False, "crop": False, "ddepth": 5,
}  # fmt: skip
#: OpenCV's numbers of the two types that a blob may have.
DEPTHS = {"CV_32F": 5, "CV_8U": 0}
_TEXT_CALL = "blobFromImage(image, {text})"
_FILE = re.compile(r"(?P<file>.+\.pyi?)(?::(?P<function>[^\W\d]\w*))?")
#: Uses of a blob that leave its numbers as they are.
_KEEPING = ("setInput", "run", "infer", "predict", "forward", "print", "InferenceSession", "start_async", "async_infer")


def _flags(value: Any) -> bool:
    return bool(FLAG.read(bool(value) if value in (0, 1) else value))


_SCALAR = several(number(), 1, 4)
RULES: Mapping[str, Rule] = {
    "scalefactor": number(zero=False),
    "size": several(whole(0), 2, 2),
    "mean": Rule(
        allowed=_SCALAR.allowed, read=lambda value: _SCALAR.read(value if isinstance(value, list | tuple) else [value])
    ),
    "swapRB": Rule(allowed=FLAG.allowed, read=_flags),
    "crop": Rule(allowed=FLAG.allowed, read=_flags),
    "ddepth": whole(0, 16),
}


@dataclass(frozen=True, kw_only=True)
class Blob:
    """A call: its parameters as OpenCV takes them, those that were given, and its picture with the scope that it stands in.

    ``picture`` is ``None`` where the call was written without a program around it.
    """

    parameters: Mapping[str, Any]
    given: frozenset[str]
    picture: ast.expr | None
    scope: ast.AST
    call: ast.Call
    names: Names


def is_text(target: str) -> bool:
    """Tell whether a target is a text of parameters, and no file."""
    return _FILE.fullmatch(target) is None


def read(target: str) -> Blob:
    """Return the one call that a target names; raise ``InputError`` where there is none, or more than one."""
    match = _FILE.fullmatch(target)
    if match is None:
        written = target if re.match(r"(cv2?\.)?(dnn\.)?blobFromImages?\(", target) else _TEXT_CALL.format(text=target)
        tree = python_text.parse(written, f"{target!r}")
        body = tree.body[0] if len(tree.body) == 1 else None
        if not isinstance(body, ast.Expr) or not isinstance(body.value, ast.Call):
            raise InputError("write the parameters of blobFromImage, scalefactor=1/255,size=(640,640),swapRB=True say")
        return _blob(body.value, tree, {}, picture=False)
    tree = python_text.read(match["file"])
    scopes = [tree, *python_text.functions(tree)]
    if match["function"]:
        scopes = [scope for scope in scopes if getattr(scope, "name", None) == match["function"]]
        if not scopes:
            raise InputError(f"it has no function {match['function']!r}; name one with blobFromImage in it")
    found = [(node, scope) for scope in scopes for node in python_text.own(scope) if _is_blob(node)]
    if len(found) != 1:
        lines = ", ".join(str(node.lineno) for node, _ in found if isinstance(node, ast.Call))
        raise InputError(
            f"blobFromImage is called on the lines {lines}: name the function of one, FILE.py:FUNCTION"
            if found else "it calls no cv2.dnn.blobFromImage; give a file, or a function, that does"
        )  # fmt: skip
    call, scope = found[0]
    assert isinstance(call, ast.Call)
    names = python_text.names_of(tree) | (python_text.names_of(scope) if scope is not tree else {})
    _kept(call, scope)
    return _blob(call, scope, names, picture=True)


def _is_blob(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = python_text.called(node)
    if name.startswith("blobFromImage") and name not in CALLS:
        raise UnsupportedStep(
            f"{name} takes its parameters as an object, whose fields the text sets elsewhere; {WAY_ON}"
        )
    return name in CALLS


def _blob(call: ast.Call, scope: ast.AST, names: Names, *, picture: bool) -> Blob:
    if python_text.called(call) not in CALLS or any(isinstance(a, ast.Starred) for a in call.args):
        raise InputError(f"{python_text.shown(call)} is no call of blobFromImage with its parameters one by one")
    first = next((k.value for k in call.keywords if k.arg in ("image", "images")), None)
    rest = call.args if first is not None else call.args[1:]
    first = first if first is not None else next(iter(call.args), None)
    keywords = {str(keyword.arg): keyword.value for keyword in call.keywords if keyword.arg not in ("image", "images")}
    written = dict(zip(PARAMETERS, rest, strict=False)) | keywords
    unknown = [str(name) for name in written if name not in PARAMETERS]
    if first is None or unknown or len(rest) > len(PARAMETERS) or len(written) < len(rest) + len(keywords):
        raise InputError(
            f"{', '.join(unknown) or python_text.shown(call)} is no parameter of blobFromImage, which has {', '.join(PARAMETERS)}"
        )
    values = {name: python_text.constant(node, names, name, DEPTHS) for name, node in written.items()}
    values = {name: value for name, value in values.items() if value is not None}
    parameters = {name: RULES[name](values.get(name, default), name) for name, default in DEFAULTS.items()}
    return Blob(
        parameters=parameters, given=frozenset(values), picture=first if picture else None, scope=scope, call=call,
        names=names,
    )  # fmt: skip


def _kept(call: ast.Call, scope: ast.AST) -> None:
    """Raise ``UnsupportedStep`` where the text does something to the blob that is no step of ``blobFromImage``."""
    parents = {child: node for node in (scope, *python_text.own(scope)) for child in ast.iter_child_nodes(node)}
    parent = parents[call]
    uses: list[ast.AST] = [call]
    if isinstance(parent, ast.Assign | ast.AnnAssign):
        target = parent.targets[0] if isinstance(parent, ast.Assign) else parent.target
        if not isinstance(target, ast.Name) or (isinstance(parent, ast.Assign) and len(parent.targets) > 1):
            raise UnsupportedStep(
                f"{python_text.shown(target)} gets the blob, and what becomes of it there is not known; {WAY_ON}"
            )
        inner = python_text.shared_inside(scope, target.id)
        if inner is not None:
            raise UnsupportedStep(
                f"{target.id!r} goes on in {python_text.shown(inner)}, which is not followed; {WAY_ON}"
            )
        same = (n for n in python_text.own(scope) if isinstance(n, ast.Name) and n.id == target.id and n is not target)
        uses = list(same)
    for use in uses:
        if not _keeps(use, parents):
            raise UnsupportedStep(
                f"{python_text.shown(parents[use])} (line {getattr(use, 'lineno', 0)}) goes on with the blob, and what that "
                f"makes of it is not known; {WAY_ON}"
            )


def _keeps(use: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Tell whether a use hands the blob on as it is: to a network, out of the function, or only its shape."""
    parent = parents[use]
    while isinstance(parent, ast.Dict | ast.List | ast.Tuple | ast.keyword):
        parent = parents[parent]
    if isinstance(parent, ast.Attribute):
        return parent.attr in ("shape", "dtype", "ndim", "size")
    if isinstance(parent, ast.Call):
        # setInput may scale and shift once more.
        if python_text.called(parent) == "setInput" and (
            len(parent.args) > 2 or any(k.arg != "name" for k in parent.keywords)
        ):
            return False
        return python_text.called(parent) in _KEEPING and use is not parent.func
    return isinstance(parent, ast.Return | ast.Expr)
