"""What a side does, run again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pixelparity.diagnosis.model import colours, side_model, yuv
from pixelparity.diagnosis.model.placement import whole
from pixelparity.diagnosis.model.resampling import Resampling
from pixelparity.diagnosis.model.side_model import SideModel, simulate

IMAGE = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
STILL = SideModel(placements=(whole((6, 8), (6, 8)),), colour=colours.identity(3), known=(True,))
HALVED = replace(STILL, placements=(whole((6, 8), (3, 4)),), resampling=Resampling(shape="area"))


def test_a_model_that_does_nothing_gives_the_picture() -> None:
    """The identity, at its size, is the picture itself."""
    assert (simulate(STILL, IMAGE, 0) == IMAGE).all()


def test_resampled_values_become_whole_numbers_worked_by_hand() -> None:
    """The mean of 1, 2, 2, 2 is 1.75: kept, rounded to 2, cut off to 1."""
    image = np.array([[1, 2], [2, 2]], np.uint8)[..., None]
    model = SideModel(
        placements=(whole((2, 2), (1, 1)),), colour=colours.identity(1), resampling=Resampling(shape="area")
    )
    made = {
        name: float(simulate(replace(model, rounding=name), image, 0)[0, 0, 0]) for name in ("none", "round", "floor")
    }
    assert made == {"none": 1.75, "round": 2.0, "floor": 1.0}


def test_pixels_that_are_not_resampled_are_not_rounded() -> None:
    """Rounding is part of resampling: half a level in a picture that stays as it is stays."""
    assert simulate(replace(STILL, rounding="round"), IMAGE + np.float32(0.25), 0)[0, 0, 0] == IMAGE[0, 0, 0] + 0.25
    assert side_model.is_quantised(replace(STILL, rounding="round")).tolist() == [False]
    assert side_model.is_quantised(replace(HALVED, rounding="round")).tolist() == [True]
    assert side_model.is_quantised(HALVED).tolist() == [False]


def test_steps_happen_in_their_order() -> None:
    """Read as signed, mapped, clipped, rounded: 200 is -56, halved -28, clipped to -20."""
    image = np.full((6, 8, 3), 200, np.uint8)
    half = colours.plain(range(3), np.full(3, 0.5), np.zeros(3), 3)
    model = replace(STILL, bytes_as_int8=True, colour=half)
    assert simulate(model, image, 0)[0, 0].tolist() == [-28] * 3
    assert simulate(replace(model, clip=(-20.0, 9.0)), image, 0)[0, 0].tolist() == [-20] * 3
    mixed = next(m for m in yuv.mix_ups() if m.range == "full_as_studio")
    assert simulate(replace(STILL, yuv_error=mixed, colour=half), image, 0)[0, 0] == pytest.approx(
        [184 * 255 / 438] * 3
    )


def test_bytes_read_as_signed() -> None:
    """127 is the last positive one: 128 becomes -128, 255 becomes -1."""
    assert side_model.as_signed_bytes(np.array([0, 127, 128, 255])).tolist() == [0, 127, -128, -1]


def test_a_border_has_the_fill_of_the_result() -> None:
    """A picture in the middle of a larger canvas; the border is the fill, or nought without one."""
    padded = replace(STILL, placements=(whole((6, 8), (6, 8), (10, 8), 1, (-2, 0)),))
    made = simulate(replace(padded, fill=(1.0, 2.0, 3.0)), IMAGE, 0)
    assert made.shape == (10, 8, 3)
    assert made[0, 0].tolist() == made[-1, -1].tolist() == [1, 2, 3]
    assert (made[2:8] == IMAGE).all()
    assert simulate(padded, IMAGE, 0)[0, 0].tolist() == [0, 0, 0]


def test_output_is_stored_as_the_model_says() -> None:
    """0.1 is not a float16; 1.4 is rounded to 1; a value beyond the clip is at its edge."""
    values = np.array([0.1, 1.4, 9.0])
    assert side_model.quantised_output(STILL, values) == pytest.approx(values)
    assert side_model.quantised_output(replace(STILL, rounds_output=True), values).tolist() == [0, 1, 9]
    assert side_model.quantised_output(replace(STILL, clip=(0.0, 1.0)), values)[2] == 1
    assert side_model.quantised_output(replace(STILL, through_float16=True), values)[0] == np.float32(np.float16(0.1))


def test_equal_models_have_one_signature() -> None:
    """What an image becomes decides, not what was estimated of it."""
    assert replace(STILL, residual=3.0, explained=0.1).signature(0) == STILL.signature(0)
    for other in (
        HALVED,
        replace(STILL, rounding="round"),
        replace(STILL, clip=(0.0, 1.0)),
        replace(STILL, fill=(1.0,)),
    ):
        assert other.signature(0) != STILL.signature(0)


def test_samples_lie_on_a_grid_of_all_images() -> None:
    """Model pixels and target values meet one to one, with the number of their image."""
    model = replace(STILL, placements=STILL.placements * 2, known=(True, True))
    x, y, image = side_model.sampled_pixels(model, [IMAGE, IMAGE], [IMAGE, IMAGE * 0.5], [0, 1], 3)
    assert x.shape == y.shape == (18, 3)
    assert (y[image == 0] == x[image == 0]).all()
    assert (y[image == 1] == x[image == 1] / 2).all()


def test_images_without_content_are_an_error() -> None:
    """A canvas beside the picture gives no sample."""
    beside = replace(STILL, placements=(whole((6, 8), (6, 8), (6, 8), 1, (99, 0)),))
    with pytest.raises(ValueError, match="at least one array"):
        side_model.sampled_pixels(beside, [IMAGE], [IMAGE], [0], 3)
