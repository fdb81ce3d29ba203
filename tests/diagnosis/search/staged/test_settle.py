"""Findings of several segments are brought together: sizes, and channel orders that one side sets later."""

from __future__ import annotations

import numpy as np

from pixelparity.diagnosis.families.finding import Finding, unchanged
from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.placement import whole
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.diagnosis.search.staged.explanation import Explanation, StageFinding
from pixelparity.diagnosis.search.staged.settle import settle_orders

PICTURE = np.zeros((4, 4, 3), np.uint8)
BGR = (2, 1, 0)


def _chain(order: tuple[int, ...] = (0, 1, 2), gain: tuple[float, ...] = (1.0, 1.0, 1.0)) -> SideModel:
    colour = colours.plain(order, np.array(gain), np.zeros(3), 3)
    return SideModel(placements=(whole((4, 4), (4, 4)),), colour=colour, known=(True,))


def _found(family: str, segment: int) -> StageFinding:
    finding = Finding(family=family, parameters={}, text="", fix="", mend=unchanged, steps=("other",))
    return StageFinding(finding=finding, segment=segment, stage=str(segment))


def _story(reference: list[SideModel], deployed: list[SideModel], *found: StageFinding) -> Explanation:
    return Explanation(
        pictures=(PICTURE,), seen=(PICTURE,), reference_chains=tuple(reference), deployed_chains=tuple(deployed),
        located=found,
    )  # fmt: skip


def _families(story: Explanation) -> list[str]:
    return [at.finding.family for at in settle_orders(story).located]


def test_a_swap_that_the_other_side_makes_later_is_none() -> None:
    """The reference swaps in its last chain, the deployed side in its first: in the end the order is one."""
    found = _found("channel_order", 0), _found("layout", 1), _found("channel_order", 1)
    assert _families(_story([_chain(), _chain(BGR)], [_chain(BGR), _chain()], *found)) == ["layout"]


def test_one_swap_stays_where_the_sides_part() -> None:
    """Three swaps of the deployed side are one that is left, and it is the last."""
    found = _found("channel_order", 0), _found("layout", 1), _found("channel_order", 2)
    story = _story([_chain()] * 3, [_chain(BGR), _chain(BGR), _chain(BGR)], *found)
    assert [(at.finding.family, at.segment) for at in settle_orders(story).located] == [
        ("layout", 1),
        ("channel_order", 2),
    ]
    assert settle_orders(_story([_chain()], [_chain()], _found("layout", 0))).located == (_found("layout", 0),)


def test_constants_that_went_with_their_colour_belong_to_the_swap() -> None:
    """Red's gain stands with red on both sides: the other constants are the order's doing, and are mended with it."""
    gains = (0.5, 1.0, 2.0)
    found = _found("channel_order", 0), _found("mean_std_wrong", 0)
    with_colour = settle_orders(_story([_chain(gain=gains)], [_chain(BGR, gains[::-1])], *found)).located
    assert [at.finding.family for at in with_colour] == ["channel_order"]
    assert [segment for segment, _ in with_colour[0].along] == [0]
    in_place = settle_orders(_story([_chain(gain=gains)], [_chain(BGR, gains)], *found)).located
    assert [at.finding.family for at in in_place] == ["mean_std_wrong", "channel_order"]
