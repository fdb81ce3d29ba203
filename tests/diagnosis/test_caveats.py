"""What could not be told with the pictures at hand, and which picture would settle it."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis import caveats, thresholds
from pixelparity.diagnosis.results import Cause, Evidence
from tests.diagnosis.sides import final, normalized, pictures

FEW = thresholds.now().strategy.few_pictures


def _told(tensors: list[np.ndarray], *families: str, exact: bool = True) -> str:
    capture = final("side", tensors)
    evidence = Evidence(undone="", before=1.0, after=0.0, removed=1.0, images=1)
    causes = [
        Cause(family=one, stage="", parameters={}, confidence=1.0, evidence=evidence, fix="", text="")
        for one in families
    ]
    return "; ".join(caveats.of(capture, capture.images, causes, exact=exact))


def _photographs(count: int) -> list[np.ndarray]:
    return [normalized(image) for image in pictures(count)]


@pytest.mark.parametrize(("count", "said"), [(1, "one picture only"), (FEW - 1, f"{FEW - 1} pictures only"), (FEW, "")])
def test_few_pictures_are_said(count: int, said: str) -> None:
    """One picture confirms itself, a few may miss a fault of some files, and enough need no word."""
    told = _told(_photographs(count))
    assert told.startswith(said)
    assert bool(told) == bool(said)


def test_flat_pictures_have_no_detail() -> None:
    """Tensors of one value a channel say nothing of places; one photograph among them does."""
    flat = [np.full((20, 30, 3), (1.0, 2.0, 3.0))] * FEW
    assert "no detail" in _told(flat)
    assert _told([*flat, normalized(pictures(1)[0])]) == ""


def test_grey_pictures_say_nothing_of_the_order() -> None:
    """Grey is each channel a gain and an offset of the first; colour in one picture, or a channel of one value, is none."""
    grey = [np.repeat(image.mean(2, keepdims=True), 3, 2) * (1, 2, 0.5) + (0, 9, 3) for image in pictures(FEW)]
    assert "all pictures are grey" in _told(grey)
    assert _told([*grey[1:], normalized(pictures(1)[0])]) == ""
    assert _told([image * (1, 0, 1) for image in grey]) == ""


def test_a_thin_line_of_colour_is_colour() -> None:
    """One red column in a grey picture tells the order of the channels: columns are looked at three apart, from the first."""
    grey = [np.repeat(image.mean(2, keepdims=True), 3, 2) for image in pictures(FEW)]
    assert "all pictures are grey" in _told(grey)
    grey[0][:, 3] = (255.0, 0.0, 0.0)
    assert _told(grey) == ""


def test_one_channel_has_no_order_to_tell() -> None:
    """A model that takes grey is told nothing about channels."""
    assert _told([image.mean(2, keepdims=True) for image in pictures(FEW)]) == ""


def test_kernels_from_spectra_are_said_to_be_that() -> None:
    """Only where a kernel was named, and only where no resize could be done again."""
    assert "by their spectra only" in _told(_photographs(FEW), "layout", "antialias", exact=False)
    assert _told(_photographs(FEW), "layout", exact=False) == ""
    assert _told(_photographs(FEW), "interpolation") == ""
