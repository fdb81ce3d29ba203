"""What is tried: files, special files and servers' answers in an empty folder, and the command lines that read them."""

from __future__ import annotations

import base64
import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: The file that hostile code writes into the current folder: when it is there, data was run.
MARKER = "ran"


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One input.

    ``files`` are written into an empty folder, which is the current one when the command lines run. ``special`` are what no
    bytes can be: ``fifo``, or the path that a link points to. ``wrong`` are exit codes that would be a wrong verdict: 1 for
    a side compared with itself, 0 for data that was changed. ``answers`` are what a lying server says (:mod:`.liar`), by the
    name of the model; its address stands in the command lines as ``SERVER``.
    """

    kind: str
    name: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    special: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    commands: tuple[tuple[str, ...], ...]
    wrong: frozenset[int] = frozenset()

    def write(self, folder: Path) -> None:
        """Write the files into a folder."""
        for name, content in self.files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        for name, what in self.special.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            if what == "fifo":
                os.mkfifo(file)
            else:
                file.symlink_to(what)


def to_text(attempt: Attempt) -> str:
    """Return an attempt as JSON, its files deflated, to be kept."""
    files = {name: base64.b64encode(zlib.compress(content, 9)).decode() for name, content in attempt.files.items()}
    return json.dumps({**vars(attempt), "files": files, "wrong": sorted(attempt.wrong)}, indent=1) + "\n"


def from_text(text: str) -> Attempt:
    """Return the attempt that :func:`to_text` wrote."""
    kept = json.loads(text)
    kept["files"] = {name: zlib.decompress(base64.b64decode(content)) for name, content in kept["files"].items()}
    kept["commands"] = tuple(tuple(command) for command in kept["commands"])
    return Attempt(**{**kept, "wrong": frozenset(kept["wrong"])})
