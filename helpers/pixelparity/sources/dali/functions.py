"""Turn whatever names a pipeline (a function, a built pipeline, ``FILE.py:NAME``, a file) into its serialized bytes."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pixelparity import files
from pixelparity.errors import InputError, SideError
from pixelparity.extras import missing
from pixelparity.sources.dali import building, specs
from pixelparity.sources.dali.serialized import load_bytes
from pixelparity.sources.dali.specs import Spec, is_function_spec, split_output

__all__ = ["dali", "first_line", "is_function_spec", "load_function", "serialize", "split_output"]


def dali() -> Any:
    """Return the ``nvidia.dali`` module; raise ``MissingLibrary`` with the install line where it is not there."""
    try:
        import nvidia.dali
    except ImportError as error:
        raise missing("nvidia.dali", "dali") from error
    return nvidia.dali


def serialize(pipeline: Any) -> tuple[bytes, str]:
    """Return a pipeline's serialized bytes and the name to call it by.

    ``pipeline`` is a ``@pipeline_def`` function that has not been called, a pipeline, ``"FILE.py:NAME"`` of either of those, of
    a class of pipelines, of a method or of a function that returns one, each with arguments behind it where it needs some, the
    path of a ``model.dali``, or the bytes of one. Raises ``InputError`` for anything else, ``SideError`` when the function
    fails.
    """
    if isinstance(pipeline, bytes):
        return load_bytes(pipeline)
    if isinstance(pipeline, str | Path):
        return _serialize_named(str(pipeline)) if is_function_spec(str(pipeline)) else load_bytes(_no_source(pipeline))
    if hasattr(pipeline, "serialize") and not isinstance(pipeline, type):
        return _serialize_built(pipeline, "dali:pipeline")
    name = f"dali:{getattr(pipeline, '__name__', type(pipeline).__name__)}"
    return _serialize_built(_built(pipeline, name, Spec(file=Path(), name=name)), name)


def _no_source(path: str | Path) -> str | Path:
    """Return the path of what may be a serialized pipeline; raise ``InputError`` that says what to name of a Python file."""
    if Path(path).suffix != ".py" or not Path(path).is_file():
        return path
    found = specs.candidates(Path(path))
    known = f"its text shows none; name what makes one, dali:{path}:NAME, {building.WAY_ON}"
    if found:
        known = f"it has {', '.join(found)}: write dali:{path}:{found[0]}"
    raise InputError(f"{path} is Python source, and which pipeline of it is meant is not said; {known}")


def _serialize_named(text: str) -> tuple[bytes, str]:
    spec = specs.parse(text)
    dali()
    with building.on_the_cpu(str(spec.file)) as written:
        found = _find(_load(spec.file), spec)
        written.clear()  # what the module itself writes is not what the function does
        if hasattr(found, "serialize") and not isinstance(found, type):
            if spec.call:
                raise InputError(f"{spec.file}:{spec.name} is a pipeline that is built already; leave {spec.call} out")
            return _serialize_built(found, f"dali:{text}")
        return _serialize_built(_built(found, f"dali:{text}", spec, written), f"dali:{text}")


def load_function(spec: str) -> Any:
    """Return what ``FILE.py:NAME`` names (a pipeline function, most often), by running that file."""
    parsed = specs.parse(spec)
    return _find(_load(parsed.file), parsed)


def _load(path: Path) -> Any:
    if not path.exists():
        raise InputError(f"{path} does not exist; give FILE.py:FUNCTION with the path of a Python file")
    files.check(path, "a Python file")
    return _load_module(path)


def _find(module: Any, spec: Spec) -> Any:
    """Return the module's object by that name, a method bound to an object of its class."""
    found: Any = module
    for part in spec.name.split("."):
        owner, found = found, getattr(found, part, None)
        if found is None:
            known = [name for name, value in vars(module).items() if _is_pipeline(value)]
            known += [name for name in specs.candidates(spec.file) if name not in known]
            raise InputError(
                f"{spec.file} has no function {spec.name!r}; its pipeline functions are "
                f"{', '.join(known) or f'none; name what makes one, {building.WAY_ON}'}"
            )
        if isinstance(owner, type) and building.wants_self(owner, part):
            found = getattr(building.instance(owner, f"{spec.file}:{owner.__name__}"), part)
    return found


def _is_pipeline(value: Any) -> bool:
    built = hasattr(value, "serialize") and hasattr(value, "define_graph")
    own = not isinstance(value, type) or not value.__module__.startswith("nvidia.dali")
    return bool(getattr(value, "_is_pipeline_def", False)) or (built and own)


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


def _built(made: Any, name: str, spec: Spec, written: Sequence[Any] = ()) -> Any:
    """Return the pipeline that a function, a class or a factory makes, called until there is one.

    ``written`` grows by the pipelines that it writes to files: a function that returns nothing and writes one means that.
    """
    dali()
    if not callable(made):
        raise InputError(f"{name} is not a pipeline function; decorate it with @pipeline_def from nvidia.dali")
    try:
        arguments = building.arguments(made, spec, name)
        returned = made(*spec.positional, **arguments)
        if getattr(returned, "_is_pipeline_def", False):  # a factory of pipeline functions took the arguments
            returned = returned(**building.arguments(returned, Spec(file=spec.file, name=spec.name), name))
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        raise SideError(f"{name} fails while it defines the pipeline: {first_line(error)}") from error
    if returned is None and len(written) == 1:
        return written[0]
    if hasattr(returned, "serialize") and not isinstance(returned, type):
        return returned
    raise InputError(
        f"{name} is not a pipeline function; decorate it with @pipeline_def from nvidia.dali, or let it return a pipeline "
        f"(it returns {'nothing' if returned is None else type(returned).__name__}, and writes {len(written)}), "
        f"{building.WAY_ON}"
    )


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
