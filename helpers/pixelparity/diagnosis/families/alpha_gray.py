"""Transparency blended or dropped, grey made otherwise."""

from __future__ import annotations

from pixelparity.diagnosis.families.registry import Family, register

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
