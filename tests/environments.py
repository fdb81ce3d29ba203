"""Environments of their own, made in a second and without network, that hold chosen distributions and never the checkout.

A distribution that is installed here is linked into a new environment: its top-level files and folders one by one, so that
nothing else that is installed here is seen there, an editable install of this project least of all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
#: What the wheel and an editable install are made from.
PROJECT = ("helpers", "pyproject.toml", "README.md", "LICENSE")


class Environment:
    """A virtual environment under ``folder`` with the distributions that are named and what they need, or one ``made`` before."""

    def __init__(self, folder: Path, *, made: bool = False) -> None:
        if not made:
            venv.create(folder, with_pip=False, symlinks=True)
        self.bin = folder / "bin"
        (self.site,) = folder.glob("lib/python*/site-packages")

    def link(self, *requirements: str) -> None:
        """Link installed distributions and everything that they need, extras included."""
        for distribution in closure(requirements):
            files = distribution.files or []
            for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
                if not (self.site / top).exists():
                    (self.site / top).symlink_to(Path(str(distribution.locate_file(top))))

    def install(self, target: str | Path, cwd: Path) -> None:
        """Install the project alone, as pip's last line would, with the build tools of this environment."""
        options = ["--offline", "--no-deps", "--no-build-isolation", "--no-config", "--quiet"]
        command = [sys.executable, "-m", "uv", "pip", "install", *options, "--python", str(self.bin / "python")]
        done = subprocess.run(
            [*command, *str(target).split(" ", 1)], cwd=cwd, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr

    def run(
        self, command: str, *arguments: str, cwd: Path, more: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment in a folder, with nothing of this process's own paths, and ``more`` variables."""
        hidden = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTEST_ADDOPTS", "PYTEST_PLUGINS")
        environment = {name: value for name, value in os.environ.items() if name not in hidden}
        environment["PATH"] = os.pathsep.join([str(self.bin), os.environ["PATH"]])
        environment |= more or {}
        return subprocess.run(
            [str(self.bin / command), *arguments],
            cwd=cwd, env=environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip


def closure(requirements: Iterable[str]) -> list[metadata.Distribution]:
    """Return the installed distributions that requirements ask for, directly or not; one that is not installed is left out."""
    found: dict[str, metadata.Distribution] = {}
    asked = [(Requirement(text), frozenset({""})) for text in requirements]
    seen: set[tuple[str, frozenset[str]]] = set()
    while asked:
        requirement, extras = asked.pop()
        applies = requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras)
        wanted = (canonicalize_name(requirement.name), frozenset({"", *requirement.extras}))
        if not applies or wanted in seen:
            continue
        seen.add(wanted)
        try:
            distribution = metadata.distribution(requirement.name)
        except metadata.PackageNotFoundError:
            continue
        found[wanted[0]] = distribution
        asked += [(Requirement(text), wanted[1]) for text in distribution.requires or []]
    return list(found.values())


def copy_project(folder: Path) -> Path:
    """Copy what the project is built from into a new folder, without what earlier builds have left."""
    folder.mkdir(parents=True)
    for name in PROJECT:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder
