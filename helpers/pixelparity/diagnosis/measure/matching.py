"""Which stage of one side answers to which of the other, and their tensors brought to one layout."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import RGB_CHANNELS
from pixelparity.errors import NotComparable, SideError
from pixelparity.stages import Capture, Stage, Tensor

_RANK = {"HWC": 3, "CHW": 3, "HW": 2}
_SWAPPED = {("RGB", "BGR"), ("BGR", "RGB"), ("RGBA", "BGRA"), ("BGRA", "RGBA")}

# A side that is fed decoded pictures has no decoder of its own: what it is fed answers to the other's decoded picture.
# A window that reaches beyond the picture is a crop to one library and padding to another.
_SAME_ROLE = ({"input", "decode"}, {"crop", "pad"})


def common_images(reference: Capture, deployed: Capture) -> tuple[str, ...]:
    """Return the images that both sides have, in the reference's order; raise ``NotComparable`` if the sets differ."""
    on_reference, on_deployed = set(reference.images), set(deployed.images)
    if on_reference != on_deployed:
        only = sorted(on_reference ^ on_deployed)
        side = reference.source if only[0] in on_deployed else deployed.source
        raise NotComparable(
            f"the two sides saw other pictures: {side} lacks {only[0]!r} ({len(only)} differ); capture both on one set"
        )
    return reference.images


def match_stages(reference: Sequence[Stage], deployed: Sequence[Stage]) -> list[tuple[int, int]]:
    """Return index pairs of matched stages, in order: equal names first, then equal steps; final with final always.

    The pairing keeps the order of both sides and is the heaviest such pairing, found by dynamic programming over the
    stages before the last: a longest common subsequence (Wagner and Fischer, J. ACM 21, 1974) with the weights of
    ``thresholds.measure``. ``other`` stages match by name only.

    >>> resize, end = Stage(name="resize", step="resize"), Stage(name="end")
    >>> match_stages([resize, end], [end])
    [(1, 0)]
    """
    n, m = len(reference) - 1, len(deployed) - 1
    best = np.zeros((n + 1, m + 1), dtype=np.int64)
    for i in range(n - 1, -1, -1):
        for j in range(m - 1, -1, -1):
            weight = _weight(reference[i], deployed[j])
            best[i, j] = max(best[i + 1, j], best[i, j + 1], best[i + 1, j + 1] + weight if weight else 0)
    pairs, i, j = [], 0, 0
    while i < n and j < m:
        weight = _weight(reference[i], deployed[j])
        if weight and best[i, j] == best[i + 1, j + 1] + weight:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i + 1, j] >= best[i, j + 1]:
            i += 1
        else:
            j += 1
    return [*pairs, (n, m)]


def _weight(reference: Stage, deployed: Stage) -> int:
    at = thresholds.now().measure
    if reference.name == deployed.name:
        return at.same_name_weight
    if reference.step == deployed.step:
        return at.same_step_weight if reference.step != "other" else 0
    return at.same_role_weight if {reference.step, deployed.step} in _SAME_ROLE else 0


def as_hwc(tensor: Tensor, stage: Stage, source: str, image: str) -> Tensor:
    """Return a view of the tensor in HWC by its declared layout; raise ``SideError`` if its rank does not fit."""
    if tensor.ndim != _RANK[stage.layout]:
        raise SideError(
            f"{source}: stage {stage.name!r} is declared {stage.layout}, its tensor for {image!r} has shape "
            f"{tensor.shape}; return one image without a batch axis, or declare the layout that it has"
        )
    if tensor.size == 0:
        raise SideError(f"{source}: stage {stage.name!r} has an empty tensor for {image!r} (shape {tensor.shape})")
    if stage.layout == "CHW":
        return tensor.transpose(1, 2, 0)
    return tensor[:, :, None] if stage.layout == "HW" else tensor


def from_hwc(tensor: Tensor, layout: str) -> Tensor:
    """Return a view of an HWC tensor in another layout: HWC, CHW, or HW where there is one channel."""
    if layout == "CHW":
        return tensor.transpose(2, 0, 1)
    return tensor[:, :, 0] if layout == "HW" and tensor.shape[2] == 1 else tensor


def swaps_colours(reference: Stage, deployed: Stage, *, final: bool) -> bool:
    """Say whether the deployed side's channels are turned round for comparing.

    Inner stages are compared by colour, so a side that works in BGR and says so is not accused. The final tensor is
    compared by position, because that is how a model reads it.
    """
    return not final and (reference.channels, deployed.channels) in _SWAPPED


def swap_colours(tensor: Tensor) -> Tensor:
    """Return an HWC tensor with red and blue exchanged, a view where there is no more; an alpha channel stays last."""
    if tensor.shape[2] == RGB_CHANNELS:
        return tensor[:, :, ::-1]
    return tensor[:, :, [2, 1, 0, *range(RGB_CHANNELS, tensor.shape[2])]]


def paired(
    reference: Capture, deployed: Capture, stages: tuple[Stage, Stage], image: str, *, final: bool
) -> tuple[Tensor, Tensor]:
    """Return one image's tensors of a matched pair of stages, both HWC, inner stages in the reference's channel order.

    Raises ``SideError`` for a tensor whose rank does not fit its declared layout.
    """
    on_reference, on_deployed = (
        as_hwc(side.tensors[stage.name][image], stage, side.source, image)
        for side, stage in zip((reference, deployed), stages, strict=True)
    )
    if swaps_colours(*stages, final=final) and on_deployed.shape[2] >= RGB_CHANNELS:
        on_deployed = swap_colours(on_deployed)
    return on_reference, on_deployed
