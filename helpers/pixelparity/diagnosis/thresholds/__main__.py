"""Write the table of thresholds into a document, between its two marks: ``python -m pixelparity.diagnosis.thresholds FILE``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from pixelparity import files
from pixelparity.diagnosis.thresholds import Entry, Thresholds
from pixelparity.diagnosis.thresholds.entry import entries
from pixelparity.errors import SkewError

BEGIN, END = "<!-- thresholds: begin -->", "<!-- thresholds: end -->"


def table() -> str:
    """Return the thresholds as they are unless a caller changes them: a heading and a Markdown table for each group."""
    usual = Thresholds()
    return "\n\n".join(_group(group.name, getattr(usual, group.name)) for group in fields(usual))


def _group(name: str, group: object) -> str:
    rows = [
        f"## `{name}`",
        "",
        (type(group).__doc__ or "").partition("\n")[0],
        "",
        "| threshold | value | unit | source |",
        "|---|---|---|---|",
        *(_row(one) for one in entries(name, group)),
    ]
    return "\n".join(rows)


def _row(one: Entry) -> str:
    cells = (f"`{one.name}`", f"{one.value}", one.unit, one.source)
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def written(text: str) -> str:
    """Return a document with the table put between its marks; raise ``InputError`` where it has none."""
    return files.between(text, (BEGIN, END), table())


def main(arguments: Sequence[str] | None = None) -> int:
    """Rewrite the document; an error of ours becomes one line and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m pixelparity.diagnosis.thresholds")
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
