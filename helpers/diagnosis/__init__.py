"""Compare two sides, name what differs, and say how to mend it. Numpy only; nothing here draws, decodes or serves.

``compare`` measures matched stages; ``diagnose`` finds and confirms causes. In reading order: results (the words),
histogram, matching, comparing, noise.
"""

from helpers.diagnosis.comparing import compare
from helpers.diagnosis.describing import describe, headline, to_json
from helpers.diagnosis.results import (
    FAMILIES,
    Cause,
    ChannelComparison,
    Comparison,
    Diagnosis,
    Evidence,
    Impact,
    StageComparison,
    Symptom,
)
from helpers.diagnosis.verdict import diagnose

__all__ = [
    "FAMILIES",
    "Cause",
    "ChannelComparison",
    "Comparison",
    "Diagnosis",
    "Evidence",
    "Impact",
    "StageComparison",
    "Symptom",
    "compare",
    "describe",
    "diagnose",
    "headline",
    "to_json",
]
