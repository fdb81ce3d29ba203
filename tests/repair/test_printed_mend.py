"""Printed mends are changes that edits made: right lines, right numbers, and applied to the text they mend."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import PIL.Image
import pytest

from pixelparity import diagnosis
from pixelparity.diagnosis import FAMILIES
from pixelparity.diagnosis.results import Cause, Diagnosis, Place
from pixelparity.errors import InputError
from pixelparity.recipes import Decode, Normalize, Recipe
from pixelparity.repair import edits, printed_mend, search
from pixelparity.repair.printed_mend import DeployedText
from pixelparity.repair.script import Script
from tests import family_tables
from tests.repair.pairs import Side, lacking, pair, resized
from tests.repair.texts import (
    CAST,
    CONSTANTS,
    FED,
    FIT,
    INCIDENT,
    LETTERBOX,
    PAD,
    SCALE,
    SHORT,
    SHORTER,
    SWAP,
    TURN,
    Run,
    cause,
    distance,
    drawn,
    runner,
    text,
)

SIZES = {"a": (90, 61), "b": (50, 130), "c": (75, 75), "d": (133, 57), "e": (97, 141), "f": (120, 89)}
#: Shorter edge, the upper left window, 0 to 1.
CORNER = text(FED, SHORT, "images = fn.crop(images, crop=(32, 32), crop_pos_x=0.0, crop_pos_y=0.0)", CAST, SCALE, TURN)


EXACT = "antialias=False, subpixel_scale=False"
BOX = 'size=(HEIGHT, WIDTH), mode="not_larger", antialias=False'
WINDOW = 'images = fn.crop(images, crop=(HEIGHT, WIDTH), out_of_bounds_policy="pad"'
PAIRS = {
    "scale": lacking(INCIDENT, SCALE, 12, "scale_missing scale_twice"),
    "constants": pair(
        INCIDENT.replace("mean=0.0, stddev=255.0", "mean=100.0, stddev=50.0"), "stddev=50.0", "stddev=255.0", 12,
        "mean_std_missing mean_std_wrong", "images = fn.normalize(images, mean=100.0, stddev=50.0)",
        "images = fn.normalize(images, mean=100.0, stddev=255.0)",
    ),
    "no constants": pair(
        SHORTER, CONSTANTS, "std=[255.0] * 3", 10, "mean_std_missing mean_std_wrong",
        "images = fn.crop_mirror_normalize(images, crop=(32, 32), std=[58.395, 57.12, 57.375], "
        "mean=[123.675, 116.28, 103.53])",
        "images = fn.crop_mirror_normalize(images, crop=(32, 32), mean=[0.0, 0.0, 0.0], std=[255.0, 255.0, 255.0])",
    ),
    "range of constants": pair(
        SHORTER, CONSTANTS, "mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]", 10, "mean_std_wrong_range scale_twice",
        f"images = fn.crop_mirror_normalize(images, crop=(32, 32), {CONSTANTS})",
        "images = fn.crop_mirror_normalize(images, crop=(32, 32), mean=[0.485, 0.456, 0.406], "
        "std=[0.229, 0.224, 0.225])",
    ),
    "own statistics": pair(
        INCIDENT, "mean=0.0, stddev=255.0", "axes=[0, 1]", 12, "per_image_normalize", "",
        "images = fn.normalize(images, axes=[0, 1])",
    ),
    "channels": lacking(SHORTER.replace(f"    {SHORT}", f"    {SWAP}\n    {SHORT}"), SWAP, 9, "channel_order"),
    "layout": pair(
        INCIDENT, TURN, "return fn.reshape(images, shape=[3, 48, 32])", 13, "layout", TURN,
        "return fn.reshape(images, src_dims=[2, 0, 1])",
    ),
    "antialias": pair(
        SHORTER, "antialias=False", "antialias=True", 9, "antialias", SHORT,
        resized("resize_shorter=40, antialias=True, subpixel_scale=False"),
    ),
    "grid": pair(
        INCIDENT, ", subpixel_scale=False", "", 9, "subpixel", FIT, resized(f"{BOX}, subpixel_scale=True"),
    ),
    "kernel": pair(
        SHORTER, f", {EXACT}", f", {EXACT}, interp_type=types.INTERP_NN", 9, "interpolation",
        resized(f"resize_shorter=40, {EXACT}, interp_type=types.INTERP_LINEAR"),
        resized(f"resize_shorter=40, {EXACT}, interp_type=types.INTERP_NN"),
    ),
    "fractions": pair(
        SHORTER, f", {EXACT}", f", {EXACT}, dtype=types.FLOAT", 9, "dtype",
        resized(f"resize_shorter=40, {EXACT}, dtype=types.UINT8"), resized(f"resize_shorter=40, {EXACT}, dtype=types.FLOAT"),
    ),
    "shorter edge": pair(
        CORNER, "resize_shorter=40", "resize_shorter=48", 9, "target_size", SHORT, SHORT.replace("40", "48"),
    ),
    "edge and window": pair(  # the window has the size of the edge by chance, and stays
        CORNER.replace("crop=(32, 32)", "crop=(40, 40)"), "resize_shorter=40", "resize_shorter=48", 9, "target_size", SHORT,
        SHORT.replace("40", "48"),
    ),
    "longer edge": pair(
        CORNER.replace("resize_shorter=40", "resize_longer=110"), "resize_longer=110", "resize_longer=96", 9, "target_size",
        resized(f"resize_longer=110, {EXACT}"), resized(f"resize_longer=96, {EXACT}"),
    ),
    "mode": pair(
        CORNER, "resize_shorter=40", "size=(40, 40)", 9, "resize_mode", SHORT, resized(f"size=(40, 40), {EXACT}"),
    ),
    "window": pair(
        CORNER, ", crop_pos_x=0.0, crop_pos_y=0.0", "", 10, "resize_mode",
        "images = fn.crop(images, crop=(32, 32), crop_pos_x=0.0, crop_pos_y=0.0)",
        "images = fn.crop(images, crop=(32, 32), crop_pos_x=0.5, crop_pos_y=0.5)",
    ),
    "offset": pair(
        INCIDENT, 'policy="pad"', 'policy="pad", rounding="truncate"', 10, "rounding", f'{WINDOW}, rounding="round")',
        f'{WINDOW}, rounding="truncate")',
    ),
    "fill": pair(
        LETTERBOX, "fill_values=114.0", "fill_values=7.0", 10, "padding_value", f"{WINDOW}, fill_values=114.0)",
        f"{WINDOW}, fill_values=7.0)",
    ),
    "position": pair(
        LETTERBOX, "fill_values=114.0", "fill_values=114.0, crop_pos_x=0.0, crop_pos_y=0.0", 10, "padding_position",
        f"{WINDOW}, fill_values=114.0, crop_pos_x=0.5, crop_pos_y=0.5)",
        f"{WINDOW}, fill_values=114.0, crop_pos_x=0.0, crop_pos_y=0.0)",
    ),
    "float16": (
        Side(
            source=SHORTER, family="dtype", line=11,
            added=("return fn.cast(fn.cast(images, dtype=types.FLOAT16), dtype=types.FLOAT)",),
        ),
        Side(
            source=SHORTER.replace(CONSTANTS, f"{CONSTANTS}, dtype=types.FLOAT16"), family="dtype", line=10,
            added=(f"images = fn.crop_mirror_normalize(images, crop=(32, 32), {CONSTANTS}, dtype=types.FLOAT)",),
        ),
    ),
    "window of both": (
        Side(
            source=INCIDENT, family="target_size", line=9, removed=2,
            added=(FIT.replace("HEIGHT, WIDTH", "40, 32"), PAD.replace("HEIGHT, WIDTH", "40, 32")),
        ),
        Side(
            source=INCIDENT.replace("48, 32", "40, 32"), family="target_size", line=9, removed=2,
            added=(FIT.replace("HEIGHT, WIDTH", "48, 32"), PAD.replace("HEIGHT, WIDTH", "48, 32")),
        ),
    ),
}  # fmt: skip
for _more in family_tables.added("PRINTED"):
    PAIRS |= _more
#: Families whose edits need a decoder's picture, two inputs, wider ranges than the drawn pictures have (value_clip, in
#: test_edits_tones.py), or another line of this table to be seen.
BY_HAND = {"exif_orientation", "jpeg_chroma", "alpha_gray", "input_order", "colour_range", "value_clip"}


def applied(source: str, fix: str) -> str:
    """Return a text with a printed mend applied as a person does: at the line that is named, old lines out, new ones in."""
    lines, parts = source.split("\n"), re.split(r"^serve\.py:(\d+)\n", fix, flags=re.MULTILINE)[1:]
    for number, body in reversed(list(zip(parts[::2], parts[1::2], strict=True))):
        start = int(number) - 1
        old = [line[1:] for line in body.splitlines() if line.startswith("-")]
        assert lines[start : start + len(old)] == old
        lines[start : start + len(old)] = [line[1:] for line in body.splitlines() if line.startswith("+")]
    return "\n".join(lines)


def changed(fix: str) -> str:
    """Return a printed mend without the remarks that follow it."""
    return "\n".join(line for line in fix.splitlines() if not line.startswith("#"))


Found = Callable[[str, str], Diagnosis]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A function that captures a text's ``preprocess`` on drawn pictures of different sizes."""
    folder = tmp_path_factory.mktemp("printed")
    return runner(folder, drawn(folder, SIZES))


