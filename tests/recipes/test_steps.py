"""Recipes: words, checks, storing and printing."""

from __future__ import annotations

import json

import pytest

from pixelparity import recipes
from pixelparity.errors import InputError
from pixelparity.recipes import Crop, Decode, Normalize, Pad, Recipe, Resize, Unknown


def resize(**changes: object) -> Resize:
    """Return a resize to a shorter edge of 256, with changes."""
    values = {
        "mode": "shorter", "size": 256, "kernel": "linear", "antialias": False, "subpixel": False, "library": "opencv",
        "rounding": "floor",
    }  # fmt: skip
    return Resize(**{**values, **changes})  # type: ignore[arg-type]


EXAMPLE = Recipe(
    source="mmpretrain:example",
    steps=(
        recipes.with_defaults(Decode(library="opencv", channels="BGR", origin="pipeline[0]"), {"channels"}),
        resize(),
        Crop(fraction=(224, 256), rounding="half_even", out_of_bounds="trim"),
        Normalize(mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375)),
        Unknown(operator="fn.mystery", arguments=(("angle", 3.5), ("axes", (0, 1)))),
    ),
    batch=Pad(divisor=32, position="top_left", fill=(0.0,)),
)


def test_recipe_survives_json() -> None:
    """A recipe written as JSON text and read back is equal, origins and defaults included."""
    back = recipes.from_dict(json.loads(json.dumps(recipes.to_dict(EXAMPLE))))
    assert back == EXAMPLE
    assert [step.origin for step in back.steps] == [step.origin for step in EXAMPLE.steps]
    assert [step.defaulted for step in back.steps] == [step.defaulted for step in EXAMPLE.steps]


@pytest.mark.parametrize("data", [{}, {"source": "x"}, {"source": "x", "steps": [{"kind": "resize"}]}, {"steps": 3}])
def test_from_dict_refuses_what_is_no_recipe(data: dict[str, object]) -> None:
    """Something that is not a recipe raises an error that says so."""
    with pytest.raises(InputError, match="not a recipe"):
        recipes.from_dict(data)


def test_from_dict_names_an_unknown_kind() -> None:
    """A kind of step that does not exist is named."""
    with pytest.raises(InputError, match="'sharpen' is not a kind of step"):
        recipes.from_dict({"source": "x", "steps": [{"kind": "sharpen"}]})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mode": "fit"}, "mode is 'fit'"),
        ({"kernel": "bilinear"}, "kernel is 'bilinear'"),
        ({"rounding": "down"}, "rounding is 'down'"),
        ({"passes": "two"}, "passes is 'two'"),
        ({"mode": "stretch"}, "needs height and width"),
        ({"size": None}, "needs size"),
    ],
)
def test_resize_checks_its_words(changes: dict[str, object], message: str) -> None:
    """A resize with a word that is not known, or without its size, says what is wrong."""
    with pytest.raises(InputError, match=message):
        resize(**changes)


def test_crop_needs_one_window() -> None:
    """A crop has a size or a share of the shorter edge, not both and not neither."""
    for window in ({}, {"height": 2}, {"height": 2, "width": 2, "fraction": (1, 2)}):
        with pytest.raises(InputError, match="height and width, or fraction"):
            Crop(rounding="floor", out_of_bounds="trim", **window)  # type: ignore[arg-type]


def test_normalize_refuses_a_zero_std() -> None:
    """A standard deviation of 0 is refused, because dividing by it is not a step."""
    with pytest.raises(InputError, match="divides by zero"):
        Normalize(std=(1.0, 0.0, 1.0))


def test_with_defaults_lists_what_was_not_given() -> None:
    """Every parameter that was not given counts as a default."""
    step = recipes.with_defaults(Pad(position="centre", fill=(0.0,)), {"fill"})
    assert step.defaulted == {"height", "width", "divisor", "position"}


def test_describe_shows_values_origins_and_stars() -> None:
    """A person sees each step, its values, where it stands, and which values nobody chose."""
    text = recipes.describe(EXAMPLE)
    assert "library=opencv*  channels=BGR" in text
    assert "from pipeline[0]" in text
    assert "mean=(123.675, 116.28, 103.53)" in text
    assert "batch pad divisor=32" in text
    assert text.endswith("* nobody chose this value: it is a default of the library")


def test_describe_without_defaults_explains_no_star() -> None:
    """Where no value is a default, the star is not explained."""
    assert "*" not in recipes.describe(Recipe(source="x", steps=(resize(),)))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "yes"),
        (255.0, "255"),
        ((0.0, 0.0, 0.0), "0"),
        ((0.5, 0.5), "(0.5, 0.5)"),
        ("RGB", "RGB"),
        (1 / 255, "0.003921568627"),
    ],
)
def test_value_text(value: object, text: str) -> None:
    """Values are written as a person writes them."""
    assert recipes.value_text(value) == text


@pytest.mark.parametrize(
    ("version", "passes"), [("9.5.0", "horizontal_first"), ("12.3.0", "horizontal_first"), ("13.0.0", "pillow_13")]
)
def test_pillow_passes(version: str, passes: str) -> None:
    """Pillow changed the order of its passes with version 13."""
    assert recipes.pillow_passes(version) == passes


def test_of_kind_keeps_the_order() -> None:
    """The steps of one kind come in order."""
    assert [step.kind for step in EXAMPLE.of_kind("resize")] == ["resize"]
    assert EXAMPLE.of_kind("layout") == ()
