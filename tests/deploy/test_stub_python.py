"""Triton's stub finds a Python that starts in the C locale, whatever the environment's path and its .pth files hold."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pixelparity.deploy import stub_python

C_LOCALE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """Return a virtual environment with a package, an editable one beyond ASCII, and an editable one that is plain."""
    root = tmp_path / "sp ace ünï图"
    site = root / "venv" / "site-packages"
    site.mkdir(parents=True)
    (root / "venv" / "pyvenv.cfg").write_text("include-system-site-packages = false\n")
    (site / "installed.py").write_text("")
    for name, folder in (("far", root / "far"), ("near", tmp_path / "near")):
        folder.mkdir()
        (folder / f"{name}.py").write_text("")
        (site / f"{name}.pth").write_text(f"{folder}\n", encoding="utf-8")
    return root / "venv"


def start(program: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run code as the stub's Python would: in the C locale, and without this process's own paths."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [str(program), "-c", code], env=environment | C_LOCALE, capture_output=True, text=True, timeout=60
    )


def test_a_plain_environment_is_taken_as_it_is(tmp_path: Path) -> None:
    """Nothing is made where the running Python's paths are plain and its .pth files are ASCII."""
    (tmp_path / "site").mkdir()
    found = stub_python.programs(tmp_path / "work", tmp_path, tmp_path / "site")
    assert found == Path(sys.executable).parent
    assert not (tmp_path / "work").exists()


def test_an_odd_environment_is_reached_by_plain_paths(prefix: Path, tmp_path: Path) -> None:
    """What is installed, and what both editable installs lead to, is imported from plain paths in the C locale."""
    made = stub_python.programs(tmp_path / "work", prefix, prefix / "site-packages")
    done = start(made / "python3", "import installed, near, far; print(installed.__file__, far.__file__)")
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert all(path.startswith(str(tmp_path / "work")) for path in done.stdout.split())


def test_one_pth_file_beyond_ascii_is_enough(prefix: Path, tmp_path: Path) -> None:
    """An environment with a plain path and an editable install of an odd one does not start as it is, and does as made."""
    plain = tmp_path / "plain"
    (prefix / "site-packages").rename(plain)
    assert not stub_python.is_readable(plain / "far.pth")
    made = stub_python.programs(tmp_path / "work", tmp_path, plain)
    assert made == tmp_path / "work" / "python" / "bin"
    assert start(made / "python3", "import far").returncode == 0
    (site,) = made.parent.glob("lib/*/site-packages")
    (site / "far.pth").unlink()
    (site / "far.pth").symlink_to(plain / "far.pth")
    assert "ascii" in start(made / "python3", "import far").stderr
