"""Capture a live Triton server: connect, and walk the graph of a served model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pixelparity.errors import InputError, NotComparable
from pixelparity.sources.served import walk
from pixelparity.sources.served.client import Access, Target
from pixelparity.sources.served.declared import Declared
from pixelparity.sources.served.graph import Graph
from pixelparity.sources.triton import targets
from pixelparity.sources.triton.client import TritonClient, connect
from pixelparity.stages import Capture


def capture(
    target: str,
    images: Mapping[str, Path],
    *,
    feed: str | Mapping[str, str] | None = None,
    constants: Mapping[str, Any] | None = None,
    layout: str | Mapping[str, str] | None = None,
    channels: str | Mapping[str, str] | None = None,
    final: str | None = None,
    output: str | None = None,
    exchange: Mapping[str, str] | None = None,
    **access: Any,
) -> Capture:
    """Return the tensor on every edge of a served model, for each picture, up to the one that the classifier sees.

    ``target`` is ``HOST:PORT/MODEL`` (see :mod:`.targets`); ``access`` are the fields of ``served.client.Access`` (protocol,
    timeout, retries, token, tls, ...); the rest is described at ``served.walk.Choices``. ``layout`` and ``channels`` declare
    what the server does not. A picture is asked alone, so pictures of different sizes need no padding.

    Raises ``ServerError`` or ``ServerTimeout`` when the server does not answer or refuses, ``InputError`` when a choice
    is open, ``SideError`` when a step puts out something that is no picture of finite numbers.
    """
    if not images:
        raise NotComparable(f"no picture was given to {target}; give at least one")
    choices = walk.Choices(
        feed=feed,
        constants=constants,
        declared=Declared(layout=layout, channels=channels),
        final=final,
        output=output,
        exchange=exchange or {},
    )
    parsed = targets.parse(target)
    with _connected(parsed, access) as client:
        return walk.capture(client, parsed, images, choices)


def describe_graph(target: str, **access: Any) -> Graph:
    """Return what a served model is made of, for a flow diagram: its models with their inputs, outputs and edges."""
    parsed = targets.parse(target)
    with _connected(parsed, access) as client:
        return walk.read(client, parsed)


@contextmanager
def _connected(target: Target, access: Mapping[str, Any]) -> Iterator[TritonClient]:
    try:
        settings = Access(**access)
    except TypeError as error:
        raise InputError(f"{target}: {error}; the settings are {', '.join(Access.__dataclass_fields__)}") from None
    client = connect(target.address, target.applied(settings))
    try:
        yield client
    finally:
        client.close()
