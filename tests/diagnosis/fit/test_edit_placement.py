"""Size, place, canvas and sampling grid of a picture in a tensor are changed one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelparity.diagnosis.fit import edit_placement
from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.placement import Placement, whole
from pixelparity.diagnosis.model.side_model import SideModel


def _chain(*chosen: Placement, exact: bool = False, shapes: tuple[tuple[int, int], ...] = ()) -> SideModel:
    return SideModel(
        placements=chosen, colour=colours.identity(3), known=(True,) * len(chosen), subpixel_scale=exact, shapes=shapes
    )  # fmt: skip


def _laid(size: tuple[int, int], canvas: tuple[int, int], origin: tuple[int, int]) -> Placement:
    return whole(size, size, canvas, 1, origin)


CENTRED = [_laid((50, 100), (100, 100), (-25, 0)), _laid((100, 61), (100, 100), (0, -20))]
CORNER = [_laid((50, 100), (100, 100), (0, 0)), _laid((100, 61), (100, 100), (0, 0))]


@pytest.mark.parametrize(
    ("chosen", "name"), [(CENTRED, "centre"), (CORNER, "start"), ([CENTRED[0], CORNER[0]], "other")]
)
def test_the_place_in_the_canvas_has_a_name(chosen: list[Placement], name: str) -> None:
    """Gaps of more than two pixels tell where a picture lies; pictures at several places have no name."""
    assert edit_placement.anchor(chosen) == name


def test_a_picture_that_fills_its_canvas_tells_no_place() -> None:
    """Without a gap there is nothing to name, and the other side's place is taken."""
    assert edit_placement.anchor([_laid((100, 100), (100, 100), (0, 0))]) == ""


def test_an_odd_gap_tells_how_it_is_halved() -> None:
    """61 in 100 leaves 39: an origin of -20 rounds down, -19 up and to zero."""
    assert set(edit_placement.styles(CENTRED)) == {"down", "from zero", "half to even"}
    assert set(edit_placement.styles([_laid((100, 61), (100, 100), (0, -19))])) == {"up", "to zero"}


@given(size=st.integers(1, 400), canvas=st.integers(1, 400))
def test_every_way_of_halving_is_within_half_a_pixel(size: int, canvas: int) -> None:
    """Each way agrees with itself, and none is further than half a pixel from the middle."""
    for name, halved in edit_placement.STYLES.items():
        frame = _laid((size, size), (canvas, canvas), (halved(size - canvas),) * 2)
        assert abs(2 * frame.origin[0] - (size - canvas)) <= 1
        assert name in edit_placement.styles([frame])


@pytest.mark.parametrize(
    ("pairs", "kinds"),
    [
        ([((50, 60), (50, 60)), ((70, 80), (70, 80))], {"free"}),
        ([((50, 60), (64, 64)), ((70, 80), (96, 96))], {"divisor"}),
        ([((50, 100), (100, 100)), ((100, 60), (100, 100))], {"fixed", "batch"}),
        ([((50, 60), (160, 160)), ((160, 150), (160, 160)), ((90, 64), (96, 64)), ((60, 64), (96, 64))], {"batch"}),
    ],
)
def test_canvases_follow_from_sizes_in_known_ways(pairs: list[tuple], kinds: set[str]) -> None:
    """Equal, rounded up, fixed, or the largest of several."""
    assert set(edit_placement.canvas_kinds([_laid(size, canvas, (0, 0)) for size, canvas in pairs])) == kinds


def test_a_batch_is_told_from_a_fixed_canvas_by_the_other_side() -> None:
    """Padding to the largest is a batch only where the reference pads each picture to its own size."""
    own = [_laid((50, 60), (64, 64), (0, 0)), _laid((90, 90), (96, 96), (0, 0))]
    batch = [_laid((50, 60), (96, 96), (0, 0)), _laid((90, 90), (96, 96), (0, 0))]
    assert edit_placement.batched(own, batch)
    assert not edit_placement.batched(batch, batch)


def test_a_mended_size_keeps_the_sampling_grid() -> None:
    """The deployed side keeps exact scales: so does its picture at the reference's size."""
    shapes = ((300, 400),)
    exact = placement.subpixel((300, 400), whole((300, 400), (100, 133)), 0)
    ours, theirs = _chain(whole((300, 400), (200, 267)), shapes=shapes), _chain(exact, exact=True, shapes=shapes)
    (mended,) = edit_placement.resized(theirs, ours)
    assert mended.size == (200, 267)
    assert mended.scale == (1.5, 1.5)
    (gridded,) = edit_placement.regridded(theirs, ours)
    assert gridded.size == (100, 133)
    assert gridded.scale == (3.0, 400 / 133)


