"""Maps of values in a pipeline's text: read from a cause, and put right with as few changes as there can be."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.recipes import Normalize
from pixelparity.repair import edits_values
from pixelparity.repair.script import Script
from tests.repair.texts import cause

HEAD = """from nvidia.dali import fn, pipeline_def, types


@pipeline_def
def p():
    images = fn.external_source(name='IN')
"""
UNIT = {"scale": 1 / 255, "mean": [0.0], "std": [1.0]}


def script(*lines: str) -> Script:
    """Return a pipeline of these lines."""
    return Script(HEAD + "".join(f"    {line}\n" for line in (*lines, "return images")), "p")


def bodies(found: list[Script]) -> list[str]:
    """Return the lines between the input and the end of each text."""
    return ["; ".join(line.strip() for line in one.source.splitlines()[6:-1]) for one in found]


@pytest.mark.parametrize(
    ("parts", "gain", "offset"),
    [
        ({"mean": [2.0], "std": [4.0]}, [0.25], [-0.5]),
        ({"scale": 0.5, "mean": [2.0], "std": [4.0]}, [0.125], [-0.5]),
        ({"scale": 0.0039216, "mean": [0.0], "std": [1.0]}, [1 / 255], [0.0]),  # five digits of 1 / 255
        ({"scale": 0.0078431, "mean": [1.0], "std": [1.0]}, [1 / 127.5], [-1.0]),
        ({"scale": 0.0039, "mean": [0.0], "std": [1.0]}, [0.0039], [0.0]),  # too far off to be 1 / 255
    ],
)
def test_from_parts_by_hand(parts: dict[str, object], gain: list[float], offset: list[float]) -> None:
    """(x * scale - mean) / std is gain and offset; a scale near a usual one is that one."""
    made = edits_values.from_parts(parts)
    assert made.gain == pytest.approx(np.array(gain), rel=1e-12)
    assert made.offset == pytest.approx(np.array(offset), rel=1e-12)


def test_a_step_and_its_parts_are_one_map() -> None:
    """A recipe's normalisation gives what a cause's parameters of the same numbers give."""
    step = edits_values.from_step(Normalize(scale=0.5, mean=(2.0,), std=(4.0,)))
    parts = edits_values.from_parts({"scale": 0.5, "mean": [2.0], "std": [4.0]})
    assert (step.gain, step.offset) == (parts.gain, parts.offset)


def test_a_superfluous_division_goes() -> None:
    """Divided by 255 twice: taking one of them out is all; a division by another number stays."""
    wanted = edits_values.from_parts(UNIT)
    twice = edits_values.Values(gain=np.full(1, 1 / 65025), offset=np.zeros(1))
    found = bodies(edits_values.variants(script("images = images / 255.0 / 255.0"), wanted, twice))
    assert "images = images / 255.0" in found
    other = edits_values.Values(gain=np.full(1, 1 / 510), offset=np.zeros(1))
    found = bodies(edits_values.variants(script("images = images / 510.0"), wanted, other))
    assert "images = images" not in found


def test_a_call_keeps_what_reaches_it() -> None:
    """A normalisation behind a division by 255 gets constants in units of 0..1, not of pixels."""
    deployed = edits_values.from_parts({"scale": 1 / 255, "mean": [0.5], "std": [0.25]})
    wanted = edits_values.from_parts({"scale": 1 / 255, "mean": [0.4], "std": [0.2]})
    text = script("images = images / 255.0", "images = fn.normalize(images, mean=0.5, stddev=0.25)")
    found = bodies(edits_values.variants(text, wanted, deployed))
    assert "images = images / 255.0; images = fn.normalize(images, mean=0.4, stddev=0.2)" in found


def test_constants_in_the_other_channel_order_are_the_calls_own() -> None:
    """Deviations of 0.16, 0.2, 0.25 that come out as 0.25, 0.2, 0.16 say that channels moved, and nothing was scaled before."""
    deployed = edits_values.Values(gain=np.array([4.0, 5.0, 6.25]), offset=np.zeros(3))
    wanted = edits_values.Values(gain=np.array([8.0, 10.0, 12.5]), offset=np.zeros(3))
    text = script("images = fn.crop_mirror_normalize(images, mean=[0.0, 0.0, 0.0], std=[0.16, 0.2, 0.25])")
    (found,) = bodies(edits_values.variants(text, wanted, deployed))
    assert "std=[0.125, 0.1, 0.08]" in found


@pytest.mark.parametrize(("numbers", "made"), [([0.1 + 0.2], [0.3]), ([1 / 3], [1 / 3]), ([0.0], [0.0])])
def test_tidy_takes_away_what_floats_add(numbers: list[float], made: list[float]) -> None:
    """0.30000000000000004 is 0.3; a third stays a third to the digits that are kept."""
    assert edits_values.tidy(np.array(numbers)) == pytest.approx(np.array(made), rel=1e-5)
    assert str(edits_values.tidy(np.array([0.1 + 0.2]))[0]) == "0.3"


@pytest.mark.parametrize(
    ("numbers", "made"),
    [([3.0, 3.0, 3.0], [3.0]), ([3.0, 3.0, 3.1], [3.0, 3.0, 3.1]), ([0.0, 0.0], [0.0]), ([1e-12, 1.0], [0.0, 1.0])],
)
def test_equal_channels_are_one_number(numbers: list[float], made: list[float]) -> None:
    """One number where all are the same, every number where one is not; a hair is nought."""
    assert edits_values.tidy(np.array(numbers)).tolist() == made


@pytest.mark.parametrize(("layout", "shape"), [("HWC", "[1, 1, 3]"), ("CHW", "[3, 1, 1]")])
def test_numbers_of_channels_broadcast_along_the_channels(layout: str, shape: str) -> None:
    """Three numbers are a constant whose last or first axis is the channels'; one number is just that."""
    assert edits_values.written(np.array([1.0, 2.0, 3.0]), "fn", layout).endswith(f"shape={shape})")
    assert edits_values.written(np.array([2.5]), "fn", layout) == "2.5"


