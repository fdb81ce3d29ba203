"""What the model answers: a bar per picture, the ranges of its activations, and what each cause costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from numpy.typing import ArrayLike, NDArray

from pixelparity.diagnosis.results import Cause
from pixelparity.errors import InputError
from pixelparity.views import style
from pixelparity.views.illustration import Illustration
from pixelparity.views.style import LIGHT, WIDTH, number, percent, span

_LABELS = 40  # pictures that get their name below the bars
_STACKED = 2  # classes up to which every class gets its share of the bar


@style.styled
def outputs_bar(
    probabilities: Mapping[str, NDArray[Any]],
    classes: Sequence[str],
    *,
    images: Sequence[str] | None = None,
    reference: str = "reference",
    title: str | None = None,
) -> Illustration:
    """Draw a bar per picture and one row per variant ("as shipped", "fixed", "reference").

    Each array has shape (pictures, classes) and sums to one along the classes. With two classes a bar is shared between
    them; with more it is as high as the winning probability. A cross marks an answer that is not the reference's.
    ``images`` names the pictures below the bars.
    """
    table = {name: np.asarray(values, dtype=np.float64) for name, values in probabilities.items()}
    count = _check_outputs(table, classes, images)
    truth = table[reference].argmax(axis=1) if reference in table else None
    figure = style.new_figure(WIDTH, 1.0 * len(table) + 1.5)
    findings = {name: _answers(values, classes, None if name == reference else truth) for name, values in table.items()}
    finding = title or _headline(table, classes, truth)
    style.headline(figure, finding)
    axes = figure.subplots(len(table), 1, squeeze=False, sharex=True)[:, 0]
    for axis, (name, values) in zip(axes, table.items(), strict=True):
        _draw_answers(axis, values, truth, len(classes))
        said = f"{name}: {findings[name]}"
        axis.set_title("" if said == finding else said)  # one variant alone is told by the headline
    step = -(-count // _LABELS)
    labels = [images[n] if images else str(n + 1) for n in range(0, count, step)]
    axes[-1].set_xticks(range(0, count, step), labels, rotation=90 if images else 0)
    axes[-1].set_xlabel("picture")
    figure.legend(handles=_class_legend(classes, truth is not None), loc="outside lower center", ncols=4)
    alt = f"Bars of the model's answers, one per picture. {finding}. " + ". ".join(
        f"{name}: {text}" for name, text in findings.items()
    )
    return Illustration(figure=figure, alt=alt, name="outputs_bar")


def _bars(axis: Axes, side: str, bounds: Sequence[tuple[float, float]], offset: float) -> None:
    """Draw a side's range of each layer, each at its number and an offset."""
    widths = [max(high - low, 1e-9) for low, high in bounds]
    axis.barh(np.arange(len(bounds)) + offset, widths, left=[low for low, _ in bounds], height=0.32, color=LIGHT[side],
              alpha=0.85, hatch=style.HATCHES[side], edgecolor=LIGHT["paper"], linewidth=0)  # fmt: skip


