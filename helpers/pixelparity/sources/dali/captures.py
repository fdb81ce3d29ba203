"""Capture a DALI pipeline: feed it pictures and keep the tensor after every operator."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pixelparity.errors import InputError, NotComparable, SideError
from pixelparity.sources.dali import channels, feeding, meaning
from pixelparity.sources.dali.functions import dali, serialize, split_output
from pixelparity.sources.dali.graph import Graph, Node
from pixelparity.sources.dali.recipes import chosen_output
from pixelparity.sources.dali.serialized import parse, to_graph
from pixelparity.sources.dali.taps import Runner, Tapped, check_runnable, moved_to_cpu
from pixelparity.stages import Capture, Stage, Tensor

BATCH_SIZE = 8
_BATCH_BYTES = 256 * 2**20  # decoded pictures in one batch: with every stage in floats, about 4 GiB at the worst


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What is fed where, and which edges are kept. ``edges`` ends with the pipeline's output."""

    graph: Graph
    data: bytes
    source: Node
    feed: str
    nodes: tuple[Node, ...]
    edges: tuple[str, ...]
    extra: Mapping[str, Tensor]


def capture(
    pipeline: Any,
    images: Mapping[str, Path],
    *,
    feed: str = "auto",
    raw: Mapping[str, Tensor] | None = None,
    extra: Mapping[str, Tensor] | None = None,
    output: int | str | None = None,
    batch_size: int = BATCH_SIZE,
) -> Capture:
    """Return the tensor after every operator of a DALI pipeline, for each picture, on the CPU.

    ``pipeline`` is a ``@pipeline_def`` function, a pipeline, ``"FILE.py:FUNCTION"`` or a ``model.dali`` (path or bytes).
    ``feed`` is ``encoded``, ``rgb``, ``bgr``, or ``auto``: encoded bytes if a decoder reads the external source, else
    decoded pictures, HWC, uint8, in the order from which the pipeline converts colours, or RGB. ``raw`` are tensors by
    image name to feed instead of the files. ``extra`` are the constant inputs of a pipeline with more than one external
    source, by its name. ``output`` chooses the pipeline's output that the model sees. Raises ``ImageError`` for a file that
    is not a whole picture, ``InputError`` for a pipeline or input that cannot be used, ``SideError`` when an operator fails.
    """
    if not images:
        raise NotComparable("no picture was given to the DALI pipeline; give at least one")
    if batch_size < 1:
        raise InputError(f"the batch size is {batch_size}; use 1 or more")
    pipeline, output = split_output(pipeline, output)
    data, name = serialize(pipeline)
    graph = to_graph(parse(data, name), name)
    check_runnable(graph)
    plan = _plan(graph, data, feed, extra or {}, output)
    if any(node.operator == "_conditional__Split" for node in graph.nodes):
        batch_size = 1  # a branch gets part of a batch, and does not say which
    kept = _run(plan, images, raw, batch_size)
    stages = _stages(plan, kept)
    return Capture(
        source=name if name.startswith("dali:") else f"dali:{name}",
        stages=tuple(stage for _, stage in stages),
        images=tuple(images),
        tensors={stage.name: kept[edge][1] for edge, stage in stages},
        facts=_facts(plan, raw is not None, batch_size),
    )


def _plan(graph: Graph, data: bytes, feed: str, extra: Mapping[str, Tensor], output: int | str | None) -> _Plan:
    final = chosen_output(graph, output).name
    source = _picture_source(graph, final, extra)
    if feed == "auto":
        decoders = [node for node in graph.ancestors(final) if node.is_decoder]
        encoded = any(source in graph.ancestors(node.inputs[0].name) for node in decoders)
        feed = "encoded" if encoded else _decoded_feed(graph, source)
    elif feed not in feeding.FEEDS:
        raise InputError(f"feed is {feed!r}; use auto, {', '.join(feeding.FEEDS)}")
    nodes = meaning.pictures_from(graph, source.outputs[0].name, final)
    if graph.producers[final] not in (source, *nodes):
        raise InputError(f"{graph.source}: output {final!r} is no picture; {_other_outputs(graph, final)}")
    if feed != "encoded":
        nodes = (source, *nodes)
    tapped = [node.outputs[0].name for node in nodes if node.operator not in meaning.PASSES]
    edges = [edge for edge in tapped if edge != final]
    return _Plan(graph=graph, data=data, source=source, feed=feed, nodes=nodes, edges=(*edges, final), extra=extra)


