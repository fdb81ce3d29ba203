"""The three lists of packages say the same: pyproject.toml, requirements.lock and environment.yml."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
ASKED_FOR = (
    "jupyterlab", "nvidia-dali-cuda120", "tritonclient[grpc]", "tensorrt", "mmpretrain", "matplotlib", "numpy", "ipywidgets",
)  # fmt: skip
#: conda resolves with pip, which cannot replace mmcv-lite's opencv-python by the build without libGL.
SAME = {"opencv-python": "opencv-python-headless"}


def project() -> dict[str, Requirement]:
    """Return the direct requirements of pyproject.toml, the GPU extra's too, by name."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    entries = data["dependencies"] + data["optional-dependencies"]["gpu"]
    return {canonicalize_name(r.name): r for r in map(Requirement, entries)}


def locked(python: str) -> dict[str, Version]:
    """Return the versions that requirements.lock pins for one Python."""
    environment = {"python_version": python, "python_full_version": f"{python}.9", "sys_platform": "linux"}
    environment |= {"platform_machine": "x86_64", "implementation_name": "cpython", "os_name": "posix"}
    found = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        if line and not line.lstrip().startswith("#"):
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate(environment):
                (specifier,) = requirement.specifier
                assert specifier.operator == "==", line
                found[canonicalize_name(requirement.name)] = Version(specifier.version)
    return found


def conda() -> dict[str, Requirement]:
    """Return the pip part of environment.yml by name."""
    entries = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (pip_part,) = [entry["pip"] for entry in entries if isinstance(entry, dict)]
    return {canonicalize_name(r.name): r for r in map(Requirement, pip_part)}


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12"])
def test_lock_satisfies_the_project(python: str) -> None:
    """Every direct requirement is pinned in the lock, for each Python, to a version that the project accepts."""
    pins = locked(python)
    for name, requirement in project().items():
        if name != "tensorrt":
            assert pins[name] in requirement.specifier, f"{name} {pins[name]} is not {requirement.specifier}"


def test_conda_pins_what_the_lock_pins() -> None:
    """environment.yml lists every direct requirement, at the lock's version for its Python."""
    pins, listed = locked("3.11"), conda()
    assert {SAME.get(name, name) for name in listed} == set(project())
    for name, requirement in listed.items():
        if name != "tensorrt":
            assert str(requirement.specifier) == f"=={pins[SAME.get(name, name)]}", name
    assert listed["tensorrt"].specifier == project()["tensorrt"].specifier


def test_conda_lists_what_was_asked_for() -> None:
    """The packages that users of the field expect are all in environment.yml, the gRPC client with its extra."""
    listed = conda()
    for wanted in map(Requirement, ASKED_FOR):
        assert wanted.extras <= listed[wanted.name].extras, wanted


def test_conda_pip_part_resolves(tmp_path: Path) -> None:
    """The pip part has a solution on Python 3.11, and it is the versions that the lock has."""
    listed = conda()
    listed.pop("tensorrt")  # its index is NVIDIA's own, which is not reachable everywhere
    wanted = tmp_path / "requirements.in"
    wanted.write_text("\n".join(map(str, listed.values())))
    resolver = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-annotate", "--no-config", "--no-header"]
    options = ["--python-version", "3.11", "--python-platform", "x86_64-manylinux_2_35", str(wanted)]
    done = subprocess.run([*resolver, *options], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    resolved = {canonicalize_name(r.name) for r in map(Requirement, done.stdout.splitlines())}
    assert {canonicalize_name(name) for name in listed} <= resolved


def test_no_registry_address_in_the_lock() -> None:
    """The lock names packages and versions and no place to fetch them from."""
    text = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"https?://|--index|--find-links", text)
