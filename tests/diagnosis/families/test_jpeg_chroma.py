"""Colours that differ where the brightness does not."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.families import jpeg_chroma
from pixelparity.diagnosis.measure.residuals import Residual
from tests.diagnosis.sides import waves


def _coloured(direction: tuple[float, float, float]) -> dict[int, Residual]:
    """Return a picture whose deployed side is off along a direction of colour, with a sign that changes from pixel to pixel."""
    sign = np.where(np.add.outer(np.arange(64), np.arange(64)) % 2, 1.0, -1.0)[..., None]
    off = (40 * sign * np.array(direction)).astype(np.float32)
    return {0: Residual(reference=waves(), deployed=waves() + off, box=(0, 0, 64, 64))}


#: Red against blue such that 0.299 R + 0.114 B stays what it is.
SAME_LUMA = (0.114, 0.0, -0.299)


def test_colours_without_brightness_are_the_decoders() -> None:
    """What BT.601's luma does not see is chroma; the restoring takes fine colour from the reference."""
    lefts = _coloured(SAME_LUMA)
    found = jpeg_chroma.decoded(lefts, swapped=False)
    assert found is not None
    assert found[0].family == "jpeg_chroma"
    assert found[0].parameters["brightness_share"] == pytest.approx(0, abs=1e-4)
    apart = np.abs(found[1](lefts[0].deployed, 0) - lefts[0].reference)[8:-8, 8:-8].mean()
    assert apart < 0.1 * np.abs(lefts[0].deployed - lefts[0].reference).mean()


def test_luma_is_weighed_in_the_channels_own_order() -> None:
    """Red counts more than blue: the same change in BGR, or of red and blue exchanged, moves the brightness."""
    assert jpeg_chroma.decoded(_coloured(SAME_LUMA), swapped=True) is None
    assert jpeg_chroma.decoded(_coloured(SAME_LUMA[::-1]), swapped=False) is None
    assert jpeg_chroma.decoded(_coloured(SAME_LUMA[::-1]), swapped=True) is not None


def test_brightness_and_traces_are_no_chroma() -> None:
    """A grey change is brightness; a tenth of a level of colour is nothing; grey pictures have no colour."""
    assert jpeg_chroma.decoded(_coloured((0.1, 0.1, 0.1)), swapped=False) is None
    assert jpeg_chroma.decoded(_coloured((0.00114, 0.0, -0.00299)), swapped=False) is None
    grey = Residual(reference=waves()[..., :1], deployed=waves()[..., :1] + 3, box=(0, 0, 64, 64))
    assert jpeg_chroma.decoded({0: grey}, swapped=False) is None
