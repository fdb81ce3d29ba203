"""Name what is left between two tensors once layout, place and constants are brought together.

Small displacements tell sampling grids and rounding, colour without brightness tells the decoder, steps of one level tell
number types, and spectra tell kernels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.families import decoding, geometry
from pixelparity.diagnosis.families.finding import Finding, number
from pixelparity.diagnosis.fit import registration, spectra
from pixelparity.diagnosis.fit.registration import Displacement
from pixelparity.diagnosis.measure import block_means, threads
from pixelparity.diagnosis.model.colours import LUMA, luma
from pixelparity.diagnosis.model.resampling import Resampling

Array = NDArray[Any]
Restore = Callable[[Array, int], Array]
#: Displacements in pixels below which nothing is said, and how many standard errors one has to be.
STILL = 0.05
SURE = 5.0
#: Share of the difference that may stay when a displacement is undone: where all pictures are moved, and where few are.
WEAK, STRONG = 0.93, 0.7


@dataclass(frozen=True, kw_only=True)
class Residual:
    """One image's tensors, HWC in levels.

    The reference's, the deployed one with all that is known undone, and where both count.
    """

    ours: Array
    theirs: Array
    box: tuple[int, int, int, int]

    @property
    def pair(self) -> tuple[Array, Array]:
        """Return both sides within the box."""
        top, left, bottom, right = self.box
        return self.ours[top:bottom, left:right], self.theirs[top:bottom, left:right]


#: Spectral misfit above which no pair of kernels is believed.
MISFIT = 6.0
#: How much better another kernel has to fit than the same one with antialias switched: one switch is the likelier mistake.
SWITCH = 0.93
#: Spectral misfit of two equal kernels below which nothing is said of kernels: gains within 1 percent, coherences too.
ALIKE = 0.05

#: Mean distance from whole levels above which a side keeps fractions: half of what even fractions have.
FRACTIONS = 0.12

#: Mean levels that stay of a rounding on one side only: half a level each way of whole numbers cut off, a quarter of
#: fractions that serving rounded away. They are gone for good, and nothing more is to be told from them.
LOST = {("truncated", "serving"): 0.5, ("truncated", "training"): 0.5, ("unrounded", "reference"): 0.25}

Named = tuple[Finding, Restore]


def box_of(mask: Array) -> tuple[int, int, int, int]:
    """Return the bounding box of a mask, empty if nothing is in it."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return 0, 0, 0, 0
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def gap(left: Residual) -> float:
    """Return the mean absolute difference of one image in levels."""
    a, b = left.pair
    return float(np.mean(np.abs(a - b))) if a.size else 0.0


def lost(finding: Finding) -> float:
    """Return the mean levels that undoing a finding cannot bring back."""
    return LOST.get((str(finding.parameters.get("what")), str(finding.parameters.get("side"))), 0.0)


def telling(lefts: Mapping[int, Residual]) -> dict[int, Residual]:
    """Return the images that differ most: a picture that is not shrunk, for one, shows nothing of a filter."""
    gaps = {i: gap(one) for i, one in lefts.items()}
    most = max(gaps.values(), default=0.0)
    return {i: one for i, one in lefts.items() if gaps[i] > 0.4 * most}


# --- displacement ---------------------------------------------------------------------------------------------------


def displaced(lefts: Mapping[int, Residual]) -> Named | None:
    """Name a displacement of parts of a pixel, or of single pixels; its restoring moves the tensors back."""
    measured = zip(lefts, threads.each(_drift_of, lefts.values()), strict=True)
    found = {i: drift for i, drift in measured if drift is not None}
    if not found:
        return None
    gained = {i: _gain(lefts[i], drift) for i, drift in found.items()}
    helped = [i for i, left in gained.items() if left < WEAK]
    if len(helped) < 0.45 * len(lefts):
        # Few pictures only: then each has to be moved by much, and to gain much by being moved back.
        helped = [i for i in helped if gained[i] < STRONG and found[i].largest > 0.3]
    if not helped:
        return None
    drifts = {i: found[i] for i in helped}
    name = _grid_or_rounding(drifts)
    finding = _displacement(name, drifts, len(lefts))

    def restore(tensor: Array, image: int) -> Array:
        one = lefts.get(image)
        if one is None or image not in drifts:
            return tensor
        return _moved(tensor, one.box, drifts[image])

    return finding, restore


