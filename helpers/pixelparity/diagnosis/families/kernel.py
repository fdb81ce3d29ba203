"""Another resampling kernel, antialiasing on one side, another sampling grid."""

from __future__ import annotations

from pixelparity.diagnosis.families.registry import Family, register

register(
    Family(
        name="interpolation",
        title="Another resize kernel",
        words="another resize kernel",
        differs="another kernel, or other coefficients",
        with_stages="each side's resize is done again with 14 kernels",
        from_finals="by spectra: gain and coherence of the two tensors against theory",
        steps=("resize", "other"),
        loses="filtered",
    ),
    Family(
        name="antialias",
        title="Antialiasing on one side only",
        words="the filter is widened when shrinking on one side only",
        differs="filter widened when shrinking, or not",
        with_stages="as `interpolation`",
        from_finals="by spectra",
        steps=("resize", "other"),
        loses="filtered",
    ),
    Family(
        name="subpixel",
        title="Another sampling grid",
        words="another sub-pixel convention: a small shift",
        differs="corner or aligned-end grids; exact scale kept",
        with_stages="as `interpolation`, three grids and both scales",
        from_finals="by displacement: it moves both axes alike, or one by less than a pixel",
        steps=("resize", "other"),
        loses="moved",
    ),
)