@style.styled
def activation_ranges(
    reference: Mapping[str, ArrayLike], deployed: Mapping[str, ArrayLike], *, title: str | None = None
) -> Illustration:
    """Draw the range of every layer's values on both sides, on one logarithmic axis that passes through zero.

    Each mapping goes from a layer to its values, or to their (lowest, highest); layers come in the reference's order and
    those that one side lacks are left out.
    """
    bounds = {
        side: {name: _bounds(values) for name, values in layers.items()}
        for side, layers in zip(style.SIDES, (reference, deployed), strict=True)
    }
    reference_bounds, deployed_bounds = bounds.values()
    layers = [name for name in reference_bounds if name in deployed_bounds]
    if not layers:
        raise InputError("the two sides have no layer in common; give activations under the same names")
    times = max(_reach(deployed_bounds[name]) / max(_reach(reference_bounds[name]), 1e-12) for name in layers)
    last = layers[-1]
    finding = title or (
        f"Served activations reach {number(times)} times what training saw: "
        f"at {last} {span(deployed_bounds[last])} instead of {span(reference_bounds[last])}"
    )
    figure = style.new_figure(WIDTH, 0.42 * len(layers) + 1.7)
    style.headline(figure, finding)
    axis = figure.subplots()
    for side, offset in zip(style.SIDES, (-0.18, 0.18), strict=True):
        _bars(axis, side, [bounds[side][name] for name in layers], offset)
    axis.set_yticks(range(len(layers)), layers, color=LIGHT["ink"])
    axis.invert_yaxis()
    axis.set_xscale("symlog", linthresh=1.0)
    axis.margins(x=0.03)
    axis.axvline(0, color=LIGHT["neutral"], linewidth=0.8)
    axis.grid(axis="x")
    axis.xaxis.set_major_formatter(lambda value, _: style.power_of_ten(value))
    axis.set_xlabel("value (logarithmic on both sides of zero, linear between \N{MINUS SIGN}1 and 1)")
    patches = [
        Patch(facecolor=LIGHT[s], hatch=style.HATCHES[s], edgecolor=LIGHT["paper"], label=s) for s in style.SIDES
    ]
    figure.legend(handles=patches, loc="outside lower center", ncols=2)
    rows = ". ".join(
        f"{name}: reference {span(reference_bounds[name])}, deployed {span(deployed_bounds[name])}" for name in layers
    )
    return Illustration(
        figure=figure, alt=f"Ranges of activations per layer. {finding}. {rows}.", name="activation_ranges"
    )


