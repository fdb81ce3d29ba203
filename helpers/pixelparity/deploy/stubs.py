"""The processes in which Triton's Python backend runs models: which models have one."""

from __future__ import annotations

from pathlib import Path

STUB = "triton_python_backend_stub"


def models(work: Path) -> set[str]:
    """Return the models that have a process of the server whose work folder this is."""
    program = str(work / "backends" / "python" / STUB)
    started = (_arguments(entry) for entry in Path("/proc").glob("[0-9]*/cmdline"))
    # A stub is given the path of its model: MODEL/VERSION/model.py.
    return {Path(words[1]).parents[1].name for words in started if len(words) > 1 and words[0] == program}


def _arguments(entry: Path) -> list[str]:
    try:
        return entry.read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:  # it ended while we looked
        return []
