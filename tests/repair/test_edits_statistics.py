"""Edits that let a text normalise by what each picture holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelparity.repair import edits_statistics
from pixelparity.repair.edits_context import Context
from pixelparity.repair.script import Script
from tests.repair.texts import CAST, CONSTANTS, FED, SCALE, TURN, cause, distance, drawn, runner, text

RESIZE = "images = fn.resize(images, size=(48, 32))"
ENDS = (
    "low, high = fn.reductions.min(images, axes=[0, 1, 2], keep_dims=True), "
    "fn.reductions.max(images, axes=[0, 1, 2], keep_dims=True)"
)
STRETCH = "images = (images - low) / (high - low)"
WIDE = "images = -1.0 + 2.0 * ((images - low) / (high - low))"
STRETCHED = text(FED, RESIZE, CAST, ENDS, STRETCH, TURN)


@pytest.mark.parametrize(
    ("given", "bounds", "wanted"),
    [
        (text(FED, RESIZE, CAST, SCALE, TURN), [0, 1], STRETCHED),
        (text(FED, RESIZE, CAST, TURN), [0, 1], STRETCHED),
        (text(FED, RESIZE, CAST, SCALE, TURN), [-1.0, 1.0], text(FED, RESIZE, CAST, ENDS, WIDE, TURN)),
        (text(FED, RESIZE, f"return fn.crop_mirror_normalize(images, {CONSTANTS})"), [0, 1], STRETCHED),
    ],
    ids=["constants", "nothing", "other bounds", "fused"],
)
def test_pictures_are_stretched_from_their_own_ends(
    given: str, bounds: list[float], wanted: str, tmp_path: Path
) -> None:
    """The edited text computes what one with reductions computes, whatever stood in their place."""
    told = cause("per_image_normalize", side="training", axes="HWC", statistics="minimum and maximum", range=bounds)
    (found,) = edits_statistics.own_statistics(Script(given, "preprocess"), told, Context())
    run = runner(tmp_path, drawn(tmp_path, {"a": (90, 61), "b": (50, 130)}))
    assert distance(run, wanted)(found.source) < 1e-4
    assert distance(run, wanted)(given) > 0.005


def test_bounds_that_are_none_and_several_normalisations_are_left_alone() -> None:
    """Without two bounds there is nothing to stretch to, and of two calls none is the one."""
    told = {"side": "training", "axes": "HWC", "statistics": "minimum and maximum"}
    one, two = (Script(text(FED, RESIZE, CAST, *[SCALE] * n, TURN), "preprocess") for n in (1, 2))
    assert edits_statistics.own_statistics(one, cause("per_image_normalize", **told), Context()) == []
    assert edits_statistics.own_statistics(two, cause("per_image_normalize", **told, range=[0, 1]), Context()) == []
