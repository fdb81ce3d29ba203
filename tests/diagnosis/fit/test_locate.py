"""Where a picture lies is looked up in its tensor."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.fit import locate
from pixelparity.diagnosis.fit.locate import NEUTRAL, by_rule, candidates_like, closeness
from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.placement import Placement, cut_out, turn, whole
from pixelparity.diagnosis.model.resampling import Resampling
from pixelparity.diagnosis.model.side_model import SideModel
from tests.diagnosis.sides import cropped, fitted, picture, resized

SOURCE = picture(0, (100, 130))
LINEAR = Resampling()


def _found(target: np.ndarray) -> Placement:
    place, score = locate.locate(SOURCE, target, (1,))
    assert score > 0.97
    return place


@pytest.mark.parametrize(("rule", "size"), [("same", (100, 150)), ("short", (200, 100)), ("long", (150, 75))])
def test_rules_worked_by_hand(rule: str, size: tuple[int, int]) -> None:
    """A 200 x 300 picture shrunk to 100 x 150, and a 600 x 300 one by the same size, shorter or longer edge."""
    hint = placement.whole((200, 300), (100, 150))
    assert by_rule(rule, (600, 300, 3), size, hint).size == size


def test_an_odd_gap_is_halved_either_way() -> None:
    """A picture of 5 columns in the middle of 8 has one or two of the three free columns on its left, as libraries round."""
    picture, canvas = np.zeros((4, 5, 3)), np.zeros((4, 8, 3))
    centred = placement.whole((4, 6), (4, 6), (4, 8), 1, (0, -1))
    assert [frame.origin for frame in candidates_like(picture, canvas, [centred])] == [(0, -2), (0, -1)]


def test_closeness_of_the_right_place_is_one() -> None:
    """The picture at its place explains itself, whatever gain and channel order; of one colour nothing is told."""
    place = whole((100, 130), (100, 130), (50, 60), 1, (20, 30))
    target = SOURCE[20:70, 30:90, ::-1] / 255 - 0.5
    assert closeness(SOURCE, target, place, NEUTRAL) == pytest.approx(1)
    assert np.isnan(closeness(SOURCE, np.ones((50, 60, 3)), place, NEUTRAL))
    assert np.isnan(closeness(SOURCE, target, whole((100, 130), (100, 130), (50, 60), 1, (100, 0)), NEUTRAL))


def test_the_further_off_the_less_is_explained() -> None:
    """One, two and five pixels beside the right window explain less and less."""
    target = SOURCE[20:70, 30:90]
    places = [whole((100, 130), (100, 130), (50, 60), 1, (20 + off, 30)) for off in (0, 1, 2, 5)]
    found = [closeness(SOURCE, target, place, NEUTRAL, 40) for place in places]
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize(
    ("target", "size", "origin"),
    [
        (SOURCE, (100, 130), (0, 0)),
        (cropped(SOURCE, 64), (100, 130), (18, 33)),
        (resized(SOURCE, (64, 64)), (64, 64), (0, 0)),
        (cropped(resized(SOURCE, (64, 83)), 64), (64, 83), (0, 9)),
        (fitted(SOURCE, 64, 114), (49, 64), (-7, 0)),
        (fitted(SOURCE, 64, 114, corner=True), (49, 64), (0, 0)),
    ],
    ids=["as it is", "cropped", "stretched", "covered", "fitted", "fitted in the corner"],
)
def test_usual_places_are_found(target: np.ndarray, size: tuple[int, int], origin: tuple[int, int]) -> None:
    """What deployments do to a picture is among the candidates, and wins."""
    place = _found(target)
    assert (place.size, place.origin) == (size, origin)


@pytest.mark.parametrize("code", [3, 6])
def test_a_turned_picture_is_found_where_it_explains_clearly_more(code: int) -> None:
    """EXIF codes are told; an upright picture stays upright."""
    target = turn(SOURCE, code)
    plain = locate.locate(SOURCE, target, (1,))
    assert locate.locate_turned(SOURCE, target, plain)[0].code == code
    upright = locate.locate(SOURCE, SOURCE, (1,))
    assert locate.locate_turned(SOURCE, SOURCE, upright) == upright


def test_a_part_of_the_picture_is_found() -> None:
    """Rows 12 to 80 and columns 21 to 107, enlarged to the whole tensor; the whole picture is no part."""
    target = resized(SOURCE[12:80, 21:107], (96, 96))
    place, score = locate.locate_region(SOURCE, target, locate.locate(SOURCE, target, (1,)))
    assert place.region == (12, 21, 80, 107)
    assert score > 0.98
    small = resized(SOURCE, (64, 64))
    plain = locate.locate(SOURCE, small, (1,))
    assert locate.locate_region(SOURCE, small, plain) == plain


def test_a_part_is_nudged_to_its_edges() -> None:
    """From edges up to two pixels off, single steps find the right ones; the whole picture is called whole."""
    target = resized(SOURCE[12:80, 21:107], (68, 86))
    assert locate.nudged(SOURCE, target, cut_out((11, 22, 80, 108), (68, 86)), LINEAR).region == (12, 21, 80, 107)
    near = cut_out((1, 0, 100, 130), (64, 64))
    assert locate.nudged(SOURCE, resized(SOURCE, (64, 64)), near, LINEAR) == whole((100, 130), (64, 64))


def test_a_place_is_settled_by_single_pixels() -> None:
    """From two pixels beside it the right size and window are found."""
    target = cropped(resized(SOURCE, (72, 94)), 64)
    model = SideModel(placements=(), colour=colours.identity(3), resampling=LINEAR)
    near = whole((100, 130), (73, 95), (64, 64), 1, (4, 16))
    settled = locate.settle(SOURCE, target, near, model)
    assert (settled.size, settled.origin) == ((72, 94), (4, 15))


def test_an_exact_scale_is_that_of_the_axis_that_fits() -> None:
    """130 x 50/100 is 65, a whole number: no exact scale; of 0.49 it is 63.7, and one axis' scale holds for both."""
    assert locate.exactly(SOURCE, resized(SOURCE, (50, 65)), whole((100, 130), (50, 65)), LINEAR).scale == (2.0, 2.0)
    place = locate.exactly(SOURCE, resized(SOURCE, (49, 64)), whole((100, 130), (49, 64)), LINEAR)
    assert place.scale[0] == place.scale[1]
    part = cut_out((0, 0, 50, 50), (20, 20))
    assert locate.exactly(SOURCE, SOURCE[:20, :20], part, LINEAR) == part


def test_hints_of_other_images_are_followed() -> None:
    """A picture of another shape follows the rule of a hint; a hint that does not fit is not believed."""
    hint = whole((130, 100), (83, 64), (64, 64), 1, (9, 0))
    target = cropped(resized(SOURCE, (64, 83)), 64)
    place, score = locate.locate(SOURCE, target, (1,), [hint])
    assert (place.size, place.origin) == ((64, 83), (0, 9))
    assert score > 0.97
    stretched = resized(SOURCE, (64, 64))
    assert locate.locate(SOURCE, stretched, (1,), [hint])[0].size == (64, 64)


def test_an_unknown_orientation_is_an_error() -> None:
    """EXIF has no code 9."""
    with pytest.raises(KeyError):
        locate.locate(SOURCE, SOURCE, (9,))
