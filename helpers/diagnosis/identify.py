"""Find out what one side does between two stages, from source pictures and the tensors they became.

Geometry first (which part of the picture, at which size), then the kernel, then how channels are mapped, then rounding and
border. Each candidate is tried on the pixels of a sparse grid: exact there, and cheap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers.diagnosis import colours, constants, frames, layouts, registration
from helpers.diagnosis.chain import Chain, pixels, sampled, wrapped
from helpers.diagnosis.constants import Norm
from helpers.diagnosis.frames import Frame, Pair
from helpers.diagnosis.resampling import Resampling

Array = NDArray[Any]
PROBES = 6
POINTS = 40
#: Kernels that are told apart, plainest first: a later one has to fit clearly better.
KERNELS = (
    Resampling(shape="linear"),
    Resampling(shape="linear", antialias=True),
    Resampling(shape="linear", antialias=True, border="cut"),
    Resampling(shape="nearest"),
    Resampling(shape="nearest", centre="corner"),
    Resampling(shape="cubic75"),
    Resampling(shape="cubic"),
    Resampling(shape="cubic", antialias=True),
    Resampling(shape="cubic", antialias=True, border="cut"),
    Resampling(shape="area"),
    Resampling(shape="lanczos3"),
    Resampling(shape="lanczos3", antialias=True),
    Resampling(shape="lanczos3", antialias=True, border="cut"),
    Resampling(shape="lanczos4"),
)
_NEUTRAL = Resampling(shape="linear", antialias=True)
_GOOD = 0.97
#: Levels that rounding leaves on average when geometry and kernel are right: 0.25 for one rounding, two in Pillow.
FLOOR = 0.5


def identify(
    sources: Sequence[Array],
    targets: Sequence[Array],
    hint: Chain | None = None,
    train: Sequence[int] | None = None,
    kernels: Sequence[Resampling] = KERNELS,
) -> Chain:
    """Return the chain that turns sources into targets, HWC per image; its ``residual`` says how well it does.

    Nothing is assumed of the targets' units or channel order. Images of one colour tell nothing and follow the others.
    ``hint`` is a chain to keep where it fits as well as noise allows: the other side's. Kernel, channels, rounding and
    border are estimated on the images numbered in ``train`` (all of them if not given); where each picture lies is looked up
    in its own tensor.
    """
    train = list(range(len(sources))) if train is None else list(train)
    if hint is not None and _fits(hint, sources, targets):
        return finish(replace(hint, dtype=str(targets[0].dtype)), sources, targets, train)
    chain = _identify(sources, targets, train, kernels)
    if chain.explained >= 0.9:
        return chain
    if (signed := _signed(sources, targets, train)) is not None:
        return signed
    for name in layouts.NAMES:
        undone = [layouts.undo(name, y) for y in targets]
        other = _identify(sources, undone, train, kernels, quick=True)
        if other.explained > max(0.95, chain.explained):
            return replace(_identify(sources, undone, train, kernels), scramble=name)
    return chain


def _signed(sources: Sequence[Array], targets: Sequence[Array], train: Sequence[int]) -> Chain | None:
    """Return the chain of bytes read as signed, if that explains the targets and nothing is resampled."""
    made = [wrapped(x) for x in sources]
    found = _identify(made, targets, train, (_NEUTRAL,), quick=True)
    if found.explained < 0.97 or any(frames.needs_resampling(found.frames[i]) for i in train):
        return None
    return finish(replace(found, signed=True, how=Resampling()), sources, targets, train)


def _identify(
    sources: Sequence[Array],
    targets: Sequence[Array],
    train: Sequence[int],
    kernels: Sequence[Resampling],
    *,
    quick: bool = False,
) -> Chain:
    probes = _probes(sources, targets, train)
    found: dict[int, tuple[Frame, float]] = {}
    for i in probes:
        found[i] = _locate(sources[i], targets[i], (1,), [f for f, s in found.values() if s > _GOOD])
    if not quick:
        found = {i: f if f[1] > 0.9 else _locate_turned(sources[i], targets[i], f) for i, f in found.items()}
        found = {i: f if f[1] > _GOOD else _locate_region(sources[i], targets[i], f) for i, f in found.items()}
    scores = [s for _, s in found.values() if not np.isnan(s)]
    score = float(np.quantile(scores, 0.75)) if scores else float("nan")
    start = _blank(sources, targets, {i: f for i, (f, _) in found.items()})
    if quick or not score > 0.5:
        return replace(start, explained=0.0 if np.isnan(score) else score, residual=np.inf)
    chain = _kernel(start, sources, targets, probes, kernels)
    chain = _refine(chain, sources, targets, probes, kernels)
    chain = _spread_frames(chain, sources, targets, probes)
    chain = _scales(chain, sources, targets) if len(kernels) > 1 else chain
    return finish(chain, sources, targets, train)


def _fits(hint: Chain, sources: Sequence[Array], targets: Sequence[Array]) -> bool:
    """Say whether a chain's geometry and kernel hold for these targets, image by image, within the noise of resampling."""
    if any(f.canvas != y.shape[:2] or hint.scramble for f, y in zip(hint.frames, targets, strict=True)):
        return False
    if hint.shapes != tuple((x.shape[0], x.shape[1]) for x in sources):
        return False
    smooth = replace(hint, quantised="none")
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


