"""Take the last run's report as the example: ``python docs/example/take.py`` after ``make workbook``.

The same run gives the same bytes, its date aside; the page is self-contained, so it opens from the disk.
"""

from __future__ import annotations

import argparse
from pathlib import Path

HERE = Path(__file__).parent
NAME = "postmortem.html"
LARGEST = 2**20


def take(run: Path) -> Path:
    """Copy the report of a run's folder beside this file and return its path; raise ``ValueError`` if git would not take it."""
    page = (run / NAME).read_bytes()
    if len(page) > LARGEST:
        raise ValueError(f"{run / NAME} has {len(page)} bytes and {LARGEST} is the most; draw its figures leaner")
    target = HERE / NAME
    target.write_bytes(page)
    return target


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, default=Path("reports/latest"), help="folder of a run (reports/latest)")
    print(take(parser.parse_args().run))
