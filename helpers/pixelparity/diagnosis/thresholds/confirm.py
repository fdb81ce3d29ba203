"""What a cause has to do to be kept, and how sure it then is."""

from __future__ import annotations

from dataclasses import dataclass

from pixelparity.diagnosis.thresholds.entry import number

_BENCH = "chosen on the fault bench (python -m benchmarks.faults)"
_FORMULA = "a formula of the evidence that is not calibrated yet"


@dataclass(frozen=True, kw_only=True)
class Confirm:
    """On pictures that a cause was not estimated on: the share that undoing it removes, and the parts of its confidence."""

    removed_min_share: float = number(
        0.5, "share of the difference", f"of what lies above the reference's own noise; less is no mend: {_BENCH}"
    )
    understood_max_levels: float = number(
        1.0, "levels, mean", "what a model of a side may leave without a doubt of what it says: rounding and borders"
    )
    held_out_images: int = number(6, "pictures", "enough for a mean, few enough to stay fast")
    confidence_base: float = number(
        0.5, "confidence", f"of a cause whose undoing removes nothing; the rest by share: {_FORMULA}"
    )
    confidence_one_image: float = number(0.7, "factor", f"of a cause that no picture was held out for: {_FORMULA}")
    confidence_per_image: float = number(0.075, "factor for each picture held out", f"four make it whole: {_FORMULA}")
    confidence_per_level: float = number(0.1, "confidence for each level left unexplained", _FORMULA)
    confidence_max_levels: float = number(
        2.0, "levels", f"more that is left unexplained takes away no more: {_FORMULA}"
    )
    confidence_least: float = number(0.05, "confidence", f"what is kept is never called impossible: {_FORMULA}")
    confidence_most: float = number(0.99, "confidence", f"and never certain: {_FORMULA}")
    probability_max_sum_gap: float = number(1e-3, "sum of probabilities - 1", "rounding of float32 outputs; as outputs")
