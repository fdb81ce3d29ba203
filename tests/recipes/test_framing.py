"""A letterbox is one thing however it is spelled; what places, fills or limits otherwise stays another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pixelparity.recipes import Crop, Decode, Normalize, Pad, Recipe, Resize, Step
from pixelparity.recipes.diff import RecipeDiff, diff_recipes
from pixelparity.recipes.framing import framed

FIT = Resize(
    mode="not_larger", height=640, width=640, kernel="linear", antialias=False, subpixel=False, library="opencv",
    rounding="floor",
)  # fmt: skip
LONGER = replace(FIT, mode="longer", size=640, height=None, width=None)
CAPPED = replace(FIT, mode="shorter", size=640, height=None, width=None, max_size=640)
PAD = Pad(height=640, width=640, position="centre", fill=(114.0,))
CROP = Crop(height=640, width=640, rounding="floor", out_of_bounds="pad", fill=(114.0,))
CORNER = replace(CROP, anchor=(0.0, 0.0))


def edge(mode: str, size: int, cap: int | None = None) -> Resize:
    """Return a resize of an edge."""
    return replace(FIT, mode=mode, size=size, height=None, width=None, max_size=cap)


def box(mode: str, height: int, width: int, cap: int | None = None) -> Resize:
    """Return a resize of a box."""
    return replace(FIT, mode=mode, height=height, width=width, max_size=cap)


def diff(reference: tuple[Step, ...], deployed: tuple[Step, ...]) -> RecipeDiff:
    """Return the diff of two recipes with these steps behind a decoder."""
    decode = Decode(library="opencv", channels="RGB")
    return diff_recipes(*(Recipe(source="test", steps=(decode, *steps)) for steps in (reference, deployed)))


@pytest.mark.parametrize("resize", [FIT, LONGER, CAPPED, replace(FIT, oriented=True), replace(FIT, max_size=640)])
@pytest.mark.parametrize("window", [PAD, CROP, replace(PAD, height=None, width=None, divisor=640)])
def test_every_spelling_of_a_letterbox_is_the_same(resize: Resize, window: Step) -> None:
    """Boxes, edges, edges with a cap, boxes turned; a padding, a crop that pads, a padding to a multiple."""
    assert diff((FIT, PAD), (resize, window)).families == ()
    assert framed((resize, window)) == (FIT, CROP)


@pytest.mark.parametrize(
    ("window", "family"),
    [
        (replace(CROP, rounding="round"), "rounding"),
        (replace(PAD, position="top_left"), "padding_position"),
        (CORNER, "padding_position"),
        (replace(PAD, fill=(0.0,)), "padding_value"),
        (replace(PAD, height=672, width=672), "target_size"),
    ],
)
def test_what_a_letterbox_does_otherwise_is_said_as_that_alone(window: Step, family: str) -> None:
    """The odd pixel is a rounding, a corner a position, a colour a value, another window a size; nothing else is added."""
    for resize in (FIT, LONGER, CAPPED):
        assert diff((FIT, PAD), (resize, window)).families == (family,)


def test_the_odd_pixel_is_said_in_words() -> None:
    """The row says that it moves the picture by one pixel on odd sizes."""
    (row,) = diff((FIT, PAD), (LONGER, replace(CROP, rounding="round"))).differences
    assert (row.step, row.what, row.note) == ("crop", "rounding", "moves the picture by one pixel on odd sizes")


def test_the_corner_is_a_position_however_it_is_spelled() -> None:
    """A crop whose window starts at 0 and one that is padded below and to the right are the same, whatever they round."""
    for window in (CORNER, replace(CORNER, rounding="round"), replace(PAD, position="top_left")):
        assert diff((FIT, replace(PAD, position="top_left")), (LONGER, window)).families == ()


@pytest.mark.parametrize(
    ("step", "plain"),
    [
        (edge("shorter", 640, 500), box("not_larger", 500, 500)),
        (edge("shorter", 640, 700), box("not_smaller", 640, 640, 700)),
        (edge("longer", 640, 700), box("not_larger", 640, 640)),
        (edge("longer", 640, 500), box("not_larger", 500, 500)),
        (box("not_larger", 600, 400, 500), box("not_larger", 600, 400, 500)),
        (box("not_smaller", 600, 400, 600), box("not_larger", 600, 600)),
        (box("stretch", 600, 400, 300), box("stretch", 600, 400, 300)),
    ],
)
def test_caps_that_always_or_never_hold(step: Resize, plain: Resize) -> None:
    """A cap that never holds goes, one that always does is a box; one that depends on the picture stays."""
    assert framed((step,)) == (plain,)


@pytest.mark.parametrize(
    "steps",
    [
        (PAD,), (edge("shorter", 640), PAD), (box("not_larger", 700, 640), PAD), (PAD, PAD),
        (FIT, Crop(fraction=(7, 8), rounding="floor", out_of_bounds="error"), replace(PAD, height=600)),
        (replace(FIT, height=600, oriented=True), replace(PAD, height=600)),
    ],
)  # fmt: skip
def test_padding_that_may_not_reach_stays_padding(steps: tuple[Step, ...]) -> None:
    """Where a picture can be larger than the box, nothing is cut: that is no crop."""
    assert framed(steps)[-1] == steps[-1]


@pytest.mark.parametrize(
    ("before", "cuts"),
    [
        (replace(CROP, height=700), True),
        (replace(CROP, out_of_bounds="trim"), False),
        (replace(CROP, width=640), False),
    ],
)
def test_the_size_before_a_padding_may_come_from_a_crop(before: Crop, cuts: bool) -> None:
    """A window's size, or at most that where it is trimmed, is what the padding then sees."""
    assert isinstance(framed((before, PAD))[-1], Pad) == cuts


def test_a_cap_may_or_may_not_leave_the_window_inside() -> None:
    """An edge of at least the window's is no promise where a cap holds it down."""
    window = replace(CROP, height=600, width=600)
    changed = replace(window, fill=(0.0,))
    for cap, families in ((None, ()), (900, ("padding_value",))):
        resize = edge("shorter", 640, cap)
        assert diff((resize, window), (resize, changed)).families == families


@pytest.mark.parametrize(
    ("late", "fill", "families"),
    [(PAD, 114.0, ()), (CROP, 114.0, ()), (replace(PAD, position="top_left"), 114.0, ("padding_position",)),
     (PAD, 0.0, ("padding_order",))],
)  # fmt: skip
def test_filling_behind_the_normalisation_is_compared_in_levels(
    late: Pad | Crop, fill: float, families: tuple[str, ...]
) -> None:
    """A fill in normalised units that is the same grey is the same; another is a matter of the order."""
    normalize = Normalize(mean=(100.0,), std=(50.0,))
    behind = replace(late, fill=((fill - 100.0) / 50.0 if fill else 0.0,))
    found = diff((FIT, PAD, normalize), (LONGER, normalize, behind))
    assert found.families == families
    assert diff((LONGER, normalize, behind), (FIT, normalize, behind)).families == ()


def test_late_steps_of_two_kinds_are_compared() -> None:
    """Behind the normalisation too, a padding and a crop that pads have one form, and another fill is seen."""
    normalize = Normalize(mean=(100.0,), std=(50.0,))
    first, second = ((FIT, normalize, step) for step in (PAD, CROP))
    assert diff(first, second).families == ()
    assert diff(first, (FIT, normalize, replace(CROP, fill=(0.0,)))).families == ("padding_value",)
