"""Two sides cut into segments between matched stages."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.measure import stage_pairs
from pixelparity.errors import SideError
from tests.diagnosis.sides import capture, final

IMAGE = np.arange(48, dtype=np.float32).reshape(4, 4, 3)
NAMES = ("picture0",)


def _side(*steps: str) -> stage_pairs.Capture:
    return capture("side", [(step, [IMAGE + n]) for n, step in enumerate(steps)])


def test_both_sides_start_at_the_first_early_pair() -> None:
    """A decode answers to an input: both sides' own pictures are where they start."""
    begin = stage_pairs.starting_point(_side("decode", "normalize"), _side("input", "normalize"), NAMES, None)
    assert begin is not None
    assert begin[0] == (0, 0)
    assert (begin[1][0][0] == IMAGE).all()


def test_a_side_that_begins_later_starts_at_the_others_pictures() -> None:
    """Only one side has a decode: the other is fed the same files, whichever side it is."""
    long, short = _side("decode", "normalize"), _side("normalize")
    for sides, at in (((long, short), (0, -1)), ((short, long), (-1, 0))):
        begin = stage_pairs.starting_point(*sides, NAMES, None)
        assert begin is not None
        assert begin[0] == at
        assert begin[1][0] is begin[1][1]


def test_pictures_from_outside_and_none_at_all() -> None:
    """Final tensors alone start at the decoded files, if there are any."""
    sides = final("a", [IMAGE]), final("b", [IMAGE])
    begin = stage_pairs.starting_point(*sides, NAMES, {"picture0": IMAGE[..., 0]})
    assert begin is not None
    assert begin[0] == stage_pairs.NOWHERE
    assert begin[1][0][0].shape == (4, 4, 1)
    assert stage_pairs.starting_point(*sides, NAMES, None) is None


def test_pictures_of_unlike_channels_are_an_error() -> None:
    """A grey and a colour file are not a set."""
    sides = final("a", [IMAGE, IMAGE]), final("b", [IMAGE, IMAGE])
    with pytest.raises(SideError, match="decode all of them to RGB"):
        stage_pairs.starting_point(*sides, ("picture0", "picture1"), {"picture0": IMAGE, "picture1": IMAGE[..., 0]})


def _split(reference: stage_pairs.Capture, deployed: stage_pairs.Capture) -> list[tuple[list[str], list[str]]]:
    pictures = (IMAGE,), (IMAGE,)
    parts = stage_pairs.split(reference, deployed, NAMES, (0, 0), pictures)
    return [([s.step for s in part.reference], [s.step for s in part.deployed]) for part in parts]


def test_equal_sides_are_cut_at_every_stage() -> None:
    """Each step is a segment of its own, and the end of one is the start of the next."""
    side = _side("decode", "resize", "crop", "normalize")
    assert _split(side, side) == [(["resize"],) * 2, (["crop"],) * 2, (["normalize"],) * 2]
    parts = stage_pairs.split(side, side, NAMES, (0, 0), ((IMAGE,), (IMAGE,)))
    assert (parts[0].targets[0][0] == parts[1].sources[0][0]).all()
    assert (parts[-1].targets[0][0] == IMAGE + 3).all()


def test_steps_in_another_order_stay_in_one_segment() -> None:
    """Pad, then normalise against normalise, then pad: the segment goes on until both have done both."""
    found = _split(_side("decode", "pad", "normalize", "layout"), _side("decode", "normalize", "pad", "layout"))
    assert found == [(["pad", "normalize", "layout"], ["normalize", "pad", "layout"])]


def test_a_segment_names_the_stage_of_a_step() -> None:
    """The reference's stage comes first, then the deployed side's, then the segment's last."""
    (part,) = stage_pairs.split(
        _side("decode", "layout"), _side("decode", "resize", "layout"), NAMES, (0, 0), ((IMAGE,), (IMAGE,))
    )
    assert part.stage_of(("resize",)) == "resize"
    assert part.stage_of(("crop",)) == "layout"
