"""The same work on several pictures at once: NumPy lets other threads run while it computes on large arrays."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
#: Threads that work at once.
WORKERS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def each(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return what the work makes of each item, in their order; the first error is raised."""
    context = copy_context()  # a worker reads the thresholds that are in force where the work was given
    with ThreadPoolExecutor(max_workers=WORKERS) as workers:
        return list(workers.map(lambda item: context.copy().run(work, item), items))


@contextmanager
def beside(work: Callable[[], Result]) -> Iterator[Callable[[], Result]]:
    """Do some work beside the block; yields a function that waits for its result, or raises its error.

    An error of the block is raised only if the work had none: the work's comes first, as if it had been done before.
    """
    with ThreadPoolExecutor(max_workers=1) as worker:
        pending = worker.submit(copy_context().run, work)
        try:
            yield pending.result
        except Exception:
            pending.result()
            raise
