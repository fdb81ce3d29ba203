"""Compare two sides, name what differs, and say how to mend it. Numpy only; nothing here draws, decodes or serves.

``compare`` measures matched stages; ``diagnose`` finds and confirms causes. In reading order:
results, noise, matching, threads, histogram, tallies, byte_tallies, comparing (measuring); resampling, frames, colours,
layouts, blocks, chain, sizing, registration, identify (what a side does); findings, constants, values, channels, geometry,
decoding (names); segments, explain (stages or pictures known); spectra, relative, residue, blackbox (final tensors alone);
inputs, symptoms, impact, verdict, describing.
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
