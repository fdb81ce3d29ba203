"""What each stage looks like on both sides: one picture through the whole of preprocessing."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from numpy.typing import NDArray

from pixelparity.errors import InputError
from pixelparity.stages import Capture, Tensor
from pixelparity.views import style, tensors
from pixelparity.views.illustration import Illustration
from pixelparity.views.style import LIGHT, WIDTH, number, span
from pixelparity.views.tensors import Pair, Scale

_ROWS = ("reference", "deployed", "difference")
_WIDE = 5  # columns that a page shows without making its text small
_QUIET = ("cast", "layout", "colour")  # steps that change how values are kept, not how they look
_LONGEST_NAME = 16  # letters of a stage's name that fit above a column
_THUMB = 224  # pixels of a thumbnail's longer side: twice what the page shows, for fine screens


@style.styled
def tensor_strip(
    reference: Capture,
    deployed: Capture,
    image: str,
    *,
    first_divergence: str | None = None,
    title: str | None = None,
) -> Illustration:
    """Draw one picture through all stages: reference, deployed, and their difference in levels, a column per stage.

    Both sides of a column share one scale, the reference's range of the stage, so what leaves that range is white or
    black. ``first_divergence`` is the reference's name of the stage to mark.
    """
    for side in (reference, deployed):
        if image not in side.images:
            raise InputError(f"{side.source} has no picture {image!r}; choose one of {', '.join(side.images[:8])}")
    columns, left_out = _columns(tensors.pairs(reference, deployed))
    figure = style.new_figure(max(WIDTH if len(columns) > 2 else 6.4, 1.62 * len(columns) + 0.6), 5.7)
    cells = [tensors.tensors(reference, deployed, pair, image) for pair in columns]
    scales = [tensors.scale_of(reference, deployed, pair) for pair in columns]
    finding = title or _finding(image, cells, scales, first_divergence)
    style.headline(figure, finding, left_out)
    ratios = [max(0.85, *(value.shape[1] / value.shape[0] for value in cell if value is not None)) for cell in cells]
    grid = figure.subplots(len(_ROWS), len(columns), squeeze=False, width_ratios=ratios)
    words = []
    for axes, pair, cell, scale in zip(grid.T, columns, cells, scales, strict=True):
        guilty = pair.reference is not None and pair.reference.name == first_divergence
        words.append(_draw_column(axes, pair, cell, scale, guilty=guilty))
    for axis, name in zip(grid[:, 0], _ROWS, strict=True):
        colour = LIGHT.get(name, LIGHT["ink"])
        axis.set_ylabel(name, fontsize=10, fontweight="bold", color=colour)
    words.append(left_out)
    alt = f"Picture {image} through {len(columns)} stages on both sides. {finding}. " + " ".join(words).strip()
    return Illustration(figure=figure, alt=alt, name="tensor_strip")


def _columns(found: list[Pair]) -> tuple[list[Pair], str]:
    """Return the stages to draw; where there are many, those that move or cast on one side only are named instead."""
    quiet = [pair for pair in found if None in (pair.reference, pair.deployed) and _step(pair) in _QUIET]
    if len(found) <= _WIDE or not quiet:
        return found, ""
    names = [f"{pair.name} ({'deployed' if pair.reference is None else 'reference'} only)" for pair in quiet]
    return [pair for pair in found if pair not in quiet], f"Not drawn: {', '.join(names)}."


def _step(pair: Pair) -> str:
    stage = pair.reference or pair.deployed
    return "other" if stage is None else stage.step


def _draw_column(
    axes: NDArray[Any], pair: Pair, cell: tuple[Tensor | None, Tensor | None], scale: Scale, *, guilty: bool
) -> str:
    _title(axes[0], pair, scale, guilty=guilty)
    texts = []
    for axis, stage, tensor, side in zip(axes, (pair.reference, pair.deployed), cell, style.SIDES, strict=False):
        _frame(axis, LIGHT["grid"], 0.8)
        if stage is None or tensor is None:
            _say(axis, "no such stage\non this side", LIGHT["guilty"], cell)
            texts.append(f"no {side} stage")
            continue
        channels = pair.reference.channels if pair.reference is not None else stage.channels
        axis.imshow(_thumb(tensors.picture(tensor, scale, channels=channels)), interpolation="none")
        values = span((float(tensor.min()), float(tensor.max())))
        axis.set_xlabel(f"{_shape(tensor)} {tensor.dtype}\nvalues {values}", fontsize=7, labelpad=3)
        texts.append(f"{side} {values}")
    texts.append(_draw_difference(axes[2], cell, scale))
    if guilty:
        for axis in axes:
            _frame(axis, LIGHT["guilty"], 2.0)
    return f"{pair.name}: {', '.join(texts)}."


def _draw_difference(axis: Axes, cell: tuple[Tensor | None, Tensor | None], scale: Scale) -> str:
    _frame(axis, LIGHT["grid"], 0.8)
    reference_tensor, deployed_tensor = cell
    if reference_tensor is None or deployed_tensor is None:
        _say(axis, "nothing\nto compare", LIGHT["muted"], cell)
        return "nothing to compare"
    if reference_tensor.shape != deployed_tensor.shape:
        _say(axis, f"shapes differ\n{_shape(reference_tensor)}\n{_shape(deployed_tensor)}", LIGHT["guilty"], cell)
        return "shapes differ"
    levels = tensors.strongest(tensors.in_levels(reference_tensor, deployed_tensor, scale))
    largest, mean = float(np.abs(levels).max()), float(np.abs(levels).mean())
    if largest == 0.0:
        _say(axis, "equal", LIGHT["good"], cell)
        return "equal"
    limit = tensors.round_limit(largest)
    axis.imshow(_thumb(tensors.heat(levels, limit)), interpolation="none")
    axis.set_xlabel(f"mean {number(mean)}, at most {number(largest)}\nlevels", fontsize=7, labelpad=3)
    mappable = ScalarMappable(Normalize(-limit, limit), tensors.heat_map())
    bar = axis.figure.colorbar(mappable, ax=axis, location="bottom", shrink=0.9, aspect=16, pad=0.02)
    bar.set_ticks([-limit, 0, limit], labels=[number(-limit), "0", f"+{number(limit)}"])
    bar.ax.tick_params(labelsize=6.5, length=2)
    bar.outline.set_visible(False)
    return f"difference at most {number(largest)} levels"


def _title(axis: Axes, pair: Pair, scale: Scale, *, guilty: bool) -> None:
    name = "\n\N{LEFT RIGHT ARROW} ".join(map(_parted, pair.name.split(" \N{LEFT RIGHT ARROW} ")))
    shown = f"shown: {span((scale.low, scale.high))}" + ("" if scale.declared else " (measured)")
    if guilty:
        name = f"\N{BLACK RIGHT-POINTING TRIANGLE} {name}"
    colour = LIGHT["guilty"] if guilty else LIGHT["ink"]
    axis.set_title(name, color=colour, fontweight="bold", fontsize=8.5, pad=14)
    axis.annotate(shown, (0, 1), (0, 3), xycoords="axes fraction", textcoords="offset points", fontsize=7,
                  color=LIGHT["muted"])  # fmt: skip


def _parted(name: str) -> str:
    """Return a stage's name on two lines where it is wider than its column, parted at the sign nearest its middle."""
    signs = [place for place, sign in enumerate(name[:-1], 1) if not sign.isalnum()]
    if len(name) <= _LONGEST_NAME or not signs:
        return name
    middle = min(signs, key=lambda place: abs(place - len(name) / 2))
    return f"{name[:middle]}\n{name[middle:]}"


