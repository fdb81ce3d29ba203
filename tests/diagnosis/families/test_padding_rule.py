"""Rules by which pictures are padded: to a multiple, a square, one size, or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pixelparity import diagnosis
from pixelparity.diagnosis.families import frames, padding_rule
from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.placement import Pair, Placement
from pixelparity.diagnosis.model.side_model import SideModel
from tests.diagnosis import sides
from tests.repair.pairs import Side
from tests.repair.texts import CAST, FED, FIT, PAD, SCALE, TURN, text

#: More of the fixed part of the fault bench.
BENCH = """
detector/padding_rule.fixed
    padding_rule | padding_rule | padding_rule
detector/padding_rule.multiple_of_64
    padding_rule | - | padding_rule
letterbox_640/padding_rule.multiple_of_32
    padding_rule | - | -
"""

MULTIPLE = PAD.replace("images = ", "").replace("(HEIGHT, WIDTH)", "fn.cast(canvas, dtype=types.FLOAT)")
LINES = (
    'shape = fn.cast(images.shape(device="cpu"), dtype=types.INT64)[0:2]',
    "canvas = (shape + 15) // 16 * 16",
    f"images = {MULTIPLE}",
)
FIXED = text(FED, FIT, PAD, CAST, SCALE, TURN)
ROUNDED = text(FED, FIT, *LINES, CAST, SCALE, TURN)
NARROWER = "images = fn.pad(images, axes=(0, 1), shape=(1, 1), align=(8, 8))"
WIDER = "images = fn.pad(images, axes=(0, 1), shape=(1, 1), align=(32, 32))"
ALIGNED, WHOLE = (text(FED, FIT, padded, CAST, SCALE, TURN) for padded in (NARROWER, WIDER))
PRINTED = {
    "rule of padding": (
        Side(source=FIXED, family="padding_rule", line=10, added=LINES),
        Side(source=ROUNDED, family="padding_rule", line=12, added=(PAD.replace("HEIGHT, WIDTH", "48, 32"),)),
    ),
    "multiple": (
        Side(source=ALIGNED, family="padding_rule", line=10, added=(WIDER,)),
        Side(source=WHOLE, family="padding_rule", line=10, added=(NARROWER,)),
    ),
}

SIZES: tuple[Pair, ...] = ((75, 100), (100, 75), (85, 100), (61, 100))


def _multiple(size: Pair, step: int) -> Pair:
    return -(-size[0] // step) * step, -(-size[1] // step) * step


RULES: dict[str, Any] = {
    "multiple of 32": lambda s: _multiple(s, 32),
    "multiple of 64": lambda s: _multiple(s, 64),
    "fixed": lambda s: (160, 160),
    "none": lambda s: s,
}


def _side(rule: str, centre: bool) -> SideModel:
    places: list[Placement] = []
    for size in SIZES:
        canvas = RULES[rule](size)
        origin = tuple((s - c) // 2 if centre else 0 for s, c in zip(size, canvas, strict=True))
        places.append(placement.whole(size, size, canvas, 1, origin))  # type: ignore[arg-type]
    return SideModel(placements=tuple(places), colour=colours.identity(3), fill=(114.0,) * 3, shapes=SIZES)


def _named(reference: SideModel, deployed: SideModel) -> list[Any]:
    return padding_rule.differences(frames.of(reference, deployed, range(len(SIZES))))


@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("one", RULES)
@pytest.mark.parametrize("other", RULES)
def test_two_rules_are_one_cause_and_its_mend_restores_the_canvases(one: str, other: str, centre: bool) -> None:
    """Every pair of rules, in both directions; a rule and itself are nothing."""
    reference, deployed = _side(one, centre), _side(other, centre)
    found = _named(reference, deployed)
    assert [f.family for f in found] == ([] if one == other else ["padding_rule"])
    for f in found:
        assert f.mend(deployed).placements == reference.placements
        assert {"multiple": one, "fixed": one, "none": one}[f.parameters["reference"]["rule"]] == one
        assert f.text.index("training") < f.text.index("serving")


def test_another_place_in_the_canvas_is_a_cause_of_its_own() -> None:
    """In the corner of one square and in the centre of multiples: two facts, two names."""
    found = _named(_side("multiple of 64", True), _side("fixed", False))
    assert [f.family for f in found] == ["padding_rule", "padding_position"]


def test_the_largest_of_a_batch_and_two_fixed_sizes_are_no_rules_of_padding() -> None:
    """What depends on the other pictures is batch_padding's, another size of all tensors target_size's."""
    batch = [placement.whole(size, size, (100, 100)) for size in ((50, 60), (100, 90), (80, 100))]
    own = [placement.whole(f.size, f.size) for f in batch]
    fixed = [placement.whole(f.size, f.size, (128, 128)) for f in batch]
    made = [SideModel(placements=tuple(p), colour=colours.identity(3)) for p in (own, batch, fixed)]
    assert padding_rule.differences(frames.of(made[0], made[1], range(3))) == []
    assert padding_rule.differences(frames.of(made[1], made[2], range(3))) == []


def test_a_batch_keeps_each_tensors_own_border() -> None:
    """What lies behind centred tensors, up to the largest of them, is a batch's; a border that moves them is a rule's."""
    own = _side("multiple of 32", True)
    largest = tuple(max(place.canvas[k] for place in own.placements) for k in (0, 1))
    behind = [replace(place, canvas=largest) for place in own.placements]
    assert _named(own, replace(own, placements=tuple(behind))) == []
    assert [f.family for f in _named(own, _side("fixed", True))] == ["padding_rule"]


def _padded(image: np.ndarray, step: int) -> np.ndarray:
    height, width = image.shape[:2]
    size = (round(height * 160 / max(height, width)), round(width * 160 / max(height, width)))
    canvas = _multiple(size, step)
    out = np.full((*canvas, 3), 114, np.uint8)
    top, left = ((c - s) // 2 for c, s in zip(canvas, size, strict=True))
    out[top : top + size[0], left : left + size[1]] = sides.resized(image, size)
    return (out / 255).astype(np.float32)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(("one", "other"), [(32, 160), (160, 32), (32, 32), (16, 64)])
def test_tensors_show_the_rule(one: int, other: int, known: bool) -> None:
    """A multiple of 32 against the whole square of 160, both centred, with pictures and without; equal sides give nothing."""
    drawn = sides.pictures()
    reference, deployed = (
        sides.final(name, [_padded(x, step) for x in drawn]) for name, step in (("reference", one), ("deployed", other))
    )
    raw = dict(zip(reference.images, drawn, strict=True)) if known else None
    found = diagnosis.diagnose(reference, deployed, raw=raw)
    assert [cause.family for cause in found.causes] == ([] if one == other else ["padding_rule"])
