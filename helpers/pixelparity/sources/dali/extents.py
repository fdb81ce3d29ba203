"""The height and width of the picture after a step, as a function of the first picture's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.recipes import Crop, Pad, Resize, Step, Unknown
from pixelparity.sources.dali.expressions import NotSizes, Sizes
from pixelparity.sources.dali.graph import Graph, Node
from pixelparity.sources.dali.sizes import before, sizes_of

Array = NDArray[Any]


def unchanged(heights: Array, widths: Array) -> tuple[Array, Array]:
    """Return the sizes as they are."""
    return heights, widths


def extent_after(graph: Graph, node: Node, extents: Mapping[str, Sizes], steps: Sequence[Step]) -> Sizes | None:
    """Return the size after a node that was read as ``steps``; ``None`` where it cannot be told, or starts anew."""
    lost = any(isinstance(step, Unknown) and step.operator != "arithmetic" for step in steps)
    if not node.inputs or node.is_decoder or lost:
        return None
    if any(isinstance(step, Resize) for step in steps):
        return sizes_of(graph, node, extents)
    try:
        size = before(graph, node, extents)
    except NotSizes:
        return None
    for step in steps:
        if isinstance(step, Crop | Pad):
            size = _cut(size, step)
    return size


def _cut(size: Sizes, step: Crop | Pad) -> Sizes:
    def after(heights: Array, widths: Array) -> tuple[Array, Array]:
        high, wide = size(heights, widths)
        if isinstance(step, Crop) and step.fraction is not None:
            side = np.minimum(high, wide) * step.fraction[0] // step.fraction[1]
            return side, side
        if isinstance(step, Crop) and step.out_of_bounds == "trim":
            return np.minimum(high, step.height or 0), np.minimum(wide, step.width or 0)
        if isinstance(step, Crop):
            return np.full_like(high, step.height), np.full_like(wide, step.width)
        filled = [np.maximum(edge, least or 0) for edge, least in ((high, step.height), (wide, step.width))]
        return tuple(-(-edge // step.divisor) * step.divisor for edge in filled)  # type: ignore[return-value]

    return after
