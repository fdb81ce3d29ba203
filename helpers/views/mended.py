"""The deployed side with some of its causes mended: what the explorer shows when a switch is on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from helpers.diagnosis import Cause, Mends
from helpers.stages import Capture

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
        return image in self._mends and label in labelled(self._mends[image].causes)

    def add(self, deployed: Capture, mends: Mends | None) -> None:
        """Go on with a capture of more pictures; ``mends`` serve for those that had none."""
        self.deployed = deployed
        if mends is not None:
            self._mends = dict.fromkeys(mends.images, mends) | self._mends
        self.capture.cache_clear()

    def _capture(self, image: str, labels: tuple[str, ...]) -> Capture:
        """Return the side with one picture, these causes mended, and the stages that are known then."""
        mends = self._mends[image]
        causes = labelled(mends.causes)
        made = mends.tensors([causes[label] for label in labels], image)
        stages = tuple(stage for stage in self.deployed.stages if stage.name in made)
        tensors = {stage.name: {image: made[stage.name]} for stage in stages}
        return replace(self.deployed, images=(image,), stages=stages, tensors=tensors, outputs={})


def labelled(causes: tuple[Cause, ...]) -> dict[str, Cause]:
    """Return causes by what a person calls them: the family, with its stage where two are of one family."""
    counts = Counter(cause.family for cause in causes)
    return {c.family if counts[c.family] == 1 else f"{c.family} at {c.stage}": c for c in causes}
