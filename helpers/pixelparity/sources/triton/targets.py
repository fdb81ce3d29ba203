"""What ``triton:HOST:PORT/MODEL`` means."""

from __future__ import annotations

import re

from pixelparity.errors import InputError
from pixelparity.sources.served.client import Target

KIND = "triton"
_TARGET = re.compile(
    r"(?:triton:)?(?:(?P<scheme>grpcs?|https?)://)?(?P<address>(?:\[[^\]]+\]|[^:/\s]+):\d{1,5})"
    r"/(?P<model>[^/\s]+)(?:/(?P<version>\d+))?/?"
)


def parse(target: str) -> Target:
    """Return what ``[triton:][grpc|grpcs|http|https://]HOST:PORT/MODEL[/VERSION]`` names; raise ``InputError`` otherwise."""
    match = _TARGET.fullmatch(target)
    if match is None:
        raise InputError(
            f"{target!r} names no served model; write triton:HOST:PORT/MODEL, localhost:8001/classifier say"
        )
    found = match.groupdict()
    return Target(
        kind=KIND,
        address=found["address"],
        model=found["model"],
        version=found["version"] or "",
        scheme=found["scheme"] or "",
    )
