"""The ports that a server listens on: chosen among the free ones, or given and checked."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from dataclasses import dataclass

from pixelparity.errors import InputError, ServerError

LAST = 65535


@dataclass(frozen=True, kw_only=True)
class Ports:
    """The three ports of a server; 0 means that a free one is chosen. Raises ``InputError`` for a number that is none."""

    grpc: int = 0
    http: int = 0
    metrics: int = 0

    def __post_init__(self) -> None:
        for kind, port in (("grpc", self.grpc), ("http", self.http), ("metrics", self.metrics)):
            if not 0 <= port <= LAST:
                raise InputError(f"the {kind} port is {port}; use 1 to {LAST}, or 0 for a free one")


def addresses(host: str, ports: Ports) -> list[str]:
    """Return the arguments of ``tritonserver`` that say where it listens: every address is given, metrics' too."""
    return [
        f"--{kind}-{what}={value}"
        for kind, port in (("grpc", ports.grpc), ("http", ports.http), ("metrics", ports.metrics))
        for what, value in (("address", host), ("port", port))
    ]


def choose(host: str, asked: Ports) -> Ports:
    """Return free ports for those that are 0; raise ``ServerError`` naming a given one that is in use."""
    with ExitStack() as held:
        chosen = {kind: _bind(held, host, getattr(asked, kind)) for kind in ("grpc", "http", "metrics")}
    return Ports(**chosen)


def _bind(held: ExitStack, host: str, port: int) -> int:
    probe = held.enter_context(socket.socket())
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((host, port))
    except OSError as error:
        raise ServerError(
            f"port {port} on {host} cannot be used ({error.strerror}); free it, or leave the choice to us"
        ) from error
    return int(probe.getsockname()[1])
