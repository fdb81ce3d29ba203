"""Studio against full range, or another YUV matrix."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import RGB_CHANNELS, Mask, Samples
from pixelparity.diagnosis.families import looks, value_maps
from pixelparity.diagnosis.families.finding import Finding, in_pictures, number
from pixelparity.diagnosis.families.registry import Family, register
from pixelparity.diagnosis.families.value_maps import Draft
from pixelparity.diagnosis.model import colours, yuv
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.constants import Norm
from pixelparity.diagnosis.model.side_model import SideModel

register(
    Family(
        name="colour_range",
        title="Another range or YUV matrix",
        words="studio range read as full range",
        differs="studio against full range, another YUV matrix",
        with_stages="decoded pictures: one slope and offset, or a full matrix",
        from_finals="yes: luma and chroma are stretched by different factors, which no constants do",
        steps=("decode", "input", "colour", "other", "normalize"),
        maps_values=True,
    ),
)

#: What mends it, whichever of the two it is.
LINE = "# decode with the range and the matrix that the training used"
_STEPS = ("decode", "input", "colour", "other", "normalize")


# --- between two maps -----------------------------------------------------------------------------------------------


@looks.VALUES.look(ahead_of=("channels.maps",))
def mixed_up(reference: SideModel, deployed: SideModel, _base: ColourMap) -> list[Finding]:
    """Name luma and chroma that serving decodes by another standard than they were written in."""
    error = deployed.yuv_error
    if error is None or reference.yuv_error == error:
        return []
    mend = lambda chain: replace(chain, yuv_error=reference.yuv_error)  # noqa: E731
    parameters = {"range": error.range, "matrix": error.matrix}
    return [Finding(family="colour_range", parameters=parameters, text=error.text, fix=LINE, mend=mend, steps=_STEPS)]


def other_matrix(reference: SideModel, deployed: SideModel) -> Finding:
    """Name another YUV matrix between two maps of three channels."""
    relative = deployed.colour.after(reference.colour.invert()) if reference.colour.kind == "plain" else None
    weights = relative.matrix if relative is not None else deployed.colour.matrix
    pair = yuv.standards(relative.matrix if relative is not None else None)
    return Finding(
        family="colour_range",
        parameters={"matrix": pair or np.round(weights, 4).tolist(), "range": "full"},
        text=_matrix_text(pair),
        fix=LINE,
        mend=lambda chain: replace(chain, colour=reference.colour, fill=reference.fill),
        steps=_STEPS,
    )


def _matrix_text(pair: str | None) -> str:
    return "the colours went through another YUV matrix" + (f": {pair}" if pair else "")


@looks.PIXELS.look()
def studio(reference: Norm, deployed: Norm) -> Draft | None:
    """Recognise the same normalisation on pixels that were squeezed to 16..235 or stretched from it."""
    gain = np.array(deployed.gain) / np.array(reference.gain)
    shift = (np.array(deployed.offset) - np.array(reference.offset)) / np.array(reference.gain)
    at = thresholds.now().families
    for label, slope, start in (("full_as_studio", 255 / 219, -16 * 255 / 219), ("studio_as_full", 219 / 255, 16.0)):
        same = np.allclose(gain, slope, rtol=at.studio_slope_share)
        if same and np.allclose(shift, start, atol=at.studio_offset_levels):
            parameters = {"range": label, "slope": number(slope)}
            found = value_maps.draft("colour_range", reference, deployed, yuv.RANGES[label], **parameters)
            return replace(
                found, finding=replace(found.finding, steps=("decode", "input", "colour", *value_maps.STEPS))
            )
    return None


# --- between decoded pictures ---------------------------------------------------------------------------------------


@looks.DECODED.look(ahead_of=("alpha_gray.grey_decoded", "alpha_gray.blended_decoded"))
def stretched(x: Samples, y: Samples) -> Finding | None:
    """Recognise one slope and offset for all channels of decoded pixels: studio against full range."""
    free, at = _inside(y), thresholds.now().families
    if free.sum() < at.colour_min_pixels:
        return None
    fitted = colours.fit_plain(x[free], y[free], order=(0, 1, 2))
    slope, offset = float(fitted.gain.mean()), float(np.mean(fitted.offset))
    if (
        _left_by(fitted, x, y) > at.stretch_max_left_levels
        or np.ptp(fitted.gain) > at.slope_min
        or abs(slope - 1) < at.slope_min
    ):
        return None
    name = "full_as_studio" if slope > 1 else "studio_as_full"
    parameters = {"range": name, "slope": number(slope), "offset": number(offset), "matrix": "same"}
    return in_pictures("colour_range", parameters, yuv.RANGES[name], LINE)


def grey_stretched(x: Samples, y: Samples) -> Finding | None:
    """Recognise one slope and offset between decoded grey pixels."""
    fitted = colours.fit_plain(x[:, :1], y[:, :1], order=(0,))
    if _left_by(fitted, x[:, :1], y[:, :1]) >= thresholds.now().families.stretch_max_left_levels:
        return None
    parameters: dict[str, Any] = {"slope": number(fitted.gain[0]), "range": "other"}
    return in_pictures("colour_range", parameters, "grey levels are stretched", LINE)


@looks.DECODED.look()
def recoloured(x: Samples, y: Samples) -> Finding | None:
    """Recognise another YUV matrix: a full matrix that leaves grey alone explains nearly all of it."""
    free, at = _inside(y) & _inside(x), thresholds.now().families
    if free.sum() < at.colour_min_pixels:
        return None
    fitted = colours.fit_matrix(x[free], y[free])
    left, before = _left_by(fitted, x, y), float(np.abs(x - y).mean())
    if left > at.matrix_max_left_share * before or np.abs(fitted.matrix - np.eye(RGB_CHANNELS)).max() < at.slope_min:
        return None
    pair = yuv.standards(fitted.matrix)
    parameters = {"matrix": pair or np.round(fitted.matrix, 4).tolist(), "range": "same"}
    return in_pictures("colour_range", parameters, _matrix_text(pair), LINE)


def _left_by(fitted: ColourMap, x: Samples, y: Samples) -> float:
    """Return the mean levels that a map leaves, which cuts off as a decoder does."""
    made = np.clip(x @ fitted.matrix.T + fitted.offset, 0, 255)
    return float(np.abs(made - y).mean())


def _inside(y: Samples) -> Mask:
    """Return which pixels have no channel at an extreme, where it may be cut off."""
    inside: Mask = ((y > 1) & (y < 255 - 1)).all(1)
    return inside
