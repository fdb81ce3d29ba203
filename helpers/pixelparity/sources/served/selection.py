"""Which edges of a served model become stages: its pictures, up to those that the classifier sees, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pixelparity.errors import InputError, SideError
from pixelparity.sources.served import declared as declarations
from pixelparity.sources.served.declared import Declared
from pixelparity.sources.served.feeding import Feed
from pixelparity.sources.served.graph import Graph, Node
from pixelparity.stages import Capture, Stage, Tensor

#: The tensor of one picture on each edge, without its batch axis; ``None`` where an edge holds no single picture.
Singles = Mapping[str, Tensor | None]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which edges become stages, in order, the model's inputs last; and which edge holds the outputs, if any."""

    stages: Mapping[str, Stage]
    inputs: tuple[str, ...]
    outputs: str | None


class Selector:
    """Keep of each walk the pictures up to the final tensor, and the outputs; the first walk decides which those are."""

    def __init__(
        self, served: Graph, feeds: Mapping[str, Feed], declared: Declared, final: str | None, output: str | None
    ) -> None:
        self.served, self.feeds, self.declared, self.final, self.output = served, feeds, declared, final, output
        self.names = declarations.names(served)
        self.choice: Choice | None = None
        self.images: list[str] = []
        self.tensors: dict[str, dict[str, Tensor]] = {}
        self.outputs: dict[str, Tensor] = {}

    def add(self, image: str, edges: Mapping[str, Tensor]) -> None:
        """Keep what is wanted of one picture's walk."""
        singles = {edge: self._single(edge, tensor) for edge, tensor in edges.items()}
        if self.choice is None:
            self.choice = self._choose(singles)
        self.images.append(image)
        for edge, stage in self.choice.stages.items():
            tensor = singles[edge]
            if tensor is None or tensor.ndim != len(stage.layout):
                raise SideError(f"{self.served.model}: stage {stage.name!r} of {image!r} is no single picture any more")
            self.tensors.setdefault(stage.name, {})[image] = tensor
        if self.choice.outputs is not None:
            answer = singles[self.choice.outputs]
            if answer is None:
                raise SideError(f"{self.served.model}: the outputs for {image!r} are not those of one picture")
            self.outputs[image] = answer.reshape(-1)

    def capture(self, source: str, facts: Mapping[str, Any]) -> Capture:
        """Return what was kept."""
        assert self.choice is not None
        kept = tuple(self.choice.stages.values())
        inputs = {"inputs": list(self.choice.inputs)} if len(self.choice.inputs) > 1 else {}
        return Capture(
            source=source,
            stages=kept,
            images=tuple(self.images),
            tensors=self.tensors,
            outputs=self.outputs,
            facts={**facts, **inputs},
        )

    def _single(self, edge: str, tensor: Tensor) -> Tensor | None:
        return declarations.one_picture(tensor, batched=declarations.is_batched(self.served, edge))

    def _choose(self, singles: Singles) -> Choice:
        pictures = {}
        for edge in self.served.edges():
            tensor = singles.get(edge)
            if tensor is None:
                continue
            feed, name = self.feeds.get(edge), self.names[edge]
            layout = declarations.layout_of(self.served, edge, name, tensor, self.declared, feed)
            if layout:
                pictures[edge] = declarations.stage(self.served, edge, name, tensor, self.declared, feed, layout)
        if not pictures:
            shapes = ", ".join(f"{self.names[e]} {t.shape}" for e, t in singles.items() if t is not None)
            raise SideError(
                f"{self.served.model}: no edge holds a picture ({shapes}); declare the layout of one that does"
            )
        model, finals = self._finals(pictures)
        before = _ancestors(self.served, finals)
        edges = [*(edge for edge in pictures if edge in before and edge not in finals), *finals]
        return Choice(
            stages={edge: pictures[edge] for edge in edges},
            inputs=tuple(self.names[edge] for edge in finals),
            outputs=self._vector(singles, model),
        )

    def _finals(self, pictures: Mapping[str, Stage]) -> tuple[Node | None, tuple[str, ...]]:
        """Return the model that sees pictures last, and those of its inputs that are pictures."""
        if self.final is not None:
            edge = next((e for e, stage in pictures.items() if self.final in (stage.name, e)), None)
            if edge is None:
                known = ", ".join(stage.name for stage in pictures.values())
                raise InputError(f"{self.served.model} has no stage {self.final!r}; there are {known}")
            readers = self.served.consumers(edge)
            return (readers[0][0] if readers else None), (edge,)
        readers_ = [n for n in self.served.nodes if any(e in pictures for e in n.inputs.values())]
        sinks = [n for n in readers_ if not any(e in pictures for e in n.outputs.values())]
        if not sinks:  # a model that only preprocesses: what it puts out is what the next model, elsewhere, sees
            return None, (list(pictures)[-1],)
        return sinks[-1], tuple(edge for edge in sinks[-1].inputs.values() if edge in pictures)

    def _vector(self, singles: Singles, model: Node | None) -> str | None:
        """Return the edge of the served model's answer: a vector of floats among its outputs."""
        found = []
        for name, edge in self.served.outputs.items():
            tensor = singles.get(edge)
            is_vector = (
                tensor is not None and tensor.dtype.kind == "f" and tensor.size == max(tensor.shape, default=0) > 1
            )
            if is_vector and self.output in (None, name):
                found.append(edge)
        if self.output is not None and not found:
            raise InputError(
                f"{self.served.model} has no vector output {self.output!r}; it has {', '.join(self.served.outputs)}"
            )
        return found[0] if found and (model is not None or self.output) else None


def _ancestors(served: Graph, finals: tuple[str, ...]) -> set[str]:
    """Return the edges from which the given ones are made, themselves included."""
    found: set[str] = set()
    waiting = list(finals)
    while waiting:
        edge = waiting.pop()
        if edge in found:
            continue
        found.add(edge)
        made = served.producer(edge)
        waiting += list(made[0].inputs.values()) if made else []
    return found
