"""Explain the deployed tensors by the reference's alone, without the pictures that either side started from.

The reference's content (its tensor without a constant border) stands for the picture; what turns it into the deployed
tensor is looked up, undone on the deployed tensor, and compared with the reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.families import recompression
from pixelparity.diagnosis.fit import registration
from pixelparity.diagnosis.fit.fit_values import fit_values, is_half
from pixelparity.diagnosis.fit.identify import identify
from pixelparity.diagnosis.fit.locate import NEUTRAL, candidates_like, closeness
from pixelparity.diagnosis.measure import threads
from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.placement import Placement
from pixelparity.diagnosis.model.side_model import SideModel, as_signed_bytes
from pixelparity.diagnosis.search.finals.block_colours import mapped
from pixelparity.diagnosis.search.finals.lattice import base_of
from pixelparity.diagnosis.search.finals.pairing import Pairing, unscrambled

Array = NDArray[Any]
Pictures = tuple[Array, ...]
#: Half the step between two bytes: a value further off than that is rounded to another one.
_HALF_LEVEL = 0.5
#: Pictures that a JPEG is done to again; speed: more would say the same.
_COMPRESSED = 3


def pair(reference: Pictures, deployed: Pictures, bounds: tuple[float, float] | None, train: Sequence[int]) -> Pairing:
    """Find what turns the reference's content into the deployed tensors: layout, place, channels and constants.

    ``bounds`` is the declared range of the reference, if it declares one.
    """
    boxes, fill = borders(reference)
    shown = tuple(r[b[0] : b[2], b[1] : b[3]] for r, b in zip(reference, boxes, strict=True))
    base = base_of(shown, bounds)
    back = base.invert()
    content = tuple(threads.each(back.apply, shown))
    half = all(is_half(r) for r in reference[: thresholds.now().fit.half_probe_images])
    reference_chain = replace(_reference_chain(reference, content, boxes, fill), colour=base, through_float16=half)
    deployed_chain = identify(content, deployed, fit_images=train, kernels=(NEUTRAL,), likely=(base,))
    if not deployed_chain.rounds_output:
        deployed_chain = _resettled(deployed_chain, reference_chain, content, deployed, train)
    deployed_chain = _compressed_in_place(deployed_chain, reference_chain, content, deployed)
    return Pairing(
        reference=reference,
        deployed=deployed,
        content=content,
        reference_chain=reference_chain,
        deployed_chain=deployed_chain,
        base=base,
    )


def _compressed_in_place(
    deployed_chain: SideModel, reference_chain: SideModel, content: Pictures, deployed: Pictures
) -> SideModel:
    """Return the chain that leaves everything where it is, if a JPEG of the reference's content makes the deployed tensors.

    The errors of a JPEG look like a small zoom and like weaker contrast, where pictures are full of grain.
    """
    places = reference_chain.placements
    if deployed_chain.placements == places or any(
        f.canvas != y.shape[:2] for f, y in zip(places, deployed, strict=True)
    ):
        return deployed_chain
    back, chosen = reference_chain.colour.invert(), range(min(len(content), _COMPRESSED))
    pairs = []
    for i in chosen:
        top, left, bottom, right = places[i].box
        if deployed[i].shape[2] != content[i].shape[2]:
            return deployed_chain
        pairs.append((content[i], back.apply(deployed[i][top:bottom, left:right].astype(np.float32))))
    if recompression.between(pairs) is None:
        return deployed_chain
    known = (True,) * len(places)
    still = replace(reference_chain, resampling=NEUTRAL, known=known, dtype=deployed_chain.dtype, through_float16=False)
    return replace(still, shapes=deployed_chain.shapes, unit=deployed_chain.unit, residual=deployed_chain.residual)


def _resettled(
    deployed_chain: SideModel, reference_chain: SideModel, content: Pictures, deployed: Pictures, train: Sequence[int]
) -> SideModel:
    """Look elsewhere for what was not found, and fit again without the images that are odd."""
    if deployed_chain.explained < thresholds.now().finals.in_place_min_share or not np.isfinite(
        deployed_chain.residual
    ):
        deployed_chain = _elsewhere(content, deployed, deployed_chain, train)
    sound = _sound(deployed_chain, content, deployed, train)
    if len(sound) < len(train):
        deployed_chain = fit_values(
            _follow(deployed_chain, reference_chain, content, deployed),
            content,
            [unscrambled(deployed_chain, y) for y in deployed],
            sound,
        )
    deployed_chain = _nudged(_kept_still(deployed_chain, reference_chain), content, deployed)
    return mapped(deployed_chain, reference_chain.colour, content, deployed, sound)


def _kept_still(deployed_chain: SideModel, reference_chain: SideModel) -> SideModel:
    """Put pictures that are moved by a fraction of pixels where the reference has them: resampling them back would blur."""
    out = list(deployed_chain.placements)
    for i, (frame, own) in enumerate(zip(deployed_chain.placements, reference_chain.placements, strict=True)):
        if not placement.needs_resampling(frame) or frame.code != 1 or frame.canvas != own.canvas:
            continue
        ends = []
        for k in (0, 1):
            # Where the content's first and last edge lie in the deployed canvas, against where the reference has them.
            for edge in (0, own.size[k]):
                at = (edge - frame.start[k]) / frame.scale[k] - frame.origin[k]
                ends.append(abs(at - (edge - own.origin[k])))
        if max(ends) < thresholds.now().finals.still_max_px:
            out[i] = own
    return replace(deployed_chain, placements=tuple(out))


def _nudged(deployed_chain: SideModel, content: Pictures, deployed: Pictures) -> SideModel:
    """Move turned pictures by a pixel where that fits better: a crop that rounds its offset cuts them at the other end."""
    out, at = list(deployed_chain.placements), thresholds.now().finals
    for i, frame in enumerate(deployed_chain.placements):
        if frame.code == 1 or placement.needs_resampling(frame) or deployed_chain.bytes_as_int8:
            continue
        target = unscrambled(deployed_chain, deployed[i])
        moves = [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)]
        options = [replace(frame, origin=(frame.origin[0] + y, frame.origin[1] + x)) for y, x in moves]
        scores = [np.nan_to_num(closeness(content[i], target, option, NEUTRAL, at.place_points)) for option in options]
        best = int(np.argmax(scores))
        out[i] = options[best] if 1 - scores[best] < at.nudge_better_share * (1 - scores[0]) else frame
    return replace(deployed_chain, placements=tuple(out))


def borders(tensors: Pictures) -> tuple[list[tuple[int, int, int, int]], Array | None]:
    """Return every tensor's content box, and the border's colour if there is a border of one colour on all that have one."""
    boxes = threads.each(placement.content_box, tensors)
    edges, narrow = [], []
    for i, (t, box) in enumerate(zip(tensors, boxes, strict=True)):
        if box != (0, 0, *t.shape[:2]):
            narrow.append(i)
            edges.append(t[0, 0] if box[0] > 0 or box[1] > 0 else t[-1, -1])
    whole = [(0, 0, t.shape[0], t.shape[1]) for t in tensors]
    if not edges:
        return whole, None
    colour = np.median(edges, axis=0)
    span = max(float(np.ptp(t)) for t in tensors)
    for i, edge in zip(narrow, edges, strict=True):
        if np.abs(edge - colour).max() > thresholds.now().finals.border_colour_gap_share * span:
            boxes[i] = whole[i]
    return boxes, colour if any(b != w for b, w in zip(boxes, whole, strict=True)) else None


def _reference_chain(
    reference: Pictures, content: Pictures, boxes: Sequence[tuple[int, ...]], fill: Array | None
) -> SideModel:
    placed = tuple(
        placement.whole(c.shape[:2], c.shape[:2], r.shape[:2], 1, (-b[0], -b[1]))  # type: ignore[arg-type]
        for r, c, b in zip(reference, content, boxes, strict=True)
    )
    return SideModel(
        placements=placed,
        colour=colours.identity(reference[0].shape[2]),
        fill=None if fill is None else tuple(float(v) for v in fill),
        known=(True,) * len(reference),
    )


def _elsewhere(content: Pictures, deployed: Pictures, plain: SideModel, train: Sequence[int]) -> SideModel:
    """Look for the content at any place and size of the deployed tensors."""
    placed, known, scores = list(plain.placements), list(plain.known), []
    at = thresholds.now().finals
    for i, (x, y) in enumerate(zip(content, deployed, strict=True)):
        if plain.known[i] and closeness(x, y, plain.placements[i], NEUTRAL, at.place_points) > at.placed_good_share:
            scores.append(at.placed_good_share)
            continue
        frame, score = _found(x, y, plain.placements[i])
        found = score > at.found_min_share
        placed[i], known[i] = (frame, True) if found else (placed[i], False)
        scores += [score] if found else []
    if len(scores) < at.found_min_images_share * len(content):
        return plain
    if float(np.median(scores)) < max(plain.explained, at.found_median_min_share):
        return plain
    return fit_values(
        replace(plain, placements=tuple(placed), known=tuple(known), layout_error="", resampling=NEUTRAL),
        content,
        deployed,
        train,
    )


def _found(x: Array, y: Array, near: Placement) -> tuple[Placement, float]:
    """Return where one picture lies in a tensor: near a first guess, or else anywhere."""
    options, at = [], thresholds.now().finals
    if near.code == 1 and near.canvas == y.shape[:2]:
        options.append(registration.refined(x, y, near))
        moved = registration.phase_correlation(x, y)
        options += [moved] if moved is not None else []
    if not any(closeness(x, y, frame, NEUTRAL, at.place_points) > at.near_good_share for frame in options):
        options.append(registration.refined(x, y, registration.search_zoom(x, y)[0]))
        top, left, bottom, right = placement.content_box(y)
        size = (bottom - top, right - left)
        if size != y.shape[:2] and min(size) > at.inner_min_edge_px:
            inner = y[top:bottom, left:right]
            near = registration.refined(x, inner, registration.search_zoom(x, inner)[0])
            origin = (near.origin[0] - top, near.origin[1] - left)
            options.append(replace(near, canvas=(y.shape[0], y.shape[1]), origin=origin))
    scores = [closeness(x, y, frame, NEUTRAL, at.place_points) for frame in options]
    best = int(np.nanargmax(scores)) if not all(np.isnan(scores)) else 0
    return registration.on_whole_pixels((x.shape[0], x.shape[1]), options[best]), scores[best]


def _sound(chain: SideModel, content: Pictures, deployed: Pictures, train: Sequence[int]) -> list[int]:
    """Return the images to estimate on: without those that are far less alike than others (blended, turned, another grey)."""
    scores, at = {}, thresholds.now().finals
    for i in train:
        source = as_signed_bytes(content[i]) if chain.bytes_as_int8 else content[i]
        scores[i] = closeness(source, unscrambled(chain, deployed[i]), chain.placements[i], NEUTRAL, at.likeness_points)
    best = max((s for s in scores.values() if not np.isnan(s)), default=1.0)
    return [i for i, s in scores.items() if not np.isnan(s) and s > best - at.sound_max_gap_share] or list(train)


def _follow(chain: SideModel, reference_chain: SideModel, content: Pictures, deployed: Pictures) -> SideModel:
    """Give images that are found nowhere for sure the place that the others' rule gives them."""
    at = thresholds.now().finals
    scores = [
        closeness(
            as_signed_bytes(x) if chain.bytes_as_int8 else x, unscrambled(chain, y), frame, NEUTRAL, at.likeness_points
        )
        for x, y, frame in zip(content, deployed, chain.placements, strict=True)
    ]
    certain = [i for i, score in enumerate(scores) if score > at.certain_min_share]
    same = all(chain.placements[i] == reference_chain.placements[i] for i in certain)
    out, known = list(chain.placements), list(chain.known)
    for i, score in enumerate(scores):
        if certain and not score > at.own_place_min_share and out[i].code == 1:
            rule = (
                reference_chain.placements[i]
                if same
                else next(iter(candidates_like(content[i], deployed[i], [chain.placements[certain[0]]])))
            )
            out[i], known[i] = rule, False
    return replace(chain, placements=tuple(out), known=tuple(known))


def likeness(pairing: Pairing) -> float:
    """Return the share of the deployed tensors' variance that the found chain explains, of the image where it does best.

    Some files may be odd (turned, blended); what is named is confirmed image by image.
    """
    chain, found = pairing.deployed_chain, []
    if chain.rounds_output:
        return chain.explained  # few values are left: how they came about was looked at one by one
    at = thresholds.now().finals
    for i, x in enumerate(pairing.content):
        source = as_signed_bytes(x) if chain.bytes_as_int8 else x
        got = closeness(
            source, unscrambled(chain, pairing.deployed[i]), chain.placements[i], NEUTRAL, at.likeness_points
        )
        if not np.isnan(got):
            found.append(got)
    return max(found, default=1.0)
