"""The loop that confirms causes: the weakest goes first, the others are tried again, and what went is recorded."""

from __future__ import annotations

from collections.abc import Sequence

from pixelparity.diagnosis.results import Evidence
from pixelparity.diagnosis.search.elimination import Outcome, Trial, eliminate


def trial(weight: float, objection: str = "") -> Trial:
    """Return how a hypothesis fares."""
    evidence = Evidence(undone="x", before=weight, after=0.0, removed=1.0, images=1)
    return Trial(evidence=evidence, objection=objection, weight=weight)


def names(pairs: Sequence[tuple[str, Trial]]) -> list[str]:
    """Return the hypotheses alone."""
    return [hypothesis for hypothesis, _ in pairs]


def test_all_that_hold_are_kept_in_order() -> None:
    """Without an objection nothing goes, and one round is enough."""
    asked = []

    def judge(standing: Sequence[str]) -> list[Trial]:
        asked.append(list(standing))
        return [trial(1.0) for _ in standing]

    outcome = eliminate(["b", "a"], judge)
    assert names(outcome.kept) == ["b", "a"]
    assert outcome.dropped == ()
    assert asked == [["b", "a"]]


def test_the_weakest_goes_first_and_may_save_another() -> None:
    """By hand: of two that do not hold the lighter is dropped; without it the heavier holds, and the lightest of all stays."""
    weights = {"light": 1.0, "heavy": 2.0, "lightest": 0.5}

    def judge(standing: Sequence[str]) -> list[Trial]:
        crowded = {"light", "heavy"} <= set(standing)
        return [trial(weights[one], "in the way" if crowded and one != "lightest" else "") for one in standing]

    outcome = eliminate(["heavy", "light", "lightest"], judge)
    assert names(outcome.kept) == ["heavy", "lightest"]
    assert names(outcome.dropped) == ["light"]
    assert outcome.dropped[0][1].objection == "in the way"


def test_equal_weights_go_in_the_order_given() -> None:
    """Of equals the first goes first, until none is left; the judge is asked about none as well."""
    sizes = []

    def judge(standing: Sequence[str]) -> list[Trial]:
        sizes.append(len(standing))
        return [trial(1.0, "no") for _ in standing]

    outcome = eliminate(["a", "b", "c"], judge)
    assert names(outcome.dropped) == ["a", "b", "c"]
    assert outcome.kept == ()
    assert sizes == [3, 2, 1, 0]


def test_nothing_proposed_is_nothing_kept() -> None:
    """An empty list is an outcome, not an error."""
    assert eliminate([], lambda standing: []) == Outcome(kept=(), dropped=())
