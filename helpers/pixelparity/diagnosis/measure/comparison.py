"""Measure every pair of matched stages of two captures: the numbers and histograms that a person looks at first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from pixelparity.diagnosis.arrays import BinEdges
from pixelparity.diagnosis.measure import histogram, joint_histogram, moments, noise, threads
from pixelparity.diagnosis.measure.joint_histogram import JointHistogram
from pixelparity.diagnosis.measure.matching import common_images, match_stages, paired
from pixelparity.diagnosis.measure.moments import Pairs, SideMoments, Tally
from pixelparity.diagnosis.results import ChannelComparison, Comparison, StageComparison
from pixelparity.stages import Capture, Stage

_RESAMPLING = ("resize", "other")
Counted = TypeVar("Counted", JointHistogram, Tally)


def compare(reference: Capture, deployed: Capture, *, bins: int = 64) -> Comparison:
    """Compare two captures stage by stage, over all images.

    Stages are matched in order, by name or else by what they do; the final tensors are always matched. Layouts are brought
    together as declared. Differences, ranges and moments are taken over all values; counts too, in bins found in single
    precision. Raises ``NotComparable`` if the sides saw other pictures, and ``SideError`` for a tensor whose rank does not
    fit its declared layout.
    """
    images = common_images(reference, deployed)
    measured: list[StageComparison] = []
    bytes_before: tuple[Pairs, JointHistogram] | None = None
    for i, j in match_stages(reference.stages, deployed.stages):
        stages = (reference.stages[i], deployed.stages[j])
        final = i == len(reference.stages) - 1
        pairs = [paired(reference, deployed, stages, image, final=final) for image in images]
        resampled = len(reference.stages) == 1 or any(s.step in _RESAMPLING for s in reference.stages[: i + 1])
        table = None
        if joint_histogram.of_bytes(pairs):
            table = _together(partial(joint_histogram.count_pairs, channels=moments.channels_of(pairs)[1]), pairs)
            bytes_before = pairs, table
        elif bytes_before is not None and joint_histogram.same_values(bytes_before[0], pairs):
            table = bytes_before[1]  # a cast, or another layout, of what has been counted
        measured.append(replace(compare_stage(stages, pairs, table, resampled=resampled, bins=bins), final=final))
    first = next((m.reference.name for m in measured if m.diverges), None)
    return Comparison(stages=tuple(measured), first_divergence=first)


def _together(count: Callable[[Pairs], Counted], pairs: Pairs) -> Counted:
    """Count parts of the pairs side by side, and add up."""
    first, *rest = threads.each(count, [pairs[n :: threads.WORKERS] for n in range(min(threads.WORKERS, len(pairs)))])
    for part in rest:
        first.add(part)  # type: ignore[arg-type]
    return first


def compare_stage(
    stages: tuple[Stage, Stage], pairs: Pairs, table: JointHistogram | None = None, *, resampled: bool, bins: int = 64
) -> StageComparison:
    """Measure one pair of matched stages; ``pairs`` are HWC tensors (reference, deployed) per image.

    ``table`` is what has been counted already, where all values are those of bytes.
    """
    reference, deployed = stages
    of_reference, of_deployed = (
        table.range(side) if table is not None else moments.extremes([pair[side] for pair in pairs]) for side in (0, 1)
    )
    floor, level = noise.floor(reference, resampled=resampled), noise.level(reference, *of_reference)
    edges = histogram.edges(min(of_reference[0], of_deployed[0]), max(of_reference[1], of_deployed[1]), bins)
    width, most = moments.channels_of(pairs)
    found = _counted(pairs, most, edges, floor.peak * level) if table is None else table.read(edges, floor.peak * level)
    sums = found.differences
    same = sums.images == len(pairs)
    diverges = not same or sums.mean > floor.mean * level or sums.share > floor.share
    return StageComparison(
        reference=reference,
        deployed=deployed,
        images=len(pairs),
        shapes_equal=sums.images,
        reference_shape=pairs[0][0].shape,
        deployed_shape=pairs[0][1].shape,
        reference_dtype=str(pairs[0][0].dtype),
        deployed_dtype=str(pairs[0][1].dtype),
        reference_range=of_reference,
        deployed_range=of_deployed,
        channels=tuple(_channel(channel_name(reference, c), c, found.sides, edges) for c in range(width)),
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


def _counted(pairs: Pairs, channels: int, edges: BinEdges, tolerance: float) -> Tally:
    centre = moments.centres(pairs[0], channels)
    return _together(partial(moments.tally, centre=centre, edges=edges, tolerance=tolerance), pairs)


def _channel(name: str, c: int, sides: tuple[SideMoments, SideMoments], edges: BinEdges) -> ChannelComparison:
    reference, deployed = sides
    return ChannelComparison(
        channel=name,
        edges=edges,
        reference_counts=reference.counts[c],
        deployed_counts=deployed.counts[c],
        reference_mean=float(reference.mean[c]),
        deployed_mean=float(deployed.mean[c]),
        reference_std=float(reference.std[c]),
        deployed_std=float(deployed.std[c]),
    )


def channel_name(stage: Stage, channel: int) -> str:
    """Return a channel's letter by the declared channel order, or its number.

    >>> channel_name(Stage(name="end", channels="BGR"), 0)
    'B'
    """
    if stage.channels == "GRAY":
        return "grey"
    letters = stage.channels if stage.channels != "unknown" else ""
    return letters[channel] if channel < len(letters) else str(channel)
