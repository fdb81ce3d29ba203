"""``python -m benchmarks.sources``: a line for each library, and an exit code of 1 where recipe and library differ."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.sources import cases
from benchmarks.sources.running import Outcome, compare

#: The largest difference that counts as none, in the units of the output (levels, where they are not normalised). Measured on
#: equal pipelines: 7e-7, but 8e-4 for OpenVINO, whose own resampling in float32 adds in another order than PyTorch's.
TOLERANCE = 2e-3


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare every library that is installed, or those named; return 1 where one differs, else 0."""
    options = _parser().parse_args(arguments)
    interpreters = dict(entry.split("=", 1) for entry in options.python)
    unknown = sorted(set(interpreters) - set(cases.LIBRARIES))
    if unknown:
        _parser().error(f"--python names {unknown[0]}; libraries are {', '.join(cases.LIBRARIES)}")
    outcomes = []
    print(f"{'library':<15} {'version':<12} {'cases':>5} {'pictures':>8} {'largest':>10} {'mean':>10}")
    for name in options.only or cases.LIBRARIES:
        outcome = compare(name, interpreters.get(name, sys.executable), seed=options.seed)
        outcomes.append(outcome)
        _show(outcome)
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in outcomes], indent=1) + "\n", encoding="utf-8")
    return int(any(differs(one) for one in outcomes))


def differs(outcome: Outcome) -> bool:
    """Tell whether a library's output is another than its recipe's, in values, in shape, or because something failed."""
    return bool(outcome.version) and (outcome.largest > TOLERANCE or bool(outcome.notes) or not outcome.compared)


def _show(outcome: Outcome) -> None:
    if not outcome.version:
        package = cases.LIBRARIES[outcome.library].package
        way_on = f'run: pip install "{package}", or give --python {outcome.library}=PATH'
        print(f"{outcome.library:<15} skipped: it is not installed; {way_on}")
        return
    figures = f"{outcome.cases:>5} {outcome.compared:>8} {outcome.largest:>10.2e} {outcome.mean:>10.2e}"
    worst = f"  worst: {outcome.worst}" if outcome.largest > TOLERANCE else ""
    print(f"{outcome.library:<15} {outcome.version:<12} {figures}{worst}")
    for note in outcome.notes:
        print(f"    {note}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sources", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=sorted(cases.LIBRARIES), metavar="LIB", help="these libraries")
    parser.add_argument(
        "--python", action="append", default=[], metavar="LIB=PATH", help="the interpreter that has a library"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the drawn pictures")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the outcomes there")
    return parser


if __name__ == "__main__":
    sys.exit(main())
