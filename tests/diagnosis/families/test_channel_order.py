"""Red and blue exchanged: letters as they are declared, constants that went along, and decoded pictures."""

from __future__ import annotations

import numpy as np

from pixelparity.diagnosis.families import channel_order, value_maps
from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.side_model import SideModel

GAIN, OFFSET = np.array([1.0, 2.0, 4.0]), np.array([0.0, -1.0, -2.0])
PLAIN = colours.plain((0, 1, 2), GAIN, OFFSET, 3)
KEPT, CARRIED = colours.plain((2, 1, 0), GAIN, OFFSET, 3), colours.plain((2, 1, 0), GAIN[::-1], OFFSET[::-1], 3)


def test_the_order_of_each_side_is_written() -> None:
    """The mend leads from what is served to what was trained on, in either direction."""
    model = SideModel(placements=(), colour=PLAIN)
    there = channel_order.exchanged(model, PLAIN, KEPT)
    assert "trained on RGB, it is fed BGR" in there.text
    assert "image_type=types.BGR, output_type=types.RGB" in there.fix
    assert there.parameters["permutation"] == [2, 1, 0]
    back = channel_order.exchanged(SideModel(placements=(), colour=KEPT), KEPT, PLAIN)
    assert "image_type=types.RGB, output_type=types.BGR" in back.fix
    declared = channel_order.worded(there, "BGR")
    assert "trained on BGR, it is fed RGB" in declared.text
    assert channel_order.worded(there, "RGB") is there


def test_constants_are_carried_along_or_kept_by_position() -> None:
    """Either way the mended chain has the reference's order, and the reference's constants."""
    assert channel_order.carried_along(PLAIN, CARRIED)
    assert not channel_order.carried_along(PLAIN, KEPT)
    for deployed in (KEPT, CARRIED):
        finding = channel_order.exchanged(SideModel(placements=(), colour=PLAIN), PLAIN, deployed)
        mended = finding.mend(SideModel(placements=(), colour=deployed)).colour
        assert mended.order == (0, 1, 2)
        assert value_maps.norm(mended).close(value_maps.norm(PLAIN))


def test_red_minus_blue_runs_the_other_way() -> None:
    """Exchanged pixels are told, also under a blending that halves them; equal ones are not."""
    pixels = np.random.default_rng(0).uniform(0, 255, (500, 3))
    assert channel_order.swapped([(pixels, pixels[:, ::-1])])
    assert channel_order.swapped([(pixels, 0.5 * pixels[:, ::-1] + 100)])
    assert not channel_order.swapped([(pixels, pixels)])