def _drift_of(left: Residual) -> Displacement | None:
    a, b = left.pair
    if min(a.shape[:2]) < 24:
        return None
    drift = registration.lucas_kanade(luma(a), luma(b))
    return drift if drift.largest > max(STILL, SURE * drift.error) else None


def _moved(tensor: Array, box: tuple[int, int, int, int], drift: Displacement) -> Array:
    top, left, bottom, right = box
    out = tensor.copy()
    out[top:bottom, left:right] = registration.moved_back(tensor[top:bottom, left:right], drift)
    return out


def _gain(left: Residual, drift: Displacement) -> float:
    """Return the share of the difference that stays when a drift is undone."""
    a, b = left.pair
    inner = (slice(3, -3), slice(3, -3))
    before = np.abs(a - b)[inner].mean()
    return float(np.abs(a - registration.moved_back(b, drift))[inner].mean() / max(before, 1e-9))


def _grid_or_rounding(drifts: Mapping[int, Displacement]) -> str:
    """Tell a sampling grid (corner, ends or scale) from a rounded size or offset.

    A grid convention moves both axes alike (a corner convention shifts both, aligned ends stretch both), or one axis by less
    than a pixel in all (sub-pixel scale); rounding moves one axis, by one whole pixel in size or offset.
    """
    shifts = np.array([d.shift for d in drifts.values()])
    growths = np.array([d.growth for d in drifts.values()])
    both_shift = np.mean((np.abs(shifts) > STILL).all(1) & (shifts[:, 0] * shifts[:, 1] > 0))
    both_grow = np.mean((np.abs(growths) > 0.08).all(1) & (np.sign(growths[:, 0]) == np.sign(growths[:, 1])))
    if both_shift > 0.6 and np.abs(shifts).max() < 0.62:
        return "corner"
    if both_grow > 0.6:
        return "ends"
    whole = np.abs(shifts).max(1)
    if np.mean(whole > 0.85) > 0.5:
        return "offset"
    if np.mean(whole > 0.3) > 0.5:
        return "size"
    moved = np.abs(growths).max(1)
    return "size" if moved.min() > 0.42 else "scale"


def _displacement(name: str, drifts: Mapping[int, Displacement], count: int) -> Finding:
    typical = max(drifts.values(), key=lambda d: d.largest)
    parameters: dict[str, Any] = {
        "shift": [number(s) for s in typical.shift],
        "growth": [number(g) for g in typical.growth],
        "images": len(drifts),
    }
    if name in ("corner", "ends", "scale"):
        text = (
            f"the sampling grid differs: {len(drifts)} of {count} pictures are shifted by up to "
            f"{max(map(abs, typical.shift)):.2f} pixels and stretched by up to {max(map(abs, typical.growth)):.2f}"
        )
        fix = _grid_line(name, typical)
        steps: tuple[str, ...] = ("resize", "other")
    else:
        parameters["what"] = name
        parameters["offsets"] = sorted({int(np.rint(s)) for d in drifts.values() for s in d.shift if abs(s) > 0.5})
        text = f"a {name} is rounded otherwise: {len(drifts)} of {count} pictures are off by a pixel"
        fix = "# compute sizes and offsets in the graph with the training's integer arithmetic"
        steps = ("resize", "crop", "pad", "other")
    return Finding(
        family="rounding" if "what" in parameters else "subpixel",
        parameters=parameters,
        text=text,
        fix=fix,
        mend=lambda chain: chain,
        steps=steps,
        images=tuple(sorted(drifts)),
        doubt=0.15,
    )


def _grid_line(name: str, drift: Displacement) -> str:
    """Return what samples on the reference's grid.

    Of a picture that is shrunk, pixel corners show the content further down and to the right than half-pixel centres do, and
    aligned corner pixels show it larger: the sign tells which side has which. A kept scale has no sign.
    """
    if name == "scale":
        return "# set fn.resize's subpixel_scale as the training has it: True keeps the exact scale, False fits whole pixels"
    moved = sum(drift.shift) if name == "corner" else -sum(drift.growth)
    how = Resampling(centre=name if moved > 0 else "half")
    return geometry.grid_line(how, False) + ("" if moved > 0 else "  # half-pixel centres")


