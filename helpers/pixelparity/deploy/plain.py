"""Paths that Triton can be given: its Python backend starts each stub by a line of shell that quotes nothing.

A path with a blank falls apart there, and one with letters beyond ASCII fails in the stub, which runs in the C locale. Such a
path is given by a link with a plain name, in a work folder that has a plain path itself.
"""

from __future__ import annotations

import os
import shlex
import tempfile
from pathlib import Path

from pixelparity.errors import ServerError

#: Where a work folder may lie when the path of the system's own folder for temporary files is not plain.
OTHER_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - a folder of our own is made in it, by mkdtemp


def is_plain(path: str | Path) -> bool:
    """Tell whether a shell, and a list of folders with colons between them, take the path as it stands."""
    text = str(path)
    return shlex.quote(text) == text and os.pathsep not in text


def work_folder(prefix: str) -> Path:
    """Make a new folder with a plain path for temporary files; raise ``ServerError`` where there is no place for one."""
    tried = dict.fromkeys([tempfile.gettempdir(), *OTHER_FOLDERS])
    for place in tried:
        if is_plain(place) and os.access(place, os.W_OK | os.X_OK):
            return Path(tempfile.mkdtemp(prefix=prefix, dir=place))
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
