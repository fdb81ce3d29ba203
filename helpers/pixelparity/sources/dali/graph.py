"""A pipeline as a graph of operators: plain data, read from a file or a function, run by nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pixelparity.errors import InputError

#: Arguments that DALI keeps for itself: they say who wrote the node, not what it does.
BOOKKEEPING = frozenset({"device", "preserve", "preserve_name", "bytes_per_sample_hint"})

EXTERNAL_SOURCES = frozenset({"ExternalSource", "_ExternalSource"})

#: The operator at the end of an if/else, which puts out what one of its branches did.
JOINS = frozenset({"_conditional__Merge"})
#: Operators that decode a compressed picture from bytes.
DECODERS = frozenset(
    f"{prefix}{name}"
    for prefix in ("decoders__", "experimental__decoders__", "legacy__decoders__")
    for name in ("Image", "ImageCrop", "ImageRandomCrop", "ImageSlice")
) | {"ImageDecoder", "ImageDecoderCrop", "ImageDecoderRandomCrop", "ImageDecoderSlice"}


@dataclass(frozen=True, kw_only=True)
class Argument:
    """One argument of an operator as stored. ``type`` is the stored type's name; a vector's ``value`` is a tuple."""

    name: str
    type: str
    value: Any


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A tensor between two operators. ``device`` is cpu or gpu."""

    name: str
    device: str


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The source line that made an operator; empty where the file does not say."""

    file: str = ""
    line: int = 0
    function: str = ""
    text: str = ""

    def __str__(self) -> str:
        place = f"{self.file.rsplit('/', 1)[-1]}:{self.line}" if self.file else ""
        return f"{place} {self.text}".strip()


@dataclass(frozen=True, kw_only=True)
class Node:
    """One operator with its inputs, outputs and stored arguments.

    ``operator`` is the schema's name (``decoders__Image``), ``function`` what its author wrote (``fn.decoders.image``).
    ``device`` is cpu, gpu or mixed. ``argument_inputs`` are arguments computed in the graph.
    """

    name: str
    operator: str
    function: str
    device: str
    inputs: tuple[Edge, ...]
    outputs: tuple[Edge, ...]
    argument_inputs: Mapping[str, Edge] = field(default_factory=dict)
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin, compare=False)

    def get(self, name: str, default: Any = None) -> Any:
        """Return the stored value of an argument, or ``default`` where the author left it out."""
        found = self.arguments.get(name)
        return default if found is None else found.value

    @property
    def declared(self) -> dict[str, Argument]:
        """Return the arguments that say what the operator does, without DALI's bookkeeping."""
        return {n: a for n, a in self.arguments.items() if n not in BOOKKEEPING and not n.startswith("_")}

    @property
    def is_source(self) -> bool:
        """Tell whether the operator is an external source."""
        return self.operator in EXTERNAL_SOURCES

    @property
    def is_input(self) -> bool:
        """Tell whether the operator is fed and decodes at once: a video, or a picture, of ``fn.experimental.inputs``."""
        return self.operator.removeprefix("experimental__").startswith("inputs__")

    @property
    def is_decoder(self) -> bool:
        """Tell whether the operator decodes compressed pictures."""
        return self.operator in DECODERS


@dataclass(frozen=True, kw_only=True)
class Graph:
    """A pipeline: operators in the order in which they can run, and its outputs. ``source`` names where it was read."""

    source: str
    nodes: tuple[Node, ...]
    outputs: tuple[Edge, ...]
    batch_size: int = 1
    num_threads: int = 1
    device_id: int | None = None

    @cached_property
    def producers(self) -> Mapping[str, Node]:
        """Return the operator behind every edge, by the edge's name."""
        return {edge.name: node for node in self.nodes for edge in node.outputs}

    @property
    def sources(self) -> tuple[Node, ...]:
        """Return the external sources, in graph order."""
        return tuple(node for node in self.nodes if node.is_source)

    def consumers(self, node: Node) -> tuple[Node, ...]:
        """Return the operators that read an output of ``node``, as data or as an argument."""
        made = {edge.name for edge in node.outputs}
        return tuple(n for n in self.nodes if any(e.name in made for e in (*n.inputs, *n.argument_inputs.values())))

    def branches(self, node: Node) -> tuple[Node, ...]:
        """Return a node, preceded by those that put out its branches where it joins them, of branches inside those too."""
        wanted, waiting = {node.name}, [node]
        while waiting:
            part = waiting.pop()
            inputs = part.inputs if part.operator in JOINS else ()
            new = [made for made in (self.producers[edge.name] for edge in inputs) if made.name not in wanted]
            wanted |= {made.name for made in new}
            waiting += new
        return tuple(part for part in self.nodes if part.name in wanted)

    def ancestors(self, edge: str) -> tuple[Node, ...]:
        """Return every operator that ``edge`` depends on, its own included, in graph order."""
        wanted, todo = set(), [edge]
        while todo:
            node = self.producers[todo.pop()]
            if node.name not in wanted:
                wanted.add(node.name)
                todo += [e.name for e in (*node.inputs, *node.argument_inputs.values())]
        return tuple(node for node in self.nodes if node.name in wanted)

    def output(self, which: int | str = 0) -> Edge:
        """Return a pipeline output by number or name; raise ``InputError`` that lists them if there is none such."""
        for number, edge in enumerate(self.outputs):
            if which in (number, edge.name):
                return edge
        names = ", ".join(f"{number}: {edge.name}" for number, edge in enumerate(self.outputs))
        raise InputError(f"{self.source}: there is no output {which!r}; the outputs are {names}")
