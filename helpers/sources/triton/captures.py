"""Capture a live server: walk the graph of a served model, each step asked with the tensors of the steps before.

Every edge of an ensemble is seen this way, of ensembles inside it too, with no change to the server. A picture is asked
alone, so pictures of different sizes need no padding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from helpers.errors import InputError, NotComparable, ServerError, SideError
from helpers.sources.triton import declared as declarations
from helpers.sources.triton import feeding, graph, targets
from helpers.sources.triton.declared import Declared
from helpers.sources.triton.door import Access, Door, knock
from helpers.sources.triton.feeding import Feed
from helpers.sources.triton.graph import Graph, Node
from helpers.stages import Capture, Stage, Tensor, check_finite

Edges = dict[str, Tensor]


def capture(
    target: str,
    images: Mapping[str, Path],
    *,
    feed: str | Mapping[str, str] | None = None,
    constants: Mapping[str, Any] | None = None,
    layout: str | Mapping[str, str] | None = None,
    channels: str | Mapping[str, str] | None = None,
    final: str | None = None,
    output: str | None = None,
    **access: Any,
) -> Capture:
    """Return the tensor on every edge of a served model, for each picture, up to the one that the classifier sees.

    ``target`` is ``HOST:PORT/MODEL`` (see :mod:`.targets`); ``access`` are the fields of :class:`.door.Access` (protocol,
    timeout, retries, token, tls, ...). ``feed`` is ``rgb``, ``bgr`` or ``encoded``, or a mapping of input names to that;
    by default the model's declaration decides. ``constants`` are the inputs that take no picture. ``layout`` and
    ``channels`` declare what the server does not (:mod:`.declared`). ``final`` names the stage that the model sees, where
    the last model that reads a picture and puts out none is not the one. ``output`` names the vector to keep as outputs.

    Raises ``ServerError`` or ``ServerTimeout`` when the server does not answer or refuses, ``InputError`` when a choice
    is open, ``SideError`` when a step puts out something that is no picture of finite numbers.
    """
    if not images:
        raise NotComparable(f"no picture was given to {target}; give at least one")
    parsed = targets.parse(target)
    with _door(parsed, access) as door:
        served = _read(door, parsed)
        feeds = feeding.plan(served, feed, constants)
        fixed = feeding.constants_as_given(constants)
        selector = _Selector(served, feeds, Declared(layout=layout, channels=channels), final, output)
        agreement = None
        for name, file in images.items():
            fed = {**{i: f.load(Path(file)) for i, f in feeds.items()}, **fixed}
            edges = walk(served, door, fed)
            if served.is_ensemble and agreement is None:
                agreement = _agreement(served, door, fed, edges)
            selector.add(name, edges)
        facts = {
            **_facts(door, parsed, served, feeds),
            **({"ensemble_minus_walk": agreement} if served.is_ensemble else {}),
        }
    captured = selector.capture(str(parsed), facts)
    check_finite(captured)
    return captured


def describe_graph(target: str, **access: Any) -> Graph:
    """Return what a served model is made of, for a flow diagram: its models with their inputs, outputs and edges."""
    parsed = targets.parse(target)
    with _door(parsed, access) as door:
        return _read(door, parsed)


def walk(served: Graph, door: Door, fed: Mapping[str, Tensor]) -> Edges:
    """Return the tensor of every edge for one set of inputs, by asking each model of the graph in turn."""
    edges: Edges = dict(fed)
    for node in served.nodes:
        inputs = {
            name: (node.input_spec(name).datatype, edges[edge]) for name, edge in node.inputs.items() if edge in edges
        }
        answers = door.infer(node.model, node.version, inputs)
        for name, edge in node.outputs.items():
            if name not in answers:
                raise ServerError(
                    f"{node.model} at {door.address} left out its output {name!r}; look at the server's log"
                )
            edges[edge] = answers[name]
    return edges


@contextmanager
def _door(target: targets.Target, access: Mapping[str, Any]) -> Iterator[Door]:
    try:
        settings = Access(**access)
    except TypeError as error:
        raise InputError(f"{target}: {error}; the settings are {', '.join(Access.__dataclass_fields__)}") from None
    door = knock(target.address, target.applied(settings))
    try:
        yield door
    finally:
        door.close()


def _read(door: Door, target: targets.Target) -> Graph:
    """Return the graph of the target's model; raise ``ServerError`` for one that is not there or not ready."""
    if not door.ready(target.model, target.version):
        raise ServerError(f"{target}: {_why_not_ready(door, target.model)}")
    served = graph.read(door.config, target.model, target.version)
    for node in served.nodes:
        if not door.ready(node.model, node.version):
            raise ServerError(f"{target}: its step {_why_not_ready(door, node.model)}")
    return served


def _why_not_ready(door: Door, model: str) -> str:
    states = door.models()
    if model not in states:
        return f"model {model!r} is not on the server; there are {', '.join(sorted(states)) or 'none'}"
    return f"model {model!r} is {states[model].lower()}; load it, or look at the server's log for why it does not load"


def _agreement(served: Graph, door: Door, fed: Mapping[str, Tensor], edges: Edges) -> float | None:
    """Return how far the ensemble's own answer is from the walk's: the largest absolute difference of any number in it."""
    specs = {spec.name: spec.datatype for spec in served.inputs}
    answers = door.infer(served.model, served.version, {name: (specs[name], tensor) for name, tensor in fed.items()})
    differences = [0.0]
    for name, edge in served.outputs.items():
        walked, answer = edges[edge], answers[name]
        if walked.shape != answer.shape:
            return None
        if walked.dtype.kind in "uifb" and walked.size:
            differences.append(float(np.abs(walked.astype(np.float64) - answer.astype(np.float64)).max()))
    return max(differences)


def _facts(door: Door, target: targets.Target, served: Graph, feeds: Mapping[str, Feed]) -> dict[str, Any]:
    return {
        "server": door.server(),
        "model": target.model,
        "version": target.version or "the server's choice",
        "steps": [{"model": n.model, "backend": n.backend, "path": list(n.path)} for n in served.nodes],
        "feed": {name: feed.kind for name, feed in feeds.items()},
        "decoder": {name: feeding.DECODERS[feed.kind] for name, feed in feeds.items()},
    }


@dataclass(frozen=True, kw_only=True)
class _Choice:
    """Which edges become stages, in order, the model's inputs last; and which edge holds the outputs, if any."""

    stages: Mapping[str, Stage]
    inputs: tuple[str, ...]
    outputs: str | None


class _Selector:
    """Keep of each walk the pictures up to the final tensor, and the outputs; the first walk decides which those are."""

    def __init__(
        self, served: Graph, feeds: Mapping[str, Feed], declared: Declared, final: str | None, output: str | None
    ) -> None:
        self.served, self.feeds, self.declared, self.final, self.output = served, feeds, declared, final, output
        self.names = declarations.names(served)
        self.choice: _Choice | None = None
        self.images: list[str] = []
        self.tensors: dict[str, dict[str, Tensor]] = {}
        self.outputs: dict[str, Tensor] = {}

    def add(self, image: str, edges: Edges) -> None:
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

    def _choose(self, singles: Mapping[str, Tensor | None]) -> _Choice:
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
        return _Choice(
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

    def _vector(self, singles: Mapping[str, Tensor | None], model: Node | None) -> str | None:
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
