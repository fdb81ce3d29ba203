"""Where every other picture lies, once a few are settled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pixelparity.diagnosis.fit import place_others as module
from pixelparity.diagnosis.fit.place_others import place_others
from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.placement import whole
from pixelparity.diagnosis.model.resampling import Resampling
from pixelparity.diagnosis.model.side_model import SideModel
from tests.diagnosis.sides import cropped, picture, resized, shorter

SHAPES = ((100, 130), (130, 100), (96, 140), (140, 96))
SOURCES = [picture(n, shape) for n, shape in enumerate(SHAPES)]
TARGETS = [cropped(resized(x, shorter(x, 70)), 64) for x in SOURCES]
PLACES = [whole(s, z, (64, 64), 1, ((z[0] - 64) // 2, (z[1] - 64) // 2))
          for s, z in zip(SHAPES, ((70, 91), (91, 70), (70, 102), (102, 70)), strict=True)]  # fmt: skip
PROBED = SideModel(
    placements=(*PLACES[:2], *(whole(shape, (64, 64)) for shape in SHAPES[2:])),
    resampling=Resampling(),
    colour=colours.identity(3),
    known=(True, True, False, False),
    shapes=SHAPES,
)


def test_others_follow_the_rule_of_the_probes() -> None:
    """Short edge 70, centre crop: the other two pictures are placed so, and are known."""
    found = place_others(PROBED, SOURCES, TARGETS, [0, 1])
    assert found.placements == tuple(PLACES)
    assert all(found.known)


def test_a_model_whose_images_are_all_probes_stays() -> None:
    """There is no other picture to place."""
    model = replace(PROBED, placements=tuple(PLACES), known=(True,) * 4)
    assert place_others(model, SOURCES, TARGETS, [0, 1, 2, 3]) == model


def test_an_exception_to_the_rule_is_looked_up_by_itself() -> None:
    """A picture that was stretched where the others were covered has its own place; noise has none."""
    targets = [*TARGETS[:2], resized(SOURCES[2], (64, 64)), np.random.default_rng(0).random((64, 64, 3))]
    found = place_others(PROBED, SOURCES, targets, [0, 1])
    assert found.placements[2].size == (64, 64)
    assert found.known == (True, True, True, False)


def test_a_rule_needs_probes_of_two_shapes() -> None:
    """One shape follows any rule: none is believed; two that share a short edge follow that."""
    assert module._common_rule(PROBED, SOURCES, [0]) is None
    rule = module._common_rule(PROBED, SOURCES, [0, 1])
    assert rule is not None
    assert rule[0] == "short"


def test_closer_probes_ask_for_closer_places() -> None:
    """The noise of the probes is what another place may have, and half as much again."""
    rng = np.random.default_rng(0)
    loud = [y + rng.normal(0, 4, y.shape) for y in TARGETS]
    asked = [module._enough(PROBED, SOURCES, targets, [0, 1]) for targets in (TARGETS, loud)]
    assert 0.9 < asked[1] < asked[0] < 1


def test_a_missing_tensor_is_an_error() -> None:
    """Every picture has a tensor."""
    with pytest.raises(ValueError, match="shorter"):
        place_others(PROBED, SOURCES, TARGETS[:3], [0, 1])
