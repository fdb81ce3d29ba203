"""``pixelparity sides``: list every kind of side with what it takes, what is executed or only parsed, and an example."""

from __future__ import annotations

import argparse
import textwrap
from typing import TYPE_CHECKING

from pixelparity.cli.command import MATCH, Command, Result

if TYPE_CHECKING:
    from pixelparity.sources.protocol import Form

WIDTH = 100
EXECUTED, PARSED = "executed", "parsed"
HEAD = """# Sides

<!-- made by `pixelparity sides --markdown > docs/sides.md`; do not edit -->

A SIDE is how one side's preprocessing is named on the command line, in the gate and in `sides.parse(...)`: `kind:target`.
A *recipe* is read without running the preprocessing; a *capture* is what it made of pictures. Name as a side only what you
would run yourself where the table says that it is executed; `--no-code` refuses those.

| side | what it takes | gives | what happens to it | example |
|---|---|---|---|---|
"""


def forms() -> str:
    """Return what the help of a command that takes sides says of them."""
    from pixelparity.sources import protocol

    found = [(form.text, form.takes) for source in protocol.every() for form in source.forms]
    width = max(len(text) for text, _ in found)
    lines = ["A SIDE is written as one of", *(f"  {text:<{width}}  {takes}" for text, takes in found)]
    lines += ["`pixelparity sides` says what is executed of each (--no-code refuses those), and what is only parsed."]
    return "\n".join(lines)


def as_text() -> str:
    """Return the table of sides for a terminal."""
    from pixelparity.sources import protocol

    parts = []
    for source in protocol.every():
        parts.append(f"{source.kind}: {source.gives}")
        for form in source.forms:
            parts.append(f"  {form.text}")
            rows = (form.takes, f"{_done(form)}: {form.handling}", f"example: {form.example}")
            parts += [textwrap.fill(row, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 8) for row in rows]
    return "\n".join([*parts, "", textwrap.fill(protocol.ANY_OTHER, WIDTH)])


def as_markdown() -> str:
    """Return docs/sides.md."""
    from pixelparity.sources import protocol

    rows = [
        f"| `{form.text}` | {form.takes} | {source.gives} | **{_done(form)}**: {form.handling} | `{form.example}` |"
        for source in protocol.every()
        for form in source.forms
    ]
    other = f"{protocol.ANY_OTHER[0].upper()}{protocol.ANY_OTHER[1:]}."
    return "\n".join(
        (HEAD + "\n".join(rows), "", other, "[add-a-source.md](add-a-source.md) says what a reader is made of.")
    )


def _done(form: Form) -> str:
    return EXECUTED if form.executes else PARSED


def _add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--markdown", action="store_true", help="print the table as docs/sides.md has it")


def _run(options: argparse.Namespace) -> Result:
    return MATCH, as_markdown() if options.markdown else as_text()


COMMAND = Command(
    name="sides",
    words="list every kind of SIDE: what it takes, what is executed of it, and an example",
    about=(
        "List every kind of SIDE: what it takes, whether it gives a recipe or captures, what is executed of it and "
        "what only parsed, and an example."
    ),
    add_arguments=_add_arguments,
    run=_run,
    examples=("pixelparity sides", "pixelparity sides --markdown"),
)
