"""Serve until a signal comes: say where, watch over the models' processes, and say how the server ended if it does."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pixelparity.deploy.server import Server
from pixelparity.errors import ServerError
from pixelparity.terminal import say

#: Between two looks at the models' processes. One that is missing twice is gone: while a model loads anew it may have none.
LOOK_SECONDS = 1.0


def run(repository: str | Path, **settings: Any) -> int:
    """Serve until Ctrl-C or SIGTERM, print the addresses, and return the exit status 0.

    A model whose process was ended is loaded again, with a word on standard error. Raises ``ServerError`` if the server ends.
    """
    stopping: list[int] = []
    handlers = {
        n: signal.signal(n, lambda number, frame: stopping.append(number)) for n in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        with Server(repository, **settings) as server:
            say(
                f"gRPC    {server.url}\nHTTP    http://{server.http_url}\nmetrics http://{server.metrics_url}/metrics\n"
                f"log     {server.log_path}\nmodels  {', '.join(server.wanted)}\nstop with Ctrl-C"
            )
            _until(stopping, server)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return 0


def _until(stopping: Sequence[int], server: Server) -> None:
    """Wait for a signal in ``stopping``; raise ``ServerError`` if the server ends before one comes."""
    missing: set[str] = set()
    look = time.monotonic()
    while not stopping:
        if how := server.how_it_ended():
            raise ServerError(f"Triton is gone, {how}; give the command again to start it")
        if time.monotonic() >= look:
            missing = _healed(server, missing)
            look = time.monotonic() + LOOK_SECONDS
        time.sleep(0.2)


def _healed(server: Server, missing: set[str]) -> set[str]:
    """Load models again whose process has been missing since the look before, and return those that are missing now."""
    try:
        lost = set(server.lost())
        for model in sorted(lost & missing):
            server.reload(model)
            print(f"note: the process of model {model!r} was ended; it is loaded again", file=sys.stderr, flush=True)
    except ServerError as error:
        if not server.how_it_ended():
            print(f"note: {error}", file=sys.stderr, flush=True)
        return set()
    return lost - missing
