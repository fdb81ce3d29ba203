"""Run the models of both sides again, with some of the findings mended, and measure what lies between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.measure import remaining, threads
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.diagnosis.search.staged import simulation
from pixelparity.diagnosis.search.staged.explanation import Explanation, total

Array = NDArray[Any]


@dataclass(frozen=True)
class Runs:
    """What is known of the chains' runs.

    ``gaps`` holds largest and mean difference from the reference, by which findings were mended, which were kept in the
    pictures themselves, and the image; ``left`` what is left with some findings mended, ``made`` what was resampled on the way.
    """

    gaps: dict[tuple[frozenset[int], frozenset[int], int], tuple[float, float]] = field(default_factory=dict)
    left: dict[frozenset[int], dict[str, float]] = field(default_factory=dict)
    made: simulation.Made = field(default_factory=dict)


def apart(
    story: Explanation, keep: Sequence[int], image: int, goal: Mapping[int, Array], runs: Runs
) -> tuple[float, float]:
    """Return how far the deployed side is from the reference with only some findings kept; runs each chain once."""
    mended = frozenset(id(at) for n, at in enumerate(story.located) if n not in keep)
    shown = frozenset(id(story.located[n]) for n in keep if story.located[n].finding.content)
    key = (mended, shown, image)
    if key not in runs.gaps:
        runs.gaps[key] = remaining.apart(simulation.replay(story, keep, image, runs.made), goal[image])
    return runs.gaps[key]


def own_noise(story: Explanation, goal: Mapping[int, Array], held: Sequence[int], runs: Runs) -> float:
    """Return how far the reference's own chains are from the reference, mean absolute difference."""
    return float(
        np.mean(threads.each(lambda i: remaining.apart(simulation.reference(story, i, runs.made), goal[i])[1], held))
    )


def left_over(
    story: Explanation, seen: Mapping[int, Array], goal: Mapping[int, Array], held: Sequence[int], runs: Runs
) -> dict[str, float]:
    """Return how far the deployed tensors are from the reference's with every finding mended."""
    key = frozenset(id(at) for at in story.located)
    if key not in runs.left:
        runs.left[key] = remaining.over(threads.each(lambda i: _mended_gap(story, seen[i], goal[i], i, runs), held))
    return runs.left[key]


def _mended_gap(story: Explanation, seen: Array, goal: Array, image: int, runs: Runs) -> tuple[float, float]:
    """Return the largest and mean difference from the reference of one deployed tensor with every finding mended.

    The chains make what they explain of it; what they do not is carried through the mended constants, so that it stays
    seen: with no finding to mend, this is the difference of the two tensors as they are.
    """
    every = range(len(story.located))
    made, again = simulation.replay(story, [], image, runs.made), simulation.replay(story, every, image, runs.made)
    if again.shape != seen.shape:
        return remaining.apart(made, goal)
    missed = _missed(story, seen, again, image, runs) @ _carried(story, image).T
    if made.shape == missed.shape == goal.shape:
        return remaining.apart(made + missed, goal)
    # A mend moved what a chain misses to nobody knows where: the larger of both stands for their sum.
    known, unknown = remaining.apart(made, goal), remaining.apart(missed, np.zeros_like(missed))
    return max(known[0], unknown[0]), max(known[1], unknown[1])


def _missed(story: Explanation, seen: Array, again: Array, image: int, runs: Runs) -> Array:
    """Return what the deployed chains miss of a deployed tensor, in its units.

    Where a mend changes how values become whole levels, the deployed side's value before that is taken to be the chains'
    own, as far as it gives what is seen: fractions that are close may be a whole level apart once they are rounded.
    """
    every = range(len(story.located))
    plain, mended = simulation.mended_chains(story, every, image), simulation.mended_chains(story, [], image)
    freed = [k for k, chain in enumerate(plain) if chain.rounding not in ("none", mended[k].rounding)]
    if not freed:
        return seen - again
    chains = [replace(chain, rounding="none") if k in freed else chain for k, chain in enumerate(plain)]
    exact = simulation.run_all(story, chains, every, image, runs.made)
    least, most = _rounded_off(plain[freed[0]].rounding, _through(plain[freed[0] :], image))
    return np.clip(exact, seen + least, seen + most) - exact


def _rounded_off(rounding: str, matrix: Array) -> tuple[Array, Array]:
    """Return the least and the most that rounding to whole levels takes away of each channel behind a matrix."""
    least, most = np.minimum(matrix, 0).sum(1), np.maximum(matrix, 0).sum(1)
    if rounding == "floor":
        return least.astype(np.float32), most.astype(np.float32)
    half = ((most - least) / 2).astype(np.float32)
    return -half, half


def _carried(story: Explanation, image: int) -> Array:
    """Return the matrix (channels out, channels out) from a deployed tensor's deviations to those of the mended one."""
    mended, plain = simulation.mended_chains(story, [], image), story.deployed_chains
    one, other = (_through(chains, image) for chains in (mended, plain))
    return (one @ np.linalg.pinv(other)).astype(np.float32)


def _through(chains: Sequence[SideModel], image: int) -> Array:
    """Return the matrix of several chains' channel maps one after the other.

    It is read from what they make of black and of each channel alone: a plain map takes the channels that it names out of
    any number, as where a mend gives a chain three that was fitted to one.
    """
    channels = chains[0].value_map(image).matrix.shape[1]
    points = np.vstack([np.zeros(channels), np.eye(channels)]).astype(np.float32)
    for chain in chains:
        points = chain.value_map(image).apply(points)
    matrix: Array = (points[1:] - points[0]).T
    return matrix


def misfit(
    story: Explanation,
    seen: Mapping[int, Array],
    goal: Mapping[int, Array],
    held: Sequence[int],
    own: float,
    runs: Runs,
) -> float:
    """Return the mean that the chains do not reproduce, in the reference's units.

    It is what the deployed chains leave of the deployed tensors, or what mending every cause leaves of the difference
    above the reference's own noise: the larger of the two.
    """
    reference_chain, deployed_chain = total(story.reference_chains), total(story.deployed_chains)
    ratio = 1.0
    if reference_chain is not None and deployed_chain is not None:
        ratio = float(np.abs(reference_chain.gain).mean() / max(np.abs(deployed_chain.gain).mean(), 1e-30))
    every = range(len(story.located))
    alone = threads.each(lambda i: remaining.apart(simulation.replay(story, every, i, runs.made), seen[i])[1], held)
    mended = threads.each(lambda i: apart(story, [], i, goal, runs)[1], held)
    return max(float(np.mean(alone)) * ratio, float(np.mean(mended)) - own)
