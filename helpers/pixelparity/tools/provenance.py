"""Where a result comes from: the commit of the user's repository, the machine, and the SHA-256 of every input."""

from __future__ import annotations

import hashlib
import itertools
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

_SECONDS = 10.0  # that git may take: a result does not wait for a repository on a slow disk
_BLOCK = 2**20
_FILES = 1000  # of a folder that a side names; one with more is no capture and no model


def commit(folder: str | Path = ".") -> str:
    """Return the commit that a folder's repository is at, and whether tracked files differ from it; empty without one.

    Git is asked to run neither hooks nor a file monitor of the repository's configuration.
    """
    head = _git(folder, "rev-parse", "HEAD").strip()
    if not head:
        return ""
    changed = _git(folder, "diff-index", "--name-only", "HEAD", "--").split()
    return f"{head}, with changes" if changed else head


def _git(folder: str | Path, *words: str) -> str:
    quiet = ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "--no-optional-locks"]
    try:
        done = subprocess.run(
            [*quiet, "-C", os.fspath(folder), *words], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):  # no git, or none that answers: nothing is known
        return ""
    return done.stdout if done.returncode == 0 else ""


def machine() -> str:
    """Return what this machine is, without its name: system, processor and number of cores."""
    return f"{platform.platform()}, {_processor()}, {os.cpu_count()} cores"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # another system keeps it elsewhere
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def hashes(sides: Iterable[str], images: Mapping[str, Path] | None, others: Mapping[str, str | None]) -> dict[str, str]:
    """Return the SHA-256 of the files that sides name, of other files by what they are, and of each picture by its name."""
    found = {side: digest for side in sides if (digest := _of_side(side))}
    found |= {name: _sum([Path(path)]) for name, path in others.items() if path and Path(path).is_file()}
    return found | {f"picture {name}": _sum([path]) for name, path in (images or {}).items()}


def _of_side(side: str) -> str:
    """Return the hash of the file or folder that a side names, empty where it names none."""
    path = side.partition(":")[2].partition("#")[0]
    while path and not os.path.exists(path):
        path = path.rpartition(":")[0]
    if not path:
        return ""
    found = Path(path)
    if not found.is_dir():
        return _sum([found]) if found.is_file() else ""
    inside = list(itertools.islice((file for file in found.rglob("*") if file.is_file()), _FILES + 1))
    return _sum(sorted(inside)) if 0 < len(inside) <= _FILES else ""


def _sum(paths: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        if not path.is_file():  # a FIFO would be waited for
            continue
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                total.update(block)
    return total.hexdigest()
