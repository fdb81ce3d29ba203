"""Run a pipeline's text from a file that vanishes."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def as_module(text: str, home: Path | None = None) -> Iterator[Path]:
    """Yield a Python file of its own that holds ``text``; imports of what lies in ``home`` work as they did there."""
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
