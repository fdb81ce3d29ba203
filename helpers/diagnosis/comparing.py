"""Measure every pair of matched stages of two captures: the numbers and histograms that a person looks at first."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers.diagnosis import histogram, noise
from helpers.diagnosis.matching import common_images, match_stages, paired
from helpers.diagnosis.results import ChannelComparison, Comparison, StageComparison
from helpers.stages import Capture, Stage, Tensor

_RESAMPLING = ("resize", "other")
Pairs = Sequence[tuple[Tensor, Tensor]]


def compare(reference: Capture, deployed: Capture, *, bins: int = 64) -> Comparison:
    """Compare two captures stage by stage, over all images.

    Stages are matched in order, by name or else by what they do; the final tensors are always matched. Layouts are brought
    together as declared. Raises ``NotComparable`` if the sides saw other pictures, and ``SideError`` for a tensor whose
    rank does not fit its declared layout.
    """
    images = common_images(reference, deployed)

    def measure(at: tuple[int, int]) -> StageComparison:
        i, j = at
        stages = (reference.stages[i], deployed.stages[j])
        final = i == len(reference.stages) - 1
        pairs = [paired(reference, deployed, stages, image, final=final) for image in images]
        resampled = len(reference.stages) == 1 or any(s.step in _RESAMPLING for s in reference.stages[: i + 1])
        return replace(compare_stage(stages, pairs, resampled=resampled, bins=bins), final=final)

    # NumPy lets other threads run while it counts and adds.
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as workers:
        measured = list(workers.map(measure, match_stages(reference.stages, deployed.stages)))
    first = next((m.reference.name for m in measured if m.diverges), None)
    return Comparison(stages=tuple(measured), first_divergence=first)


def compare_stage(stages: tuple[Stage, Stage], pairs: Pairs, *, resampled: bool, bins: int = 64) -> StageComparison:
    """Measure one pair of matched stages; ``pairs`` are HWC tensors (reference, deployed) per image."""
    ours, theirs = stages
    low, high = _range([a for a, _ in pairs]), _range([b for _, b in pairs])
    floor, level = noise.floor(ours, resampled=resampled), noise.level(ours, *low)
    sums = _differences(pairs, floor.peak * level)
    same = sums.images == len(pairs)
    diverges = not same or sums.mean > floor.mean * level or sums.share > floor.share
    return StageComparison(
        reference=ours,
        deployed=theirs,
        images=len(pairs),
        shapes_equal=sums.images,
        reference_shape=pairs[0][0].shape,
        deployed_shape=pairs[0][1].shape,
        reference_dtype=str(pairs[0][0].dtype),
        deployed_dtype=str(pairs[0][1].dtype),
        reference_range=low,
        deployed_range=high,
        channels=_channels(ours, pairs, histogram.edges(min(low[0], high[0]), max(low[1], high[1]), bins)),
        max_abs=sums.peak if same else None,
        mean_abs=sums.mean if same else None,
        correlation=sums.correlation if same else None,
        tolerance=floor.peak * level,
        tolerance_reason=floor.reason,
        diverges=bool(diverges),
        mean_tolerance=floor.mean * level,
        share_tolerance=floor.share,
        share_over=sums.share if same else None,
        level=level,
    )


def _range(arrays: Sequence[Tensor]) -> tuple[float, float]:
    return min(float(a.min()) for a in arrays), max(float(a.max()) for a in arrays)


@dataclass
class _Sums:
    """Running sums of the differences of the images whose shapes agree."""

    images: int = 0
    count: int = 0
    total: float = 0.0
    over: int = 0
    peak: float = 0.0
    moments: NDArray[np.float64] = field(default_factory=lambda: np.zeros(5))

    @property
    def mean(self) -> float:
        return self.total / self.count if self.count else 0.0

    @property
    def share(self) -> float:
        return self.over / self.count if self.count else 0.0

    @property
    def correlation(self) -> float | None:
        """Pearson's correlation over all values; none where a side is constant."""
        a, b, aa, bb, ab = self.moments / max(self.count, 1)
        spread = (aa - a * a) * (bb - b * b)
        return float(np.clip((ab - a * b) / np.sqrt(spread), -1, 1)) if spread > 0 else None


def _differences(pairs: Pairs, tolerance: float) -> _Sums:
    sums = _Sums()
    centre = (float(pairs[0][0].mean()), float(pairs[0][1].mean()))
    for a, b in pairs:
        if a.shape != b.shape:
            continue
        # Sums are taken about a value near the mean: far from zero, float32 would lose what a correlation needs.
        left, right = (x.astype(np.float32).transpose(2, 0, 1).reshape(-1) for x in (a, b))
        gap = np.abs(right - left)
        left, right = left - np.float32(centre[0]), right - np.float32(centre[1])
        sums.images += 1
        sums.count += a.size
        sums.total += float(gap.sum(dtype=np.float64))
        sums.over += int(np.count_nonzero(gap > tolerance))
        sums.peak = max(sums.peak, float(gap.max()))
        products = [left.sum(dtype=np.float64), right.sum(dtype=np.float64)]
        products += [np.dot(left, left), np.dot(right, right), np.dot(left, right)]
        sums.moments += np.array(products, dtype=np.float64)
    return sums


def _channels(stage: Stage, pairs: Pairs, edges: NDArray[np.float64]) -> tuple[ChannelComparison, ...]:
    width = min(pairs[0][0].shape[2], pairs[0][1].shape[2])
    return tuple(
        _channel(channel_name(stage, c), [a[..., c] for a, _ in pairs], [b[..., c] for _, b in pairs], edges)
        for c in range(min([width, *(min(a.shape[2], b.shape[2]) for a, b in pairs)]))
    )


def _channel(
    name: str, ours: Sequence[Tensor], theirs: Sequence[Tensor], edges: NDArray[np.float64]
) -> ChannelComparison:
    left, right = _moments(ours), _moments(theirs)
    return ChannelComparison(
        channel=name,
        edges=edges,
        reference_counts=histogram.count_all(ours, edges),
        deployed_counts=histogram.count_all(theirs, edges),
        reference_mean=left[0],
        deployed_mean=right[0],
        reference_std=left[1],
        deployed_std=right[1],
    )


def _moments(arrays: Sequence[NDArray[Any]]) -> tuple[float, float]:
    """Return mean and standard deviation over all values of several arrays."""
    size = sum(a.size for a in arrays)
    mean = sum(float(a.sum(dtype=np.float64)) for a in arrays) / size
    square = sum(float(np.square(a.astype(np.float32) - np.float32(mean)).sum(dtype=np.float64)) for a in arrays)
    return mean, float(np.sqrt(square / size))


def channel_name(stage: Stage, channel: int) -> str:
    """Return a channel's letter by the declared channel order, or its number."""
    if stage.channels == "GRAY":
        return "grey"
    letters = stage.channels if stage.channels != "unknown" else ""
    return letters[channel] if channel < len(letters) else str(channel)
