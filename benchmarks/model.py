"""A tiny classifier in numpy, so that cases can have outputs: coarse averages of the tensor, one linear layer, softmax."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pixelparity.stages import Capture

CLASSES = 5
GRID = 6


def _features(tensor: NDArray, layout: str) -> NDArray[np.float64]:
    planes = tensor.astype(np.float64) if layout == "CHW" else np.moveaxis(tensor.astype(np.float64), -1, 0)
    rows = np.array_split(np.arange(planes.shape[1]), GRID)
    columns = np.array_split(np.arange(planes.shape[2]), GRID)
    cells = [planes[:, r[0] : r[-1] + 1, c[0] : c[-1] + 1].mean(axis=(1, 2)) for r in rows for c in columns]
    return np.concatenate(cells)


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = np.exp(logits - logits.max())
    return shifted / shifted.sum()


def _weights(count: int, precision: str) -> NDArray[np.float64]:
    weights = np.random.default_rng(5).normal(0, 2.5 / np.sqrt(count), (CLASSES, count))
    if precision == "int8":
        step = np.abs(weights).max() / 7  # four bits in effect: a badly calibrated range
        return np.rint(weights / step) * step
    if precision == "plugin":
        return np.where(np.arange(count) % 3 == 0, 0.8, 1.0) * weights
    return weights


def answer(capture: Capture, variant: str = "same") -> dict[str, NDArray[np.float32]]:
    """Return (classes,) for every picture.

    ``same`` is the model as it should be. ``int8`` and ``plugin`` change its arithmetic. ``softmax_twice``, ``logits``
    (no softmax) and ``classes_moved`` (names in another order) change what is done with its logits.
    """
    answers = {}
    for name, tensor in capture.finals():
        features = _features(tensor, capture.final.layout)
        logits = _weights(len(features), variant) @ features
        if variant == "logits":
            answers[name] = logits.astype(np.float32)
            continue
        result = _softmax(_softmax(logits)) if variant == "softmax_twice" else _softmax(logits)
        answers[name] = (np.roll(result, 2) if variant == "classes_moved" else result).astype(np.float32)
    return answers
