"""Maps of values as people write them, and the findings that replace one by another."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.families import value_maps
from pixelparity.diagnosis.model import colours, constants
from pixelparity.diagnosis.model.constants import Norm
from pixelparity.diagnosis.model.side_model import SideModel

IMAGENET = constants.norm(np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]))
RAW = Norm(gain=(1.0,) * 3, offset=(0.0,) * 3)
CENTRED = Norm(gain=(1.0,) * 3, offset=(-123.0, -117.0, -104.0))


@pytest.mark.parametrize(
    ("given", "kind", "written"),
    [
        (RAW, "raw", "x"),
        (value_maps.scaled(3), "scaled", "x / 255"),
        (CENTRED, "centred", "x - [123, 117, 104]"),
        (IMAGENET, "stats", "(x / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225] (ImageNet)"),
    ],
)
def test_a_map_has_a_kind_and_a_formula(given: Norm, kind: str, written: str) -> None:
    """By hand: the four kinds, and what a person writes for each."""
    assert value_maps.kind(given) == kind
    assert value_maps.written(given).startswith(written)
    assert value_maps.parts(given).norm().close(given)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (RAW, "# feed pixels 0..255"),
        (value_maps.scaled(3), "images = fn.normalize(images, mean=0.0, stddev=255.0)"),
        (constants.norm(np.full(3, 0.5), np.full(3, 0.5)), "images = fn.normalize(images, mean=127.5, stddev=127.5)"),
        (IMAGENET, "images = fn.normalize(images, mean=np.float32([[[123.675, 116.28, 103.53]]])"),
    ],
)
def test_constants_are_printed_in_units_of_pixels(given: Norm, line: str) -> None:
    """By hand: DALI's normalise takes pixels 0..255, so ImageNet's mean of 0.485 is 123.675 there."""
    assert value_maps.constants_line(given).startswith(line)


def test_doing_it_once_more() -> None:
    """By hand for x / 255: divided twice, normalised twice, and twice in units of 0..255 are one map."""
    once = Norm(gain=(1 / 255,), offset=(0.0,))
    collapsed, _, in_bytes = value_maps.once_more(once)
    assert collapsed.gain == pytest.approx((1 / 255**2,))
    assert in_bytes.close(collapsed)


def test_a_mend_takes_the_border_along() -> None:
    """A border of pixel 100 stays pixel 100 under the other constants, unless it was put on after the mapping."""
    identity = colours.identity(3)
    chain = SideModel(placements=(), colour=identity, fill=(100.0,) * 3)
    assert value_maps.with_norm(chain, value_maps.scaled(3), identity).fill == pytest.approx((100 / 255,) * 3)
    late = SideModel(placements=(), colour=identity, fill=(100.0,) * 3, pads_after_normalise=True)
    assert value_maps.with_norm(late, value_maps.scaled(3), identity).fill == (100.0,) * 3


def test_a_draft_mends_what_comes_after_the_base() -> None:
    """Where x / 255 was done before, the mended chain holds what is left of the reference's map."""
    base = colours.plain(range(3), np.full(3, 1 / 255), np.zeros(3), 3)
    draft = value_maps.draft("mean_std_wrong", IMAGENET, RAW, "other constants")
    mended = draft.based(base).mend(SideModel(placements=(), colour=colours.identity(3)))
    assert value_maps.norm(mended.colour.after(base)).close(IMAGENET)
