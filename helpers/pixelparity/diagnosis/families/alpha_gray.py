"""Transparency blended or dropped, grey made otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from pixelparity import readings
from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import HWC, RGB_CHANNELS, Samples
from pixelparity.diagnosis.families import looks
from pixelparity.diagnosis.families.finding import (
    Finding,
    Named,
    in_pictures,
    listed,
    numbers,
    read_otherwise,
    unchanged,
)
from pixelparity.diagnosis.families.registry import Family, register
from pixelparity.diagnosis.measure import block_means, residuals
from pixelparity.diagnosis.measure.residuals import Residual
from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.side_model import SideModel

register(
    Family(
        name="alpha_gray",
        title="Transparency or grey is treated otherwise",
        words="alpha or grey treated otherwise",
        differs="alpha blended or dropped, grey made otherwise, 1 against 3 channels",
        with_stages="decoded pictures",
        from_finals="blending and channels yes; grey weights no",
        steps=("colour", "decode", "input", "normalize", "other"),
    ),
)

_STEPS = ("colour", "decode", "input", "normalize", "other")
_WHERE = {"deployed": "serving", "reference": "training"}
#: What a picture is blended over, by the level of it.
_GROUNDS = {"black": 0.0, "white": 255.0}


def channels_line(count: int) -> str:
    """Return the decoder that gives as many channels as the reference has."""
    kind = {1: "GRAY", 3: "RGB"}.get(count, "ANY_DATA")
    return f"images = fn.decoders.image(encoded, output_type=types.{kind})"


def alpha_line(side: str, background: str) -> str:
    """Return what drops the alpha channel where serving blends, or blends where the training does."""
    if side == "deployed":
        return f"{channels_line(RGB_CHANNELS)}  # drop alpha as the training does"
    ground = "" if background == "black" else f" + {background} * (1 - alpha)"
    return f"# blend over {background} as the training does: colours * alpha{ground}, before anything else"


# --- between two maps -----------------------------------------------------------------------------------------------


def other_channels(reference: SideModel, deployed: SideModel) -> list[Finding]:
    """Name another number of channels."""
    if reference.colour.matrix.shape == deployed.colour.matrix.shape:
        return []
    reference_count, deployed_count = len(reference.colour.matrix), len(deployed.colour.matrix)
    return [
        Finding(
            family="alpha_gray",
            parameters={"reference": {"channels": reference_count}, "deployed": {"channels": deployed_count}},
            text=f"the tensor has {reference_count} channels in training and {deployed_count} in serving",
            fix=channels_line(reference_count),
            mend=lambda chain: replace(chain, colour=reference.colour, fill=reference.fill),
            steps=_STEPS,
        )
    ]


def grey_on_one_side(reference: SideModel, deployed: SideModel) -> Finding | None:
    """Recognise a map that makes the same of all channels, so that its side's pictures are grey."""
    for side, colour in (("deployed", deployed.colour), ("reference", reference.colour)):
        rows = colour.matrix / np.maximum(np.abs(colour.matrix).max(), 1e-12)
        alike = np.abs(rows - rows[0]).max() < thresholds.now().families.grey_rows_gap_share
        if colour.kind == "matrix" and len(rows) > 1 and alike:
            return _grey(reference, side, colour)
    return None


def _grey(reference: SideModel, side: str, colour: ColourMap) -> Finding:
    weights = colour.matrix[0] / colour.matrix[0].sum()
    return Finding(
        family="alpha_gray",
        parameters={"weights": numbers(weights), "side": side},
        text=f"pictures are grey in {_WHERE[side]} (weights {listed(weights)} of red, green and blue) and coloured on "
        "the other side",
        fix=channels_line(RGB_CHANNELS) if side == "deployed" else "# feed grey pictures",
        mend=lambda chain: replace(chain, colour=reference.colour, fill=reference.fill),
        steps=_STEPS,
    )


