"""What reaches a terminal or a pipe: results alone on standard output, and no character that moves the cursor or turns text."""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pixelparity.errors import InputError

OUT, ERR = 1, 2
#: Control characters but tab and line ends; marks that change the direction in which text is shown; line separators.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]|\r(?!\n)"
)


def printable(text: str) -> str:
    r"""Return a text with every character that a terminal acts on written as its escape (``\u202e``).

    Names of stages, operators and models come from files and servers that may not mean well.
    """
    return _UNPRINTABLE.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), text)


def say(text: str) -> None:
    """Print a result on standard output, all of it at once.

    Raises ``InputError`` where there is no room for it, and ``BrokenPipeError`` where nobody reads it any more; then nothing
    further is printed there.
    """
    try:
        print(text, flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python tries once more when it ends
        if isinstance(error, BrokenPipeError):
            raise
        raise InputError(
            f"the standard output cannot be written: {error.strerror or error}; make room, or send it elsewhere"
        ) from error


@contextmanager
def aside() -> Iterator[None]:
    """Send what is printed within the block, by Python or by a C library, to standard error.

    Reading or running a side runs other people's code, and what that prints must not stand in a result.
    """
    with contextlib.ExitStack() as undo:
        if (_descriptor(sys.stdout), _descriptor(sys.stderr)) == (OUT, ERR):  # not so in a notebook or a test
            sys.stdout.flush()
            undo.enter_context(_descriptor_aside())
        undo.enter_context(contextlib.redirect_stdout(sys.stderr))
        yield


@contextmanager
def _descriptor_aside() -> Iterator[None]:
    kept = os.dup(OUT)
    try:
        os.dup2(ERR, OUT)
        yield
    finally:
        ctypes.CDLL(None).fflush(None)  # what C has not yet written goes where it was printed to
        os.dup2(kept, OUT)
        os.close(kept)


def _descriptor(stream: Any) -> int | None:
    try:
        return int(stream.fileno())
    except (AttributeError, OSError, ValueError, io.UnsupportedOperation):
        return None
