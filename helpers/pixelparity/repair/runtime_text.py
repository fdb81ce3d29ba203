"""The functions of ``dali_runtime`` as text, each with the constants that stand before it. Nothing here imports DALI."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).with_name("dali_runtime.py")


@lru_cache(maxsize=1)
def functions() -> dict[str, str]:
    """Return each function's text by its name, with the assignments between it and the function before."""
    text = FILE.read_text(encoding="utf-8")
    lines, found = text.splitlines(), {}
    begin = 0
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and not begin:
            begin = node.lineno
        elif isinstance(node, ast.FunctionDef):
            found[node.name] = "\n".join(lines[(begin or node.lineno) - 1 : node.end_lineno]) + "\n"
            begin = 0
    return found
