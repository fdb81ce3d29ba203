"""What decoded pictures of the same files are called by where they differ, and the chain that leads from one to the other."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.families import decoding
from pixelparity.diagnosis.model import placement
from tests.diagnosis.sides import pictures

PICTURES = tuple(pictures(4))
EVERY = range(len(PICTURES))


def _grey(image: np.ndarray) -> np.ndarray:
    return np.repeat(np.rint(image @ np.array([0.299, 0.587, 0.114]))[..., None], 3, axis=2).astype(np.uint8)


def _studio(image: np.ndarray) -> np.ndarray:
    return np.rint(image * (219 / 255) + 16).astype(np.uint8)


@pytest.mark.parametrize(
    ("change", "family"),
    [(_grey, "alpha_gray"), (_studio, "colour_range"), (lambda image: image[..., :1], "alpha_gray")],
)
def test_other_pictures_are_named(change, family: str) -> None:
    """Grey, another range and another number of channels: one finding each, which takes the reference's picture."""
    both = (PICTURES, tuple(change(image) for image in PICTURES))
    (found,) = decoding.differences(decoding.start(both), both, EVERY)
    assert found.family == family
    assert found.content
    assert "..." not in found.fix


def test_turned_and_exchanged_pictures_are_led_back() -> None:
    """The first chain holds the codes and the order: with these undone nothing else differs."""
    turned = tuple(np.ascontiguousarray(placement.turn(image, 6)[..., ::-1]) for image in PICTURES)
    chain = decoding.start((PICTURES, turned))
    assert [frame.code for frame in chain.placements] == [6] * len(PICTURES)
    assert chain.colour.order == (2, 1, 0)
    assert decoding.differences(chain, (PICTURES, turned), EVERY) == []


def test_a_part_of_the_pictures_is_said_to_be_one() -> None:
    """A finding of some pictures lists them; one of all lists none."""
    some = (_studio(PICTURES[0]), *PICTURES[1:])
    (found,) = decoding.differences(decoding.start((PICTURES, some)), (PICTURES, some), EVERY)
    assert found.images == (0,)


def test_exchanged_channels_are_no_other_colours() -> None:
    """Blue first is the chain's order, and with it put right nothing is left to name."""
    both = (PICTURES, tuple(image[..., ::-1] for image in PICTURES))
    chain = decoding.start(both)
    assert chain.colour.order == (2, 1, 0)
    assert decoding.differences(chain, both, EVERY) == []
