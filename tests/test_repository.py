"""The repository itself: nothing large, nothing generated, nothing that belongs to one machine."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Return the files that git tracks."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_large_file(tracked: list[Path]) -> None:
    """No tracked file is over 1 MiB."""
    assert not [path for path in tracked if path.stat().st_size > 2**20]


def test_no_built_artefact(tracked: list[Path]) -> None:
    """Weights, engines, pipelines, pictures and archives are built, not kept."""
    built = {".pth", ".onnx", ".plan", ".engine", ".dali", ".npz", ".npy", ".jpg", ".zip", ".whl"}
    assert not [path for path in tracked if path.suffix in built]


def test_no_registry_address(tracked: list[Path]) -> None:
    """No tracked text names a package registry's host."""
    hosts = re.compile("pypi" + r"\.org|python" + r"hosted|deb\.deb" + r"ian\.org|registry\.npm" + "js")
    assert not [path for path in tracked if hosts.search(path.read_text(errors="ignore"))]


def test_native_and_embedded_configs_stand_side_by_side() -> None:
    """Every model of the repository has the config for the embedded server and the one for a full Triton."""
    models = [path for path in (ROOT / "model_repository").iterdir() if path.is_dir()]
    assert models
    assert all((m / "config.pbtxt").is_file() and (m / "configs" / "native.pbtxt").is_file() for m in models)


@pytest.mark.parametrize("folder", ["helpers/pixelparity", "benchmarks", "tests"])
def test_no_sentence_is_cut_off(folder: str) -> None:
    """A string that stands alone, and is no docstring, is the lost second half of a sentence."""
    lost = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        docstrings = {id(node.body[0]) for node in ast.walk(tree) if isinstance(node, documented) and node.body}
        alone = (node for node in ast.walk(tree) if isinstance(node, ast.Expr) and id(node) not in docstrings)
        lost += [f"{path.relative_to(ROOT)}:{node.lineno}" for node in alone if _is_text(node.value)]
    assert not lost


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
