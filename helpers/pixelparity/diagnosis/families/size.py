"""Another rule for a picture's size, or another number."""

from __future__ import annotations

from pixelparity.diagnosis.families.registry import Family, register

register(
    Family(
        name="resize_mode",
        title="Another way to the size",
        words="another way to the size: stretch, crop or fit",
        differs="stretch, fit, cover, other edge, other part of the picture, a size cap",
        with_stages="sizes against rules",
        from_finals="by registration",
        steps=("resize", "crop", "pad", "other"),
        twins=("target_size",),
        loses="moved",
    ),
    Family(
        name="target_size",
        title="Another size",
        words="another size",
        differs="same rule, another number; another tensor size",
        with_stages="sizes against rules",
        from_finals="by registration: the zoom is one number for all pictures",
        steps=("resize", "crop", "pad", "other"),
        twins=("resize_mode",),
        loses="moved",
    ),
)
