"""Copies of the notebooks to work in, so that running cells and saving never changes a file that git tracks.

``python -m pixelparity.workbook.copies`` lays them out; ``make lab`` does so and opens them. A notebook that was changed in the
project comes anew where nobody has worked in its copy; where somebody has, the copy stays and a line says so.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pixelparity import files
from pixelparity.deploy import places

FOLDER = places.ROOT / "my-notebooks"
#: The notebooks as they were when they were copied, to tell the project's changes from the user's.
TAKEN = ".taken"


def lay_out(folder: Path = FOLDER, originals: Path = places.ROOT / "notebooks") -> Sequence[str]:
    """Copy every notebook into a folder and return the names of those that stayed as their user left them.

    Outputs and counts of cells are no work of the user's: a copy whose cells are those that were copied is brought up to date.
    Raises ``InputError`` without a checkout, or where the folder cannot be written.
    """
    places.require_checkout("the workbook")
    stayed = []
    for original in sorted(originals.glob("*.ipynb")):
        copy, taken = folder / original.name, folder / TAKEN / original.name
        text = original.read_text(encoding="utf-8")
        if taken.exists() and taken.read_text(encoding="utf-8") == text and copy.exists():
            continue
        if copy.exists() and not (taken.exists() and _cells(copy) == _cells(taken)):
            stayed.append(original.name)
            continue
        files.write_whole(copy, text)
        files.write_whole(taken, text)
    return stayed


def _cells(notebook: Path) -> list[tuple[str, str]] | None:
    """Return what a person has written into a notebook, cell by cell, or nothing for a file that is none."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        return [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    except (ValueError, KeyError, TypeError):
        return None


def main() -> None:
    """Lay the notebooks out, and name those that stayed behind the project's."""
    for name in lay_out():
        place = FOLDER / name
        print(f"note: {name} has changed in the project; your copy stays. Move {place} away to get the new one.")


if __name__ == "__main__":
    main()
