"""Name what differs between two chains in channels, constants, border colour, number type and layout."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import colours, constants, decoding, geometry, values, yuv
from pixelparity.diagnosis.chain import Chain
from pixelparity.diagnosis.colours import ColourMap
from pixelparity.diagnosis.constants import Norm
from pixelparity.diagnosis.findings import Finding, listed, numbers

Array = NDArray[Any]
_COLOUR = ("colour", "decode", "input", "normalize", "other")


def differences(ours: Chain, theirs: Chain, base: ColourMap) -> list[Finding]:
    """Name the differences in what happens to values; ``base`` maps pixels 0..255 to the reference's source tensors."""
    found = _scramble(ours, theirs) + _mixed_up(ours, theirs)
    found += _maps(ours, theirs, base)
    found += _rounded(ours, theirs) + _types(ours, theirs)
    return found + _border(ours, theirs, base)


def norm(colour: ColourMap) -> Norm:
    """Return a plain map's gain and offset per output channel."""
    return Norm(gain=tuple(colour.gain.tolist()), offset=tuple(np.asarray(colour.offset).tolist()))


def _scramble(ours: Chain, theirs: Chain) -> list[Finding]:
    if ours.scramble == theirs.scramble:
        return []
    what = theirs.scramble or ours.scramble
    words = {
        "hwc_read_as_chw": "HWC values are read as CHW (reshaped, not transposed): every value is there, in the wrong place",
        "chw_read_as_hwc": "CHW values are read as HWC (reshaped, not transposed): every value is there, in the wrong place",
        "transposed": "height and width are exchanged",
        "rows_read_as_columns": "columns are read as rows: the strides are lost",
    }
    finding = Finding(
        family="layout",
        parameters={"permutation": what, "reference": ours.scramble or "right", "deployed": theirs.scramble or "right"},
        text=words[what],
        fix="images = fn.transpose(images, perm=[2, 0, 1])  # HWC to CHW: transpose, never reshape"
        if not ours.scramble
        else f"# lay the values out as the training does, whose own layout is mistaken: {words[ours.scramble]}",
        mend=lambda chain: replace(chain, scramble=ours.scramble),
        steps=("layout", "normalize", "other"),
    )
    return [finding]


def _maps(ours: Chain, theirs: Chain, base: ColourMap) -> list[Finding]:
    kinds = (ours.colour.kind, theirs.colour.kind)
    if ours.colour.matrix.shape != theirs.colour.matrix.shape:
        return [_channels(ours, theirs)]
    if "per_image" in kinds and kinds[0] != kinds[1]:
        return [_per_image(ours, theirs)]
    if "matrix" in kinds:
        return _weighted(ours, theirs, base) if _same_weights(ours.colour, theirs.colour) else _matrix(ours, theirs)
    return _plain(ours, theirs, base)


def _channels(ours: Chain, theirs: Chain) -> Finding:
    one, other = len(ours.colour.matrix), len(theirs.colour.matrix)
    return Finding(
        family="alpha_gray",
        parameters={"reference": {"channels": one}, "deployed": {"channels": other}},
        text=f"the tensor has {one} channels in training and {other} in serving",
        fix=decoding.channels_line(one),
        mend=lambda chain: replace(chain, colour=ours.colour, fill=ours.fill),
        steps=_COLOUR,
    )


def _per_image(ours: Chain, theirs: Chain) -> Finding:
    side = "serving" if theirs.colour.kind == "per_image" else "training"
    found = theirs.colour if theirs.colour.kind == "per_image" else ours.colour
    gains = np.array([m.gain for m in found.each])
    axes = "HW" if np.ptp(gains / gains.mean(), axis=1).max() > 0.02 else "HWC"
    fix = f"images = fn.normalize(images, axes={[0, 1] if axes == 'HW' else [0, 1, 2]})  # each image's own statistics"
    if side == "serving":
        known = values.written(norm(ours.colour)) if ours.colour.kind == "plain" else ""
        fix = f"images = fn.normalize(images, mean=..., stddev=...)  # the training's constants: {known}"
    return Finding(
        family="per_image_normalize",
        parameters={"axes": axes, "side": side},
        text=f"mean and standard deviation are computed from each image in {side} (over {axes}) instead of being constants",
        fix=fix,
        mend=lambda chain: replace(chain, colour=ours.colour, fill=ours.fill),
        steps=("normalize", "cast", "other"),
    )


# --- constants and order --------------------------------------------------------------------------------------------


