"""Ask the families of places what differs between pictures of one size: the canvas, the window, the padding, a rounding."""

from __future__ import annotations

from dataclasses import replace

from pixelparity.diagnosis.families import batch_padding, padding, padding_rule, rounding, size
from pixelparity.diagnosis.families.finding import Finding
from pixelparity.diagnosis.families.frames import Frames
from pixelparity.diagnosis.fit import edit_placement


def differences(frames: Frames) -> list[Finding]:
    """Name the differences in canvas and in place."""
    if any(a.canvas != b.canvas for a, b in frames.pairs):
        return _canvases(frames)
    gaps = [abs(x - y) for a, b in frames.pairs for x, y in zip(a.origin, b.origin, strict=True)]
    if max(gaps) == 0:
        return []
    if max(gaps) == 1:
        return [rounding.of_offsets(frames)]
    # One step may cut one axis and pad the other; the axis that moves says which of the two is at fault.
    in_padding = any(
        abs(a.origin[k] - b.origin[k]) > 1 and a.size[k] < a.canvas[k] for a, b in frames.pairs for k in (0, 1)
    )
    return [padding.elsewhere(frames) if in_padding else size.other_window(frames)]


def _canvases(frames: Frames) -> list[Finding]:
    """Name another canvas, and another place in it where both sides' places are clear."""
    if ruled := padding_rule.differences(frames):
        return ruled
    found, model = batch_padding.other_canvas(frames), frames.model
    batched = edit_placement.batched(frames.reference, frames.deployed)
    # A batch's border comes behind the picture's own: the place is the one in the canvas that the reference has.
    inner = frames.in_canvases_of_the_reference() if batched else frames
    if not (inner.anchors_differ and frames.both_padded):
        return [found]
    if batched:
        mend = lambda chain: replace(chain, placements=edit_placement.recanvased(chain, model))  # noqa: E731
    else:
        mend = lambda chain: replace(chain, placements=edit_placement.resized(chain, model, keep_place=True))  # noqa: E731
    return [replace(found, mend=mend), padding.elsewhere(inner)]
