"""Findings of several segments are brought together: sizes, and channel orders that one side sets later."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pixelparity.diagnosis.families.finding import Finding, unchanged
from pixelparity.diagnosis.measure.stage_pairs import Segment
from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.placement import whole
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.diagnosis.search.staged.explanation import Explanation, StageFinding
from pixelparity.diagnosis.search.staged.settle import merge_sizes, settle_orders, with_tensor_sizes

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


def test_sizes_of_several_steps_are_one_cause() -> None:
    """Two or three sizes become one, at the first; a mode among them names it, wherever it stands; one alone stays."""
    two, three = (
        merge_sizes(_story([_chain()], [_chain()], *(_found("target_size", n) for n in range(count)))).located
        for count in (2, 3)
    )
    assert [(at.segment, [n for n, _ in at.along]) for at in two] == [(0, [1])]
    assert [(at.segment, [n for n, _ in at.along]) for at in three] == [(0, [1, 2])]
    mode = replace(_found("resize_mode", 1), finding=_found("resize_mode", 1).finding)
    mode = replace(mode, finding=replace(mode.finding, parameters={"reference_rule": {}}))
    mixed = merge_sizes(_story([_chain()], [_chain()], _found("target_size", 0), _found("layout", 0), mode)).located
    assert [(at.finding.family, [n for n, _ in at.along]) for at in mixed] == [("layout", []), ("resize_mode", [0])]
    alone = _story([_chain()], [_chain()], _found("target_size", 0), _found("layout", 1))
    assert merge_sizes(alone) is alone


def _segment(*sides: tuple[tuple[int, int], ...]) -> Segment:
    """Return a segment whose final tensors have these sizes, side by side."""
    targets = tuple(tuple(np.zeros((*size, 3), np.float32) for size in side) for side in sides)
    return Segment(reference=(), deployed=(), sources=targets, targets=targets)  # type: ignore[arg-type]


def test_another_size_is_said_with_the_tensors_own() -> None:
    """Height and width of each side stand with the size and with no other finding; not where a side has several, or both one."""
    story = _story([_chain()], [_chain()], _found("layout", 0), _found("target_size", 0))
    layout, size = with_tensor_sizes(story, [_segment(((4, 6), (4, 6)), ((8, 2), (8, 2)))]).located
    assert dict(size.finding.parameters) == {"reference": [4, 6], "deployed": [8, 2]}
    assert dict(layout.finding.parameters) == {}
    for segments in ([], [_segment(((4, 6),), ((4, 6),))], [_segment(((4, 6), (5, 6)), ((8, 2), (8, 2)))]):
        assert with_tensor_sizes(story, segments) is story