def _plain(ours: Chain, theirs: Chain, base: ColourMap) -> list[Finding]:
    left, right = ours.colour.after(base), theirs.colour.after(base)
    share = constants.accuracy(max(ours.residual, theirs.residual), ALIKE if _alike(ours, theirs) else constants.CLOSE)
    if left.order == right.order:
        return values.name(norm(left), norm(right), base, share) if base.kind == "plain" else []
    swap = _order(ours, left.order, right.order)
    position, along = _as_if_ordered(left, right)
    options = [values.name(norm(left), p, base, share) for p in (position, along)]
    # Constants with a name (a step left out, or done twice) are likelier than ones that nobody uses.
    chosen = min(options, key=lambda found: (len(found), sum(f.family == "mean_std_wrong" for f in found)))
    return [swap, *chosen]


#: Share within which constants of two sides agree that were fitted on the same resampled pixels: their errors are alike.
ALIKE = 0.002


def _alike(ours: Chain, theirs: Chain) -> bool:
    """Say whether both sides' maps were fitted on the same pixels: same places, kernel and rounding."""
    same = (ours.how.shape, ours.how.antialias, ours.quantised) == (
        theirs.how.shape,
        theirs.how.antialias,
        theirs.quantised,
    )
    return same and ours.frames == theirs.frames and max(ours.residual, theirs.residual) < 0.5


def carried_along(left: ColourMap, right: ColourMap) -> bool:
    """Say whether each colour has the reference's constants on both sides, wherever it stands."""
    return _as_if_ordered(left, right)[1].close(norm(left))


def _as_if_ordered(left: ColourMap, right: ColourMap) -> tuple[Norm, Norm]:
    """Return the deployed constants as they would stand in the reference's order: by position, or carried with the colour."""
    position = norm(right)
    places = [right.order.index(colour) if colour in right.order else c for c, colour in enumerate(left.order)]
    gain, offset = np.array(position.gain)[places], np.array(position.offset)[places]
    return position, Norm(gain=tuple(gain.tolist()), offset=tuple(offset.tolist()))


def _order(ours: Chain, one: tuple[int, ...], other: tuple[int, ...]) -> Finding:
    letters = "RGBA"
    names = ["".join(letters[c] if c < 4 else "?" for c in order) for order in (one, other)]
    text = f"red and blue are exchanged: the model was trained on {names[0]}, it is fed {names[1]}"
    if sorted((names[0], names[1])) != ["BGR", "RGB"]:
        text = f"the channels are in another order: {names[0]} in training, {names[1]} in serving"
    fix = "images = fn.color_space_conversion(images, image_type=types.BGR, output_type=types.RGB)"
    return Finding(
        family="channel_order",
        parameters={"permutation": [other.index(c) if c in other else -1 for c in one]},
        text=text,
        fix=fix
        if names[0] == "RGB"
        else fix.replace("types.BGR, output_type=types.RGB", "types.RGB, output_type=types.BGR"),
        mend=lambda chain: _mend_order(chain, ours),
        steps=_COLOUR,
    )


def worded(finding: Finding, declared: str) -> Finding:
    """Return a finding of a channel order in the letters that the pictures it starts from are declared to have."""
    if finding.family != "channel_order" or not declared.startswith("BGR"):
        return finding
    turned = {"RGB": "BGR", "BGR": "RGB"}
    text, fix = (re.sub("RGB|BGR", lambda found: turned[found[0]], words) for words in (finding.text, finding.fix))
    return replace(finding, text=text, fix=fix)


def _mend_order(chain: Chain, ours: Chain) -> Chain:
    """Put the colours where the reference has them; constants that went along with the colour come back with it."""
    position, along = _as_if_ordered(ours.colour, chain.colour)
    goal = norm(ours.colour)
    new = along if along.close(goal) and not position.close(goal) else position
    colour = colours.plain(ours.colour.order, np.array(new.gain), np.array(new.offset), chain.colour.matrix.shape[1])
    return replace(chain, colour=colour)


# --- full matrices --------------------------------------------------------------------------------------------------


def _same_weights(one: ColourMap, other: ColourMap) -> bool:
    """Say whether two maps of one channel weigh red, green and blue alike: what differs is done to the grey that they make."""
    if (
        one.matrix.shape[0] != 1
        or one.matrix.shape != other.matrix.shape
        or not (one.matrix.sum() and other.matrix.sum())
    ):
        return False
    return bool(np.abs(one.matrix / one.matrix.sum() - other.matrix / other.matrix.sum()).max() < 0.01)


def _weighted(ours: Chain, theirs: Chain, base: ColourMap) -> list[Finding]:
    """Name what happens to the values of one grey channel that both sides make alike."""
    share = constants.accuracy(max(ours.residual, theirs.residual), ALIKE if _alike(ours, theirs) else constants.CLOSE)
    maps = [
        Norm(gain=(float(side.matrix.sum()),), offset=(float(np.asarray(side.offset)[0]),))
        for side in (ours.colour.after(base), theirs.colour.after(base))
    ]
    mend = lambda chain: replace(chain, colour=ours.colour, fill=ours.fill)  # noqa: E731
    return [replace(found, mend=mend) for found in values.name(maps[0], maps[1], base, share)]


