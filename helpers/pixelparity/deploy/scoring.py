"""How right a served model is: its answers against the reference's and the labels, and tensors against tensors in levels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.errors import NotComparable
from pixelparity.stages import Capture

#: A level is 1/255 of the pixel range: what one step of an 8-bit picture is worth on tensors that run from 0 to 1.
LEVELS = 255.0
Answers = Mapping[str, NDArray[np.float32]]


def agreement(answers: Answers, reference: Answers) -> float:
    """Return the share (0..1) of pictures that get the class that the reference gives them; both by picture name."""
    names = _common(answers, reference)
    return float(np.mean([answers[n].argmax() == reference[n].argmax() for n in names]))


def flipped(answers: Answers, reference: Answers) -> list[str]:
    """Return the names of the pictures that get another class than the reference gives them, in the order of the answers."""
    return [name for name in _common(answers, reference) if answers[name].argmax() != reference[name].argmax()]


def accuracy(answers: Answers, labels: Mapping[str, int]) -> float:
    """Return the share (0..1) of pictures that get their label's class; both by picture name."""
    names = _common(answers, labels)
    return float(np.mean([int(answers[n].argmax()) == labels[n] for n in names]))


def probability_difference(answers: Answers, reference: Answers) -> float:
    """Return the largest absolute difference of any class probability of any picture."""
    names = _common(answers, reference)
    return max(float(np.abs(answers[n].astype(np.float64) - reference[n]).max()) for n in names)


def constant_class(answers: Answers, *, certainty: float = 0.999) -> int | None:
    """Return the class that every picture gets with at least ``certainty``, ``None`` if there is none."""
    classes = {int(a.argmax()) if float(a.max()) >= certainty else None for a in answers.values()}
    return classes.pop() if len(classes) == 1 else None


def level_difference(reference: Capture, deployed: Capture) -> dict[str, float]:
    """Return ``max_abs_level_diff`` and ``mean_abs_level_diff`` of the final tensors, and ``level_images``, over how many.

    Both sides' final tensors are on the 0..1 scale that the model was trained with; differences are taken in float64 and
    given to three decimals, because float32 holds a 255th only to about 1e-5 levels.
    """
    images = [name for name in reference.images if name in set(deployed.images)]
    if not images:
        raise NotComparable(f"{reference.source} and {deployed.source} share no picture; show both the same ones")
    differences = [_levels(reference, deployed, image) for image in images]
    return {
        "max_abs_level_diff": round(max(float(d.max()) for d in differences), 3),
        "mean_abs_level_diff": round(float(np.mean([d.mean() for d in differences])), 3),
        "level_images": len(images),
    }


def _levels(reference: Capture, deployed: Capture, image: str) -> NDArray[np.float64]:
    ours = reference.tensors[reference.final.name][image].astype(np.float64)
    theirs = deployed.tensors[deployed.final.name][image].astype(np.float64)
    if ours.shape != theirs.shape:
        raise NotComparable(f"final tensors of {image!r} are {ours.shape} and {theirs.shape}; compare equal shapes")
    difference: NDArray[np.float64] = np.abs(theirs - ours) * LEVELS
    return difference


def _common(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    names = [name for name in first if name in second]
    if not names:
        raise NotComparable("the two sets of answers share no picture; ask both for the same ones")
    return names
