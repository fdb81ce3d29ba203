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


def test_pictures_of_some_size_are_sampled_evenly() -> None:
    """Of 300 x 400 pixels about 1,200: every tenth row and column; a small picture is taken whole, from both sides alike."""
    large = np.arange(300 * 400 * 3, dtype=np.float64).reshape(300, 400, 3)
    one, other = decoding._pixels(large, -large, 1200)
    assert one.shape == (30 * 40, 3)
    assert (one == large[::10, ::10].reshape(-1, 3)).all()
    assert (other == -one).all()
    assert decoding._pixels(large[:20, :30], large[:20, :30], 1200)[0].shape == (600, 3)


def test_the_gap_is_the_mean_of_absolute_differences() -> None:
    """Levels 1 and -3 apart in turn are 2 levels on average, whatever the levels are."""
    image = np.full((10, 10, 3), 100.0)
    other = image + np.where(np.arange(10) % 2, 1.0, -3.0)[:, None, None]
    assert decoding._gap(image, other) == 2.0
    assert decoding._gap(image, image) == 0.0


def test_a_side_of_one_channel_has_no_order() -> None:
    """Grey pictures on one side exchange no channels: the chain keeps the order of the side that it starts from."""
    grey = tuple(np.ascontiguousarray(placement.turn(image[..., :1], 6)) for image in PICTURES)
    for both in ((PICTURES, grey), (grey, tuple(image for image in PICTURES))):
        assert decoding.start(both).colour.order == tuple(range(both[0][0].shape[2]))


def test_one_grey_file_does_not_hide_exchanged_channels() -> None:
    """The order is told from the files that have channels on both sides."""
    mixed = (*(image[..., ::-1] for image in PICTURES[:-1]), PICTURES[-1][..., :1])
    assert decoding.start((PICTURES, mixed)).colour.order == (2, 1, 0)