def _decoded_feed(graph: Graph, source: Node) -> str:
    """Return in which order decoded pictures are fed: as the operators that read them declare it, RGB where none does."""
    order = channels.declared_input(graph, source) or "RGB"
    if order == "GRAY":
        raise InputError(
            f"{graph.source} takes pictures of one channel (its colour conversion is from GRAY), and pictures are fed in three; "
            "decode them in the pipeline, or capture what runs it: python:FILE.py:FUNCTION"
        )
    return order.lower()


def _other_outputs(graph: Graph, final: str) -> str:
    """Return what to do where an output is no picture."""
    others = [f"#{number} {edge.name}" for number, edge in enumerate(graph.outputs) if edge.name != final]
    if others:
        return f"choose another of its outputs: {', '.join(others)}"
    return "it is the only output: let the pipeline return the picture before that"


def _picture_source(graph: Graph, final: str, extra: Mapping[str, Tensor]) -> Node:
    needed = [node for node in graph.ancestors(final) if node.is_source]
    names = [node.name for node in needed]
    unknown = sorted(set(extra) - set(names))
    if unknown:
        raise InputError(f"{graph.source}: there is no external source {unknown[0]!r}; there are {', '.join(names)}")
    left = [node for node in needed if node.name not in extra]
    if len(left) != 1:
        what = "no external source" if not left else f"{len(left)} external sources ({', '.join(n.name for n in left)})"
        raise InputError(
            f"{graph.source} has {what}; pictures are fed to exactly one: give the others as constant inputs (extra), "
            "and read files by an external source instead of a reader"
        )
    return left[0]


Kept = dict[str, tuple[str, dict[str, Tensor]]]  # edge -> (layout that DALI declares, tensor by image)


def _run(plan: _Plan, images: Mapping[str, Path], raw: Mapping[str, Tensor] | None, batch_size: int) -> Kept:
    runner = Runner(plan.data, plan.graph, plan.edges, batch_size)
    kept: Kept = {}
    for names, tensors in _batches(plan.feed, images, raw, batch_size):
        feeds: dict[str, Sequence[Tensor]] = {plan.source.name: tensors}
        feeds |= {name: [tensor] * len(names) for name, tensor in plan.extra.items()}
        for tapped in runner.run(feeds, names):
            _keep(kept, tapped, names)
    return kept


def _keep(kept: Kept, tapped: Tapped, names: Sequence[str]) -> None:
    _, tensors = kept.setdefault(tapped.edge, (tapped.layout, {}))
    tensors.update(zip(names, tapped.tensors, strict=bool(tapped.tensors)))


def _batches(
    feed: str, images: Mapping[str, Path], raw: Mapping[str, Tensor] | None, batch_size: int
) -> Iterator[tuple[list[str], list[Tensor]]]:
    """Iterate over batches of at most ``batch_size`` pictures and of bounded memory, in the pictures' order."""
    names: list[str] = []
    tensors: list[Tensor] = []
    for name, file in images.items():
        if raw is not None and name not in raw:
            raise InputError(f"no tensor was given for image {name!r}; give one for each")
        tensors.append(feeding.load(Path(file), feed) if raw is None else raw[name])
        names.append(name)
        if len(names) == batch_size or sum(t.nbytes for t in tensors) > _BATCH_BYTES:
            yield names, tensors
            names, tensors = [], []
    if names:
        yield names, tensors