def _frame(axis: Axes, colour: str, width: float) -> None:
    axis.set_xticks([])
    axis.set_yticks([])
    for spine in axis.spines.values():
        spine.set_visible(True)
        spine.set_color(colour)
        spine.set_linewidth(width)


def _say(axis: Axes, text: str, colour: str, cell: tuple[Tensor | None, Tensor | None]) -> None:
    shape = next(tensor.shape for tensor in cell if tensor is not None)
    axis.set_facecolor(LIGHT["panel"])
    axis.set_box_aspect(shape[0] / shape[1])
    axis.text(0.5, 0.5, text, ha="center", va="center", transform=axis.transAxes, fontsize=8, color=colour)


def _thumb(pixels: NDArray[Any]) -> NDArray[Any]:
    step = max(1, -(-max(pixels.shape[:2]) // _THUMB))
    return pixels[::step, ::step]


def _shape(tensor: Tensor) -> str:
    return "\N{MULTIPLICATION SIGN}".join(str(size) for size in tensor.shape)


def _finding(
    image: str,
    cells: list[tuple[Tensor | None, Tensor | None]],
    scales: list[Scale],
    first_divergence: str | None,
) -> str:
    reference_tensor, deployed_tensor = cells[-1]
    scale = scales[-1]
    where = f"Picture {image}"
    if reference_tensor is None or deployed_tensor is None or reference_tensor.shape != deployed_tensor.shape:
        return f"{where}: the model is given tensors of different shapes"
    outside = float(((deployed_tensor < scale.low - scale.level) | (deployed_tensor > scale.high + scale.level)).mean())
    if scale.declared and outside > 0.01:
        trained = span((scale.low, scale.high))
        return f"{where}: {outside * 100:.0f} % of the deployed values lie outside {trained}, the range trained on"
    largest = float(np.abs(tensors.in_levels(reference_tensor, deployed_tensor, scale)).max())
    if largest == 0.0:
        return f"{where}: both sides give the model exactly the same tensor"
    if first_divergence is None and largest <= 1.0:
        return f"{where}: both sides give the model the same tensor, within {style.in_levels(largest)}"
    return f"{where}: the tensors that the model sees differ by up to {style.in_levels(largest)}"