def _blank(sources: Sequence[Array], targets: Sequence[Array], found: dict[int, Frame]) -> Chain:
    fallback = [
        frames.whole((x.shape[0], x.shape[1]), (y.shape[0], y.shape[1])) for x, y in zip(sources, targets, strict=True)
    ]
    return Chain(
        frames=tuple(found.get(i, frame) for i, frame in enumerate(fallback)),
        how=_NEUTRAL,
        colour=colours.identity(targets[0].shape[2]),
        dtype=str(targets[0].dtype),
        known=tuple(i in found for i in range(len(sources))),
        shapes=tuple((x.shape[0], x.shape[1]) for x in sources),
        unit=max(_unit(x) for x in sources) or 1.0,
    )


# --- geometry -------------------------------------------------------------------------------------------------------


def closeness(source: Array, target: Array, frame: Frame, how: Resampling, points: int = 24) -> float:
    """Return the share of the target's variance on a sparse grid that a linear map of the framed source explains."""
    rows, columns = frames.grid(frame, points)
    if len(rows) < 2 or len(columns) < 2:
        return float("nan")
    x = frames.render(source, frame, how, rows, columns)
    y = target[np.ix_(rows, columns)]
    return colours.explained(x.reshape(-1, x.shape[2]).astype(float), y.reshape(-1, y.shape[2]).astype(float))


def _locate(source: Array, target: Array, codes: Sequence[int], hints: Sequence[Frame] = ()) -> tuple[Frame, float]:
    """Return the best frame of one image and its closeness; plain frames are preferred when others are no better.

    ``hints`` are frames of other images: if one of their rules fits, nothing else is tried.
    """
    if hints:
        best, score = _best(source, target, alike(source, target, hints))
        if score > _GOOD:
            return best, score
    return _best(source, target, candidates(source, target, codes))


def _best(source: Array, target: Array, tried: Iterable[Frame]) -> tuple[Frame, float]:
    best, score = frames.whole((source.shape[0], source.shape[1]), (target.shape[0], target.shape[1])), -1.0
    for frame in tried:
        got = closeness(source, target, frame, _NEUTRAL)
        if got > score + (1e-4 if score > _GOOD else 0.0):
            best, score = frame, got
        if score > 0.99999 and not frames.needs_resampling(best):
            return best, score
    return (best, score) if score > -1 else (best, float("nan"))


