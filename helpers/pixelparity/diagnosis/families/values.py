"""Name what differs between two per-channel maps from pixels (0..255) to what the model sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.families.finding import Finding, listed, number, numbers
from pixelparity.diagnosis.model import constants, yuv
from pixelparity.diagnosis.model.colours import ColourMap, plain
from pixelparity.diagnosis.model.constants import Norm
from pixelparity.diagnosis.model.side_model import SideModel

Array = NDArray[Any]
_STEPS = ("normalize", "cast", "other", "layout")


@dataclass(frozen=True, kw_only=True)
class Parts:
    """A map as people write it: ``(x * scale - mean) / std``."""

    scale: float
    mean: Array
    std: Array

    def norm(self) -> Norm:
        """Return the map as gain and offset."""
        return Norm(gain=tuple((self.scale / self.std).tolist()), offset=tuple((-self.mean / self.std).tolist()))


def kind(given: Norm) -> str:
    """Return ``raw`` for x, ``scaled`` for x / 255, ``centred`` for x - mean, and ``stats`` for everything else."""
    width = len(given.gain)
    if given.close(Norm(gain=(1.0,) * width, offset=(0.0,) * width), 0.004):
        return "raw"
    if given.close(Norm(gain=(1 / 255,) * width, offset=(0.0,) * width), 0.004):
        return "scaled"
    return "centred" if np.allclose(given.gain, 1.0, rtol=0.004) else "stats"


def parts(given: Norm) -> Parts:
    """Return the usual way to write a map: without scale for x and x - mean, with ``x / 255`` otherwise."""
    gain, offset = np.array(given.gain), np.array(given.offset)
    if kind(given) in ("raw", "centred"):
        return Parts(scale=1.0, mean=-offset / gain, std=1 / gain)
    if kind(given) == "scaled":
        return Parts(scale=1 / 255, mean=np.zeros(len(gain)), std=np.ones(len(gain)))
    return Parts(scale=1 / 255, mean=given.mean, std=given.std)


def described(given: Norm) -> dict[str, Any]:
    """Return a map's constants for a report: scale, mean, std and, where they have one, their name."""
    own = parts(given)
    out = {"scale": number(own.scale), "mean": numbers(own.mean), "std": numbers(own.std)}
    name = constants.name_of(given)
    return {**out, "name": name} if name else out


def written(given: Norm) -> str:
    """Return a map as a formula."""
    own, form = parts(given), kind(given)
    scaled = "x / 255" if own.scale != 1 else "x"
    name = constants.name_of(given)
    if form in ("raw", "scaled"):
        return scaled
    body = f"x - {listed(own.mean)}" if form == "centred" else f"({scaled} - {listed(own.mean)}) / {listed(own.std)}"
    return f"{body} ({name})" if name else body


def _stepwise(family: str, ours: Norm, theirs: Norm, goal: Norm, text: str, **parameters: Any) -> _Draft:
    """Return a finding whose mend replaces the deployed map by ``goal``, keeping which channel goes where."""
    finding = Finding(
        family=family,
        parameters={**parameters, "reference": described(ours), "deployed": described(theirs)},
        text=text,
        fix=_fix(ours),
        mend=lambda chain: chain,
        steps=_STEPS,
    )
    return _Draft(finding=finding, change=lambda _: goal)


def with_norm(chain: SideModel, goal: Norm, base: ColourMap) -> SideModel:
    """Return a chain that maps pixels to ``goal`` per output channel, ``base`` having been done before; a border goes along."""
    colour = chain.colour
    order = list(colour.order)
    gain = np.array(goal.gain) / base.gain[order]
    offset = np.array(goal.offset) - gain * np.asarray(base.offset)[order]
    new = plain(colour.order, gain, offset, colour.matrix.shape[1])
    fill = chain.fill
    if fill is not None and not chain.pads_after_normalise:
        pixel = (np.array(fill) - colour.offset) / np.where(colour.gain == 0, 1, colour.gain)
        fill = tuple((pixel * new.gain + new.offset).tolist())
    return replace(chain, colour=new, fill=fill)


def _fix(ours: Norm) -> str:
    own = parts(ours)
    form = kind(ours)
    if form == "raw":
        return "# feed pixels 0..255: remove the division by 255 and the normalisation"
    if form == "scaled":
        return "images = fn.normalize(images, mean=0.0, stddev=255.0)"
    mean, std = own.mean / own.scale, own.std / own.scale
    shape = f"np.float32([[{listed(mean) if len(set(numbers(mean))) > 1 else numbers(mean)}]])"
    width = f"np.float32([[{listed(std) if len(set(numbers(std))) > 1 else numbers(std)}]])"
    if len(set(numbers(mean))) == 1 and len(set(numbers(std))) == 1:
        shape, width = f"{number(mean[0]):g}", f"{number(std[0]):g}"
    return f"images = fn.normalize(images, mean={shape}, stddev={width})  # HWC, before the transpose"


