"""Maps from pixels (0..255) to what the model sees: how people write one, and a finding that replaces one by another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import PerChannel
from pixelparity.diagnosis.families import formulas
from pixelparity.diagnosis.families.finding import Finding, listed, number, numbers, unchanged
from pixelparity.diagnosis.model import constants
from pixelparity.diagnosis.model.colours import ColourMap, plain
from pixelparity.diagnosis.model.constants import Norm
from pixelparity.diagnosis.model.side_model import SideModel

#: The kinds of stage that a change of constants can sit in.
STEPS = ("normalize", "cast", "other", "layout")


def norm(colour: ColourMap) -> Norm:
    """Return a plain map's gain and offset per output channel."""
    return made_of(colour.gain, np.asarray(colour.offset))


def made_of(gain: PerChannel, offset: PerChannel) -> Norm:
    """Return the map ``gain * x + offset``, both (channels,)."""
    return Norm(gain=tuple(gain.tolist()), offset=tuple(offset.tolist()))


@dataclass(frozen=True, kw_only=True)
class Parts:
    """A map as people write it: ``(x * scale - mean) / std``."""

    scale: float
    mean: PerChannel
    std: PerChannel

    def norm(self) -> Norm:
        """Return the map as gain and offset."""
        return made_of(self.scale / self.std, -self.mean / self.std)


def kind(given: Norm) -> str:
    """Return ``raw`` for x, ``scaled`` for x / 255, ``centred`` for x - mean, and ``stats`` for everything else."""
    width, share = len(given.gain), thresholds.now().families.form_same_share
    if given.close(Norm(gain=(1.0,) * width, offset=(0.0,) * width), share):
        return "raw"
    if given.close(scaled(width), share):
        return "scaled"
    return "centred" if np.allclose(given.gain, 1.0, rtol=share) else "stats"


def scaled(width: int) -> Norm:
    """Return the map x / 255 for some channels."""
    return Norm(gain=(1 / 255,) * width, offset=(0.0,) * width)


def parts(given: Norm) -> Parts:
    """Return the usual way to write a map: without scale for x and x - mean, with ``x / 255`` otherwise."""
    gain, offset = np.array(given.gain), np.array(given.offset)
    if kind(given) in ("raw", "centred"):
        return Parts(scale=1.0, mean=-offset / gain, std=1 / gain)
    if kind(given) == "scaled":
        return Parts(scale=1 / 255, mean=np.zeros(len(gain)), std=np.ones(len(gain)))
    return Parts(scale=1 / 255, mean=given.mean, std=given.std)


def as_written(given: Norm) -> Norm:
    """Return a map with the round constants that it was made with, where they can be told."""
    found = formulas.formula(given)
    return given if found is None else found.norm


def described(given: Norm) -> dict[str, Any]:
    """Return a map's constants for a report: scale, mean, std and, where they have one, their name."""
    own = parts(as_written(given))
    out = {"scale": number(own.scale), "mean": numbers(own.mean), "std": numbers(own.std)}
    name = constants.name_of(given)
    return {**out, "name": name} if name else out


def mean_std(given: Norm) -> dict[str, Any]:
    """Return a map's mean and standard deviation for a report."""
    own = parts(as_written(given))
    return {"mean": numbers(own.mean), "std": numbers(own.std)}


def written(given: Norm) -> str:
    """Return a map as a formula."""
    own, form = parts(given), kind(given)
    start = "x / 255" if own.scale != 1 else "x"
    name = constants.name_of(given)
    if form == "scaled":
        return f"x / {round(1 / float(np.mean(given.gain)))}"  # 256 is another number than 255, and often meant for it
    if form == "raw":
        return start
    found = formulas.formula(given)
    if found is not None:
        body = found.text
    else:
        body = f"x - {listed(own.mean)}" if form == "centred" else f"({start} - {listed(own.mean)}) / {listed(own.std)}"
    return f"{body} ({name})" if name else body


def once_more(given: Norm) -> tuple[Norm, Norm, Norm]:
    """Return what doing it once more makes of a map: divided by 255 before, normalised twice, and twice in units of 0..255."""
    own, gain, offset = parts(given), np.array(given.gain), np.array(given.offset)
    collapsed = Norm(gain=tuple((gain / 255).tolist()), offset=given.offset)
    again = made_of(gain / own.std, (offset - own.mean) / own.std)
    in_bytes = made_of(gain / own.std / 255, (offset - 255 * own.mean) / own.std / 255)
    return collapsed, again, in_bytes


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A finding and what its mend makes of the deployed map on pixels."""

    finding: Finding
    change: Callable[[Norm], Norm]

    def based(self, base: ColourMap) -> Finding:
        """Return the finding with a mend of the chain that follows ``base``, the part of the map that comes before it."""
        return replace(
            self.finding, mend=lambda chain: with_norm(chain, self.change(norm(chain.colour.after(base))), base)
        )


def draft(family: str, reference: Norm, deployed: Norm, text: str, **parameters: Any) -> Draft:
    """Return a finding whose mend replaces the deployed map by the reference's, keeping which channel goes where."""
    finding = Finding(
        family=family,
        parameters={**parameters, "reference": described(reference), "deployed": described(deployed)},
        text=text,
        fix=constants_line(reference),
        mend=unchanged,
        steps=STEPS,
    )
    return Draft(finding=finding, change=lambda _: reference)


def constants_line(given: Norm) -> str:
    """Return the DALI call that maps pixels 0..255 (HWC) as given, or what is to be left out for that."""
    form, own = kind(given), parts(as_written(given))
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
