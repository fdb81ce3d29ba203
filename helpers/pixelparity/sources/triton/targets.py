"""What ``triton:HOST:PORT/MODEL`` means."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from pixelparity.errors import InputError
from pixelparity.sources.triton.door import Access

_TARGET = re.compile(
    r"(?:triton:)?(?:(?P<scheme>grpcs?|https?)://)?(?P<address>(?:\[[^\]]+\]|[^:/\s]+):\d{1,5})"
    r"/(?P<model>[^/\s]+)(?:/(?P<version>\d+))?/?"
)


@dataclass(frozen=True, kw_only=True)
class Target:
    """A model on a server: ``address`` is HOST:PORT, ``version`` empty for the one that the server chooses."""

    address: str
    model: str
    version: str = ""
    scheme: str = ""

    def __str__(self) -> str:
        scheme = f"{self.scheme}://" if self.scheme else ""
        return f"triton:{scheme}{self.address}/{self.model}{f'/{self.version}' if self.version else ''}"

    def applied(self, access: Access) -> Access:
        """Return the access with protocol and TLS as the target's scheme says, where it has one."""
        if not self.scheme:
            return access
        return replace(access, protocol=self.scheme[:4], tls=access.tls or self.scheme.endswith("s"))


def parse(target: str) -> Target:
    """Return what ``[triton:][grpc|grpcs|http|https://]HOST:PORT/MODEL[/VERSION]`` names; raise ``InputError`` otherwise."""
    match = _TARGET.fullmatch(target)
    if match is None:
        raise InputError(
            f"{target!r} names no served model; write triton:HOST:PORT/MODEL, localhost:8001/classifier say"
        )
    found = match.groupdict()
    return Target(
        address=found["address"], model=found["model"], version=found["version"] or "", scheme=found["scheme"] or ""
    )
