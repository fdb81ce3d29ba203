"""The rows of a static diff about sizes, windows and padding: values, families and notes, each worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from pixelparity.recipes import Crop, Pad, Resize, Step, with_defaults
from pixelparity.recipes.diff_geometry import geometry_rows, pair_rows, short
from pixelparity.recipes.diff_row import DiffRow

SHORTER = Resize(
    mode="shorter", size=256, kernel="linear", antialias=False, subpixel=False, library="opencv", rounding="floor"
)
BOX = replace(SHORTER, mode="not_larger", size=None, height=300, width=200)
CROP = Crop(height=224, width=200, rounding="floor", out_of_bounds="trim")
PAD = Pad(height=300, width=200, position="centre", fill=(0.0,))


def rows(reference: Sequence[Step], deployed: Sequence[Step]) -> dict[str, DiffRow]:
    """Return the rows of two lists of steps by ``step.what``; the last of each name."""
    return {f"{row.step}.{row.what}": row for row in geometry_rows(reference, deployed)}


def one(reference: Step, what: str, **changes: Any) -> DiffRow:
    """Return the row named ``what`` of a step and the same with changes."""
    return next(row for row in pair_rows(reference.kind, reference, replace(reference, **changes)) if row.what == what)


def named(found: dict[str, DiffRow]) -> dict[str, str]:
    """Return the families of the rows that differ."""
    return {name: row.family for name, row in found.items() if row.family}


def test_equal_steps_have_every_row_and_no_family() -> None:
    """Eleven rows of a resize, three of a crop, two more where both pad, three of a pad."""
    found = rows([BOX, CROP, PAD], [BOX, CROP, PAD])
    assert named(found) == {}
    assert [name for name in found if name.startswith("resize")] == [
        f"resize.{what}"
        for what in ("mode", "size", "max_size", "kernel", "antialias", "subpixel", "rounding", "dtype", "library", "passes")
    ]  # fmt: skip
    assert {row.verdict for row in found.values()} == {"same"}


@pytest.mark.parametrize(
    ("step", "changes", "what", "texts", "family"),
    [
        (BOX, {"mode": "not_smaller"}, "mode", ("not_larger", "not_smaller"), "resize_mode"),
        (BOX, {"oriented": True}, "mode", ("not_larger", "not_larger, box turned to the picture"), "resize_mode"),
        (BOX, {"height": 320}, "size", ("300 x 200", "320 x 200"), "target_size"),
        (SHORTER, {"size": 232}, "size", ("256", "232"), "target_size"),
        (BOX, {"max_size": 500}, "max_size", ("-", "500"), "resize_mode"),
        (BOX, {"kernel": "cubic"}, "kernel", ("linear", "cubic"), "interpolation"),
        (BOX, {"dtype": "float32"}, "dtype", ("uint8", "float32"), "dtype"),
        (CROP, {"height": 240}, "window", ("224 x 200", "240 x 200"), "target_size"),
        (
            CROP, {"height": None, "width": None, "fraction": (224, 256)}, "window",
            ("224 x 200", "224/256 of the shorter edge"), "target_size",
        ),
        (CROP, {"anchor": (0.0, 0.5)}, "anchor", ("(0.5, 0.5)", "(0, 0.5)"), "resize_mode"),
        (PAD, {"height": 320}, "size", ("300 x 200", "320 x 200"), "target_size"),
        (PAD, {"height": None, "width": None, "divisor": 32}, "size", ("300 x 200", "a multiple of 32"), "padding_rule"),
        (PAD, {"position": "top_left"}, "position", ("centre", "top_left"), "padding_position"),
        (PAD, {"fill": (1.0, 2.0, 3.0)}, "fill", ("0", "(1, 2, 3)"), "padding_value"),
    ],
)  # fmt: skip
def test_texts_and_families(
    step: Step, changes: dict[str, Any], what: str, texts: tuple[str, str], family: str
) -> None:
    """Each parameter is shown as a person writes it, with the family of its difference."""
    row = one(step, what, **changes)
    assert (row.reference, row.deployed, row.family) == (*texts, family)


def test_a_square_box_has_no_orientation() -> None:
    """A box that is as high as wide is the same turned."""
    square = replace(BOX, height=200)
    assert one(square, "mode", oriented=True).verdict == "same"


def test_one_colour_is_one_number() -> None:
    """A fill of three equal channels is the fill of one."""
    assert one(PAD, "fill", fill=(0.0, 0.0, 0.0)).family == ""


@pytest.mark.parametrize(("kernel", "family"), [("linear", "antialias"), ("gaussian", "antialias"), ("area", "")])
def test_antialias_needs_a_kernel_that_can_be_widened(kernel: str, family: str) -> None:
    """Area and nearest have no filter to widen, on either side."""
    row = one(replace(BOX, kernel=kernel), "antialias", antialias=True)
    assert row.family == family
    assert bool(row.note) == (not family)
    mixed = next(
        row
        for row in pair_rows("resize", replace(BOX, kernel="area"), replace(BOX, antialias=True))
        if row.what == "antialias"
    )
    assert mixed.family == ""


def test_a_stretch_rounds_nothing() -> None:
    """Two stretches have no edge to round; one against a kept ratio has."""
    stretch = replace(BOX, mode="stretch")
    whats = [[row.what for row in pair_rows("resize", a, b)] for a, b in ((stretch, stretch), (stretch, BOX))]
    assert "rounding" not in whats[0]
    assert "rounding" in whats[1]


@pytest.mark.parametrize(
    ("other", "family", "note"),
    [("round", "rounding", ""), ("half_even", "rounding", ""), ("floor", "", "")],
)
def test_roundings_differ(other: str, family: str, note: str) -> None:
    """Another rounding is a difference; the same is none."""
    row = one(BOX, "rounding", rounding=other)
    assert (row.family, row.note) == (family, note)


def test_halves_up_are_the_same_for_positive_numbers() -> None:
    """round and int(x + 0.5) agree above zero: equal, with a note, for resizes and crops."""
    for step in (replace(BOX, rounding="round"), replace(CROP, rounding="round")):
        row = one(step, "rounding", rounding="floor_plus_half")
        assert (row.family, row.verdict, row.note) == ("", "equal", "the same for positive numbers")
    assert one(CROP, "rounding", rounding="round").note == "moves the picture by one pixel on odd sizes"


@pytest.mark.parametrize(
    ("changes", "family", "note"),
    [
        ({"library": "dali"}, "", "the same arithmetic with these switches, within 1 level"),
        ({"library": "dali", "antialias": True}, "", "what differs stands in the rows above"),
    ],
)
def test_libraries_of_one_arithmetic(changes: dict[str, Any], family: str, note: str) -> None:
    """Under the same switches a linear kernel is the same everywhere; under others the switches are the difference."""
    row = one(BOX, "library", **changes)
    assert (row.family, row.note) == (family, note)


@pytest.mark.parametrize(
    ("kernel", "antialias", "libraries", "coefficients"),
    [
        ("cubic", False, ("opencv", "pillow"), ("A = -0.75", "A = -0.5")),
        ("cubic", False, ("torch", "dali"), ("A = -0.75", "A = -0.5")),
        ("cubic", True, ("opencv", "pillow"), None),
        ("cubic", False, ("opencv", "torch"), None),
        ("lanczos", False, ("opencv", "dali"), ("4 lobes", "3 lobes")),
        ("lanczos", False, ("pillow", "dali"), None),
        ("nearest", False, ("opencv", "pillow"), ("the pixel before", "the pixel under the centre")),
        ("linear", False, ("opencv", "pillow"), None),
    ],
)
def test_coefficients_of_two_libraries(
    kernel: str, antialias: bool, libraries: tuple[str, str], coefficients: tuple[str, str] | None
) -> None:
    """Kernels of one name with other coefficients are another interpolation, and the note says which."""
    step = replace(BOX, kernel=kernel, antialias=antialias, library=libraries[0])
    row = one(step, "library", library=libraries[1])
    assert row.family == ("interpolation" if coefficients else "")
    if coefficients:
        assert row.note == f"other coefficients, without a switch: {coefficients[0]} against {coefficients[1]}"


def test_passes_are_a_rounding() -> None:
    """Another number of passes is a difference of 8 bits in between."""
    row = one(BOX, "passes", passes="pillow_13")
    assert (row.family, row.note) == ("dtype", "8 bits between the passes: up to 0.2 levels on average")
    assert one(BOX, "passes").note == ""


def test_out_of_bounds_matters_for_small_pictures() -> None:
    """Fail, fill or trim is a difference where no resize makes every picture large enough."""
    row = one(CROP, "out_of_bounds", out_of_bounds="pad")
    assert (row.family, row.note) == ("target_size", "where a picture is smaller than the window")
    padding = replace(CROP, out_of_bounds="pad")
    assert one(padding, "position", position="top_left").family == "padding_position"
    assert one(padding, "fill", fill=(9.0,)).family == "padding_value"
    assert "fill" not in [row.what for row in pair_rows("crop", CROP, padding)]


@pytest.mark.parametrize(
    ("before", "window", "matters"),
    [
        (replace(SHORTER, size=256), (256, 256), False),  # as large as the window
        (replace(SHORTER, size=255), (256, 200), True),
        (replace(SHORTER, size=255), (200, 256), True),
        (replace(BOX, mode="stretch", height=256, width=300), (256, 300), False),
        (replace(BOX, mode="stretch", height=256, width=300), (256, 301), True),
        (replace(BOX, height=400, width=400), (200, 200), True),  # fitted into a box, one edge may be anything
        (replace(SHORTER, mode="width", size=400), (200, 200), True),
        (None, (2, 2), True),
    ],
)
def test_windows_inside_every_picture(before: Resize | None, window: tuple[int, int], matters: bool) -> None:
    """Where a resize makes every picture as large as the window, what lies outside of it never matters."""
    crop = Crop(height=window[0], width=window[1], rounding="floor", out_of_bounds="pad")
    steps = [step for step in (before, crop) if step is not None]
    found = rows(steps, [*steps[:-1], replace(crop, fill=(7.0,))])["crop.fill"]
    assert found.family == ("padding_value" if matters else "")
    if not matters:
        assert found.note == "never matters: every picture is larger than the window"
    assert rows(steps, steps)["crop.fill"].note == ""


def test_a_share_leaves_no_size_to_count_on() -> None:
    """After a crop of a share of the picture its size is not known any more."""
    share = Crop(fraction=(7, 8), rounding="floor", out_of_bounds="error")
    crop = Crop(height=64, width=64, rounding="floor", out_of_bounds="pad")
    steps = [SHORTER, share, crop]
    assert rows(steps, [SHORTER, share, replace(crop, fill=(7.0,))])["crop.fill"].family == "padding_value"
    assert rows([SHORTER, crop], [SHORTER, replace(crop, fill=(7.0,))])["crop.fill"].family == ""


def test_both_sides_have_to_be_roomy() -> None:
    """One side's small resize is enough for the window's outside to matter."""
    crop = Crop(height=224, width=224, rounding="floor", out_of_bounds="pad")
    small = replace(SHORTER, size=200)
    assert rows([SHORTER, crop], [small, replace(crop, fill=(7.0,))])["crop.fill"].family == "padding_value"
    assert rows([small, crop], [SHORTER, replace(crop, fill=(7.0,))])["crop.fill"].family == "padding_value"


def test_edges_are_boxes() -> None:
    """A shorter edge of 256 covers a box of 256 x 256, a longer one fits into it; the star of the size stays."""
    for mode, box in (("shorter", "not_smaller"), ("longer", "not_larger")):
        edge = replace(SHORTER, mode=mode)
        assert named(rows([edge], [replace(SHORTER, mode=box, size=None, height=256, width=256)])) == {}
        assert rows([with_defaults(edge, {"mode"})], [edge])["resize.size"].reference == "256 x 256*"
        assert rows([with_defaults(edge, {"size"})], [edge])["resize.size"].reference == "256 x 256"
    assert set(named(rows([SHORTER], [replace(SHORTER, mode="longer")]))) == {"resize.mode"}


def test_padding_to_the_box_of_a_fit_is_a_crop_that_pads() -> None:
    """Only where whatever the resize makes fits into the pad, turned boxes too."""
    assert "crop.fill" in rows([BOX, PAD], [BOX, PAD])
    for resize in (replace(BOX, height=301), replace(BOX, mode="not_smaller"), replace(BOX, oriented=True)):
        assert "pad.fill" in rows([resize, PAD], [resize, PAD])
    assert "pad.fill" in rows([PAD], [PAD])


def test_another_order_is_one_row() -> None:
    """The same kinds in another order are said once, with both orders."""
    row = rows([SHORTER, CROP], [CROP, SHORTER])["geometry.order"]
    assert (row.reference, row.deployed, row.family) == ("resize, crop", "crop, resize", "resize_mode")
    assert "geometry.order" not in rows([SHORTER, CROP], [SHORTER, CROP])
    assert "geometry.order" not in rows([SHORTER], [CROP])


@pytest.mark.parametrize(
    ("step", "family", "text"),
    [(BOX, "resize_mode", "resize 300 x 200"), (CROP, "target_size", "crop 224 x 200"),
     (replace(PAD, height=None, width=None, divisor=8), "padding_position", "pad")],
)  # fmt: skip
def test_a_step_that_only_one_side_has(step: Step, family: str, text: str) -> None:
    """It is one row, named for what it does, on either side; short says it in a word or two."""
    (row,) = pair_rows(step.kind, step, None)
    assert (row.reference, row.deployed, row.family) == (text, "-", family)
    (row,) = pair_rows(step.kind, None, step)
    assert (row.reference, row.deployed, row.note) == ("-", text, "one side has no such step")
    assert short(step) == text
