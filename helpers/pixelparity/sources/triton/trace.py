"""Capture from a trace: the tensors that Triton wrote while it served, without asking the server again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pixelparity import pictures
from pixelparity.errors import InputError, SideError
from pixelparity.sources.served import declared, requests
from pixelparity.sources.served.requests import Answered, Passage
from pixelparity.sources.triton import trace_file
from pixelparity.stages import Capture, Stage, Tensor, check_finite


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
    asked several; the trace has their names where it was written at level TIMESTAMPS beside TENSORS. ``layout`` and
    ``channels`` declare stages as for :func:`.captures.capture`. Floats have the six digits that Triton prints.

    Raises ``InputError`` for a file that is no complete trace and for a picture that was not traced, ``SideError`` when
    pictures took different ways.
    """
    chosen = _of_model(requests.grouped(trace_file.read(file)), model, file)
    passages = [passage for one in chosen for passage in requests.passages(one.requests)]
    if not passages:
        raise InputError(f"{file} holds no request with a picture in it; trace a model that is sent pictures")
    if images is None:
        found = {f"request_{number + 1}": (passage, "") for number, passage in enumerate(passages)}
    else:
        found = {name: _fed_with(passages, name, Path(path), file) for name, path in images.items()}
    for name, (passage, _) in found.items():
        if list(passage.pictures) != list(next(iter(found.values()))[0].pictures):
            raise SideError(f"{file}: {name!r} went through other models than the first picture; choose one (model=)")
    first, kind = next(iter(found.values()))
    stages = tuple(_stage(name, tensor, kind, layout, channels, file) for name, tensor in first.pictures.items())
    captured = Capture(
        source=f"triton trace {file}",
        stages=stages,
        images=tuple(found),
        tensors={s.name: {name: passage.pictures[s.name] for name, (passage, _) in found.items()} for s in stages},
        outputs={name: passage.outputs for name, (passage, _) in found.items() if passage.outputs is not None},
        facts=_facts(file, kind, first),
    )
    check_finite(captured)
    return captured


def _of_model(found: Sequence[Answered], model: str | None, file: str | Path) -> list[Answered]:
    names = sorted({one.model for one in found})
    if model is None and len(names) > 1:
        raise InputError(f"{file}: clients asked {', '.join(names)}; choose one (model=)")
    if names == [""]:  # the trace holds tensors only: there is nothing to choose by
        return list(found)
    if model is not None and model not in names:
        raise InputError(f"{file}: no client asked {model!r}; they asked {', '.join(names) or 'nothing'}")
    return [one for one in found if model in (None, one.model)]


def _fed_with(passages: Sequence[Passage], name: str, path: Path, file: str | Path) -> tuple[Passage, str]:
    rgb = pictures.read_rgb(path)
    content = np.frombuffer(path.read_bytes(), np.uint8)
    for kind, wanted in (("rgb", rgb), ("bgr", rgb[..., ::-1]), ("encoded", content)):
        for passage in passages:
            fed = passage.fed
            if fed.dtype == np.object_ and kind == "encoded" and content.tobytes() in (fed.flat[0], fed.flat[0][4:]):
                return passage, kind
            layouts = (wanted, wanted.transpose(2, 0, 1)) if wanted.ndim == 3 else (wanted,)
            if fed.dtype != np.object_ and any(np.array_equal(fed, w) for w in layouts):
                return passage, kind
    raise InputError(
        f"{file}: none of the {len(passages)} traced requests was fed {name!r} ({path}); "
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


def _facts(file: str | Path, kind: str, passage: Passage) -> dict[str, Any]:
    inputs = {"inputs": list(passage.inputs)} if len(passage.inputs) > 1 else {}
    return {"trace": str(file), "feed": kind or "unknown", "digits": 6, **inputs}
