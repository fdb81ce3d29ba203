"""Settings of other libraries: JSON files that hold one object."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pixelparity import files
from pixelparity.errors import InputError
from pixelparity.fields import depth

_MOST_NESTED = 64  # lists and objects in one another; a pipeline.json has about six


def read_settings(path: Path, what: str) -> dict[str, Any]:
    """Read a JSON file that holds one object; raise ``InputError`` that says which file is not ``what``."""
    try:
        content = json.loads(files.read_text(path, what))
        if depth(content, _MOST_NESTED) > _MOST_NESTED:
            raise RecursionError
    except InputError:
        raise
    except (ValueError, RecursionError) as error:  # no JSON, a number of thousands of digits, too deep
        raise InputError(f"{path} is not a readable {what} ({_one_line(error)})") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} is not a {what}: it holds no object")
    return content


def _one_line(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())
