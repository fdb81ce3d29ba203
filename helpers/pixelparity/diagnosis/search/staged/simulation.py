"""Run the deployed side's chains again with some of the findings mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from pixelparity.diagnosis.families import padding
from pixelparity.diagnosis.fit import edit_placement
from pixelparity.diagnosis.model import layouts, placement
from pixelparity.diagnosis.model.placement import Placement, whole
from pixelparity.diagnosis.model.side_model import SideModel, simulate
from pixelparity.diagnosis.search.staged.explanation import Explanation

Array = NDArray[Any]
Pictures = tuple[Array, ...]
#: What chains made of a picture, by the image's number and by all that was done: the picture itself, and the result.
Made = dict[tuple[Any, ...], tuple[Array, Array]]


def replay(story: Explanation, keep: Sequence[int], image: int, made: Made | None = None) -> Array:
    """Return the final tensor (HWC float32) that the deployed side makes with every finding mended but those in ``keep``.

    It is not to be written to. ``made`` remembers what was resampled, for other runs that begin alike.
    """
    return run_all(story, mended_chains(story, keep, image), keep, image, made)


def run_all(
    story: Explanation, chains: Sequence[SideModel], keep: Sequence[int], image: int, made: Made | None = None
) -> Array:
    """Return what such chains make of an image's picture, or of the deployed side's own where one of its faults is kept."""
    if _own(story, keep):
        return _run(chains[1:], _own_picture(story, chains[0], image), image, made)
    return _run(chains, story.pictures[image], image, made)


def mended_chains(story: Explanation, keep: Sequence[int], image: int) -> list[SideModel]:
    """Return the deployed side's chains for one image with every finding mended but those in ``keep``."""
    chains = list(story.deployed_chains)
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
    return _run(story.reference_chains, story.pictures[image], image, made)


def _own_picture(story: Explanation, first: SideModel, image: int) -> Array:
    """Return the deployed side's own picture, turned back and reordered where the first chain has that mended."""
    out, whole = story.seen[image], story.deployed_chains[0]
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
        out.append(
            padding.with_border_of(chain, story.reference_chains[k]) if frame.padded and chain.fill is None else chain
        )
    return out


def _fitted(story: Explanation, chain: SideModel, k: int, image: int, here: placement.Pair) -> Placement:
    """Return the frame of a chain for a picture of another shape than the one that its own frame is of."""
    reference_chain, deployed_chain = story.reference_chains[k], story.deployed_chains[k]
    frame = chain.placements[image]
    side = reference_chain if here == story.reference_chains[k - 1].placements[image].canvas else deployed_chain
    known = (
        here
        == (story.reference_chains if side is reference_chain else story.deployed_chains)[k - 1]
        .placements[image]
        .canvas
    )
    onto = side.placements[image]
    still = not (placement.needs_resampling(frame) or placement.needs_resampling(onto))
    if known and still and frame.code == onto.code:
        return edit_placement.moved(frame, onto, chain.placements, side.placements)
    upright = placement.turned_shape(here, frame.code)
    made = edit_placement.transferred(
        chain if frame != reference_chain.placements[image] else reference_chain, image, upright, frame.code
    )
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
