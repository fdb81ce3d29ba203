"""``python -m benchmarks.mutants``: change the package in one place at a time, and count what its tests notice.

The working tree is copied and never touched. Results go to ``reports/bench/mutants.json``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from benchmarks.mutants import generate, report
from benchmarks.mutants.generate import ROOMS, Mutant
from benchmarks.mutants.trial import Copy, Outcome

ROOT = Path(__file__).resolve().parents[2]
OUT = Path("reports/bench/mutants.json")


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw mutants, try them, print the table and write the figures."""
    options = _options(arguments)
    earlier = report.read(options.again) if options.again else []
    noticed = [outcome for outcome in earlier if outcome.result in ("killed", "timeout")]
    if options.again:
        drawn = [outcome.mutant for outcome in earlier if outcome not in noticed]
    else:
        drawn = generate.sample(ROOT, options.sample, options.seed, options.room or ROOMS)
    drawn = [mutant for mutant in drawn if options.only in mutant.module]
    if options.list:
        print("\n".join(f"{m.module}:{m.line} {m.operator} ({m.occurrence})  {m.text}" for m in drawn))
        return
    deadline = time.monotonic() + 60 * options.time_limit
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        outcomes = run(drawn, Path(folder), options.jobs, deadline)
    late = len(drawn) - len(outcomes)
    outcomes = [*noticed, *outcomes]
    print(report.text(outcomes, report.accepted()))
    if late:
        print(f"\n{late} of {len(drawn)} were not tried within {options.time_limit:g} minutes")
    report.write(outcomes, options.out, sample=options.sample, seed=options.seed, drawn=len(noticed) + len(drawn))
    print(f"written to {options.out}")


def run(drawn: Sequence[Mutant], folder: Path, jobs: int, deadline: float) -> list[Outcome]:
    """Try mutants in ``jobs`` copies at once, progress on standard error; what begins after the deadline is left out."""
    copies: SimpleQueue[Copy] = SimpleQueue()
    for number in range(jobs):
        copies.put(Copy.of(ROOT, folder / str(number)))

    def try_one(mutant: Mutant) -> Outcome | None:
        if time.monotonic() > deadline:
            return None
        copy = copies.get()
        try:
            outcome = copy.test(mutant)
        finally:
            copies.put(copy)
        where = f"{mutant.module}:{mutant.line} {mutant.operator}"
        print(f"{outcome.result:9} {outcome.seconds:4.0f} s  {where} {outcome.killed_by}", file=sys.stderr, flush=True)
        return outcome

    with ThreadPoolExecutor(jobs) as workers:
        return [outcome for outcome in workers.map(try_one, drawn) if outcome is not None]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description=__doc__)
    parser.add_argument("--sample", type=int, default=200, help="how many places to change, one at a time")
    parser.add_argument("--seed", type=int, default=0, help="seed of the sample")
    parser.add_argument("--room", nargs="+", choices=ROOMS, help="only these folders of the package")
    parser.add_argument("--only", default="", help="of the sample only modules whose path holds this text")
    parser.add_argument(
        "--again", type=Path, help="try what no test noticed in the figures of an earlier run; adds them up"
    )
    parser.add_argument("--jobs", type=int, default=1, help="how many at once")
    parser.add_argument("--time-limit", type=float, default=120, help="minutes after which no further mutant is begun")
    parser.add_argument("--out", type=Path, default=OUT, help="where the figures go")
    parser.add_argument("--list", action="store_true", help="list the sample and stop")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
