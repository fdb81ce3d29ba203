"""What is asked of a cause that is told from final tensors alone."""

from __future__ import annotations

from dataclasses import dataclass

from pixelparity.diagnosis.thresholds.entry import number

_BENCH = "chosen on python -m benchmarks.faults --situations tensors"


@dataclass(frozen=True, kw_only=True)
class Finals:
    """Shares of the difference that undoing a cause has to remove, by what undoing cannot bring back."""

    undo_share: float = number(0.4, "share of the difference", f"a cause that can be undone whole: {_BENCH}")
    moved_undo_share: float = number(
        0.04, "share of the difference", f"resampling once more blurs what was moved: {_BENCH}"
    )
    filtered_undo_share: float = number(
        0.08, "share of the difference", f"what a filter took does not come back: {_BENCH}"
    )
