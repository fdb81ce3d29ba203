"""Where an operator was written, as a person reads it."""

from __future__ import annotations

from pixelparity.sources.dali.graph import Origin


def test_an_origin_is_file_line_and_text() -> None:
    """The folder is left out; what a file does not say is empty."""
    assert str(Origin(file="/a/b/p.py", line=7, function="p", text="x = 1")) == "p.py:7 x = 1"
    assert str(Origin(text="x = 1")) == "x = 1"
    assert str(Origin()) == ""
    assert Origin().line == 0