def test_a_mended_place_keeps_the_size() -> None:
    """The reference centres: the deployed side's smaller picture is centred in its own canvas."""
    ours, theirs = _chain(*CENTRED), _chain(_laid((40, 80), (80, 80), (0, 0)), _laid((80, 40), (80, 80), (0, 0)))
    assert [f.origin for f in edit_placement.replaced(theirs, ours)] == [(-20, 0), (0, -20)]
    assert [f.size for f in edit_placement.replaced(theirs, ours)] == [(40, 80), (80, 40)]


def test_a_mended_canvas_leaves_the_picture_where_it_is() -> None:
    """What a batch adds behind the picture goes, the place of the picture stays."""
    ours = _chain(_laid((50, 60), (64, 64), (0, 0)))
    theirs = _chain(_laid((50, 60), (96, 96), (-7, -2)))
    (mended,) = edit_placement.recanvased(theirs, ours)
    assert (mended.canvas, mended.origin) == ((64, 64), (-7, -2))


def test_a_rule_goes_over_to_a_picture_of_another_shape() -> None:
    """Short edge 100, centre crop 80: a turned picture gets the turned size and the same window."""
    shapes = ((200, 300), (300, 500))
    sizes = ((100, 150), (100, 166))
    chosen = [whole(s, z, (80, 80), 1, (10, (z[1] - 80) // 2)) for s, z in zip(shapes, sizes, strict=True)]
    made = edit_placement.transferred(_chain(*chosen, shapes=shapes), 0, (300, 200))
    assert made is not None
    assert (made.size, made.origin, made.canvas) == ((150, 100), (35, 10), (80, 80))
    assert edit_placement.fits(made, (300, 200))
    assert not edit_placement.fits(made, (200, 300))


def test_a_frame_of_another_side_takes_this_sides_place() -> None:
    """A corner stays a corner in a larger canvas; where both sides centre alike, the reference's frame is taken as it is."""
    large = [_laid((100, 200), (200, 200), (-50, 0)), _laid((200, 100), (200, 200), (0, -50))]
    assert edit_placement.moved(CORNER[0], large[0], CORNER, large) == replace(large[0], origin=(0, 0))
    assert edit_placement.moved(CENTRED[0], large[0], CENTRED, large) == large[0]


def test_a_side_with_its_own_places_keeps_them() -> None:
    """Against itself no edit changes anything."""
    side = _chain(*CENTRED, shapes=((50, 100), (100, 61)))
    for edit in (edit_placement.replaced, edit_placement.recanvased, edit_placement.resized, edit_placement.regridded):
        assert edit(side, side) == side.placements


def test_gaps_of_two_pixels_tell_no_place() -> None:
    """98 in 100 may lie anywhere; 97 in 100 at the start is no centre."""
    assert edit_placement.anchor([_laid((98, 100), (100, 100), (0, 0))]) == ""
    assert edit_placement.anchor([_laid((97, 100), (100, 100), (0, 0))]) == "start"
    assert edit_placement.anchor([_laid((97, 100), (100, 100), (-3, 0))]) == "end"


def test_a_place_is_the_picture_s_or_is_not() -> None:
    """The ends of a placement meet the edges within half a pixel; a part lies inside."""
    assert edit_placement.fits(whole((300, 400), (100, 133)), (300, 400))
    assert not edit_placement.fits(whole((300, 400), (100, 133)), (301, 400))
    part = placement.cut_out((0, 10, 200, 300), (64, 64))
    assert edit_placement.fits(part, (200, 300))
    assert not edit_placement.fits(part, (199, 300))


def test_sizes_without_a_rule_go_over_to_no_picture() -> None:
    """Two pictures whose sizes follow no rule say nothing of a third; neither does a side of which nothing is known."""
    odd = whole((200, 300), (100, 101)), whole((300, 500), (230, 77))
    side = _chain(*odd, shapes=((200, 300), (300, 500)))
    assert edit_placement.transferred(side, 0, (50, 60)) is None
    assert edit_placement.transferred(replace(side, known=(False, False)), 0, (50, 60)) is None


def test_sides_of_unlike_lengths_are_an_error() -> None:
    """Both sides have a placement per image."""
    with pytest.raises(ValueError, match="longer"):
        edit_placement.replaced(_chain(*CENTRED), _chain(CENTRED[0]))


def test_another_size_takes_the_place_along_unless_it_is_kept() -> None:
    """Resized as the reference a picture lies where the reference has it, or, if asked for, where its own side would."""
    reference, deployed = _chain(*CENTRED), _chain(*CORNER)
    assert [one.origin for one in edit_placement.resized(deployed, reference)] == [one.origin for one in CENTRED]
    kept = edit_placement.resized(deployed, reference, keep_place=True)
    assert [one.origin for one in kept] == [(0, 0), (0, 0)]
