"""The border's colour, the picture's place in it, and when it is put on."""

from __future__ import annotations

from pixelparity.diagnosis.families.registry import Family, register

register(
    Family(
        name="padding_value",
        title="Another fill colour",
        words="another fill colour",
        differs="the border's colour",
        with_stages="border and place on each side",
        from_finals="yes, where the border has one colour",
        steps=("pad", "crop", "other", "normalize"),
        twins=("padding_order",),
    ),
    Family(
        name="padding_position",
        title="The padding lies elsewhere",
        words="the padding lies elsewhere",
        differs="the picture's place in the padded tensor",
        with_stages="as `padding_value`",
        from_finals="as `padding_value`",
        steps=("pad", "crop", "resize", "other"),
    ),
    Family(
        name="padding_order",
        title="Padded before or after normalising",
        words="padded before the normalising instead of after",
        differs="padded before normalising on one side, after it on the other",
        with_stages="as `padding_value`",
        from_finals="as `padding_value`",
        steps=("pad", "crop", "other", "normalize"),
        twins=("padding_value",),
    ),
)