@pytest.fixture(scope="module")
def found(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Found:
    """A function that diagnoses a reference's and a deployed text, and prints the mends as changes of the deployed one."""
    files = drawn(tmp_path_factory.mktemp("raw"), SIZES)
    raw = {name: np.asarray(PIL.Image.open(file)) for name, file in files.items()}

    def diagnosed(reference: str, deployed: str) -> Diagnosis:
        told = diagnosis.diagnose(run(reference), run(deployed), raw=raw)
        return printed_mend.printed(told, serve(deployed))

    return diagnosed


def serve(source: str) -> DeployedText:
    """Return a text as the file serve.py."""
    return DeployedText(source=source, function="preprocess", file="serve.py")


def of(*causes: Cause) -> Diagnosis:
    """Return a diagnosis of nothing but causes."""
    comparison = diagnosis.Comparison(stages=(), first_divergence=None)
    return Diagnosis(
        verdict="differs", first_divergence=None, causes=causes, unexplained={}, comparison=comparison, images=(),
        tolerance={}, reference="", deployed="",
    )  # fmt: skip


@pytest.mark.parametrize("deployed", ["other", "one"])
@pytest.mark.parametrize("name", PAIRS)
def test_the_printed_mend_is_the_change_and_mends(name: str, deployed: str, found: Found, run: Run) -> None:
    """In both directions: exactly the changed lines with the number of the first, and applied to the text they mend it."""
    one, other = PAIRS[name] if deployed == "other" else PAIRS[name][::-1]
    told = found(one.source, other.source)
    (named,) = told.causes
    assert named.family == other.family
    if other.added is None:
        assert named.fix_at is None
        return
    assert changed(named.fix) == other.printed
    assert named.fix_at == Place(file="serve.py", line=other.line)
    check = distance(run, one.source)
    assert check(applied(other.source, named.fix)) < 1e-3 * check(other.source)


def test_every_family_with_an_edit_is_tried() -> None:
    """The tables name every family that an edit mends; the others are edited by hand below."""
    tried = {side.family for pair in PAIRS.values() for side in pair}
    assert tried <= {family for family in FAMILIES if edits.has_edit(family)}
    assert {family for family in FAMILIES if edits.has_edit(family)} - tried == BY_HAND


ENCODED = text(
    "encoded = fn.external_source(name='E')", "return fn.decoders.image(encoded, device='mixed', output_type=types.BGR)"
)


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (cause("exif_orientation"), "device='mixed', output_type=types.BGR, adjust_orientation=False)"),
        (cause("jpeg_chroma"), "device='mixed', output_type=types.BGR, jpeg_fancy_upsampling=True)"),
        (cause("alpha_gray", side="deployed", weights=[0.3, 0.6, 0.1]), "device='mixed', output_type=types.RGB)"),
        (cause("alpha_gray", side="reference", weights=[0.3, 0.6, 0.1]), "device='mixed', output_type=types.GRAY)"),
        (cause("alpha_gray", reference={"channels": 1}, deployed={"channels": 3}), "device='mixed', output_type=types.GRAY)"),
        (cause("alpha_gray", reference=3, deployed=1), "device='mixed', output_type=types.RGB)"),
    ],
)  # fmt: skip
def test_decoders_are_changed_in_the_right_direction(one: Cause, line: str) -> None:
    """What a decoder is told is what the reference has: grey where the training is grey, colours where it has colours."""
    (named,) = printed_mend.printed(of(one), serve(ENCODED)).causes
    assert named.fix.splitlines()[2] == f"+    return fn.decoders.image(encoded, {line}"


