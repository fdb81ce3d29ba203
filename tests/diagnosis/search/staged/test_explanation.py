"""From pixels to the tensors that a segment starts from."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.search.staged import explanation
from pixelparity.stages import Stage

FLOATS = (np.zeros((2, 2, 3), np.float32),)
BYTES = (np.zeros((2, 2, 3), np.uint8),)
ENDS = np.array([[0.0] * 3, [255.0] * 3])


def test_a_declared_range_says_what_black_and_white_are() -> None:
    """Declared from -1 to 3: black is -1 and white is 3; bytes, and floats that declare nothing, are pixels."""
    start = Stage(name="a", layout="HWC", value_range=(-1.0, 3.0))
    assert explanation.pixels(start, FLOATS).apply(ENDS) == pytest.approx(np.array([[-1.0] * 3, [3.0] * 3]))
    for stage, pictures in ((start, BYTES), (Stage(name="a", layout="HWC"), FLOATS), (None, FLOATS)):
        assert explanation.pixels(stage, pictures).apply(ENDS) == pytest.approx(ENDS)
