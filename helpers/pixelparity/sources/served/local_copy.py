"""Add what a served step does inside: the stages of a local copy, where that copy gives what the server gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from pixelparity.errors import NotComparable
from pixelparity.stages import Capture, Stage, Tensor


def insert(served: Capture, copy: Capture, *, stage: str, tolerance: float = 1e-3) -> Capture:
    """Return the served capture with the inner stages of a local copy of the step that puts out ``stage``.

    ``copy`` is a capture of the step's file on the same pictures; its last stage is the step's output. Its other stages
    are put before ``stage`` where that output equals the server's within ``tolerance`` (in the tensor's units), and
    ``stage`` takes over what the copy declares of it. Where it does not, nothing is added. ``facts["local_copy"]`` says
    which, with the largest difference (``None`` where shapes differ).
    """
    position = [s.name for s in served.stages].index(served.stage(stage).name)
    if set(copy.images) != set(served.images):
        raise NotComparable(f"{copy.source} and {served.source} saw other pictures; capture both on one set")
    difference = _largest_difference(served.tensors[stage], copy.tensors[copy.final.name])
    is_equal = difference is not None and difference <= tolerance
    facts: dict[str, Any] = {
        "source": copy.source,
        "stage": stage,
        "equal": is_equal,
        "max_abs": difference,
        "tolerance": tolerance,
    }
    noted = replace(served, facts={**served.facts, "local_copy": facts})
    return _joined(noted, copy, position) if is_equal else noted


def _joined(served: Capture, copy: Capture, position: int) -> Capture:
    before, here, after = served.stages[:position], served.stages[position], served.stages[position + 1 :]
    is_fed_twice = any(stage.step == "input" for stage in before)
    inner = [stage for stage in copy.stages[:-1] if not (is_fed_twice and stage.step == "input")]
    taken = {stage.name for stage in served.stages}
    renamed = {stage.name: f"{stage.name} (local)" if stage.name in taken else stage.name for stage in inner}
    declared: Stage = replace(
        copy.final, name=here.name, dtype=here.dtype, origin=f"{here.origin}; {copy.final.origin}"
    )
    tensors: dict[str, Mapping[str, Tensor]] = dict(served.tensors)
    tensors |= {renamed[stage.name]: copy.tensors[stage.name] for stage in inner}
    middle = tuple(replace(stage, name=renamed[stage.name]) for stage in inner)
    return replace(served, stages=(*before, *middle, declared, *after), tensors=tensors)


def _largest_difference(served: Mapping[str, Tensor], copy: Mapping[str, Tensor]) -> float | None:
    if any(served[image].shape != copy[image].shape for image in served):
        return None
    gaps = (np.abs(served[image].astype(np.float64) - copy[image].astype(np.float64)).max() for image in served)
    return float(max(gaps))
