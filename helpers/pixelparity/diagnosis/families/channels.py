"""Ask the families of values, colours, borders, number types and layouts what differs between two chains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.families import (
    alpha_gray,
    channel_order,
    colour_range,
    looks,
    number_type,
    statistics,
    value_clip,
    value_maps,
    values,
)
from pixelparity.diagnosis.families.finding import Finding
from pixelparity.diagnosis.model import constants
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.constants import Norm
from pixelparity.diagnosis.model.side_model import SideModel


def differences(reference: SideModel, deployed: SideModel, base: ColourMap) -> list[Finding]:
    """Name the differences in what happens to values; ``base`` maps pixels 0..255 to the reference's source tensors."""
    return [found for look in looks.VALUES.looks() for found in look(reference, deployed, base)]


@looks.VALUES.look()
def maps(reference: SideModel, deployed: SideModel, base: ColourMap) -> list[Finding]:
    """Name the differences of two maps of values: other channels, values of each picture, order, constants, weights."""
    found = alpha_gray.other_channels(reference, deployed) or statistics.of_each_picture(reference, deployed, base)
    if found:
        return found
    if value_clip.same_output(reference, deployed) or number_type.hides_constants(reference, deployed):
        return []
    if "matrix" not in (reference.colour.kind, deployed.colour.kind):
        return _plain(reference, deployed, base)
    if alpha_gray.same_weights(reference.colour, deployed.colour):
        return _weighted(reference, deployed, base)
    return _matrix(reference, deployed)


def _plain(reference: SideModel, deployed: SideModel, base: ColourMap) -> list[Finding]:
    """Name another order and other constants, each of three channels by itself."""
    reference_map, deployed_map = reference.colour.after(base), deployed.colour.after(base)
    goal, share = value_maps.norm(reference_map), _accuracy(reference, deployed)
    if reference_map.order == deployed_map.order:
        return values.name(goal, value_maps.norm(deployed_map), base, share) if base.kind == "plain" else []
    swap = channel_order.exchanged(reference, reference_map, deployed_map)
    options = [
        values.name(goal, read, base, share) for read in channel_order.as_if_ordered(reference_map, deployed_map)
    ]
    # Constants with a name (a step left out, or done twice) are likelier than ones that nobody uses.
    chosen = min(options, key=lambda found: (len(found), sum(f.family == "mean_std_wrong" for f in found)))
    return [swap, *chosen]


def _weighted(reference: SideModel, deployed: SideModel, base: ColourMap) -> list[Finding]:
    """Name what happens to the values of one grey channel that both sides make alike."""
    reference_norm, deployed_norm = (
        Norm(gain=(float(side.matrix.sum()),), offset=(float(np.asarray(side.offset)[0]),))
        for side in (reference.colour.after(base), deployed.colour.after(base))
    )
    mend = lambda chain: replace(chain, colour=reference.colour, fill=reference.fill)  # noqa: E731
    found = values.name(reference_norm, deployed_norm, base, _accuracy(reference, deployed))
    return [replace(one, mend=mend) for one in found]


def _matrix(reference: SideModel, deployed: SideModel) -> list[Finding]:
    """Name what makes of all channels each channel: grey, other weights of it, another YUV matrix."""
    slack = thresholds.now().families.matrix_same_share * np.abs(reference.colour.matrix).max()
    if np.allclose(reference.colour.matrix, deployed.colour.matrix, atol=slack):
        return []
    if (grey := alpha_gray.grey_on_one_side(reference, deployed)) is not None:
        return [grey]
    if len(reference.colour.matrix) == 1:
        return [alpha_gray.other_weights(reference, deployed)]
    return [colour_range.other_matrix(reference, deployed)]


def _accuracy(reference: SideModel, deployed: SideModel) -> float:
    """Return the share within which constants of the two sides agree: closer where both were fitted on the same pixels."""
    at = thresholds.now()
    same = at.families.constants_alike_share if _alike(reference, deployed) else at.model.constants_same_share
    return constants.accuracy(max(reference.residual, deployed.residual), same)


def _alike(reference: SideModel, deployed: SideModel) -> bool:
    """Say whether both sides' maps were fitted on the same pixels: same places, kernel and rounding."""
    reference_way, deployed_way = (
        (side.resampling.shape, side.resampling.antialias, side.rounding, side.placements)
        for side in (reference, deployed)
    )
    residual = max(reference.residual, deployed.residual)
    return reference_way == deployed_way and residual < thresholds.now().families.constants_alike_max_levels
