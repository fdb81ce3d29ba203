"""The test-bed of the diagnosis: how often the right cause is named.

``python -m benchmarks.faults`` prints the tables and writes ``reports/bench/faults.json``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy: --jobs processes share the cores

from benchmarks import cases, combinations, controls, incidents, scoring, speed
from benchmarks.cases import Case, Sides
from benchmarks.inject import NOT_TOLD_FROM_TENSORS
from benchmarks.scoring import SITUATIONS, Answer
from pixelparity import stages
from pixelparity.errors import SkewError

KINDS = ("single", "controls", "incidents", "pairs", "triples", "speed")
OUT = Path("reports/bench/faults.json")
PART = Path("reports/bench/faults_part.json")
SHOWN = "what the diagnosis is shown: all stages, final tensors beside the decoded files, or final tensors alone"


def all_cases(options: argparse.Namespace) -> Iterator[Case]:
    """Iterate over the cases that the options ask for."""
    makers = {
        "single": cases.singles,
        "controls": controls.controls,
        "pairs": lambda: combinations.combinations(2, options.pairs, options.seed),
        "triples": lambda: combinations.combinations(3, options.triples, options.seed),
        "incidents": incidents.cases,
    }
    for kind in options.only:
        if kind in makers:
            chosen = [case for case in makers[kind]() if _wanted(case, options)]
            yield from chosen[:: max(1, len(chosen) // options.cases)][: options.cases] if options.cases else chosen


def _wanted(case: Case, options: argparse.Namespace) -> bool:
    families = {family for families in case.expected for family in families}
    return (
        (not options.base or case.base.name == options.base)
        and (not options.family or options.family in families)
        and (not options.case or options.case in case.name)
    )


def ask(job: tuple[Case, int, list[str]]) -> list[Answer]:
    """Build a case and have it diagnosed in each situation; a failure is an answer too.

    ``stages``: all of both sides; ``tensors``: final tensors only; ``pictures``: these, and the decoded files.
    """
    from pixelparity import diagnosis

    case, seed, situations = job
    try:
        sides = cases.build(case, seed)
    except LookupError as error:
        return [replace(scoring.blank(case, situation), void=str(error)) for situation in situations]
    void = "" if case.kind == "control" else cases.without_effect(case, sides, seed)
    answers = []
    final = sides.final_only()
    for situation in situations:
        shown: Sides = sides if situation == "stages" else final
        more: dict[str, Any] = {"raw": cases.decoded(case, seed)} if situation == "pictures" else {}
        start = time.perf_counter()
        try:
            answer = diagnosis.diagnose(shown.reference, shown.deployed, **more)
        except Exception as error:
            said = str(error) if isinstance(error, SkewError) else f"{type(error).__name__}: {error}"
            judged = replace(scoring.blank(case, situation), error=said, said=f"error: {said}")
        else:
            judged = scoring.judge(case, situation, shown, answer, time.perf_counter() - start)
        answers.append(replace(judged, void=void))
    return answers


def run(options: argparse.Namespace) -> list[Answer]:
    """Diagnose all chosen cases in ``--jobs`` processes, progress on standard error."""
    jobs = [(case, options.seed, options.situations) for case in all_cases(options)]
    answers: list[Answer] = []
    start = time.perf_counter()
    # Spawned, not forked: DALI's threads do not survive a fork.
    with multiprocessing.get_context("spawn").Pool(options.jobs) as workers:
        for number, found in enumerate(workers.imap_unordered(ask, jobs), start=1):
            answers += found
            if number % 10 == 0 or number == len(jobs):
                print(f"\r{number}/{len(jobs)} cases, {time.perf_counter() - start:.0f} s", end="", file=sys.stderr)
    print(file=sys.stderr)
    return sorted(answers, key=lambda a: (a.kind, a.case, a.situation))


def show(figures: dict[str, Any], answers: list[Answer]) -> None:
    """Print the tables: rates per family, what was taken for what, and every failing case by name."""
    asked = [s for s in SITUATIONS if any(a.situation == s for a in answers)]
    print(f"{'family':24}" + "".join(f" {s:>12}" for s in asked))
    for family, row in scoring.per_family(answers).items():
        cells = [f"{right}/{total}" if total else "-" for right, total in (row.get(s, (0, 0)) for s in asked)]
        print(f"{family:24}" + "".join(f" {cell:>12}" for cell in cells))
    print("\nwhat is taken for what (named first; rows with a failure)")
    for family, counts in figures["confusion"].items():
        if set(counts) != {family.split()[0]}:
            print(f"  {family:36} " + ", ".join(f"{name} {count}" for name, count in counts.items()))
    failing = [a for a in answers if not a.right and not a.void]
    print(f"\n{len(failing)} answers that were wrong")
    for a in failing:
        left_out = "" if a.counted else " [not counted]"
        print(f"  {a.kind} {a.case} ({a.situation}){left_out}\n      expected {_sets(a)}; said {a.said}")
    for what in ("stage_right", "parameters_right"):
        wrong = [a for a in answers if getattr(a, what) is False and not a.void]
        print(f"\n{len(wrong)} named, but with the wrong {what.split('_')[0]}")
        for a in wrong:
            print(f"  {a.case} ({a.situation}): {a.said}")
    print("\n" + json.dumps({key: value for key, value in figures.items() if key != "confusion"}, indent=1))


def _sets(answer: Answer) -> str:
    return " or ".join("{" + ", ".join(families) + "}" for families in answer.expected)


def _line(case: Case) -> str:
    """Return what is known of a case: its name; for an incident also the causes, the link and what was assumed."""
    if case.kind != "incident":
        return case.name
    causes = " or ".join(", ".join(sorted(families)) for families in case.expected)
    return f"{case.name} | {causes} | {case.link} | {case.assumed}"


def dump(name: str, folder: Path, options: argparse.Namespace) -> None:
    """Save both captures of a case to ``folder/reference`` and ``folder/deployed``."""
    for case in all_cases(options):
        if case.name == name:
            sides: Sides = cases.build(case, options.seed)
            stages.save(sides.reference, folder / "reference", replace=True)
            stages.save(sides.deployed, folder / "deployed", replace=True)
            print(f"{name}: expected {[sorted(f) for f in case.expected]}, plan {case.plan}")
            return
    raise SystemExit(f"no case {name!r}; --list shows the names")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=KINDS, default=list(KINDS), help="kinds of cases")
    parser.add_argument("--base", help="only cases of this base")
    parser.add_argument("--family", help="only cases with this family")
    parser.add_argument("--case", help="only cases whose name holds this text")
    parser.add_argument("--cases", type=int, default=0, help="at most this many of each kind, spread evenly")
    parser.add_argument("--pairs", type=int, default=120, help="how many pairs to draw")
    parser.add_argument("--triples", type=int, default=80, help="how many triples to draw")
    parser.add_argument("--seed", type=int, default=0, help="seed of pictures and combinations")
    parser.add_argument("--situations", nargs="+", choices=SITUATIONS, default=list(SITUATIONS), help=SHOWN)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--out", type=Path, help=f"where the figures go: {OUT}, of a part of the cases {PART}")
    parser.add_argument("--list", action="store_true", help="list the names of the cases and stop")
    parser.add_argument("--dump", nargs=2, metavar=("CASE", "FOLDER"), help="save both captures of one case and stop")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Run the test-bed."""
    options = _options(arguments)
    if options.list:
        print("\n".join(_line(case) for case in all_cases(options)))
        return
    if options.dump:
        dump(options.dump[0], Path(options.dump[1]), options)
        return
    start = time.perf_counter()
    answers = run(options) if set(options.only) != {"speed"} else []
    figures = scoring.summary(answers)
    if "speed" in options.only:
        figures |= speed.measure()
    figures["not_told_from_tensors"] = [f"{name}: {reason}" for name, reason in NOT_TOLD_FROM_TENSORS.items()]
    figures["seconds_of_this_run"] = round(time.perf_counter() - start)
    show(figures, answers)
    _write(figures, options)


def _write(figures: dict[str, Any], options: argparse.Namespace) -> None:
    """Write the figures whole or not at all; a part of the cases never takes the place of all of them."""
    part = set(options.only) != set(KINDS) or options.base or options.family or options.case or options.cases
    out = options.out or (PART if part else OUT)
    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = out.with_suffix(".tmp")
    scratch.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    scratch.replace(out)
    print(f"written to {out}")


if __name__ == "__main__":
    main()
