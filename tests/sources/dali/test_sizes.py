"""Sizes computed in a DALI graph, put into words."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelparity.recipes import Resize
from pixelparity.sources import dali

HEAD = """
from nvidia.dali import fn, math, pipeline_def, types

@pipeline_def
def p():
    images = fn.external_source(name="IN", layout="HWC")
    shape = images.shape(dtype=types.INT32)
    height, width = shape[0], shape[1]
    short = math.min(height, width)
"""


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("{edge} * 24 // short", ("shorter", 24, "floor")),
        ("({edge} * 24 + short - 1) // short", ("shorter", 24, "ceil")),
        ("({edge} * 48 + short) // (short * 2)", ("shorter", 24, "floor_plus_half")),
        ("({edge} * 46 + short) // (short * 2)", ("shorter", 23, "floor_plus_half")),
        ("{edge} * 24 // height", ("height", 24, "floor")),
        ("{edge} * 24 // width", ("width", 24, "floor")),
    ],
)
def test_a_rule_of_both_edges_has_words(tmp_path: Path, rule: str, words: tuple[str, int, str]) -> None:
    """The edge that becomes the number, and how the other one is rounded: also where twice the number is written."""
    file = tmp_path / "p.py"
    edges = ", ".join(f"({rule.format(edge=edge)}) * 1.0" for edge in ("height", "width"))
    file.write_text(f"{HEAD}    return fn.resize(images, size=fn.stack({edges}))\n")
    resize = dali.recipe(f"{file}:p").steps[-1]
    assert isinstance(resize, Resize)
    assert (resize.mode, resize.size, resize.rounding) == words
    if "short" in rule:  # the others make nothing of a picture that is much longer than high
        assert "come out a pixel different" not in resize.origin
