"""How the ways to explain are chosen between, and when pictures show too little."""

from __future__ import annotations

from dataclasses import dataclass

from pixelparity.diagnosis.thresholds.entry import number

_BENCH = "chosen on the fault bench (python -m benchmarks.faults --situations pictures)"


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """What concerns a diagnosis as a whole: exchanged inputs, pictures or tensors alone, and the notes on what was too little."""

    finals_better_share: float = number(
        0.6,
        "share of the misfit that the pictures leave",
        f"final tensors alone have to leave less to be taken instead, for they tell less exactly; {_BENCH}",
    )
    exchanged_min_ratio: float = number(
        4.0,
        "ratio to noise.resize_mean_levels",
        "two inputs are exchanged: crossed, they are within the noise; straight, this far beyond it. Reasoned: two inputs"
        " that are that near each other are not told apart",
    )
    few_pictures: int = number(
        4,
        "pictures",
        "fewer earn a note: with four, two can find a cause and two confirm it; reasoned",
    )
    flat_max_range_share: float = number(
        1e-3,
        "share of the largest magnitude",
        "a quarter of a level of 255: a channel that varies less is of one colour; reasoned",
    )
    grey_max_gap: float = number(
        0.01,
        "standard deviations of a channel",
        "channels are gains and offsets of one another within it: one rounding at a spread of 40 levels; reasoned",
    )
