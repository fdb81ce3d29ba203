"""What a served model does: a graph of plain models with their tensors. Any serving system's models are read as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pixelparity.errors import ServerError


@dataclass(frozen=True, kw_only=True)
class TensorSpec:
    """A tensor as a config declares it: ``dims`` without the batch axis, -1 is free; ``format`` is NHWC, NCHW or ''."""

    name: str
    datatype: str
    dims: tuple[int, ...]
    format: str = ""
    optional: bool = False


@dataclass(frozen=True, kw_only=True)
class Node:
    """One plain model of the graph. ``inputs`` and ``outputs`` map its tensors to edges; ``path`` are the ensembles around it."""

    model: str
    version: str = ""
    backend: str = ""
    path: tuple[str, ...] = ()
    max_batch_size: int = 0
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    input_specs: tuple[TensorSpec, ...]
    output_specs: tuple[TensorSpec, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)

    def input_spec(self, name: str) -> TensorSpec:
        """Return what the model declares of one of its inputs."""
        return next(spec for spec in self.input_specs if spec.name == name)

    def output_spec(self, name: str) -> TensorSpec:
        """Return what the model declares of one of its outputs."""
        return next(spec for spec in self.output_specs if spec.name == name)


@dataclass(frozen=True, kw_only=True)
class Graph:
    """What a served model does: its plain models in an order in which they can run. Inputs and outputs map names to edges."""

    model: str
    version: str = ""
    is_ensemble: bool
    max_batch_size: int = 0
    inputs: tuple[TensorSpec, ...]
    outputs: Mapping[str, str]
    nodes: tuple[Node, ...]

    def producer(self, edge: str) -> tuple[Node, str] | None:
        """Return the node that puts out an edge and its output's name; ``None`` for an input of the graph."""
        found = ((node, name) for node in self.nodes for name, e in node.outputs.items() if e == edge)
        return next(found, None)

    def consumers(self, edge: str) -> list[tuple[Node, str]]:
        """Return the nodes that read an edge, each with its input's name."""
        return [(node, name) for node in self.nodes for name, e in node.inputs.items() if e == edge]

    def edges(self) -> Iterator[str]:
        """Iterate over the edges: the graph's inputs first, then what each node puts out."""
        yield from (spec.name for spec in self.inputs)
        for node in self.nodes:
            yield from node.outputs.values()


def in_order(model: str, nodes: Sequence[Node], available: set[str]) -> tuple[Node, ...]:
    """Return the nodes so that each comes after those that feed it; raise ``ServerError`` where nothing puts out an edge.

    ``available`` are the edges that a client feeds.
    """
    _check_written_once(model, nodes, available)
    waiting, ordered, known = list(nodes), [], set(available)
    while waiting:
        runnable = next((node for node in waiting if known.issuperset(node.inputs.values())), None)
        if runnable is None:
            edge = next(e for e in waiting[0].inputs.values() if e not in known)
            raise ServerError(f"ensemble {model!r}: nothing puts out {edge!r}, which {waiting[0].model!r} reads")
        ordered.append(runnable)
        waiting.remove(runnable)
        known.update(runnable.outputs.values())
    return tuple(ordered)


def _check_written_once(model: str, nodes: Sequence[Node], available: set[str]) -> None:
    writers: dict[str, str] = dict.fromkeys(available, "its client")
    for node in nodes:
        for edge in node.outputs.values():
            if edge in writers:
                raise ServerError(
                    f"ensemble {model!r}: both {writers[edge]} and {node.model} put out {edge!r}, so what it holds is left to "
                    "chance; correct its output_map"
                )
            writers[edge] = node.model
