"""Mean and standard deviation left out, wrong, in the wrong range, or taken from each picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import PerChannel
from pixelparity.diagnosis.families import formulas, looks, value_maps
from pixelparity.diagnosis.families.finding import Finding, number
from pixelparity.diagnosis.families.registry import Family, register
from pixelparity.diagnosis.families.value_maps import Draft, Parts, parts, written
from pixelparity.diagnosis.model import constants
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.constants import Norm
from pixelparity.diagnosis.model.side_model import SideModel

register(
    Family(
        name="mean_std_missing",
        title="Mean and standard deviation are missing",
        words="mean and deviation are left out",
        differs="mean and std, or one of them, left out",
        with_stages="both sides' maps from pixels are fitted and compared",
        from_finals="yes",
        steps=("normalize", "cast", "other", "layout"),
        maps_values=True,
    ),
    Family(
        name="mean_std_wrong",
        title="Other constants for mean or standard deviation",
        words="other constants for mean or deviation",
        differs="other constants, or the right ones in the other channel order",
        with_stages="as `mean_std_missing`, known sets by name",
        from_finals="yes",
        steps=("normalize", "cast", "other", "layout"),
        maps_values=True,
    ),
    Family(
        name="mean_std_wrong_range",
        title="Statistics of the other pixel range",
        words="statistics of 0..1 pixels used on 0..255 pixels, or the reverse",
        differs="statistics of 0..1 on pixels of 0..255, or the reverse",
        with_stages="as `mean_std_missing`",
        from_finals='yes, see "one function, two names"',
        steps=("normalize", "cast", "other", "layout"),
        twins=("scale_missing", "scale_twice"),
        maps_values=True,
    ),
    Family(
        name="per_image_normalize",
        title="Statistics of each picture instead of constants",
        words="mean and deviation are taken from each picture",
        differs="statistics from each image",
        with_stages="one map per image",
        from_finals="yes",
        steps=("normalize", "cast", "other"),
    ),
)


def missing(reference: Norm, deployed: Norm, fed: str = "") -> Draft:
    """Name mean and standard deviation that serving leaves out; ``fed`` says what it feeds instead."""
    text = f"mean and standard deviation are left out: the model was trained on {written(reference)}{fed}"
    return value_maps.draft("mean_std_missing", reference, deployed, text, **value_maps.mean_std(reference))


def missing_besides(reference: Norm, deployed: Norm) -> Draft:
    """Name statistics that are left out beside another step: they are put back by themselves, whatever the other does."""
    own = parts(reference)
    return replace(missing(reference, deployed), change=lambda now: _with_statistics(now, own.mean, own.std))


def _with_statistics(now: Norm, mean: PerChannel, std: PerChannel) -> Norm:
    return value_maps.made_of(np.array(now.gain) / std, (np.array(now.offset) - mean) / std)


def is_symmetric(given: Norm) -> bool:
    """Say whether a map is (x - 127.5) / 127.5: a scaling of its own, not statistics that could be left out."""
    half = np.full(len(given.gain), 0.5)
    return given.close(constants.norm(half, half), thresholds.now().families.form_same_share)


@looks.CONSTANTS.look()
def in_other_range(reference: Norm, deployed: Norm) -> Draft | None:
    """Recognise a map that looks like ``(x - mean) / std`` with mean and std of 0..1 pixels on x in 0..255."""
    gain, offset = np.array(deployed.gain), np.array(deployed.offset)
    mean, std, at = -offset / gain, 1 / gain, thresholds.now().families
    means = (mean > at.unit_statistics_min).all() and (mean < 1).all()
    if not (means and (std > at.unit_statistics_min).all() and (std < at.unit_std_max).all()):
        return None
    text = f"statistics for pixels in 0..1 are used on pixels in 0..255; the model was trained on {written(reference)}"
    factor = number(float(np.median(gain / np.array(reference.gain))))
    return value_maps.draft("mean_std_wrong_range", reference, deployed, text, factor=factor)


@looks.CONSTANTS.look()
def partly_missing(reference: Norm, deployed: Norm) -> Draft | None:
    """Recognise the reference's mean without its deviation, or its deviation without its mean."""
    own, gain, at = parts(reference), np.array(deployed.gain), thresholds.now().families
    same = at.gain_same_share
    has_mean = np.abs(reference.mean).max() > at.mean_min
    same_mean = np.allclose(deployed.mean, reference.mean, rtol=at.mean_same_share) and has_mean
    no_std = np.allclose(gain, 1.0, rtol=same) or np.allclose(gain, 1 / 255, rtol=same)
    no_std = no_std and not np.allclose(gain, reference.gain, rtol=same)
    no_mean = np.allclose(deployed.mean, 0, atol=at.mean_zero_max) and np.allclose(gain, own.scale / own.std, rtol=same)
    if not ((same_mean and no_std) or (no_mean and has_mean)):
        return None
    text = f"part of the normalisation is left out: trained on {written(reference)}, fed {written(deployed)}"
    return value_maps.draft("mean_std_missing", reference, deployed, text, **value_maps.mean_std(reference))


def other_constants(reference: Norm, deployed: Norm) -> Draft:
    """Name constants that are neither left out, nor done twice, nor of another range."""
    backwards = Norm(gain=reference.gain[::-1], offset=reference.offset[::-1])
    if deployed.close(backwards) and not reference.close(backwards):
        text = f"mean and standard deviation are in the other channel order: trained on {written(reference)}"
        return value_maps.draft("mean_std_wrong", reference, deployed, text, reversed=True)
    text = f"other constants are used: trained on {written(reference)}, fed {written(deployed)}"
    instead = formulas.instead(reference, deployed)
    return value_maps.draft("mean_std_wrong", reference, deployed, f"{text}: {instead}" if instead else text)


