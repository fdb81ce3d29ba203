"""The checklist: steps are paired by kind and order, parameters compared by what they mean."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pixelparity.diagnosis import Cause
from pixelparity.recipes import (
    Cast,
    Colour,
    Crop,
    Decode,
    Layout,
    Normalize,
    Orient,
    Pad,
    Recipe,
    Resize,
    with_defaults,
)
from pixelparity.recipes.diff import diff_recipes
from pixelparity.stages import Capture, Stage
from pixelparity.views import checklist
from tests.recipes import test_diff

RESIZE = Resize(
    mode="not_larger", height=512, width=384, kernel="linear", antialias=False, subpixel=False, library="opencv",
    rounding="floor_plus_half",
)  # fmt: skip
CROP = Crop(height=512, width=384, rounding="half_even", out_of_bounds="pad")
TRAINED = Recipe(
    source="mmpretrain:hrnet.py",
    steps=(
        Decode(library="opencv", channels="BGR"), RESIZE, CROP, Normalize(std=(255.0,) * 3),
        Layout(source="HWC", target="CHW"),
    ),
)  # fmt: skip
SERVED = Recipe(
    source="dali:model.dali",
    steps=(
        Decode(library="opencv", channels="BGR"), with_defaults(replace(RESIZE, antialias=True), {"mode"}), CROP,
        Cast(dtype="float32"), Layout(source="HWC", target="CHW"),
    ),
)  # fmt: skip


def test_a_recipe_against_itself_has_no_difference() -> None:
    """Identity."""
    found = checklist.fill(TRAINED, TRAINED)
    assert (found.differences, found.lone_steps) == (0, 0)
    assert found.summary == "5 steps checked: no difference."
    assert {row.state for row in found.rows} == {"equal"}


def test_missing_steps_and_other_parameters_are_counted_apart() -> None:
    """By hand: antialias differs; normalize stands on one side only, and so does a cast that changes no type."""
    found = checklist.fill(TRAINED, SERVED)
    assert (found.differences, found.lone_steps, found.rewritten) == (1, 1, 1)
    differs = [(row.step, row.parameter, row.note) for row in found.rows if row.state == "differs"]
    assert differs == [("resize", "antialias", "antialias"), ("normalize", "the step", "scale_missing")]
    assert found.summary == (
        "6 steps checked: 1 step on one side only, 1 parameter different; 1 row written otherwise, same effect."
    )
    (lone,) = (row for row in found.rows if row.step == "normalize")
    assert (lone.parameter, lone.deployed, lone.state) == ("the step", "no such step", "differs")
    assert "std 255" in lone.reference
    assert "effect x × 0.00392157" in lone.reference
    assert found.undeclared == ("orient", "colour", "pad")


def test_defaults_are_starred() -> None:
    """What nobody chose carries a star, on the side where nobody chose it."""
    row = next(row for row in checklist.fill(TRAINED, SERVED).rows if row.parameter == "kernel")
    assert (row.reference, row.deployed, row.state) == ("linear", "linear*", "equal")


@pytest.mark.parametrize(
    "other",
    [Normalize(scale=1 / 255), Normalize(scale=0.003921568859368563, mean=(0.0, 0.0, 0.0)), Normalize(std=(255.0,))],
)
def test_the_same_normalisation_written_differently_is_no_difference(other: Normalize) -> None:
    """Dividing by 255 is multiplying by 1/255, in single precision too, for one value or three."""
    steps = tuple(other if isinstance(step, Normalize) else step for step in TRAINED.steps)
    assert checklist.fill(TRAINED, replace(TRAINED, steps=steps)).differences == 0


def test_another_normalisation_is_a_difference() -> None:
    """x / 127.5 - 1 is not x / 255, and the effect says how."""
    steps = tuple(
        Normalize(mean=(127.5,), std=(127.5,)) if isinstance(step, Normalize) else step for step in TRAINED.steps
    )
    found = checklist.fill(TRAINED, replace(TRAINED, steps=steps))
    effect = next(row for row in found.rows if row.parameter == "effect")
    assert (effect.reference, effect.deployed, effect.state) == ("x × 0.00392157", "x × 0.00784314 − 1", "differs")


SWAPPED = Recipe(
    source="dali:model.dali",
    steps=(
        Decode(library="dali", channels="RGB"), RESIZE, CROP, Cast(dtype="float32"),
        Normalize(std=(255.0,)), Colour(source="RGB", target="BGR"), Layout(source="HWC", target="CHW"),
    ),
)  # fmt: skip


def test_what_is_only_written_otherwise_is_no_difference_and_says_why() -> None:
    """Another build of the same decoder, a swap at the end for one in the decoder, a cast: the static diff finds nothing."""
    assert diff_recipes(TRAINED, SWAPPED).equal
    found = checklist.fill(TRAINED, SWAPPED)
    assert (found.differences, found.lone_steps) == (0, 0)
    assert found.rewritten == 4
    assert found.table().marked == frozenset()
    library = next(row for row in found.rows if row.parameter == "library" and row.step == "decode")
    assert (library.state, library.note) == ("same_effect", "equal pixels: libjpeg-turbo underneath")
    assert "no difference that matters; 4 rows written otherwise, same effect" in found.summary


#: The pairs that the static diff itself is tested on: one changed parameter each, and what is only written differently.
DIFFED = [
    (test_diff.recipe(*test_diff.BASE), values[0] if isinstance(values, tuple) else values)
    for test in (test_diff.test_each_difference_has_its_family, test_diff.test_written_differently_means_the_same)
    for values in test.pytestmark[0].args[1]
]


PADDED = replace(TRAINED, batch=Pad(divisor=32, position="top_left", fill=(0.0,)))
PAIRS = [(TRAINED, SERVED), (TRAINED, SWAPPED), (TRAINED, TRAINED), (TRAINED, PADDED), *DIFFED]


@pytest.mark.parametrize(("reference", "deployed"), PAIRS)
def test_the_checklist_and_the_static_diff_agree(reference: Recipe, deployed: Recipe) -> None:
    """A family stands in the checklist if and only if it stands in the diff, either way round; a row differs only by one."""
    for one, other in ((reference, deployed), (deployed, reference)):
        red = [row for row in checklist.fill(one, other).rows if row.state == "differs"]
        noted = {family for row in red for family in row.note.split(", ")}
        assert noted == set(diff_recipes(one, other).families)


def test_nothing_declared_is_not_no_difference() -> None:
    """Two functions that return arrays declare no step: the summary says that, and does not clear them."""
    stage = Stage(name="final", dtype="float32", channels="unknown")
    side = Capture(
        source="python:f", stages=(stage,), images=("a",), tensors={"final": {"a": np.zeros((2, 2, 3), "f4")}}
    )
    found = checklist.fill(side, side)
    assert found.summary == (
        "Neither side declares its steps: only what the tensors are declared to be was compared (1 stage): no difference."
    )
    assert {row.parameter for row in found.rows} == {"layout", "dtype"}
    half = checklist.fill(TRAINED, side)
    assert half.summary.startswith("The deployed side does not declare its steps: ")
    assert half.as_dict()["silent"] == ["deployed"]


def test_what_was_measured_and_nobody_declares_is_a_row(causes: tuple[Cause, ...]) -> None:
    """Undeclared sides are not cleared: each cause stands behind its stage; one that a declared row shows already does not."""
    stages = (
        Stage(name="Resize", step="resize", channels="unknown"),
        Stage(name="final", dtype="float32", channels="unknown"),
    )
    tensors = {"Resize": {"a": np.zeros((2, 2, 3), "u1")}, "final": {"a": np.zeros((2, 2, 3), "f4")}}
    side = Capture(source="python:f", stages=stages, images=("a",), tensors=tensors)
    found = checklist.fill(side, side).measured(causes)
    rows = [(row.number, row.step, row.note) for row in found.rows if row.parameter == "measured"]
    assert rows == [(1, "resize (Resize)", "interpolation"), (2, "other (final)", "scale_missing")]
    assert found.summary.endswith("no difference. Measured beside that: interpolation, scale_missing.")
    assert found.table().marked == {place for place, row in enumerate(found.rows) if row.parameter == "measured"}
    declared = checklist.fill(TRAINED, SERVED)
    named = replace(causes[0], family="antialias")
    assert declared.measured((named,)) == declared
    assert declared.measured(causes[1:]).rows[-1].note == "interpolation"
    assert checklist.fill(side, side).measured((replace(causes[0], stage="colour"),)).rows[-1].step == "colour"


def test_order_is_kept_and_a_step_that_moved_is_seen() -> None:
    """Cropping before resizing is another preprocessing: the moved step is alone on both sides."""
    moved = replace(TRAINED, steps=(TRAINED.steps[0], CROP, RESIZE, *TRAINED.steps[3:]))
    assert checklist.fill(TRAINED, moved).lone_steps == 2


def test_what_batching_pads_is_on_the_list() -> None:
    """Batch padding that one side alone declares is listed and not judged, as in the diff; to a multiple of 1 it is none."""
    (row,) = [row for row in checklist.fill(PADDED, TRAINED).rows if row.step == "batch pad"]
    assert (row.state, row.note) == ("unknown", "only one side declares it, so the other one's is not known")
    none = replace(PADDED, batch=Pad(divisor=1, position="top_left", fill=(0.0,)))
    (row,) = [row for row in checklist.fill(TRAINED, none).rows if row.step == "batch pad"]
    assert (row.state, row.note) == ("same_effect", "a multiple of 1 pads nothing")


def test_captures_are_listed_by_what_their_stages_declare(reference: Capture, deployed: Capture) -> None:
    """The final stages' declared ranges differ; a recipe beside a capture leaves unknown what it does not declare."""
    found = checklist.fill(reference, deployed)
    last = [row for row in found.rows if row.parameter == "range"][-1]
    assert (last.reference, last.deployed, last.state) == ("(0, 1)", "(0, 255)", "differs")
    mixed = checklist.fill(TRAINED, deployed)
    assert any(row.deployed == "not known" and row.state == "unknown" for row in mixed.rows)


