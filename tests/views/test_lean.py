"""A figure in fewer characters is the same figure: points stay where they are, ids lead where they led."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from pixelparity.views import lean

POINTS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.5, 7.25, 12.345678]), st.floats(-500, 500, width=32)), min_size=1, max_size=12
)


def walk(path: str) -> list[tuple[float, float]]:
    """Return the points that a path of M, L, H and V visits."""
    here, found = (0.0, 0.0), []
    for command, numbers in re.findall(r"([MLHV])([^MLHVZz]*)", path):
        values = [float(value) for value in numbers.split()]
        x = here[0] if command == "V" else values[0]
        here = (x, here[1] if command == "H" else values[-1])
        found.append(here)
    return found


@given(POINTS)
def test_a_path_visits_the_same_points(points: list[tuple[float, float]]) -> None:
    """No point moves by more than half a hundredth, and none is left out."""
    text = "".join(f"{'L' if place else 'M'} {x:.6f} {y:.6f} \n" for place, (x, y) in enumerate(points)) + "z"
    (short,) = re.findall(r' d="([^"]*)"', lean.paths(f'<path d="{text}"/>'))
    assert short.endswith("z")
    seen = walk(short)
    assert len(seen) == len(points)
    assert all(abs(a - c) < 0.0051 and abs(b - d) < 0.0051 for (a, b), (c, d) in zip(points, seen, strict=True))


def test_steps_are_written_along_the_axes() -> None:
    """Two steps of a histogram, worked out by hand."""
    assert lean.paths('<path d="M 1.000000 2 L 3.5 2 \nL 3.5 4.256789 z"/>') == '<path d="M1 2H3.5V4.26z"/>'


def test_curves_keep_their_numbers() -> None:
    """What is not made of straight lines loses its spaces only."""
    assert lean.paths('<path d="M 10 20 Q 1.5 -2 3 4 L 3 5 z"/>') == '<path d="M10 20Q1.5 -2 3 4L3 5z"/>'


def test_positions_are_rounded_and_scales_are_not() -> None:
    """A scale of 0.085 that became 0.09 would stretch a whole word."""
    given = '<use x="1.23456" y="-0.001" transform="translate(10.00499 2.5) scale(0.085 -0.085)"/>'
    assert lean.positions(given) == '<use x="1.23" y="0" transform="translate(10 2.5) scale(0.085 -0.085)"/>'


def test_ids_lead_where_they_led() -> None:
    """Each reference finds its element; ids that nobody refers to are gone."""
    svg = '<path id="glyph-a"/><path id="glyph-b"/><g id="unused"/><use xlink:href="#glyph-b"/><g clip-path="url(#glyph-a)"/>'
    short = lean.names(svg, "s1")
    assert short == '<path id="s1-1"/><path id="s1-0"/><g/><use xlink:href="#s1-0"/><g clip-path="url(#s1-1)"/>'


def test_a_picture_that_is_shown_twice_is_held_once() -> None:
    """The second place refers to the first; each keeps its own place; a picture shown once stays as it is."""
    crisp = ' style="image-rendering:crisp-edges;image-rendering:pixelated"'
    one, other = (
        f'<image xlink:href="data:image/png;base64,{name}" width="4" height="3" transform="{{}}"{crisp}/>'
        for name in ("AAAA", "BBBB")
    )
    short = lean.pictures(one.format("scale(1)") + other.format("scale(2)") + one.format("scale(3)"), "s1")
    assert short.count("AAAA") == short.count("BBBB") == 1
    assert other.format("scale(2)") in short
    assert '<g transform="scale(1)"><image id="s1-p0"' in short
    assert short.endswith('<use xlink:href="#s1-p0" transform="scale(3)"/>')
