"""Red and blue exchanged."""

from __future__ import annotations

from pixelparity.diagnosis.families.registry import Family, register

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
