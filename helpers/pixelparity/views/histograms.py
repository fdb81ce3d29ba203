"""Histograms of both sides laid over each other: every stage, every channel, and differences in levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from pixelparity.diagnosis.results import ChannelComparison, Comparison, StageComparison
from pixelparity.errors import InputError
from pixelparity.views import style
from pixelparity.views.illustration import Illustration
from pixelparity.views.style import LIGHT, WIDTH, number, plural, span

_MOST = 4  # columns: red, green, blue, alpha; a tensor read in a wrong layout can have hundreds of "channels"


@style.styled
def stage_histograms(
    comparison: Comparison, *, stage: str | None = None, log: bool = True, title: str | None = None
) -> Illustration:
    """Draw one row per pair of stages and one column per channel, both sides over shared bins; mark the guilty stage.

    ``stage`` keeps one pair, by its reference name. ``log`` counts on a logarithmic axis, so that a few stray values
    stay visible beside millions.
    """
    pairs = [pair for pair in comparison.stages if stage in (None, pair.reference.name)]
    if not pairs:
        known = ", ".join(pair.reference.name for pair in comparison.stages)
        raise InputError(f"no stage {stage!r} in the comparison, there are {known}")
    columns = min(max(len(pair.channels) for pair in pairs), _MOST)
    height = 3.1 if len(pairs) == 1 else 1.25 * len(pairs)
    figure = style.new_figure(WIDTH, height + 1.15)
    finding = title or _finding(comparison, pairs)
    style.headline(figure, finding)
    grid = figure.subplots(len(pairs), columns, squeeze=False)
    for row, pair in zip(grid, pairs, strict=True):
        for axis in row[1:]:
            axis.sharey(row[0])
            axis.tick_params(labelleft=False)
        _draw_row(row, pair, guilty=pair.reference.name == comparison.first_divergence, log=log)
    figure.legend(handles=_legend(), loc="outside lower center", ncols=3)
    return Illustration(figure=figure, alt=_alt(finding, pairs), name="stage_histograms")


@style.styled
def difference_histogram(
    differences: Mapping[str, NDArray[Any]], *, limit: float | None = None, title: str | None = None
) -> Illustration:
    """Draw how far a side's final tensors are from the reference's, in levels (1/255 of the pixel range), per variant.

    ``differences`` maps a variant ("fixed", "parity") to differences in levels, of any shape and sign. ``limit`` marks the
    largest difference that passes, in levels.
    """
    if not differences:
        raise InputError("no differences to draw; give at least one variant")
    sizes = {name: np.abs(np.asarray(values, dtype=np.float64)).ravel() for name, values in differences.items()}
    largest = max(1.0, *(float(values.max(initial=0.0)) for values in sizes.values()))
    edges = np.linspace(0.0, largest * 1.02, 61)
    finding = title or ". ".join(f"{name}: {_in_levels(values)}" for name, values in sizes.items())
    figure = style.new_figure(WIDTH, 1.2 * len(sizes) + 1.2)
    style.headline(figure, finding)
    axes = figure.subplots(len(sizes), 1, squeeze=False, sharex=True)[:, 0]
    for axis, (name, values) in zip(axes, sizes.items(), strict=True):
        counts = np.histogram(values, bins=edges)[0]
        axis.stairs(counts, edges, fill=True, color=LIGHT["deployed"], alpha=0.75)
        axis.set_yscale("symlog", linthresh=1.0)
        style.powers(axis.yaxis, float(counts.max()))
        axis.set_ylim(0, max(10.0, float(counts.max()) * 4))
        axis.set_ylabel("values (log)")
        axis.set_title(f"{name}: {_in_levels(values)}")
        if limit is not None:
            axis.axvline(limit, color=LIGHT["good"], linestyle="--", linewidth=1.2)
    if limit is not None:
        handle = Line2D([], [], color=LIGHT["good"], linestyle="--", label=f"passes up to {style.in_levels(limit)}")
        figure.legend(handles=[handle], loc="outside lower right")
    axes[-1].set_xlabel("absolute difference from the reference (levels of 255)")
    return Illustration(
        figure=figure, alt=f"Histograms of differences in levels. {finding}", name="difference_histogram"
    )


def _draw_row(row: Sequence[Axes], pair: StageComparison, *, guilty: bool, log: bool) -> None:
    for column, axis in enumerate(row):
        if column >= len(pair.channels):
            axis.set_visible(False)
            continue
        _draw_channel(axis, pair.channels[column])
        if guilty:
            axis.set_facecolor(LIGHT["tint"])
    colour = LIGHT["guilty"] if pair.diverges else LIGHT["ink"]
    mark = "\N{CHECK MARK}"
    if pair.diverges:
        mark = "\N{BLACK RIGHT-POINTING TRIANGLE} first difference:" if guilty else "\N{NOT EQUAL TO}"
    row[0].set_title(f"{mark} {_names(pair)}", color=colour, fontweight="bold")
    row[min(len(pair.channels), len(row)) - 1].set_title(_ranges(pair), loc="right", color=LIGHT["muted"], fontsize=8)
    row[0].set_ylabel("values (log)" if log else "values")
    top = float(max(max(c.reference_counts.max(), c.deployed_counts.max(), 1) for c in pair.channels))
    if log:
        row[0].set_yscale("symlog", linthresh=1.0)
        style.powers(row[0].yaxis, top)
    row[0].set_ylim(0, top * (4 if log else 1.12))


def _draw_channel(axis: Axes, channel: ChannelComparison) -> None:
    edges = channel.edges
    for side, counts, mean in (
        ("reference", channel.reference_counts, channel.reference_mean),
        ("deployed", channel.deployed_counts, channel.deployed_mean),
    ):
        colour = LIGHT[side]
        axis.stairs(counts, edges, fill=True, color=colour, alpha=0.25)
        axis.stairs(counts, edges, color=colour, linewidth=1.3, linestyle=style.LINES[side], baseline=None)
        axis.axvline(mean, ymax=0.06, color=colour, linewidth=2.5)
    axis.margins(x=0.02)
    axis.locator_params(axis="x", nbins=5)
    axis.annotate(
        channel.channel, (1, 1), (-4, -4), xycoords="axes fraction", textcoords="offset points",
        ha="right", va="top", fontsize=8.5, fontweight="bold", color=LIGHT["muted"],
    )  # fmt: skip


def _legend() -> list[Any]:
    patches: list[Any] = [
        Patch(facecolor=(LIGHT[side], 0.25), edgecolor=LIGHT[side], linestyle=style.LINES[side], label=side)
        for side in style.SIDES
    ]
    return [*patches, Line2D([], [], color=LIGHT["muted"], linewidth=2.5, label="mean (tick on the axis)")]


def _names(pair: StageComparison) -> str:
    reference_name, deployed_name = pair.reference.name, pair.deployed.name
    return (
        reference_name if reference_name == deployed_name else f"{reference_name} \N{LEFT RIGHT ARROW} {deployed_name}"
    )


def _ranges(pair: StageComparison) -> str:
    return f"reference {span(pair.reference_range)}   deployed {span(pair.deployed_range)}"


def _finding(comparison: Comparison, pairs: Sequence[StageComparison]) -> str:
    differing = [pair for pair in pairs if pair.diverges]
    if not differing:
        return f"Both sides agree at {plural(len(pairs), 'stage')}, within tolerance"
    guilty, last = differing[0], differing[-1]
    first = "first differ" if guilty.reference.name == comparison.first_divergence else "differ"
    said = f"The sides {first} at {_names(guilty)}: {_difference(guilty)}"
    if last is not guilty and _wide_apart(last):
        said += f"; and at {_names(last)}, {_difference(last)}"
    return said


def _difference(pair: StageComparison) -> str:
    if pair.shapes_equal < pair.images:
        return f"shapes differ on {pair.images - pair.shapes_equal} of {plural(pair.images, 'picture')}"
    if _wide_apart(pair):
        return f"{span(pair.deployed_range)} is served, {span(pair.reference_range)} was trained on"
    return f"by {number(pair.mean_abs or 0.0)} on average, by {number(pair.max_abs or 0.0)} at most"


def _wide_apart(pair: StageComparison) -> bool:
    reference_width = pair.reference_range[1] - pair.reference_range[0]
    deployed_width = pair.deployed_range[1] - pair.deployed_range[0]
    return max(reference_width, deployed_width) > 1.5 * min(reference_width, deployed_width)


def _alt(finding: str, pairs: Sequence[StageComparison]) -> str:
    rows = []
    for pair in pairs:
        size = "shapes differ" if pair.max_abs is None else f"largest difference {number(pair.max_abs)}"
        rows.append(f"{_names(pair)}: {_ranges(pair)}; {size}")
    return f"Histograms of both sides per stage and channel. {finding}. " + ". ".join(rows) + "."


def _in_levels(values: NDArray[np.float64]) -> str:
    if values.size == 0:
        return "nothing to compare"
    return f"at most {style.in_levels(values.max())}, {number(values.mean())} on average"
