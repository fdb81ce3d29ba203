"""What a command of the command line is made of, and what it leaves with."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

MATCH, DIFFERS, FAILED = 0, 1, 2
#: What a command leaves with, and what it prints; empty where it has printed on its way.
Result = tuple[int, str]


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command: its name, what it does in a few words and in sentences (``about``), its arguments, and the work.

    ``has_result`` says that what ``run`` returns is all that belongs on standard output: what anything else prints on the way
    is then kept off it. ``examples`` are two whole command lines for its help, which also says what a SIDE is where it
    ``takes_sides``.
    """

    name: str
    words: str
    about: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], Result]
    examples: tuple[str, str]
    has_result: bool = True
    takes_sides: bool = False
