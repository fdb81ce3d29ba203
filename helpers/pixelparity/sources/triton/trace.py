"""Capture from a trace: the tensors that Triton wrote while it served, without asking the server again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pixelparity import pictures
from pixelparity.errors import InputError, SideError
from pixelparity.sources.triton import declared, trace_file
from pixelparity.sources.triton.trace_file import Request
from pixelparity.stages import Capture, Stage, Tensor, check_finite

#: Tensors shorter than this (class probabilities) may be equal by chance and link no requests.
TELLING_SIZE = 32


@dataclass(frozen=True, kw_only=True)
class Family:
    """One request of a client: the model that was asked (``''`` where the trace has no names), and those that answered."""

    model: str
    requests: tuple[Request, ...]


@dataclass(frozen=True, kw_only=True)
class _Chain:
    """What one picture went through: the fed tensor, each picture on the way by stage name, the answer.

    The last ``inputs`` pictures are those that the model sees.
    """

    fed: Tensor
    pictures: Mapping[str, Tensor]
    inputs: tuple[str, ...]
    outputs: Tensor | None


def capture_trace(
    file: str | Path,
    images: Mapping[str, Path] | None = None,
    *,
    model: str | None = None,
    layout: str | Mapping[str, str] | None = None,
    channels: str | Mapping[str, str] | None = None,
) -> Capture:
    """Return the tensors of traced requests as a capture.

    ``images`` are matched with the requests by what was fed: decoded pixels (RGB or BGR) or the file's bytes, exactly;
    without them the requests are named ``request_1`` and so on. ``model`` chooses the requests of one model where clients
    asked several. ``layout`` and ``channels`` declare stages as for
    :func:`.captures.capture`. Floats have the six digits that Triton prints. Raises ``InputError`` for a file that is no
    complete trace and for a picture that was not traced, ``SideError`` when pictures took different ways.
    """
    chosen = _of_model(families(trace_file.read(file)), model, file)
    chains = [chain for family in chosen for chain in _chains(family.requests)]
    if not chains:
        raise InputError(f"{file} holds no request with a picture in it; trace a model that is sent pictures")
    if images is None:
        found = {f"request_{number + 1}": (chain, "") for number, chain in enumerate(chains)}
    else:
        found = {name: _fed_with(chains, name, Path(path), file) for name, path in images.items()}
    for name, (chain, _) in found.items():
        if list(chain.pictures) != list(next(iter(found.values()))[0].pictures):
            raise SideError(f"{file}: {name!r} went through other models than the first picture; choose one (model=)")
    first, kind = next(iter(found.values()))
    stages = tuple(_stage(name, tensor, kind, layout, channels, file) for name, tensor in first.pictures.items())
    captured = Capture(
        source=f"triton trace {file}",
        stages=stages,
        images=tuple(found),
        tensors={s.name: {name: chain.pictures[s.name] for name, (chain, _) in found.items()} for s in stages},
        outputs={name: chain.outputs for name, (chain, _) in found.items() if chain.outputs is not None},
        facts=_facts(file, kind, first),
    )
    check_finite(captured)
    return captured


def families(requests: Mapping[int, Request]) -> list[Family]:
    """Return, for each request that a client sent, the requests of the plain models that answered it, in order.

    Where the trace names models and parents (level TIMESTAMPS beside TENSORS) these say what belongs together. Where it
    does not, requests that share a large tensor do, and one whose inputs and outputs all return in later requests was an
    ensemble's.
    """
    if all(request.model for request in requests.values()):
        parents = {request.parent for request in requests.values()}
        groups = _by_root(requests).items()
        return [
            Family(model=requests[n].model, requests=tuple(r for r in g if r.number not in parents)) for n, g in groups
        ]
    contents = _by_content(requests)
    return [Family(model="", requests=tuple(r for r in g if not _is_ensemble(r, g))) for g in contents]


def _of_model(found: Sequence[Family], model: str | None, file: str | Path) -> list[Family]:
    names = sorted({family.model for family in found})
    if model is None and len(names) > 1:
        raise InputError(f"{file}: clients asked {', '.join(names)}; choose one (model=)")
    if names == [""]:  # the trace holds tensors only: there is nothing to choose by
        return list(found)
    if model is not None and model not in names:
        raise InputError(f"{file}: no client asked {model!r}; they asked {', '.join(names) or 'nothing'}")
    return [family for family in found if model in (None, family.model)]


def _by_root(requests: Mapping[int, Request]) -> dict[int, list[Request]]:
    """Return the requests that came of each client's request, by that request's number."""
    groups: dict[int, list[Request]] = {}
    for request in requests.values():
        root = request
        while root.parent is not None and root.parent in requests:
            root = requests[root.parent]
        groups.setdefault(root.number, []).append(request)
    return dict(sorted(groups.items()))


def _by_content(requests: Mapping[int, Request]) -> list[list[Request]]:
    groups: list[tuple[set[Any], list[Request]]] = []
    seen = set()
    for request in requests.values():
        keys = {_key(t) for t in (*request.inputs.values(), *request.outputs.values()) if t.size >= TELLING_SIZE}
        whole = (tuple(map(_key, request.inputs.values())), tuple(map(_key, request.outputs.values())))
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
    inputs = {_key(t) for other in later for t in other.inputs.values()}
    outputs = {_key(t) for other in later for t in other.outputs.values()}
    return bool(later) and all(_key(t) in inputs for t in request.inputs.values()) and all(
        _key(t) in outputs for t in request.outputs.values()
    )  # fmt: skip


def _key(tensor: Tensor) -> tuple[Any, ...]:
    return (str(tensor.dtype), tensor.shape, tensor.tobytes() if tensor.dtype != np.object_ else tensor.flat[0])


def _chains(family: Sequence[Request]) -> Iterator[_Chain]:
    """Iterate over the pictures of one client's request: as many as its batch holds."""
    if not family:
        return
    fed = next(iter(family[0].inputs.values()))
    rows = fed.shape[0] if fed.ndim in (2, 4) else 1
    for row in range(rows):
        chain = _chain(family, row, rows)
        if chain is not None:
            yield chain


