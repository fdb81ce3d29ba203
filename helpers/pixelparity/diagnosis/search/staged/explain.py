"""Explain the deployed side from the pictures both sides start from: identify what each does, and name what differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.families import channel_order, channels, decoding, geometry, padding, value_clip
from pixelparity.diagnosis.families.finding import Finding
from pixelparity.diagnosis.fit import relation
from pixelparity.diagnosis.fit.identify import identify
from pixelparity.diagnosis.measure.stage_pairs import Segment
from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.placement import whole
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.diagnosis.search.staged.explanation import Explanation, StageFinding, pixels
from pixelparity.diagnosis.search.staged.settle import (
    by_steps,
    merge_bits,
    merge_channels,
    merge_sizes,
    settle_orders,
    settle_values,
    with_tensor_sizes,
)
from pixelparity.readings import PER_LEVEL
from pixelparity.stages import Stage

Array = NDArray[Any]
Pictures = tuple[Array, ...]
#: The orientation (an EXIF code) that exchanges rows and columns.
TRANSPOSED = 5


def tell(
    pictures: tuple[Pictures, Pictures],
    segments: Sequence[Segment],
    start: Stage | None,
    train: Sequence[int],
    named: Sequence[Finding] = (),
) -> Explanation:
    """Identify both sides' chains and name every difference; ``start`` is the stage both sides start from, if captured.

    ``named`` are the differences of the two sides' pictures where these are known already.
    """
    reference, deployed = [_nothing(pictures[0])], [_nothing(pictures[0])]
    located: list[StageFinding] = []
    if named:
        located = [StageFinding(finding=finding, segment=0, stage="input") for finding in named]
    elif any(a is not b for a, b in zip(*pictures, strict=True)):
        deployed = [decoding.start(pictures)]
        located = _at_start(deployed[0], start, pictures, train)
    base = pixels(start, pictures[0])
    for number, segment in enumerate(segments, start=1):
        left = identify(segment.sources[0], segment.targets[0], fit_images=train)
        likely = (colours.identity(segment.sources[1][0].shape[2]), left.colour)
        right = identify(segment.sources[1], segment.targets[1], hint=left, fit_images=train, likely=likely)
        right = _laid_out(left, right)
        if all(np.array_equal(a, b) for a, b in zip(*segment.sources, strict=True)):
            left, right = relation.shared(left, right, segment.targets)
        right = replace(right, pads_after_normalise=padding.put_on_late(left, right))
        found = by_steps(_differences(left, right, segment, base), segments)
        located += [StageFinding(finding=f, segment=number, stage=segment.stage_of(f.steps)) for f in found]
        reference.append(left)
        deployed.append(right)
        base = left.colour.after(base) if left.colour.matrix.shape[1] == base.matrix.shape[0] else base
    story = Explanation(
        pictures=pictures[0],
        seen=pictures[1],
        reference_chains=tuple(reference),
        deployed_chains=tuple(deployed),
        located=tuple(merge_bits(located)),
    )
    settled = settle_orders(settle_values(merge_channels(story), segments, start))
    story = with_tensor_sizes(merge_sizes(settled), segments)
    declared = start.channels if start is not None else "RGB"
    said = (replace(at, finding=channel_order.worded(at.finding, declared)) for at in story.located)
    return replace(story, located=tuple(said))


def in_stored_values(story: Explanation) -> Explanation:
    """Return the explanation of pictures of 16 bits with bounds said in the numbers that the files hold."""
    said = (replace(at, finding=value_clip.in_stored_values(at.finding, PER_LEVEL)) for at in story.located)
    return replace(story, located=tuple(said))


def _laid_out(left: SideModel, right: SideModel) -> SideModel:
    """Return the second chain with rows and columns exchanged at its end, where it turns all pictures so and the first none."""
    if (
        {f.code for f in left.placements} != {1}
        or {f.code for f in right.placements} != {TRANSPOSED}
        or right.layout_error
    ):
        return right
    if any(f.region is not None for f in right.placements):
        return right
    back = tuple(
        replace(f, code=1, size=f.size[::-1], scale=f.scale[::-1], start=f.start[::-1], origin=f.origin[::-1],
                canvas=f.canvas[::-1])
        for f in right.placements
    )  # fmt: skip
    return replace(right, placements=back, layout_error="transposed")


def _nothing(pictures: Pictures) -> SideModel:
    return SideModel(
        placements=tuple(whole(p.shape[:2], p.shape[:2]) for p in pictures),  # type: ignore[arg-type]
        colour=colours.identity(pictures[0].shape[2]),
        known=(True,) * len(pictures),
    )


def _at_start(
    first: SideModel, start: Stage | None, pictures: tuple[Pictures, Pictures], train: Sequence[int]
) -> list[StageFinding]:
    shapes = [((a.shape[0], a.shape[1]), (a.shape[0], a.shape[1])) for a in pictures[0]]
    plain = _nothing(pictures[0])
    found = geometry.differences(plain, first, shapes, stored=False)
    found += channels.differences(plain, first, plain.colour)
    found += decoding.differences(first, pictures, train)
    return [StageFinding(finding=f, segment=0, stage=start.name if start is not None else "input") for f in found]


def _differences(left: SideModel, right: SideModel, segment: Segment, base: ColourMap) -> list[Finding]:
    shapes = [
        ((a.shape[0], a.shape[1]), (b.shape[0], b.shape[1]))
        for a, b in zip(segment.sources[0], segment.sources[1], strict=True)
    ]
    if not (np.isfinite(left.residual) and np.isfinite(right.residual)):
        return []  # A side that is not understood is not spoken of.
    return geometry.differences(left, right, shapes) + channels.differences(left, right, base)
