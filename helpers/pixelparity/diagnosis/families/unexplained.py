"""What no family explains."""

from __future__ import annotations

from pixelparity.diagnosis.families.registry import Family, register

register(
    Family(
        name="unexplained",
        title="Not explained",
        words="a difference that no family explains",
        differs="anything else",
        with_stages="what is left with every cause mended",
        from_finals="the plain difference of the tensors, largest and mean",
        steps=("other",),
        declared=False,
        elsewhere="no family explains it, so there is nothing to change yet",
    ),
)
