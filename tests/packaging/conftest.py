"""The project's wheel, and an environment that holds it and little else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.environments import Environment, copy_project


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of what the project is built from."""
    return copy_project(tmp_path_factory.mktemp("project") / "checkout")


@pytest.fixture(scope="session")
def wheel(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the project's wheel, built without network."""
    out = tmp_path_factory.mktemp("wheel")
    options = ["--wheel", "--offline", "--no-build-isolation", "--no-config", "--quiet", "--python", sys.executable]
    command = [sys.executable, "-m", "uv", "build", *options, "--out-dir", str(out), str(project)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def light(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return an environment with the wheel, what it and its extra opencv ask for, pytest, and nothing else."""
    environment = Environment(tmp_path_factory.mktemp("light"))
    environment.link("numpy", "pillow", "opencv-python-headless", "pytest")
    environment.install(wheel, wheel.parent)
    return environment
