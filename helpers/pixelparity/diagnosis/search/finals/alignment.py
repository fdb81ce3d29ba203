"""Explain the deployed tensors by the reference's alone, without the pictures that either side started from.

The reference's content (its tensor without a constant border) stands for the picture; what turns it into the deployed
tensor is looked up, undone on the deployed tensor, and compared with the reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.families import statistics, value_maps
from pixelparity.diagnosis.fit import registration
from pixelparity.diagnosis.fit.fit_values import fit_values, is_half
from pixelparity.diagnosis.fit.identify import identify
from pixelparity.diagnosis.fit.locate import NEUTRAL, candidates_like, closeness
from pixelparity.diagnosis.measure import block_means, threads
from pixelparity.diagnosis.model import colours, constants, layouts, placement, resampling, yuv
from pixelparity.diagnosis.model.colours import RGB_CHANNELS, ColourMap
from pixelparity.diagnosis.model.constants import Norm
from pixelparity.diagnosis.model.placement import Placement
from pixelparity.diagnosis.model.side_model import SideModel, as_signed_bytes
from pixelparity.diagnosis.model.yuv import MixUp

Array = NDArray[Any]
Pictures = tuple[Array, ...]
#: Half the step between two bytes: a value further off than that is rounded to another one.
_HALF_LEVEL = 0.5


@dataclass(frozen=True, kw_only=True)
class Pairing:
    """Both sides' final tensors (HWC), the reference's content in levels (0..255), and the chains from it to either side.

    ``base`` maps levels to the reference's values: constants that have a name where they fit.
    """

    reference: Pictures
    deployed: Pictures
    content: Pictures
    ours: SideModel
    theirs: SideModel
    base: ColourMap


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
    ours = replace(_ours(reference, content, boxes, fill), colour=base, through_float16=half)
    theirs = identify(content, deployed, fit_images=train, kernels=(NEUTRAL,), likely=(base,))
    if not theirs.rounds_output:
        theirs = _resettled(theirs, ours, content, deployed, train)
    return Pairing(
        reference=reference,
        deployed=deployed,
        content=content,
        ours=ours,
        theirs=theirs,
        base=base,
    )


def _resettled(
    theirs: SideModel, ours: SideModel, content: Pictures, deployed: Pictures, train: Sequence[int]
) -> SideModel:
    """Look elsewhere for what was not found, and fit again without the images that are odd."""
    if theirs.explained < thresholds.now().finals.in_place_min_share or not np.isfinite(theirs.residual):
        theirs = _elsewhere(content, deployed, theirs, train)
    sound = _sound(theirs, content, deployed, train)
    if len(sound) < len(train):
        theirs = fit_values(
            _follow(theirs, ours, content, deployed), content, [unscrambled(theirs, y) for y in deployed], sound
        )
    theirs = _nudged(_kept_still(theirs, ours), content, deployed)
    return _mapped(theirs, ours.colour, content, deployed, sound)


def _kept_still(theirs: SideModel, ours: SideModel) -> SideModel:
    """Put pictures that are moved by a fraction of pixels where the reference has them: resampling them back would blur."""
    out = list(theirs.placements)
    for i, (frame, own) in enumerate(zip(theirs.placements, ours.placements, strict=True)):
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
    return replace(theirs, placements=tuple(out))


def _nudged(theirs: SideModel, content: Pictures, deployed: Pictures) -> SideModel:
    """Move turned pictures by a pixel where that fits better: a crop that rounds its offset cuts them at the other end."""
    out, at = list(theirs.placements), thresholds.now().finals
    for i, frame in enumerate(theirs.placements):
        if frame.code == 1 or placement.needs_resampling(frame) or theirs.bytes_as_int8:
            continue
        target = unscrambled(theirs, deployed[i])
        moves = [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)]
        options = [replace(frame, origin=(frame.origin[0] + y, frame.origin[1] + x)) for y, x in moves]
        scores = [np.nan_to_num(closeness(content[i], target, option, NEUTRAL, at.place_points)) for option in options]
        best = int(np.argmax(scores))
        out[i] = options[best] if 1 - scores[best] < at.nudge_better_share * (1 - scores[0]) else frame
    return replace(theirs, placements=tuple(out))


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


def _ours(reference: Pictures, content: Pictures, boxes: Sequence[tuple[int, ...]], fill: Array | None) -> SideModel:
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


def _follow(chain: SideModel, ours: SideModel, content: Pictures, deployed: Pictures) -> SideModel:
    """Give images that are found nowhere for sure the place that the others' rule gives them."""
    at = thresholds.now().finals
    scores = [
        closeness(
            as_signed_bytes(x) if chain.bytes_as_int8 else x, unscrambled(chain, y), frame, NEUTRAL, at.likeness_points
        )
        for x, y, frame in zip(content, deployed, chain.placements, strict=True)
    ]
    certain = [i for i, score in enumerate(scores) if score > at.certain_min_share]
    same = all(chain.placements[i] == ours.placements[i] for i in certain)
    out, known = list(chain.placements), list(chain.known)
    for i, score in enumerate(scores):
        if certain and not score > at.own_place_min_share and out[i].code == 1:
            rule = (
                ours.placements[i]
                if same
                else next(iter(candidates_like(content[i], deployed[i], [chain.placements[certain[0]]])))
            )
            out[i], known[i] = rule, False
    return replace(chain, placements=tuple(out), known=tuple(known))


