"""Folders for the time of some work, which the next run sweeps where this one could not.

A process that is ended by SIGKILL, or with its machine, removes nothing. So each folder says in its name whose it is (machine,
process, and when that began), and whoever makes the next one beside it removes those whose process is gone.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def started(process: int) -> str:
    """Return when a process of this machine began, in ticks since the machine did; empty for one that does not live.

    Number and start together are one process's only; the number alone is given to another after a while.
    """
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in ("Z", "X") else fields[19]


def make(prefix: str, place: str | Path | None = None) -> Path:
    """Make a folder of this process, in the system's folder for such unless ``place`` is given, and sweep those left there."""
    home = Path(place or tempfile.gettempdir())
    sweep(prefix, home)
    return Path(tempfile.mkdtemp(prefix=f"{prefix}{_machine()}-{os.getpid()}-{started(os.getpid())}-", dir=home))


@contextmanager
def folder(prefix: str) -> Iterator[Path]:
    """Yield a folder that is gone after the block."""
    made = make(prefix)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def sweep(prefix: str, place: Path) -> list[Path]:
    """Remove what processes of this machine and user have left of that prefix in a place, and return what that was."""
    left = [path for path in place.glob(f"{prefix}{_machine()}-*") if _is_left(path, prefix)]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return left


def _is_left(path: Path, prefix: str) -> bool:
    """Tell whether a folder is one of ours whose process is gone; a link is none of ours."""
    _, process, start, *_ = [*path.name.removeprefix(prefix).split("-"), "", "", ""]
    try:
        is_own = path.is_dir() and not path.is_symlink() and path.stat().st_uid == os.getuid()
    except OSError:  # somebody else sweeps too
        return False
    return is_own and process.isdigit() and start.isdigit() and started(int(process)) != start


def _machine() -> str:
    """Return a short name of this machine: processes of another, which may share the place, cannot be looked at."""
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"
