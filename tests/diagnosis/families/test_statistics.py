"""Statistics of each picture, and constants that mistakes make of the reference's own."""

from __future__ import annotations

import numpy as np

from pixelparity.diagnosis.families import statistics
from pixelparity.diagnosis.model import colours, constants
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.side_model import SideModel

IDENTITY = colours.identity(3)
IMAGENET = constants.norm(np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]))
PLAIN = colours.plain(range(3), np.array(IMAGENET.gain), np.array(IMAGENET.offset), 3)


def _own(spread: float) -> ColourMap:
    """Return a map of each of two pictures, whose channels' gains lie apart by ``spread``."""
    each = tuple(
        colours.plain(range(3), gain * np.array([1 - spread, 1, 1 + spread]), np.zeros(3), 3) for gain in (0.9, 1.1)
    )
    return ColourMap(kind="per_image", matrix=np.eye(3), offset=np.zeros(3), each=each)


def _side(colour: ColourMap) -> SideModel:
    return SideModel(placements=(), colour=colour)


def test_own_statistics_are_named_on_the_side_that_takes_them() -> None:
    """Over all axes where the channels share a gain; in serving, the mend is the training's constants, each with its value."""
    (served,) = statistics.of_each_picture(_side(PLAIN), _side(_own(0.0)), IDENTITY)
    assert served.parameters == {"axes": "HWC", "side": "serving"}
    assert served.fix.startswith("images = fn.normalize(images, mean=np.float32([[[123.675, 116.28, 103.53]]])")
    (trained,) = statistics.of_each_picture(_side(_own(0.1)), _side(PLAIN), IDENTITY)
    assert trained.parameters == {"axes": "HW", "side": "training"}
    assert "axes=[0, 1]" in trained.fix
    assert statistics.of_each_picture(_side(PLAIN), _side(PLAIN), IDENTITY) == []


def test_constants_count_from_the_pixels() -> None:
    """Where x / 255 was done before, the printed constants are still those on pixels 0..255."""
    scaled = colours.plain(range(3), np.full(3, 1 / 255), np.zeros(3), 3)
    after = PLAIN.after(scaled.invert())
    (served,) = statistics.of_each_picture(_side(after), _side(_own(0.0)), scaled)
    assert "123.675" in served.fix


def test_mistakes_are_made_of_the_references_own_constants() -> None:
    """A mean alone, a deviation alone and the reversed constants are among them."""
    made = statistics.mistakes(IMAGENET)
    mean, std = IMAGENET.mean, IMAGENET.std
    for wanted in (
        constants.norm(mean, np.ones(3)),
        constants.norm(0 * mean, std),
        constants.norm(mean[::-1], std[::-1]),
    ):
        assert any(one.close(wanted) for one in made)
