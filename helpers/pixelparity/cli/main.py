"""The parser, the errors and the exit codes: 0 match, 1 differs, 2 not comparable or could not run."""

from __future__ import annotations

import argparse
import difflib
import errno
import itertools
import os
import sys
import textwrap
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

from pixelparity import __version__, progress
from pixelparity.cli import (
    capture,
    deadline,
    demo,
    diagnose,
    diff,
    pictures,
    postmortem,
    recipe,
    repair,
    serve,
    sides,
    workbook,
)
from pixelparity.cli.command import FAILED, Command
from pixelparity.deploy import stopping
from pixelparity.errors import SkewError
from pixelparity.terminal import aside, printable, say

CLOSE = 0.7  # how alike two options are, from 0 to 1, for one to be taken as the other misspelt
WIDTH = 100  # of a help's sentences, in characters
#: Every command, in the order in which the help lists them.
COMMANDS = tuple(
    room.COMMAND
    for room in (demo, diagnose, recipe, diff, repair, postmortem, capture, sides, pictures, serve, workbook)
)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a command line in one line, and what a side is only where that is asked for."""

    command: Command | None = None

    def error(self, message: str) -> NoReturn:
        print(f"error: {message}; see: {self.prog} --help", file=sys.stderr)
        sys.exit(FAILED)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse as argparse does, but name an option that there is not before one that therefore lacks."""
        if self.command is not None:
            options = itertools.takewhile(lambda word: word != "--", args or ())
            for name in (word.partition("=")[0] for word in options if word.startswith("--")):
                self._check_known(name)
        return super().parse_known_args(args, namespace)

    def _check_known(self, name: str) -> None:
        known = [option for option in self._option_string_actions if option.startswith("--")]
        if not any(option.startswith(name) for option in known):
            meant = difflib.get_close_matches(name, known, 1, cutoff=CLOSE)
            self.error(f"unknown option {name}" + (f", did you mean {meant[0]}?" if meant else ""))

    def format_help(self) -> str:
        if self.command is not None:
            self.description = textwrap.fill(self.command.about, WIDTH)
            examples = "\n".join(["examples:", *(f"  {example}" for example in self.command.examples)])
            # The table of sources is not read for anything less than the help of a command that takes sides.
            self.epilog = f"{sides.forms()}\n\n{examples}" if self.command.takes_sides else examples
        return super().format_help()


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    whole = _Parser(
        prog="pixelparity",
        description="Find, name and mend differences between how a model was trained to see pictures and how it is served.",
        epilog="Exit codes: 0 match, 1 differs, 2 not comparable or could not run.",
    )
    whole.add_argument("--version", action="version", version=__version__)
    whole.add_argument("--debug", action="store_true", help="print the traceback of an error")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    for command in COMMANDS:
        own = commands.add_parser(
            command.name, help=command.words, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        own.command = command
        command.add_arguments(own)
        own.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        own.set_defaults(run=command.run, has_result=command.has_result)
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; an error of ours becomes one line on standard error."""
    options = parser().parse_args(arguments)
    options.words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        # Told to end, a command ends as by Ctrl-C: what it has made for the time of its work goes with it.
        with stopping.as_interrupt(), deadline.within(getattr(options, "deadline", None)):
            return _run(options)
    except SkewError as error:
        return _failed(str(error), options.debug)
    except BrokenPipeError:
        return FAILED  # whoever read our output has stopped reading, as `head` does: nothing is left to say
    except KeyboardInterrupt as error:
        return _failed(str(error) or "interrupted", options.debug)
    except SystemExit as error:  # of code that a side runs: its exit status must not be taken for a verdict
        return _failed(
            f"code that was run ends the process (exit {error.code}); run the side's file alone", options.debug
        )
    except (OSError, MemoryError) as error:
        return _failed(_refused(error), options.debug)
    except Exception as error:  # a mistake of ours must not leave with 1, which says that two sides differ
        return _failed(f"{type(error).__name__}: {error} (unexpected; run again with --debug)", options.debug)


def _run(options: argparse.Namespace) -> int:
    """Run a command, and print its result where it has one: nothing that is printed on the way stands beside that."""
    if not options.has_result:
        code, _ = options.run(options)
        return int(code)
    with aside(), progress.shown():
        code, result = options.run(options)
    if result:
        say(printable(result))
    return int(code)


def _refused(error: OSError | MemoryError) -> str:
    """Return what the system refuses, where, and what to do."""
    if isinstance(error, MemoryError):
        return f"the memory is full{f' ({error})' if str(error) else ''}; give fewer or smaller pictures (--limit)"
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    remedy = "make room, or choose another place" if is_full else "see that it is there, may be used and is not used up"
    return f"{where}{error.strerror or error or 'the system refuses'}; {remedy}"


def _failed(message: str, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    print(f"error: {printable(' '.join(message.split()))}", file=sys.stderr)
    return FAILED
