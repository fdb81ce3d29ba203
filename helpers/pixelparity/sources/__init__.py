"""Where recipes and captures come from: one outside format per file or folder, loaded when it is first used.

:mod:`.protocol` is the table of them: what each takes, what it executes and what it gives. :mod:`.served` is what live servers
have in common. No source imports another.
"""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    """Load a source module on first use."""
    if name.startswith("_") or importlib.util.find_spec(f"{__name__}.{name}") is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")