def _matrix(ours: Chain, theirs: Chain) -> list[Finding]:
    relative = theirs.colour.after(ours.colour.invert()) if ours.colour.kind == "plain" else None
    if np.allclose(ours.colour.matrix, theirs.colour.matrix, atol=0.01 * np.abs(ours.colour.matrix).max()):
        return []
    for side, colour in (("deployed", theirs.colour), ("reference", ours.colour)):
        rows = colour.matrix / np.maximum(np.abs(colour.matrix).max(), 1e-12)
        if colour.kind == "matrix" and len(rows) > 1 and np.abs(rows - rows[0]).max() < 0.03:
            return [_grey(ours, side, colour)]
    if len(ours.colour.matrix) == 1:
        return [_weights(ours, theirs)]
    pair = yuv.standards(relative.matrix if relative is not None else None)
    weights = relative.matrix if relative is not None else theirs.colour.matrix
    return [
        Finding(
            family="colour_range",
            parameters={"matrix": pair or np.round(weights, 4).tolist(), "range": "full"},
            text="the colours went through another YUV matrix" + (f": {pair}" if pair else ""),
            fix=decoding.RANGE_LINE,
            mend=lambda chain: replace(chain, colour=ours.colour, fill=ours.fill),
            steps=("decode", "input", "colour", "other", "normalize"),
        )
    ]


def _weights(ours: Chain, theirs: Chain) -> Finding:
    """Name other weights of red, green and blue in one grey channel."""
    sides = [side.colour.matrix[0] / (side.colour.matrix[0].sum() or 1.0) for side in (ours, theirs)]
    return Finding(
        family="alpha_gray",
        parameters={"reference": numbers(sides[0]), "deployed": numbers(sides[1])},
        text="grey is made of other weights of red, green and blue: "
        f"{listed(np.round(sides[0], 3))} in training, {listed(np.round(sides[1], 3))} in serving",
        fix=f"# make grey as the training does: {listed(np.round(sides[0], 3))} of red, green and blue",
        mend=lambda chain: replace(chain, colour=ours.colour, fill=ours.fill),
        steps=_COLOUR,
    )


def _mixed_up(ours: Chain, theirs: Chain) -> list[Finding]:
    if theirs.mixed is None or ours.mixed == theirs.mixed:
        return []
    return [
        Finding(
            family="colour_range",
            parameters={"range": theirs.mixed.range, "matrix": theirs.mixed.matrix},
            text=theirs.mixed.text,
            fix=decoding.RANGE_LINE,
            mend=lambda chain: replace(chain, mixed=ours.mixed),
            steps=("decode", "input", "colour", "other", "normalize"),
        )
    ]


def _grey(ours: Chain, side: str, colour: ColourMap) -> Finding:
    weights = colour.matrix[0] / colour.matrix[0].sum()
    where = "serving" if side == "deployed" else "training"
    return Finding(
        family="alpha_gray",
        parameters={"weights": numbers(weights), "side": side},
        text=f"pictures are grey in {where} (weights {listed(weights)} of red, green and blue) and coloured on the other side",
        fix="images = fn.decoders.image(encoded, output_type=types.RGB)"
        if side == "deployed"
        else "# feed grey pictures",
        mend=lambda chain: replace(chain, colour=ours.colour, fill=ours.fill),
        steps=_COLOUR,
    )


# --- rounding, border -----------------------------------------------------------------------------------------------


def _rounded(ours: Chain, theirs: Chain) -> list[Finding]:
    if ours.quantised == theirs.quantised:
        return []
    words = {"none": "keeps fractions", "round": "rounds to whole levels", "floor": "cuts off fractions"}
    text = f"training {words[ours.quantised]} after the resize, serving {words[theirs.quantised]}"
    return [
        Finding(
            family="dtype",
            parameters={"reference": ours.quantised, "deployed": theirs.quantised},
            text=text,
            fix=geometry.whole_line(ours.quantised),
            mend=lambda chain: replace(chain, quantised=ours.quantised),
            steps=("resize", "cast", "other"),
        )
    ]