def alike(source: Array, target: Array, hints: Sequence[Frame]) -> Iterator[Frame]:
    """Iterate over the frames that follow the rules of other images' frames: same size, same edge, same fit, same anchor."""
    canvas = (target.shape[0], target.shape[1])
    seen: set[tuple[Pair, Pair]] = set()
    for hint in hints:
        shape = frames.turned_shape(source.shape, hint.code)
        sizes = [hint.size] if frames.needs_resampling(hint) else [shape]
        edges = ((min(shape), min(hint.size)), (max(shape), max(hint.size)))
        ratios = [goal / edge for edge, goal in edges]
        ratios += [min(c / s for c, s in zip(canvas, shape, strict=True))]
        sizes += [next(rounded(shape, ratio)) for ratio in ratios] if frames.needs_resampling(hint) else []
        for size in sizes:
            gap = tuple(s - c for s, c in zip(size, canvas, strict=True))
            middle = tuple(h == (s - c) // 2 for h, s, c in zip(hint.origin, hint.size, hint.canvas, strict=True))
            origin = tuple(g // 2 if m else h for g, m, h in zip(gap, middle, hint.origin, strict=True))
            if (size, origin) not in seen:
                seen.add((size, origin))  # type: ignore[arg-type]
                yield frames.whole(shape, size, canvas, hint.code, origin)  # type: ignore[arg-type]


def _locate_turned(source: Array, target: Array, plain: tuple[Frame, float]) -> tuple[Frame, float]:
    turned = _locate(source, target, codes=(6, 8, 3, 2, 4, 5, 7))
    return turned if turned[1] > max(0.75, plain[1] + 0.15) else plain


def _locate_region(source: Array, target: Array, plain: tuple[Frame, float]) -> tuple[Frame, float]:
    """Look for a part of the picture that was resampled to the whole tensor, its edges on whole pixels."""
    rough, score = registration.search(source, target)
    if score < 0.5:
        return plain
    near = registration.refined(source, target, rough)
    canvas = (target.shape[0], target.shape[1])
    if near.box != (0, 0, *canvas):
        return plain
    ends = []
    for k in (0, 1):
        first = near.start[k] + near.origin[k] * near.scale[k]
        ends.append((first, first + canvas[k] * near.scale[k]))
    region = tuple(
        round(min(max(v, 0), source.shape[k])) for j in (0, 1) for k, v in ((0, ends[0][j]), (1, ends[1][j]))
    )
    if near.code == 1 and all(abs(region[k + 2] - region[k] - canvas[k]) <= 1 for k in (0, 1)):
        shape = (source.shape[0], source.shape[1])
        window = frames.whole(shape, shape, canvas, 1, (region[0], region[1]))
        got = closeness(source, target, window, _NEUTRAL, POINTS)
        return (window, got) if got > plain[1] else plain
    frame = _nudged(source, target, (region[0], region[1], region[2], region[3]), canvas)
    got = closeness(source, target, frame, _NEUTRAL, POINTS)
    return (frame, got) if got > plain[1] + 0.3 * (1 - plain[1]) else plain


def _nudged(source: Array, target: Array, region: tuple[int, int, int, int], canvas: Pair) -> Frame:
    """Return the region moved by single pixels to where it explains most."""
    best, score = frames.cut_out(region, canvas), -1.0
    score = closeness(source, target, best, _NEUTRAL, POINTS)
    for _ in range(6):
        before = best
        for k in range(4):
            for step in (-1, 1):
                edges = list(best.region or region)
                edges[k] += step
                if edges[0] < 0 or edges[1] < 0 or edges[2] > source.shape[0] or edges[3] > source.shape[1]:
                    continue
                other = frames.cut_out((edges[0], edges[1], edges[2], edges[3]), canvas)
                got = closeness(source, target, other, _NEUTRAL, POINTS)
                if got > score + 1e-6:
                    best, score = other, got
        if best == before:
            break
    return best


def candidates(source: Array, target: Array, codes: Sequence[int] = (1,)) -> Iterator[Frame]:
    """Iterate over the frames that deployments use: as it is, cut or padded, stretched, fitted, covered, zoomed."""
    canvas = (target.shape[0], target.shape[1])
    box = frames.content_box(target)
    for code in codes:
        shape = frames.turned_shape(source.shape, code)
        seen: set[tuple[Pair, Pair]] = set()
        for size in _sizes(shape, canvas, box):
            for origin in _origins(size, canvas, box):
                if (size, origin) not in seen:
                    seen.add((size, origin))
                    yield frames.whole(shape, size, canvas, code, origin)


def _sizes(shape: Pair, canvas: Pair, box: tuple[int, int, int, int]) -> Iterator[Pair]:
    yield shape
    yield canvas
    if box != (0, 0, *canvas):
        yield box[2] - box[0], box[3] - box[1]
    for goal in dict.fromkeys((canvas, canvas[::-1])):
        ratios = (goal[0] / shape[0], goal[1] / shape[1])
        for ratio in dict.fromkeys((min(ratios), max(ratios))):
            yield from rounded(shape, ratio)
    yield canvas[::-1]
    short = min(canvas) / min(shape)
    for zoom in ZOOMS:
        yield tuple(round(edge * short * zoom) for edge in shape)


#: Short edge over canvas as deployments have it: 256/224, 232/224, 235/224, 248/224, 236/224, 288/256, 320/299, and between.
ZOOMS = (256 / 224, 232 / 224, 235 / 224, 248 / 224, 236 / 224, 1.125, 1.07, *np.arange(1.02, 1.52, 0.02).tolist())


def rounded(shape: Pair, ratio: float) -> Iterator[Pair]:
    """Iterate over the whole sizes that a shape times a ratio can become, nearest first."""
    exact = (shape[0] * ratio, shape[1] * ratio)
    options = [sorted({int(np.floor(e + 1e-6)), int(np.ceil(e - 1e-6))}, key=partial(_apart, e)) for e in exact]
    for height, width in product(*options):
        if height > 0 and width > 0:
            yield height, width


def _apart(exact: float, whole: int) -> float:
    return abs(whole - exact)


def _origins(size: Pair, canvas: Pair, box: tuple[int, int, int, int]) -> Iterator[Pair]:
    if size == (box[2] - box[0], box[3] - box[1]):
        yield -box[0], -box[1]
    gaps = [s - c for s, c in zip(size, canvas, strict=True)]
    # Half a pixel goes either way: libraries round an odd gap differently.
    yield from product(*(dict.fromkeys((gap // 2, -(-gap // 2))) for gap in gaps))
    yield 0, 0


def _refine(
    chain: Chain,
    sources: Sequence[Array],
    targets: Sequence[Array],
    probes: Sequence[int],
    kernels: Sequence[Resampling],
) -> Chain:
    """Move sizes and origins by single pixels while that explains more, then settle the kernel again."""
    if all(not frames.needs_resampling(chain.frames[i]) for i in probes):
        return chain
    moved = list(chain.frames)
    for i in probes:
        if moved[i].region is not None:
            continue
        moved[i] = settle(sources[i], targets[i], moved[i], chain)
    if tuple(moved) == chain.frames:
        return chain
    return _kernel(replace(chain, frames=tuple(moved)), sources, targets, probes, kernels)


def settle(source: Array, target: Array, frame: Frame, chain: Chain) -> Frame:
    """Return the frame moved and resized by single pixels to where it explains most."""
    shape = frames.turned_shape(source.shape, frame.code)
    best, score = frame, closeness(source, target, frame, chain.how, POINTS)
    for _ in range(24):
        before = best
        for step in _steps(best, chain.exact):
            size = (best.size[0] + step[0], best.size[1] + step[1])
            origin = (best.origin[0] + step[2], best.origin[1] + step[3])
            if min(size) < 1:
                continue
            other = frames.whole(shape, size, frame.canvas, frame.code, origin)
            if chain.exact:
                other = exactly(source, target, other, chain.how)
            got = closeness(source, target, other, chain.how, POINTS)
            if got > score + 1e-6:
                best, score = other, got
        if best == before or score > 0.999999:
            return best
    return best


def _steps(frame: Frame, exact: bool) -> list[tuple[int, int, int, int]]:
    free = [(1, 0, 0, 0), (-1, 0, 0, 0), (0, 1, 0, 0), (0, -1, 0, 0)]
    free += [(0, 0, 1, 0), (0, 0, -1, 0), (0, 0, 0, 1), (0, 0, 0, -1)]
    # A zoom about the centre moves size and origin at once.
    ratio = frame.size[1] / frame.size[0]
    for grow in (1, -1, 3, -3):
        wide = round(grow * ratio)
        free.append((grow, wide, round(grow / 2), round(wide / 2)))
        free.append((2 * grow, 0, grow, 0))
        free.append((0, 2 * grow, 0, grow))
    return free


# --- kernel ---------------------------------------------------------------------------------------------------------


def _kernel(
    chain: Chain,
    sources: Sequence[Array],
    targets: Sequence[Array],
    probes: Sequence[int],
    kernels: Sequence[Resampling],
) -> Chain:
    """Return the chain with the kernel, and the sub-pixel convention, that explain the probes best."""
    if all(not frames.needs_resampling(chain.frames[i]) for i in probes):
        return replace(chain, how=Resampling())
    best, left = _best_kernel(chain, kernels, sources, targets, probes, (chain, np.inf))
    if left > FLOOR and len(kernels) > 1:
        # Other sampling grids are rare: they are tried where half-pixel centres leave too much.
        others = [replace(how, centre=centre) for how in kernels for centre in ("corner", "ends") if _has_grids(how)]
        best, left = _best_kernel(chain, others, sources, targets, probes, (best, left))
    return best


def _has_grids(how: Resampling) -> bool:
    return how.shape not in ("nearest", "area") and how.centre == "half" and how.border == "clamp"


def _best_kernel(
    chain: Chain,
    kernels: Sequence[Resampling],
    sources: Sequence[Array],
    targets: Sequence[Array],
    probes: Sequence[int],
    start: tuple[Chain, float],
) -> tuple[Chain, float]:
    best, left = start
    for how in kernels:
        for variant in _conventions(replace(chain, how=how), sources, targets, probes):
            got = misfit(variant, sources, targets, probes)
            if got < left * 0.97:
                best, left = variant, got
    return best, left


def _conventions(
    chain: Chain, sources: Sequence[Array], targets: Sequence[Array], which: Sequence[int]
) -> Iterator[Chain]:
    plain = tuple(_plainly(x, f) for x, f in zip(sources, chain.frames, strict=True))
    yield replace(chain, frames=plain, exact=False)
    if chain.how.centre != "half" or chain.how.shape == "nearest":
        return
    exact = list(plain)
    for i in which:
        exact[i] = exactly(sources[i], targets[i], plain[i], chain.how)
    if tuple(exact) != plain:
        yield replace(chain, frames=tuple(exact), exact=True)


def _plainly(source: Array, frame: Frame) -> Frame:
    if frame.region is not None:
        return frame
    shape = frames.turned_shape(source.shape, frame.code)
    return frames.whole(shape, frame.size, frame.canvas, frame.code, frame.origin)


def exactly(source: Array, target: Array, frame: Frame, how: Resampling) -> Frame:
    """Return the frame with one exact scale for both axes, that of the axis which fits better; unchanged if none can."""
    shape = frames.turned_shape(source.shape, frame.code)
    if frame.region is not None:
        return frame
    found = []
    for axis in (0, 1):
        other = 1 - axis
        off = abs(shape[other] * frame.size[axis] / shape[axis] - frame.size[other])
        if 1e-6 < off < 1:
            exact = frames.subpixel(shape, frame, axis)
            found.append((closeness(source, target, exact, how), axis, exact))
    return max(found, key=lambda f: f[0])[2] if found else frame


def misfit(chain: Chain, sources: Sequence[Array], targets: Sequence[Array], probes: Sequence[int]) -> float:
    """Return the mean absolute difference that a linear map per image leaves, in levels of the source."""
    left = []
    for i in probes:
        rows, columns = frames.grid(chain.frames[i], POINTS)
        if len(rows) < 2 or len(columns) < 2:
            continue
        x = pixels(chain, sources[i], i, rows, columns).reshape(len(rows) * len(columns), -1).astype(float)
        y = targets[i][np.ix_(rows, columns)].reshape(len(x), -1).astype(float)
        if np.ptp(y) > 0:
            fitted = colours.fit_matrix(x, y)
            unit = x.std() / np.maximum(y.std(0), 1e-12)
            left.append(float(np.mean(np.abs(y - x @ fitted.matrix.T - fitted.offset) * unit)) / chain.unit)
    return float(np.mean(left)) if left else np.inf


# --- every image, channels, rounding, border ------------------------------------------------------------------------


def _spread_frames(chain: Chain, sources: Sequence[Array], targets: Sequence[Array], probes: Sequence[int]) -> Chain:
    """Find the frame of every other image with the kernel known."""
    out, known = list(chain.frames), list(chain.known)
    for i, (x, y) in enumerate(zip(sources, targets, strict=True)):
        if i in probes:
            continue
        frame, score = _locate(x, y, (1,), list(dict.fromkeys(chain.frames[j] for j in probes if chain.known[j])))
        if score <= 0.9:
            frame, score = _locate_turned(x, y, (frame, score))
        known[i] = score > 0.5
        if score <= _GOOD:
            frame, score = _locate_region(x, y, (frame, score))
            known[i] = score > 0.5
        if frames.needs_resampling(frame) and frame.region is None:
            frame = settle(x, y, exactly(x, y, frame, chain.how) if chain.exact else frame, chain)
        out[i] = frame
    return replace(chain, frames=tuple(out), known=tuple(known))


def _scales(chain: Chain, sources: Sequence[Array], targets: Sequence[Array]) -> Chain:
    """Return the chain with exact scales if they fit the pictures that show them: those whose size is not a whole number."""
    if chain.exact or chain.how.centre != "half" or chain.how.shape == "nearest":
        return chain
    exact = list(chain.frames)
    for i, frame in enumerate(chain.frames):
        if chain.known[i] and frames.needs_resampling(frame):
            exact[i] = exactly(sources[i], targets[i], frame, chain.how)
    telling = [i for i, frame in enumerate(chain.frames) if exact[i] != frame]
    if not telling:
        return chain
    other = replace(chain, frames=tuple(exact), exact=True)
    plain, kept = (misfit(c, sources, targets, telling) for c in (chain, other))
    return other if kept < 0.8 * plain and plain > FLOOR / 2 else chain


def finish(chain: Chain, sources: Sequence[Array], targets: Sequence[Array], train: Sequence[int]) -> Chain:
    """Settle channel map, rounding, number type and border of a chain whose geometry and kernel are known."""
    which = [i for i in train if chain.known[i]] or list(train)
    if any(frames.needs_resampling(chain.frames[i]) for i in which):
        chain = _rounding(chain, sources, targets, which)
    chain = _fitted(chain, sources, targets, which)
    if chain.residual > SLACK:
        chain = _bent(chain, sources, targets, which)
    half = all(is_half(targets[i]) and not is_half(sources[i]) for i in which[:4])
    return replace(chain, half=half, fill=_fill(chain, targets, train))


#: Residual in levels above which something else than rounding is looked for.
SLACK = 0.45


def _fitted(chain: Chain, sources: Sequence[Array], targets: Sequence[Array], which: Sequence[int]) -> Chain:
    x, y, image = sampled(chain, sources, targets, which, POINTS)
    fitted = colours.fit(x, y, image, images=len(sources), slack=0.2 * chain.unit)
    residual = _mean_residual(fitted, x, y, image) / chain.unit
    return replace(chain, colour=snapped(fitted, chain.unit), residual=residual, explained=colours.explained(x, y))


def _bent(chain: Chain, sources: Sequence[Array], targets: Sequence[Array], which: Sequence[int]) -> Chain:
    """Return the chain with signed bytes or with clipping, if either explains most of what is left."""
    signed = _fitted(replace(chain, signed=True), sources, targets, which)
    clipped = _clipped(chain, sources, targets, which)
    best = min((signed, clipped), key=lambda c: c.residual)
    return best if best.residual < 0.35 * chain.residual else chain


def _clipped(chain: Chain, sources: Sequence[Array], targets: Sequence[Array], which: Sequence[int]) -> Chain:
    """Fit on the values between the extremes, and see whether those at the extremes lie beyond."""
    x, y, image = sampled(chain, sources, targets, which, POINTS)
    low, high = float(y.min()), float(y.max())
    edge = 1e-6 * max(high - low, 1e-12)
    free = ((y > low + edge) & (y < high - edge)).all(1)
    if free.sum() < 200 or free.all():
        return chain
    fitted = snapped(colours.fit(x[free], y[free], image[free], images=len(sources)), chain.unit)
    if fitted.kind != "plain":
        return chain
    made = np.clip(fitted.apply(x), low, high)
    residual = float(np.mean(np.abs(made - y) / np.maximum(np.abs(fitted.gain), 1e-30))) / chain.unit
    return replace(
        chain, colour=fitted, clip=(low, high), residual=residual, explained=colours.explained(made.astype(float), y)
    )


def is_half(target: Array) -> bool:
    """Say whether all values are float16 values, and not because they are few: whole numbers are."""
    part = target[::5, ::5].astype(np.float32)
    if target.dtype == np.float16:
        return True
    if not np.issubdtype(target.dtype, np.floating) or (part == np.round(part)).mean() > 0.5:
        return False
    return bool((part.astype(np.float16).astype(np.float32) == part).all())


def snapped(fitted: colours.ColourMap, unit: float) -> colours.ColourMap:
    """Return a plain map with the exact constants that it is within a fit's error of: unchanged, x / 255, or known statistics."""
    if fitted.kind != "plain":
        return fitted
    if not 0.4 < unit < 2.5:
        # Sources that are no pixels 0..255 any more: only "unchanged" can be told.
        near = np.allclose(fitted.gain, 1, rtol=0.002) and np.abs(fitted.offset).max() < 0.3 * unit
        width = fitted.matrix.shape[1]
        return (
            colours.plain(fitted.order, np.ones(len(fitted.gain)), np.zeros(len(fitted.gain)), width)
            if near
            else fitted
        )
    found = constants.exact(Norm(gain=tuple(fitted.gain.tolist()), offset=tuple(fitted.offset.tolist())))
    if found is None:
        return fitted
    return colours.plain(fitted.order, np.array(found.gain), np.array(found.offset), fitted.matrix.shape[1])


def _mean_residual(fitted: colours.ColourMap, x: Array, y: Array, image: Array) -> float:
    parts = [colours.spread(x[image == i], y[image == i], fitted.of(int(i))) for i in np.unique(image)]
    return float(np.mean(parts))


def _rounding(chain: Chain, sources: Sequence[Array], targets: Sequence[Array], which: Sequence[int]) -> Chain:
    """Return the chain with the rounding that fits best, if the target's values lie on no more steps than 8 bits have."""
    _, y, _ = sampled(chain, sources, targets, which, POINTS)
    if len(y) > 2000 and any(len(np.unique(y[:, c])) > 256 for c in range(y.shape[1])):
        return replace(chain, quantised="none")
    best, left = chain, np.inf
    for name in ("round", "floor"):
        variant = replace(chain, quantised=name)
        x, y, image = sampled(variant, sources, targets, which, POINTS)
        got = _mean_residual(colours.fit(x, y, image, images=len(sources), slack=0.2 * chain.unit), x, y, image)
        if got < left:
            best, left = variant, got
    return best


def _fill(chain: Chain, targets: Sequence[Array], train: Sequence[int]) -> tuple[float, ...] | None:
    """Return the border's colour, the median over all border pixels, or nothing where no image has a border."""
    found = []
    padded = [i for i, frame in enumerate(chain.frames) if frame.padded]
    for i in [i for i in padded if i in train] or padded:
        frame, y = chain.frames[i], targets[i]
        if frame.padded:
            top, left, bottom, right = frame.box
            edge = np.ones(frame.canvas, bool)
            edge[top:bottom, left:right] = False
            found.append(np.median(y[edge], axis=0))
    return tuple(float(v) for v in np.median(found, axis=0)) if found else None
