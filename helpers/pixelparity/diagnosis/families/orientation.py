"""The EXIF orientation tag, applied on one side only."""

from __future__ import annotations

from pixelparity.diagnosis.families.registry import Family, register

register(
    Family(
        name="exif_orientation",
        title="The orientation tag is applied on one side only",
        words="the orientation tag is applied on one side only",
        differs="some pictures turned or mirrored",
        with_stages="decoded pictures",
        from_finals="yes",
        steps=("orient", "decode", "input", "other"),
    ),
)
