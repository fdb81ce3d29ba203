"""Recipes: words, checks, storing and printing."""

from __future__ import annotations

import json

import numpy as np
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


#: A sound step of every class, by the fields that the class needs.
SOUND: dict[type[recipes.Step], dict[str, object]] = {
    Decode: {"library": "opencv", "channels": "BGR"},
    recipes.Orient: {"exif": True},
    recipes.Colour: {"source": "BGR", "target": "RGB"},
    Resize: {name: getattr(resize(), name) for name in resize().parameters()},
    Crop: {"height": 8, "width": 8, "rounding": "floor", "out_of_bounds": "trim"},
    Pad: {"height": 8, "width": 8, "position": "centre", "fill": (0.0,)},
    recipes.Cast: {"dtype": "float32"},
    Normalize: {"mean": (0.0,), "std": (1.0,)},
    recipes.Layout: {"source": "HWC", "target": "CHW"},
    Unknown: {"operator": "fn.mystery"},
}


@pytest.mark.parametrize("cls", SOUND)
def test_every_field_of_every_step_is_checked(cls: type[recipes.Step]) -> None:
    """A field without a rule would let anything in; code, an object and a list of lists pass no rule but a text's."""
    assert {cls(**SOUND[cls]).kind, "other"} & set(recipes.STEPS)
    assert set(cls.rules) == set(cls(**SOUND[cls]).parameters())
    texts = {"operator", "origin"}
    for name in (*cls.rules, "origin", "defaulted"):
        for value in (object(), [[object()]], "exec('x')", float("nan"), 2**40):
            if (isinstance(value, str) and name in texts) or (value == 2**40 and name == "scale"):
                continue
            with pytest.raises(InputError, match=rf"^{cls.kind}: {name} is .*, use "):
                cls(**{**SOUND[cls], name: value})


def test_steps_hold_plain_numbers() -> None:
    """numpy's numbers become Python's, lists become tuples; a truth value is no number."""
    made = Crop(height=np.int64(8), width=8, anchor=[0, np.float32(0.5)], rounding="floor", out_of_bounds="trim")  # type: ignore[arg-type]
    assert (type(made.height), made.anchor) == (int, (0.0, 0.5))
    with pytest.raises(InputError, match="crop: height is True, use a whole number"):
        Crop(height=True, width=8, rounding="floor", out_of_bounds="trim")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": "256 + open('x')"}, "resize: size is"),
        ({"size": 0}, "resize: size is 0"),
        ({"antialias": 1}, "resize: antialias is 1"),
        ({"origin": 3}, "resize: origin is 3"),
        ({"defaulted": [3]}, "resize: defaulted is"),
        ({"kind": ["resize"]}, "is not a kind of step"),
        ({"colour": 3}, "not a recipe"),
    ],
)
def test_from_dict_checks_values(change: dict[str, object], message: str) -> None:
    """A stored recipe is checked like one that is made."""
    data = recipes.to_dict(EXAMPLE)
    data["steps"][1] |= change
    with pytest.raises(InputError, match=message):
        recipes.from_dict(data)
