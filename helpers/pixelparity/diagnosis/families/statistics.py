"""Mean and standard deviation left out, wrong, in the wrong range, or taken from each picture."""

from __future__ import annotations

from pixelparity.diagnosis.families.registry import Family, register

register(
    Family(
        name="mean_std_missing",
        title="Mean and standard deviation are missing",
        words="mean and deviation are left out",
        differs="mean and std, or one of them, left out",
        with_stages="both sides' maps from pixels are fitted and compared",
        from_finals="yes",
        steps=("normalize", "cast", "other", "layout"),
        maps_values=True,
    ),
    Family(
        name="mean_std_wrong",
        title="Other constants for mean or standard deviation",
        words="other constants for mean or deviation",
        differs="other constants, or the right ones in the other channel order",
        with_stages="as `mean_std_missing`, known sets by name",
        from_finals="yes",
        steps=("normalize", "cast", "other", "layout"),
        maps_values=True,
    ),
    Family(
        name="mean_std_wrong_range",
        title="Statistics of the other pixel range",
        words="statistics of 0..1 pixels used on 0..255 pixels, or the reverse",
        differs="statistics of 0..1 on pixels of 0..255, or the reverse",
        with_stages="as `mean_std_missing`",
        from_finals='yes, see "one function, two names"',
        steps=("normalize", "cast", "other", "layout"),
        twins=("scale_missing", "scale_twice"),
        maps_values=True,
    ),
    Family(
        name="per_image_normalize",
        title="Statistics of each picture instead of constants",
        words="mean and deviation are taken from each picture",
        differs="statistics from each image",
        with_stages="one map per image",
        from_finals="yes",
        steps=("normalize", "cast", "other"),
    ),
)
