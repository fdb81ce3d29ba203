"""A resize, or branches of resizes, in the words of a recipe."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pixelparity.recipes import Resize
from pixelparity.sources.dali.constants import DTYPES, INTERPOLATIONS
from pixelparity.sources.dali.expressions import NotSizes, Sizes, text
from pixelparity.sources.dali.graph import Graph, Node
from pixelparity.sources.dali.sizes import Target, before, recognise, sizes_of, static_target, whole_numbers

_KERNELS = {
    "INTERP_NN": "nearest", "INTERP_LINEAR": "linear", "INTERP_TRIANGULAR": "linear", "INTERP_CUBIC": "cubic",
    "INTERP_LANCZOS3": "lanczos", "INTERP_GAUSSIAN": "gaussian",
}  # fmt: skip
_SIZE_ARGUMENTS = ("size", "resize_shorter", "resize_longer", "resize_x", "resize_y")


def resize_step(graph: Graph, node: Node, extents: Mapping[str, Sizes], dtype: str) -> Resize | None:
    """Return the step of a resize operator, or of an if/else whose branches are resizes of one kind; else ``None``.

    Its ``origin`` is only a remark on a size that is computed in the graph. ``extents`` tells the
    height and width of the edges that hold pictures, ``dtype`` is the picture's number type.
    """
    parts = _parts(graph, node)
    kernels = {_kernel(part) for part in parts}
    dtypes = {DTYPES.get(part.get("dtype", -1), dtype) for part in parts}
    if not parts or len(kernels) != 1 or len(dtypes) != 1 or None in kernels:
        return None
    target = static_target(graph, node) if node in parts else None
    remark = ""
    if target is None:
        target = _computed(graph, node, parts, extents)
        remark = _remark(graph, node, target, extents)
    if target is None:
        return None
    return _step(parts[0], target, dtypes.pop(), remark)


def _computed(graph: Graph, node: Node, parts: tuple[Node, ...], extents: Mapping[str, Sizes]) -> Target | None:
    try:
        start = before(graph, node, extents)
    except NotSizes:
        return None
    return recognise(sizes_of(graph, node, extents), start, whole_numbers(graph, node, *parts))


def _parts(graph: Graph, node: Node) -> tuple[Node, ...]:
    """Return the resize operators behind a node: itself, or those of an if/else; empty where there is anything else."""
    if node.operator == "Resize":
        regional = {"roi_start", "roi_end", "roi_relative"} & {*node.declared, *node.argument_inputs}
        return () if regional else (node,)
    if node.operator != "_conditional__Merge":
        return ()
    found = [part for part in graph.branches(node) if part.operator != "_conditional__Merge"]
    return tuple(found) if all(_parts(graph, part) and _is_split(graph, part) for part in found) else ()


def _is_split(graph: Graph, node: Node) -> bool:
    return graph.producers[node.inputs[0].name].operator == "_conditional__Split"


def _kernel(node: Node) -> tuple[str, bool, bool] | None:
    """Return (kernel, antialias, subpixel); ``None`` where shrinking and enlarging use different kernels."""
    both = node.get("interp_type", 1)
    chosen = {node.get("min_filter", both), node.get("mag_filter", both)}
    name = INTERPOLATIONS.get(next(iter(chosen)), "")
    if (
        len(chosen) != 1
        or name not in _KERNELS
        or {"interp_type", "min_filter", "mag_filter"} & {*node.argument_inputs}
    ):
        return None
    # Seen with DALI 2.4: without antialiasing, triangular is the plain linear kernel; nearest never widens its filter.
    antialias = bool(node.get("antialias", True)) and name != "INTERP_NN"
    return _KERNELS[name], antialias, bool(node.get("subpixel_scale", True))


def _step(node: Node, target: Target, dtype: str, remark: str) -> Resize:
    kernel = _kernel(node)
    assert kernel is not None
    given = {*node.arguments, *node.argument_inputs}
    left = {"antialias": {"antialias"}, "subpixel": {"subpixel_scale"}}
    left["kernel"] = {"interp_type", "min_filter", "mag_filter"}
    left["mode"] = {"mode", *_SIZE_ARGUMENTS[1:]}
    defaulted = {field for field, names in left.items() if not names & given} | {"library", "dtype"}
    if not remark:
        defaulted.add("rounding")  # a size computed in the graph chose its own
    return Resize(
        mode=target.mode, size=target.size, height=target.height, width=target.width, oriented=target.oriented,
        kernel=kernel[0], antialias=kernel[1], subpixel=kernel[2], library="dali", rounding=target.rounding,
        max_size=target.max_size, dtype=dtype, origin=remark,
        defaulted=frozenset(defaulted - ({"dtype"} if "dtype" in given else set())),
    )  # fmt: skip


def _remark(graph: Graph, node: Node, target: Target | None, pictures: Collection[str]) -> str:
    if target is None:
        return ""
    if target.agrees == 1.0:
        return "(size computed in the graph)"
    formulas = [
        text(graph, edge.name, pictures) for name, edge in node.argument_inputs.items() if name in _SIZE_ARGUMENTS
    ]
    return (
        f"(size computed in the graph: {', '.join(formulas) or 'by branches'}; these words hold for {target.agrees:.0%} of "
        "picture sizes, the others come out a pixel different)"
    )
