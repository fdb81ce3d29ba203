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

import pixelparity

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


def project(python: str = "3.11") -> dict[str, Requirement]:
    """Return the direct requirements of pyproject.toml for one Python, those of the workbook and of a GPU too, by name."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = data["optional-dependencies"]
    entries, asked = [*data["dependencies"]], ["workbook", "gpu"]
    while asked:
        for requirement in map(Requirement, extras[asked.pop()]):
            if requirement.name == data["name"]:
                asked += requirement.extras
            else:
                entries.append(str(requirement))
    found = [r for r in map(Requirement, entries) if r.marker is None or r.marker.evaluate({"python_version": python})]
    return {canonicalize_name(r.name): r for r in found}


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


def pip_part() -> list[str]:
    """Return the entries of environment.yml that pip installs, as they stand there."""
    entries = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (found,) = [entry["pip"] for entry in entries if isinstance(entry, dict)]
    return list(found)


def conda() -> dict[str, Requirement]:
    """Return the packages in the pip part of environment.yml by name; the project itself is not among them."""
    return {canonicalize_name(r.name): r for r in map(Requirement, pip_part()[:-1])}


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12"])
def test_lock_satisfies_the_project(python: str) -> None:
    """Every direct requirement is pinned in the lock, for each Python, to a version that the project accepts."""
    pins = locked(python)
    for name, requirement in project(python).items():
        if name != "tensorrt":
            assert pins[name] in requirement.specifier, f"{name} {pins[name]} is not {requirement.specifier}"


def test_conda_pins_what_the_lock_pins() -> None:
    """environment.yml lists every direct requirement but TensorRT, at the lock's version for its Python."""
    pins, listed = locked("3.11"), conda()
    assert {SAME.get(name, name) for name in listed} == set(project()) - {"tensorrt"}
    for name, requirement in listed.items():
        assert str(requirement.specifier) == f"=={pins[SAME.get(name, name)]}", name


def test_conda_lists_what_was_asked_for() -> None:
    """The packages that users of the field expect are all in environment.yml, the gRPC client with its extra."""
    listed = conda() | switched_off()
    for wanted in map(Requirement, ASKED_FOR):
        assert wanted.extras <= listed[wanted.name].extras, wanted


def switched_off() -> dict[str, Requirement]:
    """Return the entries of environment.yml that a person switches on by taking the comment mark off."""
    found = re.findall(r"^ +# - (\S+)", (ROOT / "environment.yml").read_text(), re.M)
    return {canonicalize_name(r.name): r for r in map(Requirement, found)}


def test_tensorrt_is_there_and_switched_off() -> None:
    """TensorRT, whose index is NVIDIA's own, holds nobody up; with the mark taken off it is the version of the gpu extra."""
    assert "tensorrt" not in conda()
    assert switched_off() == {"tensorrt": project()["tensorrt"]}
    text = (ROOT / "environment.yml").read_text()
    switched_on = yaml.safe_load(re.sub(r"^( +)# - tensorrt", r"\1- tensorrt", text, flags=re.M))
    assert switched_on["dependencies"][-1]["pip"] == [*pip_part()[:-1], str(project()["tensorrt"]), "-e ."]


def test_conda_installs_the_project_itself() -> None:
    """The last entry is the checkout that environment.yml lies in, so the notebooks and the command find the package."""
    assert pip_part()[-1] == "-e ."
    name = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["name"]
    assert yaml.safe_load((ROOT / "environment.yml").read_text())["name"] == name


def test_conda_pip_part_resolves(tmp_path: Path) -> None:
    """The pip part, the project included, has a solution on Python 3.11 that has every entry."""
    listed = conda()
    wanted = tmp_path / "requirements.in"
    wanted.write_text("\n".join([*map(str, listed.values()), f"-e {ROOT.as_uri()}"]))
    resolver = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-annotate", "--no-config", "--no-header"]
    options = ["--python-version", "3.11", "--python-platform", "x86_64-manylinux_2_35", str(wanted)]
    done = subprocess.run([*resolver, *options], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    pinned = [line for line in done.stdout.splitlines() if not line.startswith("-e ")]
    resolved = {canonicalize_name(r.name): r.specifier for r in map(Requirement, pinned)}
    assert {name: r.specifier for name, r in listed.items()}.items() <= resolved.items()


def test_no_registry_address_in_the_lock() -> None:
    """The lock names packages and versions and no place to fetch them from."""
    text = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"https?://|--index|--find-links", text)


def test_the_version_is_said_alike_everywhere() -> None:
    """The package, pyproject.toml and the newest entry of CHANGELOG.md have one version."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    newest = re.search(r"^## \[([\d.]+)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert newest is not None
    assert pixelparity.__version__ == data["version"] == newest[1]


def test_the_licence_is_there() -> None:
    """pyproject.toml names the licence and the file with its text."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert data["license"] == "Apache-2.0"
    (file,) = data["license-files"]
    assert "Apache License\n                           Version 2.0, January 2004" in (ROOT / file).read_text()
