"""What turns the reference's content into the deployed tensors: borders, places, and how alike both are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.search.finals import alignment
from pixelparity.diagnosis.search.finals.pairing import Pairing
from tests.diagnosis.sides import picture

PICTURES = tuple(picture(n, (60, 80)).astype(np.float32) for n in range(3))


def _bordered(fill: float, top: int = 10) -> np.ndarray:
    out = np.full((80, 80, 3), fill, np.float32)
    out[top : top + 60] = PICTURES[0]
    return out


def test_a_border_of_one_colour_is_found() -> None:
    """All pictures with a border have one colour: the boxes and the colour; without a border there is none."""
    boxes, colour = alignment.borders((_bordered(114.0), _bordered(114.0, 0)))
    assert boxes == [(10, 0, 70, 80), (0, 0, 60, 80)]
    assert colour == pytest.approx([114.0] * 3)
    assert alignment.borders(PICTURES) == ([(0, 0, 60, 80)] * 3, None)


def test_a_border_of_another_colour_is_content() -> None:
    """Two pictures are padded with grey; what is flat and black at the edge of the third belongs to it."""
    boxes, colour = alignment.borders((_bordered(114.0), _bordered(114.0), _bordered(0.0)))
    assert boxes == [(10, 0, 70, 80), (10, 0, 70, 80), (0, 0, 80, 80)]
    assert colour == pytest.approx([114.0] * 3)


def test_the_references_own_chain_is_where_its_content_lies() -> None:
    """Every place is known, at the box that the border leaves, in the border's colour."""
    tensors = _bordered(114.0), _bordered(114.0, 20)
    boxes, fill = alignment.borders(tensors)
    content = tuple(t[b[0] : b[2], b[1] : b[3]] for t, b in zip(tensors, boxes, strict=True))
    chain = alignment._reference_chain(tensors, content, boxes, fill)
    assert [place.box for place in chain.placements] == boxes
    assert (chain.known, chain.fill) == ((True, True), (114.0, 114.0, 114.0))


def _pairing(deployed: tuple[np.ndarray, ...], code: int = 1, origin: tuple[int, int] = (0, 0)) -> Pairing:
    """Return tensors whose content is cut out of the pictures, turned by a code, from some origin."""
    canvas = deployed[0].shape[:2]
    frames = tuple(
        placement.whole(shape, shape, canvas, code, origin)  # type: ignore[arg-type]
        for shape in (placement.turned_shape(x.shape, code) for x in PICTURES)
    )
    own = tuple(placement.whole(x.shape[:2], x.shape[:2]) for x in PICTURES)  # type: ignore[arg-type]
    base = colours.identity(3)
    left = alignment.SideModel(placements=own, colour=base, known=(True,) * len(own))
    right = replace(left, placements=frames)
    return Pairing(
        reference=PICTURES, deployed=deployed, content=PICTURES, reference_chain=left, deployed_chain=right, base=base
    )


def test_likeness_is_that_of_the_picture_that_does_best() -> None:
    """One of three equal pictures explains all; flat tensors tell nothing against it; noise explains nothing."""
    rng = np.random.default_rng(0)
    noise = tuple(rng.uniform(0, 255, x.shape).astype(np.float32) for x in PICTURES)
    flat = tuple(np.full_like(x, 7.0) for x in PICTURES)
    assert alignment.likeness(_pairing((PICTURES[0], *noise[1:]))) == pytest.approx(1.0)
    assert alignment.likeness(_pairing(noise)) < 0.1
    assert alignment.likeness(replace(_pairing(flat), content=flat)) == 1.0


@pytest.mark.parametrize("off", [(0, 0), (0, 1), (1, 0), (-1, -1)])
def test_a_turned_crop_is_moved_by_a_pixel(off: tuple[int, int]) -> None:
    """A window of a turned picture that lies a pixel beside its place is put right; one that is not turned stays."""
    turned = tuple(placement.turn(x, 6)[10 + off[0] : 60 + off[0], 5 + off[1] : 55 + off[1]] for x in PICTURES)
    pairing = _pairing(turned, 6, (10, 5))
    nudged = alignment._nudged(pairing.deployed_chain, PICTURES, turned)
    assert [place.origin for place in nudged.placements] == [(10 + off[0], 5 + off[1])] * 3
    upright = tuple(x[4:54, 6:56] for x in PICTURES)
    still = _pairing(upright, 1, (4, 5)).deployed_chain
    assert alignment._nudged(still, PICTURES, upright).placements == still.placements