def likeness(pairing: Pairing) -> float:
    """Return the share of the deployed tensors' variance that the found chain explains, of the image where it does best.

    Some files may be odd (turned, blended); what is named is confirmed image by image.
    """
    chain, found = pairing.theirs, []
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


# --- channels and constants -----------------------------------------------------------------------------------------


def _mapped(
    chain: SideModel, base: ColourMap, content: Pictures, deployed: Pictures, train: Sequence[int]
) -> SideModel:
    """Fit the channel map again on averages over blocks, flat ones first: resampling faults leave those alone."""
    if chain.bytes_as_int8 or chain.clip is not None:
        return chain
    which = [i for i in train if chain.known[i]] or list(train)
    which = [
        i for i in which if chain.placements[i].code == 1 or not placement.needs_resampling(chain.placements[i])
    ] or which
    x, y, images, weights = _block_means(chain, content, deployed, which)
    if not len(x):
        return chain
    slack = thresholds.now().finals.block_colour_slack_levels
    fitted = colours.fit(x, y, images, weights=weights, images=len(content), slack=slack)
    if fitted.kind == "per_image":
        # Statistics of a picture say nothing of another one's: each gets the map that its own blocks tell.
        x, y, images, weights = _block_means(chain, content, deployed, range(len(content)))
        fitted = colours.fit_each(x, y, images, weights, len(content), fitted)
        return replace(chain, colour=_shared(fitted, np.unique(images)) or fitted)
    wanted = value_maps.norm(base)
    mixed, fitted = _mixed_up(fitted, x, y, weights, [wanted, *statistics.mistakes(wanted)])
    seen = x if mixed is None else mixed.apply(x).astype(np.float64)
    return replace(chain, colour=_of_most(fitted, base, seen, y, images), yuv_error=mixed)


def _usual_near(rough: ColourMap, mistakes: Sequence[Norm]) -> list[tuple[Array, Array]]:
    """Return gain and offset of the usual maps, and of the likely mistakes, that a rough fit may stand for."""
    seen = value_maps.norm(rough)
    options = [*constants.usual_norms(len(seen.gain)), *mistakes]
    share = thresholds.now().finals.usual_near_share
    return [(np.array(one.gain), np.array(one.offset)) for one in options if seen.close(one, share)]


def _shared(fitted: ColourMap, which: Array) -> ColourMap | None:
    """Return the usual constants that two images or more have in common: then the others are odd files, not all of them."""
    found: dict[Norm, int] = {}
    share = thresholds.now().finals.usual_same_share
    for i in which.tolist():
        usual = constants.nearest_usual(value_maps.norm(fitted.for_image(i)), share)
        if usual is not None:
            found[usual] = found.get(usual, 0) + 1
    best = max(found, key=lambda norm: found[norm], default=None)
    if best is None or found[best] < 2:
        return None
    return colours.plain(fitted.order, np.array(best.gain), np.array(best.offset), fitted.matrix.shape[1])


