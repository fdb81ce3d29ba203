"""Numbers as people write them, and colours that can be read and told apart."""

from __future__ import annotations

import logging

import pytest

from pixelparity.views import style


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.25, "0.25"),
        (-1.5, "−1.5"),
        (1234.4, "1\u202f234"),
        (-20000, "−20\u202f000"),
        (3.14159, "3.14"),
        (1e-6, "1.0e−06"),
    ],
)
def test_numbers_have_three_digits_and_a_real_minus(value: float, text: str) -> None:
    """Worked by hand."""
    assert style.number(value) == text


@pytest.mark.parametrize(
    ("share", "text"), [(1.0, "100"), (0.99999, "99.9"), (0.0, "0"), (1e-6, "0.1"), (0.125, "12.5")]
)
def test_a_share_is_never_rounded_to_all_or_nothing(share: float, text: str) -> None:
    """99.999 percent is not all, and one in a million is not none."""
    assert style.percent(share) == f"{text}\u202f%"


def test_words_follow_their_count() -> None:
    """One level, two levels; one picture, no pictures."""
    assert (style.in_levels(1.0), style.in_levels(2.5)) == ("1 level", "2.5 levels")
    assert (style.plural(1, "picture"), style.plural(0, "picture")) == ("1 picture", "0 pictures")
    assert style.span((0.0, 255.0)) == "0 to 255"
    assert style.span((3.0, 3.0)) == "3"


def test_powers_of_ten_stay_short() -> None:
    """Up to a thousand in full, then with a raised exponent."""
    assert [style.power_of_ten(value) for value in (-1e5, -10.0, 0.0, 100.0, 1e4)] == ["−10⁵", "−10", "0", "100", "10⁴"]


def _luminance(colour: str) -> float:
    """Return WCAG's relative luminance of a colour."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palette", [style.LIGHT, style.DARK])
@pytest.mark.parametrize("name", ["ink", "muted", "reference", "deployed", "good", "guilty"])
def test_text_can_be_read_on_paper(palette: dict[str, str], name: str) -> None:
    """WCAG AA: a contrast of at least 4.5 between text and what is behind it."""
    for ground in ("paper", "panel", "tint"):
        if name in ("ink", "guilty") or ground != "tint":
            light, dark = sorted((_luminance(palette[name]), _luminance(palette[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_both_palettes_name_the_same_colours_and_each_colour_once() -> None:
    """Swapping by colour needs every colour to mean one thing."""
    assert set(style.LIGHT) == set(style.DARK)
    assert len(set(style.LIGHT.values())) == len(style.LIGHT)


def _seen_without(colour: str, matrix: list[list[float]]) -> list[float]:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return [sum(weight * part for weight, part in zip(row, parts, strict=True)) for row in matrix]


# Viénot, Brettel and Mollon 1999, as rows of (R, G, B): what eyes without red or without green cones make of a colour.
PROTANOPIA = [[0.112, 0.888, 0.0], [0.112, 0.888, 0.0], [0.004, -0.004, 1.0]]
DEUTERANOPIA = [[0.293, 0.707, 0.0], [0.293, 0.707, 0.0], [-0.022, 0.022, 1.0]]


@pytest.mark.parametrize("matrix", [PROTANOPIA, DEUTERANOPIA])
@pytest.mark.parametrize("palette", [style.LIGHT, style.DARK])
def test_the_two_sides_are_told_apart_by_colour_blind_eyes(palette: dict[str, str], matrix: list[list[float]]) -> None:
    """The colours of reference and deployed stay far apart."""
    ours, theirs = (_seen_without(palette[side], matrix) for side in style.SIDES)
    assert sum((a - b) ** 2 for a, b in zip(ours, theirs, strict=True)) ** 0.5 > 0.3


def test_a_font_with_one_weight_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    """What matplotlib says of it would stand red in a notebook; its other warnings are still heard."""
    logger = logging.getLogger("matplotlib.font_manager")
    logger.warning("Failed to find font weight %s for %s, now using %s.", "bold", "WenQuanYi Zen Hei", 500)
    logger.warning("Font family %r not found.", "Nothing")
    assert caplog.messages == ["Font family 'Nothing' not found."]
