"""The rows of a static diff about normalisations: which mistake a person made, with values worked out by hand."""

from __future__ import annotations

import pytest

from pixelparity.recipes import Decode, Normalize, Recipe, with_defaults
from pixelparity.recipes.canonical import canonical
from pixelparity.recipes.diff_row import DiffRow
from pixelparity.recipes.diff_values import normalize_rows

MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
UNIT = Normalize(scale=1 / 255)
STATISTICS = Normalize(mean=MEAN, std=STD)
UNIT_STATISTICS = Normalize(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
NOTHING = Normalize()


def rows(reference: tuple[Normalize, ...], deployed: tuple[Normalize, ...]) -> dict[str, DiffRow]:
    """Return the rows of two normalisations by name."""
    decode = Decode(library="opencv", channels="RGB")
    sides = [Recipe(source="test", steps=(decode, *steps)) for steps in (reference, deployed)]
    found = normalize_rows(*(canonical(side) for side in sides), *sides)
    return {row.what: row for row in found}


def families(reference: tuple[Normalize, ...], deployed: tuple[Normalize, ...]) -> list[str]:
    """Return the families that are named, each once."""
    return list(dict.fromkeys(row.family for row in rows(reference, deployed).values() if row.family))


@pytest.mark.parametrize(
    ("reference", "deployed", "expected"),
    [
        ((STATISTICS,), (STATISTICS,), []),
        ((STATISTICS,), (UNIT, UNIT_STATISTICS), []),
        ((STATISTICS,), (Normalize(mean=MEAN, std=(58.4, 57.12, 57.375)),), []),  # a person rounds 58.395
        ((STATISTICS,), (Normalize(mean=MEAN, std=(58.5, 57.12, 57.375)),), ["mean_std_wrong"]),
        ((STATISTICS,), (Normalize(mean=(123.0, *MEAN[1:]), std=STD),), ["mean_std_wrong"]),
        ((STATISTICS,), (NOTHING,), ["scale_missing", "mean_std_missing"]),
        ((UNIT,), (NOTHING,), ["scale_missing"]),
        ((Normalize(std=(2.0, 3.0, 4.0)),), (NOTHING,), ["scale_missing", "mean_std_missing"]),
        ((STATISTICS,), (UNIT,), ["mean_std_missing"]),
        ((NOTHING,), (UNIT,), ["mean_std_missing"]),
        ((STATISTICS,), (Normalize(std=(128.0,)),), ["mean_std_wrong"]),
        ((STATISTICS,), (UNIT_STATISTICS,), ["mean_std_wrong_range"]),
        ((UNIT, UNIT_STATISTICS), (UNIT, STATISTICS), ["scale_twice"]),
        ((STATISTICS,), (UNIT, STATISTICS), ["scale_twice"]),
        ((STATISTICS,), (UNIT, UNIT, UNIT_STATISTICS), ["scale_twice"]),
        ((UNIT,), (UNIT, UNIT), ["scale_twice"]),
        ((Normalize(std=(255.0 / 2,)),), (Normalize(std=(0.5,)),), ["scale_missing"]),
    ],
)
def test_each_mistake_has_its_family(
    reference: tuple[Normalize, ...], deployed: tuple[Normalize, ...], expected: list[str]
) -> None:
    """Left out, in other units, done twice, or other numbers: named by what was done, not by how far it is off."""
    assert families(reference, deployed) == expected


@pytest.mark.parametrize(
    ("reference", "deployed", "texts", "note"),
    [
        ((UNIT,), (NOTHING,), ("divided by 255", "levels 0..255"), "values are 255 times as large"),
        ((UNIT,), (UNIT, UNIT), ("divided by 255", "divided by 6.502e+04"), "values are 255 times too small"),
        ((STATISTICS,), (STATISTICS,), ("divided by 57.63", "divided by 57.63"), ""),
        ((STATISTICS,), (UNIT_STATISTICS,), ("divided by 57.63", "divided by 0.226"), ""),
    ],
)
def test_scale_is_said_in_words(
    reference: tuple[Normalize, ...], deployed: tuple[Normalize, ...], texts: tuple[str, str], note: str
) -> None:
    """Both sides' divisor, and by how much the values are off where the scale is the mistake."""
    row = rows(reference, deployed)["scale"]
    assert (row.reference, row.deployed, row.note) == (*texts, note)


def test_constants_in_the_other_order_are_noted() -> None:
    """Reversed constants are another order; constants that are the same both ways are not."""
    reverse = Normalize(mean=MEAN[::-1], std=STD[::-1])
    found = rows((STATISTICS,), (reverse,))
    assert found["mean"].note == found["std"].note == "the same constants in the other channel order"
    assert (found["mean"].reference, found["mean"].deployed) == (
        "(123.675, 116.28, 103.53)",
        "(103.53, 116.28, 123.675)",
    )
    assert rows((STATISTICS,), (UNIT,))["mean"].note == ""
    same = rows((Normalize(mean=(1.0, 2.0, 1.0)),), (Normalize(mean=(1.0, 2.0, 1.0), std=(3.0,)),))
    assert same["mean"].note == ""


def test_only_the_constant_that_differs_is_named() -> None:
    """Another mean with the same std is a difference of the mean alone."""
    found = rows((STATISTICS,), (Normalize(mean=(120.0, 116.28, 103.53), std=STD),))
    assert (found["scale"].family, found["mean"].family, found["std"].family) == ("", "mean_std_wrong", "")


def test_defaults_carry_a_star() -> None:
    """A constant that nobody chose is marked on its side."""
    found = rows((with_defaults(STATISTICS, {"mean"}),), (STATISTICS,))
    assert found["std"].reference.endswith("*")
    assert not found["std"].deployed.endswith("*")
    assert not found["mean"].reference.endswith("*")


def test_statistics_of_each_picture_are_one_row() -> None:
    """They stand for all constants; the axes are compared, and the usual ones filled in."""
    own, whole = Normalize(per_image=True, axes="HW"), Normalize(per_image=True, axes="HWC")
    for reference, deployed, texts, family in (
        (own, own, ("of each picture over HW", "of each picture over HW"), ""),
        (own, Normalize(per_image=True), ("of each picture over HW", "of each picture over HW"), ""),
        (own, whole, ("of each picture over HW", "of each picture over HWC"), "per_image_normalize"),
        (own, STATISTICS, ("of each picture over HW", "-"), "per_image_normalize"),
        (STATISTICS, own, ("-", "of each picture over HW"), "per_image_normalize"),
    ):
        found = rows((reference,), (deployed,))
        assert list(found) == ["statistics"]
        row = found["statistics"]
        assert (row.reference, row.deployed, row.family) == (*texts, family)
