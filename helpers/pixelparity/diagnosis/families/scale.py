"""Scaling by 255 left out, or done twice."""

from __future__ import annotations

from pixelparity.diagnosis.families.registry import Family, register

register(
    Family(
        name="scale_missing",
        title="The division by 255 is missing",
        words="the division by 255 is left out",
        differs="the division by 255 is left out",
        with_stages="both sides' maps from pixels are fitted and compared",
        from_finals="yes; the reference's own constants are read from the lattice of its values",
        steps=("normalize", "cast", "other", "layout"),
        twins=("mean_std_wrong_range",),
        maps_values=True,
    ),
    Family(
        name="scale_twice",
        title="Scaled or normalised twice",
        words="scaled or normalised twice",
        differs="scaled or normalised once too often",
        with_stages="as `scale_missing`",
        from_finals="yes",
        steps=("normalize", "cast", "other", "layout"),
        twins=("mean_std_wrong_range",),
        maps_values=True,
    ),
)
