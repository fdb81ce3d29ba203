"""The static diff: what differs between two recipes, and what is only written differently."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pixelparity.diagnosis import FAMILIES
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
    Step,
    Unknown,
    with_defaults,
)
from pixelparity.recipes.diff import describe, diff_recipes

MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
UNIT_MEAN, UNIT_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
DECODE = Decode(library="opencv", channels="RGB")
RESIZE = Resize(
    mode="shorter", size=256, kernel="linear", antialias=False, subpixel=False, library="opencv", rounding="floor"
)
CROP = Crop(height=224, width=224, rounding="half_even", out_of_bounds="trim")
LAYOUT, CAST = Layout(source="HWC", target="CHW"), Cast(dtype="float32")
UNIT = Normalize(scale=1 / 255)
NORMALIZE = Normalize(mean=MEAN, std=STD)
BASE: tuple[Step, ...] = (DECODE, Orient(exif=True), RESIZE, CROP, LAYOUT, CAST, NORMALIZE)


def recipe(*steps: Step) -> Recipe:
    """Return a recipe of these steps."""
    return Recipe(source="test", steps=steps)


def changed(**changes: Any) -> Recipe:
    """Return the base recipe with some steps, by their kind, replaced by others."""
    return recipe(*[changes.get(step.kind, step) for step in BASE if changes.get(step.kind, step) is not None])


def families(deployed: Recipe, reference: Recipe | None = None) -> tuple[str, ...]:
    """Return the families of the differences to the base recipe."""
    return diff_recipes(reference or recipe(*BASE), deployed).families


def test_a_recipe_equals_itself() -> None:
    """A recipe has no difference to itself, and the table says so."""
    diff = diff_recipes(recipe(*BASE), recipe(*BASE))
    assert diff.equal
    assert {row.verdict for row in diff.rows} == {"same"}
    assert describe(diff).endswith("The two recipes mean the same.")


@pytest.mark.parametrize(
    "deployed",
    [
        changed(cast=None, normalize=Normalize(mean=UNIT_MEAN, std=UNIT_STD, scale=1 / 255)),
        recipe(*BASE[:-1], Normalize(scale=1 / 255), Normalize(mean=UNIT_MEAN, std=UNIT_STD)),
        recipe(Decode(library="dali", channels="BGR"), *BASE[1:5], Colour(source="BGR", target="RGB"), CAST, NORMALIZE),
        recipe(
            Decode(library="pillow", channels="BGR"), *BASE[1:5], CAST, Normalize(mean=MEAN[::-1], std=STD[::-1]),
            Colour(source="BGR", target="RGB"),
        ),
        changed(resize=replace(RESIZE, mode="not_smaller", size=None, height=256, width=256)),
        changed(resize=replace(RESIZE, library="dali")),
        changed(crop=replace(CROP, out_of_bounds="pad", fill=(9.0,))),
        changed(orient=None),
    ],
    ids=["scale first", "two steps", "swap at the end", "swap after", "as a box", "dali switches", "roomy crop", "exif default"],
)  # fmt: skip
def test_written_differently_means_the_same(deployed: Recipe) -> None:
    """What is only written differently is no difference."""
    assert families(deployed) == ()


@pytest.mark.parametrize(
    ("deployed", "family"),
    [
        (changed(decode=Decode(library="opencv", channels="BGR")), "channel_order"),
        (changed(decode=Decode(library="nvjpeg", channels="RGB")), "jpeg_chroma"),
        (changed(orient=Orient(exif=False)), "exif_orientation"),
        (changed(resize=replace(RESIZE, kernel="cubic")), "interpolation"),
        (changed(resize=replace(RESIZE, antialias=True)), "antialias"),
        (changed(resize=replace(RESIZE, subpixel=True)), "subpixel"),
        (changed(resize=replace(RESIZE, rounding="round")), "rounding"),
        (changed(resize=replace(RESIZE, size=232)), "target_size"),
        (changed(resize=replace(RESIZE, mode="stretch", size=None, height=256, width=256)), "resize_mode"),
        (changed(resize=None), "resize_mode"),
        (changed(resize=replace(RESIZE, max_size=400)), "resize_mode"),
        (changed(crop=replace(CROP, rounding="floor")), "rounding"),
        (changed(crop=replace(CROP, height=256)), "target_size"),
        (changed(crop=replace(CROP, anchor=(0.0, 0.0))), "resize_mode"),
        (changed(layout=None), "layout"),
        (changed(cast=Cast(dtype="float16")), "dtype"),
        (changed(normalize=Normalize(scale=1 / 255)), "mean_std_missing"),
        (changed(normalize=Normalize(mean=UNIT_MEAN, std=UNIT_STD)), "mean_std_wrong_range"),
        (changed(normalize=Normalize(mean=(127.5,) * 3, std=(127.5,) * 3)), "mean_std_wrong"),
        (changed(normalize=Normalize(mean=MEAN[::-1], std=STD[::-1])), "mean_std_wrong"),
        (recipe(*BASE[:-1], UNIT, UNIT, Normalize(mean=UNIT_MEAN, std=UNIT_STD)), "scale_twice"),
        (changed(normalize=Normalize(per_image=True, axes="HW")), "per_image_normalize"),
        (recipe(*BASE, Unknown(operator="fn.mystery")), "unexplained"),
    ],
)  # fmt: skip
def test_each_difference_has_its_family(deployed: Recipe, family: str) -> None:
    """One changed parameter is one difference, with the public name of its cause."""
    assert families(deployed) == (family,)
    assert family in FAMILIES


def test_unknown_steps_make_no_cause() -> None:
    """Where a side has steps of unknown meaning, what seems to lack is unexplained: one of them may do it."""
    mystery = [Unknown(operator="fn.mystery"), Unknown(operator="fn.mystery"), Unknown(operator="fn.other")]
    diff = diff_recipes(recipe(*BASE), recipe(DECODE, *mystery, CROP, LAYOUT, CAST, Normalize(mean=(1.0,), std=(2.0,))))
    assert diff.families == ("unexplained",)
    assert [(row.what, row.deployed) for row in diff.rows if row.step == "other"] == [
        ("fn.mystery", "2 times"),
        ("fn.other", "1 times"),
    ]
    assert any("(fn.mystery, fn.other)" in note for note in diff.notes)


def test_nothing_normalised_is_two_causes() -> None:
    """Raw levels where the reference scales and standardises are a missing scale and missing statistics."""
    assert families(changed(normalize=None)) == ("scale_missing", "mean_std_missing")


@pytest.mark.parametrize(
    ("reference", "deployed", "family"),
    [
        (Normalize(std=(255.0,)), Normalize(), "scale_missing"),
        (Normalize(), Normalize(std=(255.0,)), "mean_std_missing"),
        (Normalize(std=(255.0,)), Normalize(std=(255.0 * 255.0,)), "scale_twice"),
    ],
)
def test_scale_alone(reference: Normalize, deployed: Normalize, family: str) -> None:
    """A factor of 255 between two plain scales is named by its direction."""
    assert families(changed(normalize=deployed), changed(normalize=reference)) == (family,)


def test_other_order_of_resize_and_crop() -> None:
    """Cropping before resizing shows another part of the picture."""
    deployed = recipe(*BASE[:2], CROP, RESIZE, *BASE[4:])
    assert "resize_mode" in families(deployed)


def test_padding_of_a_fitting_resize() -> None:
    """A pad to the box and a crop that pads are the same, but for who gets the odd pixel, the fill and the position."""
    fit = replace(RESIZE, mode="not_larger", size=None, height=512, width=384, rounding="floor_plus_half")
    reference = recipe(DECODE, fit, Pad(height=512, width=384, position="centre", fill=(0.0, 0.0, 0.0)))
    crop = Crop(height=512, width=384, rounding="floor", out_of_bounds="pad")
    assert families(recipe(DECODE, fit, crop), reference) == ()
    assert families(recipe(DECODE, fit, replace(crop, rounding="round")), reference) == ("rounding",)
    assert families(recipe(DECODE, fit, replace(crop, fill=(114.0,))), reference) == ("padding_value",)
    assert families(recipe(DECODE, fit, replace(crop, position="top_left")), reference) == ("padding_position",)


def test_padding_before_and_after_normalising() -> None:
    """The same fill behind the normalisation has another value; the table says where it stands."""
    pad = Pad(height=512, width=512, position="top_left", fill=(0.0,))
    before, after = recipe(*BASE[:4], pad, *BASE[4:]), recipe(*BASE, pad)
    assert "padding_order" in families(after, before)


def test_small_pictures_matter_where_no_resize_enlarges_them() -> None:
    """Without a resize that makes every picture larger than the window, the out-of-bounds rule is a difference."""
    reference = changed(resize=None)
    deployed = changed(resize=None, crop=replace(CROP, out_of_bounds="pad"))
    assert families(deployed, reference) == ("target_size",)


def test_kernels_without_a_filter_have_no_antialias() -> None:
    """Nearest has no filter to widen, so the antialias switch alone is no difference there."""
    nearest = replace(RESIZE, kernel="nearest", library="dali")
    assert families(changed(resize=replace(nearest, antialias=True)), changed(resize=nearest)) == ()


def test_cubic_kernels_of_two_libraries() -> None:
    """OpenCV's cubic and DALI's have other coefficients under the same switches."""
    cubic = replace(RESIZE, kernel="cubic")
    diff = diff_recipes(changed(resize=cubic), changed(resize=replace(cubic, library="dali")))
    assert diff.families == ("interpolation",)
    assert "A = -0.75 against A = -0.5" in diff.differences[0].note


def test_pillow_versions_differ_in_their_passes() -> None:
    """The order of Pillow's passes is a difference of rounding."""
    pillow = replace(RESIZE, library="pillow", antialias=True, passes="pillow_13")
    assert families(changed(resize=replace(pillow, passes="horizontal_first")), changed(resize=pillow)) == ("dtype",)


