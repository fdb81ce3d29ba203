"""Diagrams of reasoning: the ensemble with its guilty step, and the ladder of what was ruled out."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyBboxPatch
from matplotlib.textpath import TextPath

from pixelparity.errors import InputError
from pixelparity.views import style
from pixelparity.views.illustration import Illustration
from pixelparity.views.style import LIGHT, WIDTH, plural

# The diagram of an ensemble is 100 wide: the request, then boxes with a gap on both sides, then the answer.
_SOURCE, _ROOM, _LINE = 13.0, 78.0, 11.0
_BOX_TO_GAP = 1.6
_POINT = WIDTH * 72 / 100  # points per unit of the diagram


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One step of the elimination: what was checked, whether it held, and the measurement that says so.

    ``verdict`` is the word for what did not hold.
    """

    name: str
    ok: bool
    detail: str = ""
    verdict: str = "at fault"


@dataclass(frozen=True, kw_only=True)
class FlowStep:
    """One step of a served ensemble. ``kind`` is what runs it; ``output`` the tensor that it passes on, in words."""

    name: str
    kind: str = ""
    output: str = ""


@style.styled
def elimination_ladder(steps: Sequence[Rung], *, title: str | None = None) -> Illustration:
    """Draw what was checked from top to bottom, cleared or at fault, with the measurement beside each."""
    if not steps:
        raise InputError("the ladder has no rung; give at least one check")
    faults = [step.name for step in steps if not step.ok]
    finding = title or (
        f"{len(steps) - len(faults)} of {len(steps)} suspects cleared; at fault: {', '.join(faults)}"
        if faults
        else "All checks hold: nothing is at fault"
    )
    figure = style.new_figure(WIDTH, 0.62 * len(steps) + 0.75)
    style.headline(figure, finding)
    axis = figure.subplots()
    style.bare(axis)
    axis.set_xlim(0, 100)
    axis.set_ylim(len(steps) - 0.45, -0.55)
    for place, step in enumerate(steps):
        _draw_rung(axis, place, step)
    rows = ". ".join(f"{n}. {s.name}: {_verdict(s.ok)}. {s.detail}".rstrip(". ") for n, s in enumerate(steps, 1))
    return Illustration(figure=figure, alt=f"Elimination, step by step. {finding}. {rows}.", name="elimination_ladder")


@style.styled
def flow_diagram(
    steps: Sequence[FlowStep],
    *,
    guilty: str | None = None,
    source: str = "client's picture",
    title: str | None = None,
) -> Illustration:
    """Draw an ensemble from the request to the answer, with the tensor on every edge; mark the step called ``guilty``."""
    names = [step.name for step in steps]
    if not steps or (guilty is not None and guilty not in names):
        raise InputError(f"no step {guilty!r} to mark, there are {', '.join(names) or 'none'}")
    finding = title or (
        f"The fault is in the step {guilty}" if guilty else f"A request passes {plural(len(steps), 'step')}"
    )
    figure = style.new_figure(WIDTH, 2.0)
    style.headline(figure, finding)
    axis = figure.subplots()
    style.bare(axis)
    axis.set_xlim(0, 100)
    axis.set_ylim(3, 19)
    gap = _ROOM / (len(steps) * _BOX_TO_GAP + len(steps) + 1)
    axis.text(0, _LINE, "\n".join(textwrap.wrap(source, 15)), va="center", fontsize=9, color=LIGHT["ink"])
    _arrow(axis, _SOURCE, _SOURCE + gap)
    for place, step in enumerate(steps):
        left = _SOURCE + gap + place * gap * (1 + _BOX_TO_GAP)
        right = left + gap * _BOX_TO_GAP
        _box(axis, left, right, step, guilty=step.name == guilty)
        _arrow(axis, right, right + gap)
        _edge(axis, right, gap, step.output)
    axis.text(_SOURCE + _ROOM + 1, _LINE, "answer", va="center", fontsize=9, color=LIGHT["ink"])
    rows = ", then ".join(f"{s.name} ({s.kind}) passes on {s.output}" if s.output else s.name for s in steps)
    return Illustration(
        figure=figure, alt=f"Diagram of the ensemble. {finding}. {source}, then {rows}.", name="flow_diagram"
    )


