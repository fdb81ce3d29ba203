"""The functions that a written pipeline brings along: each once, as it stands in its module, with its constants."""

from __future__ import annotations

import ast

import pytest

from pixelparity.repair import runtime_text


def test_every_function_is_there_as_it_stands() -> None:
    """The texts are those of the module's functions, and put together they are the module without its head."""
    text = runtime_text.FILE.read_text(encoding="utf-8")
    found = runtime_text.functions()
    assert list(found) == [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    assert text.endswith("\n\n\n".join(one.rstrip("\n") for one in found.values()) + "\n")


def test_constants_go_with_the_function_behind_them() -> None:
    """The columns' numbers and the margin are only where columns are tapped, with the comment beside them."""
    found = runtime_text.functions()
    assert found["tapped_columns"].startswith("MARGIN = 4  # pixels")
    assert [name for name, text in found.items() if "MARGIN =" in text] == ["tapped_columns"]


def test_the_module_runs() -> None:
    """With DALI at hand the module imports as it is: what is written into pipelines is code that was run."""
    pytest.importorskip("nvidia.dali")
    from pixelparity.repair import dali_runtime

    assert set(runtime_text.functions()) <= set(vars(dali_runtime))
    fractions = list(dali_runtime.nearest_tap(0.25))
    assert fractions == [(0, 1.0)]
