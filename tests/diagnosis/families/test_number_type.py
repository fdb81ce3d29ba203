"""Number types that one side alone uses, named for either direction; steps of one level on final tensors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pixelparity.diagnosis.families import number_type
from pixelparity.diagnosis.measure.residuals import Residual
from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.side_model import SideModel
from tests.diagnosis.sides import waves

#: Nothing comes before the chains.
SAME = colours.identity(3)

#: More of the fixed part of the fault bench.
BENCH = """
grey_text/dtype.truncated
    dtype | dtype | dtype
"""


@pytest.mark.parametrize(
    ("change", "kept", "wanted"),
    [
        ({"through_float16": True}, "dtype=types.FLOAT)", "dtype=types.FLOAT16)"),
        ({"bytes_as_int8": True}, "types.UINT8", "types.INT8"),
        ({"rounds_output": True, "clip": (0.0, 255.0)}, "no cast", "fn.cast(images, dtype=types.UINT8)"),
    ],
)
def test_a_number_type_is_mended_in_both_directions(change: dict[str, Any], kept: str, wanted: str) -> None:
    """Where serving does it, it is left out; where training does it, it is done."""
    plain = SideModel(placements=(), colour=colours.identity(3))
    odd = replace(plain, **change)
    (served,), (trained,) = number_type.types(plain, odd, SAME), number_type.types(odd, plain, SAME)
    assert kept in served.fix
    assert wanted in trained.fix
    assert wanted not in served.fix


def _left(reference: np.ndarray, deployed: np.ndarray) -> dict[int, Residual]:
    return {0: Residual(reference=reference, deployed=deployed, box=(0, 0, 64, 64))}


def test_fractions_are_cut_off_or_rounded_away() -> None:
    """Cutting off moves values down on one side; rounding moves them both ways; half of what is lost stays lost."""
    whole, cut = np.rint(waves()), np.floor(waves())
    for reference, deployed, side in ((whole, cut, "serving"), (cut, whole, "training")):
        found = number_type.truncated(_left(reference, deployed))
        assert found is not None
        assert (found[0].parameters["what"], found[0].parameters["side"]) == ("truncated", side)
        assert number_type.lost(found[0]) == 0.5
    assert number_type.truncated(_left(waves(), whole)) is None
    for reference, deployed, side in ((waves(), whole, "reference"), (whole, waves(), "deployed")):
        found = number_type.unrounded(_left(reference, deployed))
        assert found is not None
        assert found[0].parameters["side"] == side
    assert number_type.unrounded(_left(whole, whole)) is None
