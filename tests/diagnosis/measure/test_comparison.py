"""Pairs of stages measured: figures, floors and what is no comparison."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity import diagnosis
from pixelparity.errors import NotComparable, SideError
from pixelparity.stages import Capture, Stage
from tests.diagnosis.sides import capture, final


def test_differences_worked_by_hand() -> None:
    """Two pixels, one of them 3 too large: largest 3, mean 1.5."""
    ours, theirs = np.zeros((1, 2, 1), np.float32), np.array([[[0.0], [3.0]]], np.float32)
    pair = diagnosis.compare(final("a", [ours]), final("b", [theirs])).stages[-1]
    assert (pair.max_abs, pair.mean_abs, pair.correlation) == (3.0, 1.5, None)
    assert pair.channels[0].reference_counts.sum() == pair.channels[0].deployed_counts.sum() == 2
    assert pair.channels[0].deployed_mean == 1.5


def test_a_pure_scale_keeps_the_correlation_and_diverges() -> None:
    """Pixels 255 times too large correlate perfectly and are found all the same."""
    image = np.random.default_rng(0).random((8, 9, 3), dtype=np.float32)
    found = diagnosis.compare(final("a", [image]), final("b", [image * 255]))
    assert found.stages[-1].correlation == pytest.approx(1.0)
    assert found.first_divergence == "normalize"


def test_layouts_are_brought_together_as_declared() -> None:
    """The same picture in HWC and in CHW does not diverge."""
    image = np.random.default_rng(0).random((6, 7, 3), dtype=np.float32)
    theirs = Capture(
        source="b",
        stages=(Stage(name="end", step="normalize", layout="CHW", dtype="float32"),),
        images=("picture0",),
        tensors={"end": {"picture0": image.transpose(2, 0, 1)}},
    )
    assert diagnosis.compare(final("a", [image]), theirs).first_divergence is None


def test_the_first_of_several_divergences_is_named() -> None:
    """A resize that differs comes before a normalisation that differs."""
    image = np.full((4, 4, 3), 100, np.uint8)
    ours = capture("a", [("resize", [image]), ("normalize", [image / np.float32(255)])])
    theirs = capture("b", [("resize", [image + 9]), ("normalize", [image * np.float32(1)])])
    assert diagnosis.compare(ours, theirs).first_divergence == "resize"


def test_other_pictures_are_an_error() -> None:
    """Two captures of different pictures are not compared."""
    image = np.zeros((2, 2, 3), np.float32)
    with pytest.raises(NotComparable, match="lacks 'picture1'"):
        diagnosis.compare(final("a", [image]), final("b", [image, image]))


def test_a_batch_axis_is_an_error() -> None:
    """A tensor of the wrong rank is named with its stage."""
    image = np.zeros((1, 2, 2, 3), np.float32)
    with pytest.raises(SideError, match="'normalize' is declared HWC"):
        diagnosis.compare(final("a", [image]), final("b", [image]))


def test_bins_are_counted_as_many_as_are_asked_for() -> None:
    """64 where nothing is said, for every channel of both sides."""
    image = np.random.default_rng(0).random((8, 9, 3), dtype=np.float32)
    for asked, bins in (({}, 64), ({"bins": 7}, 7)):
        found = diagnosis.compare(final("a", [image]), final("b", [image + 1]), **asked).stages[-1]
        assert {len(c) for one in found.channels for c in (one.reference_counts, one.deployed_counts)} == {bins}
