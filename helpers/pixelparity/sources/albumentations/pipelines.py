"""Pipelines of albumentations: found in Python source by name, or in a saved file, as a list of transforms and arguments."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import MAPPING, OBJECTS, shown
from pixelparity.recipes import read_settings, read_yaml
from pixelparity.recipes.scripts import Script, called, dotted, read_script
from pixelparity.sources.protocol import WAY_ON

#: The arguments that may be given by their place, as far as all releases from 0.5 to 2.0 agree about their order.
PLACES: Mapping[str, tuple[str, ...]] = {
    "Resize": ("height", "width", "interpolation"), "CenterCrop": ("height", "width"), "LongestMaxSize": ("max_size",),
    "SmallestMaxSize": ("max_size",), "PadIfNeeded": ("min_height", "min_width"),
    "Normalize": ("mean", "std", "max_pixel_value"), "ToFloat": ("max_value",),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One transform: its class, its arguments by name, and where it stands."""

    name: str
    arguments: Mapping[str, Any]
    origin: str


def read(file: str | Path, wanted: str) -> tuple[Entry, ...]:
    """Return the transforms of a file's pipeline in order; ``wanted`` is the name of one of several, or nothing."""
    suffix = Path(file).suffix
    if suffix == ".py":
        return tuple(_of_script(read_script(file, "Python source"), wanted))
    if suffix not in (".json", ".yml", ".yaml"):
        raise InputError("it is no .py, .json or .yml; give source with a Compose, or what A.save wrote")
    reader = read_settings if suffix == ".json" else read_yaml
    content = reader(Path(file), "pipeline that albumentations saved")
    root = MAPPING(content.get("transform", content), "transform")
    return tuple(_saved(root, ""))


def _saved(entry: Mapping[str, Any], origin: str) -> Iterator[Entry]:
    full = entry.get("__class_fullname__")
    if not isinstance(full, str):
        raise InputError(f"{origin or 'it'} has no __class_fullname__; give what A.save or A.to_dict wrote")
    name = full.rpartition(".")[2]
    if name not in ("Compose", "Sequential"):
        arguments = {key: value for key, value in entry.items() if key != "__class_fullname__"}
        yield Entry(name=name, arguments=arguments, origin=f"{origin} {name}".strip())
        return
    _always(entry.get("p", 1.0 if name == "Compose" else 0.5), name)
    for position, inner in enumerate(OBJECTS(entry.get("transforms") or [], "transforms")):
        yield from _saved(inner, f"{origin}[{position}]")


def _always(share: Any, name: str) -> None:
    if share != 1 or isinstance(share, bool):
        raise UnsupportedStep(f"{name} has p={shown(share)}, and what is done now and then is no recipe; {WAY_ON}")


def _of_script(script: Script, wanted: str) -> Iterator[Entry]:
    """Return the transforms of the pipeline that is wanted, or of the only one."""
    roots = _imported(script.tree)
    try:
        found = list(_pipelines(script.tree, roots, ()))
    except RecursionError as error:
        raise InputError(
            "it is nested too deeply to look for pipelines; give a file with the pipeline alone"
        ) from error
    labels = dict.fromkeys(name for _, names in found for name in names)
    chosen = [call for call, names in found if not wanted or wanted in names]
    if not found:
        raise InputError("it has no Compose of albumentations; give the file where it stands")
    if len(chosen) != 1:
        which = f"{len(chosen)} pipelines of the name {wanted!r}" if wanted else f"{len(chosen)} pipelines"
        hint = f"name one behind the file, #NAME, of {', '.join(labels)}" if labels else "give each a name of its own"
        raise InputError(f"it has {which}; {hint}")
    yield from _inside(script, chosen[0], "")


def _imported(tree: ast.Module) -> frozenset[str]:
    """Return the names under which a file knows albumentations or parts of it."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {
                a.asname or a.name.partition(".")[0] for a in node.names if a.name.partition(".")[0] == "albumentations"
            }
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "albumentations":
            found |= {alias.asname or alias.name for alias in node.names}
    return frozenset(found)


def _pipelines(
    node: ast.AST, roots: frozenset[str], names: tuple[str, ...]
) -> Iterator[tuple[ast.Call, tuple[str, ...]]]:
    """Return the outermost pipelines below a node, with the names of what they are set to, keyed by or returned from."""
    if isinstance(node, ast.Call) and called(node) == "Compose" and dotted(node.func).partition(".")[0] in roots:
        yield node, names
        return
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        names = (*names, node.name)
    if isinstance(node, ast.Assign):
        names = (*names, *(dotted(target).rpartition(".")[2] for target in node.targets if dotted(target)))
    if isinstance(node, ast.AnnAssign | ast.keyword):
        name = node.arg if isinstance(node, ast.keyword) else dotted(node.target).rpartition(".")[2]
        names = (*names, name) if name else names
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            label = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None
            yield from _pipelines(value, roots, (*names, label) if label else names)
        return
    for child in ast.iter_child_nodes(node):
        yield from _pipelines(child, roots, names)


def _inside(script: Script, call: ast.Call, origin: str) -> Iterator[Entry]:
    given = script.arguments(call, ("transforms",))
    _always(script.value(given["p"]) if "p" in given else 1.0, "Compose")
    listed = script.node(given.get("transforms", call))
    if not isinstance(listed, ast.List | ast.Tuple):
        raise UnsupportedStep(
            f"line {call.lineno}: which transforms Compose has is not told by the file alone; {WAY_ON}"
        )
    for position, item in enumerate(listed.elts):
        inner, here = script.node(item), f"{origin}[{position}]"
        if not isinstance(inner, ast.Call):
            raise UnsupportedStep(f"{here} in line {item.lineno} is no transform that the file alone tells; {WAY_ON}")
        name = called(inner)
        if name == "Compose":
            yield from _inside(script, inner, here)
            continue
        arguments = script.arguments(inner, PLACES.get(name, ()))
        if name not in PLACES:  # of what has no meaning here, only whether it is ever done
            arguments = {key: value for key, value in arguments.items() if key in ("p", "always_apply")}
        values = {key: script.value(value) for key, value in arguments.items()}
        yield Entry(name=name, arguments=values, origin=f"{here} {name}")
