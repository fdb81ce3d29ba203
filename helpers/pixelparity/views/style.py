"""The one style of all views: colours, fonts and number formats, for light and dark backgrounds.

Colours are told apart by people with any colour vision (reference, deployed and good come from Okabe and Ito's set, darkened
until text in them has a contrast of 4.5 on paper) and are never the only sign: sides also differ in line style and hatch,
verdicts in a mark and a word.
"""

from __future__ import annotations

import functools
import logging
import math
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import matplotlib
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

P = ParamSpec("P")
R = TypeVar("R")

#: Colours by what they mean. Figures are drawn in LIGHT; a page swaps each colour for its twin in DARK.
LIGHT = {
    "ink": "#1b1f24", "muted": "#59636e", "grid": "#dde2e8", "paper": "#ffffff", "panel": "#f4f6f8",
    "reference": "#0069a8", "deployed": "#b94c00", "good": "#00755a", "guilty": "#9c1f5c", "tint": "#fbeaf2",
    "neutral": "#8a94a0", "first": "#e8a33d", "second": "#3b4a6b",
}  # fmt: skip
DARK = {
    "ink": "#e8ebef", "muted": "#a3adb8", "grid": "#363d46", "paper": "#15191e", "panel": "#1e242b",
    "reference": "#5db7f0", "deployed": "#f0994f", "good": "#3fcf9f", "guilty": "#ff8ac0", "tint": "#3a2030",
    "neutral": "#7d8894", "first": "#e8b45e", "second": "#8fa3d1",
}  # fmt: skip

#: Inches: as wide as a notebook or a printed page shows a figure without making its text small.
WIDTH = 8.8
SIDES = ("reference", "deployed")
LINES: dict[str, Any] = {"reference": "-", "deployed": (0, (4, 1.5))}
HATCHES = {"reference": "", "deployed": "////"}

