"""Chains that are run again share what they make alike."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.families.finding import Finding, unchanged
from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.diagnosis.search.staged import simulation
from pixelparity.diagnosis.search.staged.explanation import Explanation, StageFinding


def test_a_run_that_begins_alike_is_not_made_twice() -> None:
    """Two chains that resample alike share the result; what comes after is made anew, and the picture is not written to."""
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    resized = SideModel(placements=(placement.whole((40, 60), (20, 30)),), colour=colours.identity(3))
    still = placement.whole((20, 30), (20, 30))
    halved = colours.plain(range(3), np.full(3, 0.5), np.zeros(3), 3)
    made: simulation.Made = {}
    whole = simulation._run([resized, SideModel(placements=(still,), colour=colours.identity(3))], picture, 0, made)
    half = simulation._run([resized, SideModel(placements=(still,), colour=halved)], picture, 0, made)
    assert len(made) == 1
    assert half == pytest.approx(whole / 2)
    assert whole == pytest.approx(simulation._run([resized], picture, 0))


@pytest.mark.parametrize(("code", "order"), [(6, (0, 1, 2)), (1, (2, 1, 0)), (8, (2, 1, 0))])
def test_the_deployed_picture_is_turned_and_ordered_as_the_first_chain_has_it(
    code: int, order: tuple[int, ...]
) -> None:
    """A kept fault of the picture itself begins with the deployed side's own, as mends of turning and order leave it."""
    picture = np.random.default_rng(1).integers(0, 256, (8, 12, 3), dtype=np.uint8)
    seen = placement.turn(picture, code)[..., list(order)] // 2
    frame = placement.whole(seen.shape[:2], seen.shape[:2], seen.shape[:2], code)
    side = SideModel(placements=(frame,), colour=colours.plain(order, np.ones(3), np.zeros(3), 3))
    upright = SideModel(placements=(placement.whole((8, 12), (8, 12)),), colour=colours.identity(3))
    halved = Finding(
        family="alpha_gray", parameters={}, text="", fix="", mend=unchanged, steps=("decode",), content=True
    )
    story = Explanation(
        pictures=(picture,), seen=(seen,), reference_chains=(upright,), deployed_chains=(side,),
        located=(StageFinding(finding=halved, segment=0, stage="decode"),),
    )  # fmt: skip
    assert simulation.start(story, side, [0], 0) is seen
    assert (simulation.start(story, upright, [0], 0) == picture // 2).all()
    assert (simulation.start(story, side, [], 0) == placement.turn(picture, code)[..., list(order)]).all()


def _side(place: placement.Placement) -> SideModel:
    return SideModel(placements=(place,), colour=colours.identity(3), known=(True,))


@pytest.mark.parametrize(("of_deployed", "here", "origin"), [(True, (20, 30), (4, 11)), (False, (24, 36), (7, 12))])
def test_a_window_moves_to_the_side_whose_picture_it_gets(
    of_deployed: bool, here: tuple[int, int], origin: tuple[int, int]
) -> None:
    """Windows of 10 x 10, a pixel off the middle: on the other side's picture each lies where that side's own does."""
    picture = np.zeros((40, 60, 3), np.uint8)
    reference, deployed = (
        (_side(placement.whole((40, 60), size)), _side(placement.whole(size, size, (10, 10), 1, start)))
        for size, start in (((20, 30), (4, 11)), ((24, 36), (7, 12)))
    )
    story = Explanation(
        pictures=(picture,), seen=(picture,), reference_chains=reference, deployed_chains=deployed, located=()
    )
    chain = deployed[1] if of_deployed else reference[1]
    made = simulation._fitted(story, chain, 1, 0, here)
    assert (made.size, made.canvas, made.origin) == (here, (10, 10), origin)