def other_weights(reference: SideModel, deployed: SideModel) -> Finding:
    """Name other weights of red, green and blue in one grey channel."""
    sides = [side.colour.matrix[0] / (side.colour.matrix[0].sum() or 1.0) for side in (reference, deployed)]
    return Finding(
        family="alpha_gray",
        parameters={"reference": numbers(sides[0]), "deployed": numbers(sides[1])},
        text="grey is made of other weights of red, green and blue: "
        f"{listed(np.round(sides[0], 3))} in training, {listed(np.round(sides[1], 3))} in serving",
        fix=f"# make grey as the training does: {listed(np.round(sides[0], 3))} of red, green and blue",
        mend=lambda chain: replace(chain, colour=reference.colour, fill=reference.fill),
        steps=_STEPS,
    )


def same_weights(reference: ColourMap, deployed: ColourMap) -> bool:
    """Say whether two maps of one channel weigh red, green and blue alike: what differs is done to the grey that they make."""
    if reference.matrix.shape[0] != 1 or reference.matrix.shape != deployed.matrix.shape:
        return False
    if not (reference.matrix.sum() and deployed.matrix.sum()):
        return False
    off = np.abs(reference.matrix / reference.matrix.sum() - deployed.matrix / deployed.matrix.sum()).max()
    return bool(off < thresholds.now().families.grey_weights_gap)


# --- between decoded pictures ---------------------------------------------------------------------------------------


def other_count(reference: int, deployed: int) -> Finding:
    """Name decoded pictures with another number of channels."""
    text = f"pictures are decoded to {reference} channels in training and to {deployed} in serving"
    return in_pictures("alpha_gray", {"reference": reference, "deployed": deployed}, text, channels_line(reference))


@looks.READ.look()
def read(asked: looks.Reading) -> Finding | None:
    """Name transparency, or the planes of CMYK, that the sides read otherwise."""
    if asked.kind not in ("transparent", "CMYK", "palette") or readings.INDICES in (asked.reference, asked.deployed):
        return None
    fix = "convert CMYK to RGB: Image.open(f).convert('RGB')"
    if asked.kind != "CMYK":
        ground = {readings.OVER_WHITE: "white", readings.OVER_BLACK: "black"}.get(asked.reference)
        fix = "drop alpha as the training does: Image.open(f).convert('RGB')"
        if ground is not None:
            fix = f"blend over {ground} as the training does: Image.alpha_composite(Image.new('RGBA', size, {ground!r}), picture)"
    elif asked.reference:
        fix = "take the first three planes of CMYK, as the training does"
    return read_otherwise("alpha_gray", asked.words, asked.images, {}, fix)


def is_grey(x: Samples) -> bool:
    """Say whether decoded pixels (n, channels) have equal channels."""
    return bool(np.abs(x - x[:, :1]).max() < thresholds.now().families.grey_max_gap_levels)


@looks.DECODED.look()
def grey_decoded(x: Samples, y: Samples) -> Finding | None:
    """Recognise pictures that one side alone decodes to grey."""
    for side, image, other in (("deployed", y, x), ("reference", x, y)):
        coloured = np.abs(other - other[:, :1]).max() > thresholds.now().families.coloured_min_gap_levels
        if not (is_grey(image) and coloured):
            continue
        weights = numbers(colours.fit_matrix(other, image[:, :1]).matrix[0])
        text = f"pictures are grey in {_WHERE[side]} only (weights {listed(weights)} of red, green and blue)"
        fix = channels_line(RGB_CHANNELS)
        if side == "reference":
            fix = "# make grey of the decoded colours as the training does"
        return in_pictures("alpha_gray", {"side": side, "weights": weights}, text, fix)
    return None


def grey_otherwise() -> Finding:
    """Name grey pictures that both sides make, with other weights."""
    return in_pictures(
        "alpha_gray",
        {"reference": "grey", "deployed": "grey, other weights"},
        "both sides make grey pictures with other weights of red, green and blue",
        "# make grey of the decoded colours as the training does",
        0.2,
    )


