"""The wheel alone with ``[opencv,report]``: from ``pip install`` to a gate, in 350 MB."""

from __future__ import annotations

import os
import subprocess
import venv
from pathlib import Path

import pytest

from tests.environments import Environment

MOST_BYTES = 350 * 2**20
GATE = """
A, B = (f"python:pixelparity-demo/{name}.py:preprocess" for name in ("train", "serve"))

def test_same(assert_parity):
    assert_parity(A, A, "pixelparity-demo/pictures")

def test_served(assert_parity):
    assert_parity(A, B, "pixelparity-demo/pictures")
"""


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return an environment that pip itself made from the wheel with its two extras."""
    folder = tmp_path_factory.mktemp("first")
    venv.create(folder, with_pip=True, symlinks=True)
    asked = f"{wheel}[opencv,report]"
    done = subprocess.run(
        [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--only-binary=:all:", asked],
        capture_output=True, text=True, timeout=500,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Environment(folder, made=True)


@pytest.mark.slow
def test_it_is_small(environment: Environment) -> None:
    """The whole environment, pip included, takes at most 350 MB, and holds no heavy library."""
    files = {path.stat().st_ino: path for path in environment.site.rglob("*") if path.is_file()}
    assert sum(path.stat().st_size for path in files.values()) <= MOST_BYTES
    assert not {"torch", "mmpretrain", "nvidia", "tritonclient", "google"} & set(os.listdir(environment.site))


@pytest.mark.slow
def test_from_help_to_gate(environment: Environment, tmp_path: Path) -> None:
    """Help, demo, diagnose, report and the gate do what they say."""
    assert environment.run("pixelparity", "--help", cwd=tmp_path).returncode == 0
    shown = environment.run("pixelparity", "demo", cwd=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    sides = [f"python:pixelparity-demo/{name}.py:preprocess" for name in ("train", "serve")]
    words = ["diagnose", "--reference", sides[0], "--deployed", sides[1], "--images", "pixelparity-demo/pictures"]
    found = environment.run("pixelparity", *words, "--report", "page", "--json", "found.json", cwd=tmp_path)
    assert found.returncode == 1
    assert found.stdout.strip() in shown.stdout
    assert (tmp_path / "page" / "index.html").stat().st_size > 100_000
    assert environment.run("pixelparity", *words[:4], sides[0], *words[5:], cwd=tmp_path).stdout.startswith("MATCH")
    done = subprocess.run(
        [str(environment.bin / "python"), "-m", "pip", "install", "--quiet", "pytest"],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (tmp_path / "test_gate.py").write_text(GATE, encoding="utf-8")
    gate = environment.run("python", "-m", "pytest", "-p", "no:cacheprovider", cwd=tmp_path)
    assert "1 failed, 1 passed" in gate.stdout
    assert "mean_std_wrong_range" in gate.stdout
