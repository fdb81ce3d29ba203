"""Processes, as a test looks for them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path


def processes_with(word: str) -> list[int]:
    """Return the ids of processes whose command line or environment holds a word."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            text = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if word.encode() in text and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


def wait_until(condition: Callable[[], bool], seconds: float = 12.0) -> bool:
    """Wait until a condition holds; tell whether it does."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return condition()
