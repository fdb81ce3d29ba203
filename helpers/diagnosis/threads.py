"""The same work on several pictures at once: NumPy lets other threads run while it computes on large arrays."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
#: Threads that work at once.
WORKERS = os.cpu_count() or 1


def each(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return what the work makes of each item, in their order; the first error is raised."""
    with ThreadPoolExecutor(max_workers=WORKERS) as workers:
        return list(workers.map(work, items))
