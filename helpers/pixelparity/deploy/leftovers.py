"""Copies that a run left on a server: known by a mark in their config, taken away by the next run.

A run that is ended by SIGKILL, or whose machine goes down, cannot take its copy away. The mark says who made it: a copy of a
process of this machine that is gone is nobody's, and is unloaded; one of a process that lives, or of another machine, is left.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping
from typing import Any

from pixelparity import scratch
from pixelparity.deploy.client import Connection
from pixelparity.errors import InputError

#: The parameter of a model's config that only copies have. Servers pass parameters on to the model and read none themselves.
MARK = "pixelparity_copy"


def marked(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy's config with the mark of this process."""
    return {**config, "parameters": {**config.get("parameters", {}), MARK: {"string_value": _owner()}}}


def clear(server: Connection, names: Iterable[str]) -> tuple[str, ...]:
    """Unload what earlier runs left under these names and return which those were.

    Raises ``InputError`` that says how to unload a model of such a name that is not ours, or may still be in use.
    """
    cleared = []
    for name in names:
        if server.serves(name):
            _check_abandoned(server, name)
            server.unload(name)
            cleared.append(name)
    return tuple(cleared)


def how_to_unload(server: Connection, name: str = "NAME") -> str:
    """Return in words how a person unloads a model."""
    address = server.http_url or f"{server.url.rpartition(':')[0]}:HTTP-PORT"
    return f"unload it with: curl -X POST {address}/v2/repository/models/{name}/unload"


def _check_abandoned(server: Connection, name: str) -> None:
    owner = str(server.config(name).get("parameters", {}).get(MARK, {}).get("string_value", ""))
    host, process, start = [*owner.split(" "), "", "", ""][:3]
    what = f"the server at {server.url} serves a model {name!r} already"
    ways = f"{how_to_unload(server, name)}, or choose another --suffix"
    if not owner:
        raise InputError(f"{what}, which no run of pixelparity put there; {ways}")
    if host != socket.gethostname():
        raise InputError(f"{what}, of a run on {host!r} that may still go on; {ways}")
    if process.isdigit() and scratch.started(int(process)) == start:
        raise InputError(f"{what}, of a run that goes on (process {process}); wait for it, or choose another --suffix")


def _owner() -> str:
    return f"{socket.gethostname()} {os.getpid()} {scratch.started(os.getpid())}"
