"""Where things lie: in the checkout when the package runs from one, else in the user's cache folder, never beside the code.

The notebooks, the model repository and the reports belong to a checkout; an installed package has none of them.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from pixelparity.errors import InputError

#: The folder that holds the package, and so what another process must have on its path to import it.
IMPORT_ROOT = Path(__file__).resolve().parents[2]


def checkout(import_root: Path = IMPORT_ROOT) -> Path | None:
    """Return the checkout that the package runs from, or nothing where it is installed like any other package."""
    above = import_root.parent
    is_checkout = import_root.name == "helpers" and (above / "pyproject.toml").is_file()
    return above if is_checkout else None


def cache_folder(import_root: Path = IMPORT_ROOT) -> Path:
    """Return where results are kept that take long to build: ``.cache`` of the checkout, or the user's cache folder.

    A checkout that is only read has none, and neither has a user without a home, as in many a container: then it is a folder
    of this user's in the one for temporary files.
    """
    found = checkout(import_root)
    user = _of_user()
    for place in (found / ".cache" if found else None, user):
        if place is not None and place.is_absolute() and can_write(place):
            return place
    place = Path(tempfile.gettempdir()) / f"pixelparity-{os.getuid()}"
    if not place.exists():
        place.mkdir(mode=0o700)
    if place.is_symlink() or place.stat().st_uid != os.getuid():  # made by somebody else, who would fill it for us
        return user
    return place


def _of_user() -> Path:
    """Return our folder in the user's cache, which the XDG specification places; one that is not absolute is to be ignored."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else Path(os.path.expanduser("~/.cache"))) / "pixelparity"


def can_write(path: Path) -> bool:
    """Tell whether a folder can be written to, or made where it is not there yet."""
    there = next(folder for folder in (path, *path.parents) if os.path.exists(folder))
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def require_checkout(what: str, otherwise: str = "") -> None:
    """Raise ``InputError`` where the package does not run from a checkout that can be written to; ``what`` is a part of it.

    ``otherwise`` is what a person can do instead of cloning the project, if there is such a thing.
    """
    if checkout() is None:
        ways = " or ".join(way for way in ("clone the project and run it there", otherwise) if way)
        raise InputError(f"{what} is part of a checkout, and this pixelparity is installed without one: {ways}")
    if not can_write(ROOT):
        ways = " or ".join(way for way in ("copy the checkout to a folder of yours", otherwise) if way)
        raise InputError(f"{what} is built in the checkout {ROOT}, which cannot be written to: {ways}")


#: What the workbook's files lie in.
ROOT = checkout() or cache_folder()
CACHE = cache_folder()
