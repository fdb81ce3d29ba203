"""What a cause costs: the model's answers with only this cause mended, and with all mended but this one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.results import Cause, Impact
from pixelparity.diagnosis.search.confirm.counterfactuals import Undo
from pixelparity.stages import Capture

Array = NDArray[Any]


def measure(
    found: Sequence[tuple[Cause, Undo]],
    reference: Capture,
    deployed: Capture,
    images: tuple[str, ...],
    model: Callable[[Array], Array] | None,
    limit: int,
) -> tuple[Cause, ...]:
    """Return the causes with their impact on ``model``, asked about at most ``limit`` evenly spread images."""
    if model is None or not found:
        return tuple(cause for cause, _ in found)
    chosen = sorted(set(np.linspace(0, len(images) - 1, min(limit, len(images))).astype(int).tolist()))
    finals = [side.tensors[side.final.name] for side in (reference, deployed)]
    wanted, given = (_answers(model, [final[images[i]] for i in chosen]) for final in finals)
    out = []
    for place, (cause, undo) in enumerate(found):
        after = _answers(model, [undo(i).astype(np.float32) for i in chosen])
        others = [other.number for n, (_, other) in enumerate(found) if n != place]
        left = [undo.of.tensors(others, i)[undo.stage].astype(np.float32) for i in chosen] if others else []
        out.append(replace(cause, impact=_impact(wanted, given, after, _answers(model, left) if left else given)))
    return tuple(out)


def _answers(model: Callable[[Array], Array], tensors: Sequence[Array]) -> Array:
    # Tensors of one size go together; a batch cannot hold several.
    if len({t.shape for t in tensors}) == 1:
        return np.asarray(model(np.stack([np.ascontiguousarray(t) for t in tensors])), dtype=np.float64)
    return np.concatenate([np.asarray(model(np.ascontiguousarray(t)[None]), dtype=np.float64) for t in tensors])


def _impact(wanted: Array, before: Array, after: Array, left: Array) -> Impact:
    goal, unmended, mended, without = (a.reshape(len(a), -1).argmax(1) for a in (wanted, before, after, left))
    return Impact(
        agreement_before=float(np.mean(goal == unmended)),
        agreement_after=float(np.mean(goal == mended)),
        max_probability_change=float(np.max(np.abs(probabilities(after) - probabilities(before)))),
        agreement_if_left=float(np.mean(goal == without)),
        max_probability_if_left=float(np.max(np.abs(probabilities(left) - probabilities(wanted)))),
        images=len(wanted),
    )


def probabilities(outputs: Array) -> Array:
    """Return probabilities, shape (n, classes): outputs that are some already stay, others go through a softmax."""
    flat = outputs.reshape(len(outputs), -1).astype(np.float64)
    if flat.min() >= 0 and np.allclose(flat.sum(1), 1, atol=thresholds.now().confirm.probability_max_sum_gap):
        return flat
    shifted = np.exp(flat - flat.max(1, keepdims=True))
    probabilities: Array = shifted / shifted.sum(1, keepdims=True)
    return probabilities
