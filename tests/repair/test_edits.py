"""Edits of channels and axes in a pipeline's text."""

from __future__ import annotations

import pytest

from pixelparity.repair import edits
from pixelparity.repair.edits_context import Context
from pixelparity.repair.script import Script
from tests.repair.texts import cause

HEAD = """from nvidia.dali import fn, pipeline_def, types


@pipeline_def
def p():
"""


def _found(family: str, *lines: str) -> list[str]:
    script = Script(HEAD + "".join(f"    {line}\n" for line in (*lines, "return images")), "p")
    return [one.source for one in edits.variants(script, cause(family), Context())]


@pytest.mark.parametrize(
    ("before", "after"),
    [("", "types.BGR"), (", output_type=types.RGB", "types.BGR"), (", output_type=types.BGR", "types.RGB")],
)
def test_a_decoder_gives_the_other_order(before: str, after: str) -> None:
    """Blue first where it was red first, which is what no type means, and the other way round."""
    found = _found(
        "channel_order", "jpegs = fn.external_source(name='IN')", f"images = fn.decoders.image(jpegs{before})"
    )
    assert any(f"fn.decoders.image(jpegs, output_type={after})" in source for source in found)


def test_fed_pictures_are_exchanged_behind_the_input() -> None:
    """Without a decoder a line behind the input, or one around a result that has a name, with the text's own prefix."""
    found = _found("channel_order", "images = fn.external_source(name='IN')")
    assert any("fn.color_space_conversion(images, image_type=types.RGB, output_type=types.BGR)" in s for s in found)
    assert any("fn.cat(" in source for source in found)


def test_a_conversion_too_many_goes() -> None:
    """The line that exchanges channels is one of the places to mend."""
    swap = "images = fn.color_space_conversion(images, image_type=types.RGB, output_type=types.BGR)"
    found = _found("channel_order", "images = fn.external_source(name='IN')", swap)
    assert any("color_space_conversion" not in source and "fn.cat(" not in source for source in found)


def test_a_transpose_gets_other_axes_and_a_reshape_becomes_one() -> None:
    """Channels first of rows before columns, or of columns before rows; what was only read anew is transposed."""
    fed = "images = fn.external_source(name='IN')"
    found = _found("layout", fed, "images = fn.transpose(images, perm=[0, 2, 1])")
    assert ["perm=[2, 0, 1]" in found[0], "perm=[1, 2, 0]" in found[1], len(found)] == [True, True, 2]
    (found_one,) = _found("layout", fed, "images = fn.reshape(images, shape=[3, 4, 5])")
    assert "images = fn.transpose(images, perm=[2, 0, 1])" in found_one
