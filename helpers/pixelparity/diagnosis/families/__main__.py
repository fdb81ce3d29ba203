"""Write the table of families into a document, between its two marks: ``python -m pixelparity.diagnosis.families FILE``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pixelparity.diagnosis.families import every
from pixelparity.errors import InputError, SkewError

BEGIN, END = "<!-- families: begin -->", "<!-- families: end -->"


def table() -> str:
    """Return the families as a Markdown table, one row each."""
    rows = ["| family | what differs | how it is found with stages | from final tensors alone |", "|---|---|---|---|"]
    rows += [f"| `{one.name}` | {one.differs} | {one.with_stages} | {one.from_finals} |" for one in every()]
    return "\n".join(rows)


def written(text: str) -> str:
    """Return a document with the table put between its marks; raise ``InputError`` where it has none."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise InputError(f"the document has no place for the table; put {BEGIN} and {END} on lines of their own")
    return f"{head}{BEGIN}\n{table()}\n{END}{tail}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Rewrite the document; an error of ours becomes one line and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m pixelparity.diagnosis.families")
    parser.add_argument("file", type=Path)
    file = parser.parse_args(arguments).file
    try:
        file.write_text(written(file.read_text(encoding="utf-8")), encoding="utf-8")
    except (SkewError, OSError) as error:
        print(f"error: {file}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
