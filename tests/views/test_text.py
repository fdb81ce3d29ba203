"""Printed text as a notebook shows it."""

from __future__ import annotations

from pixelparity.views import Text


def test_lines_keep_their_indent_and_their_words() -> None:
    """Each line is a block of its own, two signs further in than it stands; plain text stays as it is."""
    shown = Text("one\n  two two\n\nthree\n")
    page = shown._repr_html_()
    assert page.count("<div style=") == 4
    assert '<div style="padding-left:4ch;text-indent:-2ch">two two</div>' in page
    assert "overflow-wrap:anywhere" in page
    assert repr(shown) == "one\n  two two\n\nthree\n"


def test_text_from_outside_is_escaped() -> None:
    """A file's name may look like a tag."""
    assert "<b>" not in Text("<b>name</b>")._repr_html_()
