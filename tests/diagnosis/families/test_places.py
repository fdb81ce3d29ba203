"""Sizes and places of pictures in their canvases: which family a pair of frames is called by, and that its mend restores it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pixelparity.diagnosis.families import frames, geometry, places
from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.placement import Pair, Placement
from pixelparity.diagnosis.model.side_model import SideModel

SHAPES: tuple[Pair, ...] = ((150, 200), (200, 150), (170, 170), (140, 231))
EVERY = range(len(SHAPES))


def _fitted(edge: int, canvas: int, at: str = "centre") -> list[Placement]:
    """Return pictures fitted into a square of ``edge``, padded to a square canvas."""
    made = []
    for shape in SHAPES:
        size = (round(shape[0] * edge / max(shape)), round(shape[1] * edge / max(shape)))
        origin = {"centre": ((size[0] - canvas) // 2, (size[1] - canvas) // 2), "start": (0, 0)}[at]
        made.append(placement.whole(shape, size, (canvas, canvas), 1, origin))
    return made


def _cut(canvas: int, at: str = "centre", up: bool = False) -> list[Placement]:
    """Return windows of a square canvas in pictures that are not resized."""
    made = []
    for height, width in SHAPES:
        gaps = (height - canvas, width - canvas)
        origin = {"centre": tuple((g + up) // 2 for g in gaps), "start": (0, 0)}[at]
        made.append(placement.whole((height, width), (height, width), (canvas, canvas), 1, origin))  # type: ignore[arg-type]
    return made


def _side(chosen: list[Placement]) -> SideModel:
    return SideModel(placements=tuple(chosen), colour=colours.identity(3), shapes=SHAPES)


OWN = [placement.whole(shape, shape) for shape in SHAPES]
BATCH = [placement.whole(shape, shape, (200, 231)) for shape in SHAPES]
CASES = {
    "the same": (_fitted(96, 96), _fitted(96, 96), []),
    "another place in the padding": (_fitted(96, 96), _fitted(96, 96, "start"), ["padding_position"]),
    "another tensor": (_cut(96), _cut(112), ["target_size"]),
    "another size": (_fitted(96, 128), _fitted(112, 128), ["target_size"]),
    "another window": (_cut(96), _cut(96, "start"), ["resize_mode"]),
    "half pixels": (_cut(96), _cut(96, up=True), ["rounding"]),
    "the largest of a batch": (OWN, BATCH, ["batch_padding"]),
}


@pytest.mark.parametrize("name", CASES)
def test_each_pair_of_frames_has_its_name_and_is_mended(name: str) -> None:
    """Each difference of places is called by its family; with its mend the deployed frames are the reference's."""
    left, right, families = CASES[name]
    reference, deployed = _side(left), _side(right)
    shapes = [(shape, shape) for shape in SHAPES]
    found = geometry.differences(reference, deployed, shapes)
    assert [one.family for one in found] == families
    for one in found:
        assert "..." not in one.fix
        assert one.mend(deployed).placements == reference.placements


def test_frames_say_what_both_sides_share() -> None:
    """Anchors, padding and gaps by hand; in the reference's canvases pictures stay where they are."""
    shown = frames.of(_side(_fitted(96, 96)), _side(_fitted(94, 128, "start")), EVERY)
    assert shown.anchors == ("centre", "start")
    assert shown.anchors_differ
    assert shown.both_padded
    assert shown.size_gaps == [2, 2, 2, 2]
    inner = shown.in_canvases_of_the_reference()
    assert {b.canvas for b in inner.deployed} == {(96, 96)}
    assert [b.origin for b in inner.deployed] == [(0, 0)] * len(SHAPES)


def test_canvas_and_place_are_two_causes() -> None:
    """A larger canvas with the picture in its corner differs in size and in place; each has its own mend."""
    shown = frames.of(_side(_fitted(96, 96)), _side(_fitted(96, 128, "start")), EVERY)
    assert [one.family for one in places.differences(shown)] == ["target_size", "padding_position"]


def test_a_picture_that_tells_nothing_on_one_side_is_left_out() -> None:
    """Only what both sides know of is compared: an odd frame that was not identified accuses nobody."""
    odd = [*_fitted(96, 96)[:-1], placement.whole(SHAPES[-1], (20, 30), (96, 96))]
    known = (*[True] * (len(SHAPES) - 1), False)
    reference, deployed = _side(_fitted(96, 96)), replace(_side(odd), known=known)
    shapes = [(shape, shape) for shape in SHAPES]
    assert geometry.differences(reference, replace(deployed, known=()), shapes) != []
    assert geometry.differences(replace(reference, known=()), deployed, shapes) == []
    assert geometry.differences(deployed, reference, shapes) == []


def test_a_resize_on_one_side_of_other_pictures_is_named_by_its_rule() -> None:
    """A step before gave the sides other pictures: one resamples them by a rule, the other leaves them as they are."""
    halved = [(height // 2, width // 2) for height, width in SHAPES]
    still = [placement.whole(shape, shape) for shape in halved]
    shapes = list(zip(SHAPES, halved, strict=True))
    resampled, plain = _side(_fitted(96, 96)), replace(_side(still), shapes=tuple(halved))
    (found,) = geometry.differences(resampled, plain, shapes)
    assert found.family == "resize_mode"
    (back,) = geometry.differences(plain, resampled, [(b, a) for a, b in shapes])
    assert back.parameters["reference"] == found.parameters["deployed"]
