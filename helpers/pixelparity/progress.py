"""What a person at a terminal sees of work that takes long: one line that says what is being done and for how long.

It is written to standard error, shown after two seconds, and taken away when the work ends. In a pipe, in a file and on a
terminal that cannot move its cursor nothing is written at all.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from pixelparity.terminal import printable

#: Work that is over sooner shows nothing.
AFTER_SECONDS = 2.0
EVERY_SECONDS = 0.25
MARKS = "|/-\\"
ERASE = "\r\x1b[K"


class _Line:
    """The line of one piece of work; a thread of its own writes it, for the work itself does not come back to do so."""

    def __init__(self, stream: IO[str]) -> None:
        self.what = "working"
        self._stream = stream
        self._started = time.monotonic()
        self._is_over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def _write(self) -> None:
        wait = AFTER_SECONDS
        turns = 0
        while not self._is_over.wait(wait):
            wait = EVERY_SECONDS
            seconds = time.monotonic() - self._started
            ending = f" {seconds:.0f} s"
            room = max(shutil.get_terminal_size().columns - len(ending) - 3, 0)
            with self._lock:
                self._stream.write(f"{ERASE}{MARKS[turns % len(MARKS)]} {printable(self.what)[:room]}{ending}")
                self._stream.flush()
            turns += 1

    def aside(self, text: str) -> None:
        """Write a line that stays, in place of the one that moves."""
        with self._lock:
            self._stream.write(f"{ERASE}{text}\n")
            self._stream.flush()

    def end(self) -> None:
        """Take the line away."""
        self._is_over.set()
        self._thread.join()
        if time.monotonic() - self._started >= AFTER_SECONDS:
            self._stream.write(ERASE)
            self._stream.flush()


_line: _Line | None = None


@contextmanager
def shown() -> Iterator[None]:
    """Show the line for as long as the block runs, where a person sits at a terminal."""
    global _line
    if _line is not None or not _is_terminal(sys.stderr):
        yield
        return
    _line = _Line(sys.stderr)
    try:
        yield
    finally:
        ended, _line = _line, None
        ended.end()


def doing(what: str) -> None:
    """Say what is being done from now on, for whoever watches."""
    if _line is not None:
        _line.what = what


def note(text: str) -> None:
    """Write a line of its own on standard error, beside the one that moves."""
    if _line is not None:
        _line.aside(printable(text))
    else:
        print(printable(text), file=sys.stderr)


def _is_terminal(stream: IO[str]) -> bool:
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
