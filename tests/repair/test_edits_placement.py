"""Edits of borders and windows: the colour of a border, and where a picture lies in it."""

from __future__ import annotations

import pytest

from pixelparity.repair import edits_placement
from pixelparity.repair.script import Script

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
