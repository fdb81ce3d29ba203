"""``python -m benchmarks.fuzz``: try hostile inputs of every format, and count what went wrong.

First what is known by name, then Python in the place of each text and number, then what is drawn.

What went wrong is written to ``reports/fuzz``; each such input belongs into ``tests/hostile`` once it is mended.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.fuzz import life, report, running

OUT = Path("reports/fuzz")


def main(arguments: Sequence[str] | None = None) -> int:
    """Try what is known and what is drawn, print the table, and return 1 where anything went wrong."""
    options = _options(arguments)
    kinds = options.kind or running.KINDS
    tally = running.run(
        inputs=options.inputs, seed=options.seed, seconds=options.seconds, kinds=kinds, known=options.known,
        places=options.places, loud=True,
    )  # fmt: skip
    print(report.table(tally))
    print("\n".join(map(report.line, tally.wrong)))
    lives = _lives() if options.life else {}
    kept = report.keep(tally, options.out / "failed")
    (options.out / "fuzz.json").write_text(report.figures(tally, seed=options.seed, lives=lives), encoding="utf-8")
    print(f"{len(kept)} inputs were written to {options.out / 'failed'}; the figures to {options.out / 'fuzz.json'}")
    return 1 if tally.wrong or any(lives.values()) else 0


def _lives() -> dict[str, list[str]]:
    """Act out the life of servers, print what went wrong, and return it by case."""
    found = {}
    for case in life.cases():
        found[case.name] = life.tried(case)
        print(f"server: {case.name}: {', '.join(found[case.name]) or 'nothing was left'}", flush=True)
    print(f"{len(found)} lives of a server, {sum(map(bool, found.values()))} went wrong")
    return found


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000, help="how many inputs are drawn, beside the known ones")
    parser.add_argument("--seed", type=int, default=0, help="seed of the drawing")
    parser.add_argument("--seconds", type=float, default=6 * 3600.0, help="after which nothing further is tried")
    parser.add_argument("--kind", nargs="+", choices=running.KINDS, help="only these formats")
    parser.add_argument("--no-known", dest="known", action="store_false", help="leave out what is known by name")
    parser.add_argument("--no-places", dest="places", action="store_false", help="leave out code in every place")
    parser.add_argument("--life", action="store_true", help="also start servers and end them in every way")
    parser.add_argument("--out", type=Path, default=OUT, help="where the figures and the failed inputs go")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
