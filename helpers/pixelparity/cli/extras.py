"""Libraries that come with an extra of the package: named with their install line where they lack."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pixelparity.errors import MissingLibrary


@contextmanager
def installed_with(extra: str) -> Iterator[None]:
    """Name the extra that brings a library which lacks, where it is first needed; raise ``MissingLibrary``."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] == "pixelparity":
            raise  # a mistake of ours
        raise MissingLibrary(f'{error.name} is not installed; run: pip install "pixelparity[{extra}]"') from error
