"""A size or an offset that becomes another whole number."""

from __future__ import annotations

from pixelparity.diagnosis.families.registry import Family, register

register(
    Family(
        name="rounding",
        title="Sizes or offsets are rounded otherwise",
        words="sizes or offsets rounded otherwise",
        differs="a size or an offset one pixel off on some pictures",
        with_stages="sizes and offsets",
        from_finals="by displacement",
        steps=("resize", "crop", "pad", "other"),
        loses="moved",
    ),
)
