"""Run a pipeline with every wanted edge tapped: outputs are appended in its file, and operators moved to the CPU.

Nothing is changed in the operators but their device, so what comes out is what the pipeline computes, up to what DALI's
GPU and CPU operators do differently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pixelparity.errors import InputError, SideError
from pixelparity.sources.dali.functions import dali, first_line
from pixelparity.sources.dali.graph import Graph
from pixelparity.sources.dali.serialized import parse
from pixelparity.sources.dali.spelling import installed_name, localise
from pixelparity.stages import Tensor

THREADS = 2
_CPU_ONLY = -99999
_SIDE_EFFECTS = frozenset({"DumpImage"})  # writes files


@dataclass(frozen=True, kw_only=True)
class Tapped:
    """What one edge put out for one batch: tensors in the batch's order, and the layout that DALI declares, if any.

    ``tensors`` is empty where the edge lies on a branch that not every picture of the batch took.
    """

    edge: str
    layout: str
    tensors: tuple[Tensor, ...]


def add_outputs(data: bytes, source: str, edges: Sequence[str], batch_size: int) -> bytes:
    """Return the pipeline with ``edges`` as its outputs, in that order, every operator on the CPU, room for a batch."""
    message = parse(data, source)
    for op in message.op:
        for edge in (*op.input, *op.output):
            edge.device = "cpu"
        for argument in op.args:
            if argument.name == "device":
                argument.strings[:] = [b"cpu"]
    del message.pipe_outputs[:]
    for edge in edges:
        message.pipe_outputs.add(name=edge, device="cpu", is_argument_input=False)
    message.device_id = _CPU_ONLY
    message.batch_size = batch_size
    message.num_threads = THREADS
    localise(message, _is_known)
    return bytes(message.SerializeToString())


def moved_to_cpu(graph: Graph) -> tuple[str, ...]:
    """Return the operators that the pipeline runs on a GPU and that a tapped copy runs on the CPU, by name."""
    return tuple(node.name for node in graph.nodes if node.device != "cpu")


def check_runnable(graph: Graph) -> None:
    """Raise unless DALI knows every operator, each has a CPU twin, and none does anything but compute."""
    backend = dali().backend
    on_cpu = set(backend.RegisteredCPUOps())
    for node in graph.nodes:
        if node.operator in _SIDE_EFFECTS:
            raise InputError(f"{graph.source}: operator {node.operator} writes files, so it is not run; take it out")
        name = installed_name(node.operator, _is_known)
        if name is None:
            raise InputError(
                f"{graph.source}: DALI {dali().__version__} has no operator {node.operator!r}, so the file can be read but "
                "not run; it is of another DALI version or of a plug-in: run it with the DALI that wrote it, or load the "
                "plug-in before"
            )
        schema = backend.GetSchema(name)
        lacking = [name for name in node.declared if not schema.HasArgument(name)]
        if lacking:
            raise InputError(
                f"{graph.source}: in DALI {dali().__version__} {node.function} has no argument {lacking[0]!r}; the file was "
                "made by a newer DALI: update DALI"
            )
        if name not in on_cpu and not node.is_source:
            raise SideError(
                f"{graph.source}: operator {node.operator} has no CPU twin; capture it on a machine with a GPU"
            )


def _is_known(operator: str) -> bool:
    return dali().backend.TryGetSchema(operator) is not None


class Runner:
    """A tapped pipeline, ready to be fed batch after batch."""

    def __init__(self, data: bytes, graph: Graph, edges: Sequence[str], batch_size: int) -> None:
        self._data, self._graph, self._edges, self._batch_size = data, graph, tuple(edges), batch_size
        self._pipeline = self._build()

    def _build(self) -> Any:
        tapped = add_outputs(self._data, self._graph.source, self._edges, self._batch_size)
        try:
            return dali().Pipeline.deserialize(tapped, prefetch_queue_depth=1, exec_dynamic=True)
        except Exception as error:
            raise SideError(f"{self._graph.source} cannot be built on the CPU: {first_line(error)}") from error

    def run(self, feeds: Mapping[str, Sequence[Tensor]], names: Sequence[str]) -> Iterator[Tapped]:
        """Feed one batch (by external source, one tensor per image) and iterate over the tapped edges.

        Raises ``SideError`` that names the image and operator at fault.
        """
        try:
            results = self._run(feeds)
        except RuntimeError as error:
            raise SideError(self._blame(feeds, names, error)) from error
        for edge, result in zip(self._edges, results, strict=True):
            # Copied, because DALI writes the next batch over this memory.
            tensors = tuple(np.array(result.at(i)) for i in range(len(result)))
            tensors = tensors if len(tensors) == len(names) else ()
            yield Tapped(edge=edge, layout=result.layout(), tensors=tensors)

    def _run(self, feeds: Mapping[str, Sequence[Tensor]]) -> Any:
        for name, batch in feeds.items():
            self._pipeline.feed_input(name, list(batch))
        return self._pipeline.run()

    def _blame(self, feeds: Mapping[str, Sequence[Tensor]], names: Sequence[str], error: Exception) -> str:
        """Say which image a failed batch stumbled over, by running its images one by one in fresh pipelines."""
        for number, name in enumerate(names):
            self._pipeline = self._build()  # DALI gives a pipeline up after an error
            try:
                self._run({key: [batch[number]] for key, batch in feeds.items()})
            except RuntimeError as alone:
                return f"{self._graph.source} fails on image {name!r}: {first_line(alone)}"
        return f"{self._graph.source} fails on a batch of {len(names)} images, on none alone: {first_line(error)}"