def _block_means(
    chain: SideModel, content: Pictures, deployed: Pictures, which: Sequence[int]
) -> tuple[Array, Array, Array, Array]:
    """Return block means of the content (n, channels in) and of the deployed tensors, image numbers and weights."""
    x, y, image, weights = [], [], [], []
    at = thresholds.now().finals
    low = min(float(deployed[i].min()) for i in which)
    high = max(float(deployed[i].max()) for i in which)
    for i in which:
        top, left, bottom, right = chain.placements[i].box
        if min(bottom - top, right - left) < at.block_px:
            continue
        shown = placement.render(
            content[i], chain.placements[i], chain.resampling, np.arange(top, bottom), np.arange(left, right)
        )
        there = unscrambled(chain, deployed[i])[top:bottom, left:right]
        a, spread = _blocks(shown, at.block_px)
        # Blocks with values at an extreme may be cut off: they would flatten the slope.
        inside = np.logical_and.reduce([(t > low) & (t < high) for t in there.transpose(2, 0, 1)])
        free = block_means.means(inside[..., None], at.block_px)[:, 0] > at.block_free_min_share
        free = free if free.sum() > at.blocks_free_min_share * len(free) else np.ones(len(free), bool)
        x.append(a[free])
        y.append(block_means.means(there, at.block_px)[free])
        weights.append(1 / (spread[free] + at.block_variance_offset))
        image.append(np.full(int(free.sum()), i))
    if not x:
        nothing = np.zeros((0, 1))
        return nothing, nothing, np.zeros(0, int), np.zeros(0)
    return np.concatenate(x), np.concatenate(y), np.concatenate(image), np.concatenate(weights)


def _mixed_up(
    fitted: ColourMap, x: Array, y: Array, weights: Array, mistakes: Sequence[Norm]
) -> tuple[MixUp | None, ColourMap]:
    """Return the mix-up of luma and chroma, if one before usual constants explains clearly more, and the map after it."""
    if fitted.kind == "per_image" or fitted.matrix.shape != (RGB_CHANNELS, RGB_CHANNELS):
        return None, fitted
    at = thresholds.now().finals
    plain = colours.fit_plain(x, y, weights)
    alone = colours.mean_residual(x, y, plain)
    # Constants that nobody uses are explained by a mix-up already when it fits as well as they do.
    odd = not _usual_near(plain, mistakes)
    found: tuple[float, MixUp, ColourMap] | None = None
    for mixed in (m for backwards in (False, True) for m in yuv.mix_ups(backwards)):
        seen = mixed.apply(x).astype(np.float64)
        rough = colours.fit_plain(seen, y, weights)
        for gain, usual in _usual_near(rough, mistakes):
            # Whole numbers on the way through luma and chroma shift each channel by up to a level: offsets stay free.
            free = weights @ (y - seen[:, list(rough.order)] * gain) / weights.sum()
            room = at.mix_up_room_levels * np.abs(gain)
            after = colours.plain(rough.order, gain, np.clip(free, usual - room, usual + room), 3)
            left = colours.mean_residual(seen, y, after)
            better = left < at.mix_up_better_share * alone and alone - left > at.mix_up_min_gain_levels
            if (better or (odd and left < alone)) and (found is None or left < found[0]):
                found = left, mixed, after
    most = at.mix_up_max_ratio * colours.mean_residual(x, y, fitted) + at.mix_up_slack_levels
    return (None, fitted) if found is None or found[0] > most else (found[1], found[2])


def _of_most(fitted: ColourMap, base: ColourMap, x: Array, y: Array, image: Array) -> ColourMap:
    """Return the map of the largest group of images that agree exactly, if the map of all suits fewer: some files are odd."""
    numbers = np.unique(image)
    if fitted.kind != "plain" or len(numbers) < 2:
        return fitted

    parts = [(x[image == i], y[image == i]) for i in numbers]
    most = thresholds.now().finals.odd_image_min_residual_levels

    def suited(candidate: ColourMap) -> int:
        return sum(colours.mean_residual(a, b, candidate) < most for a, b in parts)

    own = [colours.fit_plain(a, b, order=fitted.order) for a, b in parts]
    best = max(own, key=suited)
    if suited(best) > max(1, suited(fitted)):
        return best
    return base if base.matrix.shape == fitted.matrix.shape and suited(base) > suited(fitted) else fitted


