"""Tensors that depend on what they were batched with."""

from __future__ import annotations

from dataclasses import replace

from pixelparity.diagnosis.families import size
from pixelparity.diagnosis.families.finding import Finding
from pixelparity.diagnosis.families.frames import PAD, Frames
from pixelparity.diagnosis.families.registry import Family, register
from pixelparity.diagnosis.fit import edit_placement

register(
    Family(
        name="batch_padding",
        title="Padded to the largest picture of the batch",
        words="padded to the largest picture of the batch",
        differs="tensors padded to the largest of a batch",
        with_stages="canvas of some pictures",
        from_finals="yes",
        steps=("pad", "other"),
        twins=("padding_rule",),
        elsewhere="it lies in how requests are batched: send pictures of one size per batch, or pad each to its own size",
    ),
)


def other_canvas(frames: Frames) -> Finding:
    """Name another canvas: one that depends on the batch, or, where all tensors of a side are alike, another size."""
    model = frames.model
    moved = [i for i, (a, b) in zip(frames.images, frames.pairs, strict=True) if a.canvas != b.canvas]
    if not _is_uneven(frames) and len(moved) == len(frames.images):
        return size.other_canvas(frames)
    fix = "# pad every picture to its own size, or send pictures of one size per batch"
    if edit_placement.batched(frames.deployed, frames.reference):
        fix = "# pad every picture to the largest of its batch, in batches as the training's"
    canvases = {"reference": list(frames.reference[0].canvas), "deployed": sorted({b.canvas for b in frames.deployed})}
    return Finding(
        family="batch_padding",
        parameters={"sizes": canvases, "images": len(moved)},
        text=f"{len(moved)} of {len(frames.images)} tensors are padded to the largest picture of a batch",
        fix=fix,
        mend=lambda chain: replace(chain, placements=edit_placement.resized(chain, model)),
        steps=PAD,
        images=tuple(moved),
    )


def _is_uneven(frames: Frames) -> bool:
    """Say whether the deployed canvases follow from several pictures, or differ from one another."""
    deployed = {b.canvas for b in frames.deployed}
    reference = {a.canvas for a in frames.reference}
    largest = (max(c[0] for c in reference), max(c[1] for c in reference))
    to_largest = len(reference) > 1 and deployed == {largest}
    return to_largest or edit_placement.batched(frames.reference, frames.deployed) or len(deployed) > 1
