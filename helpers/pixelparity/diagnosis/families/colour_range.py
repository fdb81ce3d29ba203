"""Studio against full range, or another YUV matrix."""

from __future__ import annotations

from pixelparity.diagnosis.families.registry import Family, register

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
