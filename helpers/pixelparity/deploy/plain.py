"""Paths that Triton can be given: its Python backend starts each stub by a line of shell that quotes nothing.

A path with a blank falls apart there, and one with letters beyond ASCII fails in the stub, which runs in the C locale. Such a
path is given by a link with a plain name, in a work folder that has a plain path itself.
"""

from __future__ import annotations

import os
import shlex
import tempfile
from pathlib import Path

from pixelparity import scratch
from pixelparity.errors import ServerError

#: Where a work folder may lie when the path of the system's own folder for temporary files is not plain.
OTHER_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - a folder of our own is made in it

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where Triton puts shared memory


def is_plain(path: str | Path) -> bool:
    """Tell whether a shell, and a list of folders with colons between them, take the path as it stands."""
    text = str(path)
    return shlex.quote(text) == text and os.pathsep not in text


def work_folder(prefix: str) -> Path:
    """Make a new folder with a plain path for temporary files, and sweep what killed runs left.

    Raises ``ServerError`` where there is no place for one.
    """
    tried = dict.fromkeys([tempfile.gettempdir(), *OTHER_FOLDERS])
    places = [Path(place) for place in tried if is_plain(place) and os.access(place, os.W_OK | os.X_OK)]
    for place in places:
        for left in scratch.sweep(prefix, place):
            for shared in SHARED_MEMORY.glob(f"{left.name}-*"):  # the stubs' regions are called after the folder
                shared.unlink(missing_ok=True)
    if places:
        return scratch.make(prefix, places[0])
    raise ServerError(
        f"Triton needs a folder for temporary files whose path has only plain letters and digits, and none of "
        f"{', '.join(tried)} is one that can be written to; set TMPDIR to such a folder"
    )


def through(path: str | Path, link: Path) -> Path:
    """Return the path if it is plain; else make ``link`` lead to it and return that."""
    if is_plain(path):
        return Path(path)
    link.symlink_to(path)
    return link
