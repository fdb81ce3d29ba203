"""Values cut off: on one side, or within another window."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pixelparity import diagnosis
from pixelparity.diagnosis.families import value_clip
from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.curves import Curve
from pixelparity.diagnosis.model.side_model import SideModel
from tests.diagnosis import sides

SAME = colours.identity(3)
PLAIN = SideModel(placements=(), colour=SAME)
CLIPPED = replace(PLAIN, clip=(20.0, 200.0))
BENCH = """
inception_stretch/value_clip.cut_at_60
    value_clip | value_clip | value_clip
"""


def test_bounds_are_said_for_the_side_that_has_them() -> None:
    """Left out where serving has them, made where training has, replaced where both have."""
    (served,), (trained,) = value_clip.clipped(PLAIN, CLIPPED, SAME), value_clip.clipped(CLIPPED, PLAIN, SAME)
    assert "at [20, 200] in serving only" in served.text
    assert served.mend(CLIPPED).clip is None
    assert "math.clamp(images, 20, 200)" in trained.fix
    assert trained.mend(PLAIN).clip == (20.0, 200.0)
    (both,) = value_clip.clipped(CLIPPED, replace(PLAIN, clip=(20.0, 150.0)), SAME)
    assert (both.parameters["reference"], both.parameters["deployed"]) == ([20.0, 200.0], [20.0, 150.0])
    assert value_clip.clipped(CLIPPED, CLIPPED, SAME) == []


def test_a_cast_to_bytes_is_no_clip() -> None:
    """It cuts values off as well, and has a name of its own."""
    assert value_clip.clipped(PLAIN, replace(PLAIN, clip=(0.0, 255.0), rounds_output=True), SAME) == []


def test_windows_of_one_output_bring_their_constants() -> None:
    """[0, 200] and [50, 150], both to 0..1: one cause, whose mend is the reference's window with its constants."""
    sides_ = [
        replace(
            PLAIN,
            curve=Curve(kind="clipped", bounds=(low, high)),
            colour=colours.plain(range(3), np.full(3, 1 / (high - low)), np.full(3, -low / (high - low)), 3),
        )
        for low, high in ((0.0, 200.0), (50.0, 150.0))
    ]
    assert value_clip.same_output(*sides_)
    assert not value_clip.same_output(sides_[0], sides_[0])
    (found,) = value_clip.clipped(*sides_, SAME)
    mended = found.mend(sides_[1])
    assert (mended.curve, mended.colour) == (sides_[0].curve, sides_[0].colour)
    assert "another window" in found.text


def _unit(x: np.ndarray) -> np.ndarray:
    return (sides.resized(x, (96, 96)) / 255).astype(np.float32)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("bounds", [(0.1, 0.7), (0.0, 0.6), (0.3, 1.0)])
def test_a_clip_is_the_one_cause(bounds: tuple[float, float], known: bool) -> None:
    """On one end or both, from pictures and from final tensors alone, with nothing beside it."""
    drawn: list[Any] = sides.pictures()
    reference = sides.final("reference", [_unit(x) for x in drawn])
    deployed = sides.final("deployed", [np.clip(_unit(x), *bounds).astype(np.float32) for x in drawn])
    raw = dict(zip(reference.images, drawn, strict=True)) if known else None
    found = diagnosis.diagnose(reference, deployed, raw=raw)
    assert [cause.family for cause in found.causes] == ["value_clip"]
    told = found.causes[0].parameters["deployed"]
    for end, bound, extreme in zip(told, bounds, (0.0, 1.0), strict=True):
        assert end == (None if bound == extreme else pytest.approx(255 * bound, abs=0.5))


PIXELS_DECODED = np.random.default_rng(1).integers(0, 256, (4000, 3)).astype(np.float64)


@pytest.mark.parametrize(
    ("bounds", "ends"), [((0, 180), [None, 180.0]), ((60, 255), [60.0, None]), ((30, 200), [30.0, 200.0])]
)
def test_decoded_pixels_tell_a_clip_and_whose_it_is(bounds: tuple[int, int], ends: list[float | None]) -> None:
    """Levels beyond the bounds lie on them on one side alone."""
    cut = np.clip(PIXELS_DECODED, *bounds)
    served, trained = value_clip.decoded(PIXELS_DECODED, cut), value_clip.decoded(cut, PIXELS_DECODED)
    assert served is not None
    assert trained is not None
    assert (served.parameters["reference"], served.parameters["deployed"]) == (None, ends)
    assert (trained.parameters["reference"], trained.parameters["deployed"]) == (ends, None)
    assert "as the training does" in trained.fix
    assert value_clip.decoded(PIXELS_DECODED, PIXELS_DECODED) is None
    assert value_clip.decoded(PIXELS_DECODED, 0.8 * PIXELS_DECODED) is None
