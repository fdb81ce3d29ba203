"""Explain the deployed side from the pictures both sides start from: identify what each does, and name what differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.families import (
    channel_order,
    channels,
    decoding,
    geometry,
    padding,
    registry,
    value_maps,
    values,
)
from pixelparity.diagnosis.families.finding import Finding, Mend
from pixelparity.diagnosis.fit import edit_placement
from pixelparity.diagnosis.fit.identify import identify
from pixelparity.diagnosis.measure.stage_pairs import Segment
from pixelparity.diagnosis.model import colours, layouts, placement
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.placement import Placement, whole
from pixelparity.diagnosis.model.side_model import SideModel, simulate
from pixelparity.stages import Stage

Array = NDArray[Any]
Pictures = tuple[Array, ...]
#: The orientation (an EXIF code) that exchanges rows and columns.
TRANSPOSED = 5


@dataclass(frozen=True, kw_only=True)
class StageFinding:
    """A finding with the segment it is in (0 is the starting point) and the stage it is at.

    ``along`` are mends of other segments that belong to it: constants that went with a swapped order.
    """

    finding: Finding
    segment: int
    stage: str
    along: tuple[tuple[int, Mend], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Both sides as chains, segment by segment; the first chain leads from the reference's pictures to each side's own.

    ``pictures`` are the reference's, ``seen`` the deployed side's.
    """

    pictures: Pictures
    seen: Pictures
    ours: tuple[SideModel, ...]
    theirs: tuple[SideModel, ...]
    located: tuple[StageFinding, ...]


def tell(
    pictures: tuple[Pictures, Pictures], segments: Sequence[Segment], start: Stage | None, train: Sequence[int]
) -> Explanation:
    """Identify both sides' chains and name every difference; ``start`` is the stage both sides start from, if captured."""
    ours, theirs = [_nothing(pictures[0])], [_nothing(pictures[0])]
    located: list[StageFinding] = []
    if any(a is not b for a, b in zip(*pictures, strict=True)):
        theirs = [decoding.start(pictures)]
        located = _at_start(theirs[0], start, pictures, train)
    base = _pixels(start, pictures[0])
    for number, segment in enumerate(segments, start=1):
        left = identify(segment.sources[0], segment.targets[0], fit_images=train)
        likely = (colours.identity(segment.sources[1][0].shape[2]), left.colour)
        right = identify(segment.sources[1], segment.targets[1], hint=left, fit_images=train, likely=likely)
        right = _laid_out(left, right)
        right = replace(right, pads_after_normalise=padding.put_on_late(left, right))
        found = _by_steps(_differences(left, right, segment, base), segments)
        located += [StageFinding(finding=f, segment=number, stage=segment.stage_of(f.steps)) for f in found]
        ours.append(left)
        theirs.append(right)
        base = left.colour.after(base) if left.colour.matrix.shape[1] == base.matrix.shape[0] else base
    story = Explanation(
        pictures=pictures[0], seen=pictures[1], ours=tuple(ours), theirs=tuple(theirs), located=tuple(located)
    )
    settled = _settle_orders(_settle_values(_merge_channels(story), segments, start), segments)
    story = _with_tensor_sizes(_merge_sizes(settled), segments)
    declared = start.channels if start is not None else "RGB"
    said = (replace(at, finding=channel_order.worded(at.finding, declared)) for at in story.located)
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


def _pixels(start: Stage | None, pictures: Pictures) -> ColourMap:
    """Return the map from pixels 0..255 to the starting tensors, by the declared range."""
    width = pictures[0].shape[2]
    bounds = start.value_range if start is not None else None
    if pictures[0].dtype == np.uint8 or bounds is None:
        return colours.identity(width)
    gain, offset = (bounds[1] - bounds[0]) / 255, bounds[0]
    return colours.plain(range(width), np.full(width, gain), np.full(width, offset), width)


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


def _by_steps(found: Sequence[Finding], segments: Sequence[Segment]) -> list[Finding]:
    """Choose between two names of one function by counting steps: a missing step, or one with constants in other units."""
    ours, theirs = (sum(s.step == "normalize" for part in segments for s in side(part)) for side in (_mine, _other))
    out = []
    for finding in found:
        if finding.family == "mean_std_wrong_range" and ours > max(theirs, 1):
            text = "pixels are 255 times too large: the division by 255 before the statistics is missing"
            finding = replace(finding, family="scale_missing", text=text)
        elif finding.family == "scale_twice" and ours == theirs > 1 and "factor" in finding.parameters:
            text = "statistics for pixels in 0..255 are used on pixels in 0..1"
            finding = replace(finding, family="mean_std_wrong_range", text=text)
        out.append(finding)
    return out


