"""What is left between two tensors: how many pictures a displacement needs, and what counts as brightness."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.search.finals import residuals
from pixelparity.diagnosis.search.finals.residuals import Residual


def _waves(shift: float = 0.0) -> np.ndarray:
    """Return a smooth picture in levels, 64 x 64 x 3, of waves known at every point: moved down and right without resampling."""
    rows, columns = np.mgrid[0:64, 0:64] + shift
    parts = [
        np.sin(rows / slow + columns / fast + phase) for slow, fast, phase in ((2.1, 5, 0), (4, -2.5, 1), (7, 3, 2))
    ]
    return np.repeat((120 + 25 * sum(parts))[..., None], 3, axis=2).astype(np.float32)


def _moved(count: int, of: int, shift: float) -> dict[int, Residual]:
    """Return pictures of which the first ``count`` are moved by ``shift`` pixels along both axes."""
    box = (0, 0, 64, 64)
    return {n: Residual(ours=_waves(), theirs=_waves(shift if n < count else 0.0), box=box) for n in range(of)}


@pytest.mark.parametrize(("count", "named"), [(3, True), (2, False), (1, False)])
def test_a_small_displacement_needs_nearly_half_of_the_pictures(count: int, named: bool) -> None:
    """A fifth of a pixel in three of five pictures is a grid; in two of five it is too little to speak of."""
    found = residuals.displaced(_moved(count, 5, 0.2))
    assert (found is not None) == named
    if found is not None:
        assert (found[0].family, found[0].images) == ("subpixel", (0, 1, 2))
        assert found[0].parameters["images"] == 3
        assert np.abs(np.array(found[0].parameters["shift"])) == pytest.approx(0.2, abs=0.03)


def test_a_large_displacement_of_few_pictures_is_named() -> None:
    """One picture of five that is a whole pixel off is a rounding; moving it back brings the tensors together."""
    lefts = _moved(1, 5, 1.0)
    found = residuals.displaced(lefts)
    assert found is not None
    finding, restore = found
    assert (finding.family, finding.parameters["what"], finding.images) == ("rounding", "offset", (0,))
    inner = (slice(4, -4), slice(4, -4))
    apart = [np.abs(lefts[0].ours - x)[inner].mean() for x in (lefts[0].theirs, restore(lefts[0].theirs, 0))]
    assert apart[1] < 0.1 * apart[0]
    assert restore(lefts[1].theirs, 1) is lefts[1].theirs


def test_still_pictures_have_no_displacement() -> None:
    """Equal tensors are not displaced, nor are tensors too small to tell."""
    assert residuals.displaced(_moved(0, 3, 0.0)) is None
    tiny = Residual(ours=_waves()[:20, :20], theirs=_waves(1.0)[:20, :20], box=(0, 0, 20, 20))
    assert residuals.displaced({0: tiny}) is None


def _coloured(direction: tuple[float, float, float]) -> dict[int, Residual]:
    """Return a picture whose deployed side is off along a direction of colour, with a sign that changes from pixel to pixel."""
    sign = np.where(np.add.outer(np.arange(64), np.arange(64)) % 2, 1.0, -1.0)[..., None]
    off = (40 * sign * np.array(direction)).astype(np.float32)
    return {0: Residual(ours=_waves(), theirs=_waves() + off, box=(0, 0, 64, 64))}


#: Red against blue such that 0.299 R + 0.114 B stays what it is.
SAME_LUMA = (0.114, 0.0, -0.299)


def test_colours_without_brightness_are_the_decoders() -> None:
    """What BT.601's luma does not see is chroma; the restoring takes fine colour from the reference."""
    lefts = _coloured(SAME_LUMA)
    found = residuals.decoded(lefts, swapped=False)
    assert found is not None
    assert found[0].family == "jpeg_chroma"
    assert found[0].parameters["brightness_share"] == pytest.approx(0, abs=1e-4)
    apart = np.abs(found[1](lefts[0].theirs, 0) - lefts[0].ours)[8:-8, 8:-8].mean()
    assert apart < 0.1 * np.abs(lefts[0].theirs - lefts[0].ours).mean()


def test_luma_is_weighed_in_the_channels_own_order() -> None:
    """Red counts more than blue: the same change in BGR, or of red and blue exchanged, moves the brightness."""
    assert residuals.decoded(_coloured(SAME_LUMA), swapped=True) is None
    assert residuals.decoded(_coloured(SAME_LUMA[::-1]), swapped=False) is None
    assert residuals.decoded(_coloured(SAME_LUMA[::-1]), swapped=True) is not None


def test_brightness_and_traces_are_no_chroma() -> None:
    """A grey change is brightness; a tenth of a level of colour is nothing; grey pictures have no colour."""
    assert residuals.decoded(_coloured((0.1, 0.1, 0.1)), swapped=False) is None
    assert residuals.decoded(_coloured((0.00114, 0.0, -0.00299)), swapped=False) is None
    grey = Residual(ours=_waves()[..., :1], theirs=_waves()[..., :1] + 3, box=(0, 0, 64, 64))
    assert residuals.decoded({0: grey}, swapped=False) is None


def test_box_and_gap_by_hand() -> None:
    """The box of a mask is the smallest rectangle around it; the gap is the mean within it."""
    mask = np.zeros((5, 6), bool)
    mask[1, 2] = mask[3, 4] = True
    assert residuals.box_of(mask) == (1, 2, 4, 5)
    assert residuals.box_of(np.zeros((5, 6), bool)) == (0, 0, 0, 0)
    ours = np.zeros((5, 6, 1), np.float32)
    theirs = ours.copy()
    theirs[1, 2] = 9
    theirs[0, 0] = 100  # outside
    assert residuals.gap(Residual(ours=ours, theirs=theirs, box=(1, 2, 4, 5))) == 1.0
    assert residuals.gap(Residual(ours=ours, theirs=theirs, box=(0, 0, 0, 0))) == 0.0


def test_telling_keeps_what_differs_most() -> None:
    """Pictures below two fifths of the largest difference say nothing of a filter."""
    zero, box = np.zeros((2, 2, 1), np.float32), (0, 0, 2, 2)
    lefts = {n: Residual(ours=zero, theirs=zero + off, box=box) for n, off in enumerate((10.0, 4.5, 4.0, 0.0))}
    assert list(residuals.telling(lefts)) == [0, 1]
