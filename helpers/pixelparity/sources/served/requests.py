"""Requests that a server wrote down while it served: which belong together, and what each picture went through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pixelparity.sources.served import declared
from pixelparity.stages import Tensor

#: Tensors shorter than this (class probabilities) may be equal by chance and link no requests.
TELLING_SIZE = 32


@dataclass(kw_only=True)
class Request:
    """One request of one model. ``parent`` is the request of the ensemble that made it, where the server says."""

    number: int
    model: str = ""
    parent: int | None = None
    inputs: dict[str, Tensor] = field(default_factory=dict)
    outputs: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One request of a client: the model that was asked (``''`` where the trace has no names), and those that answered."""

    model: str
    requests: tuple[Request, ...]


@dataclass(frozen=True, kw_only=True)
class Passage:
    """What one picture went through: the fed tensor, each picture on the way by stage name, the answer.

    The last ``inputs`` pictures are those that the model sees.
    """

    fed: Tensor
    pictures: Mapping[str, Tensor]
    inputs: tuple[str, ...]
    outputs: Tensor | None


def grouped(requests: Mapping[int, Request]) -> list[Answered]:
    """Return, for each request that a client sent, the requests of the plain models that answered it, in order.

    Where the server names models and parents these say what belongs together. Where it does not, requests that share a
    large tensor do, and one whose inputs and outputs all return in later requests was an ensemble's.
    """
    if all(request.model for request in requests.values()):
        parents = {request.parent for request in requests.values()}
        groups = _by_root(requests).items()
        return [
            Answered(model=requests[n].model, requests=tuple(r for r in g if r.number not in parents))
            for n, g in groups
        ]
    contents = _by_content(requests)
    return [Answered(model="", requests=tuple(r for r in g if not _is_ensemble(r, g))) for g in contents]


def _by_root(requests: Mapping[int, Request]) -> dict[int, list[Request]]:
    """Return the requests that came of each client's request, by that request's number."""
    groups: dict[int, list[Request]] = {}
    for request in requests.values():
        root = request
        passed = {root.number}
        while root.parent is not None and root.parent in requests and root.parent not in passed:
            root = requests[root.parent]
            passed.add(root.number)
        groups.setdefault(root.number, []).append(request)
    return dict(sorted(groups.items()))


def _by_content(requests: Mapping[int, Request]) -> list[list[Request]]:
    groups: list[tuple[set[Any], list[Request]]] = []
    seen = set()
    for request in requests.values():
        keys = {_content(t) for t in (*request.inputs.values(), *request.outputs.values()) if t.size >= TELLING_SIZE}
        whole = (tuple(map(_content, request.inputs.values())), tuple(map(_content, request.outputs.values())))
        if not keys or (whole, tuple(request.outputs)) in seen:  # the same picture sent again has the same answers
            continue
        seen.add((whole, tuple(request.outputs)))
        joined = [group for group in groups if group[0] & keys]
        merged = (keys.union(*(g[0] for g in joined)), [*(r for g in joined for r in g[1]), request])
        groups = [group for group in groups if group not in joined] + [merged]
    ordered = [sorted(members, key=lambda r: r.number) for _, members in groups]
    return sorted(ordered, key=lambda members: members[0].number)


def _is_ensemble(request: Request, group: Sequence[Request]) -> bool:
    later = [other for other in group if other.number > request.number]
    inputs = {_content(t) for other in later for t in other.inputs.values()}
    outputs = {_content(t) for other in later for t in other.outputs.values()}
    return bool(later) and all(_content(t) in inputs for t in request.inputs.values()) and all(
        _content(t) in outputs for t in request.outputs.values()
    )  # fmt: skip


def _content(tensor: Tensor) -> tuple[Any, ...]:
    return (str(tensor.dtype), tensor.shape, tensor.tobytes() if tensor.dtype != np.object_ else tuple(tensor.flat[:1]))


def passages(requests: Sequence[Request]) -> Iterator[Passage]:
    """Iterate over the pictures of one client's request: as many as its batch holds."""
    if not requests or not requests[0].inputs:  # a trace may have lost what went in: then nothing tells the pictures
        return
    fed = next(iter(requests[0].inputs.values()))
    rows = fed.shape[0] if fed.ndim in (2, 4) else 1
    for row in range(rows):
        passage = _passage(requests, row, rows)
        if passage is not None:
            yield passage


def _passage(requests: Sequence[Request], row: int, rows: int) -> Passage | None:
    known: dict[tuple[Any, ...], str] = {}
    kept: dict[str, Tensor] = {}
    inputs: tuple[str, ...] = ()
    outputs = None
    for place, request in enumerate(requests):
        read = {name: _one(t, row, rows) for name, t in request.inputs.items()}
        made = {name: _one(t, row, rows) for name, t in request.outputs.items()}
        for name, tensor in read.items():
            if _is_picture(tensor) and _content(tensor) not in known:
                _keep(kept, known, "input" if len(read) == 1 else name, tensor)
        seen = tuple(known[_content(t)] for t in read.values() if _is_picture(t))
        model = request.model or f"step_{place + 1}"
        created = {name: t for name, t in made.items() if _is_picture(t)}
        for name, tensor in created.items():
            _keep(kept, known, model if len(created) == 1 else f"{model}.{name}", tensor)
        if seen and not created:
            inputs = seen
        outputs = next((t for t in made.values() if t.ndim == 1 and t.dtype.kind == "f" and t.size > 1), outputs)
    if not kept:
        return None
    inputs = inputs or (list(kept)[-1],)
    until = max(list(kept).index(name) for name in inputs) + 1
    ordered = [*(name for name in list(kept)[:until] if name not in inputs), *inputs]
    fed = _one(next(iter(requests[0].inputs.values())), row, rows)
    return Passage(fed=fed, pictures={name: kept[name] for name in ordered}, inputs=inputs, outputs=outputs)


def _keep(kept: dict[str, Tensor], known: dict[tuple[Any, ...], str], name: str, tensor: Tensor) -> None:
    number, unique = 1, name
    while unique in kept:
        number += 1
        unique = f"{name}_{number}"
    kept[unique] = tensor
    known[_content(tensor)] = unique


def _one(tensor: Tensor, row: int, rows: int) -> Tensor:
    """Return one picture's part of a tensor."""
    if tensor.ndim in (2, 4) and tensor.shape[0] == rows:
        return np.asarray(tensor[row])
    return np.asarray(tensor[0]) if tensor.ndim == 4 and tensor.shape[0] == 1 else tensor


def _is_picture(tensor: Tensor) -> bool:
    return tensor.dtype.kind in "uif" and bool(declared.layout_from_shape(tensor.shape))