def name(ours: Norm, theirs: Norm, base: ColourMap, share: float | None = None) -> list[Finding]:
    """Name every value fault between two maps on pixels; an empty list if they agree within ``share``.

    ``base`` is the part of the map that comes before the chain that a finding mends.
    """
    if ours.close(theirs, share):
        return []
    return [_based(found, base) for found in _name(ours, theirs)]


def _based(found: _Draft, base: ColourMap) -> Finding:
    return replace(found.finding, mend=lambda chain: with_norm(chain, found.change(_norm_of(chain, base)), base))


def _norm_of(chain: SideModel, base: ColourMap) -> Norm:
    made = chain.colour.after(base)
    return Norm(gain=tuple(made.gain.tolist()), offset=tuple(np.asarray(made.offset).tolist()))


@dataclass(frozen=True, kw_only=True)
class _Draft:
    """A finding and what its mend makes of the deployed map on pixels."""

    finding: Finding
    change: Callable[[Norm], Norm]


def _name(ours: Norm, theirs: Norm) -> list[_Draft]:
    if found := _studio(ours, theirs):
        return found
    r, d = kind(ours), kind(theirs)
    if d == "raw":
        return _left_out(ours, theirs, r)
    if r == "raw":
        return [_twice(ours, theirs)]
    if d == "scaled" and not _symmetric(ours):
        text = f"mean and standard deviation are left out: the model was trained on {written(ours)}, it is fed x / 255"
        return [_stepwise("mean_std_missing", ours, theirs, ours, text, **_mean_std(ours))]
    return [_statistics(ours, theirs)]


def _symmetric(given: Norm) -> bool:
    """Say whether a map is (x - 127.5) / 127.5: a scaling of its own, not statistics that could be left out."""
    return bool(given.close(constants.norm(np.full(len(given.gain), 0.5), np.full(len(given.gain), 0.5)), 0.004))


def _mean_std(ours: Norm) -> dict[str, Any]:
    own = parts(ours)
    return {"mean": numbers(own.mean), "std": numbers(own.std)}


def _left_out(ours: Norm, theirs: Norm, form: str) -> list[_Draft]:
    width = len(ours.gain)
    scaled = Norm(gain=(1 / 255,) * width, offset=(0.0,) * width)
    text = "pixels are 255 times too large: the division by 255 is missing"
    missing = f"mean and standard deviation are left out: the model was trained on {written(ours)}"
    if form == "scaled":
        return [_stepwise("scale_missing", ours, theirs, ours, text, factor=255.0)]
    statistics = _stepwise("mean_std_missing", ours, theirs, ours, missing, **_mean_std(ours))
    if form == "centred":
        return [statistics]
    # Two steps are left out: each is put back by itself, whatever the other does.
    unscaled = _stepwise("scale_missing", scaled, theirs, scaled, text, factor=255.0)
    own = parts(ours)
    return [
        replace(unscaled, change=lambda now: Norm(gain=tuple(np.array(now.gain) / 255), offset=now.offset)),
        replace(statistics, change=lambda now: _with_statistics(now, own.mean, own.std)),
    ]


def _with_statistics(now: Norm, mean: Array, std: Array) -> Norm:
    gain, offset = np.array(now.gain) / std, (np.array(now.offset) - mean) / std
    return Norm(gain=tuple(gain.tolist()), offset=tuple(offset.tolist()))


def _twice(ours: Norm, theirs: Norm) -> _Draft:
    factor = float(np.mean(np.array(theirs.gain) / np.array(ours.gain)))
    text = f"pixels are scaled once too often: the model takes x in 0..255, it is fed {written(theirs)}"
    return _stepwise("scale_twice", ours, theirs, ours, text, factor=number(factor))


def _once_more(ours: Norm) -> tuple[Norm, Norm, Norm]:
    """Return what doing it once more makes of a map: divided by 255 before, normalised twice, and twice in units of 0..255."""
    own, gain, offset = parts(ours), np.array(ours.gain), np.array(ours.offset)
    collapsed = Norm(gain=tuple((gain / 255).tolist()), offset=ours.offset)
    again = Norm(gain=tuple((gain / own.std).tolist()), offset=tuple(((offset - own.mean) / own.std).tolist()))
    in_bytes = Norm(
        gain=tuple((gain / own.std / 255).tolist()), offset=tuple(((offset - 255 * own.mean) / own.std / 255).tolist())
    )
    return collapsed, again, in_bytes


