"""Where things lie: in the checkout when the package runs from one, else in the user's cache folder, never beside the code.

The notebooks, the model repository and the reports belong to a checkout; an installed package has none of them.
"""

from __future__ import annotations

from pathlib import Path

import platformdirs

from pixelparity.errors import InputError

#: The folder that holds the package, and so what another process must have on its path to import it.
IMPORT_ROOT = Path(__file__).resolve().parents[2]


def checkout(import_root: Path = IMPORT_ROOT) -> Path | None:
    """Return the checkout that the package runs from, or nothing where it is installed like any other package."""
    above = import_root.parent
    is_checkout = import_root.name == "helpers" and (above / "pyproject.toml").is_file()
    return above if is_checkout else None


def cache_folder(import_root: Path = IMPORT_ROOT) -> Path:
    """Return where results are kept that take long to build: ``.cache`` of the checkout, or the user's cache folder."""
    found = checkout(import_root)
    return found / ".cache" if found else Path(platformdirs.user_cache_dir("pixelparity", appauthor=False))


def require_checkout(what: str, otherwise: str = "") -> None:
    """Raise ``InputError`` where the package does not run from a checkout, which ``what`` is a part of.

    ``otherwise`` is what a person can do instead of cloning the project, if there is such a thing.
    """
    if checkout() is None:
        ways = " or ".join(way for way in ("clone the project and run it there", otherwise) if way)
        raise InputError(f"{what} is part of a checkout, and this pixelparity is installed without one: {ways}")


#: What the workbook's files lie in.
ROOT = checkout() or cache_folder()
CACHE = cache_folder()
