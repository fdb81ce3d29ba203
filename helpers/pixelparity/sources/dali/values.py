"""Operators that change values: normalisation, arithmetic, and the fused operator, in the words of a recipe."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pixelparity.recipes import Crop, Layout, Normalize, Pad, Step
from pixelparity.sources.dali import windows
from pixelparity.sources.dali.affine import affine, is_per_image
from pixelparity.sources.dali.constants import DTYPES, numbers
from pixelparity.sources.dali.graph import Node
from pixelparity.sources.dali.reading import Read, State, cast_to, crop_step, left_out, origin, unknown


def normalize(state: State, node: Node) -> Read:
    """Read ``fn.normalize``: with constants, or with statistics of each picture."""
    if is_per_image(node):
        step = _per_image(state, node)
    else:
        mapped = affine(state.graph, node)
        if mapped is None or not mapped.slope.all():
            return Read(steps=(unknown(state, node),), state=replace(state, channels="unknown"))
        step = _as_normalize(mapped.slope, mapped.offset, 1.0, origin(node))
    dtype = DTYPES.get(node.get("dtype", 9), "float32")
    more = () if dtype == "float32" else (cast_to(replace(state, dtype="float32"), dtype, node),)
    return Read(steps=(step, *more), state=replace(state, dtype=dtype))


def _per_image(state: State, node: Node) -> Normalize:
    axes = node.get("axis_names") or "".join(state.layout[a] for a in node.get("axes", ())) or state.layout
    mean, std = (numbers(state.graph, node, name, None) for name in ("mean", "stddev"))
    return Normalize(
        per_image=True,
        axes=("N" if node.get("batch", False) else "") + axes,
        mean=mean or (0.0,),
        std=std or (1.0,),
        origin=origin(node),
        defaulted=left_out(node, axes=("axes", "axis_names"), mean="mean", std="stddev") | {"per_image"},
    )


def _as_normalize(slope: Any, offset: Any, scale: float, where: str) -> Normalize:
    """Return ``slope * x + offset`` as ``(x * scale - mean) / std``."""
    std = scale / slope
    mean = -offset * std
    return Normalize(scale=_short(scale), mean=tuple(map(_short, mean)), std=tuple(map(_short, std)), origin=where)


def _short(value: float) -> float:
    return float(f"{value:.7g}") + 0.0  # float32 has seven digits; + 0.0 turns -0.0 into 0.0


def arithmetic(state: State, node: Node) -> Read:
    """Read arithmetic on the picture; operators in a row, such as ``(x / 255 - mean) / std``, are one step.

    With constants they are a normalisation; with anything else the whole formula is shown as it is.
    """
    run = (*state.run, node)
    parts = [affine(state.graph, part) for part in run]
    after = replace(state, run=run, dtype="float32")
    if any(part is None or not part.slope.all() for part in parts):
        return Read(steps=(unknown(state, node),), state=after, joins=bool(state.run))
    known = [part for part in parts if part is not None]
    slope, offset = np.ones(1), np.zeros(1)
    for part in known:
        slope, offset = slope * part.slope, offset * part.slope + part.offset
    scales = len(run) > 1 and len(known[0].slope) == 1 and not known[0].offset.any()
    scale = float(known[0].slope[0]) if scales else 1.0
    step = _as_normalize(slope, offset, scale, "; ".join(dict.fromkeys(origin(part) for part in run)))
    return Read(steps=(step,), state=after, joins=bool(state.run))


def _computed_window(state: State, node: Node) -> Step:
    step = windows.crop_step(state.graph, node, state.extents)
    return (
        unknown(state, node) if step is None else replace(step, origin=f"{origin(node)} (window computed in the graph)")
    )


def _fills(step: Step) -> bool:
    """Tell whether a window is filled where it leaves the picture: DALI does so with values as they come out, normalised."""
    return isinstance(step, Pad) or (isinstance(step, Crop) and step.out_of_bounds == "pad")


def crop_mirror_normalize(state: State, node: Node) -> Read:
    """Read ``fn.crop_mirror_normalize`` as its parts: crop, normalise, change the number type, transpose."""
    steps: list[Step] = []
    window = None
    if {"crop", "crop_h", "crop_w"} & {*node.arguments, *node.argument_inputs}:
        window = crop_step(state, node) or _computed_window(state, node)
    if window is not None and not _fills(window):
        steps.append(window)
    if node.get("mirror", 0) or "mirror" in node.argument_inputs or node.get("pad_output", False):
        steps.append(unknown(state, node))
    mapped = affine(state.graph, node)
    if mapped is None or not mapped.slope.all():
        steps.append(unknown(state, node))
    elif (mapped.slope != 1).any() or mapped.offset.any():
        steps.append(_as_normalize(mapped.slope, mapped.offset, 1.0, origin(node)))
    if window is not None and _fills(window):
        steps.append(window)
    dtype = DTYPES.get(node.get("dtype", 9), "float32")
    if dtype != "float32" or not any(isinstance(step, Normalize) for step in steps):
        steps.append(cast_to(replace(state, dtype="float32"), dtype, node))
    layout = str(node.get("output_layout", "CHW"))
    if layout != state.layout:
        moved = Layout(source=state.layout, target=layout, origin=origin(node))
        steps.append(replace(moved, defaulted=left_out(node, target="output_layout")))
    return Read(steps=tuple(steps), state=replace(state, dtype=dtype, layout=layout))