def _blocks(image: Array, size: int) -> tuple[Array, Array]:
    """Return block means (n, channels) and the mean variance within each block (n,)."""
    mean, square = block_means.means(image, size), block_means.means(np.square(image, dtype=np.float32), size)
    return mean, np.maximum(square - mean**2, 0).mean(1)


def unscrambled(chain: SideModel, tensor: Array) -> Array:
    """Return a deployed tensor with a layout mistake undone."""
    return layouts.undo(chain.layout_error, tensor) if chain.layout_error else tensor


def base_of(content: Pictures, bounds: tuple[float, float] | None) -> ColourMap:
    """Return the map from pixels 0..255 to the reference's values: known constants that fit its values, or its extremes.

    The values of 8-bit pictures lie on a lattice whose step and offset give the constants away; values that are not on one
    are held against the range that each set of constants allows, and against the declared range.
    """
    width = content[0].shape[2]
    samples = np.concatenate([c[::3, ::3].reshape(-1, width)[:4000] for c in content])
    samples = np.asfortranarray(samples, dtype=np.float64)
    found: list[tuple[float, int, Norm]] = []
    for mean, std in _usual(width):
        one = constants.norm(mean, std)
        cost = _unlikely(samples, one, bounds)
        if cost is not None:
            found.append((cost, len(found), one))
    if found:
        best = min(found)[2]
        return colours.plain(range(width), np.array(best.gain), np.array(best.offset), width)
    low, high = (samples.min(), samples.max()) if bounds is None else bounds
    gain = max(high - low, 1e-12) / 255
    return colours.plain(range(width), np.full(width, gain), np.full(width, low), width)


def _usual(width: int) -> list[tuple[Array, Array]]:
    out = []
    for known in constants.NAMED:
        mean, std = np.array(known.mean), np.array(known.std)
        if width == RGB_CHANNELS:
            out.append((mean, std))
            if len(set(known.mean)) > 1 or len(set(known.std)) > 1:
                out.append((mean[::-1], std[::-1]))
        elif len(set(known.mean)) == 1 and len(set(known.std)) == 1:
            out.append((np.full(width, mean[0]), np.full(width, std[0])))
    return out


def _unlikely(samples: Array, one: Norm, bounds: tuple[float, float] | None) -> float | None:
    """Return how little constants suit the samples (0 is perfect), or nothing where they cannot be."""
    gain, offset, at = np.array(one.gain), np.array(one.offset), thresholds.now().finals
    pixel = (samples.T - offset[:, None]) / gain[:, None]  # along channels: a loop over three is slow
    if pixel.min() < -at.pixel_reach_levels or pixel.max() > 255 + at.pixel_reach_levels:
        return None
    if np.ptp(pixel) < at.pixel_min_range_levels:
        return None
    outside = float(np.mean((pixel < -_HALF_LEVEL) | (pixel > 255 + _HALF_LEVEL)))
    off_lattice = float(np.mean(np.abs(pixel - np.round(pixel))))
    declared = 0.0
    if bounds is not None:
        ends = sorted([float(offset.min()), float((255 * gain + offset).max())])
        span = max(bounds[1] - bounds[0], 1e-12)
        declared = min(1.0, (abs(ends[0] - bounds[0]) + abs(ends[1] - bounds[1])) / span * at.declared_weight)
    # Off a lattice every distance is 0.25 on average: then range alone speaks.
    narrow = max(0.0, 1 - float(np.ptp(pixel)) / at.narrow_range_levels)
    return declared + at.lattice_weight * off_lattice + at.outside_weight * outside + narrow


# --- undoing --------------------------------------------------------------------------------------------------------


