"""Read a capture that ``pixelparity capture`` saved: ``capture:FOLDER``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pixelparity import stages
from pixelparity.errors import InputError
from pixelparity.sources.protocol import Form, Source, register
from pixelparity.stages import Capture


def capture(folder: str | Path, images: Mapping[str, Path] | None = None) -> Capture:
    """Return a saved capture, of the pictures named in ``images`` or of all that it holds.

    Raises ``InputError`` when the folder holds no capture, or none of a picture that is asked for.
    """
    found = stages.load(folder)
    if images is None:
        return found
    lacking = [name for name in images if name not in found.images]
    if lacking:
        raise InputError(
            f"{found.source}: the capture has no image {lacking[0]!r} ({len(lacking)} lacking); it was made from others"
        )
    return found.only(images=tuple(images))


register(
    Source(
        kind="capture",
        forms=(
            Form(
                text="capture:FOLDER",
                takes="a folder that `pixelparity capture` wrote",
                example="capture:golden",
                executes=False,
                handling="arrays and JSON; pickled objects are refused",
            ),
        ),
        capture=capture,
        needs_images=False,
    )
)
