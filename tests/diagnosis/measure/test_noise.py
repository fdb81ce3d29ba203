"""The noise floor of a stage, and what a level is worth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.measure import comparison, noise
from pixelparity.diagnosis.thresholds import Noise, Thresholds
from pixelparity.stages import Stage
from tests.diagnosis.sides import capture


def test_a_level_worked_by_hand() -> None:
    """Bytes: 1; a declared range of -1..1: 2/255; none declared: the values' own range; a stage of one value: 1."""
    assert noise.level(Stage(name="a", dtype="uint8"), 3, 9) == 1.0
    declared = Stage(name="a", dtype="float32", value_range=(-1.0, 1.0))
    assert noise.level(declared, -0.5, 0.5) == 2 / 255
    free = Stage(name="a", dtype="float32")
    assert noise.level(free, 0.0, 510.0) == 2.0
    assert noise.level(free, 7.0, 7.0) == 1.0
    assert noise.level(replace(free, value_range=(0.0, np.inf)), 0.0, 51.0) == 0.2


@pytest.mark.parametrize("step", ["input", "decode", "orient", "colour"])
def test_what_comes_before_a_resize_has_the_decoders_floor(step: str) -> None:
    """Only decoders differ before anything is resampled; the same step after a resize has the resize's floor."""
    stage = Stage(name="a", step=step)
    assert noise.floor(stage, resampled=False) == noise.decode_floor()
    assert noise.floor(stage, resampled=True) == noise.resize_floor()
    assert noise.floor(Stage(name="a", step="crop"), resampled=False) == noise.resize_floor()


def test_resampling_may_differ_more_than_decoding() -> None:
    """Every figure of the resize's floor is above that of the decoder's."""
    decode, resize = noise.decode_floor(), noise.resize_floor()
    assert decode.peak < resize.peak
    assert decode.mean < resize.mean
    assert decode.share < resize.share


def _compared(apart: float, share: float, step: str = "resize") -> bool:
    """Return whether pictures after a step diverge of which a share of the values lies that many levels apart."""
    image = np.full((40, 50, 1), 100, np.float32)
    other = image.copy()
    other.reshape(-1)[: round(share * image.size)] += apart
    stages = [(step, [image]), ("layout", [image])], [(step, [other]), ("layout", [image])]
    reference, deployed = (capture("side", given) for given in stages)
    wide = replace(reference.stages[0], value_range=(0.0, 255.0)), *reference.stages[1:]
    reference, deployed = replace(reference, stages=wide), replace(deployed, stages=wide)
    return comparison.compare(reference, deployed).stages[0].diverges


def test_the_peak_of_the_resize_floor_is_one_and_a_half_levels() -> None:
    """Two in a hundred values 1.4 levels apart are noise; 1.6 levels apart they are a divergence."""
    assert not _compared(1.4, 0.02)
    assert _compared(1.6, 0.02)


def test_the_share_and_the_mean_of_the_resize_floor() -> None:
    """Values far apart are noise up to one in a hundred; a small difference of all of them up to a quarter of a level."""
    assert not _compared(5.0, 0.009)
    assert _compared(5.0, 0.011)
    assert not _compared(0.24, 1.0)
    assert _compared(0.26, 1.0)


def test_decoded_pictures_are_held_to_less() -> None:
    """One level for all but one in a thousand values, and a tenth of a level on average."""
    assert not _compared(0.9, 0.002, "decode")
    assert _compared(1.1, 0.002, "decode")
    assert not _compared(5.0, 0.0009, "decode")
    assert _compared(5.0, 0.0015, "decode")
    assert not _compared(0.09, 1.0, "decode")
    assert _compared(0.11, 1.0, "decode")


def test_another_table_gives_another_floor() -> None:
    """The floor is read where it is used: a caller's peak of 9 levels lets 5 levels pass."""
    with thresholds.using(replace(Thresholds(), noise=Noise(resize_peak_levels=9.0))):
        assert noise.resize_floor().peak == 9.0
        assert not _compared(5.0, 0.02)
