"""What a diagnosis could not tell apart with the pictures it had, and which kind of picture would settle it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.measure import stage_pairs
from pixelparity.diagnosis.results import Cause
from pixelparity.stages import Capture, Tensor

#: A tensor of zeros has a magnitude as well: beside it any other value is large.
_TINY = 1e-12


def of(reference: Capture, images: tuple[str, ...], causes: Sequence[Cause], *, exact: bool = True) -> tuple[str, ...]:
    """Return what could not be told apart with these pictures, and which kind of picture would settle it.

    ``exact`` says that resizes were done again from pictures or stages, not told from final tensors.
    """
    notes = []
    if len(images) == 1:
        notes.append(
            "one picture only: causes were estimated and confirmed on the same one; "
            "give a landscape, a portrait and a square picture to settle sizes, rounding and orientation"
        )
    elif len(images) < thresholds.now().strategy.few_pictures:
        notes.append(f"{len(images)} pictures only: give more, of several sizes, to settle faults of some files")
    finals = stage_pairs.tensors(reference, reference.final, images)
    if all(_flat(t) for t in finals):
        notes.append(
            "the pictures have no detail: places, kernels and channel order leave no trace on them; "
            "give photographs with edges and colours"
        )
    elif all(_grey(t) for t in finals) and finals[0].shape[2] > 1:
        notes.append("all pictures are grey: the channel order leaves no trace on them; give a coloured picture")
    kernels = any(c.family in ("antialias", "interpolation") for c in causes)
    if kernels and not exact:
        notes.append(
            "kernels were told apart by their spectra only; give the decoded pictures or stages to name them exactly"
        )
    return tuple(notes)


def _flat(tensor: Tensor) -> bool:
    """Say whether each channel of an HWC tensor has one value."""
    span = np.ptp(tensor.reshape(-1, tensor.shape[2]).astype(np.float64), axis=0)
    size = max(float(np.abs(tensor).max()), _TINY)
    return bool(span.max() <= thresholds.now().strategy.flat_max_range_share * size)


def _grey(tensor: Tensor) -> bool:
    """Say whether each channel of an HWC tensor is a gain and an offset of the first: constants do not colour a picture."""
    values = tensor[::3, ::3].reshape(-1, tensor.shape[2]).astype(np.float64)
    values = values - values.mean(0)
    size = np.sqrt((values**2).mean(0))
    if tensor.shape[2] == 1 or not size.all():
        return tensor.shape[2] == 1
    gap = np.abs(values / size - (values / size)[:, :1]).max()
    return bool(gap <= thresholds.now().strategy.grey_max_gap)
