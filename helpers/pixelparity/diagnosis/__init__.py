"""Compare two sides, name what differs, and say what it costs. Numpy only; nothing here draws, decodes or serves.

``compare`` measures matched stages; ``diagnose`` finds and confirms causes, ``examine`` also returns what mends each of them.
The rooms, in reading order: ``measure`` (two tensors against each other), ``model`` (what one side does), ``fit`` (find it out),
``families`` (what differs between two fitted sides, by its name), ``search`` (propose, measure on held-out pictures, keep what
holds). Then ``recipe_hints``, ``caveats``, ``verdict`` and ``text``; ``thresholds`` holds every number that a decision hangs on.
"""

from pixelparity.diagnosis.families import FAMILIES
from pixelparity.diagnosis.measure.comparison import compare
from pixelparity.diagnosis.results import (
    Cause,
    ChannelComparison,
    Comparison,
    Diagnosis,
    Evidence,
    Impact,
    StageComparison,
    Symptom,
)
from pixelparity.diagnosis.search.confirm.counterfactuals import Mends
from pixelparity.diagnosis.text import describe, explain, headline, to_json
from pixelparity.diagnosis.verdict import Examination, diagnose, examine

__all__ = [
    "FAMILIES",
    "Cause",
    "ChannelComparison",
    "Comparison",
    "Diagnosis",
    "Evidence",
    "Examination",
    "Impact",
    "Mends",
    "StageComparison",
    "Symptom",
    "compare",
    "describe",
    "diagnose",
    "examine",
    "explain",
    "headline",
    "to_json",
]
