"""Sort and score what models answer, and stack what they are shown: the small steps between two cells of a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity import stages
from pixelparity.deploy import scoring
from pixelparity.errors import InputError
from pixelparity.workbook.deployment import Answers, Deployment
from pixelparity.workbook.records import read_result

Predict = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def finals(capture: stages.Capture, count: int | None = None) -> NDArray[np.float32]:
    """Return the final tensors of the first ``count`` pictures, stacked: shape (pictures, ...)."""
    return np.stack([capture.tensors[capture.final.name][image] for image in capture.images[:count]]).astype(np.float32)


def stack(answers: Answers, pictures: Iterable[str] | None = None) -> NDArray[np.float32]:
    """Return the answers of the given pictures (all if none are given), shape (pictures, classes)."""
    return np.stack([answers[name] for name in (answers if pictures is None else pictures)])


def only(answers: Answers, pictures: Iterable[str]) -> Answers:
    """Return the answers of the given pictures, by name."""
    return {name: answers[name] for name in pictures}


def recorded_answers(section: str, pictures: Iterable[str]) -> NDArray[np.float32]:
    """Return the probabilities that an earlier notebook recorded under ``section``, shape (pictures, classes)."""
    result = read_result()
    if section not in result:
        raise InputError(f"this run has recorded nothing under {section!r} yet; run the notebooks in order")
    known: Mapping[str, Any] = result[section]["probabilities"]
    return np.array([known[name] for name in pictures], np.float32)


def score(deployment: Deployment, answers: Answers) -> dict[str, Any]:
    """Return how answers of field and validation pictures stand: agreement, accuracy, largest difference, probabilities."""
    field = only(answers, deployment.field)
    return {
        "images": len(answers),
        "agreement": scoring.agreement(field, deployment.reference_answers),
        "accuracy": scoring.accuracy(answers, deployment.validation_labels),
        "max_abs_probability_diff": scoring.probability_difference(answers, deployment.reference_answers),
        "constant": scoring.constant_class(answers) is not None,
        "probabilities": answers,
    }


def levels(reference: stages.Capture, deployed: stages.Capture) -> NDArray[np.float32]:
    """Return deployed minus reference of all final tensors, in levels of 255."""
    return (finals(deployed) - finals(reference)) * np.float32(scoring.LEVELS)


def one_by_one(predict: Predict) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """Return a function that asks a model about one final tensor without a batch axis."""
    return lambda tensor: predict(np.asarray(tensor, np.float32)[None])[0]
