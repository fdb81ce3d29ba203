"""Signals that end a process, turned into an exception, so that what was put on somebody's server is taken away first."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


@contextmanager
def as_interrupt() -> Iterator[None]:
    """Raise ``KeyboardInterrupt`` within the block when the process is told to end, rather than end at once."""
    with _handled(_interrupt):
        yield


@contextmanager
def deferred() -> Iterator[None]:
    """Let the block end before a signal that came within it is acted on, by ``KeyboardInterrupt`` after it."""
    received: list[int] = []
    with _handled(lambda number, frame: received.append(number)):
        yield
    if received:
        _interrupt(received[0], None)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt(f"stopped by {signal.Signals(number).name}")


@contextmanager
def _handled(handler: Any) -> Iterator[None]:
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():  # no other thread may set handlers, nor receives signals
        known = {number: signal.getsignal(number) for number in SIGNALS}
        # What is ignored stays ignored: nohup asks for that, and a shell's background job does of Ctrl-C.
        before = {number: was for number, was in known.items() if was not in (signal.SIG_IGN, None)}
    try:
        for number in before:
            signal.signal(number, handler)
        yield
    finally:
        for number, was in before.items():
            signal.signal(number, was)