def test_batch_padding_is_compared_where_both_declare_it() -> None:
    """Another divisor of the batch padding is a difference; a side that declares none is not compared."""
    reference, deployed = (
        replace(recipe(*BASE), batch=Pad(divisor=divisor, position="top_left", fill=(0.0,))) for divisor in (32, 64)
    )
    assert families(deployed, reference) == ("batch_padding",)
    assert families(recipe(*BASE), reference) == ()


def test_a_side_fed_with_decoded_pictures_is_noted() -> None:
    """Where the client decodes, EXIF and chroma are not compared, and a note says whose doing they are."""
    diff = diff_recipes(
        recipe(*BASE), changed(decode=Decode(library="client", channels="RGB"), orient=Orient(exif=False))
    )
    assert diff.equal
    assert any("fed decoded pictures" in note for note in diff.notes)


def test_table_shows_defaults_and_families() -> None:
    """The table has a line per parameter, a star on a default, the family and the note, and counts the differences."""
    deployed = changed(resize=with_defaults(replace(RESIZE, antialias=True), {"size", "mode"}))
    text = describe(diff_recipes(recipe(*BASE), deployed))
    line = next(line for line in text.splitlines() if line.startswith("resize") and "antialias" in line)
    assert line.split() == ["resize", "antialias", "no", "yes*", "antialias"]
    assert "* nobody chose this value" in text
    assert text.endswith("1 difference: antialias.")
