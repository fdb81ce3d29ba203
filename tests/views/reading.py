"""Pages as a test reads them: their elements, addresses, ids and visible words."""

from __future__ import annotations

import html.parser
import re


class Reader(html.parser.HTMLParser):
    """Collects open elements, addresses, ids and visible text, and notices an element that is closed without being open."""

    EMPTY = frozenset({"meta", "br", "img", "link", "hr", "input", "path", "use", "rect", "line"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember an element's addresses and id."""
        if tag not in self.EMPTY:
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href"):
                self.addresses.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember an element that closes itself."""
        self.handle_starttag(tag, attrs)
        if tag not in self.EMPTY:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Close the element that is open."""
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Collect text that a reader sees."""
        if not self.open or self.open[-1] not in ("style", "script"):
            self.words.append(data)


def words(page: str) -> str:
    """Return what a reader sees of a page, in one line."""
    return re.sub(r"\s+", " ", " ".join(Reader(page).words))
