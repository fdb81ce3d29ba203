"""Values read in another layout than they were written in."""

from __future__ import annotations

from pixelparity.diagnosis.families.registry import Family, register

register(
    Family(
        name="layout",
        title="The layout is misread",
        words="the bytes of HWC read as CHW",
        differs="values read in another layout than they were written in",
        with_stages="the mistake is undone before anything else",
        from_finals="yes",
        steps=("layout", "normalize", "other"),
    ),
)
