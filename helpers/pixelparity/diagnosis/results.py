"""What a comparison and a diagnosis say: plain data, no computing, written as JSON in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.stages import Stage

VERDICTS = ("match", "differs", "not_comparable")


@dataclass(frozen=True, kw_only=True)
class ChannelComparison:
    """One channel of one pair of stages: shared-edge histograms (counts, len(edges) - 1 bins) and moments of both sides."""

    channel: str
    edges: NDArray[np.float64]
    reference_counts: NDArray[np.int64]
    deployed_counts: NDArray[np.int64]
    reference_mean: float
    deployed_mean: float
    reference_std: float
    deployed_std: float


@dataclass(frozen=True, kw_only=True)
class StageComparison:
    """One pair of matched stages, measured over all images.

    Differences are deployed minus reference in the reference's layout and units; they are ``None`` where shapes differ
    after the layouts were brought together. ``correlation`` is Pearson's over all values. ``shapes_equal`` counts images.
    ``tolerance`` is the absolute difference that passes for this pair, with its reason in ``tolerance_reason``; a pair
    diverges when more than ``share_tolerance`` of its values differ by more (``share_over`` do), or when the mean
    difference is above ``mean_tolerance``. ``level`` is 1/255 of the pixel range in the units of the reference.
    ``final`` marks the pair that the model sees.
    """

    reference: Stage
    deployed: Stage
    images: int
    shapes_equal: int
    reference_shape: tuple[int, ...]
    deployed_shape: tuple[int, ...]
    reference_dtype: str
    deployed_dtype: str
    reference_range: tuple[float, float]
    deployed_range: tuple[float, float]
    channels: tuple[ChannelComparison, ...]
    max_abs: float | None
    mean_abs: float | None
    correlation: float | None
    tolerance: float
    tolerance_reason: str
    diverges: bool
    mean_tolerance: float = 0.0
    share_tolerance: float = 0.0
    share_over: float | None = None
    level: float = 1.0
    final: bool = False


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All matched stages of two captures, in the reference's order, and the first that diverges (its reference name)."""

    stages: tuple[StageComparison, ...]
    first_divergence: str | None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What was undone and how much of the difference went: mean absolute differences on held-out images, in tensor units."""

    undone: str
    before: float
    after: float
    removed: float
    images: int


@dataclass(frozen=True, kw_only=True)
class Impact:
    """What the model answers if only this cause is mended, and if all but this one are.

    Agreements are shares from 0 to 1 of ``images`` pictures. ``max_probability_change`` is the largest change that mending
    only this makes. ``agreement_if_left`` and ``max_probability_if_left`` are what leaving only this costs: how far the
    answers stay from the reference's. Behind a loud cause a quiet one changes nothing when mended alone, and something when
    left; ``None`` where that was not measured.
    """

    agreement_before: float
    agreement_after: float
    max_probability_change: float
    agreement_if_left: float | None = None
    max_probability_if_left: float | None = None
    images: int = 0


@dataclass(frozen=True, kw_only=True)
class Place:
    """A line of a file, counted from 1. ``file`` is its name without folders."""

    file: str
    line: int


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One named and confirmed cause. ``fix`` is the mend as DALI code; ``text`` the finding as a plain sentence.

    Where the deployed pipeline's text is known, ``fix`` is the change of its lines, and ``fix_at`` where that begins.
    """

    family: str
    stage: str
    parameters: Mapping[str, Any]
    confidence: float
    evidence: Evidence
    fix: str
    text: str
    impact: Impact | None = None
    fix_at: Place | None = None


@dataclass(frozen=True, kw_only=True)
class Considered:
    """A cause that was proposed: kept, or rejected for a ``reason``. Evidence as in a cause, with those that stood beside it."""

    family: str
    stage: str
    parameters: Mapping[str, Any]
    evidence: Evidence
    kept: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class Trace:
    """How a diagnosis was come to: by which evidence (``way``, a sentence), and everything that was proposed on the way."""

    way: str = ""
    considered: tuple[Considered, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Symptom:
    """A pattern in model outputs: never a cause. ``ask`` are the questions to put next."""

    name: str
    text: str
    ask: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """The verdict on two sides. ``notes`` say what could not be told apart and which picture would settle it.

    ``unexplained`` is the largest and the mean difference of the final tensors with every cause mended, in the reference's
    units, on pictures that were not estimated on; with no cause it is their difference as they are, on all pictures.
    """

    verdict: str
    first_divergence: str | None
    causes: tuple[Cause, ...]
    unexplained: Mapping[str, float]
    comparison: Comparison
    images: tuple[str, ...]
    tolerance: Mapping[str, Any]
    reference: str
    deployed: str
    notes: tuple[str, ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    trace: Trace = field(default_factory=Trace)

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(f"verdict is {self.verdict!r}, use one of {VERDICTS}")
