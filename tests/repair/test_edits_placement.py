"""Edits of borders and windows: the colour of a border, and where a picture lies in it."""

from __future__ import annotations

import pytest

from pixelparity.repair import edits_placement
from pixelparity.repair.edits_context import Context
from pixelparity.repair.script import Script
from tests.repair.texts import cause

HEAD = """from nvidia.dali import fn, pipeline_def


@pipeline_def
def p():
    images = fn.external_source(name='IN')
"""


@pytest.mark.parametrize(
    ("line", "fill", "after"),
    [
        ("fn.pad(images, shape=(40, 50, 3))", (7.0,), "fn.pad(images, shape=(40, 50, 3), fill_value=7.0)"),
        # Equal numbers are one, and fn.pad has a place for one; several numbers need a crop.
        ("fn.pad(images, shape=(40, 50, 3))", (7.0, 7.0, 7.0), "fn.pad(images, shape=(40, 50, 3), fill_value=7.0)"),
        ("fn.pad(images, shape=(40, 50, 3))", (7.0, 8.0, 9.0), "fill_values=[7.0, 8.0, 9.0], crop_pos_x=0.0"),
        ("fn.paste(images, ratio=2.0)", (7.0,), "fn.paste(images, ratio=2.0, fill_value=[7, 7, 7])"),
        ("fn.crop(images, crop=(4, 4), out_of_bounds_policy='pad')", (7.0,), "policy='pad', fill_values=7.0)"),
    ],
)
def test_a_colour_is_written_where_the_call_has_it(line: str, fill: tuple[float, ...], after: str) -> None:
    """Each operator has an argument of its own for what it fills with."""
    script = Script(f"{HEAD}    return {line}\n", "p")
    call = script.calls[-1]
    (found,) = edits_placement._filled(script, call, fill)
    assert after in found.source


def test_a_call_that_fills_nothing_has_no_colour() -> None:
    """A window within the picture has no border."""
    script = Script(f"{HEAD}    return fn.crop(images, crop=(4, 4))\n", "p")
    assert edits_placement._filled(script, script.calls[-1], (7.0,)) == []


@pytest.mark.parametrize(
    ("line", "wanted", "after"),
    [
        ("fn.crop(images, crop=(4, 4), out_of_bounds_policy='pad')", "start", ["crop_pos_x=0.0, crop_pos_y=0.0"]),
        ("fn.crop(images, crop=(4, 4), out_of_bounds_policy='pad')", "end", ["crop_pos_x=1.0, crop_pos_y=1.0"]),
        ("fn.crop(images, crop=(4, 4))", "centre", []),
        ("fn.paste(images, ratio=2.0)", "end", ["paste_x=1.0, paste_y=1.0"]),
        ("fn.pad(images, shape=(4, 4, 3))", "centre", ['fn.crop(images, crop=(4, 4), out_of_bounds_policy="pad")']),
        (
            "fn.pad(images, shape=(4, 4, 3))",
            "end",
            [],
        ),  # fn.pad fills behind the picture, and a crop in its place is centred
        ("fn.pad(images, shape=(4, 4, 3))", "start", []),
    ],
)
def test_a_picture_is_moved_in_its_border(line: str, wanted: str, after: list[str]) -> None:
    """Each operator has an argument of its own for the place; ``fn.pad`` has none, and becomes a crop for the middle alone."""
    script = Script(f"{HEAD}    return {line}\n", "p")
    found = edits_placement.padding_position(script, cause("padding_position", reference=wanted), Context())
    assert len(found) == len(after)
    assert all(text in one.source for text, one in zip(after, found, strict=True))
