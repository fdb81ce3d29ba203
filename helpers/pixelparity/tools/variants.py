"""States of a deployment (as it is, with one cause mended, with all), measured against the reference picture by picture."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity import stages
from pixelparity.deploy import scoring
from pixelparity.diagnosis import Cause
from pixelparity.diagnosis.measure import matching
from pixelparity.diagnosis.search.confirm.impact import probabilities
from pixelparity.tools.looking import Look
from pixelparity.views.postmortem.content import Cost

Model = Callable[[NDArray[np.float32]], NDArray[np.float32]]
#: Final tensors with their pictures' names, one after the other.
Finals = Iterable[tuple[str, stages.Tensor]]
#: Pictures that the cost of each cause is measured on: every mend is replayed twice for each of them.
COSTED = 8


@dataclass(frozen=True, kw_only=True)
class Variant:
    """How far a state of the deployed side is from the reference: the gap of each picture in levels, and its answers.

    ``largest`` and ``mean`` are empty where shapes differ, ``answers`` where nobody was asked.
    """

    images: tuple[str, ...]
    largest: Mapping[str, float] = field(default_factory=dict)
    mean: Mapping[str, float] = field(default_factory=dict)
    answers: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    @property
    def levels(self) -> float | None:
        """Return the mean difference in levels over all pictures, ``None`` where a picture has another shape."""
        return float(np.mean(list(self.mean.values()))) if len(self.mean) == len(self.images) else None

    def values(self, wanted: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
        """Return what was measured, by the names of ``views.answers_table`` and ``views.levels_table``."""
        found: dict[str, Any] = {}
        if self.answers and wanted:
            constant = scoring.constant_class(self.answers) if len(self.answers) > 1 else None
            found = {
                "images": len(self.answers),
                "agreement": scoring.agreement(self.answers, wanted),
                "flipped": scoring.flipped(self.answers, wanted),
                "max_abs_probability_diff": scoring.probability_difference(self.answers, wanted),
                "constant": constant is not None,
            }
        if self.levels is not None:
            found["max_abs_level_diff"] = max(self.largest.values())
            found["mean_abs_level_diff"] = self.levels
            found["level_images"] = len(self.images)
        return found


def of_tensors(seen: Look, finals: Finals, model: Model | None = None) -> Variant:
    """Return the variant whose final tensors these are, in the layout of the deployed side's final stage.

    They are taken one by one, so that a state which is replayed never lies in memory as a whole.
    """
    level = seen.found.comparison.stages[-1].level
    images, largest, mean, answers = [], {}, {}, {}
    for image, tensor in finals:
        images.append(image)
        one, other = _paired(seen, image, tensor)
        if one.shape == other.shape:
            gap = np.abs(one.astype(np.float64) - other) / level
            largest[image], mean[image] = float(gap.max()), float(gap.mean())
        if model is not None:
            answers[image] = _answer(model, tensor)
    return Variant(images=tuple(images), largest=largest, mean=mean, answers=answers)


def _paired(seen: Look, image: str, tensor: stages.Tensor) -> tuple[stages.Tensor, stages.Tensor]:
    """Return the reference's final tensor of an image and this one, both HWC."""
    final = seen.deployed.final
    made = replace(seen.deployed, images=(image,), stages=(final,), tensors={final.name: {image: tensor}}, outputs={})
    return matching.paired(seen.reference, made, (seen.reference.final, final), image, final=True)


def asked(finals: Finals, model: Model | None) -> dict[str, NDArray[Any]]:
    """Return the probabilities that a model gives each picture's final tensor; nothing without a model."""
    return {} if model is None else {image: _answer(model, tensor) for image, tensor in finals}


def _answer(model: Model, tensor: stages.Tensor) -> NDArray[Any]:
    found: NDArray[Any] = probabilities(np.asarray(model(np.ascontiguousarray(tensor, np.float32)[None])))[0]
    return found


def mended(seen: Look, causes: Collection[Cause], images: tuple[str, ...] | None = None) -> Finals:
    """Yield the deployed side's final tensors with these causes mended and no other, as the diagnosis replays them."""
    name = seen.deployed.final.name
    for image in images or seen.mends.images:
        yield image, seen.mends.tensors(causes, image)[name]


def costs(seen: Look) -> tuple[Cost, ...]:
    """Return what each cause costs both ways, on at most ``COSTED`` evenly spread pictures."""
    known, images = seen.mends.causes, seen.mends.images
    chosen = sorted(set(np.linspace(0, len(images) - 1, min(COSTED, len(images))).astype(int).tolist()))
    some = tuple(images[place] for place in chosen)

    def levels(causes: Collection[Cause]) -> float | None:
        return of_tensors(seen, mended(seen, causes, some)).levels

    # Judged causes come first and in the same order; what happens to outputs has nothing that mends a tensor.
    own, beside = seen.found.causes[: len(known)], seen.found.causes[len(known) :]
    out = []
    for cause, shown in zip(known, own, strict=True):
        alone, left = levels([cause]), levels([other for other in known if other is not cause])
        out.append(
            Cost(family=cause.family, stage=cause.stage, mended_alone=alone, left_alone=left, impact=shown.impact)
        )
    return (*out, *(Cost(family=cause.family, stage=cause.stage, impact=cause.impact) for cause in beside))
