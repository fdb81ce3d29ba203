"""Which picture shows a difference best."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pixelparity.stages import Capture, Tensor


def most_moved(reference: Capture, deployed: Capture, images: tuple[str, ...]) -> str:
    """Return the picture whose answer moved most, or, without answers of both sides, the one whose final tensor did.

    Final tensors of different shapes are further apart than any of one shape. Of equal pictures it is the first.
    """
    answered = all(image in side.outputs for side in (reference, deployed) for image in images)
    moved = _answers_apart if answered else _finals_apart
    return max(images, key=lambda image: moved(reference, deployed, image))


def _answers_apart(reference: Capture, deployed: Capture, image: str) -> float:
    gap = _gap(reference.outputs[image], deployed.outputs[image])
    return np.inf if gap is None else float(gap.max())


def _finals_apart(reference: Capture, deployed: Capture, image: str) -> float:
    gap = _gap(_final(reference, image), _final(deployed, image))
    return np.inf if gap is None else float(gap.mean())


def _final(capture: Capture, image: str) -> Tensor:
    """Return a final tensor with the channels, where it has an axis of them, at the end."""
    tensor = capture.tensors[capture.final.name][image]
    layout = capture.final.layout
    return np.moveaxis(tensor, layout.index("C"), -1) if "C" in layout else tensor


def _gap(one: Tensor, other: Tensor) -> NDArray[np.float64] | None:
    return np.abs(one.astype(np.float64) - other) if one.shape == other.shape else None
