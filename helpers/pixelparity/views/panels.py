"""The explorer's parts as HTML: made anew at every move of a control, so made by numpy and Pillow within milliseconds."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.measure import histogram
from pixelparity.diagnosis.measure.comparison import channel_name
from pixelparity.stages import Tensor
from pixelparity.views import style, tensors
from pixelparity.views.style import number, span
from pixelparity.views.table import Table
from pixelparity.views.tensors import Pair, Scale

_LONGEST = 640  # pixels of a shown picture's longer side
_BINS = 64
_MOST = 4  # histograms side by side: red, green, blue, alpha
_KEYS = {"reference": "\N{HORIZONTAL BAR}", "deployed": "\N{BOX DRAWINGS LIGHT TRIPLE DASH HORIZONTAL}"}
_RUNNING = '<div class="skew-track"></div><span>the model is running …</span>'
_SAME, _ROUNDING = "equal", 1e-3  # levels: what float32 leaves of a division is no difference
_WIDTH, _HEIGHT, _FOOT = 300.0, 96.0, 16.0

EXPLORER_CSS = """
.skew-shots{display:flex;flex-wrap:wrap;gap:14px;margin:6px 0}
.skew-shots figure{margin:0;flex:1 1 220px;max-width:330px;min-width:0}
.skew-shots figcaption{font-size:12px;line-height:1.35;color:var(--skew-muted);margin-top:4px}
.skew-shots h4{margin:0 0 4px;font-size:13px;font-weight:600}
.skew-shot{position:relative;border:1px solid var(--skew-neutral);cursor:crosshair;line-height:0;background:var(--skew-panel)}
.skew-shot img{width:100%;image-rendering:pixelated;margin:0;display:block}
.skew-shot i{position:absolute;pointer-events:none;mix-blend-mode:difference;background:#fff}
.skew-shot .skew-h{left:0;right:0;height:1px;top:var(--skew-row,50%)}
.skew-shot .skew-v{top:0;bottom:0;width:1px;left:var(--skew-column,50%)}
.skew-values.skew-values.skew-values td.number{white-space:normal}
.skew-none{line-height:1.4;padding:30% 8px;text-align:center;color:var(--skew-muted);font-size:13px}
.skew-bar{height:14px;width:100%;margin-top:5px;border-radius:2px}
.skew-ends{display:flex;justify-content:space-between;font-size:11px;color:var(--skew-muted)}
.skew-histograms{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:14px;margin:6px 0;max-width:1010px}
.skew-histograms svg{width:100%;max-width:480px;height:auto}
.skew-histograms text{font-size:9px;fill:var(--skew-muted)}
.skew-answers{display:grid;grid-template-columns:max-content minmax(90px,200px) max-content;gap:4px 10px;font-size:13px;
align-items:center;max-width:640px;margin:6px 0}
.skew-answers b{font-weight:600}
.skew-answers .skew-track{height:12px;background:var(--skew-grid);border-radius:2px;overflow:hidden}
.skew-answers .skew-track i{display:block;height:100%}
.skew-note{font-size:13px;line-height:1.4;color:var(--skew-muted);margin:4px 0;min-height:1.4em}
.skew-note strong{color:var(--skew-ink)}
.skew-key{font-size:12px;color:var(--skew-muted)}
""".replace("\n", "")


@dataclass(frozen=True, kw_only=True)
class View:
    """One stage of one picture as it is looked at: both tensors (HWC), their scale, and one channel or all (``None``).

    ``mended`` says that mends changed the deployed tensor, ``lost`` that nothing tells what they make of it.
    """

    image: str
    pair: Pair
    reference: Tensor | None
    deployed: Tensor | None
    scale: Scale
    channel: int | None = None
    mended: bool = False
    lost: bool = False

    @property
    def comparable(self) -> bool:
        """Say whether the tensors can be subtracted."""
        return self.reference is not None and self.deployed is not None and self.reference.shape == self.deployed.shape

    def levels(self) -> NDArray[np.float32]:
        """Return deployed minus reference in levels, shape (h, w): the chosen channel's, or the strongest one's."""
        if self.reference is None or self.deployed is None:
            raise ValueError("a view with one side has no difference")
        levels = tensors.in_levels(self.reference, self.deployed, self.scale)
        return tensors.strongest(levels) if self.channel is None else levels[:, :, self.channel]


def shots(view: View, *, click: str = "") -> str:
    """Return both tensors and their difference, side by side on one scale. ``click`` is run by a click on a picture."""
    shown = f"shown from {span((view.scale.low, view.scale.high))}" + ("" if view.scale.declared else ", as measured")
    cards = [
        _card("reference", view, view.reference, shown, click),
        _card("deployed", view, view.deployed, shown, click),
        _difference_card(view, click),
    ]
    return f'<div class="skew skew-shots">{"".join(cards)}</div>'


def histograms(view: View, *, log: bool) -> str:
    """Return a histogram per shown channel, both sides over shared bins, counts linear or logarithmic."""
    present = [tensor for tensor in (view.reference, view.deployed) if tensor is not None]
    if not present:
        return ""
    count = min(tensor.shape[2] for tensor in present)
    stage = view.pair.reference or view.pair.deployed
    chosen = range(min(count, _MOST)) if view.channel is None else [min(view.channel, count - 1)]
    drawn = "".join(_histogram(view, c, channel_name(stage, c) if stage else str(c), log=log) for c in chosen)
    key = " ".join(f'<span style="color:var(--skew-{side})">{mark} {side}</span>' for side, mark in _KEYS.items())
    key = f'<div class="skew-key">{key}, values per bin, {"logarithmic" if log else "linear"}</div>'
    return f'<div class="skew">{key}<div class="skew-histograms">{drawn}</div></div>'


def pixel(views: Sequence[View], place: tuple[float, float]) -> str:
    """Return a table of one pixel's values along all stages. ``place`` is (row, column) as shares of the height and width.

    Stages of another size are read at the same share of their height and width.
    """
    rows: list[tuple[str, ...]] = []
    marked: set[int] = set()
    for view in views:
        reference_values, where = _at(view.reference, place)
        deployed_values, other = _at(view.deployed, place)
        difference = "\N{EN DASH}"
        if view.comparable and reference_values is not None and deployed_values is not None:
            levels = (deployed_values - reference_values) / view.scale.level
            difference = _values(levels)
            if np.abs(levels).max() >= 0.5:
                marked.add(len(rows))
        rows.append((view.pair.name, where or other, _values(reference_values), _values(deployed_values), difference))
    columns = ("stage", "row, column", "reference", "deployed", "difference (levels)")
    table = Table(columns=columns, rows=tuple(rows), marked=frozenset(marked), numeric=frozenset({1, 2, 3, 4}))
    return f'<div class="skew skew-table skew-values">{table.html()}</div>'


def answers(given: Mapping[str, NDArray[np.float64] | None], classes: Sequence[str]) -> str:
    """Return the model's answers, a bar each; ``None`` is an answer that is still being computed."""
    lines = []
    for name, values in given.items():
        if values is None:
            lines.append(f"<b>{html.escape(name)}</b>{_RUNNING}")
            continue
        winner = int(np.argmax(values))
        label = classes[winner] if winner < len(classes) else f"class {winner}"
        share = float(values[winner])
        colour = {"reference": "reference", "deployed": "deployed"}.get(name, "good")
        lines.append(
            f'<b>{html.escape(name)}</b><div class="skew-track"><i style="width:{min(max(share, 0), 1) * 100:.1f}%;'
            f'background:var(--skew-{colour})"></i></div><span>{html.escape(label)} {share:.4f}</span>'
        )
    return f'<div class="skew skew-answers" role="status" aria-live="polite">{"".join(lines)}</div>'


def _card(side: str, view: View, tensor: Tensor | None, shown: str, click: str) -> str:
    title = f"{side}, mended" if side == "deployed" and view.mended else side
    head = f'<h4 style="color:var(--skew-{side})">{title}</h4>'
    stage = view.pair.reference or view.pair.deployed
    if tensor is None or stage is None:
        lost = view.lost and side == "deployed"
        why = "not known with these mends" if lost else "no such stage on this side"
        return _figure(head, _nothing(why), "")
    channel = None if view.channel is None else min(view.channel, tensor.shape[2] - 1)
    pixels = tensors.picture(tensor, view.scale, channels=stage.channels, channel=channel)
    half = view.scale.level / 2
    outside = float(((tensor < view.scale.low - half) | (tensor > view.scale.high + half)).mean())
    size = "\N{MULTIPLICATION SIGN}".join(map(str, tensor.shape))
    text = f"{size} {tensor.dtype}, values {span((float(tensor.min()), float(tensor.max())))}; {shown}"
    if outside > 0:
        text += f"; <strong>{outside * 100:.3g} % outside</strong>"
    return _figure(head, _shot(pixels, f"{title} tensor of {view.image} after {view.pair.name}", click), text)


def _difference_card(view: View, click: str) -> str:
    head = "<h4>difference, in levels</h4>"
    if not view.comparable:
        both = view.reference is not None and view.deployed is not None
        return _figure(head, _nothing("the shapes differ" if both else "nothing to compare"), "")
    levels = view.levels()
    size = np.abs(levels)
    largest = float(size.max())
    limit = tensors.round_limit(largest - _ROUNDING)
    words = _SAME if largest <= _ROUNDING else f"mean {number(size.mean())}, at most {style.in_levels(largest)}"
    shot = _shot(tensors.heat(levels, limit), f"difference: {words}", click)
    return _figure(head, shot + _heat_bar(limit), words)


def _heat_bar(limit: float) -> str:
    colours = ",".join(f"rgb({r},{g},{b})" for r, g, b in tensors.heat_colours()[::51])
    ends = f"<span>{number(-limit)}</span><span>0</span><span>+{style.in_levels(limit)}</span>"
    bar = f'<div class="skew-bar" style="background:linear-gradient(90deg,{colours})"></div>'
    return f'{bar}<div class="skew-ends">{ends}</div>'


def _figure(head: str, body: str, caption: str) -> str:
    return f"<figure>{head}{body}<figcaption>{caption}</figcaption></figure>"


def _nothing(why: str) -> str:
    return f'<div class="skew-shot"><div class="skew-none">{why}</div></div>'


def _shot(pixels: NDArray[np.uint8], alt: str, click: str) -> str:
    step = max(1, math.ceil(max(pixels.shape[:2]) / _LONGEST))
    source = tensors.data_uri(tensors.png(np.ascontiguousarray(pixels[::step, ::step])))
    handler = f' onclick="{html.escape(click, quote=True)}"' if click else ""
    return (
        f'<div class="skew-shot"{handler}><img src="{source}" alt="{html.escape(alt, quote=True)}">'
        '<i class="skew-h"></i><i class="skew-v"></i></div>'
    )


def _histogram(view: View, channel: int, name: str, *, log: bool) -> str:
    values = [None if t is None else t[:, :, channel] for t in (view.reference, view.deployed)]
    present = [value for value in values if value is not None]
    low, high = min(float(v.min()) for v in present), max(float(v.max()) for v in present)
    edges = histogram.edges(low, high, _BINS)
    counts = [None if v is None else histogram.count(v, edges) for v in values]
    top = max(float(c.max()) for c in counts if c is not None) or 1.0
    parts = []
    for side, count in zip(style.SIDES, counts, strict=True):
        if count is not None:
            dash = ' stroke-dasharray="4 2"' if side == "deployed" else ""
            path = _steps(count, top, log=log)
            parts.append(
                f'<path d="{path}" fill="var(--skew-{side})" fill-opacity=".25" stroke="var(--skew-{side})"{dash}/>'
            )
    label = f"channel {name}: values from {span((low, high))}, at most {number(top)} per bin"
    ends = (
        f'<text x="0" y="{_HEIGHT + _FOOT - 4}">{number(edges[0])}</text>'
        f'<text x="{_WIDTH}" y="{_HEIGHT + _FOOT - 4}" text-anchor="end">{number(edges[-1])}</text>'
        f'<text x="{_WIDTH - 3}" y="10" text-anchor="end" style="font-weight:600">{html.escape(name)}</text>'
        f'<text x="3" y="10">{number(top)}</text>'
    )
    return (
        f'<svg viewBox="-2 0 {_WIDTH + 4} {_HEIGHT + _FOOT}" role="img" aria-label="{html.escape(label, quote=True)}">'
        f'<line x1="0" x2="{_WIDTH}" y1="{_HEIGHT}" y2="{_HEIGHT}" stroke="var(--skew-neutral)"/>{"".join(parts)}{ends}</svg>'
    )


def _steps(counts: NDArray[np.int64], top: float, *, log: bool) -> str:
    share = np.log1p(counts) / np.log1p(top) if log else counts / top
    heights = _HEIGHT - share * (_HEIGHT - 14)
    width = _WIDTH / len(counts)
    points = [f"M0 {_HEIGHT:.1f}"]
    points += [f"V{height:.1f}H{(place + 1) * width:.1f}" for place, height in enumerate(heights)]
    return "".join([*points, f"V{_HEIGHT:.1f}Z"])


def _at(tensor: Tensor | None, place: tuple[float, float]) -> tuple[NDArray[np.float64] | None, str]:
    if tensor is None:
        return None, ""
    row = min(int(place[0] * tensor.shape[0]), tensor.shape[0] - 1)
    column = min(int(place[1] * tensor.shape[1]), tensor.shape[1] - 1)
    return tensor[row, column].astype(np.float64), f"{row}, {column}"


def _values(values: NDArray[np.float64] | None) -> str:
    return "\N{EN DASH}" if values is None else ", ".join(number(value) for value in values)
