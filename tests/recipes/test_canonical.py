"""Recipes in one form: what is only written differently becomes equal, step by step."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelparity.errors import UnsupportedStep
from pixelparity.recipes import (
    Cast,
    Colour,
    Decode,
    Layout,
    Normalize,
    Pad,
    Recipe,
    Resize,
    Step,
    with_defaults,
)
from pixelparity.recipes.canonical import Plain, canonical, compose, is_identity

MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
UNIT_MEAN, UNIT_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
DECODE = Decode(library="opencv", channels="RGB")


def recipe(*steps: Step) -> Recipe:
    """Return a recipe of these steps."""
    return Recipe(source="test", steps=steps)


@given(
    levels=st.floats(0, 255),
    first=st.tuples(st.floats(0.01, 4), st.floats(-200, 200), st.floats(0.1, 300)),
    second=st.tuples(st.floats(0.01, 4), st.floats(-200, 200), st.floats(0.1, 300)),
)
def test_compose_is_one_after_the_other(levels: float, first: tuple[float, ...], second: tuple[float, ...]) -> None:
    """One composed normalisation computes what the two do one after the other."""
    steps = [Normalize(scale=scale, mean=(mean,), std=(std,)) for scale, mean, std in (first, second)]
    value = levels
    for step in steps:
        value = (value * step.scale - step.mean[0]) / step.std[0]
    both = compose(*steps)
    assert (levels - both.mean[0]) / both.std[0] == pytest.approx(
        value, rel=1e-6, abs=1e-6 * abs(both.mean[0] / both.std[0]) + 1e-6
    )


def test_compose_keeps_the_digits_of_a_person() -> None:
    """0.485 of 1/255 is 123.675, not 123.67499999999998."""
    both = compose(Normalize(scale=1 / 255), Normalize(mean=UNIT_MEAN, std=UNIT_STD))
    assert (both.mean, both.std) == (MEAN, STD)


def test_constants_that_do_not_fit_are_refused() -> None:
    """Two means for three channels are no normalisation."""
    with pytest.raises(UnsupportedStep, match="2 constants where there are 3 channels"):
        canonical(recipe(DECODE, Normalize(mean=(1.0, 2.0), std=(1.0, 1.0, 1.0))))


def plain(*steps: Step) -> Plain:
    """Return steps after a decoder in one form."""
    return canonical(recipe(DECODE, *steps))


def test_constants_are_one_per_channel() -> None:
    """One constant counts for three channels of a picture in colour, and for the one of a grey picture."""
    half = Normalize(mean=(0.5,), std=(2.0,))
    assert (plain(half).normalize.mean, plain(half).normalize.std) == ((0.5,) * 3, (2.0,) * 3)
    grey = canonical(recipe(Decode(library="opencv", channels="GRAY"), half)).normalize
    assert (grey.mean, grey.std) == ((0.5,), (2.0,))


def test_nothing_declared_is_pixels_as_they_are() -> None:
    """No step: RGB bytes in HWC, values unchanged."""
    empty = canonical(recipe())
    assert (empty.channels, empty.layout, empty.dtype, empty.geometry, empty.late) == ("RGB", "HWC", "uint8", (), ())
    assert (empty.decode, empty.orient, empty.statistics, empty.unknown, empty.batch) == (None, None, None, (), None)
    assert is_identity(empty.normalize)


@pytest.mark.parametrize(
    ("step", "identity"),
    [
        (Normalize(), True),
        (Normalize(scale=2.0, std=(2.0,)), True),
        (Normalize(scale=2.0), False),
        (Normalize(mean=(1.0,)), False),
        (Normalize(mean=(0.0, 1.0, 0.0), std=(1.0,)), False),
        (Normalize(std=(1.0, 1.0, 2.0)), False),
        (Normalize(per_image=True), False),
    ],
)
def test_is_identity(step: Normalize, identity: bool) -> None:
    """A normalisation changes nothing where every mean is 0 and every std is the scale."""
    assert is_identity(step) is identity


def test_the_last_layout_and_type_count() -> None:
    """A normalisation makes floats of bytes, and leaves a type that was cast to before."""
    assert plain(Layout(source="HWC", target="CHW")).layout == "CHW"
    assert plain(Normalize(scale=2.0)).dtype == "float32"
    assert plain(Cast(dtype="float16"), Normalize(scale=2.0)).dtype == "float16"
    assert plain(Normalize(scale=2.0), Cast(dtype="float16")).dtype == "float16"


def test_a_swap_at_the_end_turns_constants_and_fills() -> None:
    """What stands before a swap of red and blue is reversed; two swaps are none; a swap to itself is none."""
    swap = Colour(source="RGB", target="BGR")
    pad = Pad(height=9, width=9, position="centre", fill=(1.0, 2.0, 3.0))
    norm = Normalize(mean=(4.0, 5.0, 6.0), std=(7.0, 8.0, 9.0))
    turned = plain(pad, norm, swap)
    assert turned.channels == "BGR"
    assert turned.decode == Decode(library="opencv", channels="BGR")
    assert turned.geometry == (Pad(height=9, width=9, position="centre", fill=(3.0, 2.0, 1.0)),)
    assert (turned.normalize.mean, turned.normalize.std) == ((6.0, 5.0, 4.0), (9.0, 8.0, 7.0))
    twice = plain(pad, norm, swap, Colour(source="BGR", target="RGB"))
    assert (twice.geometry, twice.normalize.mean, twice.channels) == ((pad,), (4.0, 5.0, 6.0), "RGB")
    assert plain(norm, Colour(source="RGB", target="RGB")).normalize.mean == (4.0, 5.0, 6.0)
    assert plain(swap, norm).normalize.mean == (4.0, 5.0, 6.0)


def test_padding_behind_the_normalisation_is_late() -> None:
    """Behind the last resize it keeps its units; before it, its fill is given in levels: fill * std + mean."""
    pad = Pad(height=9, width=9, position="centre", fill=(1.0,))
    norm = Normalize(mean=(10.0,), std=(2.0,))
    resize = Resize(
        mode="shorter", size=8, kernel="linear", antialias=False, subpixel=False, library="opencv", rounding="floor"
    )
    assert plain(resize, norm, pad).late == (pad,)
    assert plain(resize, norm, pad).geometry == (resize,)
    early = plain(norm, pad, resize)
    assert early.late == ()
    assert early.geometry[0] == Pad(height=9, width=9, position="centre", fill=(12.0,))
    assert early.geometry[1] == resize
    assert plain(resize, pad, norm).geometry == (resize, pad)
    assert plain(resize, Normalize(), pad).late == ()


def test_defaults_stay_where_one_normalisation_does_all() -> None:
    """Two that both change something keep the stars that both have; one beside an identity keeps its own."""
    free = with_defaults(Normalize(mean=(1.0,), std=(2.0,)), {"mean"})
    chosen = with_defaults(Normalize(mean=(1.0,), std=(2.0,)), {"std", "mean"})
    assert "std" in compose(Normalize(), free).defaulted
    assert "std" in compose(free, Normalize()).defaulted
    assert "std" not in compose(free, chosen).defaulted
    assert "axes" in compose(free, chosen).defaulted


def test_origins_are_the_last_ones() -> None:
    """A composed step comes from where its second part stands, or its first."""
    first, second = Normalize(scale=0.5, origin="a"), Normalize(scale=0.5, origin="b")
    assert compose(first, second).origin == "b"
    assert compose(first, Normalize(scale=0.5)).origin == "a"


def test_compose_by_hand() -> None:
    """(x * 2 - 1) / 4, then (y * 3 - 5) / 6: mean 1/2 + 5 * 2 / 3, std 2 * 6 / 3."""
    both = compose(Normalize(scale=2.0, mean=(1.0,), std=(4.0,)), Normalize(scale=3.0, mean=(5.0,), std=(6.0,)))
    assert both.mean == pytest.approx((0.5 + 10 / 3,))
    assert both.std == pytest.approx((4.0,))
