"""Another decoder's colour planes."""

from __future__ import annotations

from pixelparity.diagnosis.families.registry import Family, register

register(
    Family(
        name="jpeg_chroma",
        title="The decoders enlarge colour differently",
        words="another chroma upsampling in the decoder",
        differs="the decoder's colour planes",
        with_stages="decoded pictures: colours differ, brightness does not",
        from_finals="yes, as long as the resize left fine detail",
        steps=("decode", "input", "colour", "other"),
        loses="moved",
    ),
)
