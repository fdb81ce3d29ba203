"""``--deadline``: end a run after a time, whatever it waits for or computes."""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pixelparity.cli.command import FAILED
from pixelparity.errors import InputError

#: How long a run may take to clean up, or to come back from a library's own code, before the process is ended.
GRACE_SECONDS = 5.0


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Raise ``KeyboardInterrupt``, which nothing on the way takes for an error of its own, when the block takes too long.

    The process is ended, with the same line, where it does not come back. Raises ``InputError`` for a time that is none.
    """
    if seconds is None:
        yield
        return
    if not math.isfinite(seconds) or seconds <= 0:
        raise InputError(f"--deadline is {seconds:g} s; use more than 0")
    message = (
        f"the run took longer than the {seconds:g} s of --deadline; give it more time, or fewer pictures (--limit)"
    )

    def overdue(*_: Any) -> None:
        raise KeyboardInterrupt(message)

    def end() -> None:
        print(f"error: {message}", file=sys.stderr, flush=True)
        os._exit(FAILED)

    before = signal.signal(signal.SIGALRM, overdue)
    last = threading.Timer(seconds + GRACE_SECONDS, end)
    last.daemon = True
    signal.setitimer(signal.ITIMER_REAL, seconds)
    last.start()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        last.cancel()
        signal.signal(signal.SIGALRM, before)