@pytest.mark.parametrize(
    ("line", "gain", "offset"),
    [
        ("fn.normalize(images, mean=2.0, stddev=4.0)", 0.25, -0.5),
        ("fn.normalize(images, mean=2.0, stddev=4.0, scale=8.0, shift=1.0)", 2.0, -3.0),
        ("fn.normalize(images, stddev=4.0)", None, None),  # the mean is each picture's own
        ("fn.normalize(images, mean=2.0)", None, None),
        ("fn.crop_mirror_normalize(images, std=[4.0])", 0.25, 0.0),  # the default mean is 0, the deviation 1
        ("fn.crop_mirror_normalize(images, mean=[2.0])", 1.0, -2.0),
        ("fn.crop_mirror_normalize(images)", 1.0, 0.0),
    ],
)
def test_what_a_call_does_to_values(line: str, gain: float | None, offset: float | None) -> None:
    """(x - mean) * scale / std + shift of numbers that stand there; ``fn.normalize`` without them takes each picture's."""
    text = script(f"images = {line}")
    (call,) = text.named("normalize", "crop_mirror_normalize")
    made = edits_values.own_map(text, call)
    assert (made is None) is (gain is None)
    if made is not None:
        assert (made.gain.tolist(), made.offset.tolist()) == ([gain], [offset])


@pytest.mark.parametrize(
    ("before_gain", "before_offset", "gain", "offset"),
    [
        (1 / 255, 0.0, 1 / 255, 0.0),
        (1.004 / 255, 0.0, 1 / 255, 0.0),  # measured, near a usual one: that one
        (1.0, 2.0, 1.0, 0.0),  # two levels of 255 are within a hundredth
        (1.0, 3.0, 1.0, 3.0),
        (0.5, 0.0, 0.5, 0.0),
        (0.5, 9.0, 0.5, 9.0),
    ],
)
def test_what_reaches_a_call(before_gain: float, before_offset: float, gain: float, offset: float) -> None:
    """What comes out, with the call taken back: a usual scale without an offset where it is near one, else as measured."""
    own = edits_values.Values(gain=np.full(1, 4.0), offset=np.full(1, -2.0))
    deployed = edits_values.Values(gain=own.gain * before_gain, offset=own.gain * before_offset + own.offset)
    made = edits_values._before(own, deployed)
    assert made.gain == pytest.approx(np.array([gain]), rel=1e-12)
    assert made.offset == pytest.approx(np.array([offset]), abs=1e-12)


def test_the_goal_of_several_causes() -> None:
    """Told by parts, by each picture's statistics and a recipe, or by factors one after the other; else not at all."""
    step = Normalize(scale=1.0, mean=(2.0,), std=(4.0,))
    own = cause("per_image_normalize")
    wanted, deployed = edits_values.goal([own], step) or (None, None)
    assert wanted is not None
    assert (wanted.gain.tolist(), wanted.offset.tolist(), deployed) == ([0.25], [-0.5], edits_values.PIXELS)
    assert edits_values.goal([own], None) is None
    assert edits_values.goal([cause("scale_twice")], step) is None  # nothing tells by how much
    chained = [cause("scale_twice", factor=0.5), cause("mean_std_wrong", slope=4.0, offset=6.0)]
    wanted, deployed = edits_values.goal(chained, None) or (None, None)
    assert wanted is not None  # what is served is 2 x + 3 of the reference's: half of it less one and a half
    assert (wanted.gain.tolist(), wanted.offset.tolist()) == ([0.5], [-1.5])
    parts = {"scale": 1.0, "mean": [1.0], "std": [2.0]}
    told = cause("mean_std_wrong", reference={"scale": 1.0, "mean": [0.0], "std": [8.0]}, deployed=parts)
    for recipe, gain in ((None, 0.125), (step, 0.25)):  # a recipe's numbers are exact
        wanted, deployed = edits_values.goal([told], recipe) or (None, None)
        assert wanted is not None
        assert deployed is not None
        assert (wanted.gain.tolist(), deployed.gain.tolist(), deployed.offset.tolist()) == ([gain], [0.5], [-0.5])


@pytest.mark.parametrize(
    ("line", "layout"),
    [
        ("fn.transpose(images, perm=[2, 0, 1])", "CHW"),
        ("fn.transpose(images, perm=[1, 0, 2])", "HWC"),  # the channels stay behind
        ("fn.reshape(images, shape=[3, 40, 50])", "CHW"),
        ("fn.reshape(images, shape=[1, 40, 50])", "CHW"),
        ("fn.reshape(images, shape=[40, 50, 1])", "HWC"),
        ("fn.reshape(images, shape=[3, 40, 3])", "HWC"),  # either end could be the channels
        ("fn.reshape(images, shape=[40, 150])", "HWC"),
        ("fn.reinterpret(images, layout='CHW')", "CHW"),
        ("fn.crop_mirror_normalize(images)", "CHW"),
        ("fn.crop_mirror_normalize(images, output_layout='HWC')", "HWC"),
        ("fn.flip(images)", "HWC"),
    ],
)
def test_where_the_channels_are_after_a_call(line: str, layout: str) -> None:
    """A pipeline begins with the channels last; calls that move axes, or say that they did, put them first."""
    text = script(f"images = {line}")
    assert edits_values.layout_after(text, text.calls[-1], "HWC") == layout
    assert edits_values.layout_before(text, None) == layout
