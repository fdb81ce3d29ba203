"""Edits of number types: whole levels, fractions cut off or kept, float16, bytes."""

from __future__ import annotations

from typing import Any

import pytest

from pixelparity.repair import edits_number_type
from pixelparity.repair.edits_context import Context
from pixelparity.repair.script import Script
from tests.repair.texts import CAST, FED, INCIDENT, TURN, Run, cause, distance, drawn, runner, text

PLAIN = text(FED, "images = fn.resize(images, size=(48, 32))", CAST, TURN)
FLOORED = text(
    FED, "images = fn.cast(math.floor(fn.resize(images, size=(48, 32), dtype=types.FLOAT)), dtype=types.UINT8)", CAST, TURN
).replace("import fn, ", "import fn, math, ")  # fmt: skip


def edited(source: str, **told: Any) -> list[str]:
    """Return the texts that mend a dtype cause."""
    return [
        one.source for one in edits_number_type.dtype(Script(source, "preprocess"), cause("dtype", **told), Context())
    ]


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"reference": "none"}, "FLOAT"),
        ({"reference": "float32"}, "FLOAT"),
        ({"reference": "round"}, "UINT8"),
        ({"reference": "uint8"}, "UINT8"),
        ({"what": "unrounded", "side": "deployed"}, "UINT8"),
        ({"what": "unrounded", "side": "reference"}, "FLOAT"),
    ],
)
def test_rounding_of_a_resize_follows_the_reference(told: dict[str, str], kind: str) -> None:
    """Fractions are kept with a float output, and rounded with bytes."""
    assert f"fn.resize(images, size=(48, 32), dtype=types.{kind})" in edited(PLAIN, **told)[0]


@pytest.mark.parametrize(
    "told", [{"reference": "floor", "deployed": "round"}, {"what": "truncated", "side": "training"}]
)
def test_fractions_are_cut_off_where_the_training_does(told: dict[str, str], tmp_path) -> None:
    """A resize to bytes is one to floats and a floor, and computes what such a text computes."""
    (found,) = edited(PLAIN, **told)
    assert "math.floor(images), dtype=types.UINT8)" in found
    run: Run = runner(tmp_path, drawn(tmp_path, {"a": (90, 61), "b": (50, 130)}))
    assert distance(run, FLOORED)(found) == 0
    assert distance(run, FLOORED)(PLAIN) > 0.1


@pytest.mark.parametrize(
    ("told", "calls"),
    [
        (
            {"reference": "round", "deployed": "floor"},
            ["fn.cast(fn.resize(images, size=(48, 32), dtype=types.FLOAT), dtype"],
        ),
        ({"reference": "none", "deployed": "floor"}, ["images = fn.resize(images, size=(48, 32), dtype=types.FLOAT)"]),
        (
            {"what": "truncated", "side": "serving"},
            [
                "images = fn.cast(fn.resize(images, size=(48, 32), dtype=types.FLOAT), dtype",
                "images = fn.resize(images, size=(48, 32), dtype=types.FLOAT)",
            ],
        ),
    ],
)
def test_a_floor_goes(told: dict[str, str], calls: list[str]) -> None:
    """What is cut off is rounded or kept as on the other side; where that is not told, first the one, then the other."""
    found = edited(FLOORED, **told)
    assert len(found) == len(calls)
    for one, line in zip(found, calls, strict=True):
        assert line in one
        assert "math.floor" not in one


@pytest.mark.parametrize(
    ("what", "before", "after"),
    [
        ("float16", "types.FLOAT16", "types.FLOAT)"),
        ("clipped", "types.UINT8", "types.FLOAT)"),
        ("signed", "types.INT8", "types.UINT8)"),
    ],
)
def test_a_type_that_only_serving_has_goes(what: str, before: str, after: str) -> None:
    """The call that gives the type gets the other one, and no other call."""
    source = INCIDENT.replace(TURN, f"images = fn.cast(images, dtype={before})\n    {TURN}")
    (found,) = edited(source, what=what)
    assert found == source.replace(
        f"images = fn.cast(images, dtype={before})", f"images = fn.cast(images, dtype={after}"
    )


def test_float16_of_the_training_is_passed_through() -> None:
    """Values are rounded to float16 and put out as floats, which the engine takes."""
    (found,) = edited(INCIDENT, what="float16")
    assert "fn.cast(fn.cast(fn.transpose(images, perm=[2, 0, 1]), dtype=types.FLOAT16), dtype=types.FLOAT)" in found


def test_bytes_that_the_training_makes_are_not_guessed() -> None:
    """Which values the training clips is not told, so there is no text for it."""
    assert edited(INCIDENT, what="clipped") == []
    assert edited(INCIDENT, what="signed") == []