@style.styled
def impact_bars(causes: Sequence[Cause], *, title: str | None = None) -> Illustration:
    """Draw what each cause costs: the agreement with the reference as it is, and if only this cause were mended."""
    known = [cause for cause in causes if cause.impact is not None]
    if not known:
        raise InputError("no cause has an impact; diagnose with a model, so that its answers can be compared")
    worst = max(known, key=lambda cause: _gain(cause))
    finding = title or (
        f"Mending {worst.family} alone brings agreement from {percent(_impact(worst)[0])} to {percent(_impact(worst)[1])}"
    )
    figure = style.new_figure(WIDTH, 0.62 * len(known) + 1.5)
    style.headline(figure, finding)
    axis = figure.subplots()
    for place, cause in enumerate(known):
        before, after, change = _impact(cause)
        axis.plot([before, after], [place, place], color=LIGHT["neutral"], linewidth=2, zorder=1)
        axis.scatter(before, place, s=70, marker="s", color=LIGHT["deployed"], zorder=2, clip_on=False)
        axis.scatter(after, place, s=70, marker="o", color=LIGHT["good"], zorder=2, clip_on=False)
        left = cause.impact.max_probability_if_left if cause.impact else None
        text = f"probability moves by up to {number(change)}"
        text += "" if left is None else f"\nif only this is left: off by up to {number(left)}"
        axis.annotate(
            text, (1.02, place), xycoords=("axes fraction", "data"), va="center", color=LIGHT["muted"], fontsize=8
        )
    axis.set_yticks(range(len(known)), [f"{c.family}\n{c.stage}" for c in known], color=LIGHT["ink"])
    axis.set_ylim(len(known) - 0.4, -0.6)
    axis.set_xlim(-0.01, 1.01)
    axis.set_xticks([0, 0.25, 0.5, 0.75, 1.0], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    axis.grid(axis="x")
    axis.set_xlabel("pictures on which the answer is the reference's")
    handles = [
        axis.scatter([], [], s=50, marker="s", color=LIGHT["deployed"], label="as deployed"),
        axis.scatter([], [], s=50, marker="o", color=LIGHT["good"], label="with only this mended"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    rows = ". ".join(f"{c.family}: {percent(_impact(c)[0])} to {percent(_impact(c)[1])}" for c in known)
    return Illustration(
        figure=figure, alt=f"Impact of each cause on the answers. {finding}. {rows}.", name="impact_bars"
    )


def _check_outputs(
    table: Mapping[str, NDArray[np.float64]], classes: Sequence[str], images: Sequence[str] | None
) -> int:
    if not table:
        raise InputError("no probabilities to draw; give at least one variant")
    shapes = {values.shape for values in table.values()}
    count = next(iter(table.values())).shape[0]
    if shapes != {(count, len(classes))} or count == 0 or (images is not None and len(images) != count):
        found = ", ".join(f"{name} {values.shape}" for name, values in table.items())
        raise InputError(
            f"outputs have shapes {found}; each must be (pictures, {len(classes)} classes), equally many pictures"
            + ("" if images is None else f", and {len(images)} names were given")
        )
    return count


def _draw_answers(axis: Axes, values: NDArray[np.float64], truth: NDArray[np.intp] | None, classes: int) -> None:
    places = np.arange(len(values))
    winners = values.argmax(axis=1)
    if classes <= _STACKED:
        axis.bar(places, values[:, 0], width=0.78, color=LIGHT["first"])
        axis.bar(places, values[:, 1:].sum(axis=1), width=0.78, bottom=values[:, 0], color=LIGHT["second"])
    else:
        axis.bar(places, values.max(axis=1), width=0.78, color=LIGHT["second"])
    if truth is not None:
        wrong = places[winners != truth]
        axis.scatter(
            wrong, np.full(len(wrong), 1.13), marker="x", s=26, color=LIGHT["guilty"], linewidth=1.6, clip_on=False
        )
    axis.set_ylim(0, 1.2)
    axis.spines["left"].set_bounds(0, 1)
    axis.set_yticks([0, 0.5, 1.0])
    axis.set_ylabel("probability")
    axis.set_xlim(-0.6, len(values) - 0.4)


def _class_legend(classes: Sequence[str], judged: bool) -> list[Any]:
    from matplotlib.lines import Line2D

    handles: list[Any] = []
    if len(classes) <= _STACKED:
        handles.append(Patch(color=LIGHT["first"], label=classes[0]))
        handles += [Patch(color=LIGHT["second"], label=name) for name in classes[1:]]
    else:
        handles.append(Patch(color=LIGHT["second"], label="winning class"))
    if judged:
        handles.append(
            Line2D([], [], linestyle="", marker="x", color=LIGHT["guilty"], label="not the reference's answer")
        )
    return handles


def _answers(values: NDArray[np.float64], classes: Sequence[str], truth: NDArray[np.intp] | None) -> str:
    winners = values.argmax(axis=1)
    counts = np.bincount(winners, minlength=len(classes))
    said = ", ".join(f"{counts[n]} {classes[n]}" for n in np.argsort(-counts, kind="stable")[:3] if counts[n])
    if truth is None:
        return said
    return f"{said}; {int((winners == truth).sum())} of {len(values)} agree with the reference"


def _headline(table: Mapping[str, NDArray[np.float64]], classes: Sequence[str], truth: NDArray[np.intp] | None) -> str:
    """Return what is to be seen in the first variant: the one answer that all pictures get, or how many agree."""
    name, values = next(iter(table.items()))
    said = _constant(values, classes) or _answers(values, classes, truth)
    return f"{name[:1].upper()}{name[1:]}: {said}"


def _constant(values: NDArray[np.float64], classes: Sequence[str]) -> str:
    winners = values.argmax(axis=1)
    if len(values) < 2 or (winners != winners[0]).any():
        return ""
    least = np.floor(values[:, winners[0]].min() * 1e4) / 1e4  # downwards: 0.99996 is not 1
    sure = "1" if least == 1 else f"at least {least:g}"
    return f"every picture is “{classes[winners[0]]}” with probability {sure}"


def _bounds(values: ArrayLike) -> tuple[float, float]:
    array = np.asarray(values, dtype=np.float64)
    return float(array.min()), float(array.max())


def _reach(bounds: tuple[float, float]) -> float:
    return max(abs(bounds[0]), abs(bounds[1]))


def _impact(cause: Cause) -> tuple[float, float, float]:
    if cause.impact is None:
        raise InputError(f"{cause.family} has no impact; diagnose with a model")
    return cause.impact.agreement_before, cause.impact.agreement_after, cause.impact.max_probability_change


def _gain(cause: Cause) -> tuple[float, float]:
    before, after, change = _impact(cause)
    return after - before, change
