"""Tensors on a line share everything but their constants."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pixelparity.diagnosis.fit import relation
from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.side_model import SideModel, simulate

RNG = np.random.default_rng(3)
PIXELS = [RNG.integers(0, 256, (40, 31, 3)).astype(np.float32) for _ in range(3)]
GAIN, OFFSET = np.array([1.5, 2.0, -3.0]), np.array([0.5, -1.0, 9.0])
SIDE = SideModel(
    placements=tuple(placement.whole((40, 31), (40, 31)) for _ in PIXELS), colour=colours.identity(3), known=(True,) * 3
)


def on(gain: np.ndarray, offset: np.ndarray, pixels: list[np.ndarray] = PIXELS) -> list[np.ndarray]:
    """Return gain * pixels + offset."""
    return [(x * gain.astype(np.float32) + offset.astype(np.float32)) for x in pixels]


def side(gain: np.ndarray, offset: np.ndarray, **more: object) -> SideModel:
    """Return a side with a plain map."""
    return replace(SIDE, colour=colours.plain(range(3), gain, offset, 3), **more)  # type: ignore[arg-type]


def test_a_line_is_found_to_its_last_digits() -> None:
    """Gain and offset of every channel, also of a channel that is turned round."""
    found = relation.line(PIXELS, on(GAIN, OFFSET))
    assert found is not None
    assert found.gain == pytest.approx(GAIN, rel=1e-7)
    assert found.offset == pytest.approx(OFFSET, abs=1e-5)
    back = found.inverted()
    assert back.gain * GAIN == pytest.approx(np.ones(3), rel=1e-7)


@pytest.mark.parametrize(
    "made",
    [
        [np.rint(x * 0.99) for x in PIXELS],
        [np.roll(x, 1, 0) for x in PIXELS],
        [x.astype(np.float16).astype(np.float32) / 3 for x in on(np.full(3, 0.9), np.zeros(3))],
        [x[:-1] for x in PIXELS],
        [x * 0 for x in PIXELS],
        [np.where(x > 250, np.float32(250), x) for x in PIXELS],
        [x * np.float32(np.nan) for x in PIXELS],
    ],
    ids=["rounded", "moved", "float16", "another size", "collapsed", "cut off", "no numbers"],
)
def test_what_is_no_line_is_none(made: list[np.ndarray]) -> None:
    """Rounding, resampling, number types, sizes and clips leave no line."""
    assert relation.line(PIXELS, made) is None


def test_flat_pictures_tell_no_line() -> None:
    """A channel without content fits every line."""
    flat = [np.ones((5, 5, 3), np.float32)] * 2
    assert relation.line(flat, flat) is None


def test_the_deployed_constants_follow_from_the_references() -> None:
    """What was fitted a little wrong is put right by the line, and everything else is the reference's."""
    reference = side(np.full(3, 1 / 255), np.zeros(3))
    fitted = side(np.full(3, 1 / 127.9), np.full(3, -0.998), rounding="round")
    targets = (on(np.full(3, 1 / 255), np.zeros(3)), on(np.full(3, 1 / 128), np.full(3, -1.0)))
    left, right = relation.shared(reference, fitted, targets)
    assert left is reference
    assert right.colour.gain == pytest.approx(np.full(3, 1 / 128), rel=1e-6)
    assert right.colour.offset == pytest.approx(np.full(3, -1.0), abs=1e-6)
    assert right.rounding == reference.rounding


def test_the_side_with_a_name_keeps_its_constants() -> None:
    """Inception's constants are known exactly, so that the reference's follow from them; its border goes along."""
    fitted = side(np.full(3, 1.001 / 200), np.full(3, 0.001), fill=(0.4 + 0.001,) * 3)
    deployed = side(np.full(3, 1 / 127.5), np.full(3, -1.0))
    targets = (on(np.full(3, 1 / 200), np.zeros(3)), on(np.full(3, 1 / 127.5), np.full(3, -1.0)))
    left, right = relation.shared(fitted, deployed, targets)
    assert right is deployed
    assert left.colour.gain == pytest.approx(np.full(3, 1 / 200), rel=1e-6)
    assert left.fill is None


def test_each_picture_has_its_own_line() -> None:
    """Statistics of each picture on one side follow from the other's constants, picture by picture."""
    scales = [50.0, 80.0, 20.0]
    own = ColourMap(kind="per_image", matrix=np.eye(3), offset=np.zeros(3), each=(colours.identity(3),) * 3)
    reference = replace(SIDE, colour=own, extremes=(0.0, 1.0))
    deployed = side(np.full(3, 1 / 255), np.zeros(3))
    made = [x / np.float32(s) for x, s in zip(PIXELS, scales, strict=True)]
    left, right = relation.shared(reference, deployed, (made, on(np.full(3, 1 / 255), np.zeros(3))))
    assert right is deployed
    assert [one.gain[0] for one in left.colour.each] == pytest.approx([1 / s for s in scales], rel=1e-6)
    assert left.extremes == (0.0, 1.0)
    turned_right, turned_left = relation.shared(deployed, reference, (on(np.full(3, 1 / 255), np.zeros(3)), made))
    assert turned_right is deployed
    assert [one.gain[1] for one in turned_left.colour.each] == pytest.approx([1 / s for s in scales], rel=1e-6)


def test_sides_that_cut_values_off_stay_as_they_are() -> None:
    """A clip, or what else comes behind the map, belongs to one side's own values."""
    reference = side(np.full(3, 1 / 255), np.zeros(3), clip=(0.0, 0.5))
    deployed = side(np.full(3, 1 / 255), np.zeros(3))
    same = on(np.full(3, 1 / 255), np.zeros(3))
    assert relation.shared(reference, deployed, (same, same)) == (reference, deployed)


MEANS = RNG.normal(0, 9, (40, 31, 3)).astype(np.float32)


@pytest.mark.parametrize("turned", [False, True], ids=["training's", "serving's"])
def test_a_picture_that_is_added_to_all_is_found_on_its_side(turned: bool) -> None:
    """Pixels less a picture on one side, and less numbers on the other: the picture sums to nought, the numbers stay."""
    plain, own = on(np.full(3, 0.5), np.full(3, -50.0)), [(x - 100) * np.float32(0.25) - MEANS for x in PIXELS]
    known, blurred = side(np.full(3, 0.5), np.full(3, -50.0), residual=0.1), side(GAIN, OFFSET, residual=8.0)
    if turned:
        left, right = relation.shared(known, blurred, (plain, own))
        found, kept = right, left
    else:
        left, right = relation.shared(blurred, known, (own, plain))
        found, kept = left, right
    assert kept is known
    assert found.offsets is not None
    assert found.offsets.values == pytest.approx(-(MEANS - MEANS.mean((0, 1))), abs=2e-4)
    assert found.colour.gain == pytest.approx(np.full(3, 0.25), rel=1e-5)
    made = simulate(found, PIXELS[1], 1)
    assert made == pytest.approx(own[1], abs=1e-3)


def test_two_pictures_or_other_sizes_tell_no_picture_of_means() -> None:
    """Of two pictures anything is the same difference, and of other sizes there is no place in common."""
    own = [x - MEANS for x in PIXELS]
    assert relation.offsets_between(PIXELS[:2], own[:2]) is None
    assert relation.offsets_between([*PIXELS, PIXELS[0][:9]], [*own, own[0][:9]]) is None
    assert relation.offsets_between(PIXELS, [np.rint(x * 0.7) for x in PIXELS]) is None
    assert relation.offsets_between([PIXELS[0]] * 3, own) is None
