"""Write the table of families into a document, between its two marks: ``python -m pixelparity.diagnosis.families FILE``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pixelparity import files
from pixelparity.diagnosis.families import every
from pixelparity.errors import SkewError

BEGIN, END = "<!-- families: begin -->", "<!-- families: end -->"


def table() -> str:
    """Return the families as a Markdown table, one row each."""
    rows = ["| family | what differs | how it is found with stages | from final tensors alone |", "|---|---|---|---|"]
    rows += [f"| `{one.name}` | {one.differs} | {one.with_stages} | {one.from_finals} |" for one in every()]
    return "\n".join(rows)


def written(text: str) -> str:
    """Return a document with the table put between its marks; raise ``InputError`` where it has none."""
    return files.between(text, (BEGIN, END), table())


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
