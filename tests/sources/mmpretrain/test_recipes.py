"""What single transforms of MMPretrain's registry say of their step."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pixelparity.errors import UnsupportedStep
from pixelparity.recipes import Crop
from pixelparity.sources.mmpretrain import recipes


@pytest.mark.parametrize(
    ("pads", "mode", "is_read"), [(True, "constant", True), (False, "reflect", True), (True, "reflect", False)]
)
def test_a_border_that_is_no_colour_matters_where_there_is_one(pads: bool, mode: str, is_read: bool) -> None:
    """A centre crop that pads needs a constant border; one that only trims never shows what its settings say of one."""
    transform = SimpleNamespace(crop_size=(9, 8), auto_pad=pads, pad_cfg={"padding_mode": mode})
    if not is_read:
        with pytest.raises(UnsupportedStep, match="padding_mode='reflect'"):
            recipes._centre_crop(transform, {}, "RGB")
        return
    (crop,) = recipes._centre_crop(transform, {}, "RGB")
    assert isinstance(crop, Crop)
    assert (crop.height, crop.width, crop.out_of_bounds) == (8, 9, "pad" if pads else "trim")
