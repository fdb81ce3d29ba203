"""Red and blue exchanged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import Samples
from pixelparity.diagnosis.families import value_maps
from pixelparity.diagnosis.families.finding import Finding
from pixelparity.diagnosis.families.registry import Family, register
from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.constants import Norm
from pixelparity.diagnosis.model.side_model import SideModel

register(
    Family(
        name="channel_order",
        title="Red and blue are exchanged",
        words="red and blue exchanged",
        differs="red and blue exchanged; constants kept by position or carried along",
        with_stages="the order of each side's map",
        from_finals="yes, on coloured pictures",
        steps=("colour", "decode", "input", "normalize", "other"),
    ),
)

_LETTERS = "RGBA"


def exchanged(model: SideModel, reference: ColourMap, deployed: ColourMap) -> Finding:
    """Name another order of channels; ``model`` is the reference's, the maps lead from pixels to each side's values."""
    reference_order, deployed_order = reference.order, deployed.order
    names = [_written(order) for order in (reference_order, deployed_order)]
    text = f"red and blue are exchanged: the model was trained on {names[0]}, it is fed {names[1]}"
    if sorted(names) != ["BGR", "RGB"]:
        text = f"the channels are in another order: {names[0]} in training, {names[1]} in serving"
    types = ("BGR", "RGB") if names[0] == "RGB" else ("RGB", "BGR")
    return Finding(
        family="channel_order",
        parameters={"permutation": [deployed_order.index(c) if c in deployed_order else -1 for c in reference_order]},
        text=text,
        fix=f"images = fn.color_space_conversion(images, image_type=types.{types[0]}, output_type=types.{types[1]})",
        mend=lambda chain: _reordered(chain, model),
        steps=("colour", "decode", "input", "normalize", "other"),
    )


def _written(order: tuple[int, ...]) -> str:
    return "".join(_LETTERS[c] if c < len(_LETTERS) else "?" for c in order)


def worded(finding: Finding, declared: str) -> Finding:
    """Return a finding of a channel order in the letters that the pictures it starts from are declared to have."""
    if finding.family != "channel_order" or not declared.startswith("BGR"):
        return finding
    turned = {"RGB": "BGR", "BGR": "RGB"}
    text, fix = (re.sub("RGB|BGR", lambda found: turned[found[0]], words) for words in (finding.text, finding.fix))
    return replace(finding, text=text, fix=fix)


def as_if_ordered(reference: ColourMap, deployed: ColourMap) -> tuple[Norm, Norm]:
    """Return the deployed constants as they would stand in the reference's order: by position, or carried with the colour."""
    position = value_maps.norm(deployed)
    places = [deployed.order.index(one) if one in deployed.order else c for c, one in enumerate(reference.order)]
    return position, value_maps.made_of(np.array(position.gain)[places], np.array(position.offset)[places])


def carried_along(reference: ColourMap, deployed: ColourMap) -> bool:
    """Say whether each colour has the reference's constants on both sides, wherever it stands."""
    return as_if_ordered(reference, deployed)[1].close(value_maps.norm(reference))


def _reordered(chain: SideModel, reference: SideModel) -> SideModel:
    """Put the colours where the reference has them; constants that went along with the colour come back with it."""
    position, along = as_if_ordered(reference.colour, chain.colour)
    goal = value_maps.norm(reference.colour)
    new = along if along.close(goal) and not position.close(goal) else position
    gain, offset = np.array(new.gain), np.array(new.offset)
    return replace(chain, colour=colours.plain(reference.colour.order, gain, offset, chain.colour.matrix.shape[1]))


def swapped(pairs: Sequence[tuple[Samples, Samples]]) -> bool:
    """Say whether red minus blue runs the other way on pixels of decoded pictures (n, 3), image by image.

    A blending, a range or a YUV matrix does not turn it round.
    """
    both, of_reference, of_deployed = 0.0, 0.0, 0.0
    for pair in pairs:
        x, y = (pixels[:, 0] - pixels[:, 2] for pixels in pair)
        both, of_reference, of_deployed = both + float(x @ y), of_reference + float(x @ x), of_deployed + float(y @ y)
    return both < -thresholds.now().families.swapped_min_correlation * float(np.sqrt(of_reference * of_deployed))
