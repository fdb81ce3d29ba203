"""Sort and score what models answer, and stack what they are shown: the small steps between two cells of a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pixelparity import stages
from pixelparity.deploy import scoring
from pixelparity.workbook.asking import ask
from pixelparity.workbook.deployment import Answers, Deployment
from pixelparity.workbook.records import read_result, record

if TYPE_CHECKING:
    from pixelparity.deploy.client import Connection

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


def score(deployment: Deployment, answers: Answers) -> dict[str, Any]:
    """Return how a model's answers stand, each figure over every picture that was asked.

    ``images`` says how many those are, ``agreement`` and ``accuracy`` which share got the reference's and the right class,
    ``flipped`` names the pictures that got another class than the reference gives them.
    """
    constant = scoring.constant_class(answers)
    return {
        "images": len(answers),
        "agreement": scoring.agreement(answers, deployment.reference_answers),
        "flipped": scoring.flipped(answers, deployment.reference_answers),
        "accuracy": scoring.accuracy(answers, deployment.labels),
        "max_abs_probability_diff": scoring.probability_difference(answers, deployment.reference_answers),
        "constant": constant is not None,
        "class_index": constant,
        "probabilities": answers,
    }


def record_scores(deployment: Deployment, **scores: Mapping[str, Any]) -> None:
    """Record how answers stand, each under its keyword, with the deployment that gave them."""
    for section, scored in scores.items():
        record(section, {**scored, "of": deployment.identity})


def shipped(deployment: Deployment, server: Connection, pictures: Mapping[str, Path], *, batch: int = 1) -> Answers:
    """Return what the shipped ensemble answers to pictures: as this run has recorded it, else by asking it now.

    A recorded answer counts only if this deployment's own model and pipeline gave it.
    """
    found = read_result().get("as_shipped", {})
    known = found.get("probabilities", {}) if found.get("of") == deployment.identity else {}
    missing = {name: path for name, path in pictures.items() if name not in known}
    asked = ask(server, "classifier_shipped", missing, batch=batch) if missing else {}
    return {name: asked[name] if name in asked else np.array(known[name], np.float32) for name in pictures}


def counted(scored: Mapping[str, Any], what: str = "agreement") -> str:
    """Return a share as a count of the pictures that were asked, ``71 of 72``."""
    return f"{round(scored[what] * scored['images'])} of {scored['images']}"


def in_words(scored: Mapping[str, Any]) -> str:
    """Return in a sentence what a pipeline's answers are beside the reference's: which pictures flipped, or what moved."""
    moved = f"a probability is off by up to {scored['max_abs_probability_diff']:.3f}"
    if not scored["flipped"]:
        return f"all {scored['images']} pictures get the reference's class; {moved}"
    flipped = ", ".join(scored["flipped"])
    return f"{counted(scored)} pictures get the reference's class, another class: {flipped}; {moved}"


def levels(reference: stages.Capture, deployed: stages.Capture) -> NDArray[np.float32]:
    """Return deployed minus reference of all final tensors, in levels of 255."""
    return (finals(deployed) - finals(reference)) * np.float32(scoring.LEVELS)


def one_by_one(predict: Predict) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """Return a function that asks a model about one final tensor without a batch axis."""
    return lambda tensor: predict(np.asarray(tensor, np.float32)[None])[0]
