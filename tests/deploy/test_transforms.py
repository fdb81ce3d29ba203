"""The two transforms of the surface classifier: where the picture lands and how large it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelparity.deploy.transforms import PadToCentre, ResizeToFit, fitted_size

SIDES = st.integers(1, 3000)


@pytest.mark.parametrize(
    ("size", "fitted"),
    [
        ((512, 384), (512, 384)),
        ((480, 640), (288, 384)),
        ((1024, 768), (512, 384)),
        ((100, 3), (512, 15)),
        ((3, 999), (1, 384)),
    ],
)
def test_worked_out_sizes(size: tuple[int, int], fitted: tuple[int, int]) -> None:
    """Sizes that were worked out by hand, halves rounded up, never zero."""
    assert fitted_size(*size, (512, 384)) == fitted


@given(SIDES, SIDES)
def test_fit_touches_and_stays_inside(height: int, width: int) -> None:
    """A fitted picture stays inside the box and touches it on one side."""
    fitted = fitted_size(height, width, (512, 384))
    assert fitted[0] == 512 or fitted[1] == 384
    assert 1 <= fitted[0] <= 512
    assert 1 <= fitted[1] <= 384


@given(SIDES, SIDES)
def test_fit_keeps_the_ratio(height: int, width: int) -> None:
    """The free edge is within half a pixel of the exact ratio (or one pixel long)."""
    fitted_height, fitted_width = fitted_size(height, width, (512, 384))
    scale = min(512 / height, 384 / width)
    assert abs(fitted_height - max(1, height * scale)) <= 0.5 + 1e-9
    assert abs(fitted_width - max(1, width * scale)) <= 0.5 + 1e-9


def test_odd_pixel_goes_below_and_right() -> None:
    """A 3 x 5 picture in a 6 x 8 box has one row above and two below, one column left and two right."""
    padded = PadToCentre(size=(6, 8)).transform({"img": np.full((3, 5, 3), 7, np.uint8)})["img"]
    assert padded.shape == (6, 8, 3)
    assert np.argwhere(padded[..., 0] == 7).min(axis=0).tolist() == [1, 1]
    assert np.argwhere(padded[..., 0] == 7).max(axis=0).tolist() == [3, 5]


def test_resize_then_pad_fills_the_network_input() -> None:
    """Any picture comes out at 512 x 384 after both steps."""
    results = ResizeToFit(size=(512, 384)).transform({"img": np.zeros((210, 373, 3), np.uint8)})
    assert results["img_shape"] == (216, 384)
    assert PadToCentre(size=(512, 384)).transform(results)["img"].shape == (512, 384, 3)