def _mine(part: Segment) -> tuple[Stage, ...]:
    return part.reference


def _other(part: Segment) -> tuple[Stage, ...]:
    return part.deployed


def _settle_values(story: Explanation, segments: Sequence[Segment], start: Stage | None) -> Explanation:
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
    base = _pixels(start, story.pictures)
    left, right = total(story.ours, base), total(story.theirs, base)
    if left is None or right is None:
        return story
    found = values.name(value_maps.norm(left), value_maps.norm(right), base) if left.order == right.order else None
    if found is None or len(found) >= min(len(parts), 2):
        return story
    rest = tuple(at for at in story.located if at not in parts)
    if not found:
        return replace(story, located=rest)
    numbers = sorted({at.segment for at in parts})
    mends = [(n, _values_of(story.ours[n])) for n in numbers]
    first = replace(_by_steps(found, segments)[0], mend=mends[0][1])
    stage = segments[numbers[0] - 1].stage_of(first.steps)
    merged = StageFinding(finding=first, segment=numbers[0], stage=stage, along=tuple(mends[1:]))
    return replace(story, located=(*rest, merged))


def _values_of(ours: SideModel) -> Mend:
    return lambda chain: replace(chain, colour=ours.colour, fill=ours.fill)


def _merge_channels(story: Explanation) -> Explanation:
    """Take another number of channels from the start on for one cause: every later map between them goes along with it."""
    first = next((at for at in story.located if at.segment == 0 and at.finding.family == "alpha_gray"), None)
    if first is None or story.pictures[0].shape[2] == story.seen[0].shape[2]:
        return story
    numbers = [
        n
        for n, (left, right) in enumerate(zip(story.ours, story.theirs, strict=True))
        if n > 0 and left.colour.matrix.shape != right.colour.matrix.shape
    ]
    whole = replace(first, along=tuple((n, _values_of(story.ours[n])) for n in numbers))
    same = [at for at in story.located if at.segment in numbers and at.finding.family == "alpha_gray"]
    rest = tuple(at for at in story.located if at is not first and at not in same)
    return replace(story, located=(whole, *rest))


def _merge_sizes(story: Explanation) -> Explanation:
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


def _with_tensor_sizes(story: Explanation, segments: Sequence[Segment]) -> Explanation:
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


def _settle_orders(story: Explanation, segments: Sequence[Segment]) -> Explanation:
    """Drop channel swaps that one side makes later than the other, and keep one finding where the sides part for good."""
    swaps = [at for at in story.located if at.finding.family == "channel_order"]
    if not swaps:
        return story
    rest = tuple(at for at in story.located if at not in swaps)
    left, right = total(story.ours), total(story.theirs)
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


def total(chains: Sequence[SideModel], base: ColourMap | None = None) -> ColourMap | None:
    """Return the channel map of several chains one after the other, or nothing where one of them is not plain."""
    out = base
    for chain in chains:
        if chain.colour.kind != "plain":
            return None
        if out is not None and out.matrix.shape[0] != chain.colour.matrix.shape[1]:
            return None
        out = chain.colour if out is None else chain.colour.after(out)
    return out


# --- running the chains again ---------------------------------------------------------------------------------------


#: What chains made of a picture, by the image's number and by all that was done: the picture itself, and the result.
Made = dict[tuple[Any, ...], tuple[Array, Array]]


def replay(story: Explanation, keep: Sequence[int], image: int, made: Made | None = None) -> Array:
    """Return the final tensor (HWC float32) that the deployed side makes with every finding mended but those in ``keep``.

    It is not to be written to. ``made`` remembers what was resampled, for other runs that begin alike.
    """
    chains = mended_chains(story, keep, image)
    if _own(story, keep):
        return _run(chains[1:], _own_picture(story, chains[0], image), image, made)
    return _run(chains, story.pictures[image], image, made)


