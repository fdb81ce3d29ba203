"""Put a repaired pipeline beside the served one: the same models under new names, the served ones untouched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pixelparity.deploy import leftovers, stopping
from pixelparity.deploy.client import Connection
from pixelparity.deploy.server import Server
from pixelparity.errors import InputError, ServerError

SUFFIX = "_repaired"
MODEL_FILE = "model.dali"
#: What the Python backend runs; Triton's own DALI backend needs the pipeline only.
SERVED_CODE = b"from pixelparity.deploy.served import DaliModel as TritonPythonModel  # noqa: F401\n"


def deploy_beside(
    server: Connection, model: str, pipeline: bytes, *, step: str | None = None, suffix: str = SUFFIX
) -> dict[str, str]:
    """Serve a pipeline (the bytes of a ``model.dali``) beside the one in use and return the new name of each copied model.

    ``model`` is a preprocessing model, or an ensemble: then ``step`` names its preprocessing (by default its first step).
    On a server of our own the ensemble is copied too, with that step exchanged and the others shared. On another server
    only the preprocessing is: Triton makes no ensemble of what comes within a request, so walk the steps with the new name
    in place of the old (``sources.triton.capture(..., exchange=names)``).

    The repaired pipeline has to take and give what the config of the old one declares. Raises ``ServerError`` when the
    server does not allow loading or a copy does not load; what was loaded before that is unloaded again.
    """
    names = _planned(server, model, step, suffix)
    try:
        _load_copies(server, names, pipeline)
    except BaseException:
        remove(server, names)
        raise
    return names


@contextmanager
def beside(
    server: Connection, model: str, pipeline: bytes, *, step: str | None = None, suffix: str = SUFFIX
) -> Iterator[dict[str, str]]:
    """Serve a pipeline beside the one in use, as :func:`deploy_beside` does, for as long as the block lasts.

    The copies are taken away however the block ends, also by a signal that tells the process to end, and before that
    signal is acted on.
    """
    with stopping.as_interrupt():
        names = _planned(server, model, step, suffix)
        try:
            _load_copies(server, names, pipeline)
            yield names
        finally:
            with stopping.deferred():
                remove(server, names)


def clear(server: Connection, model: str, suffix: str = SUFFIX) -> tuple[str, ...]:
    """Unload copies of a model, or of one of its steps, that an earlier run left, and return their names.

    Raises ``InputError`` when the server serves what such a copy would be called and it is not ours to take away.
    """
    return leftovers.clear(server, [f"{name}{suffix}" for name in (model, *_steps(server, model))])


def remove(server: Connection, names: Mapping[str, str]) -> None:
    """Unload the copies that :func:`deploy_beside` loaded, the ensemble first; one that is not served is passed over.

    Raises ``ServerError`` that says how to unload what is left.
    """
    left = []
    for name in reversed(list(names.values())):
        try:
            server.unload(name)
        except ServerError as error:
            if _may_serve(server, name):
                left.append(f"{name!r} ({error})")
    if left:
        raise ServerError(f"a copy may still be served: {', '.join(left)}; {leftovers.how_to_unload(server)}")


def _may_serve(server: Connection, name: str) -> bool:
    try:
        return server.serves(name)
    except ServerError:
        return True


def _planned(server: Connection, model: str, step: str | None, suffix: str) -> dict[str, str]:
    """Return the name of each copy, the preprocessing's first; raise ``InputError`` where one is taken."""
    steps = _steps(server, model)
    preprocessing = step or (steps[0] if steps else model)
    if steps and preprocessing not in steps:
        raise InputError(f"ensemble {model!r} has no step {preprocessing!r}; it has {', '.join(steps)}")
    copied = [preprocessing, model] if steps and isinstance(server, Server) else [preprocessing]
    names = {name: f"{name}{suffix}" for name in copied}
    leftovers.clear(server, names.values())
    return names


def _steps(server: Connection, model: str) -> list[str]:
    scheduled = server.config(model).get("ensemble_scheduling", {}).get("step", [])
    return [entry.get("model_name", "") for entry in scheduled]


def _load_copies(server: Connection, names: Mapping[str, str], pipeline: bytes) -> None:
    for number, name in enumerate(names):
        _load_copy(server, name, names, pipeline if number == 0 else None)


def _load_copy(server: Connection, model: str, names: Mapping[str, str], pipeline: bytes | None) -> None:
    config = dict(server.config(model), name=names[model])
    if pipeline is None:
        scheduling = config["ensemble_scheduling"]
        known = ((step, step.get("model_name", "")) for step in scheduling["step"])
        steps = [{**step, "model_name": names.get(name, name)} for step, name in known]
        config["ensemble_scheduling"] = {**scheduling, "step": steps}
        files = {"1/ensemble": b""}  # Triton wants a version folder, and git or a request keeps no empty one
    else:
        files = {f"1/{MODEL_FILE}": pipeline}
        if _backend(config) == "python":
            files["1/model.py"] = SERVED_CODE
        elif _backend(config) != "dali":
            raise InputError(f"model {model!r} runs in backend {_backend(config)!r}; name the step that runs DALI")
    server.load(names[model], config=leftovers.marked(config), files=files)


def _backend(config: Mapping[str, Any]) -> str:
    return str(config.get("backend") or config.get("platform", ""))
