"""Two sides cut into the same segments: from one pair of matched stages to the next, with what each side does in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pixelparity.diagnosis.arrays import HWC
from pixelparity.diagnosis.measure.matching import as_hwc, match_stages
from pixelparity.errors import SideError
from pixelparity.stages import Capture, Stage, Tensor

#: Steps that turn pictures into a common starting point, before anything is resized or scaled.
_EARLY = ("input", "decode", "orient", "colour")
#: Where both sides start if they are given pictures from outside: before the first stage of either.
NOWHERE = (-1, -1)


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One segment: the stages of both sides in it (without the one it starts from) and the tensors at both ends, HWC."""

    reference: tuple[Stage, ...]
    deployed: tuple[Stage, ...]
    sources: tuple[tuple[HWC, ...], tuple[HWC, ...]]
    targets: tuple[tuple[HWC, ...], tuple[HWC, ...]]

    def stage_of(self, steps: Sequence[str]) -> str:
        """Return the name of the reference's stage that does one of the steps (the deployed side's if it has none)."""
        ordered = (stage for step in steps for stage in (*self.reference, *self.deployed) if stage.step == step)
        return next(ordered, self.reference[-1]).name


def tensors(capture: Capture, stage: Stage, images: Sequence[str]) -> tuple[HWC, ...]:
    """Return all images' tensors of one stage, HWC."""
    return tuple(as_hwc(capture.tensors[stage.name][i], stage, capture.source, i) for i in images)


def starting_point(
    reference: Capture, deployed: Capture, images: Sequence[str], raw: Mapping[str, Tensor] | None
) -> tuple[tuple[int, int], tuple[tuple[HWC, ...], tuple[HWC, ...]]] | None:
    """Return where both sides start: matched stage indices (-1 for pictures from outside) and both sides' pictures.

    Pictures are taken from the first matched early stage, else from the early stage of the one side that has one (the
    other is fed the same files), else from ``raw``, whose pictures must have one number of channels (``SideError``).
    """
    for i, j in match_stages(reference.stages, deployed.stages)[:-1]:
        if reference.stages[i].step in _EARLY and deployed.stages[j].step in _EARLY:
            sides = (tensors(reference, reference.stages[i], images), tensors(deployed, deployed.stages[j], images))
            return (i, j), sides
    for at, capture in (((0, -1), reference), ((-1, 0), deployed)):
        first = capture.stages[0]
        if len(capture.stages) > 1 and first.step in _EARLY:
            pictures = tensors(capture, first, images)
            return at, (pictures, pictures)
    if raw is not None and all(i in raw for i in images):
        pictures = tuple(np.atleast_3d(np.asarray(raw[i])) for i in images)
        if len({p.shape[2] for p in pictures}) > 1:
            raise SideError("the decoded pictures have other numbers of channels each; decode all of them to RGB")
        return NOWHERE, (pictures, pictures)
    return None


def split(
    reference: Capture,
    deployed: Capture,
    images: Sequence[str],
    start: tuple[int, int],
    pictures: tuple[tuple[HWC, ...], tuple[HWC, ...]],
) -> list[Segment]:
    """Return the segments from the starting point to the final tensors.

    A matched pair in the middle is used only if both sides did the same kinds of steps since the last one; where the
    order differs (pad, then normalise; normalise, then pad) the segment goes on until it is whole.
    """
    out: list[Segment] = []
    last, here = start, pictures
    pairs = [p for p in match_stages(reference.stages, deployed.stages) if p[0] > start[0] and p[1] > start[1]]
    for i, j in pairs:
        steps = reference.stages[last[0] + 1 : i + 1], deployed.stages[last[1] + 1 : j + 1]
        if (i, j) != pairs[-1] and _order_differs(reference, deployed, steps, (i, j)):
            continue
        there = (tensors(reference, reference.stages[i], images), tensors(deployed, deployed.stages[j], images))
        out.append(Segment(reference=steps[0], deployed=steps[1], sources=here, targets=there))
        last, here = (i, j), there
    return out


#: Steps whose order makes a difference.
_ORDERED = {"crop", "pad", "normalize", "resize"}


def _order_differs(
    reference: Capture, deployed: Capture, steps: tuple[Sequence[Stage], Sequence[Stage]], at: tuple[int, int]
) -> bool:
    """Say whether one side has yet to do what the other did in this segment: the order of steps differs."""
    on_reference, on_deployed = ({stage.step for stage in side} for side in steps)
    later_on_reference = {stage.step for stage in reference.stages[at[0] + 1 :]}
    later_on_deployed = {stage.step for stage in deployed.stages[at[1] + 1 :]}
    early = ((on_reference - on_deployed) & later_on_deployed) | ((on_deployed - on_reference) & later_on_reference)
    return bool(early & _ORDERED)
