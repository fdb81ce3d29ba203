"""Two inputs of a model that are exchanged: each equals the other side's other one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.families import inputs
from pixelparity.diagnosis.thresholds import Noise
from pixelparity.stages import Capture, Stage
from tests.diagnosis.sides import normalized, pictures

IMAGES = [normalized(image) for image in pictures(3)]
MASKS = [np.roll(image[..., :1], 40, 0) for image in IMAGES]
SMALL = [image[::2, ::2] for image in IMAGES]


def _side(
    first: list[np.ndarray], second: list[np.ndarray], names: tuple[str, str] = ("a/in", "b/in"), **facts: Any
) -> Capture:
    images = tuple(str(n) for n in range(len(first)))
    stages = tuple(Stage(name=name, layout="HWC", dtype="float32") for name in names)
    tensors = {name: dict(zip(images, side, strict=True)) for name, side in zip(names, (first, second), strict=True)}
    return Capture(source="side", stages=stages, images=images, tensors=tensors, facts=facts)


def test_exchanged_inputs_are_named_and_nothing_is_left() -> None:
    """Each is what the other should be: the cause names both, and with them put right the sides are equal."""
    other = [np.roll(image, 30, 1) for image in IMAGES]
    found = inputs.exchanged(_side(IMAGES, other), _side(other, IMAGES), ("0", "1", "2"))
    assert found is not None
    cause, left = found
    assert (cause.family, cause.parameters) == ("input_order", {"names": ["a", "b"]})
    assert cause.evidence.removed == 1
    assert left == {"max": 0, "mean": 0}


def test_an_exact_exchange_needs_no_noise() -> None:
    """Where no difference at all is allowed, inputs that are each other's to the last bit are still exchanged."""
    other = [np.roll(image, 30, 1) for image in IMAGES]
    strict = replace(thresholds.Thresholds(), noise=Noise(resize_mean_levels=0.0))
    with thresholds.using(strict):
        assert inputs.exchanged(_side(IMAGES, other), _side(other, IMAGES), ("0", "1", "2")) is not None


def test_inputs_in_their_places_are_not_named() -> None:
    """Equal sides, inputs that differ otherwise, and inputs of other shapes are no exchange."""
    other = [np.roll(image, 30, 1) for image in IMAGES]
    names = ("0", "1", "2")
    assert inputs.exchanged(_side(IMAGES, other), _side(IMAGES, other), names) is None
    assert inputs.exchanged(_side(IMAGES, other), _side(other, [x + 1 for x in IMAGES]), names) is None
    assert inputs.exchanged(_side(IMAGES, SMALL), _side(IMAGES, SMALL), names) is None
    assert inputs.exchanged(_side(IMAGES, MASKS), _side(MASKS, IMAGES), names) is None


def test_the_last_stage_of_each_input_is_what_it_gets() -> None:
    """Declared inputs are taken at their word; else a prefix is an input, and one prefix is a side with one input."""
    plain = _side(IMAGES, MASKS, ("x", "y"))
    assert inputs.last_stages(plain) == {}
    assert list(inputs.last_stages(_side(IMAGES, MASKS, ("x", "y"), inputs=["x", "y"]))) == ["x", "y"]
    assert inputs.last_stages(_side(IMAGES, MASKS, ("a/x", "a/y"))) == {}
    assert [stage.name for stage in inputs.last_stages(_side(IMAGES, MASKS, ("a/x", "b/y"))).values()] == ["a/x", "b/y"]
