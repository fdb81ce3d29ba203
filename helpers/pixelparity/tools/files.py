"""Run a pipeline's text from a file that vanishes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixelparity import scratch
from pixelparity.tools import generated


@contextmanager
def as_module(text: str, home: Path | None = None) -> Iterator[Path]:
    """Yield a Python file of its own that holds ``text``, to be run.

    ``home`` is the folder of a file that its author wrote: imports of what lies there work as they did there. Without one the
    text was written from data, and is checked first: ``InputError`` where it holds anything but operators and constants.
    """
    if home is None:
        generated.check(text)
    with scratch.folder("pipeline-") as folder:
        file = folder / "pipeline.py"
        file.write_text(text, encoding="utf-8")
        if home is None:
            yield file
            return
        sys.path.insert(0, str(home))
        try:
            yield file
        finally:
            sys.path.remove(str(home))
