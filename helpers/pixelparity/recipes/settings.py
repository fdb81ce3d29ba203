"""Settings of other libraries: JSON and YAML files that hold one object."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pixelparity import files
from pixelparity.errors import InputError
from pixelparity.extras import missing
from pixelparity.fields import depth, shown

_MOST_NESTED = 64  # lists and objects in one another; a pipeline.json has about six
_MOST_YAML = 4 * files.MIB  # the labels of ImageNet-21k are half of one


def read_settings(path: Path, what: str) -> dict[str, Any]:
    """Read a JSON file that holds one object; raise ``InputError`` that says which file is not ``what``."""
    try:
        content = json.loads(files.read_text(path, what))
        if depth(content, _MOST_NESTED) > _MOST_NESTED:
            raise RecursionError
    except InputError:
        raise
    except (ValueError, RecursionError) as error:  # no JSON, a number of thousands of digits, too deep
        raise InputError(f"{path} is not a readable {what} ({_one_line(error)})") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} is not a {what}: it holds no object")
    return content


def read_yaml(path: str | Path, what: str) -> dict[str, Any]:
    """Read a YAML file that holds one object, as plain data; raise ``InputError`` that says which file is not ``what``.

    An alias may stand for a number, a text or a list of them only: of larger things, a short file makes endless ones.
    """
    try:
        import yaml
    except ImportError as error:
        raise missing("PyYAML", "yaml") from error

    class Loader(yaml.SafeLoader):
        """Plain data; albumentations and others also write tuples, which are read as lists."""

    Loader.add_constructor("tag:yaml.org,2002:python/tuple", _listed)
    text = files.read_text(path, what, most=_MOST_YAML)
    try:
        _check_events(yaml.parse(text, Loader=yaml.SafeLoader))
        content = yaml.load(text, Loader=Loader)  # noqa: S506  (a SafeLoader)
    except InputError:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is not a readable {what} ({_one_line(error)})") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} is not a {what}: it holds no object")
    named: dict[str, Any] = _named(content)
    return named


def _named(content: Any) -> Any:
    """Return plain data with every name in it a text, as in JSON: YAML also takes numbers and nothing for names."""
    if isinstance(content, dict):
        return {name if isinstance(name, str) else shown(name): _named(value) for name, value in content.items()}
    return [_named(value) for value in content] if isinstance(content, list) else content


def _listed(loader: Any, node: Any) -> list[Any]:
    return list(loader.construct_sequence(node, deep=True))


def _check_events(events: Iterable[Any]) -> None:
    """Raise ``ValueError`` for aliases of what holds other things, and ``RecursionError`` for too many levels."""
    open_anchors: list[str | None] = []
    holding: set[str] = set()
    for event in events:
        kind = type(event).__name__
        if kind in ("MappingStartEvent", "SequenceStartEvent", "AliasEvent"):
            holding.update(anchor for anchor in open_anchors if anchor)
        if kind == "MappingStartEvent" and event.anchor:
            holding.add(event.anchor)
        if kind == "AliasEvent" and event.anchor in holding:
            raise ValueError(f"*{event.anchor} is an alias of an object or of lists in a list; write it out")
        if kind in ("MappingStartEvent", "SequenceStartEvent"):
            open_anchors.append(event.anchor)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            open_anchors.pop()
        if len(open_anchors) > _MOST_NESTED:
            raise RecursionError


def _one_line(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())
