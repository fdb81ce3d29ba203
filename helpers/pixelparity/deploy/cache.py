"""Keep what takes long to build, under a key made of everything that it depends on.

A changed config, module or input changes the key, so a stale result is never shown; a build that is interrupted leaves
nothing behind, because it happens in a scratch folder that gets its name only when it is whole. The SHA-256 of every file is
kept beside it, and looked at once in each process: what a disk or a person changed is built again.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pixelparity import files, scratch
from pixelparity.deploy import places
from pixelparity.errors import InputError

FOLDER = places.CACHE
#: Where the sums of the entries lie: beside them, for an entry's folder holds what was built and nothing else.
SUMS = ".sums"
#: Why nothing can be written to a place, whatever is being built there.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)
_looked_at: set[Path] = set()


def key(*parts: str | bytes | Path) -> str:
    """Return 16 hexadecimal digits that change when any part does.

    A ``Path`` stands for its content: a file's bytes, or all files of a folder with their names (compiled Python aside).
    """
    digest = hashlib.sha256()
    for part in parts:
        for piece in _pieces(part):
            digest.update(len(piece).to_bytes(8, "big"))
            digest.update(piece)
    return digest.hexdigest()[:16]


def build(name: str, digest: str, make: Callable[[Path], None], *, folder: Path | None = None) -> Path:
    """Return the folder ``<name>-<digest>`` in the cache; ``make`` fills it first if it is not there yet, or is damaged.

    Raises ``InputError`` that names the folder where it cannot be written: a full disk, a file system that is only read.
    """
    root = folder or FOLDER
    target = root / f"{name}-{digest}"
    if target.exists() and _is_whole(target):
        return target
    with _named(target):
        root.mkdir(parents=True, exist_ok=True)
        made = scratch.make(f".{name}-", root)
        try:
            make(made)
            made.chmod(0o755)
            if _give_name(made, target):
                _write_sums(target)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    _looked_at.add(target)
    return target


def _give_name(made: Path, target: Path) -> bool:
    """Give a whole build its name, unless another process has finished the same build meanwhile: the rename decides."""
    try:
        made.rename(target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        return False
    return True


def _is_whole(target: Path) -> bool:
    """Tell whether an entry is what was built; one that is not is taken away, with a word. Each is read once in a process."""
    if target in _looked_at:
        return True
    kept = _sums_file(target)
    if not kept.is_file():  # of an earlier version: what is there now is what it is held to
        if os.access(target.parent, os.W_OK):
            _write_sums(target)
        _looked_at.add(target)
        return True
    changed = _changed(target, json.loads(kept.read_text(encoding="utf-8")))
    if not changed:
        _looked_at.add(target)
        return True
    warnings.warn(f"{target}: {changed} is not what was built; it is built again", stacklevel=3)
    with _named(target):
        away = scratch.make(".damaged-", target.parent)
        target.rename(away / target.name)
        kept.unlink(missing_ok=True)
        shutil.rmtree(away, ignore_errors=True)
    return False


def _changed(target: Path, sums: dict[str, str]) -> str:
    """Return the first file of an entry that is another than was built, or is gone; empty where all are as they were."""
    for path, digest in sums.items():
        file = target / path
        if not file.is_file() or _digest(file) != digest:
            return path
    return ""


def _write_sums(target: Path) -> None:
    inside = sorted(path for path in target.rglob("*") if path.is_file())
    sums = {str(path.relative_to(target)): _digest(path) for path in inside}
    files.write_whole(_sums_file(target), json.dumps(sums, indent=1) + "\n")


def _sums_file(target: Path) -> Path:
    return target.parent / SUMS / f"{target.name}.json"


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while piece := opened.read(2**20):
            digest.update(piece)
    return digest.hexdigest()


@contextmanager
def _named(target: Path) -> Iterator[None]:
    """Name the entry where there is no room for it; any other error of the build is its own."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise InputError(
            f"{target} cannot be written: {error.strerror}; make room there, or mend its rights"
        ) from error


def _pieces(part: str | bytes | Path) -> list[bytes]:
    if isinstance(part, str):
        return [part.encode()]
    if isinstance(part, bytes):
        return [part]
    if part.is_dir():
        files = sorted(p for p in part.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
        return [piece for f in files for piece in (str(f.relative_to(part)).encode(), f.read_bytes())]
    return [part.name.encode(), part.read_bytes()]
