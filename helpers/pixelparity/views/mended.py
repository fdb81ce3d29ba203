"""The deployed side with some of its causes mended: what the explorer shows when a switch is on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from pixelparity.diagnosis import Cause, Mends
from pixelparity.errors import InputError
from pixelparity.stages import Capture

#: Choices of mends that are remembered: switching one on and off again costs nothing.
_REMEMBERED = 16


class MendedSide:
    """A deployed capture, and what it becomes with any of the causes mended; causes are chosen by their label."""

    def __init__(self, deployed: Capture, mends: Mends | None) -> None:
        self.deployed = deployed
        self._mends = {} if mends is None else dict.fromkeys(mends.images, mends)
        self._causes = {} if mends is None else labelled(mends.causes)
        self.capture = lru_cache(maxsize=_REMEMBERED)(self._capture)

    @property
    def texts(self) -> Mapping[str, str]:
        """Return what each cause is, as a sentence, by its label."""
        return {label: cause.text for label, cause in self._causes.items()}

    @property
    def images(self) -> tuple[str, ...]:
        """Return the pictures that can be mended."""
        return tuple(self._mends)

    def known(self, image: str, label: str) -> bool:
        """Say whether a cause can be mended on a picture."""
        return image in self._mends and bool(_called(self._mends[image].causes, label))

    def add(self, deployed: Capture, mends: Mends | None, new: tuple[str, ...]) -> None:
        """Go on with a capture that has ``new`` pictures, which ``mends`` serve; the others keep what mends them."""
        self.deployed = deployed
        if mends is not None:
            kept = {image: one for image, one in self._mends.items() if image not in new}
            self._mends = dict.fromkeys(mends.images, mends) | kept
        self.capture.cache_clear()

    def idle(self, image: str, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of the mends without which the final tensor of a picture would be the same."""
        name, made = self.deployed.final.name, self.capture(image, labels)
        others = {label: tuple(other for other in labels if other != label) for label in labels}
        return tuple(
            label for label in labels
            if np.array_equal(self.capture(image, others[label]).tensor(name, image), made.tensor(name, image))
        )  # fmt: skip

    def _capture(self, image: str, labels: tuple[str, ...]) -> Capture:
        """Return the side with one picture, these causes mended, and the stages that are known then."""
        mends = self._mends[image]
        made = mends.tensors([cause for label in labels for cause in _called(mends.causes, label)], image)
        stages = tuple(stage for stage in self.deployed.stages if stage.name in made)
        tensors = {stage.name: {image: made[stage.name]} for stage in stages}
        return replace(self.deployed, images=(image,), stages=stages, tensors=tensors, outputs={})


def _called(causes: tuple[Cause, ...], label: str) -> list[Cause]:
    """Return the causes that a label means: its own, or all of its family where another diagnosis tells more of them apart."""
    own = labelled(causes).get(label)
    return [own] if own is not None else [cause for cause in causes if cause.family == label.split(" at ")[0]]


def labelled(causes: tuple[Cause, ...]) -> dict[str, Cause]:
    """Return causes by what a person calls them: the family, with its stage where two are of one family, numbered at one."""
    counts = Counter(cause.family for cause in causes)
    out: dict[str, Cause] = {}
    for cause in causes:
        name = cause.family if counts[cause.family] == 1 else f"{cause.family} at {cause.stage}"
        again = sum(other.family == cause.family and other.stage == cause.stage for other in out.values())
        out[f"{name} ({again + 1})" if again else name] = cause
    return out


def joined(side: Capture, more: Capture) -> Capture:
    """Return a capture with the pictures of another one added; raise ``InputError`` if that one has other stages."""
    names = [stage.name for stage in side.stages]
    if [stage.name for stage in more.stages] != names:
        raise InputError(
            f"the picture went through other stages than {', '.join(names)}; capture it with the same side"
        )
    known = set(more.images)
    images = (*(image for image in side.images if image not in known), *more.images)
    return replace(
        side,
        images=images,
        tensors={name: {**side.tensors[name], **more.tensors[name]} for name in names},
        outputs={**side.outputs, **more.outputs},
    )
