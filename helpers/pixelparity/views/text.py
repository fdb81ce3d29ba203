"""Text of the command line in a notebook: lines wrap between words and keep their indent, where a print breaks words."""

from __future__ import annotations

import html
from dataclasses import dataclass

from pixelparity.views import style

_CSS = (
    ".skew-text{font-family:var(--jp-code-font-family,monospace);font-size:13px;line-height:1.45;margin:.3em 0;"
    "overflow-wrap:anywhere;white-space:pre-wrap}.skew-text div{min-height:1.45em}"
)


@dataclass(frozen=True)
class Text:
    """Lines of text as they are printed. A line that is too long goes on one step further in than it began."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        lines = "".join(_line(line) for line in self.text.rstrip("\n").split("\n"))
        return f'<style>{style.theme_css()}{_CSS}</style><div class="skew skew-text">{lines}</div>'


def _line(line: str) -> str:
    inside = line.lstrip(" ")
    indent = len(line) - len(inside) + 2
    return f'<div style="padding-left:{indent}ch;text-indent:-2ch">{html.escape(inside)}</div>'
