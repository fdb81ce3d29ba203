"""What Pillow does of itself: how it decodes, and how the versions of it resample."""

from __future__ import annotations

from importlib import metadata

from pixelparity.recipes.steps import Decode, Orient, Step, with_defaults


def pillow_passes(version: str) -> str:
    """Return how a Pillow version takes its passes; see :data:`PASSES` (checked with Pillow 12.3 and 13.0)."""
    return "pillow_13" if int(version.partition(".")[0]) >= 13 else "horizontal_first"


def installed_pillow_passes() -> str:
    """Return how the installed Pillow takes its passes; without one, how most versions do."""
    try:
        return pillow_passes(metadata.version("pillow"))
    except metadata.PackageNotFoundError:
        return "horizontal_first"


def pillow_decode(origin: str, *, grey: bool = False) -> tuple[Step, ...]:
    """Return what ``Image.open(file).convert("RGB")`` does, none of it chosen by the settings: RGB, EXIF tag not applied.

    ``grey`` is for settings that ask for one channel: ``convert("L")``.
    """
    decode = Decode(library="pillow", channels="GRAY" if grey else "RGB", origin=origin)
    turned = with_defaults(Orient(exif=False, origin=origin), frozenset())
    return with_defaults(decode, {"channels"} if grey else frozenset()), turned
