"""Rules for values from outside: what they take, what they make of it, and what they say of anything else."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from pixelparity import fields
from pixelparity.errors import InputError, PipelineFileError, UnsupportedStep
from pixelparity.fields import FLAG, MOST_PIXELS, PIXELS, Rule


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        (PIXELS, np.int64(7), 7),
        (PIXELS, MOST_PIXELS, MOST_PIXELS),
        (fields.number(), np.float64(0.5), 0.5),
        (fields.number(), 2, 2.0),
        (fields.several(fields.number()), np.array([1, 2]), (1.0, 2.0)),
        (fields.per_channel(fields.number(), 3), 0.5, (0.5, 0.5, 0.5)),
        (fields.per_channel(fields.number(), 3), [1, 2], (1.0, 2.0)),
        (fields.optional(PIXELS), None, None),
        (FLAG, np.bool_(True), True),
        (fields.ARGUMENTS, [("a", [1, np.float64(0.5), "x", None])], (("a", (1, 0.5, "x", None)),)),
    ],
)
def test_values_become_plain(rule: Rule, value: Any, expected: Any) -> None:
    """numpy's numbers become Python's, lists become tuples, one number stands for every channel."""
    found = rule(value, "here")
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        *((PIXELS, value) for value in (0, -1, MOST_PIXELS + 1, True, 1.0, "1", None, [1], np.bool_(True))),
        *((fields.number(), value) for value in (math.nan, math.inf, "0.5", True, 10**400, 1j, [0.5], 1e39, -(10**39))),
        *((fields.number(zero=False), value) for value in (0, 1e-39, -1e-300)),
        (fields.number(0, 1), 1.5),
        *((fields.several(PIXELS, 2, 2), value) for value in ([1], [1, 2, 3], "12", {1: 2, 3: 4}, [1, "2"])),
        *((FLAG, value) for value in (1, "true", None)),
        *((fields.word("a", "b"), value) for value in ("c", "", ["a"], None)),
        (fields.spelled("[A-Z]+", "letters"), "RGB\n"),
        (fields.ARGUMENTS, [("a", object())]),
    ],
)
def test_other_values_are_named(rule: Rule, value: Any) -> None:
    """Where the value stands, what it is and what is allowed are said in one line."""
    with pytest.raises(InputError, match=r"^size is .*, use ") as raised:
        rule(value, "size")
    assert rule.allowed in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_number_that_python_does_not_write_is_shown() -> None:
    """A whole number of thousands of digits, which octal text makes, is named instead of written."""
    assert fields.shown([int("7" * 6000, 8)]) == "a number of thousands of digits"
    with pytest.raises(InputError, match="size is a number of thousands of digits"):
        PIXELS(int("7" * 6000, 8), "size")


def test_long_and_deep_values_are_shown_short() -> None:
    """A value of a million letters or a thousand levels is shown in less than a line."""
    deep: list[Any] = []
    for _ in range(1000):
        deep = [deep]
    assert all(len(fields.shown(value)) < 130 for value in ("x" * 10**6, deep, list(range(10**5)), 10**3000))


@pytest.mark.parametrize("kind", [InputError, PipelineFileError, UnsupportedStep])
def test_within_names_the_file(kind: type[Exception]) -> None:
    """The name of the file is put in front, and the kind of the error stays."""
    with pytest.raises(kind, match=r"^a\.json: size is odd$"), fields.within("a.json"):
        raise kind("size is odd")


@pytest.mark.parametrize(("content", "depth"), [(1, 0), ([], 1), ({"a": [1]}, 2), ([[[[[1]]]]], 4)])
def test_depth_counts_levels(content: Any, depth: int) -> None:
    """Levels are counted up to one more than what is asked for."""
    assert fields.depth(content, 3) == depth


def test_the_end_of_a_range_may_be_open_and_is_a_number() -> None:
    """An infinite end is one; NaN, truth values and texts are not."""
    assert fields.BOUND(np.float32(-np.inf), "low") == -np.inf
    for bad in (float("nan"), True, "1", None):
        with pytest.raises(InputError, match="low is"):
            fields.BOUND(bad, "low")
