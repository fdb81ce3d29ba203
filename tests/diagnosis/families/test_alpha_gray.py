"""Transparency and grey: what is named on either side, and what mends it."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.families import alpha_gray
from pixelparity.diagnosis.measure.residuals import Residual
from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.side_model import SideModel
from tests.diagnosis.sides import waves

#: More of the fixed part of the fault bench.
BENCH = """
incident/alpha_gray.one_channel
    alpha_gray | - | -
"""


@pytest.mark.parametrize(("side", "word"), [("deployed", "drop alpha"), ("reference", "blend over white")])
def test_alpha_is_dropped_or_blended_as_the_training_does(side: str, word: str) -> None:
    """The side that blends decides what is to be done."""
    assert word in alpha_gray.alpha_line(side, "white")


def _pixels() -> tuple[np.ndarray, np.ndarray]:
    """Return coloured pixels (n, 3), and how much of each a blending leaves."""
    rng = np.random.default_rng(0)
    return rng.uniform(0, 220, (2000, 3)), np.repeat(rng.uniform(0.2, 1.0, (2000, 1)), 3, axis=1)


@pytest.mark.parametrize(("background", "ground"), [("black", 0.0), ("white", 255.0)])
def test_a_blending_is_told_on_the_side_that_has_it(background: str, ground: float) -> None:
    """Each pixel moves the same share of the way in all channels, towards black or white."""
    kept, share = _pixels()
    veiled = ground + (kept - ground) * share
    for pair, side in (((kept, veiled), "deployed"), ((veiled, kept), "reference")):
        found = alpha_gray.blended_decoded(*pair)
        assert found is not None
        assert dict(found.parameters) == {"side": side, "background": background}
        assert found.content
    assert alpha_gray.blended_decoded(kept, kept) is None


def test_blended_tensors_are_restored() -> None:
    """What a veil over black took from a deployed tensor is brought back, on that picture and no other."""
    picture = waves() + np.array([10, 0, -10], np.float32)
    veil = np.linspace(0.3, 1.0, 64, dtype=np.float32)[None, :, None]
    lefts = {
        n: Residual(reference=picture, deployed=made, box=(0, 0, 64, 64))
        for n, made in enumerate((picture * veil, picture))
    }
    found = alpha_gray.blended(lefts)
    assert found is not None
    assert found[0].images == (0,)
    assert np.abs(found[1](lefts[0].deployed, 0) - picture).mean() < 0.01 * np.abs(lefts[0].deployed - picture).mean()
    assert found[1](lefts[1].deployed, 1) is lefts[1].deployed


def test_grey_is_told_on_the_side_that_has_it() -> None:
    """The weights of the colours are read off, and the mend is the decoder's type where serving makes grey."""
    colour, _ = _pixels()
    grey = np.repeat((colour @ np.array([0.299, 0.587, 0.114]))[:, None], 3, axis=1)
    for pair, side, fix in (((colour, grey), "deployed", "types.RGB"), ((grey, colour), "reference", "make grey")):
        found = alpha_gray.grey_decoded(*pair)
        assert found is not None
        assert found.parameters["side"] == side
        assert found.parameters["weights"] == pytest.approx([0.299, 0.587, 0.114], abs=1e-3)
        assert fix in found.fix
    assert alpha_gray.grey_decoded(colour, colour) is None


def test_other_weights_of_grey_are_told_with_both_sides_own() -> None:
    """Each side's weights come to one in all; the mend and the text give the training's first."""
    maps = [colours.ColourMap(kind="matrix", matrix=np.array([w]), offset=np.zeros(1)) for w in ([1, 2, 1], [2, 0, 0])]
    sides = [SideModel(placements=(), colour=colour) for colour in maps]
    found = alpha_gray.other_weights(sides[0], sides[1])
    assert found.parameters == {"reference": [0.25, 0.5, 0.25], "deployed": [1.0, 0.0, 0.0]}
    assert "0.25, 0.5, 0.25" in found.fix
    assert "0.25, 0.5, 0.25] in training, [1, 0, 0] in serving" in found.text
    assert found.mend(sides[1]).colour is maps[0]


@pytest.mark.parametrize(
    ("reference", "deployed", "alike"),
    [
        ([[1, 2, 1]], [[2, 4, 2]], True),  # a gain is no other weighing
        ([[1, 2, 1]], [[1, 1, 2]], False),
        ([[1, 2, 1]], [[1, 2, 1], [1, 2, 1]], False),  # three channels are not one
        ([[1, -1, 0]], [[1, -1, 0]], False),  # weights that come to nothing have no shares
    ],
)
def test_weights_are_compared_by_their_shares(
    reference: list[list[float]], deployed: list[list[float]], alike: bool
) -> None:
    """One channel on each side, of the same shares of red, green and blue."""
    maps = [
        colours.ColourMap(kind="matrix", matrix=np.array(w, dtype=float), offset=np.zeros(len(w)))
        for w in (reference, deployed)
    ]
    assert alpha_gray.same_weights(*maps) is alike