def test_a_step_without_parameters_is_still_on_the_list() -> None:
    """An EXIF switch is shown; so is a step whose parameters are all unused."""
    side = Recipe(source="x", steps=(Orient(exif=True),))
    assert checklist.fill(side, side).rows[0].reference == "yes"


def test_markdown_json_and_html_hold_the_same_rows() -> None:
    """Three ways to keep one list; names from outside are escaped in each."""
    evil = replace(SERVED, source="<b>|x")
    found = checklist.fill(TRAINED, evil)
    data = json.loads(found.json())
    assert len(data["rows"]) == len(found.rows) == found.markdown().count("\n| ") - 2
    assert data["differences"] == 1
    assert "≠\N{NO-BREAK SPACE}differs" in found.markdown()
    assert found.html().count("<tr") == len(found.rows) + 1
    assert "no such step" in found._repr_html_()


def test_what_a_side_does_not_declare_is_not_known_and_no_difference() -> None:
    """A side that is fed decoded pictures and resizes nothing leaves that to its client: the row says so."""
    fed = Recipe(source="aipp:insert_op.cfg", steps=(Decode(library="client", channels="BGR"), *TRAINED.steps[3:]))
    found = checklist.fill(TRAINED, fed)
    lone = {row.step: (row.state, row.note) for row in found.rows if row.step in ("resize", "crop")}
    note = "decoded pictures are fed there: what is done to them before is the client's doing"
    assert lone == {"resize": ("unknown", note), "crop": ("unknown", note)}
    assert (found.differences, found.lone_steps) == (0, 0)
