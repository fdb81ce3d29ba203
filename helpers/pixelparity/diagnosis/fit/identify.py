"""Find out what one side does between two stages, from source pictures and the tensors they became.

Geometry first (which part of the picture, at which size), then the kernel, then how channels are mapped, then rounding and
border. Each candidate is tried on the pixels of a sparse grid: exact there, and cheap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.fit.fit_values import as_bytes, finish
from pixelparity.diagnosis.fit.kernels import (
    FLOOR,
    KERNELS,
    misfit,
    refine,
    settle_kernel,
    settle_region,
    settle_scales,
)
from pixelparity.diagnosis.fit.locate import (
    GOOD,
    NEUTRAL,
    POINTS,
    RULES,
    by_rule,
    closeness,
    exactly,
    locate,
    locate_region,
    locate_turned,
    nudged,
    settle,
)
from pixelparity.diagnosis.model import colours, layouts, placement
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.placement import Placement
from pixelparity.diagnosis.model.resampling import Resampling
from pixelparity.diagnosis.model.side_model import SideModel, as_signed_bytes

Array = NDArray[Any]

PROBES = 6


def identify(
    sources: Sequence[Array],
    targets: Sequence[Array],
    hint: SideModel | None = None,
    train: Sequence[int] | None = None,
    kernels: Sequence[Resampling] = KERNELS,
    likely: Sequence[ColourMap] = (),
) -> SideModel:
    """Return the chain that turns sources into targets, HWC per image; its ``residual`` says how well it does.

    Nothing is assumed of the targets' units or channel order. Images of one colour tell nothing and follow the others.
    ``hint`` is a chain to keep where it fits as well as noise allows: the other side's. Kernel, channels, rounding and
    border are estimated on the images numbered in ``train`` (all of them if not given); where each picture lies is looked up
    in its own tensor. ``likely`` are maps of values to try where a cast to whole numbers left too little to fit one.
    """
    train = list(range(len(sources))) if train is None else list(train)
    if hint is not None and _fits(hint, sources, targets):
        return finish(replace(hint, dtype=str(targets[0].dtype)), sources, targets, train)
    chain = _identify(sources, targets, train, kernels, hint=hint)
    if chain.explained >= 0.97:
        return chain
    if (cast := as_bytes(chain, sources, targets, train, likely)) is not None:
        return cast
    if chain.explained >= 0.9:
        return chain
    if (signed := _signed(sources, targets, train)) is not None:
        return signed
    for name in layouts.NAMES:
        undone = [layouts.undo(name, y) for y in targets]
        other = _identify(sources, undone, train, kernels, quick=True)
        if other.explained > max(0.95, chain.explained):
            return replace(_identify(sources, undone, train, kernels), layout_error=name)
    return chain


def _signed(sources: Sequence[Array], targets: Sequence[Array], train: Sequence[int]) -> SideModel | None:
    """Return the chain of bytes read as signed, if that explains the targets and nothing is resampled."""
    made = [as_signed_bytes(x) for x in sources]
    found = _identify(made, targets, train, (NEUTRAL,), quick=True)
    if found.explained < 0.97 or any(placement.needs_resampling(found.placements[i]) for i in train):
        return None
    return finish(replace(found, bytes_as_int8=True, resampling=Resampling()), sources, targets, train)


def _identify(
    sources: Sequence[Array],
    targets: Sequence[Array],
    train: Sequence[int],
    kernels: Sequence[Resampling],
    *,
    quick: bool = False,
    hint: SideModel | None = None,
) -> SideModel:
    probes = _probes(sources, targets, train)
    found: dict[int, tuple[Placement, float]] = {}
    for i in probes:
        found[i] = locate(sources[i], targets[i], (1,), [f for f, s in found.values() if s > GOOD])
    if not quick:
        found = {i: f if f[1] > 0.9 else locate_turned(sources[i], targets[i], f) for i, f in found.items()}
    whole = found
    if not quick:
        found = {i: f if f[1] > GOOD else locate_region(sources[i], targets[i], f) for i, f in found.items()}
    scores = [s for _, s in found.values() if not np.isnan(s)]
    score = float(np.quantile(scores, 0.75)) if scores else float("nan")
    start = _blank(sources, targets, {i: f for i, (f, _) in found.items()})
    if np.isnan(score) and not quick:
        return _of_flat(start, sources, targets, train)
    if quick or not score > 0.5:
        return replace(start, explained=0.0 if np.isnan(score) else score, residual=np.inf)
    chain = refine(settle_kernel(start, sources, targets, probes, kernels), sources, targets, probes, kernels)
    left = misfit(chain, sources, targets, probes)
    if found != whole and left > FLOOR:
        # Another sampling grid looks like a part of the picture: the whole picture is tried before a part is believed.
        start = _blank(sources, targets, {i: f for i, (f, _) in whole.items()})
        other = refine(settle_kernel(start, sources, targets, probes, kernels), sources, targets, probes, kernels)
        chain = other if misfit(other, sources, targets, probes) < left else chain
    chain = _again_on_grid(chain, sources, targets, probes, kernels)
    chain = _spread_frames(chain, sources, targets, probes)
    if len(kernels) > 1:
        chain = settle_region(settle_scales(chain, sources, targets), sources, targets, hint)
    return finish(chain, sources, targets, train)


def _of_flat(start: SideModel, sources: Sequence[Array], targets: Sequence[Array], train: Sequence[int]) -> SideModel:
    """Return the chain of pictures of one colour each: they tell constants, if they have several, and nothing else."""
    levels = np.array([sources[i].reshape(-1, sources[i].shape[2]).mean(0) for i in train]) / start.unit
    if len(levels) < 3 or levels.std(0).min() < 4:
        return replace(start, explained=0.0, residual=np.inf)
    known = (True,) * len(sources)
    return finish(replace(start, resampling=Resampling(shape="nearest"), known=known), sources, targets, train)


def _fits(hint: SideModel, sources: Sequence[Array], targets: Sequence[Array]) -> bool:
    """Say whether a chain's geometry and kernel hold for these targets, image by image, within the noise of resampling."""
    if any(f.canvas != y.shape[:2] or hint.layout_error for f, y in zip(hint.placements, targets, strict=True)):
        return False
    if hint.shapes != tuple((x.shape[0], x.shape[1]) for x in sources):
        return False
    smooth = replace(hint, rounding="none")
    left = [misfit(smooth, sources, targets, [i]) for i in range(len(sources)) if hint.known[i]]
    return bool(left) and max(left) < 0.8 * FLOOR


