"""Recipes in one form, so that two that are only written differently become equal.

``(x / 255 - 0.5) / 0.5`` is ``(x - 127.5) / 127.5``; a picture decoded as BGR and swapped at the end is one decoded as RGB;
a fill of 0 after a normalisation is a fill of the mean before it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pixelparity.errors import UnsupportedStep
from pixelparity.recipes import (
    Cast,
    Colour,
    Crop,
    Decode,
    Layout,
    Normalize,
    Orient,
    Pad,
    Recipe,
    Resize,
    Step,
    Unknown,
)

FLIPPED = {"RGB": "BGR", "BGR": "RGB"}


@dataclass(frozen=True, kw_only=True)
class Plain:
    """A recipe in one form.

    ``decode`` and ``orient`` are ``None`` where decoded pictures are fed. ``geometry`` are the resizes, crops and pads, their
    fills in levels of 0..255 and in the final ``channels`` order. ``normalize`` is ``(x - mean) / std`` in levels, one
    number per channel, channels in the final order; ``statistics`` is set instead where each picture's own statistics are
    used. ``late`` are pads and crops behind the normalisation, in its units, ``late_levels`` the same in
    levels. ``unknown`` are steps without a meaning.
    """

    source: str
    decode: Decode | None
    orient: Orient | None
    channels: str
    geometry: tuple[Step, ...]
    normalize: Normalize
    statistics: Normalize | None
    late: tuple[Step, ...]
    late_levels: tuple[Step, ...]
    layout: str
    dtype: str
    unknown: tuple[Unknown, ...]
    batch: Pad | None


def canonical(recipe: Recipe) -> Plain:
    """Bring a recipe to one form; origins and defaulted fields are kept where a step stays what it was."""
    steps = _in_final_order(recipe.steps)
    shrink = max((i for i, step in enumerate(steps) if isinstance(step, Resize)), default=-1)
    normalize = Normalize(mean=(0.0,), std=(1.0,))
    geometry: list[Step] = []
    late: list[Step] = []
    late_levels: list[Step] = []
    layout, dtype = "HWC", "uint8"
    for number, step in enumerate(steps):
        if isinstance(step, Normalize) and not step.per_image:
            normalize = compose(normalize, step)
            dtype = "float32" if dtype == "uint8" else dtype
        elif isinstance(step, Resize | Crop | Pad):
            behind = not is_identity(normalize)
            if behind and number > shrink:
                late.append(step)
                late_levels.append(_in_levels(step, normalize))
            else:
                geometry.append(_in_levels(step, normalize) if behind else step)
        elif isinstance(step, Layout):
            layout = step.target
        elif isinstance(step, Cast):
            dtype = step.dtype
    return Plain(
        source=recipe.source,
        decode=next((s for s in steps if isinstance(s, Decode)), None),
        orient=next((s for s in steps if isinstance(s, Orient)), None),
        channels=_final_channels(recipe.steps),
        geometry=tuple(geometry),
        normalize=_per_channel(normalize, 1 if _final_channels(recipe.steps) == "GRAY" else 3),
        statistics=next((s for s in steps if isinstance(s, Normalize) and s.per_image), None),
        late=tuple(late),
        late_levels=tuple(late_levels),
        layout=layout,
        dtype=dtype,
        unknown=tuple(s for s in steps if isinstance(s, Unknown)),
        batch=recipe.batch,
    )


def compose(first: Normalize, second: Normalize) -> Normalize:
    """Return the one normalisation ``(x - mean) / std`` that does ``first``, then ``second``.

    With ``y = (x - M) / S`` and ``z = (y * k - m) / s``: ``z = (x - (M + m S / k)) / (S s / k)``.
    """
    count = max(map(len, (first.mean, first.std, second.mean, second.std)))
    triples = zip(*(_repeat(v, count) for v in (first.mean, first.std, second.mean, second.std)), strict=True)
    k, k0 = second.scale, first.scale
    means, stds = [], []
    for mean0, std0, mean, std in triples:
        shift, spread = mean0 / k0, std0 / k0
        means.append(_tidy(shift + mean * spread / k))
        stds.append(_tidy(spread * std / k))
    return Normalize(
        mean=tuple(means),
        std=tuple(stds),
        origin=second.origin or first.origin,
        defaulted=_still_defaulted(first, second),
    )


def is_identity(step: Normalize) -> bool:
    """Return whether a normalisation changes nothing."""
    return not step.per_image and set(step.mean) == {0.0} and {std / step.scale for std in step.std} == {1.0}


def _still_defaulted(first: Normalize, second: Normalize) -> frozenset[str]:
    if is_identity(first):
        return second.defaulted
    return first.defaulted if is_identity(second) else first.defaulted & second.defaulted


def _tidy(value: float) -> float:
    # 0.485 * 255 is 123.67499999999998 in binary; a person wrote 123.675.
    return float(f"{value:.12g}")


def _repeat(values: tuple[float, ...], count: int) -> tuple[float, ...]:
    if len(values) not in (1, count):
        raise UnsupportedStep(f"a normalisation has {len(values)} constants where there are {count} channels")
    return values * count if len(values) == 1 else values


def _per_channel(step: Normalize, count: int) -> Normalize:
    if count == 1:
        return step
    return replace(step, mean=_repeat(step.mean, count), std=_repeat(step.std, count))


def _in_levels(step: Step, normalize: Normalize) -> Step:
    """Return a crop or pad with its fill given in levels of 0..255 instead of normalised units."""
    if not isinstance(step, Crop | Pad):
        return step
    count = max(map(len, (step.fill, normalize.mean, normalize.std)))
    fills = zip(*(_repeat(v, count) for v in (step.fill, normalize.mean, normalize.std)), strict=True)
    return replace(step, fill=tuple(_tidy(fill * std + mean) for fill, mean, std in fills))


def _final_channels(steps: tuple[Step, ...]) -> str:
    for step in reversed(steps):
        if isinstance(step, Colour):
            return step.target
        if isinstance(step, Decode):
            return step.channels
    return "RGB"


def _in_final_order(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Move every swap of RGB and BGR to the front: constants before a swap are reversed, the picture is decoded swapped."""
    ordered: list[Step] = []
    swapped = False
    for step in reversed(steps):
        if isinstance(step, Colour) and step.target == FLIPPED.get(step.source):
            swapped = not swapped
        elif isinstance(step, Colour) and step.target == step.source:
            continue
        elif swapped:
            ordered.append(_swapped(step))
        else:
            ordered.append(step)
    return tuple(reversed(ordered))


def _swapped(step: Step) -> Step:
    if isinstance(step, Decode):
        return replace(step, channels=FLIPPED.get(step.channels, step.channels))
    if isinstance(step, Normalize):
        return replace(step, mean=step.mean[::-1], std=step.std[::-1])
    if isinstance(step, Crop | Pad):
        return replace(step, fill=step.fill[::-1])
    return step