def _stages(plan: _Plan, kept: Kept) -> list[tuple[str, Stage]]:
    """Return the edges that hold pictures with their stages, in graph order, the pipeline's output last."""
    declared: dict[str, meaning.Picture] = {}
    found: list[tuple[str, Stage]] = []
    images = max(len(tensors) for _, tensors in kept.values())
    for node in plan.nodes:
        edge = node.outputs[0].name
        before = next((declared[e.name] for e in node.inputs if e.name in declared), None)
        layout, tensors = kept.get(edge, ("", {}))
        if before is not None and (not tensors or channels.is_part(plan.graph, node, before.layout)):
            declared |= {e.name: before for e in node.outputs}  # handed on: no stage of its own
            continue
        if not tensors or not _holds_picture(plan, edge, tensors):
            continue
        declared[edge] = _declared(plan, node, before, layout, next(iter(tensors.values())))
        if len(tensors) == images:  # a branch that some pictures did not take is no stage of all of them
            found.append((edge, _stage(plan.graph, node, before, declared[edge], [stage.name for _, stage in found])))
    return sorted(found, key=lambda pair: pair[0] == plan.edges[-1])


def _holds_picture(plan: _Plan, edge: str, tensors: Mapping[str, Tensor]) -> bool:
    first = next(iter(tensors.values()))
    shape = first.shape
    if edge == plan.edges[-1] and len(shape) not in (2, 3):
        raise SideError(
            f"{plan.graph.source}: output {edge!r} has shape {shape}, and a picture has two or three axes; "
            f"{_other_outputs(plan.graph, edge)}"
        )
    return len(shape) in (2, 3) and (first.dtype != np.bool_ or edge == plan.edges[-1])  # a mask is no picture


def _declared(plan: _Plan, node: Node, before: meaning.Picture | None, layout: str, tensor: Tensor) -> meaning.Picture:
    dtype = str(tensor.dtype)
    if node.is_source:
        return meaning.retyped(meaning.fed(plan.feed), dtype)
    picture = meaning.after(plan.graph, node, before, dtype, layout)
    if len(picture.layout) == tensor.ndim:
        return picture
    # Nothing declares the layout: the rank is all that is known, and HWC is DALI's order.
    return replace(picture, layout="HW" if tensor.ndim == 2 else "HWC")


_NAMES = {"fdiv": "divide", "div": "divide", "mul": "multiply", "sub": "subtract", "add": "add"}


def _stage(
    graph: Graph, node: Node, before: meaning.Picture | None, picture: meaning.Picture, taken: Sequence[str]
) -> Stage:
    module, _, function = node.function.rpartition(".")
    name = _NAMES.get(function, function) if module == "math" else node.function.removeprefix("fn.")
    if function.startswith("_") or "._" in node.function:  # private to DALI: people write x[...] and if ... else
        name = function.removeprefix("_")
    name = base = "input" if node.is_source else name
    number = 1
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    return Stage(
        name=name,
        step=meaning.step(graph, node, before.layout if before else "HWC"),
        layout=picture.layout,
        channels=picture.channels,
        dtype=picture.dtype,
        value_range=picture.value_range,
        origin=f"{node.function} {node.origin}".strip(),
    )


def _facts(plan: _Plan, is_raw: bool, batch_size: int) -> dict[str, Any]:
    moved = moved_to_cpu(plan.graph)
    facts: dict[str, Any] = {
        "dali": dali().__version__,
        "feed": plan.feed,
        "external_source": plan.source.name,
        "decoder": "none: tensors were given" if is_raw else feeding.DECODERS[plan.feed],
        "batch_size": batch_size,
        "pipeline_sha256": hashlib.sha256(plan.data).hexdigest(),
        "output": plan.edges[-1],
    }
    if moved:
        facts["moved_to_cpu"] = list(moved)
        facts["moved_to_cpu_note"] = "these operators run on a GPU when served; here their CPU twins ran"
    return facts
