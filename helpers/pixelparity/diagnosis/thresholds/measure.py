"""How stages of two sides are paired before they are measured, and which images tell; the noise floor has a group of its own."""

from __future__ import annotations

from dataclasses import dataclass

from pixelparity.diagnosis.thresholds.entry import number


@dataclass(frozen=True, kw_only=True)
class Measure:
    """Weights of the pairing of stages, of which the heaviest that keeps both orders is taken; and which images tell."""

    same_name_weight: int = number(
        3, "weight", "reasoned: a shared name says more than any two shared steps, which may repeat within a side"
    )
    same_step_weight: int = number(1, "weight", "reasoned: the unit that the other weights are counted in")
    same_role_weight: int = number(
        1, "weight", "reasoned: an input answers to a decode, and a crop to a pad, as well as two equal steps do"
    )
    telling_min_share: float = number(
        0.4,
        "share of the largest image's difference",
        "an image that differs less shows little of a filter: chosen on python -m benchmarks.faults --situations tensors",
    )
