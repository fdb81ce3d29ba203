"""Scaling by 255 left out, or done twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.families import looks, value_maps
from pixelparity.diagnosis.families.finding import listed, number
from pixelparity.diagnosis.families.registry import Family, register
from pixelparity.diagnosis.families.value_maps import Draft, written
from pixelparity.diagnosis.model.constants import Norm

register(
    Family(
        name="scale_missing",
        title="The division by 255 is missing",
        words="the division by 255 is left out",
        differs="the division by 255 is left out",
        with_stages="both sides' maps from pixels are fitted and compared",
        from_finals="yes; the reference's own constants are read from the lattice of its values",
        steps=("normalize", "cast", "other", "layout"),
        twins=("mean_std_wrong_range",),
        maps_values=True,
    ),
    Family(
        name="scale_twice",
        title="Scaled or normalised twice",
        words="scaled or normalised twice",
        differs="scaled or normalised once too often",
        with_stages="as `scale_missing`",
        from_finals="yes",
        steps=("normalize", "cast", "other", "layout"),
        twins=("mean_std_wrong_range",),
        maps_values=True,
    ),
)


def missing(reference: Norm, deployed: Norm) -> Draft:
    """Name a division by 255 that serving leaves out; the reference does that and nothing else."""
    text = "pixels are 255 times too large: the division by 255 is missing"
    return value_maps.draft("scale_missing", reference, deployed, text, factor=255.0)


def missing_besides(deployed: Norm) -> Draft:
    """Name a division by 255 that is left out beside another step: it is put back by itself, whatever the other does."""
    alone = missing(value_maps.scaled(len(deployed.gain)), deployed)
    return replace(alone, change=lambda now: Norm(gain=tuple(np.array(now.gain) / 255), offset=now.offset))


def added(reference: Norm, deployed: Norm) -> Draft:
    """Name a scaling of pixels that the model takes as they are."""
    factor = float(np.mean(np.array(deployed.gain) / np.array(reference.gain)))
    text = f"pixels are scaled once too often: the model takes x in 0..255, it is fed {written(deployed)}"
    return value_maps.draft("scale_twice", reference, deployed, text, factor=number(factor))


@looks.CONSTANTS.look()
def divided_twice(reference: Norm, deployed: Norm) -> Draft | None:
    """Recognise a second division by 255 before everything else."""
    ratio = np.array(deployed.gain) / np.array(reference.gain)
    collapsed, _, _ = value_maps.once_more(reference)
    same = thresholds.now().families.gain_same_share
    if not (deployed.close(collapsed) or (np.allclose(ratio, 1 / 255, rtol=same) and np.allclose(reference.offset, 0))):
        return None
    text = f"pixels are divided by 255 twice: every channel collapses near {listed(reference.offset)}"
    return value_maps.draft("scale_twice", reference, deployed, text, factor=number(1 / 255))


@looks.CONSTANTS.look()
def normalised_twice(reference: Norm, deployed: Norm) -> Draft | None:
    """Recognise the reference's whole normalisation done once more."""
    _, again, in_bytes = value_maps.once_more(reference)
    is_nothing = reference.close(again)  # x / 255 has no statistics that could be applied once more
    if not ((deployed.close(again) and not is_nothing) or _near(deployed, in_bytes)):
        return None
    text = f"the normalisation {written(reference)} is done twice (often: once more inside the model)"
    return value_maps.draft("scale_twice", reference, deployed, text, **value_maps.mean_std(reference))


def _near(one: Norm, other: Norm) -> bool:
    """Say whether two maps agree, their offsets too: for maps whose gain is so small that a level is worth next to nothing."""
    same = thresholds.now().families.gain_same_share
    return bool(np.allclose(one.gain, other.gain, rtol=same) and np.allclose(one.offset, other.offset, rtol=same))
