"""Find what is done to levels that is no line: a tone curve, a clip, an integer division, a wrap-around, signed bytes.

Each is tried where a line leaves more than one rounding does, and has to explain most of that. Geometry and kernel are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import HWC, Array, Samples
from pixelparity.diagnosis.fit import fit_colours
from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.curves import Curve
from pixelparity.diagnosis.model.side_model import SideModel, sampled_pixels

#: Exponents that a search for a gamma begins with, evenly spaced in their logarithm; the bounds of what is in use.
_EXPONENTS = np.geomspace(0.3, 3.4, 17)
#: Exponents in use: 2.2 and 1.8 of screens, 2.4 and 2.6 of films, and what undoes them.
_USUAL_EXPONENTS = (2.2, 1 / 2.2, 1.8, 1 / 1.8, 2.4, 1 / 2.4, 2.6, 1 / 2.6, 2.0, 0.5)
#: Steps of the golden section: from a fifth to a part in a thousand.
_NARROWINGS = 12
#: Pictures and points per axis by which a curve before the resize is searched; speed: fewer say the same less surely.
_EARLY_IMAGES, _EARLY_POINTS = 2, 40
#: By how many levels the bounds of a clip are moved at first, when they are searched.
_BOUND_STEP = 8
#: What bytes read as signed are shifted by, modulo 256.
_SIGN = 128
#: Samples by which shifts and divisors are searched; speed: each of some hundred candidates is fitted on them.
_SEARCHED = 2000


def bent(model: SideModel, sources: Sequence[HWC], targets: Sequence[HWC], images: Sequence[int]) -> SideModel:
    """Return the model with the one of these that explains most of the residual, or as it is.

    Sources and targets are (h, w, c), the sources in levels; ``images`` are the numbers of those to fit on.
    """
    at = thresholds.now().fit
    options = [
        fit_colours.fitted(replace(model, bytes_as_int8=True), sources, targets, images),
        _clipped(model, sources, targets, images),
    ]
    if at.pixel_unit_min < model.unit < at.pixel_unit_max:
        options += [
            fit_colours.fitted(replace(model, curve=curve), sources, targets, images)
            for curve in (
                *_likely(model, sources, targets, images),
                *_clips_of_levels(model, sources, targets, images),
            )
        ]
    best = min(options, key=lambda m: m.residual)
    return best if best.residual < at.bent_max_residual_share * model.residual else model


def whole_numbers(
    model: SideModel, sources: Sequence[HWC], targets: Sequence[HWC], images: Sequence[int]
) -> SideModel | None:
    """Return the model with an integer division or a wrap-around, if that explains targets which no line does.

    Few whole numbers are left of a picture then, or levels that jump: its geometry cannot be looked up, and is the model's.
    """
    at = thresholds.now().fit
    if not at.pixel_unit_min < model.unit < at.pixel_unit_max:
        return None
    x, y, _ = sampled_pixels(model, sources, targets, images, at.grid_points)
    for curve in (_division(x, y), _shift(x, y)):
        if curve is None:
            continue
        for option in (curve, replace(curve, early=True)):
            made = fit_colours.fitted(replace(model, curve=option), sources, targets, images)
            if made.explained > at.explained_good_share:
                return made
    return None


def _likely(model: SideModel, sources: Sequence[HWC], targets: Sequence[HWC], images: Sequence[int]) -> Iterator[Curve]:
    """Yield the likeliest curve of every kind, before and after the resize where that is not the same."""
    x, y, _ = sampled_pixels(model, sources, targets, images, thresholds.now().fit.grid_points)
    for curve in (_division(x, y), _shift(x, y)):
        if curve is not None:
            yield from (curve, replace(curve, early=True))
    if x.shape[1] != y.shape[1]:
        return
    step = max(1, len(x) // (4 * _SEARCHED))
    late = tone_curve(lambda curve: _left(curve.apply(x[::step]), y[::step]))
    yield late
    if not any(placement.needs_resampling(model.placements[i]) for i in images):
        return
    few = images[:_EARLY_IMAGES]  # each curve is done to whole pictures

    def left(curve: Curve) -> float:
        made, goal, _ = sampled_pixels(
            replace(model, curve=replace(curve, early=True)), sources, targets, few, _EARLY_POINTS
        )
        return _left(made, goal)

    yield replace(tone_curve(left), early=True)


def _left(made: Array, goal: Array) -> float:
    """Return the mean residual of a plain map, in levels."""
    made = made.astype(np.float64)
    return colours.mean_residual(made, goal, colours.fit_plain(made, goal))


# --- tone -----------------------------------------------------------------------------------------------------------


def tone_curve(left: Callable[[Curve], float]) -> Curve:
    """Return the tone curve that leaves least: sRGB's, or a power of the level, of those in use if one is near."""
    exponents = [float(g) for g in _EXPONENTS]
    scored = [left(Curve(kind="gamma", value=g)) for g in exponents]
    middle = int(np.argmin(scored))
    low, high = (exponents[min(max(middle + side, 0), len(exponents) - 1)] for side in (-1, 1))
    exponent = _narrowed(lambda g: left(Curve(kind="gamma", value=g)), low, high)
    near = min(_USUAL_EXPONENTS, key=lambda g: abs(np.log(g / exponent)))
    if abs(np.log(near / exponent)) < thresholds.now().fit.exponent_same_log:
        exponent = near
    options = [Curve(kind="gamma", value=exponent), Curve(kind="srgb_to_linear"), Curve(kind="linear_to_srgb")]
    return min(options, key=left)


