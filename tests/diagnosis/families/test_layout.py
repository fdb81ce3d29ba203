"""Values in another layout: named for the side that mistakes it."""

from __future__ import annotations

import pytest

from pixelparity.diagnosis.families import layout
from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.side_model import SideModel

#: Nothing comes before the chains.
SAME = colours.identity(3)


def _side(error: str) -> SideModel:
    return SideModel(placements=(), colour=colours.identity(3), layout_error=error)


@pytest.mark.parametrize("error", ["hwc_read_as_chw", "chw_read_as_hwc", "transposed", "rows_read_as_columns"])
def test_a_mistaken_layout_is_named_and_mended(error: str) -> None:
    """In serving it is a transpose; where the training has it, serving has to do as the training does."""
    (served,) = layout.scrambled(_side(""), _side(error), SAME)
    assert "perm=[2, 0, 1]" in served.fix
    assert served.mend(_side(error)).layout_error == ""
    (trained,) = layout.scrambled(_side(error), _side(""), SAME)
    assert "as the training does" in trained.fix
    assert trained.parameters["reference"] == error
    assert layout.scrambled(_side(error), _side(error), SAME) == []
