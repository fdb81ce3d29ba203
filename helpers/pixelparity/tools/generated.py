"""Check a text that was written from data (a recipe, a model.dali, a server's answers) before anything of it is run.

Such a text may hold DALI's operators, constants, arithmetic and this project's own helper functions, word for word. The
writers put nothing else into it; this is the second lock, for whatever a writer overlooks. A pipeline that its author wrote
is not checked: it is code, and whoever names it wants it run.
"""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from types import ModuleType

from pixelparity.errors import InputError, MissingLibrary
from pixelparity.literals import OPERATOR
from pixelparity.repair import runtime_text
from pixelparity.sources.dali.functions import dali
from pixelparity.sources.dali.serialized import CODE_OPERATORS

_MODULES = frozenset({"fn", "math", "types"})
_RESERVED = _MODULES | {"np", "pipeline_def"}
_METHODS = frozenset({"cpu", "gpu", "shape"})
_SETTINGS = frozenset({"batch_size", "num_threads", "device_id", "prefetch_queue_depth", "enable_conditionals"})
_TYPE = re.compile(r"[A-Z][A-Za-z0-9_]*")  # types.FLOAT
_PARTS = (
    ast.Tuple, ast.List, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Subscript, ast.Slice,
    ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context,
)  # fmt: skip
_CONSTANTS = (bool, int, float, str, type(None))

Names = frozenset[str]


def check(text: str) -> None:
    """Raise ``InputError`` that names the line, unless a text holds only what this project writes into pipelines."""
    try:
        tree = ast.parse(text.encode())
        own = own_statements()
        known = frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))
        known |= {target.id for node in tree.body if ast.dump(node) in own for target in _targets(node)}
        for node in tree.body:
            if ast.dump(node) not in own:
                _module_statement(node, known)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"the text written for this pipeline is not Python ({error}); nothing of it was run"
        ) from error


@lru_cache(maxsize=1)
def own_statements() -> Names:
    """Return the statements of the project's own helper functions, as trees."""
    return frozenset(ast.dump(node) for text in runtime_text.functions().values() for node in ast.parse(text).body)


def _targets(node: ast.stmt) -> list[ast.Name]:
    return [target for target in getattr(node, "targets", ()) if isinstance(target, ast.Name)]


def _refuse(node: ast.AST, what: str) -> InputError:
    line = getattr(node, "lineno", 0)
    return InputError(
        f"the text written for this pipeline holds {what} in line {line}, which no pipeline needs: the file or the server "
        "that it comes from is damaged or hostile; nothing of it was run"
    )


def _module_statement(node: ast.stmt, known: Names) -> None:
    if isinstance(node, ast.FunctionDef):
        return _function(node, known)
    if isinstance(node, ast.ImportFrom):
        names = {alias.name for alias in node.names}
        if node.module == "nvidia.dali" and not node.level and names <= _RESERVED and _no_alias(node.names):
            return None
    if isinstance(node, ast.Import) and [(alias.name, alias.asname) for alias in node.names] == [("numpy", "np")]:
        return None
    if isinstance(node, ast.Expr) and _is_text(node.value):
        return None
    raise _refuse(node, f"a statement ({type(node).__name__})")


def _no_alias(names: list[ast.alias]) -> bool:
    return all(alias.asname is None for alias in names)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _function(node: ast.FunctionDef, known: Names) -> None:
    for decorator in node.decorator_list:
        _decorator(decorator)
    inside = _bound(node.args, known)
    inside |= {name for statement in node.body for name in _assigned(statement)}
    if node.returns is not None or node.name in _RESERVED or inside & _RESERVED:
        raise _refuse(node, "a function that takes the name of a module or is annotated")
    for default in node.args.defaults:
        _expression(default, known)
    for statement in node.body:
        _statement(statement, inside)


def _decorator(node: ast.expr) -> None:
    if isinstance(node, ast.Call) and not node.args:
        plain = all(k.arg in _SETTINGS and isinstance(k.value, ast.Constant | ast.UnaryOp) for k in node.keywords)
        for keyword in node.keywords:
            _expression(keyword.value, frozenset())
        node = node.func if plain else node
    if not isinstance(node, ast.Name) or node.id != "pipeline_def":
        raise _refuse(node, "a decorator other than pipeline_def")