def test_a_range_is_stretched_back_where_pixels_come_in(run: Run) -> None:
    """Studio range fed as full: the line takes it back up to the rounding of both ways; another matrix has no such line."""
    squeezed = 'images = fn.cast(fn.external_source(name="IN", layout="HWC") * 0.858824 + 16.0, dtype=types.UINT8)'
    deployed = INCIDENT.replace(FED, squeezed)
    told = cause("colour_range", range="studio_as_full", slope=0.858824, offset=16.0, matrix="same")
    (named,) = printed_mend.printed(of(told), serve(INCIDENT)).causes
    assert named.fix == "serve.py:9\n+    images = fn.cast((images - 16.0) / 0.858824, dtype=types.UINT8)"
    mended = deployed.replace(squeezed, f"{squeezed}\n{named.fix.splitlines()[1][1:]}")
    check = distance(run, INCIDENT)
    assert check(mended) < 0.5 / 255 < 4 / 255 < check(deployed)
    (other,) = printed_mend.printed(of(cause("colour_range", matrix="bt709", range="full")), serve(deployed)).causes
    assert other.fix_at is None


@pytest.mark.parametrize(
    "one",
    [
        cause("alpha_gray", side="reference", background="white"),
        cause("alpha_gray", reference=[0.3, 0.6, 0.1], deployed=[0.2, 0.7, 0.1]),
        cause("subpixel", reference={"centre": "corner", "exact_scale": False}, deployed={"centre": "half"}),
        cause("subpixel", reference={"centre": "half"}, deployed={"centre": "ends", "exact_scale": False}),
        cause("subpixel", shift=[0.4, 0.3], growth=[0.0, 0.0]),
        cause("subpixel", shift=[0.0, 0.0], growth=[-0.4, -0.3]),
        cause("per_image_normalize", side="serving", axes="HW"),
        cause("dtype", what="clipped"),
        cause("dtype", what="signed"),
        cause("layout", reference="chw_read_as_hwc", deployed="right"),
    ],
)
def test_what_no_edit_mends_keeps_its_words(one: Cause) -> None:
    """Where the text cannot be changed so that it does what the reference does, the detector's own words stay."""
    one = replace(one, fix="as it was")
    (named,) = printed_mend.printed(of(one), serve(CORNER if one.family != "alpha_gray" else ENCODED)).causes
    assert (named.fix, named.fix_at) == ("as it was", None)


