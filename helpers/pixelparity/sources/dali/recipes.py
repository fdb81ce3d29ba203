"""Read a DALI pipeline as a recipe: what it declares, with every default of DALI spelled out."""

from __future__ import annotations

from typing import Any

from pixelparity.errors import InputError, PipelineFileError
from pixelparity.recipes import Pad, Recipe, Step
from pixelparity.sources.dali import channels
from pixelparity.sources.dali.affine import affine
from pixelparity.sources.dali.feeding import FEEDS
from pixelparity.sources.dali.functions import serialize
from pixelparity.sources.dali.graph import Graph, Node
from pixelparity.sources.dali.meaning import measures
from pixelparity.sources.dali.operators import read_node
from pixelparity.sources.dali.reading import State
from pixelparity.sources.dali.serialized import parse, to_graph


def recipe(pipeline: Any, *, feed: str = "auto", output: int | str = 0) -> Recipe:
    """Return what a DALI pipeline declares, from the picture's decoder or external source to the given output.

    ``pipeline`` is anything that ``capture`` takes, or a ``Graph``; a file is only read, never run. A picture that arrives
    decoded has a ``Decode`` step of library ``client`` in the channel order of ``feed``. Sizes computed in the graph are
    put into words where they follow a known rule; an operator without a known meaning is an ``Unknown`` step.
    """
    if feed not in (*FEEDS, "auto"):
        raise InputError(f"feed is {feed!r}; use auto, {', '.join(FEEDS)}")
    graph = pipeline if isinstance(pipeline, Graph) else _read(pipeline)
    state = State(graph=graph, feed="bgr" if feed == "bgr" else "rgb")
    steps: list[Step] = []
    batch: Pad | None = None
    for node in picture_path(graph, graph.output(output).name):
        try:
            read = read_node(state, node)
        except NONSENSE as error:
            raise nonsense(graph, node, error) from error
        steps = [*(steps[:-1] if read.joins else steps), *read.steps]
        batch, state = read.batch or batch, read.state
    source = graph.source if graph.source.startswith("dali:") else f"dali:{graph.source}"
    return Recipe(source=source, steps=tuple(steps), batch=batch)


#: What goes wrong when a stored argument is not of the kind that its operator takes.
NONSENSE = (TypeError, IndexError, KeyError, AttributeError, ArithmeticError)


def nonsense(graph: Graph, node: Node, error: Exception) -> PipelineFileError:
    """Return the error for an operator whose stored arguments cannot be understood."""
    return PipelineFileError(
        f"{graph.source}: the arguments of operator {node.name!r} make no sense ({type(error).__name__}: "
        f"{str(error).splitlines()[0] if str(error) else ''}); serialize the pipeline again"
    )


def _read(pipeline: Any) -> Graph:
    data, source = serialize(pipeline)
    return to_graph(parse(data, source), source)


def picture_path(graph: Graph, final: str) -> list[Node]:
    """Return the operators that the picture passes on its way to the edge ``final``, first to last.

    Branches of an if/else are left out: the operator that joins them stands for both.
    """
    path = [graph.producers[final]]
    while not (path[0].is_source or path[0].is_decoder):
        edge = _upstream(graph, path[0])
        if edge is None:
            break
        path.insert(0, graph.producers[edge])
    return path


def _upstream(graph: Graph, node: Node) -> str | None:
    """Return the edge from which an operator takes its picture."""
    for layout in ("HWC", "CHW"):
        chosen = channels.picked(graph, node, layout)
        if chosen is not None:
            return chosen.edge
    mapped = affine(graph, node)
    if mapped is not None:
        return mapped.edge
    if node.operator == "_conditional__Merge":
        return _before_branches(graph, node)
    return next((edge.name for edge in node.inputs if _holds_picture(graph, edge.name)), None)


def _before_branches(graph: Graph, merge: Node) -> str | None:
    predicate = merge.argument_inputs["predicate"].name
    for node in graph.ancestors(merge.inputs[0].name):
        given = node.argument_inputs.get("predicate")
        splits = node.operator == "_conditional__Split" and given is not None and given.name == predicate
        if splits and _holds_picture(graph, node.inputs[0].name):
            return node.inputs[0].name
    return next((edge.name for edge in merge.inputs if _holds_picture(graph, edge.name)), None)


def _holds_picture(graph: Graph, edge: str) -> bool:
    node = graph.producers[edge]
    if measures(node):
        return False
    is_start = node.is_source or node.is_decoder or node.operator.startswith("readers__")
    return is_start or any(_holds_picture(graph, inner.name) for inner in node.inputs)