def _types(ours: Chain, theirs: Chain) -> list[Finding]:
    found = []
    if ours.signed != theirs.signed:
        text = "bytes are read as signed numbers: pixels of 128 and more become negative"
        fix = "# keep uint8 (types.UINT8) until the cast to float"
        if ours.signed:
            fix = "images = fn.reinterpret(images, dtype=types.INT8)  # the training reads the bytes as signed numbers"
        found.append(_type("signed", ours, text, fix, "signed"))
    if ours.whole != theirs.whole:
        where = "serving" if theirs.whole else "training"
        text = f"normalised values are cast to uint8 in {where} only: whole numbers from 0 to 255 are left of them"
        fix = "# keep float after normalising: no cast to uint8"
        if ours.whole:
            fix = "images = fn.cast(images, dtype=types.UINT8)  # after normalising, as the training does"
        finding = _type("clipped", ours, text, fix, "whole")
        found.append(replace(finding, mend=lambda chain: replace(chain, whole=ours.whole, clip=ours.clip)))
    elif ours.clip != theirs.clip and (ours.clip is None or theirs.clip is None):
        side = theirs if theirs.clip is not None else ours
        where = "serving" if theirs.clip is not None else "training"
        text = f"values are cut off at {listed(side.clip or ())} in {where} only"
        fix = "# clip as the training does: nowhere else than in uint8"
        if ours.clip is not None:
            fix = f"images = math.clamp(images, {ours.clip[0]:g}, {ours.clip[1]:g})  # at the end, as the training does"
        found.append(_type("clipped", ours, text, fix, "clip"))
    if ours.half != theirs.half:
        side_name = "serving" if theirs.half else "training"
        text = f"values are rounded to float16 in {side_name} only"
        kind = "FLOAT16" if ours.half else "FLOAT"
        found.append(_type("float16", ours, text, f"images = fn.cast(images, dtype=types.{kind})", "half"))
    return found


def _type(what: str, ours: Chain, text: str, fix: str, field: str) -> Finding:
    return Finding(
        family="dtype",
        parameters={"what": what},
        text=text,
        fix=fix,
        mend=lambda chain: replace(chain, **{field: getattr(ours, field)}),
        steps=("cast", "normalize", "resize", "other"),
    )


def _border(ours: Chain, theirs: Chain, base: ColourMap) -> list[Finding]:
    if ours.fill is None or theirs.fill is None:
        return []
    left, right = _pixel(ours), _pixel(theirs)
    if left is None or right is None or np.abs(left - right).max() <= 0.6 * _unit(base) or put_on_late(ours, theirs):
        return []
    own, other = np.array(ours.fill), np.array(theirs.fill)
    late = [np.allclose(other, v, atol=1e-3 * max(1.0, np.abs(v).max())) for v in (left, left / 255)]
    early = [np.allclose(own, v, atol=1e-3 * max(1.0, np.abs(v).max())) for v in (right, right / 255)]
    scale = 1 / _unit(base)
    parameters: dict[str, Any] = {"reference": numbers(left * scale), "deployed": numbers(right * scale)}
    if any(late) or any(early):
        before = any(late) and not (any(early) and np.allclose(own, 0))
        where = ("after", "before") if before else ("before", "after")
        text = f"padding comes {where[0]} normalising in serving, {where[1]} it in training"
        return [_padding("padding_order", parameters, text, ours)]
    text = f"the border has another colour: {listed(left * scale)} in training, {listed(right * scale)} in serving (0 to 255)"
    return [_padding("padding_value", parameters, text, ours)]


def put_on_late(ours: Chain, theirs: Chain) -> bool:
    """Say whether both borders have one colour in the units of the result: then neither was mapped with the picture."""
    if ours.fill is None or theirs.fill is None or len(ours.fill) != len(theirs.fill):
        return False
    span = 255 * float(np.abs(ours.colour.gain).max())
    return bool(np.abs(np.array(ours.fill) - np.array(theirs.fill)).max() <= 0.001 * span)


def _padding(family: str, parameters: dict[str, Any], text: str, ours: Chain) -> Finding:
    value = listed(parameters["reference"])
    size = ours.frames[0].canvas
    fix = f'images = fn.crop(images, crop=({size[0]}, {size[1]}), out_of_bounds_policy="pad", fill_values={value})'
    return Finding(
        family=family,
        parameters={**parameters, "value": parameters["reference"]},
        text=text,
        fix=fix + ("  # before normalising" if family == "padding_order" else ""),
        mend=lambda chain: with_border_of(chain, ours),
        steps=("pad", "crop", "other", "normalize"),
    )


def with_border_of(chain: Chain, ours: Chain) -> Chain:
    """Return a chain with the border's colour of the reference, mapped as the chain maps its pictures."""
    pixel = _pixel(ours)
    if pixel is None:
        return replace(chain, fill=ours.fill)
    gain, offset = (chain.colour.gain, chain.colour.offset) if chain.colour.kind == "plain" else (1.0, 0.0)
    return replace(chain, fill=tuple(np.asarray(pixel * gain + offset).tolist()))


def _pixel(chain: Chain) -> Array | None:
    """Return the border's colour in the units of the source, per output channel; nothing where the map is not plain."""
    if chain.fill is None or chain.colour.kind != "plain" or not chain.colour.gain.all():
        return None
    return (np.array(chain.fill) - chain.colour.offset) / chain.colour.gain


def _unit(base: ColourMap) -> float:
    """Return what one level of 255 is worth in the source's units."""
    return float(np.abs(base.gain).mean()) if base.kind == "plain" else 1.0