@looks.CONSTANTS.look(ahead_of=("statistics.in_other_range",))
def multiplied(reference: Norm, deployed: Norm) -> Draft | None:
    """Recognise a deviation that is multiplied by, on pixels of either range."""
    gain, std, same = np.array(deployed.gain), reference.std, thresholds.now().families.gain_same_share
    trivial = any(np.allclose(std, one, rtol=same) for one in (1.0, 1 / 255))
    if trivial or np.allclose(gain, reference.gain, rtol=same):
        return None
    if not any(np.allclose(gain, factor * std, rtol=same) for factor in (1.0, 255.0, 1 / 255)):
        return None
    text = f"the deviation is multiplied by instead of divided by: trained on {written(reference)}, fed {written(deployed)}"
    return value_maps.draft("mean_std_wrong", reference, deployed, text, multiplied=True)


def mistakes(reference: Norm) -> list[Norm]:
    """Return what usual mistakes make of the reference's own constants: a part left out, reversed, one for all, rescaled."""
    own = parts(reference)
    options = [
        Parts(scale=own.scale, mean=own.mean, std=np.ones(len(own.std))),
        Parts(scale=own.scale, mean=0 * own.mean, std=own.std),
        Parts(scale=own.scale, mean=own.mean[::-1], std=own.std[::-1]),
        Parts(scale=own.scale, mean=own.mean, std=np.full(len(own.std), own.std.mean())),
        Parts(scale=1.0, mean=own.mean, std=own.std),
    ]
    return [*(option.norm() for option in options), *value_maps.once_more(reference)]


def of_each_picture(reference: SideModel, deployed: SideModel, base: ColourMap) -> list[Finding]:
    """Name statistics that one side alone takes from each picture; ``base`` maps pixels to the reference's source tensors."""
    kinds = (reference.colour.kind, deployed.colour.kind)
    if "per_image" not in kinds or kinds[0] == kinds[1]:
        return []
    side, own = ("serving", deployed) if kinds[1] == "per_image" else ("training", reference)
    gains = np.array([m.gain for m in own.colour.each])
    spread = np.ptp(gains / gains.mean(), axis=1).max()
    axes = "HW" if spread > thresholds.now().families.own_gain_spread_share else "HWC"
    fix = _own_line(axes, own.extremes)
    if side == "serving":
        fix = "# normalise with the training's constants, not with what each picture holds"
        if reference.colour.kind == base.kind == "plain" and reference.colour.matrix.shape[1] == len(base.matrix):
            fix = value_maps.constants_line(value_maps.norm(reference.colour.after(base)))
    parameters: dict[str, Any] = {"axes": axes, "side": side}
    text = (
        f"mean and standard deviation are computed from each image in {side} (over {axes}) instead of being constants"
    )
    if own.extremes is not None:
        low, high = (number(end) for end in own.extremes)
        parameters |= {"statistics": "minimum and maximum", "range": [low, high]}
        text = f"each image is stretched from its own minimum and maximum to {low:g} and {high:g} in {side} only"
    return [
        Finding(
            family="per_image_normalize",
            parameters=parameters,
            text=text,
            fix=fix,
            mend=lambda chain: replace(chain, colour=reference.colour, fill=reference.fill),
            steps=("normalize", "cast", "other"),
        )
    ]


def _own_line(axes: str, extremes: tuple[float, float] | None) -> str:
    """Return the DALI line that normalises pictures (HWC) by what each of them holds."""
    numbers = [0, 1] if axes == "HW" else [0, 1, 2]
    if extremes is None:
        return f"images = fn.normalize(images, axes={numbers})  # each image's own statistics"
    low, high = (number(end) for end in extremes)
    ends = ", ".join(f"fn.reductions.{which}(images, axes={numbers}, keep_dims=True)" for which in ("min", "max"))
    stretched = "(images - low) / (high - low)"
    if (low, high) != (0, 1):
        stretched = f"{low:g} + {high - low:g} * {stretched}"
    return f"low, high = {ends}\nimages = {stretched}  # floats, HWC"


@looks.VALUES.look()
def by_place(reference: SideModel, deployed: SideModel, _base: ColourMap) -> list[Finding]:
    """Name a picture of means: what one side alone subtracts at each place, from every picture the same."""
    own, other = reference.offsets, deployed.offsets
    if (own is None) == (other is None):
        return []
    side, picture = ("training", own) if own is not None else ("serving", other)
    if picture is None:
        return []
    height, width = picture.values.shape[:2]
    gain = np.abs(np.asarray((reference if own is not None else deployed).colour.gain)).max() or 1.0
    most = number(float(f"{np.abs(picture.values).max() / gain:.3g}"))
    text = (
        f"the mean is a picture of {width} x {height} in {side}, and the same numbers everywhere on the other side: "
        f"at each place all pictures differ by the same, up to {most:g} levels"
    )
    fix = "images = images - MEANS  # the training's picture of means (H, W, C), where its mean pixel is subtracted now"
    if side == "serving":
        fix = "# subtract the training's numbers, not a picture of means"
    return [
        Finding(
            family="mean_std_wrong",
            parameters={"what": "picture of means", "side": side, "size": [height, width], "levels": most},
            text=text,
            fix=fix,
            mend=lambda chain: replace(chain, offsets=reference.offsets),
            steps=("normalize", "other", "cast", "layout"),
        )
    ]
