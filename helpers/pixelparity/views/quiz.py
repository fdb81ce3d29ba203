"""An exercise of the fault gallery as widgets: choose what to measure, name the cause, see the mend.

What is right is what the diagnosis confirmed. Plain widgets, like the explorer; where no kernel runs the outputs, the
choices and the answer (folded) stand in their place.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import ipywidgets as widgets
import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import families
from pixelparity.diagnosis.results import Comparison, Diagnosis, StageComparison
from pixelparity.errors import InputError
from pixelparity.stages import Capture
from pixelparity.views import figures, style
from pixelparity.views.controls import KEYS, keep_keys
from pixelparity.views.illustration import Illustration
from pixelparity.views.table import TABLE_CSS, Table

_CSS = f"<style>{style.theme_css()}{TABLE_CSS}</style>"


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """One exercise, worked out. ``found`` compares reference and deployed, ``after`` reference and mended.

    ``answers`` holds the model's probabilities, shape (pictures, classes), of ``reference``, ``deployed`` and ``mended``;
    ``choices`` the families to choose from; ``mend`` the difference of the two pipelines as HTML.
    """

    number: int
    title: str
    story: str
    thread: str
    choices: tuple[str, ...]
    reference: Capture
    deployed: Capture
    found: Diagnosis
    after: Diagnosis
    answers: Mapping[str, NDArray[Any]]
    classes: tuple[str, ...]
    mend: str

    @property
    def right(self) -> tuple[str, ...]:
        """Return the families that the diagnosis has confirmed."""
        return tuple(cause.family for cause in self.found.causes)


def ask(case: Case, *, solved: bool = False, keep: Callable[[], None] | None = None) -> Quiz:
    """Return an exercise; shown by a notebook as the last line of a cell. ``keep`` is called when it is solved."""
    unknown = [family for family in (*case.choices, *case.right) if family not in families.FAMILIES]
    hidden = [family for family in case.right if family not in case.choices]
    if unknown or hidden:
        raise InputError(
            f"exercise {case.number} cannot be answered: {', '.join(unknown + hidden)} is not among its choices; add it"
        )
    return Quiz(case, solved=solved, keep=keep or (lambda: None))


def levels_off(comparison: Comparison) -> float:
    """Return the mean absolute difference of the final tensors in levels of 255; not a number where shapes differ."""
    final = comparison.stages[-1]
    return float("nan") if final.mean_abs is None else final.mean_abs / final.level


class Quiz:
    """What :func:`ask` returns: the exercise, its controls, and the screens that they change."""

    def __init__(self, case: Case, *, solved: bool, keep: Callable[[], None]) -> None:
        self.case, self.solved, self._keep = case, solved, keep
        wide = widgets.Layout(width="auto")
        self.measure = widgets.Dropdown(options=list(_MEASURES), description="Measure", layout=wide)
        self.boxes = {
            family: widgets.Checkbox(description=f"{family}: {families.of(family).words}", indent=False, layout=wide)
            for family in case.choices
        }
        self.check = widgets.Button(description="Check", button_style="primary", tooltip="Compare with the diagnosis")
        self.mend = widgets.Button(
            description="Mend it", disabled=not solved, tooltip="Run the mended pipeline's answers"
        )
        self.measured, self.verdict, self.mended = (widgets.HTML() for _ in range(3))
        self.measure.observe(lambda change: self._show_measure(), "value")
        self.check.on_click(lambda button: self._check())
        self.mend.on_click(lambda button: self._show_mend())
        self._show_measure()
        if solved:
            self.verdict.value = _page("<p>You have solved this one before. Check again to see why.</p>")
        root = widgets.VBox(
            [
                widgets.HTML(_page(_head(case)) + KEYS),
                self.measure,
                self.measured,
                widgets.HTML(_page("<p><b>What is wrong?</b> Tick all that you are sure of.</p>")),
                *self.boxes.values(),
                widgets.HBox([self.check, self.mend]),
                self.verdict,
                self.mended,
            ],
            layout=widgets.Layout(width="100%"),
        )
        self.widget = keep_keys(root)

    def answer(self, *families: str) -> bool:
        """Tick families as a person would, press Check, and return whether they are right."""
        unknown = [family for family in families if family not in self.boxes]
        if unknown:
            raise InputError(f"{unknown[0]!r} is not a choice here, there are {', '.join(self.boxes)}")
        for family, box in self.boxes.items():
            box.value = family in families
        return self._check()

    def static(self) -> str:
        """Return what stands in the exercise's place where no kernel runs, as HTML."""
        case = self.case
        choices = "".join(f"<li><code>{family}</code>: {families.of(family).words}</li>" for family in case.choices)
        note = "<p>Run the notebook to measure, to answer and to mend.</p>"
        text = f"{_head(case)}{_outputs(case)}<p><b>What is wrong?</b></p><ul>{choices}</ul>"
        folded = f"<details><summary>The answer</summary>{_reasons(case)}{_mend(case)}</details>"
        return _page(text + folded + note)

    def _chosen(self) -> set[str]:
        return {family for family, box in self.boxes.items() if box.value}

    def _show_measure(self) -> None:
        self.measured.value = _page('<p role="status">Measuring …</p>')
        self.measured.value = _page(_MEASURES[self.measure.value](self.case))

    def _check(self) -> bool:
        """Compare what is ticked with the diagnosis; explain when it is right, and point to a place when it is not."""
        case, chosen = self.case, self._chosen()
        self.verdict.value = _page('<p role="status">Comparing with the diagnosis …</p>')
        if chosen != set(case.right):
            self.verdict.value = _page(f'<div role="status">{_refusal(case, chosen)}</div>')
            return False
        shown = f"{_reasons(case)}{_histograms(case, final=True)}{_strip(case)}"
        self.verdict.value = _page(f'<div role="status"><p><b>Right.</b></p>{shown}</div>')
        self.mend.disabled = False
        if not self.solved:
            self.solved = True
            self._keep()
        return True

    def _show_mend(self) -> None:
        self.mended.value = _page(_mend(self.case))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Mapping[str, Any]:  # noqa: ARG002 - IPython's names
        return {
            **self.widget._repr_mimebundle_(),
            "text/html": self.static(),
            "text/plain": f"Exercise {self.case.number}: {self.case.title}. {_symptom(self.case)}",
        }


