"""Pictures to try: parts of a photograph that Matplotlib ships, a portrait of Grace Hopper by the US Navy (public domain).

They are upright, lying and square, all larger than what networks take, so that a fault of size, place, colour or filter shows.
"""

from __future__ import annotations

from pathlib import Path

from pixelparity import files
from pixelparity.errors import InputError
from pixelparity.extras import installed_with

#: Each picture by name: left, top, right and bottom in the photograph, in pixels.
PARTS = {
    "cap": (70, 0, 470, 300),
    "face": (110, 40, 430, 360),
    "flag": (0, 0, 300, 520),
    "insignia": (150, 260, 512, 590),
    "portrait": (60, 20, 460, 560),
    "uniform": (40, 300, 512, 600),
    "whole": (0, 0, 512, 600),
    "wide": (0, 60, 512, 360),
}


def write(folder: str | Path) -> Path:
    """Write the pictures into a folder as PNG, which every decoder reads alike, and return it; files that are there stay.

    Raises ``MissingLibrary`` without Matplotlib, ``InputError`` where it came without its photograph, or where the folder
    cannot be written.
    """
    from PIL import Image

    place = Path(folder)
    with files.written(place):
        place.mkdir(parents=True, exist_ok=True)
        photograph = Image.open(source()).convert("RGB")
        for name in PARTS:
            if not (place / f"{name}.png").exists():
                photograph.crop(PARTS[name]).save(place / f"{name}.png")
    return place


def source() -> Path:
    """Return the photograph's file."""
    with installed_with("report"):
        import matplotlib

    found = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    if not found.is_file():
        raise InputError(
            f"Matplotlib is installed without its photograph {found}; install its wheel, or give pictures of yours"
        )
    return found
