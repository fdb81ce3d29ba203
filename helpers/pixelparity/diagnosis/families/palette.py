"""Indices of a palette taken for colours."""

from __future__ import annotations

from pixelparity import readings
from pixelparity.diagnosis.families import looks
from pixelparity.diagnosis.families.finding import Finding, read_otherwise
from pixelparity.diagnosis.families.registry import Family, register

register(
    Family(
        name="palette",
        title="Indices of a palette are taken for colours",
        words="indices of a palette taken for colours",
        differs="indices of a palette taken for colours",
        with_stages="with the files, each side's reading of them is tried",
        from_finals="no: only the files hold the palette",
        steps=("decode", "input", "other"),
        declared=False,
        elsewhere="the decoder is at fault: let it convert palettes to RGB, as the training's does",
    ),
)


@looks.READ.look()
def read(asked: looks.Reading) -> Finding | None:
    """Name files with a palette that the sides read otherwise, unless it is their transparency."""
    if asked.kind != "palette" or readings.INDICES not in (asked.reference, asked.deployed):
        return None
    return read_otherwise(
        "palette",
        asked.words,
        asked.images,
        {},
        "convert pictures with a palette to RGB: Image.open(f).convert('RGB')"
        if asked.deployed == readings.INDICES
        else "feed the palette's indices",
    )