def _page(inside: str) -> str:
    return f'{_CSS}<div class="skew" style="font-size:14px;line-height:1.5">{inside}</div>'


def _head(case: Case) -> str:
    title, story = html.escape(case.title), html.escape(case.story)
    return f"<p><b>{case.number}. {title}.</b> {story}</p><p>{html.escape(_symptom(case))}</p>"


def _symptom(case: Case) -> str:
    """Say what the deployed model answers, counted from its outputs."""
    reference, deployed = case.answers["reference"], case.answers["deployed"]
    winners = deployed.argmax(axis=1)
    same, moved = int((winners == reference.argmax(axis=1)).sum()), float(np.abs(deployed - reference).max())
    constant = ", and every picture gets the same class" if len(set(winners.tolist())) == 1 else ""
    return (
        f"Symptom: {same} of {len(winners)} pictures get the reference's class{constant}; a probability moves by up to "
        f"{moved:.2g}."
    )


def _refusal(case: Case, chosen: set[str]) -> str:
    if not chosen:
        return "<p><b>Nothing is ticked.</b> Measure first, then tick what you are sure of.</p>"
    wrong = [family for family in case.choices if family in chosen - set(case.right)]
    said = [f"Undoing <code>{family}</code> is nothing that the diagnosis could confirm." for family in wrong]
    if not wrong:
        said = ["What is ticked is right; something is left when it is undone."]
    first = case.found.first_divergence or case.reference.final.name
    return (
        f"<p><b>Not yet.</b> {' '.join(said)} The sides part first at the stage <code>{html.escape(first)}</code>.</p>"
    )


def _reasons(case: Case) -> str:
    """Explain each cause: the finding, and how much of the difference went when it was undone."""
    items = "".join(
        f"<li><code>{cause.family}</code>: {html.escape(cause.text.rstrip('.'))}. Undoing it removed "
        f"{style.percent(cause.evidence.removed)} of its difference on {cause.evidence.images} held-out pictures.</li>"
        for cause in case.found.causes
    )
    link = html.escape(case.thread, quote=True)
    short = html.escape(case.thread.removeprefix("https://github.com/"))
    return f'<ul>{items}</ul><p>It happened in public: <a href="{link}">{short}</a>.</p>'


def _mend(case: Case) -> str:
    before, after = (style.number(levels_off(found.comparison)) for found in (case.found, case.after))
    said = (
        f"<p>The final tensors were {before} levels off on average and are {after} off now: the verdict is "
        f"<code>{case.after.verdict}</code>. What has changed in the pipeline:</p>"
    )
    return said + case.mend + _outputs(case, mended=True)


@lru_cache(maxsize=64)  # a case is one object, and a page shows the same bars more than once
def _outputs(case: Case, *, mended: bool = False) -> str:
    if not mended:
        table = {name: case.answers[name] for name in ("deployed", "reference")}
        return figures.outputs_bar(table, case.classes).html()
    same = int((case.answers["mended"].argmax(axis=1) == case.answers["reference"].argmax(axis=1)).sum())
    title = f"Mended: {same} of {len(case.answers['mended'])} pictures get the reference's class"
    table = {name: case.answers[name] for name in ("deployed", "mended", "reference")}
    return figures.outputs_bar(table, case.classes, title=title).html()


def _ranges(case: Case) -> str:
    rows = tuple(_range_row(pair) for pair in case.found.comparison.stages)
    columns = ("stage", "reference", "deployed", "shapes", "correlation", "mean difference (levels)")
    return f'<div class="skew-table">{Table(columns=columns, rows=rows).html()}</div>'


def _range_row(pair: StageComparison) -> tuple[str, ...]:
    shapes = " / ".join("x".join(str(side) for side in shape) for shape in (pair.reference_shape, pair.deployed_shape))
    ranges = [f"{low:.4g} .. {high:.4g}" for low, high in (pair.reference_range, pair.deployed_range)]
    correlation = "\N{EN DASH}" if pair.correlation is None else f"{pair.correlation:.3f}"
    mean = "\N{EN DASH}" if pair.mean_abs is None else style.number(pair.mean_abs / pair.level)
    return (pair.reference.name, *ranges, shapes, correlation, mean)


def _histograms(case: Case, *, final: bool = False) -> str:
    stage = case.found.comparison.stages[-1].reference.name if final else None
    return figures.stage_histograms(case.found.comparison, stage=stage).html()


def _strip(case: Case) -> str:
    drawn: Illustration = figures.tensor_strip(
        case.reference, case.deployed, _telling(case), first_divergence=case.found.first_divergence
    )
    return drawn.html()


def _telling(case: Case) -> str:
    """Return the picture whose answer moved most: in some exercises the others show nothing."""
    moved = np.abs(case.answers["deployed"] - case.answers["reference"]).max(axis=1)
    return case.reference.images[int(moved.argmax())]


_MEASURES: dict[str, Callable[[Case], str]] = {
    "the model's answers": _outputs,
    "ranges, shapes, correlation of each stage": _ranges,
    "histograms of each stage": _histograms,
    "one picture through all stages": _strip,
}
