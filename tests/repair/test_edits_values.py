"""Maps of values in a pipeline's text: read from a cause, and put right with as few changes as there can be."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.recipes import Normalize
from pixelparity.repair import edits_values
from pixelparity.repair.script import Script

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


@pytest.mark.parametrize(("numbers", "made"), [([0.1 + 0.2], [0.3]), ([1 / 3], [1 / 3]), ([0.0], [0.0])])
def test_tidy_takes_away_what_floats_add(numbers: list[float], made: list[float]) -> None:
    """0.30000000000000004 is 0.3; a third stays a third to the digits that are kept."""
    assert edits_values.tidy(np.array(numbers)) == pytest.approx(np.array(made), rel=1e-5)
    assert str(edits_values.tidy(np.array([0.1 + 0.2]))[0]) == "0.3"
