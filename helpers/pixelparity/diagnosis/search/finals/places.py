"""Name where the reference's content lies in both final tensors: orientation, size and place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.families import batch_padding, frames, orientation
from pixelparity.diagnosis.families.finding import Finding
from pixelparity.diagnosis.families.places import differences
from pixelparity.diagnosis.model.placement import Placement
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.diagnosis.search.finals.pairing import Pairing

Array = NDArray[Any]


def places(pairing: Pairing) -> list[Finding]:
    """Name differences in orientation, size and place of the reference's content in both tensors."""
    reference_chain, deployed_chain = pairing.reference_chain, pairing.deployed_chain
    found = orientation.turned(reference_chain, deployed_chain, stored=False)
    which = [
        i
        for i, (a, b) in enumerate(zip(reference_chain.placements, deployed_chain.placements, strict=True))
        if a.code == b.code and deployed_chain.known[i]
    ]
    if not which:
        every = range(len(reference_chain.placements))
        canvases = [tuple(f.canvas for f in chain.placements) for chain in (reference_chain, deployed_chain)]
        # All turned alike: height and width were exchanged, not the canvas.
        if len({f.code for f in deployed_chain.placements}) > 1 and canvases[0] != canvases[1]:
            found = [*found, batch_padding.other_canvas(frames.of(reference_chain, deployed_chain, every))]
        return found
    left, right = [reference_chain.placements[i] for i in which], [deployed_chain.placements[i] for i in which]
    zooms = np.array([[1 / s for s in f.scale] for f in right])
    drift = np.abs(zooms - 1) * np.array([f.size for f in left])
    if (drift < thresholds.now().finals.zoom_min_px).all():
        return found + differences(frames.of(reference_chain, deployed_chain, which))
    return [*found, _zoomed(reference_chain, left, right, zooms)]


def _zoomed(reference_chain: SideModel, left: Sequence[Placement], right: Sequence[Placement], zooms: Array) -> Finding:
    at = thresholds.now().finals
    even = np.abs(zooms[:, 0] / zooms[:, 1] - 1).max() < at.zoom_even_share
    constant = np.ptp(zooms, axis=0).max() < at.zoom_constant_share * zooms.mean()
    whole = len({f.canvas for f in left}) == 1 and len({f.canvas for f in right}) == 1
    other = whole and left[0].canvas != right[0].canvas
    inside = any(_cut_inside(a, b) for a, b in zip(left, right, strict=True))
    family = "target_size" if ((even and constant) or other) and not inside else "resize_mode"
    factors = [round(float(z), 4) for z in np.median(zooms, axis=0)]
    text = f"the content is {factors[0]:g} times as high and {factors[1]:g} times as wide (median) in serving as in training"
    return Finding(
        family=family,
        parameters={"reference": list(left[0].canvas), "deployed": list(right[0].canvas), "zoom": factors},
        text=text,
        fix="# resize as the training does: the same edge, size and fit, then the same crop or padding",
        mend=lambda chain: replace(chain, placements=reference_chain.placements),
        steps=("resize", "crop", "pad", "other"),
        doubt=0.1,
    )


def _cut_inside(own: Placement, other: Placement) -> bool:
    """Say whether the deployed tensor shows a part of the content within a border: then it was cut before it was resized."""
    top, left, bottom, right = other.box
    for k, (first, last) in ((0, (top, bottom)), (1, (left, right))):
        shown = (last - first) * other.scale[k]
        if shown < thresholds.now().finals.cut_max_share * own.size[k] and first > 0 and last < other.canvas[k]:
            return True
    return False
