"""What lacks is named with one command, and every extra that a message may name is one of pyproject.toml."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from pixelparity import extras
from pixelparity.cli.main import main
from pixelparity.errors import MissingLibrary

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OPTIONAL = PROJECT["optional-dependencies"]
#: What holds a library that lacks, who meets it, and the extra that brings it.
MET = (
    ("cv2", "pixelparity.pictures", "read_rgb", "opencv"),
    ("nvidia.dali", "pixelparity.sources.dali.functions", "dali", "dali"),
    ("tritonclient.grpc", "pixelparity.deploy.wire", "library", "triton"),
    ("tensorrt", "pixelparity.deploy.engine", "_tensorrt_identity", "gpu"),
)


def whole(*names: str) -> set[str]:
    """Return every package that extras ask for, those of the extras that they name included."""
    found: set[str] = set()
    asked = list(names)
    while asked:
        for requirement in map(Requirement, OPTIONAL[asked.pop()]):
            asked += requirement.extras if requirement.name == PROJECT["name"] else ()
            found |= {requirement.name} - {PROJECT["name"]}
    return found


def test_the_extras_are_those_of_the_project() -> None:
    """Every extra for users is described, and none beside those."""
    assert set(extras.EXTRAS) == set(OPTIONAL) - {"dev"}


def test_the_core_is_numpy_and_pillow() -> None:
    """Without an extra nothing but numpy and Pillow is installed."""
    assert {Requirement(text).name for text in PROJECT["dependencies"]} == {"numpy", "pillow"}


def test_all_is_what_make_setup_takes() -> None:
    """``[all]`` holds the packages of every other extra but TensorRT's, and the lock is made from it and ``dev``."""
    assert whole("all") == whole(*(set(OPTIONAL) - {"dev", "gpu", "all"}))
    assert "--extra all --extra dev" in (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_an_extra_that_there_is_not_is_no_command() -> None:
    """The install line is made for extras of the project only."""
    assert extras.install("report") == 'pip install "pixelparity[report]"'
    with pytest.raises(KeyError):
        extras.install("reports")


@pytest.mark.parametrize(("library", "module", "function", "extra"), MET, ids=[row[0] for row in MET])
def test_what_lacks_is_one_command(library, module, function, extra, monkeypatch, tmp_path) -> None:
    """Whoever meets a library that is not installed says what it is for and the command that brings it."""
    meeting = getattr(importlib.import_module(module), function)
    monkeypatch.setitem(sys.modules, library, None)
    argument = {"read_rgb": [tmp_path], "library": ["grpc"]}.get(function, [])
    with pytest.raises(MissingLibrary, match=re.escape(extras.install(extra)) + "$"):
        meeting(*argument)


def test_an_engine_without_its_extra_is_one_line(monkeypatch, tmp_path, capsys) -> None:
    """``--model`` without Polygraphy ends with 2 and the command, before anything is diagnosed."""
    monkeypatch.setitem(sys.modules, "polygraphy.logger", None)
    (tmp_path / "engine.onnx").write_bytes(b"")
    (tmp_path / "sides.py").write_text("import numpy as np\ndef f(path):\n    return np.zeros((3, 8, 8), np.float32)\n")
    from PIL import Image

    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    side, images = f"python:{tmp_path / 'sides.py'}:f", str(tmp_path / "a.png")
    words = ["--reference", side, "--deployed", side, "--images", images, "--model", str(tmp_path / "engine.onnx")]
    assert main(["diagnose", *words]) == 2
    assert extras.install("onnx") in capsys.readouterr().err


def test_no_other_home() -> None:
    """No module but one writes an install line of its own, but for what no extra brings."""
    lines = {
        path.name: line.strip()
        for path in (ROOT / "helpers" / "pixelparity").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "pip install" in line
    }
    assert set(lines) == {"extras.py", "configs.py"}
    assert "setuptools<81" in lines["configs.py"]
