"""Compare two sides, name what differs, and say how to mend it. Numpy only; nothing here draws, decodes or serves.

``compare`` measures matched stages; ``diagnose`` finds and confirms causes, ``examine`` also returns what mends each of them.
In reading order: results, noise, matching, threads, histogram, tallies, byte_tallies, comparing (measuring); resampling, frames,
colours, layouts, blocks, chain, sizing, registration, identify (what a side does); findings, constants, values, channels,
geometry, decoding (names); segments, explain (stages or pictures known), contents, veils (what a decoder made of the files);
spectra, relative, residue, blackbox (final tensors alone); inputs, symptoms, impact, mending (tensors with causes mended),
confirming, ways, limits, verdict, describing.
"""

from pixelparity.diagnosis.comparing import compare
from pixelparity.diagnosis.describing import describe, headline, to_json
from pixelparity.diagnosis.mending import Mends
from pixelparity.diagnosis.results import (
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
    "headline",
    "to_json",
]
