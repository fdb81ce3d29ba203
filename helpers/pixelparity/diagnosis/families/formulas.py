"""Maps of pixels as people write them: ``(x - 127.5) / 128`` rather than five digits of a mean and a deviation in 0..1.

A measured constant is taken for a round number where it would hardly lie so near to one by chance. Of all ways to write a map,
the one whose round numbers are the least likely to be chance is its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import PerChannel
from pixelparity.diagnosis.families.finding import listed
from pixelparity.diagnosis.model import constants
from pixelparity.diagnosis.model.constants import Norm

#: What people round to, coarsest first.
_GRIDS = (1.0, 0.5, 0.1, 0.01, 0.001, 1e-4, 1e-5, 1e-6)
#: Levels in a unit of 0..1: the largest byte.
_PIXEL = 255.0


@dataclass(frozen=True, kw_only=True)
class Constant:
    """One constant of every channel: round where it may be, and the probability that it is so round by ``chance``."""

    values: PerChannel
    chance: float

    @property
    def text(self) -> str:
        """Return it as people write it: one number where all channels have the same."""
        return listed(self.values)

    @property
    def is_zero(self) -> bool:
        """Say whether it can be left out of a sum."""
        return not self.values.any()


@dataclass(frozen=True, kw_only=True)
class Formula:
    """A map in one way to write it, and the probability that its numbers are so round by ``chance``."""

    text: str
    norm: Norm
    chance: float


def formula(given: Norm) -> Formula | None:
    """Return the way to write a map whose numbers are round beyond chance, or nothing where no way has such numbers.

    >>> formula(Norm(gain=(1 / 128,), offset=(-127.5 / 128,))).text
    '(x - 127.5) / 128'
    """
    gain, at = np.array(given.gain), thresholds.now().families
    if not gain.all() or not np.isfinite([*given.gain, *given.offset]).all():
        return None
    named = _named(given)
    if named is not None:
        return named
    for share, most in (
        (at.written_exact_share, at.written_exact_chance),
        (at.written_fit_share, at.written_fit_chance),
    ):
        best = min((way(given, share) for way in _ways()), key=lambda found: found.chance)
        if best.chance <= most:
            return best
    return None


def instead(reference: Norm, deployed: Norm) -> str:
    """Return which one round number is used instead of which, or nothing where the maps differ in more, or in none.

    >>> instead(Norm(gain=(1 / 127.5,), offset=(-1.0,)), Norm(gain=(1 / 128,), offset=(-127.5 / 128,)))
    '128 instead of 127.5'
    """
    share = thresholds.now().families.written_exact_share
    own, other = formula(reference), formula(deployed)
    if own is None or other is None or len(reference.gain) != len(deployed.gain):
        return ""
    pairs = list(zip(_parts(own.norm, share), _parts(other.norm, share), strict=True))
    unlike = [(one.text, another.text) for one, another in pairs if one.text != another.text]
    return f"{unlike[0][1]} instead of {unlike[0][0]}" if len(unlike) == 1 else ""


def rounded(value: PerChannel, slack: PerChannel) -> Constant:
    """Return a constant on the coarsest grid that it lies on within its error, and how likely that is by chance.

    >>> rounded(np.array([127.5003]), np.array([0.001])).text
    '127.5'
    """
    for grid in _GRIDS:
        near = np.rint(value / grid) * grid
        if (np.abs(near - value) <= slack).all():
            chances = np.minimum(1.0, 2 * slack / grid)
            same = len(set(near.tolist())) == 1
            return Constant(values=near, chance=float(chances.min() if same else np.prod(chances)))
    return Constant(values=value, chance=1.0)


def _named(given: Norm) -> Formula | None:
    """Return known statistics with their own digits."""
    for usual in constants.usual_norms(len(given.gain)):
        if constants.name_of(usual) and given.close(usual, thresholds.now().model.constants_name_share):
            share = thresholds.now().families.written_exact_share
            way = _levels if np.allclose(usual.gain, 1) else _statistics
            return Formula(text=way(usual, share).text, norm=usual, chance=0.0)
    return None


def _ways() -> Iterator[Callable[[Norm, float], Formula]]:
    """Yield the ways to write a map, the likeliest first: it is taken where two are equally round."""
    yield _statistics
    yield _levels
    yield _shifted
    yield _multiplied
    yield _scaled_and_multiplied


def _statistics(given: Norm, share: float) -> Formula:
    mean = rounded(given.mean, np.full(len(given.gain), share))
    std = rounded(given.std, share * np.abs(given.std))
    norm = constants.norm(mean.values, std.values) if std.values.all() else given
    text = _less("x / 255", mean)
    return _of(text if (std.values == 1).all() else f"({text}) / {std.text}", norm, (mean, std))


def _levels(given: Norm, share: float) -> Formula:
    mean, width = _parts(given, share)
    if not width.values.all():
        return _of("", given, (mean, width), chance=1.0)
    norm = Norm(gain=_tuple(1 / width.values), offset=_tuple(-mean.values / width.values))
    text = _less("x", mean)
    if not (width.values == 1).all():
        text = f"{text} / {width.text}" if mean.is_zero else f"({text}) / {width.text}"
    return _of(text, norm, (mean, width))


def _parts(given: Norm, share: float) -> tuple[Constant, Constant]:
    """Return what is subtracted from a pixel, in levels, and what that is divided by."""
    own = _PIXEL * given.std
    return rounded(_PIXEL * given.mean, np.full(len(own), _PIXEL * share)), rounded(own, share * np.abs(own))


def _shifted(given: Norm, share: float) -> Formula:
    own = _PIXEL * given.std
    width = rounded(own, share * np.abs(own))
    less = rounded(-np.array(given.offset), share * _PIXEL * np.abs(np.array(given.gain)))
    if not width.values.all():
        return _of("", given, (width, less), chance=1.0)
    norm = Norm(gain=_tuple(1 / width.values), offset=_tuple(-less.values))
    return _of(_less(f"x / {width.text}", less), norm, (width, less))


def _multiplied(given: Norm, share: float) -> Formula:
    gain = np.array(given.gain)
    mean, factor = rounded(_PIXEL * given.mean, np.full(len(gain), _PIXEL * share)), rounded(gain, share * np.abs(gain))
    norm = Norm(gain=_tuple(factor.values), offset=_tuple(-mean.values * factor.values))
    return _of(_times(_less("x", mean), mean, factor), norm, (mean, factor))


def _scaled_and_multiplied(given: Norm, share: float) -> Formula:
    gain = _PIXEL * np.array(given.gain)
    mean, factor = rounded(given.mean, np.full(len(gain), share)), rounded(gain, share * np.abs(gain))
    norm = Norm(gain=_tuple(factor.values / _PIXEL), offset=_tuple(-mean.values * factor.values))
    text = _less("x / 255", mean)
    return _of(f"({text}) * {factor.text}", norm, (mean, factor))


def _of(text: str, norm: Norm, numbers: Sequence[Constant], chance: float | None = None) -> Formula:
    told = float(np.prod([one.chance for one in numbers])) if chance is None else chance
    return Formula(text=text, norm=norm, chance=told)


def _times(text: str, mean: Constant, factor: Constant) -> str:
    return f"{text} * {factor.text}" if mean.is_zero else f"({text}) * {factor.text}"


def _less(text: str, constant: Constant) -> str:
    """Return a text less a constant, with the sign that people write."""
    if constant.is_zero:
        return text
    if (constant.values < 0).all():
        return f"{text} + {listed(-constant.values)}"
    return f"{text} - {constant.text}"


def _tuple(values: PerChannel) -> tuple[float, ...]:
    return tuple(float(v) for v in values)
