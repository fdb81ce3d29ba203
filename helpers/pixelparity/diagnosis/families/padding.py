"""The border's colour, the picture's place in it, and when it is put on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import PerChannel
from pixelparity.diagnosis.families import lines, looks
from pixelparity.diagnosis.families.finding import Finding, listed, numbers
from pixelparity.diagnosis.families.frames import PAD, Frames
from pixelparity.diagnosis.families.registry import Family, register
from pixelparity.diagnosis.fit import edit_placement
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.side_model import SideModel

register(
    Family(
        name="padding_value",
        title="Another fill colour",
        words="another fill colour",
        differs="the border's colour",
        with_stages="border and place on each side",
        from_finals="yes, where the border has one colour",
        steps=("pad", "crop", "other", "normalize"),
        twins=("padding_order",),
    ),
    Family(
        name="padding_position",
        title="The padding lies elsewhere",
        words="the padding lies elsewhere",
        differs="the picture's place in the padded tensor",
        with_stages="as `padding_value`",
        from_finals="as `padding_value`",
        steps=("pad", "crop", "resize", "other"),
    ),
    Family(
        name="padding_order",
        title="Padded before or after normalising",
        words="padded before the normalising instead of after",
        differs="padded before normalising on one side, after it on the other",
        with_stages="as `padding_value`",
        from_finals="as `padding_value`",
        steps=("pad", "crop", "other", "normalize"),
        twins=("padding_value",),
    ),
)

_PLACES = {"centre": "in the centre", "start": "in the top left corner", "end": "in the bottom right corner"}


def elsewhere(frames: Frames) -> Finding:
    """Name another place of the picture in its padding."""
    shifts = [(b.origin[0] - a.origin[0], b.origin[1] - a.origin[1]) for a, b in frames.pairs]
    shift = max(shifts, key=lambda s: abs(s[0]) + abs(s[1]))
    model, (reference, deployed) = frames.model, frames.anchors
    words = [_PLACES.get(anchor, "elsewhere") for anchor in (reference, deployed)]
    return Finding(
        family="padding_position",
        parameters={"reference": reference, "deployed": deployed, "offset": list(shift)},
        text=f"the picture lies {words[0]} of the padded tensor in training, {words[1]} "
        f"in serving (up to {abs(shift[0])} rows and {abs(shift[1])} columns off)",
        fix=lines.placed_line(frames.reference[0].canvas, reference, ', out_of_bounds_policy="pad"'),
        mend=lambda chain: replace(chain, placements=edit_placement.replaced(chain, model)),
        steps=PAD,
    )


@looks.VALUES.look()
def border(reference: SideModel, deployed: SideModel, base: ColourMap) -> list[Finding]:
    """Name another colour of the border, or one that is put on before or after the values are mapped.

    ``base`` maps pixels 0..255 to the reference's source tensors.
    """
    reference_pixel, deployed_pixel = pixel(reference), pixel(deployed)
    if reference_pixel is None or deployed_pixel is None:
        return []
    level = _level(base)
    # What a curve destroys cannot be undone on the border, but it can be done to the reference's.
    meant = reference_pixel if _undoable(deployed) else deployed.curve.apply(reference_pixel)  # type: ignore[union-attr]
    near = np.abs(meant - deployed_pixel).max() <= thresholds.now().families.border_colour_gap_levels * level
    if near or put_on_late(reference, deployed):
        return []
    shown = reference_pixel * (1 / level), deployed_pixel * (1 / level)
    parameters = {"reference": numbers(shown[0]), "deployed": numbers(shown[1])}
    late, early = _is_unmapped(deployed, reference_pixel), _is_unmapped(reference, deployed_pixel)
    if late or early:
        before = late and not (early and np.allclose(np.array(reference.fill), 0))
        where = ("after", "before") if before else ("before", "after")
        text = f"padding comes {where[0]} normalising in serving, {where[1]} it in training"
        return [_other_colour("padding_order", parameters, text, reference)]
    words = f"{listed(shown[0])} in training, {listed(shown[1])} in serving (0 to 255)"
    text = f"the border has another colour: {words}"
    return [_other_colour("padding_value", parameters, text, reference)]


def _is_unmapped(side: SideModel, pixel: PerChannel) -> bool:
    """Say whether a side's border has, in the units of its result, the colour that the other side's border has as a pixel."""
    share = thresholds.now().families.border_unmapped_share
    fill = np.array(side.fill)
    return any(np.allclose(fill, v, atol=share * max(1.0, np.abs(v).max())) for v in (pixel, pixel / 255))


def put_on_late(reference: SideModel, deployed: SideModel) -> bool:
    """Say whether both borders have one colour in the units of the result: then neither was mapped with the picture."""
    if reference.fill is None or deployed.fill is None or len(reference.fill) != len(deployed.fill):
        return False
    span = 255 * float(np.abs(reference.colour.gain).max())
    gap = np.abs(np.array(reference.fill) - np.array(deployed.fill)).max()
    return bool(gap <= thresholds.now().families.border_same_share * span)


def _other_colour(family: str, parameters: dict[str, Any], text: str, reference: SideModel) -> Finding:
    value = listed(parameters["reference"])
    size = reference.placements[0].canvas
    fix = f'images = fn.crop(images, crop=({size[0]}, {size[1]}), out_of_bounds_policy="pad", fill_values={value})'
    return Finding(
        family=family,
        parameters={**parameters, "value": parameters["reference"]},
        text=text,
        fix=fix + ("  # before normalising" if family == "padding_order" else ""),
        mend=lambda chain: with_border_of(chain, reference),
        steps=("pad", "crop", "other", "normalize"),
    )


def with_border_of(chain: SideModel, reference: SideModel) -> SideModel:
    """Return a chain with the border's colour of the reference, mapped as the chain maps its pictures."""
    own = pixel(reference)
    if own is None:
        return replace(chain, fill=reference.fill)
    own = own if chain.curve is None else np.asarray(chain.curve.apply(own), float)
    gain, offset = (chain.colour.gain, chain.colour.offset) if chain.colour.kind == "plain" else (1.0, 0.0)
    return replace(chain, fill=tuple(np.asarray(own * gain + offset).tolist()))


def pixel(chain: SideModel) -> PerChannel | None:
    """Return the border's colour in the units of the source, per output channel; nothing where the map is not plain."""
    if chain.fill is None or chain.colour.kind != "plain" or not chain.colour.gain.all():
        return None
    colour: PerChannel = (np.array(chain.fill) - chain.colour.offset) / chain.colour.gain
    return colour if chain.curve is None else np.asarray(chain.curve.undo(colour), float)


def _undoable(chain: SideModel) -> bool:
    return chain.curve is None or chain.curve.undoable


def _level(base: ColourMap) -> float:
    """Return what one level of 255 is worth in the source's units."""
    return float(np.abs(base.gain).mean()) if base.kind == "plain" else 1.0
