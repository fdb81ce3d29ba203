"""What the chains miss of a deployed tensor, and how that is carried through the mends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pixelparity.diagnosis.families.finding import Finding
from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.placement import whole
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.diagnosis.search.confirm import replays
from pixelparity.diagnosis.search.staged.explanation import Explanation, StageFinding

HERE = (whole((4, 4), (4, 4)),)


def _chain(gains: list[float], rounding: str = "none", channels: int = 3) -> SideModel:
    colour = colours.plain(range(channels), np.array(gains), np.full(channels, 7.0), channels)
    return SideModel(placements=HERE, colour=colour, rounding=rounding, known=(True,))


def test_maps_follow_each_other() -> None:
    """Doubling and then scaling by a half, a third and one is the product of both, offsets left out."""
    matrix = replays._through([_chain([2, 2, 2]), _chain([1 / 2, 1 / 3, 1])], 0)
    assert matrix == pytest.approx(np.diag([1, 2 / 3, 2]), abs=1e-6)


def test_a_map_of_one_channel_takes_the_first_of_three() -> None:
    """A mend that brings colours back gives three channels to a chain that was fitted to one."""
    matrix = replays._through([_chain([1, 1, 1]), _chain([2], channels=1)], 0)
    assert matrix == pytest.approx(np.array([[2.0, 0, 0]]))


def test_rounding_off_takes_away_at_most_a_level() -> None:
    """Cutting off takes up to a whole level, downwards where a gain turns it; rounding half a level either way."""
    matrix = np.array([[0.25, 0.5], [-1.0, 0.0]])
    least, most = replays._rounded_off("floor", matrix)
    assert least == pytest.approx([0, -1])
    assert most == pytest.approx([0.75, 0])
    least, most = replays._rounded_off("round", matrix)
    assert least == pytest.approx([-0.375, -0.5])
    assert most == pytest.approx([0.375, 0.5])


def _cut_off(pixel: float) -> Explanation:
    """Return a deployed side that cuts off fractions, of one picture of one value, half a pixel aside of the grid."""
    chain = _chain([1, 1, 1], "floor")
    chain = replace(chain, resampling=replace(chain.resampling, centre="corner"))
    finding = Finding(
        family="dtype", parameters={}, text="as it is", fix="# mend", steps=("resize",),
        mend=lambda one: replace(one, rounding="none"),
    )  # fmt: skip
    picture = np.full((4, 4, 3), pixel, np.float32)
    return Explanation(
        pictures=(picture,), seen=(picture,), reference_chains=(chain,), deployed_chains=(chain,),
        located=(StageFinding(finding=finding, segment=0, stage="resize"),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("pixel", "seen", "missed"), [(5.75, 5, 0), (5.75, 6, 0.25), (5.75, 4, -0.75), (5.75, 8, 2.25)]
)
def test_what_is_within_a_level_is_not_missed(pixel: float, seen: float, missed: float) -> None:
    """Of 5.75 that is cut off, a 5 misses nothing; a 6 tells of 6.0 at least, a 4 of 5.0 at most."""
    deployed = np.full((4, 4, 3), seen + 7, np.float32)
    story, runs = _cut_off(pixel), replays.Runs()
    again = np.full((4, 4, 3), 5 + 7, np.float32)
    assert replays._missed(story, deployed, again, 0, runs) == pytest.approx(np.full((4, 4, 3), missed), abs=1e-5)


def test_without_a_mend_of_the_rounding_the_difference_is_missed() -> None:
    """Where the mends leave the rounding alone, what is missed is what is seen less what the chains make."""
    story = replace(_cut_off(5.75), located=())
    seen, again = np.full((4, 4, 3), 13.0), np.full((4, 4, 3), 12.0)
    assert replays._missed(story, seen, again, 0, replays.Runs()) == pytest.approx(np.ones((4, 4, 3)))


def test_what_the_chains_do_not_reproduce_counts_in_the_references_units() -> None:
    """The deployed chain misses one unit of a side whose gain is 2; the reference's is 3: it is one and a half of its units."""
    picture = np.full((4, 4, 3), 5.0, np.float32)
    story = Explanation(
        pictures=(picture,), seen=(picture,), reference_chains=(_chain([3, 3, 3]),),
        deployed_chains=(_chain([2, 2, 2]),), located=(),
    )  # fmt: skip
    made = np.full((4, 4, 3), 17.0, np.float32)  # 2 * 5 + 7
    assert replays.misfit(story, {0: made + 1}, {0: made + 1}, [0], 0.0, replays.Runs()) == pytest.approx(1.5)
    assert replays.misfit(story, {0: made}, {0: made}, [0], 0.0, replays.Runs()) == pytest.approx(0)
    # What mending leaves of the difference counts where it is more, above the reference's own noise.
    assert replays.misfit(story, {0: made}, {0: made + 4}, [0], 1.0, replays.Runs()) == pytest.approx(3.0)
