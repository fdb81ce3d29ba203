"""Put a repaired pipeline beside the served one: the same models under new names, the served ones untouched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    config = server.config(model)
    steps = [entry["model_name"] for entry in config.get("ensemble_scheduling", {}).get("step", [])]
    preprocessing = step or (steps[0] if steps else model)
    if steps and preprocessing not in steps:
        raise InputError(f"ensemble {model!r} has no step {preprocessing!r}; it has {', '.join(steps)}")
    copied = [preprocessing, model] if steps and isinstance(server, Server) else [preprocessing]
    names = {name: f"{name}{suffix}" for name in copied}
    for name in names.values():
        if server.serves(name):
            raise InputError(
                f"the server at {server.url} serves a model {name!r} already; unload it, or choose a suffix"
            )
    loaded = []
    try:
        for name in copied:
            _load_copy(server, name, names, pipeline if name == preprocessing else None)
            loaded.append(names[name])
    except ServerError:
        for name in reversed(loaded):
            server.unload(name)
        raise
    return names


def remove(server: Connection, names: Mapping[str, str]) -> None:
    """Unload the copies that :func:`deploy_beside` loaded, the ensemble first."""
    for name in reversed(list(names.values())):
        server.unload(name)


def _load_copy(server: Connection, model: str, names: Mapping[str, str], pipeline: bytes | None) -> None:
    config = dict(server.config(model), name=names[model])
    if pipeline is None:
        scheduling = config["ensemble_scheduling"]
        steps = [{**e, "model_name": names.get(e["model_name"], e["model_name"])} for e in scheduling["step"]]
        config["ensemble_scheduling"] = {**scheduling, "step": steps}
        files = {"1/ensemble": b""}  # Triton wants a version folder, and git or a request keeps no empty one
    else:
        files = {f"1/{MODEL_FILE}": pipeline}
        if _backend(config) == "python":
            files["1/model.py"] = SERVED_CODE
        elif _backend(config) != "dali":
            raise InputError(f"model {model!r} runs in backend {_backend(config)!r}; name the step that runs DALI")
    server.load(names[model], config=config, files=files)


def _backend(config: Mapping[str, Any]) -> str:
    return str(config.get("backend") or config.get("platform", ""))
