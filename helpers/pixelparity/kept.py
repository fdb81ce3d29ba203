"""Recipes that take long to read, kept until something that they depend on changes.

Reading a config of MMPretrain takes seconds, for its library is imported. The recipe is kept in the cache folder as JSON, under
a key made of the side, this package's own code, Python and every installed library; beside it stand the SHA-256 of each file
that it was read from. It is taken again only where all of that is as it was, and it goes through the checks of any recipe that
comes as JSON. Only sources that can name these files take part: what runs code of files is read anew each time.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import stat
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pixelparity import __version__, files, progress
from pixelparity.deploy import places
from pixelparity.errors import InputError, SkewError, UnsupportedStep
from pixelparity.fields import MAPPING, TEXT
from pixelparity.recipes import Recipe, from_dict, read_settings, to_dict
from pixelparity.sides import Side

#: Set to anything, it switches keeping off.
SWITCH = "PIXELPARITY_NO_CACHE"
SCHEMA = 1
#: The most recipes that are kept; the oldest go first.
MOST_KEPT = 256
_PACKAGE = Path(__file__).parent
_INSTALLED = ("site-packages", "dist-packages")
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def recipe(side: Side, *, keep: bool = True, folder: Path | None = None) -> Recipe:
    """Return a side's recipe: the kept one where nothing that it depends on has changed, else read anew, and kept.

    ``keep`` switches that off, as the environment variable does; ``folder`` is where recipes are kept. Raises what
    ``Side.recipe`` raises.
    """
    read_files = side.source.read_files
    if not keep or os.environ.get(SWITCH) or read_files is None:
        return side.recipe()
    name = _key(side)
    home = (places.cache_folder() if folder is None else folder) / "recipes"
    if name is None or not _usable(home):
        return side.recipe()
    entry = home / f"{name}.json"
    kept = _read(entry)
    if kept is not None:
        return kept
    before = _sums_of(side)
    found = side.recipe()
    if before is not None and before == _sums_of(side):  # a file that changed meanwhile was read as nobody knows which
        _write(entry, found, before)
    return found


def _key(side: Side) -> str | None:
    """Return the name of a side's entry; nothing where a library is no installed one, whose version says what it is."""
    origins = [_origin(name) for name in side.source.libraries]
    if None in origins:
        return None
    options = {name: value for name, value in side.options.items() if name in side.source.recipe_options}
    parts = (SCHEMA, __version__, _own_code(), sys.version, _environment(), origins, str(side), options, os.getcwd())
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=repr).encode()).hexdigest()


def _origin(name: str) -> str | None:
    """Return where a library would be imported from; nothing for one that is not there, or lies in a folder of one's own."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    origin = None if spec is None else spec.origin
    return origin if origin is not None and Path(origin).parents[1].name in _INSTALLED else None


@cache
def _own_code() -> str:
    """Return what changes with any module of this package: a checkout keeps its version while it is worked on."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        data = path.read_bytes()
        digest.update(f"{path.relative_to(_PACKAGE)} {len(data)} ".encode())
        digest.update(data)
    return digest.hexdigest()


def _environment() -> list[tuple[str, str, int]]:
    """Return the libraries that Python finds, as the folders name them that pip writes, with the time of their installation."""
    found = []
    for place in sys.path:
        try:
            with os.scandir(place) as entries:
                found += [
                    (place, entry.name, entry.stat().st_mtime_ns)
                    for entry in entries
                    if entry.name.endswith((".dist-info", ".egg-info", ".pth"))
                ]
        except OSError:  # sys.path may name what is not there
            continue
    return sorted(found)


def _sums_of(side: Side) -> dict[str, str] | None:
    """Return the SHA-256 of each file that a side's recipe is read from; nothing where they are not all known."""
    read_files = side.source.read_files
    assert read_files is not None
    try:
        paths = read_files(side.target)
        return None if paths is None else {str(path): _sum(path) for path in paths}
    except SkewError:  # whoever reads the side says what is wrong with it
        return None


def _sum(path: str | Path) -> str:
    return hashlib.sha256(files.read(path, "a file of a kept recipe")).hexdigest()


def _read(entry: Path) -> Recipe | None:
    """Return a kept recipe that is still that of its files; nothing where there is none, or none that can be trusted."""
    if not os.path.lexists(entry):
        return None
    try:
        if not _is_ours(entry, stat.S_ISREG):
            raise InputError("it is somebody else's, or others may write to it")
        content = read_settings(entry, "a kept recipe")
        if content.get("sha256") != _digest(content):
            raise InputError("it is not what was written")
        sums = {TEXT(k, "files"): TEXT(v, "files") for k, v in MAPPING(content.get("files"), "files").items()}
        found = from_dict(MAPPING(content.get("recipe"), "recipe"))
    except (InputError, UnsupportedStep) as error:
        progress.note(f"note: the kept recipe {entry} is passed over ({error}); the side is read again")
        return None
    return found if _unchanged(sums) else None


def _unchanged(sums: Mapping[str, str]) -> bool:
    try:
        return all(_sum(path) == digest for path, digest in sums.items())
    except InputError:  # a file is gone: the side is read again, which says so
        return False


def _write(entry: Path, found: Recipe, sums: Mapping[str, str]) -> None:
    """Keep a recipe; where that cannot be done (a full disk, a folder that is only read), nothing is kept."""
    content: dict[str, Any] = {"schema_version": SCHEMA, "files": dict(sums), "recipe": to_dict(found)}
    text = json.dumps({**content, "sha256": _digest(content)}, indent=1)
    try:
        entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _usable(entry.parent):
            files.write_whole(entry, text)
            _prune(entry.parent.glob("*.json"))
    except (InputError, OSError) as error:
        progress.note(f"note: the recipe is not kept ({error})")


def _digest(content: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in content.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _prune(entries: Iterable[Path]) -> None:
    newest = sorted(entries, key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in newest[MOST_KEPT:]:
        path.unlink(missing_ok=True)


def _usable(home: Path) -> bool:
    """Tell whether a folder is ours alone to write to, or not there yet."""
    return not os.path.lexists(home) or _is_ours(home, stat.S_ISDIR)


def _is_ours(path: Path, kind: Any) -> bool:
    status = path.lstat()
    return bool(kind(status.st_mode)) and status.st_uid == os.getuid() and not status.st_mode & _OTHERS_WRITE
