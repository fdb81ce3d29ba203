"""What is asked of a serving system: which models there are, whether they are ready, what they are made of, what they answer.

:class:`Client` is all that the capture of a served model needs, so a further serving system is one implementation of it (and
a test puts plain functions in its place). Nothing here changes a server.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, TypeVar

from pixelparity.errors import InputError, ServerError
from pixelparity.sources.served.graph import Graph
from pixelparity.stages import Tensor

Result = TypeVar("Result")
PROTOCOLS = ("grpc", "http")
FIRST_PAUSE_SECONDS = 0.2


class Unreachable(ServerError):
    """No server answers at the address."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """How a server is reached.

    ``timeout`` in seconds bounds each request, ``retries`` how often one is sent again when nobody answers. ``token`` goes
    into an ``authorization: Bearer`` header; ``headers`` are further ones. ``tls`` encrypts; ``root_certificates`` (a PEM
    file) replaces the system's, ``certificate`` and ``key`` identify the client.
    """

    protocol: str = "grpc"
    timeout: float = 30.0
    retries: int = 2
    token: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    tls: bool = False
    root_certificates: str | Path | None = None
    certificate: str | Path | None = None
    key: str | Path | None = None

    def __post_init__(self) -> None:
        if self.protocol not in PROTOCOLS:
            raise InputError(f"protocol is {self.protocol!r}, use one of {', '.join(PROTOCOLS)}")
        if self.timeout <= 0 or self.retries < 0:
            raise InputError(
                f"timeout is {self.timeout} s and retries {self.retries}; use more than 0 s, and 0 or more"
            )
        for file in (self.root_certificates, self.certificate, self.key):
            if file is not None and not Path(file).is_file():
                raise InputError(f"the certificate file {file} does not exist")

    def all_headers(self) -> dict[str, str]:
        """Return the headers that every request carries."""
        bearer = {} if self.token is None else {"authorization": f"Bearer {self.token}"}
        return {**self.headers, **bearer}


@dataclass(frozen=True, kw_only=True)
class Target:
    """A model on a server of some ``kind``: ``address`` is HOST:PORT, ``version`` empty for the one that the server chooses."""

    kind: str
    address: str
    model: str
    version: str = ""
    scheme: str = ""

    def __str__(self) -> str:
        scheme = f"{self.scheme}://" if self.scheme else ""
        return f"{self.kind}:{scheme}{self.address}/{self.model}{f'/{self.version}' if self.version else ''}"

    @property
    def bare(self) -> str:
        """Return the target without its kind, as a source takes it."""
        return str(self).partition(":")[2]

    def applied(self, access: Access) -> Access:
        """Return the access with protocol and TLS as the target's scheme says, where it has one."""
        if not self.scheme:
            return access
        return replace(access, protocol=self.scheme[:4], tls=access.tls or self.scheme.endswith("s"))


class Client(Protocol):
    """What the capture of a served model asks of its server. ``address`` is HOST:PORT.

    ``infer`` takes and gives tensors with the server's own batch axis; data types have the names of the open inference
    protocol (``UINT8``, ``FP32``, ``BYTES``, ...).
    """

    address: str

    def graph(self, model: str, version: str = "") -> Graph:
        """Return what a model is made of, as its config declares it: a single node where it is a plain model."""

    def ready(self, model: str, version: str = "") -> bool:
        """Tell whether a model can be asked."""

    def models(self) -> Mapping[str, str]:
        """Return the state of each model that the server has in its repository."""

    def infer(self, model: str, version: str, inputs: Mapping[str, tuple[str, Tensor]]) -> dict[str, Tensor]:
        """Send one request of (data type, tensor) by input name, and return every output."""

    def server(self) -> str:
        """Return the server's name and version."""

    def close(self) -> None:
        """Let go of the connection."""


def retried(call: Callable[[], Result], explain: Callable[[Exception], ServerError | None], retries: int) -> Result:
    """Return the result of a call, made again up to ``retries`` times while nobody answers, with growing pauses.

    ``explain`` turns a foreign error into ours, or ``None`` when it is none of the server's; only :class:`Unreachable` is
    tried again: a refusal stays a refusal, and a time-out has used its time.
    """
    for attempt in range(retries + 1):
        try:
            return call()
        except Exception as error:
            ours = explain(error)
            if ours is None:
                raise
            if not isinstance(ours, Unreachable) or attempt == retries:
                raise ours from error
            time.sleep(FIRST_PAUSE_SECONDS * 2**attempt)
    raise AssertionError("unreachable")
