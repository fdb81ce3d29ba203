"""Which files a config is made of, told from their text alone: the config and its bases, where all of them only hold data.

A config is a program. Where its text shows that it computes with nothing but what it holds (no import, no call but those that
make lists, dicts and numbers, no placeholder that MMEngine fills in), its recipe depends on these files and the installed
libraries, and on nothing else; of any other config that cannot be told.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path

from pixelparity.recipes.scripts import read_script
from pixelparity.sources.mmpretrain.configs import is_file_name, zoo_config

#: What a config may call, and load without having set it: what makes data of data.
CALLS = frozenset(
    {"dict", "list", "tuple", "set", "int", "float", "str", "bool", "len", "min", "max", "sum", "range", "round", "abs"}
)
_ALLOWED = (
    ast.Module, ast.Assign, ast.AugAssign, ast.Expr, ast.Name, ast.Constant, ast.Dict, ast.List, ast.Tuple, ast.Set, ast.Call,
    ast.keyword, ast.Starred, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Subscript, ast.Slice, ast.operator,
    ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context, ast.ListComp, ast.comprehension, ast.Attribute, ast.JoinedStr,
    ast.FormattedValue,
)  # fmt: skip
_BASE = "_base_"
_IMPORTS = "custom_imports"
#: Modules that a config may have MMEngine import: ours, which change with the version of this package.
_OWN = "pixelparity."
#: MMEngine's placeholders: variables of the environment, of a base, names of folders.
_PLACEHOLDER = "{{"
_MOST_FILES = 64


def read_files(target: str) -> tuple[Path, ...] | None:
    """Return the files that a config is made of; ``None`` where its recipe may depend on more than their content."""
    first = Path(target) if is_file_name(str(target)) else zoo_config(str(target))
    found: dict[Path, None] = {}
    waiting = [first.absolute()]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        bases = _bases(path) if path.suffix == ".py" and len(found) < _MOST_FILES else None
        if bases is None:
            return None
        found[path] = None
        waiting += bases
    return tuple(found)


def _bases(path: Path) -> list[Path] | None:
    """Return the bases of a config that only holds data; ``None`` for any other."""
    tree = read_script(path, "an MMPretrain config").tree
    if not _only_data(tree):
        return None
    named = [_texts(value) for value in _values(tree, _BASE)]
    bases = [_located(path, text) for texts in named for text in texts or ()]
    found = [base for base in bases if base is not None]
    return found if None not in named and len(found) == len(bases) else None


def _only_data(tree: ast.Module) -> bool:
    nodes = list(ast.walk(tree))
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    loaded = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return (
        all(isinstance(node, _ALLOWED) for node in nodes)
        and loaded <= CALLS | stored | {_BASE}
        and not CALLS & stored
        and all(isinstance(call, ast.Name) and call.id in CALLS for call in calls)
        and not any(_PLACEHOLDER in text for text in texts)
        and not any(_IMPORTS in text or text == _BASE for text in texts)
        and all(_imports_ours(value) for value in _values(tree, _IMPORTS))
        and not any(keyword.arg in (_IMPORTS, _BASE) for keyword in nodes if isinstance(keyword, ast.keyword))
    )


def _values(tree: ast.Module, name: str) -> Iterator[ast.expr | None]:
    """Yield what a name is set to; ``None`` where it is set in another way than by a plain line at the top level."""
    plain = [line for line in tree.body if isinstance(line, ast.Assign) and _sets(line, name)]
    times = sum(isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load) for n in ast.walk(tree))
    yield from (line.value for line in plain)
    if times != len(plain):
        yield None


def _sets(line: ast.Assign, name: str) -> bool:
    return len(line.targets) == 1 and isinstance(line.targets[0], ast.Name) and line.targets[0].id == name


def _texts(value: ast.expr | None) -> list[str] | None:
    """Return a literal text, or a list of such; ``None`` for any other expression."""
    try:
        found = None if value is None else ast.literal_eval(value)
    except ValueError:
        return None
    listed = [found] if isinstance(found, str) else found if isinstance(found, list | tuple) else [None]
    return [text for text in listed if isinstance(text, str)] if all(isinstance(text, str) for text in listed) else None


def _imports_ours(value: ast.expr | None) -> bool:
    """Tell whether ``custom_imports`` names modules of this package alone: ``dict(imports=[...])``."""
    if not isinstance(value, ast.Call) or value.args:
        return False
    names = _texts(next((keyword.value for keyword in value.keywords if keyword.arg == "imports"), None))
    return names is not None and all(name.startswith(_OWN) for name in names)


def _located(path: Path, base: str) -> Path | None:
    """Return the file of a base: beside its config, or among the configs that an installed package carries."""
    if "::" not in base:
        return path.parent / base
    package, _, inner = base.partition("::")
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return None
    homes = list(spec.submodule_search_locations or ()) if spec is not None else []
    found = [Path(home) / ".mim" / "configs" / inner for home in homes]
    return next((file for file in found if file.is_file()), None)
