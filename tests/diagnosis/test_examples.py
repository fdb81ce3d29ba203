"""The examples in docstrings are run."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

from pixelparity import diagnosis

ROOM = Path(diagnosis.__file__).parent
MODULES = [f"pixelparity.diagnosis.{file.parent.name}.{file.stem}" for room in ("measure", "model", "fit")
           for file in sorted((ROOM / room).glob("*.py")) if file.stem != "__init__"]  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_examples_say_what_happens(name: str) -> None:
    """Each example of a module prints what the docstring says."""
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    """The check above looks at something: each room has examples."""
    finder = doctest.DocTestFinder()
    for room in ("measure", "model", "fit"):
        modules = [importlib.import_module(name) for name in MODULES if f".{room}." in name]
        assert any(test.examples for module in modules for test in finder.find(module)), room