#: Where a page is dark: JupyterLab and the classic notebook, VS Code, and our own report when the reader's system is.
_DARK_PLACES = ('[data-jp-theme-light="false"] .skew', ".vscode-dark .skew", '[data-theme="dark"] .skew')
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_OTHER_SCRIPTS = ("Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "WenQuanYi Zen Hei")


# A font for other scripts that has one weight only is used as it is; matplotlib's warning of it would stand red in a notebook.
logging.getLogger("matplotlib.font_manager").addFilter(
    lambda record: "Failed to find font weight" not in record.getMessage()
)


def variables(palette: dict[str, str]) -> str:
    """Return a palette as CSS custom properties: ``--skew-ink:#1b1f24;...``."""
    return "".join(f"--skew-{name}:{colour};" for name, colour in palette.items())


def theme_css(*, follow_system: bool = False) -> str:
    """Return the CSS that gives everything of class ``skew`` its colours.

    ``follow_system`` also follows the reader's system (for a page of our own; a notebook has its own switch). Print is
    always light.
    """
    rules = [f".skew{{{variables(LIGHT)}color:var(--skew-ink);}}"]
    rules.append(f"{','.join(_DARK_PLACES)}{{{variables(DARK)}}}")
    if follow_system:
        rules.append(f"@media (prefers-color-scheme:dark){{.skew{{{variables(DARK)}}}}}")
    rules.append(f"@media print{{.skew{{{variables(LIGHT)}}}}}")
    return "".join(rules)


@functools.cache
def settings() -> Any:
    """Return matplotlib's settings for our figures. Text is never read as mathematics: file names may hold a ``$``."""
    installed = set(font_manager.get_font_names())
    return {
        "font.family": ["DejaVu Sans", *[name for name in _OTHER_SCRIPTS if name in installed]],
        "font.size": 9.0,
        "text.color": LIGHT["ink"],
        "text.parse_math": False,
        "axes.titlesize": 9.0,
        "axes.titlelocation": "left",
        "axes.labelsize": 8.5,
        "axes.labelcolor": LIGHT["muted"],
        "axes.edgecolor": LIGHT["neutral"],
        "axes.facecolor": LIGHT["paper"],
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.grid": False,
        "axes.unicode_minus": True,
        "grid.color": LIGHT["grid"],
        "grid.linewidth": 0.8,
        "xtick.color": LIGHT["neutral"],
        "ytick.color": LIGHT["neutral"],
        "xtick.labelcolor": LIGHT["muted"],
        "ytick.labelcolor": LIGHT["muted"],
        "xtick.labelsize": 8.0,
        "ytick.labelsize": 8.0,
        "figure.facecolor": LIGHT["paper"],
        "figure.edgecolor": LIGHT["paper"],
        "savefig.facecolor": LIGHT["paper"],
        "hatch.linewidth": 0.6,
        "legend.frameon": False,
        "legend.fontsize": 8.5,
        "svg.hashsalt": "skew",
        "svg.fonttype": "path",
    }


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Run a drawing function under our settings and leave matplotlib's own as they were."""

    @functools.wraps(draw)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with matplotlib.rc_context(settings()):
            return draw(*args, **kwargs)

    return inside


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of that many inches that belongs to no window and no global state."""
    spaced = ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.06, wspace=0.02, hspace=0.02)
    return Figure(figsize=(width, height), layout=spaced)


def headline(figure: Figure, text: str, detail: str = "") -> None:
    """Write the finding at the figure's top left, wrapped to its width, and a smaller line of detail under it."""
    width = int(figure.get_size_inches()[0] * 10.4)
    lines = _wrap(text, width)
    figure.suptitle(lines, x=0.012, ha="left", fontsize=11.5, fontweight="bold", color=LIGHT["ink"])
    if detail:
        figure.supxlabel(detail, x=0.012, ha="left", fontsize=8.5, color=LIGHT["muted"])


def bare(axes: Axes) -> None:
    """Take ticks and frame away, for pictures and diagrams."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def number(value: float) -> str:
    """Return a number as a person writes it: three significant digits, thousands apart, no exponent where it can be helped."""
    value = float(value)
    size = abs(value)
    if value == 0:
        return "0"
    if size >= 1000:
        return f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}").replace("-", "\N{MINUS SIGN}")
    text = f"{value:.3g}" if size >= 1e-4 else f"{value:.1e}"
    return text.replace("-", "\N{MINUS SIGN}")


def span(bounds: tuple[float, float]) -> str:
    """Return a range of values as words: ``0 to 255``."""
    low, high = (number(value) for value in bounds)
    return low if low == high else f"{low} to {high}"


def powers(axis: Axis, top: float) -> None:
    """Put ticks at powers of ten up to ``top`` on a logarithmic axis of counts, every second one where there are many."""
    last = max(0, math.floor(math.log10(max(top, 1.0))))
    step = 1 if last < 4 else 2
    ticks = [0.0, *[10.0**power for power in range(0, last + 1, step)]]
    axis.set_ticks(ticks, labels=[power_of_ten(tick) for tick in ticks])
    axis.set_tick_params(which="minor", length=0)


def power_of_ten(value: float) -> str:
    """Return a power of ten, or its negative, as a short label: ``100``, ``10⁵``."""
    sign = "\N{MINUS SIGN}" if value < 0 else ""
    size = abs(value)
    if size < 10_000:
        return f"{sign}{number(size)}"
    return f"{sign}10" + str(round(math.log10(size))).translate(_RAISED)


def in_levels(value: float) -> str:
    """Return a number of levels as words: ``1 level``, ``2.5 levels``."""
    text = number(value)
    return f"{text} level" if text == "1" else f"{text} levels"


def sentence(text: str) -> str:
    """Return a text with a capital and a full stop, unless it begins like code."""
    text = text.strip()
    first = text.split(" ", 1)[0]
    if text and not any(sign in first for sign in "_.()="):
        text = text[0].upper() + text[1:]
    return text if not text or text[-1] in ".!?" else f"{text}."


def plural(count: int, noun: str) -> str:
    """Return ``1 picture``, ``2 pictures``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def percent(share: float) -> str:
    """Return a share of one in percent; never rounded up to 100 or down to 0."""
    text = f"{share * 100:.1f}".removesuffix(".0")
    if text == "100" and share < 1:
        text = "99.9"
    if text == "0" and share > 0:
        text = "0.1"
    return f"{text}\N{NARROW NO-BREAK SPACE}%"


def _wrap(text: str, width: int) -> str:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join([*lines, line])
