"""Where a picture lies in a tensor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pixelparity.diagnosis.model import placement, resampling
from pixelparity.diagnosis.model.placement import Placement, whole
from pixelparity.diagnosis.model.resampling import Resampling

IMAGE = np.random.default_rng(0).uniform(0, 255, (12, 16, 3)).astype(np.float32)


def _all(place: Placement, image: np.ndarray = IMAGE, how: Resampling = Resampling()) -> np.ndarray:  # noqa: B008
    top, left, bottom, right = place.box
    return placement.render(image, place, how, np.arange(top, bottom), np.arange(left, right))


def test_turns_worked_by_hand() -> None:
    """Of the row 1, 2 over 3, 4: what each EXIF code makes of it."""
    image = np.array([[1, 2], [3, 4]])[..., None]
    wanted = {
        1: [[1, 2], [3, 4]], 2: [[2, 1], [4, 3]], 3: [[4, 3], [2, 1]], 4: [[3, 4], [1, 2]],
        5: [[1, 3], [2, 4]], 6: [[3, 1], [4, 2]], 7: [[4, 2], [3, 1]], 8: [[2, 4], [1, 3]],
    }  # fmt: skip
    assert {code: placement.turn(image, code)[..., 0].tolist() for code in placement.EXIF} == wanted


@pytest.mark.parametrize("code", placement.EXIF)
def test_a_turn_is_undone_by_its_inverse(code: int) -> None:
    """Turned and turned back is the picture; the shape is foretold."""
    turned = placement.turn(IMAGE, code)
    assert turned.shape[:2] == placement.turned_shape(IMAGE.shape, code)
    assert (placement.turn(turned, placement.inverse(code)) == IMAGE).all()


def test_the_box_worked_by_hand() -> None:
    """A 50 x 100 picture 25 rows down in a 100 x 100 canvas; a crop has no border."""
    padded = whole((50, 100), (50, 100), (100, 100), 1, (-25, 0))
    assert padded.box == (25, 0, 75, 100)
    assert padded.padded
    assert not whole((50, 100), (50, 100), (50, 50), 1, (0, 25)).padded
    beyond = whole((50, 100), (50, 100), (10, 10), 1, (60, 0))
    assert beyond.box == (0, 0, 0, 10)


def test_a_picture_as_it_is_is_rendered_as_it_is() -> None:
    """Without resampling the pixels come out unchanged, a window of them from its corner."""
    assert (_all(whole((12, 16), (12, 16))) == IMAGE).all()
    assert (_all(whole((12, 16), (12, 16), (5, 6), 1, (2, 3))) == IMAGE[2:7, 3:9]).all()
    assert not placement.needs_resampling(whole((12, 16), (12, 16), (5, 6), 1, (2, 3)))


def test_a_rendering_is_the_product_of_the_matrices() -> None:
    """A resized picture, all of it or some rows and columns, is what both weight matrices make of it."""
    how = Resampling(antialias=True)
    place = whole((12, 16), (6, 7))
    wanted = resampling.resample(IMAGE, resampling.matrix(12, 6, how), resampling.matrix(16, 7, how))
    assert _all(place, how=how) == pytest.approx(wanted, abs=1e-4)
    some = placement.render(IMAGE, place, how, np.array([1, 4]), np.array([0, 3, 6]))
    assert some == pytest.approx(wanted[[1, 4]][:, [0, 3, 6]], abs=1e-4)


def test_a_part_that_is_cut_out_is_resampled_alone() -> None:
    """Rows 2 to 10 and columns 4 to 12, halved: away from the border the same as the cut picture halved."""
    place = placement.cut_out((2, 4, 10, 12), (4, 4))
    assert _all(place) == pytest.approx(_all(whole((8, 8), (4, 4)), IMAGE[2:10, 4:12]), abs=1e-4)


def test_an_exact_scale_is_that_of_one_axis() -> None:
    """300 x 400 to 100 x 133: both axes by 3, and the half pixel of the other axis is shared by its ends."""
    place = placement.subpixel((300, 400), whole((300, 400), (100, 133)), 0)
    assert place.scale == (3.0, 3.0)
    assert place.start == (0.0, 0.5)


def test_a_grid_lies_inside_the_content() -> None:
    """Rows and columns from the first to the last of the content, fewer where there are fewer, none where there is none."""
    rows, columns = placement.grid(whole((50, 9), (50, 9), (100, 9), 1, (-25, 0)), 10)
    assert (rows[0], rows[-1], len(rows)) == (25, 74, 10)
    assert columns.tolist() == list(range(9))
    assert len(placement.grid(whole((50, 9), (50, 9), (10, 9), 1, (60, 0)), 10)[0]) == 0
    assert placement.grid(whole((50, 50), (50, 50)), 10, margin=4)[0][[0, -1]].tolist() == [4, 45]


def test_the_content_of_a_padded_tensor() -> None:
    """A picture in a border of one colour; more border is more content lost; one colour has no border."""
    tensor = np.full((20, 24, 3), 114.0)
    tensor[3:9, 5:21] = IMAGE[:6, :16]
    assert placement.content_box(tensor) == (3, 5, 9, 21)
    assert placement.content_box(np.full((4, 5, 3), 7.0)) == (0, 0, 4, 5)


@pytest.mark.parametrize(("off", "box"), [(0.7e-5, (3, 5, 9, 21)), (1.4e-5, (0, 5, 9, 21))])
def test_a_border_is_of_one_colour_within_float32(off: float, box: tuple[int, int, int, int]) -> None:
    """A value off by less than a hundred-thousandth of the range is border, one off by more is content."""
    tensor = np.zeros((20, 24, 3))
    tensor[3:9, 5:21] = 1.0
    tensor[0, 9] = off
    assert placement.content_box(tensor) == box


def test_a_code_that_is_none_is_an_error() -> None:
    """EXIF has codes 1 to 8."""
    with pytest.raises(KeyError):
        placement.turn(IMAGE, 9)
    with pytest.raises(KeyError):
        _all(replace(whole((12, 16), (12, 16)), code=0))