# --- steps of one level ---------------------------------------------------------------------------------------------


def truncated(lefts: Mapping[int, Residual]) -> Named | None:
    """Name fractions that are cut off instead of rounded: steps of one level, nearly all of them downwards."""
    offs = [(b - a).reshape(-1) for a, b in (one.pair for one in lefts.values())]
    if not offs:
        return None
    off = np.concatenate([o[:: max(1, len(o) // 20000)] for o in offs])
    down, up = float(np.mean(off < -0.6)), float(np.mean(off > 0.6))
    if np.quantile(np.abs(off), 0.995) > 1.05 or max(down, up) < 0.2 or min(down, up) > 0.2 * max(down, up):
        return None
    shift = {i: float(np.mean(b - a)) for i, (a, b) in ((i, one.pair) for i, one in lefts.items())}
    lower, other = ("serving", 0) if down > up else ("training", 1)
    kept = float(np.median([_fraction(one.pair[other]) for one in lefts.values()])) > FRACTIONS
    finding = Finding(
        family="dtype",
        parameters={"what": "truncated", "side": lower, "mean_levels": number(float(np.mean(off)))},
        text=f"fractions are cut off in {lower} and {'kept' if kept else 'rounded'} on the other side: "
        f"{max(down, up):.0%} of the values are about one level lower",
        fix=geometry.whole_line("floor" if lower == "training" else "none" if kept else "round"),
        mend=lambda chain: chain,
        steps=("cast", "resize", "other"),
        doubt=0.1,
    )
    typical = float(np.median(list(shift.values())))

    def restore(tensor: Array, image: int) -> Array:
        # The share of values with a fraction depends on the picture: a picture that was not resampled has none.
        return (tensor - (typical if abs(shift.get(image, 0.0)) > 0.3 * abs(typical) else 0.0)).astype(np.float32)

    return finding, restore


def _fraction(tensor: Array) -> float:
    """Return how far values lie from whole levels on average: a quarter where fractions are kept, nothing of whole ones."""
    part = tensor[::3, ::3]
    return float(np.mean(np.abs(part - np.rint(part))))


def unrounded(lefts: Mapping[int, Residual]) -> Named | None:
    """Name fractions that one side keeps and the other rounds to whole levels: rounding them brings both together."""
    sides: list[list[float]] = [[], []]
    offs = []
    for one in lefts.values():
        for found, tensor in zip(sides, one.pair, strict=True):
            found.append(_fraction(tensor))
        offs.append(np.abs(one.pair[1] - one.pair[0])[::3, ::3].reshape(-1))
    if not offs or float(np.quantile(np.concatenate(offs), 0.98)) > 1.1:
        return None
    ours, theirs = (float(np.median(found)) for found in sides)
    if min(ours, theirs) > 0.03 or max(ours, theirs) < FRACTIONS:
        return None
    keeps = "deployed" if theirs > ours else "reference"
    where = ("serving", "training") if keeps == "deployed" else ("training", "serving")
    finding = Finding(
        family="dtype",
        parameters={"what": "unrounded", "side": keeps},
        text=f"{where[0]} keeps fractions of a level after the resize, {where[1]} rounds to whole levels",
        fix=geometry.whole_line("round" if keeps == "deployed" else "none"),
        mend=lambda chain: chain,
        steps=("resize", "cast", "other"),
        doubt=0.1,
    )

    def restore(tensor: Array, image: int) -> Array:
        # What serving rounded away cannot be brought back: then the reference is rounded to confirm it.
        return np.rint(tensor).astype(np.float32) if keeps == "deployed" else tensor

    return finding, restore


# --- alpha ----------------------------------------------------------------------------------------------------------


def blended(lefts: Mapping[int, Residual]) -> Named | None:
    """Name pictures that are blended over black or white on one side: all channels move the same share of the way."""
    found = {}
    for i, one in lefts.items():
        a, b = one.pair
        if a.shape[2] != 3 or gap(one) < 1.5:
            continue
        kind = decoding.alpha(*(block_means.means(p, 4) for p in (a, b)))
        if kind is not None:
            found[i] = kind
    if not found:
        return None
    kinds = [(str(parameters["side"]), str(parameters["background"])) for _, parameters, _ in found.values()]
    side, ground = max(set(kinds), key=kinds.count)
    chosen = {i for i, kind in zip(found, kinds, strict=True) if kind == (side, ground)}
    where = "serving" if side == "deployed" else "training"
    finding = Finding(
        family="alpha_gray",
        parameters={"side": side, "background": ground, "images": len(chosen)},
        text=f"{len(chosen)} of {len(lefts)} pictures are blended over {ground} in {where}; the other side "
        f"drops the alpha channel",
        fix=decoding.alpha_line(side, ground),
        mend=lambda chain: chain,
        steps=("decode", "input", "colour", "other"),
        images=tuple(sorted(chosen)),
        doubt=0.1,
    )
    zero = 0.0 if ground == "black" else 255.0

    def restore(tensor: Array, image: int) -> Array:
        if image not in chosen:
            return tensor
        goal = lefts[image].ours - zero
        seen = tensor - zero
        kept, moved = (goal, seen) if side == "deployed" else (seen, goal)
        # The share is read from green alone, so that red and blue confirm it.
        share = np.clip(moved[..., 1:2] / np.where(np.abs(kept[..., 1:2]) < 4, np.inf, kept[..., 1:2]), 0, 1)
        made = kept * share
        return (tensor + (goal - made if side == "deployed" else made - seen)).astype(np.float32)

    return finding, restore


# --- colour without brightness --------------------------------------------------------------------------------------


def decoded(lefts: Mapping[int, Residual], swapped: bool) -> Named | None:
    """Name a difference that is in the colours and not in the brightness: the decoder's chroma upsampling."""
    weights = LUMA[::-1] if swapped else LUMA
    bright, whole = [], []
    for one in lefts.values():
        a, b = one.pair
        if a.shape[2] != 3 or not a.size:
            continue
        off = (b - a).astype(np.float64)
        bright.append(np.abs(off @ weights).mean())
        whole.append(np.abs(off).mean())
    if not whole or np.mean(whole) < 0.25 or np.mean(bright) > 0.5 * np.mean(whole):
        return None
    finding = Finding(
        family="jpeg_chroma",
        parameters={"decoder": "chroma upsampling", "brightness_share": number(np.mean(bright) / np.mean(whole))},
        text="the colours differ in fine detail and the brightness does not: the JPEG decoders enlarge the "
        "colour planes differently",
        fix=decoding.CHROMA_LINE,
        mend=lambda chain: chain,
        steps=("decode", "input", "other"),
        doubt=0.15,
    )

    def restore(tensor: Array, image: int) -> Array:
        if image not in lefts:
            return tensor
        goal = lefts[image].ours
        return (tensor + _fine_colour(goal, weights) - _fine_colour(tensor, weights)).astype(np.float32)

    return finding, restore


def _fine_colour(image: Array, weights: Array) -> Array:
    """Return what 8 x 8 averaging takes from a picture's colours, brightness apart."""
    colour = image - (image @ weights)[..., None]
    height, width = colour.shape[:2]
    pad = np.pad(colour, ((4, 4), (4, 4), (0, 0)), mode="edge")
    total = np.pad(pad.cumsum(0).cumsum(1), ((1, 0), (1, 0), (0, 0)))
    mean = (total[8:, 8:] - total[:-8, 8:] - total[8:, :-8] + total[:-8, :-8])[:height, :width] / 64
    return colour - mean


# --- filters --------------------------------------------------------------------------------------------------------

_REACH = 3


def fit_filter(pairs: Sequence[tuple[Array, Array]]) -> Array:
    """Return the symmetric filter, (4, 4) by distance in rows and columns.

    That brings the second of each pair nearest to the first.
    """
    normal, right = np.zeros(((_REACH + 1) ** 2,) * 2), np.zeros((_REACH + 1) ** 2)
    for ours, theirs in pairs:
        if min(ours.shape[:2]) <= 4 * _REACH:
            continue
        inner = slice(_REACH, -_REACH, 2), slice(_REACH, -_REACH, 3)
        shifts = np.stack([t.reshape(-1) for t in _shifted(theirs, *inner)])
        normal += shifts @ shifts.T
        right += shifts @ ours[inner].astype(np.float64).reshape(-1)
    if not normal.any():
        return np.eye(1, (_REACH + 1) ** 2).reshape(_REACH + 1, _REACH + 1)
    ridge = 1e-6 * np.trace(normal) / len(normal)
    return np.linalg.solve(normal + ridge * np.eye(len(normal)), right).reshape(_REACH + 1, _REACH + 1)


def _shifted(image: Array, rows: slice = slice(None), columns: slice = slice(None)) -> list[Array]:
    """Return some rows and columns of the picture averaged over its symmetric shifts by (i, j), i and j from 0 to the reach."""
    pad = np.pad(image.astype(np.float64), ((_REACH, _REACH), (_REACH, _REACH), (0, 0)), mode="edge")
    height, width = image.shape[:2]
    span = range(_REACH + 1)
    made = []
    for i in span:
        both = [pad[_REACH + k : _REACH + k + height][rows] for k in (i, -i)]
        down = (both[0] + both[1]) / 2
        for j in span:
            left, right = (down[:, _REACH + k : _REACH + k + width][:, columns] for k in (j, -j))
            made.append((left + right) / 2)
    return made


def _filtered_by_halves(image: Array, middle: int, above: Array, below: Array) -> Array:
    """Return the picture filtered by one filter above a row and by another below it."""
    start = max(middle - _REACH, 0)  # a filter sees a few rows of the other half
    parts = _filtered(image[: middle + _REACH], above)[:middle], _filtered(image[start:], below)[middle - start :]
    return np.concatenate(parts)


def _filtered(image: Array, weights: Array) -> Array:
    return sum(w * t for w, t in zip(weights.reshape(-1), _shifted(image), strict=True))


# --- kernels --------------------------------------------------------------------------------------------------------


def resampled(lefts: Mapping[int, Residual]) -> list[Named]:
    """Name the kernels that the spectra of both sides speak for; restoring filters the deployed tensors."""
    seen = []
    for one in list(lefts.values())[:8]:
        a, b = (luma(x) for x in one.pair)
        for axis in (0, 1):
            spectrum = spectra.cross_spectrum(a, b, axis, noise=1 / 12 * 0.447)
            if spectrum is not None and spectrum.trust.sum() > 3:
                seen.append(spectrum)
    if not seen:
        return []
    ranked = spectra.rank_kernels(seen)
    cost, ours, theirs = min(ranked, key=lambda entry: entry[0] * (SWITCH if entry[1].shape == entry[2].shape else 1.0))
    equal = min(c for c, a, b in ranked if a == b)
    if ours == theirs or cost > MISFIT or equal < ALIKE or cost > 0.7 * equal:
        return []
    filters = lru_cache(maxsize=None)(lambda image: _halves(lefts[image]))  # few pictures are restored

    def restore(tensor: Array, image: int) -> Array:
        if image not in lefts:
            return tensor
        # Each half is filtered by what was estimated on the other one.
        middle = (lefts[image].box[0] + lefts[image].box[2]) // 2
        upper, lower = filters(image)
        return _filtered_by_halves(tensor, middle, lower, upper).astype(np.float32)

    return [(finding, restore) for finding in _kernel_findings(ours, theirs, cost)]


def _halves(left: Residual) -> tuple[Array, Array]:
    """Return the filters estimated on the upper and on the lower half of one image."""
    a, b = left.pair
    middle = len(a) // 2
    return fit_filter([(a[:middle], b[:middle])]), fit_filter([(a[middle:], b[middle:])])


def _kernel_findings(ours: Resampling, theirs: Resampling, cost: float) -> list[Finding]:
    if ours.shape == theirs.shape:
        family = "antialias"
        text = "the resize widens its filter when it shrinks (antialias) on one side only: "
        text += "in serving" if theirs.antialias else "in training"
        parameters: dict[str, Any] = {"reference": ours.antialias, "deployed": theirs.antialias, "kernel": ours.kernel}
    else:
        family = "interpolation"
        text = (
            f"another interpolation, as far as spectra tell: {geometry.words(ours)} in training, "
            f"{geometry.words(theirs)} in serving"
        )
        parameters = {"reference": geometry.said(ours), "deployed": geometry.said(theirs)}
    return [
        Finding(
            family=family,
            parameters={**parameters, "spectral_misfit": number(cost)},
            text=text,
            fix=geometry.kernel_line(ours, False, theirs),
            mend=lambda chain: chain,
            steps=("resize", "other"),
            doubt=0.3,
        )
    ]
