"""The border: its colour, and whether it is mapped with the picture."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.families import padding
from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.side_model import SideModel
from tests.repair.pairs import Side
from tests.repair.texts import FED, FIT, LETTERBOX, PAD, TURN, text

FRAME = placement.whole((50, 90), (50, 90), (90, 90), 1, (-20, 0))
SCALED = colours.plain(range(3), np.full(3, 1 / 255), np.full(3, -0.5), 3)
PIXELS = colours.identity(3)
#: The border is put on behind the constants.
LATE = text(
    FED, FIT, 'images = fn.crop_mirror_normalize(images, std=[255.0] * 3, output_layout="HWC")',
    PAD[:-1] + ", fill_values=114.0)", TURN,
)  # fmt: skip
PRINTED = {
    "padding behind the constants": (
        Side(source=LETTERBOX, family="padding_order", line=10, added=None),  # bytes hold no such colour
        Side(source=LATE, family="padding_order", line=11, added=(PAD[:-1] + ", fill_values=0.4470588)",)),
    ),
}


def _side(fill: float) -> SideModel:
    """Return a side that maps x / 255 - 0.5 and has a border of this value in the result."""
    return SideModel(placements=(FRAME,), colour=SCALED, fill=(fill,) * 3)


@pytest.mark.parametrize(("one", "other"), [(0.0, 114.0), (114.0, 0.0)])
def test_another_colour_is_named_in_levels(one: float, other: float) -> None:
    """Both directions name the reference's colour, and mending gives it."""
    reference, deployed = _side(one / 255 - 0.5), _side(other / 255 - 0.5)
    (found,) = padding.border(reference, deployed, PIXELS)
    assert found.family == "padding_value"
    assert found.parameters["value"] == pytest.approx([one] * 3, abs=1e-6)
    assert f"fill_values={one:g}" in found.fix
    assert found.mend(deployed).fill == pytest.approx(reference.fill)
    assert padding.border(reference, reference, PIXELS) == []


def test_a_border_put_on_after_the_mapping_is_an_order() -> None:
    """Black pixels become -0.5; a border of 0 in the result was put on after the mapping."""
    early, late = _side(-0.5), _side(0.0)
    (found,) = padding.border(early, late, PIXELS)
    assert (found.family, "padding comes after normalising in serving" in found.text) == ("padding_order", True)
    (back,) = padding.border(late, early, PIXELS)
    assert (back.family, "padding comes before normalising in serving" in back.text) == ("padding_order", True)
    assert padding.put_on_late(late, late)
    assert not padding.put_on_late(early, late)
