"""Kernels, antialiasing and grids between two chains, and the kernels that spectra tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pixelparity.diagnosis.families import kernel
from pixelparity.diagnosis.fit.registration import Displacement
from pixelparity.diagnosis.measure.residuals import Residual
from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.resampling import Resampling
from pixelparity.diagnosis.model.side_model import SideModel
from tests.diagnosis.sides import picture, resized

FRAME = placement.whole((150, 200), (96, 128))


def _side(exact: bool = False, **how: Any) -> SideModel:
    return SideModel(
        placements=(FRAME,), colour=colours.identity(3), resampling=Resampling(**how), subpixel_scale=exact
    )


@pytest.mark.parametrize(
    ("change", "family"),
    [
        ({"shape": "cubic"}, "interpolation"),
        ({"antialias": True}, "antialias"),
        ({"centre": "corner"}, "subpixel"),
        ({"exact": True}, "subpixel"),
    ],
)
def test_each_change_of_a_resize_has_its_name(change: dict[str, Any], family: str) -> None:
    """One change is one finding, in either direction, and its mend gives the reference's kernel."""
    for reference, deployed in ((_side(), _side(**change)), (_side(**change), _side())):
        (found,) = kernel.differences(reference, deployed, [0])
        assert found.family == family
        assert found.mend(deployed).resampling == reference.resampling
        assert "..." not in found.fix
    assert kernel.differences(_side(), _side(), [0]) == []


def test_a_picture_that_is_not_resampled_shows_no_kernel() -> None:
    """A side that keeps its pictures' sizes has no kernel to differ in."""
    still = SideModel(
        placements=(placement.whole((150, 200), (150, 200)),),
        colour=colours.identity(3),
        resampling=Resampling(shape="cubic"),
    )
    assert kernel.differences(_side(), still, [0]) == []


def test_spectra_tell_two_kernels() -> None:
    """Final tensors alone: linear against antialiased linear is one switch; undoing it brings them nearer."""
    lefts = {}
    for n in range(4):
        pair = [resized(picture(n, (300, 400)), (150, 200), Resampling(antialias=on)) for on in (True, False)]
        reference, deployed = (x.astype(np.float32) for x in pair)
        lefts[n] = Residual(reference=reference, deployed=deployed, box=(0, 0, 150, 200))
    ((found, restore),) = kernel.resampled(lefts)
    assert found.family in ("antialias", "interpolation")
    apart = [np.abs(lefts[0].reference - x).mean() for x in (lefts[0].deployed, restore(lefts[0].deployed, 0))]
    assert apart[1] < apart[0]
    same = {n: Residual(reference=one.reference, deployed=one.reference, box=one.box) for n, one in lefts.items()}
    assert kernel.resampled(same) == []


def test_a_displaced_grid_says_which_side_has_it() -> None:
    """By its sign: content further down and to the right is the corner's; a kept scale has no sign."""
    drifts = [{0: Displacement(shift=(s, s), growth=(0.0, 0.0), error=0.01)} for s in (0.2, -0.2)]
    warp, plain = (kernel.displaced_grid("corner", drift, 1).fix for drift in drifts)
    assert "fn.warp_affine" in warp
    assert "half-pixel centres as the training does" in plain
    assert "subpixel_scale" in kernel.displaced_grid("scale", drifts[0], 1).fix