@looks.DECODED.look()
def blended_decoded(x: Samples, y: Samples) -> Finding | None:
    """Recognise a picture blended over one colour: each pixel moves the same share of the way towards it in all channels."""
    for background, ground in _GROUNDS.items():
        for side, kept, blended in (("deployed", x, y), ("reference", y, x)):
            if _is_blended(kept, blended, ground):
                text = (
                    f"transparent pictures are blended over {background} in {_WHERE[side]}; the other side drops the "
                    "alpha channel"
                )
                parameters = {"side": side, "background": background}
                return in_pictures("alpha_gray", parameters, text, alpha_line(side, background))
    return None


def _is_blended(kept: Samples, blended: Samples, ground: float) -> bool:
    at = thresholds.now().families
    reach, moved = np.abs(kept - ground), np.abs(blended - ground)
    strong = reach.min(1) > at.blend_min_reach_levels
    if strong.sum() < at.colour_min_pixels:
        return False
    share = moved[strong] / reach[strong]
    apart = np.ptp(share, axis=1) * reach[strong].mean(1)
    veiled = (share < at.blend_veiled_share).mean() >= at.blend_min_pixels_share
    return bool(share.max() <= at.blend_max_share and veiled and np.mean(apart) <= at.blend_max_apart_levels)


# --- from final tensors ---------------------------------------------------------------------------------------------


@looks.FINALS.look()
def some_blended(left: looks.Left) -> Named | None:
    """Name pictures that one side blends."""
    return blended(left.lefts)


def blended(lefts: Mapping[int, Residual]) -> Named | None:
    """Name pictures that are blended over black or white on one side: all channels move the same share of the way."""
    found = {}
    for i, one in lefts.items():
        kind = _blending(one)
        if kind is not None:
            found[i] = kind
    if not found:
        return None
    kinds = list(found.values())
    side, ground = max(set(kinds), key=kinds.count)
    chosen = {i for i, kind in found.items() if kind == (side, ground)}
    finding = Finding(
        family="alpha_gray",
        parameters={"side": side, "background": ground, "images": len(chosen)},
        text=f"{len(chosen)} of {len(lefts)} pictures are blended over {ground} in {_WHERE[side]}; the other side "
        f"drops the alpha channel",
        fix=alpha_line(side, ground),
        mend=unchanged,
        steps=("decode", "input", "colour", "other"),
        images=tuple(sorted(chosen)),
        doubt=0.1,
    )

    def restore(tensor: HWC, image: int) -> HWC:
        return _unblended(lefts[image].reference, tensor, side, _GROUNDS[ground]) if image in chosen else tensor

    return finding, restore


def _blending(left: Residual) -> tuple[str, str] | None:
    """Return the side that blends a picture and what over, told from means over blocks: kernels hardly move these."""
    a, b = left.pair
    at = thresholds.now()
    if a.shape[2] != RGB_CHANNELS or residuals.gap(left) < at.families.blend_min_levels:
        return None
    kind = blended_decoded(*(block_means.means(p, at.staged.blended_block_px) for p in (a, b)))
    return None if kind is None else (str(kind.parameters["side"]), str(kind.parameters["background"]))


def _unblended(reference: HWC, tensor: HWC, side: str, ground: float) -> HWC:
    """Return a deployed tensor (levels) as it would be without the blending, or with the reference's."""
    goal, seen = reference - ground, tensor - ground
    kept, moved = (goal, seen) if side == "deployed" else (seen, goal)
    # The share is read from green alone, so that red and blue confirm it.
    green, least = kept[..., 1:2], thresholds.now().families.share_min_reach_levels
    share = np.clip(moved[..., 1:2] / np.where(np.abs(green) < least, np.inf, green), 0, 1)
    made = kept * share
    unblended: HWC = (tensor + (goal - made if side == "deployed" else made - seen)).astype(np.float32)
    return unblended
