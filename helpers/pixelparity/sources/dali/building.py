"""Call what a user's file builds pipelines with: for one picture, without a GPU, and without writing or running anything."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from pixelparity.errors import InputError
from pixelparity.sources.dali.specs import Spec

#: What is given to a pipeline function: nothing of the reading machine gets into the graph.
_ALONE = {"batch_size": 1, "num_threads": 1, "device_id": None, "prefetch_queue_depth": 1}
#: What is given to classes and factories that ask for it; they may compute a seed with the device's number.
_ASKED = {"batch_size": 1, "num_threads": 1, "device_id": 0}
#: How a pipeline comes in that a file builds in a way that is not followed.
WAY_ON = "or write the pipeline out, pipe.serialize(filename='model.dali'), and give dali:model.dali"


@contextmanager
def on_the_cpu(where: str) -> Iterator[list[Any]]:
    """Let every pipeline that is made within the block be made without a GPU, serialized to memory only, and never run.

    Yields the list of those that the file's own code serializes, each once, which grows while it runs.

    Files that people have make, build and write pipelines where they are imported, for the GPU of the machine that serves:
    reading one must need no GPU, and must not write over a served file. DALI has no switch for that, so its class of
    pipelines is changed for as long as the block lasts. Raises ``InputError`` that says ``where`` for one that is run.
    """
    from nvidia.dali.pipeline import Pipeline

    kept = {name: getattr(Pipeline, name) for name in ("__init__", "serialize", "build", "run")}
    Pipeline.__init__ = _without_gpu(Pipeline.__init__)
    written: list[Any] = []
    Pipeline.serialize = _to_memory(Pipeline.serialize, written)
    Pipeline.build = _not_built
    Pipeline.run = _refusing_to_run(where)
    try:
        yield written
    finally:
        for name, method in kept.items():
            setattr(Pipeline, name, method)


def _without_gpu(init: Callable[..., None]) -> Callable[..., None]:
    signature = inspect.signature(init)

    @wraps(init)
    def made(*given: Any, **named: Any) -> None:
        bound = signature.bind(*given, **named)
        bound.arguments["device_id"] = None
        init(*bound.args, **bound.kwargs)

    made.__signature__ = signature  # type: ignore[attr-defined]  # DALI looks there for the names of its own arguments
    return made


def _to_memory(serialize: Callable[..., Any], written: list[Any]) -> Callable[..., Any]:
    @wraps(serialize)
    def made(pipeline: Any, define_graph: Any = None, filename: Any = None) -> Any:
        if filename is not None and not any(one is pipeline for one in written):
            written.append(pipeline)
        return serialize(pipeline, define_graph)

    return made


def _not_built(*_given: Any, **_named: Any) -> None:
    """Do nothing: serializing defines the graph, and building it would ask for the operators' devices."""


def _refusing_to_run(where: str) -> Callable[..., Any]:
    def run(*_given: Any, **_named: Any) -> Any:
        raise InputError(
            f"{where} runs a pipeline while it is read, for which nothing is fed here; put that behind "
            f"if __name__ == '__main__', {WAY_ON}"
        )

    return run


def arguments(function: Any, spec: Spec, name: str) -> dict[str, Any]:
    """Return the arguments by name that a function, a class or a factory is called with: those given, and DALI's own.

    Raises ``InputError`` that names those it does not take, and those it needs that nobody gave.
    """
    defines = bool(getattr(function, "_is_pipeline_def", False))
    parameters = inspect.signature(function).parameters
    known = {n: p for n, p in parameters.items() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    is_open = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    taken = [n for n, p in parameters.items() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    placed = taken[: len(spec.positional)]
    own = {*known} | (set(_ALONE) if defines else set())
    unknown = [n for n in spec.named if n not in own and not is_open]
    if unknown or len(spec.positional) > len(taken):
        what = unknown[0] if unknown else f"{len(spec.positional)} arguments without a name"
        raise InputError(f"{name} does not take {what}; it takes {', '.join(known) or 'no arguments'}")
    asked = {n: value for n, value in _ASKED.items() if n in known and n not in placed}
    given = {**(_ALONE if defines else {}), **asked, **spec.named}
    given = {n: value for n, value in given.items() if n not in placed}
    lacking = [n for n, p in known.items() if p.default is p.empty and n not in given and n not in placed]
    if lacking:
        call = ", ".join([*(f"{n}={value!r}" for n, value in spec.named.items()), *(f"{n}=..." for n in lacking)])
        is_plain = not defines and not isinstance(function, type)
        lead = "is not a pipeline function; decorate it with @pipeline_def from nvidia.dali; as a factory it "
        raise InputError(
            f"{name} {lead if is_plain else ''}needs {', '.join(lacking)}; write 'dali:{spec.file}:{spec.name}({call})' with "
            f"literals, {WAY_ON}"
        )
    return given


def wants_self(owner: type, name: str) -> bool:
    """Tell whether a class's attribute is a method of its objects, which has to be bound to one."""
    return inspect.isfunction(inspect.getattr_static(owner, name, None))


def instance(owner: type, name: str) -> Any:
    """Return an object of a class that takes no arguments; raise ``InputError`` for another."""
    try:
        return owner()
    except Exception as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise InputError(
            f"an object of {name}, whose method this is, cannot be made without arguments ({reason}); give a function without "
            f"a class, {WAY_ON}"
        ) from error