def mended_chains(story: Explanation, keep: Sequence[int], image: int) -> list[SideModel]:
    """Return the deployed side's chains for one image with every finding mended but those in ``keep``."""
    chains = list(story.theirs)
    for number, at in enumerate(story.located):
        if number not in keep:
            for segment, mend in ((at.segment, at.finding.mend), *at.along):
                chains[segment] = mend(chains[segment])
    return [chains[0], *_refitted(story, chains, image)]


def start(story: Explanation, first: SideModel, keep: Sequence[int], image: int) -> Array:
    """Return the picture that the chains after the first begin with: the deployed side's own where one of its faults is kept."""
    if _own(story, keep):
        return _own_picture(story, first, image)
    return run(first, story.pictures[image], image)


def _own(story: Explanation, keep: Sequence[int]) -> bool:
    return any(story.located[n].finding.content for n in keep)


def reference(story: Explanation, image: int, made: Made | None = None) -> Array:
    """Return what the reference's chains make of one of its pictures."""
    return _run(story.ours, story.pictures[image], image, made)


def _own_picture(story: Explanation, first: SideModel, image: int) -> Array:
    """Return the deployed side's own picture, turned back and reordered where the first chain has that mended."""
    out, whole = story.seen[image], story.theirs[0]
    if first.placements[image].code != whole.placements[image].code:
        out = placement.turn(out, placement.inverse(whole.placements[image].code))
    if first.colour.order != whole.colour.order and out.shape[2] == len(whole.colour.order):
        out = out[..., list(whole.colour.order)]
    return out


def _refitted(story: Explanation, chains: Sequence[SideModel], image: int) -> list[SideModel]:
    """Return the chains after the first with this image's frames made to fit what comes in.

    Mending a size or an orientation changes what the next step gets: its frame is then made anew by the rule that the
    chain follows, with the chain's own place in the canvas.
    """
    out, here = [], chains[0].placements[image].canvas
    for k in range(1, len(chains)):
        frame = chains[k].placements[image]
        if not edit_placement.fits(frame, placement.turned_shape(here, frame.code)):
            frame = _fitted(story, chains[k], k, image, here)
        here = frame.canvas
        changed = [*chains[k].placements]
        changed[image] = frame
        chain = replace(chains[k], placements=tuple(changed))
        # A side that pads nothing shows no border's colour: where a mend makes it pad, the reference's stands in.
        out.append(padding.with_border_of(chain, story.ours[k]) if frame.padded and chain.fill is None else chain)
    return out


def _fitted(story: Explanation, chain: SideModel, k: int, image: int, here: placement.Pair) -> Placement:
    """Return the frame of a chain for a picture of another shape than the one that its own frame is of."""
    ours, theirs = story.ours[k], story.theirs[k]
    frame = chain.placements[image]
    side = ours if here == story.ours[k - 1].placements[image].canvas else theirs
    known = here == (story.ours if side is ours else story.theirs)[k - 1].placements[image].canvas
    onto = side.placements[image]
    still = not (placement.needs_resampling(frame) or placement.needs_resampling(onto))
    if known and still and frame.code == onto.code:
        return edit_placement.moved(frame, onto, chain.placements, side.placements)
    upright = placement.turned_shape(here, frame.code)
    made = edit_placement.transferred(chain if frame != ours.placements[image] else ours, image, upright, frame.code)
    if made is not None:
        return made
    return onto if known else whole(upright, upright, upright, frame.code)


def _run(chains: Sequence[SideModel], picture: Array, image: int, made: Made | None = None) -> Array:
    made = {} if made is None else made
    out, done = picture, [(image, *chain.signature(image)) for chain in chains]
    first = 0
    for n in range(len(chains), 0, -1):
        known = made.get(tuple(done[:n]))
        if known is not None and known[0] is picture:
            out, first = known[1], n
            break
    for n, chain in enumerate(chains[first:], start=first + 1):
        out = run(chain, out, image)
        if placement.needs_resampling(chain.placements[image]):  # all else is cheap, and would take memory
            made[tuple(done[:n])] = picture, out
    return out


def run(chain: SideModel, picture: Array, image: int) -> Array:
    """Return what a chain makes of one of the pictures, layout mistakes included."""
    out = simulate(chain, picture, image)
    return layouts.make(chain.layout_error, out) if chain.layout_error else out
