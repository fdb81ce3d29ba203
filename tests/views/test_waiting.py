"""The mark of a busy cell: moving while the block runs, then the time that it took; nothing outside a notebook."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pixelparity.views import busy, waiting


class Shown:
    """What a notebook would show, in order."""

    def __init__(self) -> None:
        self.pages: list[str] = []

    def update(self, page: Any) -> None:
        """Take the page that replaces the last one."""
        self.pages.append(page.data)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """Pretend that a notebook's kernel runs this, and return what it is given to show."""
    made = Shown()

    def display(page: Any, *, display_id: bool) -> Shown:
        made.update(page)
        return made

    monkeypatch.setattr(waiting, "_in_a_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    return made


def test_a_bar_moves_and_then_the_time_is_told(shown: Shown) -> None:
    """The bar has a name for those who cannot see it; when the block ends it is replaced by the seconds."""
    with busy("asking <the> engine"):
        assert len(shown.pages) == 1
        assert 'role="progressbar" aria-label="asking &lt;the&gt; engine"' in shown.pages[0]
    assert re.search(r"asking &lt;the&gt; engine: took \d+\.\d s", shown.pages[1])
    assert "progressbar" not in shown.pages[1]


def test_an_error_comes_through_and_stops_the_bar(shown: Shown) -> None:
    """A block that fails leaves no bar that moves for ever."""
    with pytest.raises(KeyError, match="no engine"), busy("asking"):
        raise KeyError("no engine")
    assert "asking: stopped after" in shown.pages[-1]
    assert "progressbar" not in shown.pages[-1]


def test_nothing_is_shown_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    """In a script or a test the block just runs."""
    with busy("asking"):
        ran = True
    assert ran
    assert capsys.readouterr().out == ""
