"""Shared runs agree with the plain ones that they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.diagnosis.search.staged import explain


def test_a_run_that_begins_alike_is_not_made_twice() -> None:
    """Two chains that resample alike share the result; what comes after is made anew, and the picture is not written to."""
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    resized = SideModel(placements=(placement.whole((40, 60), (20, 30)),), colour=colours.identity(3))
    still = placement.whole((20, 30), (20, 30))
    halved = colours.plain(range(3), np.full(3, 0.5), np.zeros(3), 3)
    made: explain.Made = {}
    whole = explain._run([resized, SideModel(placements=(still,), colour=colours.identity(3))], picture, 0, made)
    half = explain._run([resized, SideModel(placements=(still,), colour=halved)], picture, 0, made)
    assert len(made) == 1
    assert half == pytest.approx(whole / 2)
    assert whole == pytest.approx(explain._run([resized], picture, 0))
