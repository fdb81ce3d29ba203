"""Walk the graph of a served model: each step is asked with the tensors of the steps before, and every edge is kept.

Every edge of an ensemble is seen this way, of ensembles inside it too, with no change to the server. A picture is asked
alone, so pictures of different sizes need no padding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from pixelparity.errors import InputError, ServerError
from pixelparity.sources.served import feeding
from pixelparity.sources.served.client import Client, Target
from pixelparity.sources.served.declared import Declared
from pixelparity.sources.served.feeding import Feed
from pixelparity.sources.served.graph import Graph
from pixelparity.sources.served.selection import Selector
from pixelparity.stages import Capture, Tensor, check_finite

Edges = dict[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What the caller decides of a walk.

    ``feed`` is ``rgb``, ``bgr`` or ``encoded``, or a mapping of input names to that; by default the model's declaration
    decides. ``constants`` are the inputs that take no picture. ``declared`` says what the server does not. ``final`` names the
    stage that the model sees, where the last model that reads a picture and puts out none is not the one. ``output`` names
    the vector to keep as outputs. ``exchange`` maps models of the graph to others of the server, to be asked in their place.
    """

    feed: str | Mapping[str, str] | None = None
    constants: Mapping[str, Any] | None = None
    declared: Declared = field(default_factory=Declared)
    final: str | None = None
    output: str | None = None
    exchange: Mapping[str, str] = field(default_factory=dict)


def capture(client: Client, target: Target, images: Mapping[str, Path], choices: Choices) -> Capture:
    """Return the tensor on every edge of a served model, for each picture, up to the one that the classifier sees.

    Raises ``ServerError`` or ``ServerTimeout`` when the server does not answer or refuses, ``InputError`` when a choice
    is open, ``SideError`` when a step puts out something that is no picture of finite numbers.
    """
    served = _exchanged(client, read(client, target), choices.exchange)
    feeds = feeding.plan(served, choices.feed, choices.constants)
    fixed = feeding.constants_as_given(choices.constants)
    facts = _facts(client, target, served, feeds, choices.exchange)
    selector = Selector(served, feeds, choices.declared, choices.final, choices.output)
    for name, file in images.items():
        fed = {**{i: f.load(Path(file)) for i, f in feeds.items()}, **fixed}
        edges = walk(served, client, fed)
        if served.is_ensemble and not choices.exchange and not selector.images:
            facts["ensemble_minus_walk"] = _agreement(served, client, fed, edges)
        selector.add(name, edges)
    captured = selector.capture(str(target), facts)
    check_finite(captured)
    return captured


def read(client: Client, target: Target) -> Graph:
    """Return the graph of a target's model; raise ``ServerError`` for one that is not there or not ready."""
    if not client.ready(target.model, target.version):
        raise ServerError(f"{target}: {_why_not_ready(client, target.model, target.version)}")
    served = client.graph(target.model, target.version)
    for node in served.nodes:
        if not client.ready(node.model, node.version):
            raise ServerError(f"{target}: its step {_why_not_ready(client, node.model, node.version)}")
    return served


def walk(served: Graph, client: Client, fed: Mapping[str, Tensor]) -> Edges:
    """Return the tensor of every edge for one set of inputs, by asking each model of the graph in turn."""
    edges: Edges = dict(fed)
    for node in served.nodes:
        inputs = {
            name: (node.input_spec(name).datatype, edges[edge]) for name, edge in node.inputs.items() if edge in edges
        }
        answers = client.infer(node.model, node.version, inputs)
        edges |= {edge: _output(client, node.model, answers, name) for name, edge in node.outputs.items()}
    return edges


def _output(client: Client, model: str, answers: Mapping[str, Tensor], name: str) -> Tensor:
    if name not in answers:
        raise ServerError(f"{model} at {client.address} left out its output {name!r}; look at the server's log")
    return answers[name]


def _exchanged(client: Client, served: Graph, exchange: Mapping[str, str]) -> Graph:
    """Return the graph with other models in place of some of its own, which have to take and give the same tensors."""
    unknown = sorted(set(exchange) - {node.model for node in served.nodes})
    if unknown:
        raise InputError(
            f"{served.model} has no step {unknown[0]!r}; it has {', '.join(n.model for n in served.nodes)}"
        )
    for name in exchange.values():
        if not client.ready(name):
            raise ServerError(f"{client.address}: {_why_not_ready(client, name)}")
    nodes = [replace(n, model=exchange[n.model], version="") if n.model in exchange else n for n in served.nodes]
    return replace(served, nodes=tuple(nodes))


def _why_not_ready(client: Client, model: str, version: str = "") -> str:
    states = client.models()
    if model not in states:
        return f"model {model!r} is not on the server; there are {', '.join(sorted(states)) or 'none'}"
    if states[model] == "READY":
        return (
            f"model {model!r} has no version {version or 'that is ready'}; leave the version out, or look at its folder"
        )
    return f"model {model!r} is {states[model].lower()}; load it, or look at the server's log for why it does not load"


def _agreement(served: Graph, client: Client, fed: Mapping[str, Tensor], edges: Edges) -> float | None:
    """Return how far the ensemble's own answer is from the walk's: the largest absolute difference of any number in it."""
    specs = {spec.name: spec.datatype for spec in served.inputs}
    answers = client.infer(served.model, served.version, {name: (specs[name], tensor) for name, tensor in fed.items()})
    differences = [0.0]
    for name, edge in served.outputs.items():
        if edge not in edges:
            raise ServerError(
                f"{client.address}: no step of ensemble {served.model!r} puts out {name!r}, which it declares"
            )
        walked, answer = edges[edge], _output(client, served.model, answers, name)
        if walked.shape != answer.shape:
            return None
        if walked.dtype.kind in "uifb" and walked.size:
            differences.append(float(np.abs(walked.astype(np.float64) - answer.astype(np.float64)).max()))
    return max(differences)


def _facts(
    client: Client, target: Target, served: Graph, feeds: Mapping[str, Feed], exchange: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "server": client.server(),
        "model": target.model,
        "version": target.version or "the server's choice",
        "steps": [{"model": n.model, "backend": n.backend, "path": list(n.path)} for n in served.nodes],
        "feed": {name: feed.kind for name, feed in feeds.items()},
        "decoder": {name: feeding.DECODERS[feed.kind] for name, feed in feeds.items()},
        **({"exchanged": dict(exchange)} if exchange else {}),
    }
