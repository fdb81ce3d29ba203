"""Read a DALI pipeline as a recipe: what it declares, with every default of DALI spelled out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from pixelparity.errors import InputError, PipelineFileError, SkewError
from pixelparity.fields import shown
from pixelparity.recipes import Pad, Recipe, Step
from pixelparity.sources.dali import channels
from pixelparity.sources.dali.affine import affine
from pixelparity.sources.dali.feeding import FEEDS
from pixelparity.sources.dali.functions import serialize, split_output
from pixelparity.sources.dali.graph import Edge, Graph, Node
from pixelparity.sources.dali.meaning import measures
from pixelparity.sources.dali.operators import read_node
from pixelparity.sources.dali.reading import State
from pixelparity.sources.dali.serialized import parse, to_graph


def recipe(pipeline: Any, *, feed: str = "auto", output: int | str | None = None) -> Recipe:
    """Return what a DALI pipeline declares, from the picture's decoder or external source to the given output.

    ``pipeline`` is anything that ``capture`` takes, or a ``Graph``; a file is only read, never run. A picture that arrives
    decoded has a ``Decode`` step of library ``client`` in the channel order of ``feed``. Sizes computed in the graph are
    put into words where they follow a known rule; an operator without a known meaning is an ``Unknown`` step. ``output`` is
    the output that the model sees, by number from 0 or by name; it may stand behind the pipeline's name: ``FILE#1``.
    """
    if feed not in (*FEEDS, "auto"):
        raise InputError(f"feed is {feed!r}; use auto, {', '.join(FEEDS)}")
    pipeline, output = split_output(pipeline, output)
    graph = pipeline if isinstance(pipeline, Graph) else _read(pipeline)
    state = State(graph=graph, feed=feed)
    steps: list[Step] = []
    batch: Pad | None = None
    for node in picture_path(graph, chosen_output(graph, output).name):
        with understood(graph, node):
            read = read_node(state, node)
        steps = [*(steps[:-1] if read.joins else steps), *read.steps]
        batch, state = read.batch or batch, read.state
    source = graph.source if graph.source.startswith("dali:") else f"dali:{graph.source}"
    return Recipe(source=source, steps=tuple(steps), batch=batch)


#: What goes wrong when a stored argument is not of the kind that its operator takes, or builds on others without end.
_NONSENSE = (TypeError, IndexError, KeyError, AttributeError, ArithmeticError, ValueError, RecursionError)


@contextmanager
def understood(graph: Graph, node: Node) -> Iterator[None]:
    """Raise ``PipelineFileError`` where the block cannot make sense of an operator's stored arguments."""
    try:
        yield
    except SkewError:
        raise
    except _NONSENSE as error:
        reason = str(error).splitlines()[0] if str(error) else ""
        raise PipelineFileError(
            f"{graph.source}: the arguments of operator {shown(node.name)} make no sense ({type(error).__name__}: {reason}); "
            "serialize the pipeline again"
        ) from error


def _read(pipeline: Any) -> Graph:
    data, source = serialize(pipeline)
    return to_graph(parse(data, source), source)


def chosen_output(graph: Graph, which: int | str | None) -> Edge:
    """Return the output that is meant: the given one, or the only one that holds pictures.

    Raises ``InputError`` that lists them where several do and nobody chose.
    """
    if which is not None:
        return graph.output(which)
    pictures = _holding_pictures(graph)
    held = {number: edge for number, edge in enumerate(graph.outputs) if edge.name in pictures}
    if len(held) < 2:
        return next(iter(held.values()), graph.output(0))
    listed = ", ".join(f"#{number} {edge.name}" for number, edge in held.items())
    name = graph.source if graph.source.startswith("dali:") else f"dali:{graph.source}"
    raise InputError(
        f"{graph.source}: {len(held)} of its outputs hold pictures ({listed}); say which one the model gets, such as "
        f"{name}#{next(iter(held))}"
    )


def picture_path(graph: Graph, final: str) -> list[Node]:
    """Return the operators that the picture passes on its way to the edge ``final``, first to last.

    Branches of an if/else are left out: the operator that joins them stands for both.
    """
    path, pictures = [graph.producers[final]], _holding_pictures(graph)
    while not (path[-1].is_source or path[-1].is_decoder or path[-1].is_input):
        with understood(graph, path[-1]):
            edge = _upstream(graph, path[-1], pictures)
        if edge is None:
            break
        path.append(graph.producers[edge])
    return path[::-1]


def _upstream(graph: Graph, node: Node, pictures: Collection[str]) -> str | None:
    """Return the edge from which an operator takes its picture."""
    for layout in ("HWC", "CHW"):
        chosen = channels.picked(graph, node, layout)
        if chosen is not None:
            return chosen.edge
    mapped = affine(graph, node)
    if mapped is not None:
        return mapped.edge
    if node.operator == "_conditional__Merge":
        return _before_branches(graph, node, pictures)
    return next((edge.name for edge in node.inputs if edge.name in pictures), None)


def _before_branches(graph: Graph, merge: Node, pictures: Collection[str]) -> str | None:
    predicate = merge.argument_inputs["predicate"].name
    for node in graph.ancestors(merge.inputs[0].name):
        given = node.argument_inputs.get("predicate")
        splits = node.operator == "_conditional__Split" and given is not None and given.name == predicate
        if splits and node.inputs[0].name in pictures:
            return node.inputs[0].name
    return next((edge.name for edge in merge.inputs if edge.name in pictures), None)


def _holding_pictures(graph: Graph) -> frozenset[str]:
    """Return the edges that hold a picture: what a source puts out, and what is made of a picture and does not measure it.

    Of several outputs the first is the picture, and the others are labels of a reader or sizes before a resize.
    """
    found: set[str] = set()
    for node in graph.nodes:  # each comes after its inputs
        is_start = node.is_source or node.is_decoder or node.operator.startswith("readers__") or node.is_input
        if not measures(node) and (is_start or any(edge.name in found for edge in node.inputs)):
            several = node.is_source or node.operator == "_conditional__Split"
            found |= {edge.name for edge in (node.outputs if several else node.outputs[:1])}
    return frozenset(found)
