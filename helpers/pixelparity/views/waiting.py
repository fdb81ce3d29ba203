"""A mark that moves while a cell works for long without counting anything; it ends as a line that says how long it took.

The mark is moved by the browser, so it moves however busy the kernel is. Outside a notebook nothing is shown.
"""

from __future__ import annotations

import html
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pixelparity.views import style

_CSS = (
    ".skew-busy{display:flex;align-items:center;gap:10px;font-size:13px;color:var(--skew-muted);min-height:1.6em}"
    ".skew-busy i{position:relative;display:block;width:160px;height:8px;border-radius:4px;overflow:hidden;"
    "background:var(--skew-grid)}"
    ".skew-busy i::after{content:'';position:absolute;inset:0 70% 0 0;border-radius:4px;"
    "background:var(--skew-reference);animation:skew-busy 1.6s ease-in-out infinite alternate}"
    "@keyframes skew-busy{to{left:70%;right:0}}"
    "@media (prefers-reduced-motion:reduce){.skew-busy i::after{animation-duration:8s}}"
)


@contextmanager
def busy(text: str) -> Iterator[None]:
    """Show a moving mark with a text for as long as the block runs, then the seconds that it took."""
    if not _in_a_notebook():
        yield
        return
    from IPython.display import HTML, display

    started = time.monotonic()
    shown: Any = display(HTML(_html(text, running=True)), display_id=True)
    outcome = "stopped after"
    try:
        yield
        outcome = "took"
    finally:
        shown.update(HTML(_html(f"{text}: {outcome} {time.monotonic() - started:.1f} s", running=False)))


def _html(text: str, *, running: bool) -> str:
    said = html.escape(text)
    bar = f'<i role="progressbar" aria-label="{html.escape(text, quote=True)}"></i>' if running else ""
    tail = " …" if running else ""
    return f'<style>{style.theme_css()}{_CSS}</style><div class="skew skew-busy">{bar}<span>{said}{tail}</span></div>'


def _in_a_notebook() -> bool:
    """Tell whether a notebook's kernel runs this, without importing IPython where nobody has."""
    if "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None
