"""Which reading of its files each side starts from, where files can be read in several ways and only final tensors are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.families import looks
from pixelparity.diagnosis.families.finding import Finding
from pixelparity.diagnosis.fit.identify import identify
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.readings import ALL_BITS, Readings

Array = NDArray[Any]
Pictures = tuple[Array, ...]
#: Pictures of each kind, and as many others, that the readings are tried on; speed: more would say the same.
_TRIED = 3


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Both sides' pictures as they are likely read, reference first, and the findings where the sides read otherwise.

    ``all_bits`` says that both sides read all bits of pictures that have more than eight.
    """

    pictures: tuple[Pictures, Pictures]
    findings: tuple[Finding, ...]
    all_bits: bool = False


def choose(
    usual: Pictures, finals: tuple[Sequence[Array], Sequence[Array]], readings: Sequence[Readings | None]
) -> Chosen:
    """Choose for each side and kind of file the reading that explains the final tensors best, the usual one by a hair.

    ``usual`` holds the pictures as they are usually decoded (HWC), ``finals`` both sides' final tensors (HWC), ``readings``
    what else decoders make of each file, all by image.
    """
    sides = (list(usual), list(usual))
    findings: list[Finding] = []
    all_bits = False
    kinds: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for i, one in enumerate(readings):
        if one is not None:
            kinds.setdefault((one.kind, tuple(one.others)), []).append(i)
    for (kind, labels), images in kinds.items():
        names, hint = [], None
        plain = [i for i, one in enumerate(readings) if one is None]
        for side, final in zip(sides, finals, strict=True):
            trial = _Trial(
                usual=usual, final=final, readings=readings, hint=hint, images=_telling(final, images, plain)
            )
            name, hint = trial.best(labels)
            names.append(name)
            for i in images if name else ():
                side[i] = _read(readings, i, name)
        all_bits = all_bits or names == [ALL_BITS, ALL_BITS]
        if names[0] != names[1]:
            part = tuple(images) if len(images) < len(usual) else ()
            asked = looks.Reading(kind=kind, reference=names[0], deployed=names[1], images=part)
            findings += [found for look in looks.READ.looks() if (found := look(asked)) is not None]
    return Chosen(pictures=(tuple(sides[0]), tuple(sides[1])), findings=tuple(findings), all_bits=all_bits)


def _telling(final: Sequence[Array], images: Sequence[int], plain: Sequence[int]) -> tuple[int, ...]:
    """Return images of a kind, and of those that all read alike, whose tensors have the most contrast."""
    spread = {i: float(np.std(final[i][::3, ::3])) for i in (*images, *plain)}
    return tuple(i for group in (images, plain) for i in sorted(group, key=lambda i: -spread[i])[:_TRIED])


def _read(readings: Sequence[Readings | None], image: int, label: str) -> Array:
    one = readings[image]
    if one is None:
        raise ValueError(f"image {image} has one reading only")
    return one.others[label]()


@dataclass(frozen=True, kw_only=True)
class _Trial:
    """One side's tensors, held against the readings of some images; ``hint`` is the other side's model."""

    usual: Pictures
    final: Sequence[Array]
    readings: Sequence[Readings | None]
    hint: SideModel | None
    images: tuple[int, ...]

    def best(self, labels: Sequence[str]) -> tuple[str, SideModel]:
        """Return the label of the reading that leaves least, empty for the usual one, and the side's model with it."""
        tried = {label: self._model(label) for label in ("", *labels)}
        left = {label: _left(model) for label, model in tried.items()}
        best = min(left, key=lambda label: left[label])
        best = best if left[best] < thresholds.now().staged.reading_better_share * left[""] else ""
        return best, tried[best]

    def _model(self, label: str) -> SideModel:
        sources = [
            self.usual[i] if not label or self.readings[i] is None else _read(self.readings, i, label)
            for i in self.images
        ]
        return identify(sources, [self.final[i] for i in self.images], hint=self.hint)


def _left(model: SideModel) -> float:
    """Return the share of the variance that a model leaves; all where there is none, more where light and dark change places.

    The first planes of CMYK are the colours inverted where nothing is printed in black.
    """
    if not np.isfinite(model.residual):
        return 1.0
    turned = model.colour.kind == "plain" and bool((model.colour.gain < 0).any())
    return 1.0 - model.explained + (thresholds.now().staged.inverted_reading_share if turned else 0.0)
