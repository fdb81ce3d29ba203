"""Drop what does not hold, the weakest first, look at the rest again, and drop what is not needed: this confirms causes.

What is looked at (chains run again from stages and pictures, or final tensors undone) is the caller's; the order, the end and
the record of what was dropped are the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Generic, TypeVar

from pixelparity.diagnosis.results import Evidence

Hypothesis = TypeVar("Hypothesis")


@dataclass(frozen=True, kw_only=True)
class Trial:
    """How one hypothesis fares among the others: ``objection`` says why it does not hold, empty where it does.

    Of those that do not hold, the one of the smallest ``weight`` goes first.
    """

    evidence: Evidence
    objection: str = ""
    weight: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Outcome(Generic[Hypothesis]):
    """What was kept, in the order in which it was given, and what was dropped, in the order in which it went."""

    kept: tuple[tuple[Hypothesis, Trial], ...]
    dropped: tuple[tuple[Hypothesis, Trial], ...]


def eliminate(
    hypotheses: Sequence[Hypothesis], judge: Callable[[Sequence[Hypothesis]], Sequence[Trial]]
) -> Outcome[Hypothesis]:
    """Try all hypotheses together, drop the weakest that does not hold, and try the others again until all hold.

    ``judge`` returns one trial for each hypothesis that it is given; it is asked about none as well.
    """
    standing = list(hypotheses)
    dropped: list[tuple[Hypothesis, Trial]] = []
    while True:
        trials = judge(standing)
        odd = [n for n, trial in enumerate(trials) if trial.objection]
        if not odd:
            return Outcome(kept=tuple(zip(standing, trials, strict=True)), dropped=tuple(dropped))
        worst = min(odd, key=lambda n: trials[n].weight)
        dropped.append((standing.pop(worst), trials[worst]))


def prune(
    outcome: Outcome[Hypothesis],
    judge: Callable[[Sequence[Hypothesis]], Sequence[Trial]],
    explains: Callable[[Sequence[Hypothesis], Sequence[Hypothesis]], bool],
) -> Outcome[Hypothesis]:
    """Keep the smallest set of hypotheses that explains as much as all that were kept, and in which each still holds.

    Two that take back each other's effect hold both as long as both stand: only without the two of them does it show that
    neither is needed. ``explains`` is asked whether some (second) of those kept (first) do without the others. Whether
    all but one do is what every trial asks already, so that sets of two less and fewer are looked at.
    """
    kept = [hypothesis for hypothesis, _ in outcome.kept]
    for size in range(len(kept) - 1):
        for chosen in combinations(kept, size):
            if not explains(kept, chosen):
                continue
            trials = judge(chosen)
            if not any(trial.objection for trial in trials):
                spare = [pair for pair in outcome.kept if not any(pair[0] is one for one in chosen)]
                return Outcome(
                    kept=tuple(zip(chosen, trials, strict=True)), dropped=(*outcome.dropped, *map(_spared, spare))
                )
    return outcome


def _spared(pair: tuple[Hypothesis, Trial]) -> tuple[Hypothesis, Trial]:
    hypothesis, trial = pair
    return hypothesis, replace(trial, objection="the tensors are explained as well without it and what it takes back")
