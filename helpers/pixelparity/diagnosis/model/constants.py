"""Normalising constants that have a name, and what a per-channel affine map on pixels is called.

Every map is ``y = gain * x + offset`` with ``x`` in 0..255, so ``(x / 255 - mean) / std`` has gain ``1 / (255 std)`` and
offset ``-mean / std``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import RGB_CHANNELS, Array, PerChannel


@dataclass(frozen=True, kw_only=True)
class NamedConstants:
    """Named constants in 0..1 units, RGB order; ``scaled`` says that ``x / 255`` comes first where they are used."""

    name: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


#: torchvision's ImageNet statistics; OpenAI's CLIP; Inception's [-1, 1]; Caffe's ImageNet means, in use as (103.53, 116.28,
#: 123.675) and as (102.9801, 115.9465, 122.7717) or (104, 117, 123), BGR; DALI#3610's as written there.
NAMED = (
    NamedConstants(name="1/255", mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)),
    NamedConstants(name="ImageNet", mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
    NamedConstants(name="CLIP", mean=(0.48145466, 0.4578275, 0.40821073), std=(0.26862954, 0.26130258, 0.27577711)),
    NamedConstants(name="Inception (0.5)", mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)),
    NamedConstants(name="raw 0-255", mean=(0.0, 0.0, 0.0), std=(1 / 255, 1 / 255, 1 / 255)),
    NamedConstants(
        name="ImageNet mean only",
        mean=(0.485, 0.456, 0.406),
        std=(1 / 255, 1 / 255, 1 / 255),
    ),
    NamedConstants(
        name="Caffe (102.98, 115.95, 122.77)",
        mean=(122.7717 / 255, 115.9465 / 255, 102.9801 / 255),
        std=(1 / 255, 1 / 255, 1 / 255),
    ),
    NamedConstants(
        name="Caffe (104, 117, 123)",
        mean=(123 / 255, 117 / 255, 104 / 255),
        std=(1 / 255, 1 / 255, 1 / 255),
    ),
    NamedConstants(name="ImageNet mean only, scaled", mean=(0.485, 0.456, 0.406), std=(1.0, 1.0, 1.0)),
    NamedConstants(name="ImageNet, one std for all", mean=(0.485, 0.456, 0.406), std=(0.226, 0.226, 0.226)),
)


@dataclass(frozen=True, kw_only=True)
class Norm:
    """A per-channel affine map on pixels 0..255, by position of the channel in the tensor; tuples of one length."""

    gain: tuple[float, ...]
    offset: tuple[float, ...]

    @property
    def mean(self) -> PerChannel:
        """Return the mean in 0..1 units: where the map is zero."""
        gain, offset = np.array(self.gain), np.array(self.offset)
        mean: PerChannel = -offset / np.where(gain == 0, 1.0, gain) / 255
        return mean

    @property
    def std(self) -> PerChannel:
        """Return the standard deviation in 0..1 units; 0 where the gain is 0."""
        gain = np.array(self.gain)
        return 1 / np.where(gain == 0, np.inf, gain) / 255

    def close(self, other: Norm, share: float | None = None) -> bool:
        """Say whether two maps agree: gains within a share, offsets within a share of what 255 levels are worth.

        ``share`` is ``constants_same_share`` if not given. Raises ``ValueError`` for unlike numbers of channels.
        """
        share = thresholds.now().model.constants_same_share if share is None else share
        own_gain, other_gain = np.array(self.gain), np.array(other.gain)
        span = 255 * np.maximum(np.abs(own_gain), np.abs(other_gain))
        near = np.abs(own_gain - other_gain) <= share * np.maximum(np.abs(own_gain), np.abs(other_gain))
        gap = np.abs(np.array(self.offset) - np.array(other.offset))
        return bool(near.all() and (gap <= share * span).all())


def norm(mean: Array, std: Array) -> Norm:
    """Return the map ``(x / 255 - mean) / std`` on pixels 0..255; mean and std are (c,) or one number, in 0..1 units.

    >>> norm(np.array([0.5]), np.array([0.5])).offset
    (-1.0,)
    """
    mean, std = np.broadcast_arrays(np.asarray(mean, float), np.asarray(std, float))
    return Norm(gain=tuple((1 / (255 * std)).tolist()), offset=tuple((-mean / std).tolist()))


def name_of(given: Norm) -> str:
    """Return the name of known constants, with ``, reversed`` if they are in the other channel order, or an empty string.

    >>> name_of(norm(np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])))
    'ImageNet'
    """
    share = thresholds.now().model.constants_name_share
    for named in NAMED:
        for order, suffix in (((0, 1, 2), ""), ((2, 1, 0), ", reversed")):
            mean, std = np.array(named.mean)[list(order)], np.array(named.std)[list(order)]
            if len(given.gain) == RGB_CHANNELS and given.close(norm(mean, std), share):
                return named.name + suffix
    return ""


def usual_norms(width: int) -> list[Norm]:
    """Return the maps that need no explanation: identity, x / 255, and for three channels the named ones in either order."""
    ones = np.ones(width)
    found = [Norm(gain=tuple(ones.tolist()), offset=(0.0,) * width), norm(0 * ones, ones)]
    if width == RGB_CHANNELS:
        for named in NAMED:
            mean, std = np.array(named.mean), np.array(named.std)
            found += [norm(mean, std), norm(mean[::-1], std[::-1])]
    return found


def accuracy(residual: float, coarse: float | None = None) -> float:
    """Return within which share constants are known that were fitted with this residual (mean absolute, in levels).

    ``coarse`` is the share where pixels were rounded on the way (``constants_fit_share`` if not given).
    """
    at = thresholds.now().model
    if residual > at.constants_clean_levels:
        return at.constants_fit_share if coarse is None else coarse
    return max(at.constants_exact_share, at.constants_share_per_level * residual)


def nearest_usual(given: Norm, share: float | None = None, more: Sequence[Norm] = ()) -> Norm | None:
    """Return the usual map that a fitted one stands for: identity, x / 255, named statistics in either order, or ``more``.

    Nothing where none is within ``share`` (``constants_fit_share`` if not given).
    """
    share = thresholds.now().model.constants_fit_share if share is None else share
    near = [usual for usual in (*usual_norms(len(given.gain)), *more) if given.close(usual, share)]
    return min(near, key=lambda usual: _gap(given, usual), default=None)


def _gap(fitted: Norm, usual: Norm) -> float:
    gain, offset = np.array(usual.gain), np.array(fitted.offset) - np.array(usual.offset)
    return float(np.abs(np.array(fitted.gain) / gain - 1).max() + np.abs(offset / gain / 255).max())
