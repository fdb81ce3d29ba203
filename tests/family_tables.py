"""What each family's own test module adds to the tests that look at all families, so that a family has one test file."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

HOMES = Path(__file__).parent / "diagnosis" / "families"


def added(name: str) -> Iterator[Any]:
    """Yield the value of this name from every test module of the families that has one.

    ``BENCH`` holds rows for the table of ``tests/benchmarks/test_rates.py``, ``PRINTED`` pairs for the one of
    ``tests/repair/test_printed_mend.py``.
    """
    for file in sorted(HOMES.glob("test_*.py")):
        module = import_module(f"tests.diagnosis.families.{file.stem}")
        if hasattr(module, name):
            yield getattr(module, name)
