"""Which test files are asked about a module: its mirror, those that import it, and those of the table."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from benchmarks.mutants.generate import PACKAGE

#: Test files of whole folders, by the beginning of a module's path in the package. Modules whose tests have another name
#: are found through the imports; these are seen through the folder's public functions.
SHARED = {
    "diagnosis/": ("diagnosis/test_diagnosing.py", "diagnosis/test_several_causes.py"),
    "diagnosis/families/": ("diagnosis/families/test_registry.py", "diagnosis/test_recipe_hints.py"),
    "recipes/": ("recipes/test_diff.py", "recipes/test_canonical.py", "recipes/test_steps.py"),
    "repair/": ("repair/test_search.py",),
    "repair/dali_runtime": ("repair/test_write_dali.py",),
    "sources/dali/": (
        "sources/dali/test_meaning.py",
        "sources/test_dali_recipe.py",
        "sources/test_dali_serialized.py",
        "sources/test_dali_capture.py",
    ),
    "sources/albumentations/": ("sources/test_albumentations_source.py",),
    "sources/huggingface/": ("sources/test_declared_recipes.py",),
    "sources/keras/": ("sources/test_keras_source.py",),
    "sources/mmpretrain/": ("sources/test_mmpretrain_source.py",),
    "sources/onnx/": ("sources/test_onnx_source.py",),
    "sources/nvinfer": ("sources/test_nvinfer_source.py",),
    "sources/front": ("sources/test_onnx_source.py", "sources/test_openvino_source.py"),
    "sources/blob/": ("sources/test_blob_source.py",),
    "sources/openvino/": ("sources/test_openvino_source.py",),
    "sources/python_text": ("sources/test_blob_source.py", "sources/test_openvino_source.py"),
    "sources/ultralytics/": ("sources/test_ultralytics_source.py",),
    "sources/torchvision/": ("sources/test_declared_recipes.py",),
    "sources/served/": ("sources/test_triton_graph.py", "sources/test_triton_source.py", "sources/served/test_walk.py"),
    "sources/triton_repo/": ("sources/test_triton_repo_source.py", "sources/test_triton_repo_refusals.py"),
    "sources/triton/": (
        "sources/test_triton_graph.py",
        "sources/test_triton_trace.py",
        "sources/test_triton_source.py",
    ),
}
#: Tests that train a model, start a browser or run a notebook: too slow to be asked about each mutant.
SLOW = ("browser/", "notebooks/", "deploy/", "workbook/", "views/", "benchmarks/")
#: What other folders check with a module in passing is not asked about it.
TOP = (
    "test_proving.py",
    "test_imports.py",
    "test_repository.py",
    "test_readme.py",
    "test_readme_zh.py",
    "test_environment.py",
)


def tests_of(root: Path, module: str) -> list[str]:
    """Return the test files for a module, the nearest first, as paths in the repository at ``root``."""
    inner = Path(module).relative_to(PACKAGE)
    mirrors = [f"{inner.parent.as_posix()}/test_{inner.stem}.py"]
    shared = [name for prefix, names in SHARED.items() if inner.as_posix().startswith(prefix) for name in names]
    importers = [name for name, known in _imports(root) if _dotted(module) in known]
    wanted = dict.fromkeys([*mirrors, *_of_thresholds(root, inner), *importers, *shared])
    return [f"tests/{name}" for name in wanted if (root / "tests" / name).is_file() and not _left_out(name)]


def _of_thresholds(root: Path, inner: Path) -> list[str]:
    """Return the tests of the folder that reads a group of thresholds: nothing imports ``thresholds/fit.py`` but the table."""
    if inner.parent.as_posix() != "diagnosis/thresholds":
        return []
    readers = sorted((root / "tests" / "diagnosis").rglob(f"{inner.stem}/test_*.py"))
    return [path.relative_to(root / "tests").as_posix() for path in readers]


def _left_out(name: str) -> bool:
    return name.startswith(SLOW) or name in TOP


def _dotted(module: str) -> str:
    parts = Path(module).relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@lru_cache(maxsize=4)
def _imports(root: Path) -> tuple[tuple[str, frozenset[str]], ...]:
    """Return each test file with the dotted names of all that it imports."""
    files = sorted((root / "tests").rglob("test_*.py"))
    return tuple((path.relative_to(root / "tests").as_posix(), frozenset(_imported(path))) for path in files)


def _imported(path: Path) -> Iterable[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