def test_a_scale_that_is_kept_is_told_from_other_grids() -> None:
    """Final tensors that are stretched on one axis alone show a kept scale, which a resize can be told."""
    (named,) = printed_mend.printed(of(cause("subpixel", shift=[0.0, 0.1], growth=[0.0, 0.3])), serve(CORNER)).causes
    assert "subpixel_scale=True" in named.fix


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (cause("exif_orientation", applied=True), "# the pictures are decoded before they reach the pipeline"),
        (cause("antialias", reference=False, deployed=True), "# the pipeline says what the reference does already"),
    ],
)
def test_the_text_contradicts_a_usual_mend(one: Cause, words: str) -> None:
    """What a detector tells to do and the text does already, or cannot do, is not printed: it is said instead."""
    (named,) = printed_mend.printed(of(replace(one, fix="do it")), serve(INCIDENT)).causes
    assert named.fix.startswith(words)
    assert named.fix_at is None


def test_one_map_of_values_is_one_change() -> None:
    """Causes that act on values are mended together, and each says so."""
    bare = SHORTER.replace(f", {CONSTANTS}", "")
    imagenet = {"scale": 1 / 255, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
    raw, scaled = ({"scale": s, "mean": [0.0] * 3, "std": [1.0] * 3} for s in (1.0, 1 / 255))
    told = of(
        cause("scale_missing", factor=255.0, reference=scaled, deployed=raw),
        cause("antialias", reference=True),
        cause("mean_std_missing", reference=imagenet, deployed=raw),
    )
    first, other, last = printed_mend.printed(told, serve(bare)).causes
    assert first.fix == last.fix
    assert first.fix.splitlines()[-1] == "# one change for scale_missing and mean_std_missing"
    assert applied(bare, first.fix) == SHORTER
    assert [c.family for c in (first, other, last)] == ["scale_missing", "antialias", "mean_std_missing"]


def test_other_ways_are_counted() -> None:
    """Where a text can be mended in several ways the likeliest is printed, and that there are others."""
    bare = INCIDENT.replace(f"    {SCALE}\n", "")
    told = of(cause("scale_missing", factor=255.0))
    (named,) = printed_mend.printed(told, serve(bare)).causes
    ((_, variants),) = search.steps(told.causes)
    count = len(variants(Script(bare, "preprocess")))
    assert count > 1
    assert named.fix.splitlines()[-1].startswith(f"# the likeliest of {count} changes")


def test_a_recipe_gives_exact_constants() -> None:
    """The reference's recipe is asked before what was measured, as a repair does."""
    measured = {"scale": 0.0039216, "mean": [0.0] * 3, "std": [0.99998] * 3}
    reference = Recipe(
        source="training", steps=(Decode(library="opencv", channels="RGB"), Normalize(mean=(0.0,), std=(255.0,)))
    )
    bare = INCIDENT.replace(f"    {SCALE}\n", "")
    told = of(cause("scale_missing", reference=measured, deployed={"scale": 1.0, "mean": [0.0] * 3, "std": [1.0] * 3}))
    (named,) = printed_mend.printed(told, serve(bare), reference).causes
    assert applied(bare, named.fix) == INCIDENT
    assert applied(bare, printed_mend.printed(told, serve(bare)).causes[0].fix) != INCIDENT


def test_a_text_that_cannot_be_edited_is_said() -> None:
    """Without the function, or with two returns where a result is passed on, the words stay and a note says why."""
    one = replace(cause("antialias", reference=True), fix="as it was")
    gone = printed_mend.printed(of(one), DeployedText(source=INCIDENT, function="other", file="serve.py"))
    assert gone.causes == (one,)
    assert "serve.py" in gone.notes[-1]
    assert "no function 'other'" in gone.notes[-1]
    twice = INCIDENT.replace(f"    {SCALE}\n", "").replace(
        f"    {TURN}", f"    if HEIGHT:\n        return images\n    {TURN}"
    )
    told = printed_mend.printed(of(cause("scale_missing", factor=255.0), one), serve(twice))
    assert "scale_missing" in told.notes[-1]
    assert told.causes[0].fix_at is None
    assert told.causes[1].fix_at == Place(file="serve.py", line=9)  # another edit needs no result
    with pytest.raises(InputError):
        search.repair_source(twice, "preprocess", told.causes)


def test_lines_of_a_file_that_was_written_out_are_its_authors() -> None:
    """A serialized pipeline's lines have no number that anybody knows; the author's are named where the file has them."""
    bare = INCIDENT.replace(f"    {SCALE}\n", "")
    told = of(cause("antialias", reference=True), cause("scale_missing", factor=255.0))
    origins = {9: Place(file="service.py", line=90), 11: Place(file="service.py", line=92)}
    written = replace(serve(bare), file="model.dali", is_own=False, origins=origins)
    resize, scale = printed_mend.printed(told, written).causes
    assert resize.fix.splitlines()[0] == "model.dali, from service.py:90"
    assert resize.fix_at == Place(file="service.py", line=90)
    assert scale.fix.splitlines()[0] == "model.dali, after service.py:92"
    assert scale.fix_at == Place(file="service.py", line=92)
    (unknown, _) = printed_mend.printed(told, replace(written, origins={})).causes
    assert unknown.fix.splitlines()[0] == "model.dali, written out as Python"
    assert unknown.fix_at is None


def test_changes_by_hand() -> None:
    """Lines count from 1 in the text before; what is put in behind line 1 begins at line 2."""
    (one,) = printed_mend.changes("a\nb\nc", "a\nx\nb\nc")
    assert (one.line, one.removed, one.added, str(one)) == (2, (), ("x",), "+x")
    first, second = printed_mend.changes("a\nb\nc\nd", "A\nb\nc")
    assert (first.line, str(first)) == (1, "-a\n+A")
    assert (second.line, str(second)) == (4, "-d")
    assert printed_mend.changes("a\x0cb\nc", "a\x0cb\nc") == []