def _draw_rung(axis: Axes, place: int, step: Rung) -> None:
    colour = LIGHT["good"] if step.ok else LIGHT["guilty"]
    box = FancyBboxPatch((0.4, place - 0.36), 99.2, 0.72, boxstyle="round,pad=0,rounding_size=0.12", mutation_aspect=0.1,
                         facecolor=LIGHT["panel"] if step.ok else LIGHT["tint"], edgecolor="none")  # fmt: skip
    axis.add_patch(box)
    if place:
        axis.plot([3, 3], [place - 0.72, place - 0.28], color=LIGHT["neutral"], linewidth=1.5, zorder=1)
    axis.scatter(3, place, s=230, color=colour, zorder=2)
    mark = "\N{CHECK MARK}" if step.ok else "\N{BALLOT X}"
    axis.text(
        3,
        place,
        mark,
        ha="center",
        va="center_baseline",
        color=LIGHT["paper"],
        fontsize=11,
        fontweight="bold",
        zorder=3,
    )
    name = "\n".join(textwrap.wrap(step.name, 44)[:2])
    axis.text(6.2, place, name, va="center", fontsize=9.5, fontweight="bold", color=LIGHT["ink"])
    axis.text(98.6, place, _verdict(step.ok), va="center", ha="right", fontsize=9, fontweight="bold", color=colour)
    axis.text(46, place, "\n".join(textwrap.wrap(step.detail, 58)[:2]), va="center", fontsize=8.5, color=LIGHT["muted"])


def _verdict(ok: bool) -> str:
    return "cleared" if ok else "at fault"


def _box(axis: Axes, left: float, right: float, step: FlowStep, *, guilty: bool) -> None:
    edge, face, ink = (
        (LIGHT["guilty"], LIGHT["tint"], LIGHT["guilty"])
        if guilty
        else (LIGHT["neutral"], LIGHT["panel"], LIGHT["ink"])
    )
    box = FancyBboxPatch((left, _LINE - 5), right - left, 10, boxstyle="round,pad=0,rounding_size=1", mutation_aspect=1.0,
                         facecolor=face, edgecolor=edge, linewidth=2.4 if guilty else 1.0, label="step")  # fmt: skip
    axis.add_patch(box)
    middle = (left + right) / 2
    name, size = _fitted(step.name, (right - left) * _POINT * 0.92)
    axis.text(middle, _LINE + 0.6, name, ha="center", va="bottom", fontsize=size, fontweight="bold", color=ink)
    kind = "\n".join(textwrap.wrap(step.kind, max(10, int((right - left) * 1.25)))[:3])
    axis.text(middle, _LINE - 0.6, kind, ha="center", va="top", fontsize=7.5, color=LIGHT["muted"])
    if guilty:
        axis.text(middle, _LINE + 6.6, "\N{BLACK DOWN-POINTING TRIANGLE} the fault is here", ha="center", va="center",
                  fontsize=8.5, fontweight="bold", color=LIGHT["guilty"])  # fmt: skip


def _fitted(name: str, room: float) -> tuple[str, float]:
    """Return a name and its size in points so that it fits a box: on one line, or parted at a sign near its middle."""
    if _width(name, weight="bold") * 8.0 > room:
        signs = [place for place, sign in enumerate(name[:-1], 1) if not sign.isalnum()]
        if signs:
            middle = min(signs, key=lambda place: abs(place - len(name) / 2))
            name = f"{name[:middle]}\n{name[middle:]}"
    return name, min(9.0, room / max(_width(line, weight="bold") for line in name.split("\n")))


def _width(text: str, *, weight: str = "normal") -> float:
    """Return how wide a line of text is, in its size; never nothing."""
    if not text.strip():
        return 0.1
    font = FontProperties(family="DejaVu Sans", weight=weight)
    return max(0.1, float(TextPath((0, 0), text, size=1.0, prop=font).get_extents().width))


def _edge(axis: Axes, left: float, gap: float, text: str) -> None:
    """Write what passes along an edge under it, as large as its longest word allows."""
    room = gap * _POINT
    size = min(7.5, 0.86 * room / max(map(_width, text.split()), default=1.0))
    letters = max(1, int(room / (0.6 * size)))
    lines = textwrap.wrap(text, max(letters, *map(len, text.split()), 1), break_long_words=False)
    axis.text(left + gap / 2, _LINE - 1.2, "\n".join(lines), ha="center", va="top", fontsize=size, color=LIGHT["muted"])


def _arrow(axis: Axes, start: float, end: float) -> None:
    arrow = {"arrowstyle": "-|>", "color": LIGHT["neutral"], "lw": 1.5, "shrinkA": 0, "shrinkB": 0}
    axis.annotate("", (end, _LINE), (start, _LINE), arrowprops=arrow)
