"""Write files whole, and run a pipeline's text from a file that vanishes."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixelparity.errors import InputError
from pixelparity.tools import generated


def write_whole(path: str | Path, text: str) -> Path:
    """Write a text file whole or not at all."""
    target = Path(path)
    if target.is_dir():
        raise InputError(f"{target} is a folder; give the name of a file")
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(scratch, 0o644)
        os.replace(scratch, target)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise
    return target


@contextmanager
def as_module(text: str, home: Path | None = None) -> Iterator[Path]:
    """Yield a Python file of its own that holds ``text``, to be run.

    ``home`` is the folder of a file that its author wrote: imports of what lies there work as they did there. Without one the
    text was written from data, and is checked first: ``InputError`` where it holds anything but operators and constants.
    """
    if home is None:
        generated.check(text)
    with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
        file = Path(folder) / "pipeline.py"
        file.write_text(text, encoding="utf-8")
        if home is None:
            yield file
            return
        sys.path.insert(0, str(home))
        try:
            yield file
        finally:
            sys.path.remove(str(home))