def _statistics(ours: Norm, theirs: Norm) -> _Draft:
    gain, offset = np.array(theirs.gain), np.array(theirs.offset)
    ratio = gain / np.array(ours.gain)
    collapsed, again, in_bytes = _once_more(ours)
    if theirs.close(collapsed) or (np.allclose(ratio, 1 / 255, rtol=0.01) and np.allclose(ours.offset, 0)):
        text = f"pixels are divided by 255 twice: every channel collapses near {listed(ours.offset)}"
        return _stepwise("scale_twice", ours, theirs, ours, text, factor=number(1 / 255))
    if theirs.close(again) or _near(theirs, in_bytes):
        text = f"the normalisation {written(ours)} is done twice (often: once more inside the model)"
        return _stepwise("scale_twice", ours, theirs, ours, text, **_mean_std(ours))
    if _small_on_large(theirs):
        text = f"statistics for pixels in 0..1 are used on pixels in 0..255; the model was trained on {written(ours)}"
        return _stepwise("mean_std_wrong_range", ours, theirs, ours, text, factor=number(float(np.median(ratio))))
    if _partly_missing(ours, theirs):
        text = f"part of the normalisation is left out: trained on {written(ours)}, fed {written(theirs)}"
        return _stepwise("mean_std_missing", ours, theirs, ours, text, **_mean_std(ours))
    return _other_constants(ours, theirs, offset)


def mistakes(ours: Norm) -> list[Norm]:
    """Return what usual mistakes make of the reference's own constants: a part left out, reversed, one for all, rescaled."""
    own = parts(ours)
    options = [
        Parts(scale=own.scale, mean=own.mean, std=np.ones(len(own.std))),
        Parts(scale=own.scale, mean=0 * own.mean, std=own.std),
        Parts(scale=own.scale, mean=own.mean[::-1], std=own.std[::-1]),
        Parts(scale=own.scale, mean=own.mean, std=np.full(len(own.std), own.std.mean())),
        Parts(scale=1.0, mean=own.mean, std=own.std),
    ]
    return [*(option.norm() for option in options), *_once_more(ours)]


def _near(one: Norm, other: Norm) -> bool:
    """Say whether two maps agree, their offsets too: for maps whose gain is so small that a level is worth next to nothing."""
    return bool(np.allclose(one.gain, other.gain, rtol=0.01) and np.allclose(one.offset, other.offset, rtol=0.01))


def _small_on_large(theirs: Norm) -> bool:
    """Say whether a map looks like ``(x - mean) / std`` with mean and std of 0..1 pixels on x in 0..255."""
    gain, offset = np.array(theirs.gain), np.array(theirs.offset)
    mean, std = -offset / gain, 1 / gain
    return bool((mean > 0.05).all() and (mean < 1).all() and (std > 0.05).all() and (std < 0.9).all())


def _partly_missing(ours: Norm, theirs: Norm) -> bool:
    own, gain = parts(ours), np.array(theirs.gain)
    same_mean = np.allclose(theirs.mean, ours.mean, rtol=0.003) and np.abs(ours.mean).max() > 0.01
    no_std = np.allclose(gain, 1.0, rtol=0.01) or np.allclose(gain, 1 / 255, rtol=0.01)
    no_std = no_std and not np.allclose(gain, ours.gain, rtol=0.01)
    no_mean = np.allclose(theirs.mean, 0, atol=0.002) and np.allclose(gain, own.scale / own.std, rtol=0.01)
    return bool((same_mean and no_std) or (no_mean and np.abs(ours.mean).max() > 0.01))


def _other_constants(ours: Norm, theirs: Norm, offset: Array) -> _Draft:
    backwards = Norm(gain=ours.gain[::-1], offset=ours.offset[::-1])
    if theirs.close(backwards) and not ours.close(backwards):
        text = f"mean and standard deviation are in the other channel order: trained on {written(ours)}"
        return _stepwise("mean_std_wrong", ours, theirs, ours, text, reversed=True)
    text = f"other constants are used: trained on {written(ours)}, fed {written(theirs)}"
    return _stepwise("mean_std_wrong", ours, theirs, ours, text)


def _studio(ours: Norm, theirs: Norm) -> list[_Draft]:
    """Name a studio-range mix-up: the same normalisation on pixels that were squeezed to 16..235 or stretched from it."""
    gain = np.array(theirs.gain) / np.array(ours.gain)
    shift = (np.array(theirs.offset) - np.array(ours.offset)) / np.array(ours.gain)
    for label, slope, start in (("full_as_studio", 255 / 219, -16 * 255 / 219), ("studio_as_full", 219 / 255, 16.0)):
        if np.allclose(gain, slope, rtol=0.015) and np.allclose(shift, start, atol=2.5):
            found = _stepwise("colour_range", ours, theirs, ours, yuv.RANGES[label], range=label, slope=number(slope))
            return [replace(found, finding=replace(found.finding, steps=("decode", "input", "colour", *_STEPS)))]
    return []
