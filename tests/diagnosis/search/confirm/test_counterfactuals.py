"""Tensors that are made again are given back in the form of those that were captured."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.search.confirm import counterfactuals
from pixelparity.stages import Stage

HWC, CHW = Stage(name="a", layout="HWC"), Stage(name="a", layout="CHW")


@pytest.mark.parametrize(
    ("value", "captured", "dtype"),
    [
        (3.0, np.uint8, "uint8"),
        (255.0, np.uint8, "uint8"),
        (256.0, np.uint8, "float64"),  # no byte holds it
        (-1.0, np.uint8, "float64"),
        (-1.0, np.int8, "int8"),
        (3.5, np.uint8, "float64"),  # no whole number
        (3.0, np.float32, "float64"),  # whole by chance: the captured tensor is of floats
    ],
)
def test_whole_numbers_stay_whole(value: float, captured: type, dtype: str) -> None:
    """Where the captured tensor has whole numbers and holds these, they are of its type; else they stay as they are."""
    made = counterfactuals._like(np.full((2, 2, 3), value), HWC, np.zeros((2, 2, 3), captured))
    assert made.dtype == dtype
    assert (made == value).all()


def test_a_tensor_goes_back_to_its_layout() -> None:
    """Planes for a stage that is declared CHW."""
    out = np.arange(12.0).reshape(2, 2, 3)
    made = counterfactuals._like(out, CHW, np.zeros((3, 2, 2), np.float32))
    assert (made == out.transpose(2, 0, 1)).all()
