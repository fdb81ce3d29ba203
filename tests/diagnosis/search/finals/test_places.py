"""Content that is enlarged or shrunk in serving: another size, or another way to it."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.placement import Pair, Placement
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.diagnosis.search.finals import places

SQUARE: Pair = (100, 100)


def _own(canvas: Pair = SQUARE) -> Placement:
    return Placement(size=SQUARE, scale=(1.0, 1.0), canvas=canvas)


def _shown(zoom: tuple[float, float], canvas: Pair = SQUARE, origin: Pair = (0, 0)) -> Placement:
    """Return the placement that shows content of 100 x 100 pixels enlarged by a factor along each axis."""
    size = round(100 * zoom[0]), round(100 * zoom[1])
    return Placement(size=size, scale=(1 / zoom[0], 1 / zoom[1]), canvas=canvas, origin=origin)


@pytest.mark.parametrize(
    ("left", "right", "family"),
    [
        # One factor for both axes and all pictures is another number.
        ([_own(), _own()], [_shown((2.0, 2.0)), _shown((2.0, 2.0))], "target_size"),
        ([_own(), _own()], [_shown((0.5, 0.5)), _shown((0.5, 0.5))], "target_size"),
        # Another factor along each axis, or for each picture, in the same canvas is another way to it.
        ([_own(), _own()], [_shown((2.0, 1.5)), _shown((2.0, 1.5))], "resize_mode"),
        ([_own(), _own()], [_shown((2.0, 2.0)), _shown((1.5, 1.5))], "resize_mode"),
        # Another canvas for all pictures of a side is another size, whatever the factors.
        ([_own(), _own()], [_shown((2.0, 1.5), (120, 120)), _shown((1.5, 1.5), (120, 120))], "target_size"),
        # Canvases of several sizes are no one size.
        ([_own(), _own()], [_shown((2.0, 1.5), (120, 120)), _shown((1.5, 1.5), (110, 130))], "resize_mode"),
        ([_own(), _own((90, 90))], [_shown((2.0, 1.5), (120, 120)), _shown((1.5, 1.5), (120, 120))], "resize_mode"),
    ],
)
def test_a_zoom_is_a_number_or_a_way(left: list[Placement], right: list[Placement], family: str) -> None:
    """One factor, or one other canvas, is another size; what changes from axis to axis or picture to picture is not."""
    chain = SideModel(placements=tuple(left), colour=colours.identity(3), known=(True,) * len(left))
    zooms = np.array([[1 / s for s in place.scale] for place in right])
    found = places._zoomed(chain, left, right, zooms)
    assert found.family == family
    assert found.parameters["zoom"] == [round(float(z), 4) for z in np.median(zooms, axis=0)]
    assert (found.parameters["reference"], found.parameters["deployed"]) == ([100, 100], list(right[0].canvas))


@pytest.mark.parametrize(
    ("size", "origin", "canvas", "cut"),
    [
        ((50, 100), (-25, 0), (100, 100), True),  # half of the rows, with a border above and below
        ((100, 100), (0, 0), (100, 100), False),  # all of it
        ((100, 100), (-10, -10), (120, 120), False),  # all of it within a border
        ((50, 100), (0, 0), (100, 100), False),  # half of it from the edge: the rest may lie outside
        ((100, 50), (0, -25), (100, 100), True),
    ],
)
def test_content_that_was_cut_before_it_was_padded(size: Pair, origin: Pair, canvas: Pair, cut: bool) -> None:
    """A part of the content between two borders was cut out before: a canvas alone hides only what lies outside of it."""
    assert places._cut_inside(_own(), Placement(size=size, scale=(1.0, 1.0), origin=origin, canvas=canvas)) is cut
