"""What a side does not declare is said as that, and is never a cause; what it does declare is compared as ever."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pixelparity.errors import InputError
from pixelparity.recipes import (
    Cast,
    Colour,
    Crop,
    Decode,
    Layout,
    Normalize,
    Pad,
    Recipe,
    Resize,
    Step,
    describe,
    from_dict,
    to_dict,
    with_defaults,
)
from pixelparity.recipes.diff import describe as describe_diff
from pixelparity.recipes.diff import diff_recipes

DECODE = Decode(library="opencv", channels="RGB")
FED = Decode(library="client", channels="RGB")
RESIZE = Resize(
    mode="shorter", size=256, kernel="linear", antialias=False, subpixel=False, library="opencv", rounding="floor"
)
CROP = Crop(height=224, width=224, rounding="floor", out_of_bounds="trim")
PAD = Pad(height=256, width=256, position="centre", fill=(0.0,))
LAYOUT, CAST, NORMALIZE = Layout(source="HWC", target="CHW"), Cast(dtype="float32"), Normalize(std=(255.0,))
ENDS = (LAYOUT, CAST, NORMALIZE)


def recipe(*steps: Step, undeclared: tuple[str, ...] = ()) -> Recipe:
    """Return a recipe of these steps."""
    return Recipe(source="test", steps=steps, undeclared=frozenset(undeclared))


REFERENCE = recipe(DECODE, RESIZE, CROP, *ENDS)


@pytest.mark.parametrize(
    ("geometry", "undeclared", "families"),
    [
        ((), ["resize", "crop"], ()),
        ((CROP,), ["resize"], ()),
        ((replace(CROP, height=192),), ["resize"], ("target_size",)),
        ((replace(CROP, out_of_bounds="pad"),), ["resize"], ()),
        ((RESIZE,), [], ("target_size",)),
        ((RESIZE, CROP), [], ()),
        ((replace(RESIZE, size=232), CROP), [], ("target_size",)),
        ((CROP, RESIZE), [], ("resize_mode",)),
    ],
)
def test_what_a_client_may_do_before_is_not_declared(
    geometry: tuple[Step, ...], undeclared: list[str], families: tuple[str, ...]
) -> None:
    """Steps before the first that a fed side has may be the client's; those after it are its own, and lack."""
    deployed = recipe(FED, *geometry, *ENDS)
    for found, side in ((diff_recipes(REFERENCE, deployed), 1), (diff_recipes(deployed, REFERENCE), 0)):
        assert [row.step for row in found.undeclared] == undeclared
        assert found.families == families
        assert {(row.reference, row.deployed)[side] for row in found.undeclared} <= {"not declared"}
        assert {row.verdict for row in found.undeclared} <= {"not declared"}


def test_a_side_that_decodes_declares_all() -> None:
    """Where a side opens the files itself, what it does not do is not done."""
    assert diff_recipes(REFERENCE, recipe(DECODE, CROP, *ENDS)).families == ("resize_mode",)


def test_an_order_that_is_only_taken_for_one_is_no_difference() -> None:
    """Whoever is fed RGB because nobody said otherwise may be fed BGR; once somebody says, it is one."""
    reference = recipe(replace(DECODE, channels="BGR"), *ENDS)
    assumed = with_defaults(FED, frozenset())
    row = diff_recipes(reference, recipe(assumed, *ENDS)).rows[0]
    assert (row.family, row.reference, row.deployed, row.note) == (
        "", "BGR", "not declared", "RGB is taken for it; the client decides",
    )  # fmt: skip
    assert diff_recipes(recipe(*ENDS), reference).rows[0].reference == "not declared"
    told = with_defaults(FED, {"channels"})
    assert diff_recipes(reference, recipe(told, *ENDS)).families == ("channel_order",)
    assert diff_recipes(
        reference, recipe(assumed, Colour(source="RGB", target="RGB"), *ENDS)
    ).families == ("channel_order",)  # fmt: skip
    assert diff_recipes(recipe(DECODE, *ENDS), recipe(assumed, *ENDS)).undeclared == ()


@pytest.mark.parametrize(
    ("lacking", "steps", "families"),
    [
        ("layout", (CAST, NORMALIZE), ("layout",)),
        ("normalize", (LAYOUT, CAST), ("scale_missing",)),
    ],
)
def test_what_a_format_cannot_declare_is_no_cause(
    lacking: str, steps: tuple[Step, ...], families: tuple[str, ...]
) -> None:
    """The same recipe is a cause where the format could have said it, and none where it could not, on either side."""
    full = recipe(FED, *ENDS)
    assert diff_recipes(full, recipe(FED, *steps)).families == families
    partial = recipe(FED, *steps, undeclared=(lacking,))
    for found in (diff_recipes(full, partial), diff_recipes(partial, full)):
        assert found.families == ()
        assert [(row.step, row.verdict) for row in found.undeclared] == [(lacking, "not declared")]
    assert diff_recipes(recipe(FED, *ENDS, undeclared=(lacking,)), full).undeclared == ()


def test_a_number_type_that_nobody_knows_is_no_difference() -> None:
    """``unknown`` is not compared."""
    found = diff_recipes(REFERENCE, recipe(DECODE, RESIZE, CROP, LAYOUT, Cast(dtype="unknown"), NORMALIZE))
    assert [(row.step, row.reference, row.deployed) for row in found.undeclared] == [
        ("cast", "float32", "not declared")
    ]
    assert found.equal


def test_the_verdict_says_what_was_not_compared() -> None:
    """Equal in what both declare is not the same as equal, and a difference is counted without the rest."""
    deployed = recipe(FED, CAST, NORMALIZE, undeclared=("layout",))
    assert describe_diff(diff_recipes(REFERENCE, deployed)).splitlines()[-1] == (
        "What both recipes declare means the same. Not declared by one of them, and not compared: resize, crop, layout."
    )
    differs = replace(deployed, steps=(FED, CAST, Normalize(std=(128.0,))))
    assert describe_diff(diff_recipes(REFERENCE, differs)).splitlines()[-1] == (
        "1 difference: mean_std_wrong. Not declared by one of them, and not compared: resize, crop, layout."
    )


def test_a_letterbox_of_which_the_fit_is_the_clients() -> None:
    """A padding after a resize that one side does not have is compared in the form of both."""
    fit = replace(RESIZE, mode="longer")
    found = diff_recipes(recipe(DECODE, fit, PAD, *ENDS), recipe(FED, *ENDS))
    assert [row.step for row in found.undeclared] == ["resize", "crop"]
    assert found.equal


def test_what_is_not_declared_is_kept_and_printed() -> None:
    """A recipe's text says it, JSON brings it back, files of before have nothing of it, and only kinds of steps are taken."""
    partial = recipe(FED, undeclared=("resize", "layout"))
    assert from_dict(to_dict(partial)) == partial
    assert "not declared there: layout, resize; somebody else may do it" in describe(partial)
    before = to_dict(partial)
    del before["undeclared"]
    assert from_dict(before).undeclared == frozenset()
    with pytest.raises(InputError, match="undeclared names 'size', which is no kind of step"):
        recipe(undeclared=("size",))