def _probes(sources: Sequence[Array], targets: Sequence[Array], train: Sequence[int]) -> list[int]:
    """Return a few images that have detail, of as many shapes as there are."""
    order: dict[tuple[int, ...], list[int]] = {}
    for i in train:
        x, y = sources[i], targets[i]
        if np.ptp(x[::7, ::7]) > 8 * _unit(x) and np.ptp(y[::7, ::7]) > 0:
            order.setdefault(x.shape[:2], []).append(i)
    picked: list[int] = []
    while len(picked) < PROBES and any(order.values()):
        for group in order.values():
            if group and len(picked) < PROBES:
                picked.append(group.pop(0))
    return sorted(picked) or [train[0]]


def _unit(x: Array) -> float:
    return 1.0 if x.dtype == np.uint8 else float(np.ptp(x)) / 255


def _blank(sources: Sequence[Array], targets: Sequence[Array], found: dict[int, Placement]) -> SideModel:
    fallback = [
        placement.whole((x.shape[0], x.shape[1]), (y.shape[0], y.shape[1]))
        for x, y in zip(sources, targets, strict=True)
    ]
    return SideModel(
        placements=tuple(found.get(i, frame) for i, frame in enumerate(fallback)),
        resampling=NEUTRAL,
        colour=colours.identity(targets[0].shape[2]),
        dtype=str(targets[0].dtype),
        known=tuple(i in found for i in range(len(sources))),
        shapes=tuple((x.shape[0], x.shape[1]) for x in sources),
        unit=max(_unit(x) for x in sources) or 1.0,
    )


