"""A folder of arrays with a head in JSON: written whole or not at all, read back only as it was written.

The head holds the SHA-256 of every member and of itself, so that a file which was changed since, by a person, a disk or a
transfer, is named. That is no signature: whoever can write the folder can write the sums too.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity import files
from pixelparity.errors import InputError
from pixelparity.fields import MAPPING, depth, shown

Arrays = Mapping[str, NDArray[Any]]
SUMS = "sha256"
_HEAD_BYTES = 256 * files.MIB
_MOST_NESTED = 64
_AGAIN = "capture it again"
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # of Linux's renameat2


def write(target: Path, name: str, head: Mapping[str, Any], members: Mapping[str, Arrays]) -> None:
    """Write a folder whole or not at all; what it replaces is gone only once the new one stands there, safe on the disk.

    ``name`` is what the head's file is called, ``members`` are the arrays by the name of their ``.npz``. Raises
    ``InputError`` that names the folder where that cannot be done.
    """
    place = target.resolve()
    with files.written(target):
        place.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
        try:
            for member, arrays in members.items():
                _write_arrays(scratch / member, arrays)
            plain = json.loads(json.dumps(head))
            sums = {member: _sum(scratch / member) for member in members} | {name: _sum_of_head(plain)}
            (scratch / name).write_text(json.dumps({**plain, SUMS: sums}, indent=1), encoding="utf-8")
            os.chmod(scratch, 0o755)  # noqa: S103 - as mkdir does; mkdtemp made it for its owner alone
            for path in (*scratch.iterdir(), scratch):
                _flush(path)
            _put(scratch, place)
            _flush(place.parent)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _write_arrays(path: Path, arrays: Arrays) -> None:
    """Write arrays as ``np.savez`` does, which on a full disk leaves its file to be closed by nobody, with a traceback."""
    with zipfile.ZipFile(path, "w", allowZip64=True) as opened:
        for name, array in arrays.items():
            with opened.open(f"{name}.npy", "w", force_zip64=True) as member:
                write_array: Callable[..., None] = np.lib.format.write_array  # numpy's own has no types
                write_array(member, np.asanyarray(array), allow_pickle=False)


def read_head(folder: Path, name: str) -> dict[str, Any]:
    """Return a folder's head; raise ``InputError`` for one that is no object of sane depth."""
    path = folder / name
    try:
        head = json.loads(files.read_text(path, "a capture", most=_HEAD_BYTES, hint=_AGAIN))
        if depth(head, _MOST_NESTED) > _MOST_NESTED:
            raise RecursionError("it is nested too deeply")
    except InputError:
        raise
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise InputError(f"{folder} is not a readable capture ({name}: {reason}); {_AGAIN}") from error
    found: dict[str, Any] = MAPPING(head, str(path))
    return found


def check_sums(folder: Path, name: str, head: Mapping[str, Any], members: Iterable[str]) -> None:
    """Raise ``InputError`` that names the file where a member, or the head, is not what was written."""
    sums = MAPPING(head.get(SUMS), f"{folder / name}: {SUMS}")
    plain = {key: value for key, value in head.items() if key != SUMS}
    for member in (name, *members):
        path = folder / member
        if member != name:
            files.check(path, "part of a capture", most=sys.maxsize, hint=_AGAIN)
        if sums.get(member) != (_sum_of_head(plain) if member == name else _sum(path)):
            raise InputError(
                f"{path} was changed after the capture was written (its SHA-256 is another); restore it, or {_AGAIN}"
            )


def read(path: Path, wanted: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    """Return those arrays of a member that are there, by the names that ``wanted`` gives the arrays' own names."""
    files.check(path, "part of a capture", most=sys.maxsize, hint=_AGAIN)
    with opened(path, most=path.stat().st_size) as archive:
        unknown = [name for name in archive.files if name not in wanted]
        if unknown:
            raise InputError(f"{path} holds {shown(unknown[0])}, which the capture does not know; {_AGAIN}")
        return {wanted[name]: archive[name] for name in archive.files}


@contextmanager
def opened(path: Path, *, most: int, wanted: Callable[[str], bool] | None = None) -> Iterator[Any]:
    """Open an ``.npz`` once its list of members says that it is sane; nothing has been unpacked by then.

    ``wanted`` tells which arrays will be read, by default all; together they may take ``most`` bytes of memory. Raises
    ``InputError`` for two members of one name, of which one would be taken silently, and for what would fill the memory: a
    small archive may hold gigabytes of zeros. Objects are never unpickled.
    """
    loaded = np.load(path, allow_pickle=False)
    if not isinstance(loaded, np.lib.npyio.NpzFile):
        raise InputError(f"{path} is a single array, not an .npz; save it with np.savez(file, PICTURE=tensor)")
    with loaded as archive:
        sizes: dict[str, int] = {}
        for member in archive.zip.infolist():
            name = member.filename.removesuffix(".npy")
            if name in sizes:
                raise InputError(f"{path} holds two arrays called {shown(name)}; save it again with np.savez")
            sizes[name] = member.file_size
        unpacked = sum(size for name, size in sizes.items() if wanted is None or wanted(name))
        if unpacked > most:
            raise InputError(
                f"{path} unpacks to {unpacked / files.MIB:,.0f} MiB, and at most {most / files.MIB:,.0f} MiB are read of "
                "it; ask for fewer pictures (--limit), or save fewer in a file"
            )
        yield archive


def _sum(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(2**20):
            found.update(chunk)
    return found.hexdigest()


def _sum_of_head(head: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(head, sort_keys=True).encode()).hexdigest()


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _put(scratch: Path, target: Path) -> None:
    """Put a folder in the place of another, which takes its place in turn where the system can exchange the two."""
    if not target.exists():
        scratch.rename(target)
        return
    if _exchanged(scratch, target):
        return
    former = scratch.with_name(f"{scratch.name}.former")
    target.rename(former)
    try:
        scratch.rename(target)
    except BaseException:
        former.rename(target)
        raise
    shutil.rmtree(former, ignore_errors=True)


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two folders in one step of the file system, and tell whether it can."""
    exchange = getattr(ctypes.CDLL(None), "renameat2", None)
    paths = os.fsencode(one), os.fsencode(other)
    return exchange is not None and exchange(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE) == 0
