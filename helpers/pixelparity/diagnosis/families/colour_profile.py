"""An embedded colour profile converted on one side and ignored on the other."""

from __future__ import annotations

from pixelparity.diagnosis.families import looks
from pixelparity.diagnosis.families.finding import Finding, read_otherwise
from pixelparity.diagnosis.families.registry import Family, register

register(
    Family(
        name="colour_profile",
        title="A colour profile is converted on one side only",
        words="an embedded colour profile is ignored, or converted",
        differs="an embedded ICC profile converted to sRGB, or ignored",
        with_stages="with the files, each side's reading of them is tried",
        from_finals="no: only the files hold the profile",
        steps=("decode", "input", "other"),
        declared=False,
        elsewhere="the decoder is at fault: let it treat profiles as the training's does",
    ),
)


@looks.READ.look()
def read(asked: looks.Reading) -> Finding | None:
    """Name files with a profile that one side alone converts."""
    if asked.kind != "profile":
        return None
    return read_otherwise(
        "colour_profile",
        asked.words,
        asked.images,
        {},
        "convert to sRGB: ImageCms.profileToProfile(picture, profile, ImageCms.createProfile('sRGB'))"
        if asked.reference
        else "leave the profile alone",
    )
