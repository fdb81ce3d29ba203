"""Turn whatever names a pipeline (a function, a built pipeline, ``FILE.py:FUNCTION``, a file) into its serialized bytes."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pixelparity import files
from pixelparity.errors import InputError, SideError
from pixelparity.extras import missing
from pixelparity.sources.dali.serialized import load_bytes


def dali() -> Any:
    """Return the ``nvidia.dali`` module; raise ``MissingLibrary`` with the install line where it is not there."""
    try:
        import nvidia.dali
    except ImportError as error:
        raise missing("nvidia.dali", "dali") from error
    return nvidia.dali


def serialize(pipeline: Any) -> tuple[bytes, str]:
    """Return a pipeline's serialized bytes and the name to call it by.

    ``pipeline`` is a ``@pipeline_def`` function that has not been called, a pipeline, ``"FILE.py:FUNCTION"``, the path
    of a ``model.dali``, or the bytes of one. Raises ``InputError`` for anything else, ``SideError`` when the function
    fails.
    """
    if isinstance(pipeline, bytes):
        return load_bytes(pipeline)
    if isinstance(pipeline, str | Path):
        if is_function_spec(str(pipeline)):
            function = load_function(str(pipeline))
            return _serialize_built(_call(function, str(pipeline)), f"dali:{pipeline}")
        return load_bytes(pipeline)
    if hasattr(pipeline, "serialize"):
        return _serialize_built(pipeline, "dali:pipeline")
    name = f"dali:{getattr(pipeline, '__name__', type(pipeline).__name__)}"
    return _serialize_built(_call(pipeline, name), name)


def split_output(pipeline: Any, output: int | str | None) -> tuple[Any, int | str | None]:
    """Return a pipeline and which of its outputs is meant: ``FILE.py:FUNCTION#1``, ``model.dali#NAME``, or as it is given.

    A file whose own name has that sign in it is taken as it is.
    """
    text = str(pipeline) if isinstance(pipeline, str | Path) else ""
    base, sign, which = text.rpartition("#")
    if not sign or output is not None or Path(text).exists():
        return pipeline, output
    return base, int(which) if which.isdecimal() else which


def is_function_spec(text: str) -> bool:
    """Tell whether a text reads ``FILE.py:FUNCTION``, or ``FILE.py:FUNCTION#OUTPUT``."""
    return any(_names_function(one) for one in (text, text.rpartition("#")[0]))


def _names_function(text: str) -> bool:
    file, colon, function = text.rpartition(":")
    return bool(colon) and file.endswith(".py") and function.isidentifier()


def load_function(spec: str) -> Callable[..., Any]:
    """Return the pipeline function that ``FILE.py:FUNCTION`` names, by running that file."""
    file, _, name = spec.rpartition(":")
    path = Path(file)
    if not path.exists():
        raise InputError(f"{path} does not exist; give FILE.py:FUNCTION with the path of a Python file")
    files.check(path, "a Python file")
    module = _load_module(path)
    function: Callable[..., Any] | None = getattr(module, name, None)
    if function is None:
        known = [n for n, v in vars(module).items() if getattr(v, "_is_pipeline_def", False)]
        raise InputError(f"{path} has no function {name!r}; its pipeline functions are {', '.join(known) or 'none'}")
    return function


def _load_module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"_pipeline_{path.stem}_{abs(hash(path.resolve()))}", path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path} cannot be loaded as Python; give a file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # DALI's conditionals look a function's module up by name
    sys.path.insert(0, str(path.parent.resolve()))  # so that the file's own imports work, as when it is run
    try:
        with files.run(path):
            spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent.resolve()))
        del sys.modules[spec.name]
    return module


def _call(function: Any, name: str) -> Any:
    if not getattr(function, "_is_pipeline_def", False):
        raise InputError(f"{name} is not a pipeline function; decorate it with @pipeline_def from nvidia.dali")
    dali()
    try:
        # Without a GPU nothing can be built for one; operators keep the device that the function gives them.
        return function(batch_size=1, num_threads=1, device_id=None, prefetch_queue_depth=1)
    except (Exception, SystemExit) as error:
        raise SideError(f"{name} fails while it defines the pipeline: {first_line(error)}") from error


def _serialize_built(pipeline: Any, name: str) -> tuple[bytes, str]:
    try:
        return bytes(pipeline.serialize()), name
    except Exception as error:
        raise SideError(f"{name} cannot be serialized: {first_line(error)}") from error


def first_line(error: BaseException) -> str:
    """Return what an error of DALI says in one line: the text after its quoted traceback, without the C++ stack."""
    text = str(error)
    for mark in ("encountered:\n", "failed: "):
        _, found, rest = text.partition(mark)
        if found:
            text = rest
            break
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("[")]
    return lines[0] if lines else type(error).__name__