def _chain(family: Sequence[Request], row: int, rows: int) -> _Chain | None:
    known: dict[tuple[Any, ...], str] = {}
    kept: dict[str, Tensor] = {}
    inputs: tuple[str, ...] = ()
    outputs = None
    for place, request in enumerate(family):
        read = {name: _one(t, row, rows) for name, t in request.inputs.items()}
        made = {name: _one(t, row, rows) for name, t in request.outputs.items()}
        for name, tensor in read.items():
            if _is_picture(tensor) and _key(tensor) not in known:
                _keep(kept, known, "input" if len(read) == 1 else name, tensor)
        seen = tuple(known[_key(t)] for t in read.values() if _is_picture(t))
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
    fed = _one(next(iter(family[0].inputs.values())), row, rows)
    return _Chain(fed=fed, pictures={name: kept[name] for name in ordered}, inputs=inputs, outputs=outputs)


def _keep(kept: dict[str, Tensor], known: dict[tuple[Any, ...], str], name: str, tensor: Tensor) -> None:
    number, unique = 1, name
    while unique in kept:
        number += 1
        unique = f"{name}_{number}"
    kept[unique] = tensor
    known[_key(tensor)] = unique


def _one(tensor: Tensor, row: int, rows: int) -> Tensor:
    """Return one picture's part of a tensor."""
    if tensor.ndim in (2, 4) and tensor.shape[0] == rows:
        return tensor[row]
    return tensor[0] if tensor.ndim == 4 and tensor.shape[0] == 1 else tensor


def _is_picture(tensor: Tensor) -> bool:
    return tensor.dtype.kind in "uif" and bool(declared.layout_from_shape(tensor.shape))


def _fed_with(chains: Sequence[_Chain], name: str, path: Path, file: str | Path) -> tuple[_Chain, str]:
    rgb = pictures.read_rgb(path)
    content = np.frombuffer(path.read_bytes(), np.uint8)
    for kind, wanted in (("rgb", rgb), ("bgr", rgb[..., ::-1]), ("encoded", content)):
        for chain in chains:
            fed = chain.fed
            if fed.dtype == np.object_ and kind == "encoded" and content.tobytes() in (fed.flat[0], fed.flat[0][4:]):
                return chain, kind
            layouts = (wanted, wanted.transpose(2, 0, 1)) if wanted.ndim == 3 else (wanted,)
            if fed.dtype != np.object_ and any(np.array_equal(fed, w) for w in layouts):
                return chain, kind
    raise InputError(
        f"{file}: none of the {len(chains)} traced requests was fed {name!r} ({path}); "
        "trace these pictures, or leave them out to take the requests by number"
    )


def _stage(
    name: str,
    tensor: Tensor,
    kind: str,
    layout: str | Mapping[str, str] | None,
    channels: str | Mapping[str, str] | None,
    file: str | Path,
) -> Stage:
    is_fed = name == "input"
    found = (not is_fed and declared.choice(layout, name)) or declared.layout_from_shape(tensor.shape)
    order = (kind or "unknown").upper() if is_fed else declared.choice(channels, name)
    return Stage(
        name=name,
        step="input" if is_fed else "other",
        layout=found,
        channels=order if order in ("RGB", "BGR") or (not is_fed and order) else "unknown",
        dtype=str(tensor.dtype),
        value_range=(0.0, 255.0) if tensor.dtype == np.uint8 else None,
        origin=f"{file}",
    )


def _facts(file: str | Path, kind: str, chain: _Chain) -> dict[str, Any]:
    inputs = {"inputs": list(chain.inputs)} if len(chain.inputs) > 1 else {}
    return {"trace": str(file), "feed": kind or "unknown", "digits": 6, **inputs}
