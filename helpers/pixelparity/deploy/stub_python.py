"""The Python that Triton's stub finds: the running one, or a virtual environment over it that has plain paths only.

The stub embeds an isolated Python in the C locale, so neither ``PYTHONUTF8`` nor ``LANG`` reach it: ``site`` ends it at the first
``.pth`` file with letters beyond ASCII, which an editable install writes where the checkout's path has such.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from pixelparity.deploy.plain import is_plain, through

CONFIG = "home = {home}\ninclude-system-site-packages = {system}\nversion = {version}\n"


def programs(folder: Path, prefix: Path | None = None, site_packages: Path | None = None) -> Path:
    """Return the folder of programs whose ``python3`` the stub is to find: the running Python's, or one made in ``folder``.

    ``prefix`` and ``site_packages`` are the running environment's unless they are given.
    """
    prefix = prefix or Path(sys.prefix)
    site_packages = site_packages or Path(sysconfig.get_path("purelib"))
    if is_plain(prefix) and all(is_readable(path) for path in site_packages.glob("*.pth")):
        return Path(sys.executable).parent
    made = folder / "python"
    home = through(Path(sys.base_prefix), folder / "base") / "bin"
    (made / "bin").mkdir(parents=True)
    (made / "bin" / "python3").symlink_to(home / Path(getattr(sys, "_base_executable", sys.executable)).name)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    system = "include-system-site-packages = true" in _text(prefix / "pyvenv.cfg")
    config = CONFIG.format(home=home, system=str(system).lower(), version=sys.version.split()[0])
    (made / "pyvenv.cfg").write_text(config, encoding="ascii")
    _link_all(site_packages, made / "lib" / f"python{version}" / "site-packages")
    return made / "bin"


def is_readable(path: Path) -> bool:
    """Tell whether a Python in the C locale can read a ``.pth`` file."""
    return path.read_bytes().isascii()


def _link_all(source: Path, target: Path) -> None:
    """Link everything in a folder of packages into a new one; what a ``.pth`` file there leads to gets a plain path."""
    target.mkdir(parents=True)
    for entry in source.iterdir():
        if entry.suffix == ".pth" and not is_readable(entry):
            (target / entry.name).write_text("\n".join(_plain_lines(entry, target)), encoding="ascii")
        else:
            (target / entry.name).symlink_to(entry)


def _plain_lines(pth: Path, target: Path) -> Iterator[str]:
    for number, line in enumerate(pth.read_text(encoding="utf-8").splitlines()):
        if line.isascii():
            yield line
        elif not line.startswith(("import ", "import\t", "#")):
            yield str(through(pth.parent / line.strip(), target / f".{pth.stem}-{number}"))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
