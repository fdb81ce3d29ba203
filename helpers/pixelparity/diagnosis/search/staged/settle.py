"""Take for one cause what shows in several steps: constants, channels, sizes and orders that are put right by one mend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from pixelparity.diagnosis.families import channel_order, registry, value_maps, values
from pixelparity.diagnosis.families.finding import Finding, Mend
from pixelparity.diagnosis.measure.stage_pairs import Segment
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.diagnosis.search.staged.explanation import Explanation, StageFinding, pixels, total
from pixelparity.stages import Stage

Array = NDArray[Any]
Pictures = tuple[Array, ...]
#: The parameters of another way in which resampled values become whole numbers.
_ROUNDING = {"reference", "deployed"}


def by_steps(found: Sequence[Finding], segments: Sequence[Segment]) -> list[Finding]:
    """Choose between two names of one function by counting steps: a missing step, or one with constants in other units."""
    reference_steps, deployed_steps = (
        sum(s.step == "normalize" for part in segments for s in side(part)) for side in (_mine, _other)
    )
    out = []
    for finding in found:
        if finding.family == "mean_std_wrong_range" and reference_steps > max(deployed_steps, 1):
            text = "pixels are 255 times too large: the division by 255 before the statistics is missing"
            finding = replace(finding, family="scale_missing", text=text)
        elif (
            finding.family == "scale_twice" and reference_steps == deployed_steps > 1 and "factor" in finding.parameters
        ):
            text = "statistics for pixels in 0..255 are used on pixels in 0..1"
            finding = replace(finding, family="mean_std_wrong_range", text=text)
        out.append(finding)
    return out


def _mine(part: Segment) -> tuple[Stage, ...]:
    return part.reference


def _other(part: Segment) -> tuple[Stage, ...]:
    return part.deployed


def merge_bits(located: Sequence[StageFinding]) -> list[StageFinding]:
    """Take for one cause bits that one side leaves out of its pictures, and the whole levels that its resize makes of them."""
    bits = next((at for at in located if at.finding.family == "bit_depth"), None)
    whole = [at for at in located if at.finding.family == "dtype" and set(at.finding.parameters) == _ROUNDING]
    if bits is None or not whole:
        return list(located)
    merged = replace(bits, along=tuple((at.segment, at.finding.mend) for at in whole))
    return [merged if at is bits else at for at in located if at not in whole]


def settle_values(story: Explanation, segments: Sequence[Segment], start: Stage | None) -> Explanation:
    """Merge value findings of several segments where the sides as wholes differ in fewer ways, or not at all."""
    parts = [at for at in story.located if at.finding.family in registry.value_families() and not at.finding.content]
    own = next((at for at in story.located if at.finding.family == "per_image_normalize"), None)
    if own is not None and parts:
        # Statistics of each picture stand in for all constants: steps that the other side makes besides go with them.
        whole_of = replace(own, along=(*own.along, *((at.segment, at.finding.mend) for at in parts)))
        rest = tuple(at for at in story.located if at not in parts and at is not own)
        return replace(story, located=(*rest, whole_of))
    if len({at.segment for at in parts}) < 2:
        return story
    base = pixels(start, story.pictures)
    left, right = total(story.reference_chains, base), total(story.deployed_chains, base)
    if left is None or right is None:
        return story
    found = values.name(value_maps.norm(left), value_maps.norm(right), base) if left.order == right.order else None
    if found is None or len(found) >= min(len(parts), 2):
        return story
    rest = tuple(at for at in story.located if at not in parts)
    if not found:
        return replace(story, located=rest)
    numbers = sorted({at.segment for at in parts})
    mends = [(n, _values_of(story.reference_chains[n])) for n in numbers]
    first = replace(by_steps(found, segments)[0], mend=mends[0][1])
    stage = segments[numbers[0] - 1].stage_of(first.steps)
    merged = StageFinding(finding=first, segment=numbers[0], stage=stage, along=tuple(mends[1:]))
    return replace(story, located=(*rest, merged))


def _values_of(reference_chain: SideModel) -> Mend:
    return lambda chain: replace(chain, colour=reference_chain.colour, fill=reference_chain.fill)


def merge_channels(story: Explanation) -> Explanation:
    """Take another number of channels from the start on for one cause: every later map between them goes along with it."""
    first = next((at for at in story.located if at.segment == 0 and at.finding.family == "alpha_gray"), None)
    if first is None or story.pictures[0].shape[2] == story.seen[0].shape[2]:
        return story
    numbers = [
        n
        for n, (left, right) in enumerate(zip(story.reference_chains, story.deployed_chains, strict=True))
        if n > 0 and left.colour.matrix.shape != right.colour.matrix.shape
    ]
    whole = replace(first, along=tuple((n, _values_of(story.reference_chains[n])) for n in numbers))
    same = [at for at in story.located if at.segment in numbers and at.finding.family == "alpha_gray"]
    rest = tuple(at for at in story.located if at is not first and at not in same)
    return replace(story, located=(whole, *rest))


def merge_sizes(story: Explanation) -> Explanation:
    """Take a size that shows in several steps (the resize, then the padding or another resize) for one cause, at the first."""
    same = [
        at for at in story.located if at.finding.family == "target_size" or "reference_rule" in at.finding.parameters
    ]
    if len(same) < 2:
        return story
    # Another rule in one of the steps makes it another mode, wherever it stands.
    shown = next((at for at in same if at.finding.family == "resize_mode"), same[0])
    along = tuple((at.segment, at.finding.mend) for at in same if at is not shown)
    merged = replace(shown, along=along)
    return replace(
        story, located=tuple(merged if at is shown else at for at in story.located if at is shown or at not in same)
    )


def with_tensor_sizes(story: Explanation, segments: Sequence[Segment]) -> Explanation:
    """Report the tensors' sizes for another target size where each side has one, and they differ; the rules stand beside."""
    shapes = [{(t.shape[0], t.shape[1]) for t in side} for side in (segments[-1].targets if segments else ((), ()))]
    if any(len(side) != 1 for side in shapes) or shapes[0] == shapes[1]:
        return story
    sizes = {"reference": list(shapes[0].pop()), "deployed": list(shapes[1].pop())}
    located = [
        replace(at, finding=replace(at.finding, parameters={**at.finding.parameters, **sizes}))
        if at.finding.family == "target_size"
        else at
        for at in story.located
    ]
    return replace(story, located=tuple(located))


def settle_orders(story: Explanation) -> Explanation:
    """Drop channel swaps that one side makes later than the other, and keep one finding where the sides part for good."""
    swaps = [at for at in story.located if at.finding.family == "channel_order"]
    if not swaps:
        return story
    rest = tuple(at for at in story.located if at not in swaps)
    left, right = total(story.reference_chains), total(story.deployed_chains)
    if left is not None and right is not None and left.order == right.order:
        return replace(story, located=rest)
    swap = swaps[-1]
    if left is not None and right is not None and channel_order.carried_along(left, right):
        values_too = tuple(
            at for at in rest if at.finding.family in registry.value_families() and not at.finding.content
        )
        rest = tuple(at for at in rest if at not in values_too)
        swap = replace(swap, along=tuple((at.segment, at.finding.mend) for at in values_too))
    return replace(story, located=(*rest, swap))
