"""Sizes and offsets a pixel off, and the displacements that tell them from grids where there are final tensors alone."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.families import rounding
from pixelparity.diagnosis.measure.residuals import Residual
from tests.diagnosis.sides import waves


def _moved(count: int, of: int, shift: float) -> dict[int, Residual]:
    """Return pictures of which the first ``count`` are moved by ``shift`` pixels along both axes."""
    box = (0, 0, 64, 64)
    return {n: Residual(reference=waves(), deployed=waves(shift if n < count else 0.0), box=box) for n in range(of)}


@pytest.mark.parametrize(("count", "named"), [(3, True), (2, False), (1, False)])
def test_a_small_displacement_needs_nearly_half_of_the_pictures(count: int, named: bool) -> None:
    """A fifth of a pixel in three of five pictures is a grid; in two of five it is too little to speak of."""
    found = rounding.displaced(_moved(count, 5, 0.2))
    assert (found is not None) == named
    if found is not None:
        assert (found[0].family, found[0].images) == ("subpixel", (0, 1, 2))
        assert found[0].parameters["images"] == 3
        assert np.abs(np.array(found[0].parameters["shift"])) == pytest.approx(0.2, abs=0.03)


def test_a_large_displacement_of_few_pictures_is_named() -> None:
    """One picture of five that is a whole pixel off is a rounding; moving it back brings the tensors together."""
    lefts = _moved(1, 5, 1.0)
    found = rounding.displaced(lefts)
    assert found is not None
    finding, restore = found
    assert (finding.family, finding.parameters["what"], finding.images) == ("rounding", "offset", (0,))
    inner = (slice(4, -4), slice(4, -4))
    apart = [np.abs(lefts[0].reference - x)[inner].mean() for x in (lefts[0].deployed, restore(lefts[0].deployed, 0))]
    assert apart[1] < 0.1 * apart[0]
    assert restore(lefts[1].deployed, 1) is lefts[1].deployed


def test_still_pictures_have_no_displacement() -> None:
    """Equal tensors are not displaced, nor are tensors too small to tell."""
    assert rounding.displaced(_moved(0, 3, 0.0)) is None
    tiny = Residual(reference=waves()[:20, :20], deployed=waves(1.0)[:20, :20], box=(0, 0, 20, 20))
    assert rounding.displaced({0: tiny}) is None