def _again_on_grid(
    chain: SideModel,
    sources: Sequence[Array],
    targets: Sequence[Array],
    probes: Sequence[int],
    kernels: Sequence[Resampling],
) -> SideModel:
    """Return the chain with the probes located again on its own sampling grid, where that is no usual one.

    They were found with half-pixel centres, by which another grid looks like other edges.
    """
    if chain.resampling.centre == "half" or misfit(chain, sources, targets, probes) <= FLOOR:
        return chain
    moved = list(chain.placements)
    for i in probes:
        moved[i] = locate(sources[i], targets[i], (moved[i].code,), how=chain.resampling)[0]
    start = replace(chain, placements=tuple(moved))
    other = refine(settle_kernel(start, sources, targets, probes, kernels), sources, targets, probes, kernels)
    return other if misfit(other, sources, targets, probes) < misfit(chain, sources, targets, probes) else chain


# --- every image, channels, rounding, border ------------------------------------------------------------------------
def _spread_frames(
    chain: SideModel, sources: Sequence[Array], targets: Sequence[Array], probes: Sequence[int]
) -> SideModel:
    """Find the frame of every other image with the kernel known."""
    out, known = list(chain.placements), list(chain.known)
    best = [
        closeness(sources[j], targets[j], chain.placements[j], chain.resampling, POINTS)
        for j in probes
        if chain.known[j]
    ]
    # As close as the probes that were settled pixel by pixel is close enough: one pixel off shows at once.
    enough = 1 - 1.5 * (1 - min((s for s in best if not np.isnan(s)), default=1.0))
    rule = _common_rule(chain, sources, probes)
    for i, (x, y) in enumerate(zip(sources, targets, strict=True)):
        if i in probes:
            continue
        if rule is not None:
            frame = by_rule(rule[0], x.shape, (y.shape[0], y.shape[1]), rule[1])
            frame = exactly(x, y, frame, chain.resampling) if chain.subpixel_scale else frame
            if closeness(x, y, frame, chain.resampling, POINTS) >= enough:
                out[i], known[i] = frame, True
                continue
        hints = list(dict.fromkeys(chain.placements[j] for j in probes if chain.known[j]))
        frame, score = locate(x, y, (1,), hints, NEUTRAL if chain.resampling.centre == "half" else chain.resampling)
        if score <= 0.9:
            frame, score = locate_turned(x, y, (frame, score))
        known[i] = score > 0.5
        if score <= GOOD and not closeness(x, y, frame, chain.resampling) > GOOD:
            frame, score = _elsewhere(x, y, frame, score, chain)
            known[i] = score > 0.5
        if placement.needs_resampling(frame) and frame.region is None:
            frame = exactly(x, y, frame, chain.resampling) if chain.subpixel_scale else frame
            if not closeness(x, y, frame, chain.resampling, POINTS) >= enough:
                frame = settle(x, y, frame, chain)
        out[i] = frame
    return replace(chain, placements=tuple(out), known=tuple(known))


def _elsewhere(
    source: Array, target: Array, frame: Placement, score: float, chain: SideModel
) -> tuple[Placement, float]:
    """Return a frame some pixels beside the one of the others' rule where that fits, else that of a part of the picture."""
    if placement.needs_resampling(frame) and frame.region is None:
        beside = settle(source, target, frame, chain)
        got = closeness(source, target, beside, chain.resampling, POINTS)
        if got > GOOD:
            return beside, got
    part, score = locate_region(source, target, (frame, score))
    return (nudged(source, target, part, chain.resampling) if part.region is not None else part), score


def _common_rule(chain: SideModel, sources: Sequence[Array], probes: Sequence[int]) -> tuple[str, Placement] | None:
    """Return the rule, with a frame to start from, that all resampled probes of more than one shape follow; else nothing."""
    found = {i: chain.placements[i] for i in probes if chain.known[i]}
    resized = all(placement.needs_resampling(f) and f.region is None for f in found.values())
    if not resized or len({sources[i].shape for i in found}) < 2:
        return None
    for hint, rule in product(found.values(), RULES):
        made = (by_rule(rule, sources[i].shape, f.canvas, hint) for i, f in found.items())
        if all(_place(m) == _place(f) for m, f in zip(made, found.values(), strict=True)):
            return rule, hint
    return None


def _place(frame: Placement) -> tuple[Any, ...]:
    return frame.code, frame.size, frame.origin
