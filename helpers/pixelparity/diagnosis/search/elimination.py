"""Drop what does not hold, the weakest first, and look at the rest again: the one loop that confirms causes.

What is looked at (chains run again from stages and pictures, or final tensors undone) is the caller's; the order, the end and
the record of what was dropped are the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
