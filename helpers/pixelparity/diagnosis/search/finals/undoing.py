"""Undo what was found on deployed final tensors, all of it or all but some, and look at what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.families.finding import Finding, Restore
from pixelparity.diagnosis.measure import remaining, residuals, threads
from pixelparity.diagnosis.measure.residuals import Residual
from pixelparity.diagnosis.model import placement
from pixelparity.diagnosis.model.side_model import SideModel, simulate
from pixelparity.diagnosis.search.finals import inverse
from pixelparity.diagnosis.search.finals.pairing import Pairing, unscrambled

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class FinalsState:
    """What has been found: findings that mend the chain, and findings that are restored on the result, in this order."""

    pairing: Pairing
    chained: tuple[Finding, ...]
    restored: tuple[tuple[Finding, Restore], ...] = ()


def level_of(known: FinalsState) -> float:
    """Return what one level is worth in the reference's units."""
    return float(np.abs(known.pairing.base.gain).mean())


def undone(known: FinalsState, image: int, but: Sequence[Finding] = ()) -> tuple[Array, Array]:
    """Undo everything on one deployed tensor except some findings; returns tensor and mask."""
    out, mask = inverse.undo(known.pairing, _chain_without(known, but), image)
    steps = [restore for finding, restore in known.restored if not any(finding is one for one in but)]
    if steps:
        level = known.pairing.base.invert().apply(out)
        for step in steps:
            level = step(level, image)
        out = known.pairing.base.apply(level)
    return out, mask


def _chain_without(known: FinalsState, but: Sequence[Finding]) -> SideModel:
    """Return the chain to the deployed tensors as it would be without some of the findings."""
    chain = known.pairing.deployed_chain
    for finding in known.chained:
        chain = finding.mend(chain) if any(finding is one for one in but) else chain
    return chain


def lefts(known: FinalsState, images: Sequence[int]) -> dict[int, Residual]:
    """Return reference and undone tensors in levels 0..255, for images that have something in common."""
    found = threads.each(lambda i: _left(known, i), images)
    return {i: left for i, left in zip(images, found, strict=True) if left is not None}


def _left(known: FinalsState, image: int) -> Residual | None:
    frame, goal = known.pairing.deployed_chain.placements[image], known.pairing.reference[image]
    if frame.code != 1 and placement.needs_resampling(frame):
        return None  # A turned picture that was resampled on other axes is odd among the rest.
    tensor, mask = undone(known, image)
    box = residuals.box_of(mask & _content(known, image))
    top, left, bottom, right = box
    if bottom <= top or right <= left or tensor.shape != goal.shape:
        return None
    back = known.pairing.base.invert()
    return Residual(reference=back.apply(goal), deployed=back.apply(tensor), box=box)


def _content(known: FinalsState, image: int) -> Array:
    own = known.pairing.reference_chain.placements[image]
    top, left, bottom, right = own.box
    out = np.zeros(own.canvas, bool)
    out[top:bottom, left:right] = True
    return out


def only(known: FinalsState, standing: Sequence[Finding]) -> FinalsState:
    """Return the state with some of its findings."""
    kept = {id(finding) for finding in standing}
    chained = tuple(f for f in known.chained if id(f) in kept)
    return replace(known, chained=chained, restored=tuple(pair for pair in known.restored if id(pair[0]) in kept))


def masked(made: Array, goal: Array, mask: Array) -> tuple[float, float]:
    """Return the largest and the mean absolute difference of two HWC tensors within a mask that is not empty."""
    gap = np.abs(made - goal)
    count = int(mask.sum())
    if count < mask.size:
        gap *= mask[..., None]
    return float(gap.max()), float(gap.sum(dtype=np.float64)) / (count * gap.shape[2])


def left_over(known: FinalsState, held: Sequence[int]) -> dict[str, float]:
    """Return how far the deployed tensors are from the reference's with everything undone, where both show the same.

    Where nothing of a tensor can be undone any more, or laid over the reference's, the tensors count as they are.
    """
    return remaining.over(undone_gap(known, i) for i in held)


def undone_gap(known: FinalsState, image: int, but: Sequence[Finding] = ()) -> tuple[float, float]:
    """Return the largest and the mean difference of one image in levels, with everything but some findings undone."""
    pairing, deployed_chain = known.pairing, known.pairing.deployed_chain
    goal = pairing.reference[image].astype(np.float32)
    if deployed_chain.rounds_output and known.chained:
        # A cast left few whole numbers: what the reference's content becomes by it is compared, in the reference's units.
        made = simulate(_chain_without(known, but), pairing.content[image], image)
        seen = unscrambled(deployed_chain, pairing.deployed[image])
        ratio = level_of(known) / max(float(np.abs(deployed_chain.value_map(image).matrix).max(1).mean()), 1e-30)
        peak, mean = remaining.apart(made, seen)
        return peak * ratio, mean * ratio
    made, mask = undone(known, image, but)
    if made.shape != goal.shape or not mask.any():
        return remaining.apart(pairing.deployed[image], goal)
    return masked(made, goal, mask)
