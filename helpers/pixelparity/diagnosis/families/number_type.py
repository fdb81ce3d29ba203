"""Fractions cut off or kept, clipping, float16, signed bytes."""

from __future__ import annotations

from pixelparity.diagnosis.families.registry import Family, register

register(
    Family(
        name="dtype",
        title="Another number type",
        words="rounded or clipped to another number type",
        differs="fractions cut off or kept, float16, signed bytes, a cast of normalised values to bytes",
        with_stages="rounding that fits each side's values",
        from_finals="yes; a cast to bytes is confirmed by doing it to the reference",
        steps=("cast", "normalize", "resize", "other"),
    ),
)