def undo(pairing: Pairing, chain: SideModel, image: int) -> tuple[Array, Array]:
    """Undo a chain on one deployed tensor.

    Returns it in the reference's canvas and units, and the mask of where it can be judged.
    """
    own, frame = pairing.ours.placements[image], chain.placements[image]
    tensor = unscrambled(chain, pairing.deployed[image])
    width = chain.colour.matrix.shape[0]
    if tensor.shape[2] != width:
        tensor = np.repeat(tensor.mean(2, keepdims=True), width, 2)
    mapped = (
        to_reference(pairing, chain, image).apply(tensor)
        if not chain.bytes_as_int8
        else _unsigned(pairing, chain, tensor, image)
    )
    out, mask = _back(mapped, frame, own)
    if own.padded and frame.padded and frame.canvas == own.canvas:
        out, mask = _border(mapped, out, mask, chain, pairing, image)
    return out, mask


def to_reference(pairing: Pairing, chain: SideModel, image: int) -> ColourMap:
    """Return the map from a deployed tensor's values to the reference's."""
    return pairing.base.after(chain.value_map(image).invert())


def _unsigned(pairing: Pairing, chain: SideModel, tensor: Array, image: int) -> Array:
    level = chain.value_map(image).invert().apply(tensor)
    return pairing.base.apply(np.where(level < -_HALF_LEVEL, level + 256, level))


def _back(mapped: Array, frame: Placement, own: Placement) -> tuple[Array, Array]:
    """Return a deployed tensor's content where the reference has it; outside the mask the values mean nothing."""
    top, left, bottom, right = own.box
    # Channel after channel in memory, as most tensors are: copies between two orders are slow.
    out = np.zeros((mapped.shape[2], *own.canvas), np.float32).transpose(1, 2, 0)
    mask = np.zeros(own.canvas, bool)
    upright = placement.turned_shape((bottom - top, right - left), frame.code)
    if not placement.needs_resampling(frame) and frame.code == 1:
        into, of = [], []
        for begin, end, origin, size in zip((top, left), (bottom, right), frame.origin, mapped.shape[:2], strict=True):
            low = max(0, origin)
            high = max(low, min(end - begin, size + origin))
            into.append(slice(begin + low, begin + high))
            of.append(slice(low - origin, high - origin))
        out[into[0], into[1]] = mapped[of[0], of[1]]
        mask[into[0], into[1]] = True
        return out, mask
    box = frame.box
    inner = mapped[box[0] : box[2], box[1] : box[3]]
    weights, seen = [], []
    for k in (0, 1):
        first = frame.start[k] + (box[k] + frame.origin[k]) * frame.scale[k]
        scale = 1 / frame.scale[k]
        weights.append(
            resampling.matrix(inner.shape[k], upright[k], NEUTRAL, round(scale, 9), round(-first * scale, 9))
        )
        at = (np.arange(upright[k]) + 0.5 - first) * scale
        seen.append((at >= 0) & (at <= inner.shape[k]))
    back = placement.turn(resampling.resample(inner, *weights), placement.inverse(frame.code))
    visible = placement.turn((seen[0][:, None] & seen[1][None])[:, :, None], placement.inverse(frame.code))[:, :, 0]
    out[top:bottom, left:right] = back
    mask[top:bottom, left:right] = visible
    return out, mask


def _border(
    mapped: Array, out: Array, mask: Array, chain: SideModel, pairing: Pairing, image: int
) -> tuple[Array, Array]:
    """Judge the border too, where both sides have one: the deployed border's colour, mended by what the chain says of it."""
    own = pairing.ours.placements[image]
    top, left, bottom, right = own.box
    if chain.fill is None or pairing.ours.fill is None or pairing.theirs.fill is None:
        return out, mask
    back = to_reference(pairing, chain, image)
    width = chain.colour.matrix.shape[0]
    fills = (np.resize(np.array(fill, np.float32), width) for fill in (pairing.theirs.fill, chain.fill))
    there, said = (back.apply(fill[None])[0] for fill in fills)
    colour = np.array(pairing.ours.fill, np.float32) + there - said
    beside = (slice(top, bottom), slice(0, left)), (slice(top, bottom), slice(right, None))
    for strip in ((slice(0, top),), (slice(bottom, None),), *beside):
        out[strip], mask[strip] = colour, True
    return out, mask