def _narrowed(cost: Callable[[float], float], low: float, high: float) -> float:
    """Return where a cost with one minimum between two bounds is least: golden-section search (Kiefer, 1953)."""
    ratio = (5**0.5 - 1) / 2
    a, b = low, high
    c, d = b - ratio * (b - a), a + ratio * (b - a)
    at_c, at_d = cost(c), cost(d)
    for _ in range(_NARROWINGS):
        if at_c < at_d:
            b, d, at_d = d, c, at_c
            c = b - ratio * (b - a)
            at_c = cost(c)
        else:
            a, c, at_c = c, d, at_d
            d = a + ratio * (b - a)
            at_d = cost(d)
    return (a + b) / 2


# --- whole numbers --------------------------------------------------------------------------------------------------


def _division(x: Samples, y: Samples) -> Curve | None:
    """Return the integer division whose steps are those of the target, if it has clearly fewer values than the source."""
    at = thresholds.now().fit
    if x.shape[1] != y.shape[1]:
        return None
    step = max(1, len(x) // _SEARCHED)
    few = [len(np.unique(y[:, c])) for c in range(y.shape[1])]
    many = [len(np.unique(np.rint(x[:, c]))) for c in range(x.shape[1])]
    if max(few) < 2 or max(few) > at.divided_max_values_share * max(many):
        return None
    # The rare level that alone is not zero must not be lost: of 255, one in thousands.
    rare = np.flatnonzero((y != np.median(y, axis=0)).any(1))[:_SEARCHED]
    which = np.unique(np.concatenate([np.arange(0, len(x), step), rare]))
    divisors = sorted({*(float(d) for d in range(2, 256)), 127.5})
    scored = []
    for divisor in divisors:
        made = Curve(kind="divided", value=divisor).apply(x[which]).astype(np.float64)
        scored.append((colours.mean_residual(made, y[which], colours.fit_plain(made, y[which])), -divisor))
    return Curve(kind="divided", value=-min(scored)[1])


def _shift(x: Samples, y: Samples) -> Curve | None:
    """Return the shift modulo 256, one per channel, after which the levels are on a line with the target's values."""
    if x.shape[1] != y.shape[1]:
        return None
    step = max(1, len(x) // _SEARCHED)
    x, y = x[::step], y[::step]
    shifts = []
    for c in range(x.shape[1]):
        made = np.mod(x[:, c][None] + np.arange(256.0)[:, None], 256)
        off, goal = made - made.mean(1, keepdims=True), y[:, c] - y[:, c].mean()
        spread = np.sqrt((off**2).sum(1) * (goal**2).sum())
        alike = (off @ goal) / np.maximum(spread, 1e-30)
        shifts.append(float(np.argmax(alike)))
    if not any(shifts) or all(shift == _SIGN for shift in shifts):
        return None  # bytes read as signed have a model of their own
    return Curve(kind="wrapped", value=tuple(shifts))


# --- clips ----------------------------------------------------------------------------------------------------------


def _clipped(model: SideModel, sources: Sequence[HWC], targets: Sequence[HWC], images: Sequence[int]) -> SideModel:
    """Fit on the values between the extremes, and see whether those at the extremes lie beyond."""
    at = thresholds.now().fit
    x, y, image = sampled_pixels(model, sources, targets, images, at.grid_points)
    low, high = float(y.min()), float(y.max())
    edge = at.clip_edge_share * max(high - low, 1e-12)
    free = ((y > low + edge) & (y < high - edge)).all(1)
    if free.sum() < at.clip_min_samples or free.all():
        return model
    found = fit_colours.on_usual_constants(colours.fit(x[free], y[free], image[free], images=len(sources)), model.unit)
    if found.kind != "plain":
        return model
    low, high = _active(found.apply(x), (low, high), found)
    made = np.clip(found.apply(x), low, high)
    residual = float(np.mean(np.abs(made - y) / np.maximum(np.abs(found.gain), 1e-30))) / model.unit
    late = replace(
        model, colour=found, clip=(low, high), residual=residual, explained=colours.explained(made.astype(float), y)
    )
    early = _clipped_early(late, sources, targets, images)
    gain = late.residual - early.residual
    return early if gain > at.early_min_gain_levels else late


def _active(made: Array, bounds: tuple[float, float], found: colours.ColourMap) -> tuple[float, float]:
    """Return bounds of values (n, channels) beyond which some would lie; an end that cuts nothing off is infinite."""
    level = float(np.abs(found.gain).max())
    low = bounds[0] if (made < bounds[0] - level).any() else -np.inf
    high = bounds[1] if (made > bounds[1] + level).any() else np.inf
    return low, high


def _clipped_early(
    model: SideModel, sources: Sequence[HWC], targets: Sequence[HWC], images: Sequence[int]
) -> SideModel:
    """Return the model with the clip done to the levels before the resize, which a resize blurs."""
    bounds = levels_of_clip(model)
    if bounds is None:
        return replace(model, residual=np.inf)
    curve = Curve(kind="clipped", bounds=bounds, early=True)
    return fit_colours.fitted(replace(model, clip=None, curve=curve), sources, targets, images)


def _clips_of_levels(
    model: SideModel, sources: Sequence[HWC], targets: Sequence[HWC], images: Sequence[int]
) -> Iterator[Curve]:
    """Yield the clip of levels, before and after the resize, that shows where each channel's values end at the same level.

    Constants of their own for each channel make of it other values in each, which no clip of values has.
    """
    at = thresholds.now().fit
    x, y, image = sampled_pixels(model, sources, targets, images, at.grid_points)
    low, high = y.min(0), y.max(0)
    edge = at.clip_edge_share * np.maximum(high - low, 1e-12)
    free = ((y > low + edge) & (y < high - edge)).all(1)
    if x.shape[1] != y.shape[1] or free.sum() < at.clip_min_samples or free.all():
        return
    found = fit_colours.on_usual_constants(colours.fit(x[free], y[free], image[free], images=len(sources)), model.unit)
    if found.kind != "plain" or not found.gain.all():
        return
    levels = x[:, list(found.order)]
    ends = np.sort((np.stack([low, high]) - np.asarray(found.offset)) / found.gain, axis=0)
    beyond = (levels < ends[0] - 1).any(), (levels > ends[1] + 1).any()
    if (np.ptp(ends, axis=1) > at.clip_same_levels)[np.array(beyond)].any() or not any(beyond):
        return
    least, most = (float(np.rint(np.median(end))) for end in ends)
    bounds = (least if beyond[0] else -np.inf, most if beyond[1] else np.inf)
    few = images[:_EARLY_IMAGES]

    def left(curve: Curve) -> float:
        made, goal, _ = sampled_pixels(replace(model, curve=curve), sources, targets, few, _EARLY_POINTS)
        return _left(made, goal)

    resampled = any(placement.needs_resampling(model.placements[i]) for i in images)
    # Where all channels end at one value a clip of values says it, with its exact bounds.
    apart = bool(np.ptp(low) > edge.max() or np.ptp(high) > edge.max())
    for early in (*([False] if apart else []), *([True] if resampled else [])):
        # What a resize blends with what was cut off misleads the line that the first guess rests on.
        yield _nearest_bounds(Curve(kind="clipped", bounds=bounds, early=early), left)


def _nearest_bounds(curve: Curve, left: Callable[[Curve], float]) -> Curve:
    """Return a clip with the whole levels near its bounds that leave least: by halving steps, one bound after the other."""
    best = left(curve)
    for end in (0, 1):
        step = _BOUND_STEP
        while step >= 1 and np.isfinite(curve.bounds[end]):
            moved = [
                replace(curve, bounds=(b, curve.bounds[1]) if end == 0 else (curve.bounds[0], b))
                for b in (curve.bounds[end] - step, curve.bounds[end] + step)
            ]
            costs = [left(one) for one in moved]
            if min(costs) < best:
                best, curve = min(costs), moved[int(np.argmin(costs))]
            else:
                step //= 2
    return curve


def levels_of_clip(model: SideModel) -> tuple[float, float] | None:
    """Return the levels between which a clip leaves pixels alone, if they are the same of all channels; infinite for no end."""
    if model.curve is not None and model.curve.kind == "clipped":
        return model.curve.bounds
    if model.clip is None or model.colour.kind != "plain":
        return None
    gain, offset = model.colour.gain, np.asarray(model.colour.offset)
    slack = thresholds.now().fit.same_constant_share
    if gain[0] == 0 or np.ptp(gain) > slack * abs(gain[0]) or np.ptp(offset) > slack * abs(offset[0]):
        return None
    ends = sorted(float((end - offset[0]) / gain[0]) for end in model.clip)
    return ends[0], ends[1]
