"""Where recipes and captures come from: one outside library per module, loaded when it is first used.

``mmpretrain``, ``dali``, ``triton``, ``python`` and ``tensors`` capture; ``mmpretrain``, ``dali``, ``mmdeploy``,
``torchvision``, ``timm`` and ``huggingface`` read recipes. None of them imports another.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any


def __getattr__(name: str) -> Any:
    """Load a source module on first use."""
    if name.startswith("_") or importlib.util.find_spec(f"{__name__}.{name}") is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")
