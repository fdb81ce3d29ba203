"""Edits of tones and clips: texts that compute what the training does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pixelparity.repair import edits_tones
from pixelparity.repair.edits_context import Context
from pixelparity.repair.script import Script
from tests.repair.texts import CAST, FED, SCALE, TURN, cause, distance, drawn, runner, text

PLAIN = text(FED, "images = fn.resize(images, size=(48, 32))", CAST, SCALE, TURN)
MATHS = "from nvidia.dali import fn, math, pipeline_def, types"


def with_line(line: str, *, last: bool = False) -> str:
    """Return the text with a line more, as the first or the last that is done to the values."""
    lines = [FED, "images = fn.resize(images, size=(48, 32))", CAST, SCALE]
    lines.insert(len(lines) if last else 1, line)
    return text(*lines, TURN).replace("from nvidia.dali import fn, pipeline_def, types", MATHS)


INVERTED = with_line("images = fn.cast(255 - images, dtype=types.UINT8)")
GAMMA = with_line("images = 255 * math.pow(images / 255.0, 2.2)")
CUT = with_line("images = math.clamp(images, 0.1, 0.7)", last=True)
CASES: list[tuple[str, dict[str, Any], str]] = [
    ("tone", {"kind": "inverted", "side": "training"}, INVERTED),
    ("tone", {"kind": "gamma", "reference": 2.2, "deployed": 1.0}, GAMMA),
    ("value_clip", {"reference": [0.1, 0.7], "unit": "values"}, CUT),
    (
        "value_clip",
        {"reference": [None, 0.7], "unit": "values"},
        with_line("images = math.min(images, 0.7)", last=True),
    ),
    ("value_clip", {"reference": [20, 90], "unit": "levels"}, with_line("images = math.clamp(images, 20.0, 90.0)")),
]


@pytest.mark.parametrize(("family", "told", "wanted"), CASES)
def test_what_the_training_does_is_written(family: str, told: dict[str, Any], wanted: str, tmp_path: Path) -> None:
    """The edited text computes what a text with that line computes, and the old one does not."""
    edit = {"tone": edits_tones.tone, "value_clip": edits_tones.value_clip}[family]
    (found,) = edit(Script(PLAIN, "preprocess"), cause(family, **told), Context())
    run = runner(tmp_path, drawn(tmp_path, {"a": (90, 61), "b": (50, 130)}))
    assert distance(run, wanted)(found.source) < 1e-3
    assert distance(run, wanted)(PLAIN) > 0.01


@pytest.mark.parametrize(
    ("family", "told", "given"),
    [
        ("tone", {"kind": "inverted", "side": "serving"}, INVERTED),
        ("tone", {"kind": "gamma", "reference": 1.0, "deployed": 2.2}, GAMMA),
        ("value_clip", {"reference": None}, CUT),
    ],
)
def test_what_the_training_does_not_is_taken_out(family: str, told: dict[str, Any], given: str, tmp_path: Path) -> None:
    """Without it the text computes what the plain one does."""
    edit = {"tone": edits_tones.tone, "value_clip": edits_tones.value_clip}[family]
    (found, *_) = edit(Script(given, "preprocess"), cause(family, **told), Context())
    run = runner(tmp_path, drawn(tmp_path, {"a": (90, 61), "b": (50, 130)}))
    assert distance(run, PLAIN)(found.source) < 1e-6
