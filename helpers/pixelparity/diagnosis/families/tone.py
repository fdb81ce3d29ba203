"""Tones changed on one side: inverted (white is zero), a gamma, linear light for sRGB."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import Samples
from pixelparity.diagnosis.families import looks, padding
from pixelparity.diagnosis.families.finding import Finding, in_pictures
from pixelparity.diagnosis.families.registry import Family, register
from pixelparity.diagnosis.families.value_maps import Draft, draft, parts, written
from pixelparity.diagnosis.fit import fit_curves
from pixelparity.diagnosis.model import curves
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.constants import Norm
from pixelparity.diagnosis.model.curves import Curve
from pixelparity.diagnosis.model.side_model import SideModel

register(
    Family(
        name="tone",
        title="Tones are inverted, or follow another curve",
        words="inverted, or another gamma",
        differs="inverted (MONOCHROME1), gamma, linear light",
        with_stages="a slope of the other sign; a power or sRGB's curve that leaves less than a line",
        from_finals="yes",
        steps=("colour", "normalize", "cast", "decode", "other"),
        declared=False,
    ),
)

#: What takes a change of all levels alike for one of colours.
_AHEAD_OF = ("colour_range.stretched", "colour_range.recoloured", "jpeg_chroma.chroma")
_STEPS = ("colour", "normalize", "cast", "decode", "other")


@looks.PIXELS.look()
def inverted(reference: Norm, deployed: Norm) -> Draft | None:
    """Recognise constants that make white dark on one side alone, whatever else they are."""
    signs = [np.sign(one.gain) for one in (reference, deployed)]
    if len({float(s) for s in signs[0]}) > 1 or (signs[0] != -signs[1]).any() or not signs[0].all():
        return None
    side = "training" if signs[0][0] < 0 else "serving"
    text = f"tones are inverted in {side} only: white is dark and black is light there"
    fix = "images = 255 - images  # before anything else, as the training does"
    if side == "serving":
        fix = "# do not invert: leave 255 - x out"
    found = draft("tone", reference, deployed, text, kind="inverted", side=side)
    turned = _turned(deployed)
    if turned.close(reference):
        return replace(found, finding=replace(found.finding, fix=fix, steps=_STEPS))
    own, other = parts(reference), parts(turned)
    if np.allclose(own.std, np.abs(other.std)) and np.allclose(own.mean, other.mean):
        return replace(found, finding=replace(found.finding, fix=fix, steps=_STEPS))
    more = f"{text}; besides, it was trained on {written(reference)} and is fed {written(deployed)}"
    return replace(found, finding=replace(found.finding, text=more, steps=_STEPS))


def _turned(given: Norm) -> Norm:
    """Return the map that a map is after 255 - x: the same constants on inverted pixels."""
    gain, offset = np.array(given.gain), np.array(given.offset)
    return Norm(gain=tuple((-gain).tolist()), offset=tuple((offset + 255 * gain).tolist()))


@looks.VALUES.look()
def curved(reference: SideModel, deployed: SideModel, _base: ColourMap) -> list[Finding]:
    """Name a tone curve that one side alone has, or another one on either."""
    own, other = (_tone(side) for side in (reference, deployed))
    if own == other:
        return []
    said = {"reference": _said(own), "deployed": _said(other)}
    text = f"tones follow another curve: {_words(own)} in training, {_words(other)} in serving"
    line = "# leave the tone curve out: the training has none"
    if own is not None:
        line = f"images = {_formula(own)}  # levels 0..255, as the training does"
    return [
        Finding(
            family="tone",
            parameters={"kind": "gamma", **said},
            text=text,
            fix=line,
            mend=lambda chain: _with_tone(chain, own),
            steps=_STEPS,
        )
    ]


def _with_tone(chain: SideModel, curve: Curve | None) -> SideModel:
    """Return a chain with another tone curve; its border goes along."""
    toned = replace(chain, curve=curve)
    return toned if chain.fill is None else padding.with_border_of(toned, chain)


def _tone(side: SideModel) -> Curve | None:
    return side.curve if side.curve is not None and side.curve.kind in curves.TONES else None


def _said(curve: Curve | None) -> str | float:
    if curve is None:
        return 1.0
    return float(f"{curve.number:.4g}") if curve.kind == "gamma" else curve.kind


def _words(curve: Curve | None) -> str:
    if curve is None:
        return "none"
    named = {"srgb_to_linear": "linear light (sRGB's curve undone)", "linear_to_srgb": "sRGB's curve"}
    if curve.kind in named:
        return named[curve.kind]
    return f"gamma {curve.number:.3g}" if curve.number >= 1 else f"gamma 1/{1 / curve.number:.3g}"


def _formula(curve: Curve) -> str:
    if curve.kind == "gamma":
        return f"255 * (images / 255) ** {curve.number:.4g}"
    return f"{curve.kind}(images)"


# --- between decoded pictures of the same files ------------------------------------------------------------------------


def are_inverted(x: Samples, y: Samples) -> bool:
    """Say whether levels (n, channels) of one side are 255 less those of the other."""
    return x.shape == y.shape and float(np.abs(255 - x - y).mean()) <= thresholds.now().families.stretch_max_left_levels


@looks.DECODED.look(ahead_of=_AHEAD_OF)
def decoded_inverted(x: Samples, y: Samples) -> Finding | None:
    """Recognise 255 - x; which of the two is the file's own cannot be seen, so that it is serving's against training's."""
    if not are_inverted(x, y):
        return None
    text = "tones are inverted between the sides: what is white in training is black in serving"
    fix = "images = 255 - images  # as decoded, before anything else, or leave out what inverts them"
    return in_pictures("tone", {"kind": "inverted", "side": "serving"}, text, fix)


@looks.DECODED.look(ahead_of=_AHEAD_OF)
def decoded_on_a_curve(x: Samples, y: Samples) -> Finding | None:
    """Recognise a power or sRGB's curve that takes one side's levels to the other's."""
    at = thresholds.now().families
    curve = fit_curves.tone_curve(lambda curve: float(np.abs(curve.apply(x) - y).mean()))
    left, before = float(np.abs(curve.apply(x) - y).mean()), float(np.abs(x - y).mean())
    if left > at.stretch_max_left_levels or left > at.matrix_max_left_share * before:
        return None
    back = Curve(kind=curve.kind, value=1 / curve.number) if curve.kind == "gamma" else curve
    text = f"tones follow another curve in serving: {_words(curve)} on top of what training decodes"
    return in_pictures(
        "tone",
        {"kind": "gamma", "reference": 1.0, "deployed": _said(curve)},
        text,
        f"images = {_formula(back)}  # undoes it; better is to leave it out"
        if curve.kind == "gamma"
        else "# leave the tone curve out: the training has none",
    )
