"""The loop that confirms causes: the weakest goes first, the others are tried again, and what went is recorded."""

from __future__ import annotations

from collections.abc import Sequence

from pixelparity.diagnosis.results import Evidence
from pixelparity.diagnosis.search.elimination import Outcome, Trial, eliminate, prune


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


def held(standing: Sequence[str]) -> list[Trial]:
    """Judge all to hold."""
    return [trial(1.0) for _ in standing]


def left(chosen: Sequence[str], effects: dict[str, float]) -> float:
    """Return what is left of the sum of all effects when some are mended: each effect is a signed shift."""
    return abs(sum(shift for name, shift in effects.items() if name not in chosen))


def test_two_that_take_each_other_back_are_not_needed() -> None:
    """By hand: shifts of 5, 3 and -3. Each alone left in leaves at least 3, so all hold; mending the 5 alone leaves nothing."""
    effects = {"true": 5.0, "up": 3.0, "down": -3.0}
    outcome = eliminate(list(effects), held)
    pruned = prune(outcome, held, lambda kept, chosen: left(chosen, effects) <= left(kept, effects))
    assert names(pruned.kept) == ["true"]
    assert names(pruned.dropped) == ["up", "down"]
    assert "as well without it" in pruned.dropped[0][1].objection


def test_all_that_is_needed_stays() -> None:
    """Shifts of 5, 3 and 2 are all needed: no smaller set leaves as little, and sets of all but one are not asked again."""
    effects, asked = {"a": 5.0, "b": 3.0, "c": 2.0}, []

    def explains(kept: Sequence[str], chosen: Sequence[str]) -> bool:
        asked.append(tuple(chosen))
        return left(chosen, effects) <= left(kept, effects)

    outcome = eliminate(list(effects), held)
    assert prune(outcome, held, explains) == outcome
    assert asked == [(), ("a",), ("b",), ("c",)]


def test_the_smallest_set_has_to_hold_by_itself() -> None:
    """A smaller set in which one does not hold takes nothing's place."""
    outcome = eliminate(["a", "b", "c"], held)

    def judge(standing: Sequence[str]) -> list[Trial]:
        return [trial(1.0, "alone it does not hold") for _ in standing]

    kept = prune(outcome, judge, lambda kept, chosen: list(chosen) == ["a"])
    assert kept == outcome


def test_one_alone_is_never_pruned() -> None:
    """With a single cause nothing smaller but nothing is left, and that was asked when it was tried."""
    outcome = eliminate(["a"], held)
    assert prune(outcome, held, lambda kept, chosen: True) == outcome
