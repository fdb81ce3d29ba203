"""How far one tensor is moved or stretched against another."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.fit import registration
from pixelparity.diagnosis.fit.registration import Displacement, lucas_kanade
from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.placement import whole
from pixelparity.diagnosis.model.resampling import Resampling, matrix, resample
from tests.diagnosis.sides import picture

PICTURE = picture(0, (90, 110)).astype(np.float64)
GREY = PICTURE.mean(2)


def _moved(down: float, right: float, taller: float = 0.0) -> np.ndarray:
    """Return the grey picture displaced: content goes down, right, and grows about the centre."""
    by = Displacement(shift=(-down, -right), growth=(-taller, 0.0), error=0.0)
    return registration.moved_back(GREY, by)


def test_a_displacement_worked_by_hand() -> None:
    """0.5 down and 3 of growth: at most 2 pixels anywhere."""
    assert Displacement(shift=(0.5, 0.0), growth=(3.0, 1.0), error=0.0).largest == 2.0


@pytest.mark.parametrize(("down", "right"), [(0.5, 0.0), (-0.25, 0.75), (0.0, -1.5)])
def test_a_shift_is_measured(down: float, right: float) -> None:
    """Parts of a pixel and more, in either direction, to a fiftieth."""
    found = lucas_kanade(GREY, _moved(down, right))
    assert found.shift == pytest.approx((down, right), abs=0.02)
    assert found.growth == pytest.approx((0, 0), abs=0.04)
    assert 0 < found.error < 0.05


def test_a_stretch_is_measured() -> None:
    """A picture two pixels taller about its centre grows along its rows only."""
    found = lucas_kanade(GREY, _moved(0.0, 0.0, 2.0))
    assert found.growth == pytest.approx((2.0, 0.0), abs=0.06)
    assert found.shift == pytest.approx((0, 0), abs=0.03)


def test_a_picture_does_not_move_against_itself() -> None:
    """Nothing moves, and nothing is unsure; a blurred picture lies where it was."""
    found = lucas_kanade(GREY, GREY)
    assert (found.largest, found.error) == (0.0, 0.0)
    blurred = registration._smooth(registration._smooth(GREY))
    assert lucas_kanade(GREY, blurred).largest < 0.05


def test_a_larger_shift_is_a_larger_displacement() -> None:
    """Displacements come out in the order of the shifts."""
    found = [lucas_kanade(GREY, _moved(d, 0.0)).largest for d in (0.1, 0.3, 0.9)]
    assert found == sorted(found)


def test_a_picture_is_moved_back() -> None:
    """Moved by whole pixels and moved back is the picture, away from the border; by parts of one, nearly."""
    inner = slice(6, -6), slice(6, -6)
    for down, right, share in ((2.0, -3.0, 1e-6), (0.5, -0.5, 0.6)):
        moved = _moved(down, right)
        back = registration.moved_back(moved, Displacement(shift=(down, right), growth=(0.0, 0.0), error=0.0))
        assert np.abs(back - GREY)[inner].mean() <= share * np.abs(moved - GREY)[inner].mean()


def test_unlike_shapes_are_an_error() -> None:
    """Only pictures of one shape are registered."""
    with pytest.raises(ValueError, match="broadcast"):
        lucas_kanade(GREY, GREY[:-2])


@pytest.mark.parametrize("shift", [(0, 0), (3, -2), (-7, 5)])
def test_whole_pixels_are_found_by_phase_correlation(shift: tuple[int, int]) -> None:
    """The canvas lies over the picture where it was cut; tensors of other sizes have no shift."""
    source = np.roll(PICTURE, shift, (0, 1))
    found = registration.phase_correlation(source, PICTURE)
    assert found is not None
    assert found.origin == shift
    assert registration.phase_correlation(source, PICTURE[:-1]) is None


def test_a_zoom_is_searched_for() -> None:
    """A picture shrunk to its whole is seen whole; one of which the middle was enlarged is seen in part."""
    how = Resampling(antialias=True)
    small = resample(PICTURE, matrix(90, 45, how), matrix(110, 55, how))
    place, score = registration.search_zoom(PICTURE, small)
    assert score > 0.97
    assert place.scale == pytest.approx((2, 2), rel=0.05)
    middle = PICTURE[15:75, 20:90]
    close = resample(middle, matrix(60, 90, how), matrix(70, 110, how))
    place, score = registration.search_zoom(PICTURE, close)
    assert score > 0.9
    assert place.scale == pytest.approx((2 / 3, 7 / 11), rel=0.06)


def test_a_search_between_other_pictures_finds_nothing() -> None:
    """Two drawings that share nothing do not correlate as two of one picture do."""
    assert registration.search_zoom(PICTURE, picture(7, (90, 110)))[1] < 0.5


def test_a_rough_place_is_refined() -> None:
    """From half a pixel and two percent off, the place is found to a tenth of a pixel."""
    middle = PICTURE[15:75, 20:90]
    close = resample(middle, matrix(60, 90, Resampling()), matrix(70, 110, Resampling()))
    rough = registration.placement_at((90, 110), (90, 110), (0.68, 0.62), (14.5, 20.5))
    place = registration.refined(PICTURE, close, rough)
    assert place.scale == pytest.approx((2 / 3, 7 / 11), abs=0.002)
    assert place.start == pytest.approx((15, 20), abs=0.1)


def test_one_round_brings_a_rough_place_to_a_tenth_of_a_pixel() -> None:
    """From a pixel off each way and two percent too large, two steps of registration on one rendering leave a tenth."""
    close = resample(PICTURE[15:75, 20:90], matrix(60, 90, Resampling()), matrix(70, 110, Resampling()))
    rough = registration.placement_at((90, 110), (90, 110), (0.68, 0.62), (14.0, 21.0))
    place = registration.refined(PICTURE, close, rough, rounds=1)
    assert place.scale == pytest.approx((2 / 3, 7 / 11), abs=0.002)
    assert place.start == pytest.approx((15, 20), abs=0.1)


def test_a_place_worked_by_hand() -> None:
    """Two source pixels per canvas pixel from two columns before the picture: the first canvas column sees nothing."""
    place = registration.placement_at((8, 8), (4, 6), (2.0, 2.0), (0.0, -2.0))
    assert (place.box, place.size, place.start) == ((0, 1, 4, 5), (4, 4), (0.0, 0.0))
    whole_picture = registration.centred((8, 8), (4, 4), (1.0, 1.0))
    assert (whole_picture.scale, whole_picture.start) == ((2, 2), (0, 0))


def test_a_place_near_whole_pixels_is_on_them() -> None:
    """A window 0.05 pixels beside a whole one is that one; 0.07 beside, or stretched, it stays."""
    for off, snaps in ((0.05, True), (0.07, False)):
        place = registration.placement_at((90, 110), (50, 60), (1.0, 1.0), (4 + off, 7.0))
        found = registration.on_whole_pixels((90, 110), place)
        assert (found == whole((90, 110), (90, 110), (50, 60), 1, (4, 7))) is snaps
    stretched = registration.placement_at((90, 110), (50, 60), (1.001, 1.0), (4.0, 7.0))
    assert registration.on_whole_pixels((90, 110), stretched) == stretched


def test_grey_is_fitted_of_other_channels() -> None:
    """Normalised blue-first pixels give the reference's grey back."""
    grey, made = registration.fitted_grey(PICTURE, PICTURE[..., ::-1] / 255 - 0.5)
    assert made == pytest.approx(grey)


def test_blue_counts_in_the_brightness_that_is_registered() -> None:
    """Content that is blue only is registered too: it moves with its luma."""
    blue, moved = np.zeros((2, 90, 110, 3))
    blue[..., 2], moved[..., 2] = GREY, _moved(0.5, 0.0)
    found = lucas_kanade(colours.luma(blue), colours.luma(moved))
    assert found.shift == pytest.approx((0.5, 0.0), abs=0.02)
