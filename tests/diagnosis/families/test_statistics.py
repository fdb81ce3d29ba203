"""Statistics of each picture, and constants that mistakes make of the reference's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.families import statistics
from pixelparity.diagnosis.model import colours, constants
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.constants import Norm
from pixelparity.diagnosis.model.side_model import OffsetPicture, SideModel
from pixelparity.diagnosis.thresholds import Families, Thresholds

IDENTITY = colours.identity(3)
IMAGENET = constants.norm(np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]))
PLAIN = colours.plain(range(3), np.array(IMAGENET.gain), np.array(IMAGENET.offset), 3)


def _own(spread: float) -> ColourMap:
    """Return a map of each of two pictures, whose channels' gains lie apart by ``spread``."""
    each = tuple(
        colours.plain(range(3), gain * np.array([1 - spread, 1, 1 + spread]), np.zeros(3), 3) for gain in (0.9, 1.1)
    )
    return ColourMap(kind="per_image", matrix=np.eye(3), offset=np.zeros(3), each=each)


def _side(colour: ColourMap) -> SideModel:
    return SideModel(placements=(), colour=colour)


def test_own_statistics_are_named_on_the_side_that_takes_them() -> None:
    """Over all axes where the channels share a gain; in serving, the mend is the training's constants, each with its value."""
    (served,) = statistics.of_each_picture(_side(PLAIN), _side(_own(0.0)), IDENTITY)
    assert served.parameters == {"axes": "HWC", "side": "serving"}
    assert served.fix.startswith("images = fn.normalize(images, mean=np.float32([[[123.675, 116.28, 103.53]]])")
    (trained,) = statistics.of_each_picture(_side(_own(0.1)), _side(PLAIN), IDENTITY)
    assert trained.parameters == {"axes": "HW", "side": "training"}
    assert "axes=[0, 1]" in trained.fix
    assert statistics.of_each_picture(_side(PLAIN), _side(PLAIN), IDENTITY) == []


def test_constants_count_from_the_pixels() -> None:
    """Where x / 255 was done before, the printed constants are still those on pixels 0..255."""
    scaled = colours.plain(range(3), np.full(3, 1 / 255), np.zeros(3), 3)
    after = PLAIN.after(scaled.invert())
    (served,) = statistics.of_each_picture(_side(after), _side(_own(0.0)), scaled)
    assert "123.675" in served.fix


def test_mistakes_are_made_of_the_references_own_constants() -> None:
    """A mean alone, a deviation alone and the reversed constants are among them."""
    made = statistics.mistakes(IMAGENET)
    mean, std = IMAGENET.mean, IMAGENET.std
    for wanted in (
        constants.norm(mean, np.ones(3)),
        constants.norm(0 * mean, std),
        constants.norm(mean[::-1], std[::-1]),
    ):
        assert any(one.close(wanted) for one in made)


@pytest.mark.parametrize(
    ("mean", "std", "named"),
    [
        (0.5, 0.25, True),
        (0.5, 0.875, True),
        (0.5, 1.0, False),  # 0.5 is the most that values in 0..1 can have: this is another scale
        (0.5, 0.0625, True),
        (0.5, 0.03125, False),
        (0.0625, 0.25, True),
        (0.03125, 0.25, False),
        (0.875, 0.25, True),
        (1.0, 0.25, False),
    ],
)
def test_statistics_of_unit_pixels_on_bytes(mean: float, std: float, named: bool) -> None:
    """Means and deviations that pixels in 0..1 may have, taken from pixels in 0..255; one channel off is enough to doubt."""
    one, usual = Norm(gain=(1 / std,), offset=(-mean / std,)), Norm(gain=(4.0,), offset=(-2.0,))
    found = statistics.in_other_range(IMAGENET, Norm(gain=one.gain * 3, offset=one.offset * 3))
    assert (found is not None) is named
    mixed = Norm(gain=usual.gain * 2 + one.gain, offset=usual.offset * 2 + one.offset)
    assert (statistics.in_other_range(IMAGENET, mixed) is not None) is named


def test_bounds_of_unit_statistics_are_outside_of_them() -> None:
    """With bounds at an eighth and a half, a mean or a deviation just at one of them is no photograph's."""
    at = replace(Thresholds(), families=Families(unit_statistics_min=0.125, unit_std_max=0.5))
    with thresholds.using(at):
        for mean, std, named in ((0.25, 0.25, True), (0.125, 0.25, False), (0.25, 0.125, False), (0.25, 0.5, False)):
            given = Norm(gain=(1 / std,) * 3, offset=(-mean / std,) * 3)
            assert (statistics.in_other_range(IMAGENET, given) is not None) is named


@pytest.mark.parametrize("factor", [1.0, 255.0, 1 / 255])
def test_a_deviation_that_is_multiplied_by_is_said_so(factor: float) -> None:
    """On pixels of any range, and never for constants that are the reference's own or trivial."""
    gain = factor * IMAGENET.std
    deployed = Norm(gain=tuple(gain), offset=tuple(-gain * 0.4))
    found = statistics.multiplied(IMAGENET, deployed)
    assert found is not None
    assert found.finding.family == "mean_std_wrong"
    assert found.finding.text.startswith("the deviation is multiplied by instead of divided by")
    assert found.change(deployed) == IMAGENET
    assert statistics.multiplied(IMAGENET, IMAGENET) is None
    scaled = Norm(gain=(1 / 255,) * 3, offset=(0.0,) * 3)
    assert statistics.multiplied(scaled, Norm(gain=(1.0,) * 3, offset=(0.0,) * 3)) is None


@pytest.mark.parametrize(
    ("extremes", "formula"),
    [
        ((0.0, 1.0), "images = (images - low) / (high - low)"),
        ((-1.0, 1.0), "images = -1 + 2 * (images - low) / (high - low)"),
    ],
)
def test_minimum_and_maximum_are_told_from_mean_and_deviation(extremes: tuple[float, float], formula: str) -> None:
    """Where every picture ends at the same two values it was stretched; serving's own are replaced by the constants."""
    own = replace(_side(_own(0.0)), extremes=extremes)
    (trained,) = statistics.of_each_picture(own, _side(PLAIN), IDENTITY)
    assert trained.parameters["statistics"] == "minimum and maximum"
    assert trained.parameters["range"] == list(extremes)
    assert "from its own minimum and maximum" in trained.text
    assert formula in trained.fix
    (served,) = statistics.of_each_picture(_side(PLAIN), own, IDENTITY)
    assert "mean=np.float32([[[123.675, 116.28, 103.53]]])" in served.fix


def test_a_picture_of_means_is_named_on_its_side_and_mended() -> None:
    """Its size and its largest deviation in levels; equal sides have none to name."""
    own = replace(_side(PLAIN), offsets=OffsetPicture(np.full((4, 5, 3), 0.5, np.float32)))
    (trained,) = statistics.by_place(own, _side(PLAIN), IDENTITY)
    (served,) = statistics.by_place(_side(PLAIN), own, IDENTITY)
    assert (trained.parameters["side"], served.parameters["side"]) == ("training", "serving")
    assert trained.parameters["size"] == [4, 5]
    assert trained.parameters["levels"] == pytest.approx(0.5 / max(IMAGENET.gain), rel=0.01)
    assert trained.mend(_side(PLAIN)).offsets is own.offsets
    assert served.mend(own).offsets is None
    assert statistics.by_place(own, own, IDENTITY) == []
    assert statistics.by_place(_side(PLAIN), _side(PLAIN), IDENTITY) == []
