"""Capture a live server: walk the graph of a served model, each step asked with the tensors of the steps before.

Every edge of an ensemble is seen this way, of ensembles inside it too, with no change to the server. A picture is asked
alone, so pictures of different sizes need no padding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pixelparity.errors import InputError, NotComparable, ServerError
from pixelparity.sources.triton import feeding, graph, targets
from pixelparity.sources.triton.declared import Declared
from pixelparity.sources.triton.door import Access, Door, knock
from pixelparity.sources.triton.feeding import Feed
from pixelparity.sources.triton.graph import Graph
from pixelparity.sources.triton.selection import Selector
from pixelparity.stages import Capture, Tensor, check_finite

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
    exchange: Mapping[str, str] | None = None,
    **access: Any,
) -> Capture:
    """Return the tensor on every edge of a served model, for each picture, up to the one that the classifier sees.

    ``target`` is ``HOST:PORT/MODEL`` (see :mod:`.targets`); ``access`` are the fields of :class:`.door.Access` (protocol,
    timeout, retries, token, tls, ...). ``feed`` is ``rgb``, ``bgr`` or ``encoded``, or a mapping of input names to that;
    by default the model's declaration decides. ``constants`` are the inputs that take no picture. ``layout`` and
    ``channels`` declare what the server does not (:mod:`.declared`). ``final`` names the stage that the model sees, where
    the last model that reads a picture and puts out none is not the one. ``output`` names the vector to keep as outputs.
    ``exchange`` maps models of the graph to others of the server, to be asked in their place: a repaired step, say.

    Raises ``ServerError`` or ``ServerTimeout`` when the server does not answer or refuses, ``InputError`` when a choice
    is open, ``SideError`` when a step puts out something that is no picture of finite numbers.
    """
    if not images:
        raise NotComparable(f"no picture was given to {target}; give at least one")
    parsed = targets.parse(target)
    with _door(parsed, access) as door:
        served = _exchanged(door, _read(door, parsed), exchange or {})
        feeds = feeding.plan(served, feed, constants)
        fixed = feeding.constants_as_given(constants)
        facts = _facts(door, parsed, served, feeds, exchange or {})
        selector = Selector(served, feeds, Declared(layout=layout, channels=channels), final, output)
        for name, file in images.items():
            fed = {**{i: f.load(Path(file)) for i, f in feeds.items()}, **fixed}
            edges = walk(served, door, fed)
            if served.is_ensemble and not exchange and not selector.images:
                facts["ensemble_minus_walk"] = _agreement(served, door, fed, edges)
            selector.add(name, edges)
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
        raise ServerError(f"{target}: {_why_not_ready(door, target.model, target.version)}")
    served = graph.read(door.config, target.model, target.version)
    for node in served.nodes:
        if not door.ready(node.model, node.version):
            raise ServerError(f"{target}: its step {_why_not_ready(door, node.model, node.version)}")
    return served


def _exchanged(door: Door, served: Graph, exchange: Mapping[str, str]) -> Graph:
    """Return the graph with other models in place of some of its own, which have to take and give the same tensors."""
    unknown = sorted(set(exchange) - {node.model for node in served.nodes})
    if unknown:
        raise InputError(
            f"{served.model} has no step {unknown[0]!r}; it has {', '.join(n.model for n in served.nodes)}"
        )
    for name in exchange.values():
        if not door.ready(name):
            raise ServerError(f"{door.address}: {_why_not_ready(door, name)}")
    nodes = [replace(n, model=exchange[n.model], version="") if n.model in exchange else n for n in served.nodes]
    return replace(served, nodes=tuple(nodes))


def _why_not_ready(door: Door, model: str, version: str = "") -> str:
    states = door.models()
    if model not in states:
        return f"model {model!r} is not on the server; there are {', '.join(sorted(states)) or 'none'}"
    if states[model] == "READY":
        return (
            f"model {model!r} has no version {version or 'that is ready'}; leave the version out, or look at its folder"
        )
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


def _facts(
    door: Door, target: targets.Target, served: Graph, feeds: Mapping[str, Feed], exchange: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "server": door.server(),
        "model": target.model,
        "version": target.version or "the server's choice",
        "steps": [{"model": n.model, "backend": n.backend, "path": list(n.path)} for n in served.nodes],
        "feed": {name: feed.kind for name, feed in feeds.items()},
        "decoder": {name: feeding.DECODERS[feed.kind] for name, feed in feeds.items()},
        **({"exchanged": dict(exchange)} if exchange else {}),
    }
