"""What operators do to values: read as normalisations where they change any."""

from __future__ import annotations

from typing import Any

import pytest

from pixelparity.recipes import Normalize
from pixelparity.sources import dali
from tests.sources.dali.test_bounds import message, operator


@pytest.mark.parametrize(
    ("stored", "found"),
    [
        ({}, []),  # x - 0 over 1 is x
        ({"mean": [2.0]}, [((2.0,), (1.0,))]),
        ({"std": [4.0]}, [((0.0,), (4.0,))]),
        ({"scale": 0.5, "std": [0.5]}, []),
    ],
)
def test_a_normalisation_that_changes_nothing_is_no_step(stored: dict[str, Any], found: list[Any]) -> None:
    """``fn.crop_mirror_normalize`` is often there for its layout alone: then there is no normalisation in the recipe."""
    made = message()
    operator(made, "CropMirrorNormalize", ["IN"], "out", **stored)
    made.pipe_outputs[0].name = "out"
    steps = dali.recipe(dali.read(made.SerializeToString())).of_kind("normalize")
    assert [(step.mean, step.std) for step in steps if isinstance(step, Normalize)] == found