def _bound(arguments: ast.arguments, known: Names) -> Names:
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or any(a.annotation for a in arguments.args):
        raise _refuse(arguments.args[0] if arguments.args else arguments, "a function with open arguments")
    return known | {argument.arg for argument in (*arguments.posonlyargs, *arguments.args)}


def _assigned(statement: ast.stmt) -> Names:
    """Return the names that a statement binds in its own function."""
    if isinstance(statement, ast.FunctionDef):
        return frozenset({statement.name})
    if isinstance(statement, ast.If):
        return frozenset(name for inner in (*statement.body, *statement.orelse) for name in _assigned(inner))
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return frozenset(n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name))


def _statement(node: ast.stmt, known: Names) -> None:
    if isinstance(node, ast.FunctionDef) and not node.decorator_list:
        _function(node, known)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            elements = target.elts if isinstance(target, ast.Tuple) else [target]
            if not all(isinstance(element, ast.Name) for element in elements):
                raise _refuse(node, "an assignment to something other than a name")
        _expression(node.value, known)
    elif isinstance(node, ast.Return) and node.value is not None:
        _expression(node.value, known)
    elif isinstance(node, ast.If):
        _expression(node.test, known)
        for inner in (*node.body, *node.orelse):
            _statement(inner, known)
    elif not (isinstance(node, ast.Expr) and _is_text(node.value)):
        raise _refuse(node, f"a statement ({type(node).__name__})")


def _expression(node: ast.AST, known: Names) -> None:
    if isinstance(node, ast.Call):
        _call(node, known)
    elif isinstance(node, ast.Lambda):
        for default in node.args.defaults:
            _expression(default, known)
        _expression(node.body, _bound(node.args, known))
    elif isinstance(node, _PARTS):
        for part in ast.iter_child_nodes(node):
            _expression(part, known)
    else:
        _leaf(node, known)


def _leaf(node: ast.AST, known: Names) -> None:
    if isinstance(node, ast.Name):
        if node.id not in known or node.id in _RESERVED:
            raise _refuse(node, f"the name {node.id!r}")
    elif isinstance(node, ast.Attribute):
        if _dotted(node.value) != "types" or _TYPE.fullmatch(node.attr) is None:
            raise _refuse(node, f"the attribute {node.attr!r}")
    elif not isinstance(node, ast.Constant) or not isinstance(node.value, _CONSTANTS):
        raise _refuse(node, f"an expression ({type(node).__name__})")


def _call(node: ast.Call, known: Names) -> None:
    function = node.func
    dotted = _dotted(function)
    if dotted.startswith(("fn.", "math.")):
        if not is_operator(dotted):
            raise _refuse(node, f"a call of {dotted!r}")
    elif isinstance(function, ast.Attribute) and function.attr in _METHODS:
        _expression(function.value, known)
    elif not isinstance(function, ast.Name):
        raise _refuse(node, "a call of something other than an operator")
    else:
        _expression(function, known)
    for argument in node.args:
        _expression(argument, known)
    for keyword in node.keywords:
        if keyword.arg is None:
            raise _refuse(node, "open arguments")
        _expression(keyword.value, known)


def _dotted(node: ast.expr) -> str:
    """Return names joined by points as text; empty for any other expression."""
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


@lru_cache(maxsize=1024)
def is_operator(dotted: str) -> bool:
    """Tell whether a name such as ``fn.resize`` is an operator of the installed DALI that runs no Python of anybody's.

    Without DALI, where nothing could be run either, only the form of the name is looked at.
    """
    if OPERATOR.fullmatch(dotted) is None:
        return False
    try:
        found = dali()
    except MissingLibrary:
        return True
    module, *middle, last = dotted.split(".")
    for part in (module, *middle):
        found = getattr(found, part, None)
        if not isinstance(found, ModuleType) or not found.__name__.startswith(f"nvidia.dali.{module}"):
            return False
    function = getattr(found, last, None)
    if module == "math":
        return callable(function) and getattr(function, "__module__", "") == "nvidia.dali.math"
    schema = getattr(function, "_schema_name", None)
    runs_python = schema in CODE_OPERATORS or "PythonFunction" in str(schema) or "Numba" in str(schema)
    return isinstance(schema, str) and not runs_python
