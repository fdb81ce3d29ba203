"""The words of a postmortem for a reader from outside: this project's own, the families on the page, and the author's."""

from __future__ import annotations

from collections.abc import Mapping

from pixelparity.diagnosis import families
from pixelparity.diagnosis.results import Diagnosis

WORDS: Mapping[str, str] = {
    "reference": "the side that is right by definition: how the model was shown its pictures in training.",
    "deployed": "the other side: how the model is shown its pictures where it is served.",
    "stage": "the tensor after one step of preparing a picture: decoded, resized, cropped, normalised, and so on.",
    "level": "1/255 of the range of a pixel: what one step of an 8-bit picture is worth. Differences are told in it.",
    "cause": "a difference that was confirmed: undoing it removes what it claims, on pictures that did not suggest it.",
    "mended alone, left alone": (
        "two prices of one cause. Mended alone: only it is undone, all others stay. Left alone: all others are undone and it "
        "stays, the price of leaving it. Behind a loud cause a quiet one costs nothing until the loud one is gone."
    ),
    "flipped": "a picture whose most probable class is another one than the reference gives it.",
    "tolerance": "the difference that two right implementations may have: two libraries never resize to the same bit.",
    "parity": "both sides give the model the same tensors, within the tolerance.",
}


def terms(diagnosis: Diagnosis, own: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the terms of a page with their meanings; an author's word takes the place of one of ours."""
    named = dict.fromkeys(cause.family for cause in diagnosis.causes)
    known = [family for family in named if family in families.names()]
    found = {family: f"{families.of(family).title}: {families.of(family).words}." for family in known}
    return {**WORDS, **found, **(own or {})}
