"""The one door to a Triton server: ask for configs, send requests, over gRPC or HTTP; nothing here changes the server.

:class:`Door` names what the rest of this package needs, so that a test can put plain functions in its place.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from pixelparity.errors import InputError, MissingLibrary, ServerError, ServerTimeout
from pixelparity.stages import Tensor

Result = TypeVar("Result")
PROTOCOLS = ("grpc", "http")
LOOPBACK = ("127.", "localhost", "[::1]")
FIRST_PAUSE_SECONDS = 0.2
#: How gRPC says that it found nobody, rather than that somebody is not ready.
NOBODY = re.compile(r"connect|resolv|[Ss]ocket|lookup|GOAWAY", re.IGNORECASE)


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


class Door(Protocol):
    """What is asked of a server. ``address`` is HOST:PORT."""

    address: str

    def config(self, model: str, version: str = "") -> Mapping[str, Any]:
        """Return a model's config as Triton's JSON."""

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


def knock(address: str, access: Access) -> Door:
    """Return an open door; raise ``ServerError`` when no Triton server answers at ``address`` (HOST:PORT)."""
    door = _Client(address, access)
    try:
        door.server()
    except BaseException:
        door.close()
        raise
    return door


class _Client:
    """A door of Triton's own clients. Their two faces differ in headers, time-outs and the shape of answers."""

    def __init__(self, address: str, access: Access) -> None:
        self.address = address
        self.access = access
        self.is_grpc = access.protocol == "grpc"
        self.library = _library(access.protocol)
        self.client = _grpc(self.library, address, access) if self.is_grpc else _http(self.library, address, access)

    def close(self) -> None:
        self.client.close()

    def server(self) -> str:
        answer = self._ask("get_server_metadata", **self._as_json())
        return f"{answer['name']} {answer['version']}"

    def config(self, model: str, version: str = "") -> Mapping[str, Any]:
        answer = self._ask("get_model_config", model, version, **self._as_json())
        return dict(answer.get("config", answer))

    def ready(self, model: str, version: str = "") -> bool:
        return bool(self._ask("is_model_ready", model, version))

    def models(self) -> Mapping[str, str]:
        answer = self._ask("get_model_repository_index", **self._as_json())
        entries = answer.get("models", []) if isinstance(answer, dict) else answer
        return {entry["name"]: entry.get("state") or "not loaded" for entry in entries}

    def infer(self, model: str, version: str, inputs: Mapping[str, tuple[str, Tensor]]) -> dict[str, Tensor]:
        asked = []
        for name, (datatype, tensor) in inputs.items():
            sent = self.library.InferInput(name, list(tensor.shape), datatype)
            asked.append(sent.set_data_from_numpy(np.ascontiguousarray(tensor)) or sent)
        result = self._ask("infer", model, asked, model_version=version)
        answer = result.get_response()
        names = [o.name for o in answer.outputs] if self.is_grpc else [o["name"] for o in answer["outputs"]]
        return {name: result.as_numpy(name) for name in names}

    def _as_json(self) -> dict[str, Any]:
        return {"as_json": True} if self.is_grpc else {}

    def _ask(self, method: str, *arguments: Any, **options: Any) -> Any:
        options["headers"] = self.access.all_headers()
        if self.is_grpc:
            options["client_timeout"] = self.access.timeout
        what = " ".join([method.replace("_", " ").removeprefix("get "), *arguments[:1]])
        call = getattr(self.client, method)
        return retried(lambda: call(*arguments, **options), lambda e: _failure(e, what, self), self.access.retries)


def retried(call: Callable[[], Result], explain: Callable[[Exception], ServerError | None], retries: int) -> Result:
    """Return the result of a call, made again up to ``retries`` times while nobody answers, with growing pauses.

    ``explain`` turns a foreign error into ours, or ``None`` when it is none of the server's; only :class:`Nobody` is tried
    again: a refusal stays a refusal, and a time-out has used its time.
    """
    for attempt in range(retries + 1):
        try:
            return call()
        except Exception as error:
            ours = explain(error)
            if ours is None:
                raise
            if not isinstance(ours, Nobody) or attempt == retries:
                raise ours from error
            time.sleep(FIRST_PAUSE_SECONDS * 2**attempt)
    raise AssertionError("unreachable")


class Nobody(ServerError):
    """No server answers at the address."""


def _failure(error: Exception, what: str, door: _Client) -> ServerError | None:
    """Return our error for one of the client libraries', ``None`` for any other."""
    status = str(error.status()) if hasattr(error, "status") else ""
    reason = error.message() if hasattr(error, "message") else str(error)
    reason = " ".join(re.sub(r"\[request id: [^\]]*\] ", "", str(reason)).split("\n\nAt:")[0].split())
    if "DEADLINE" in status or isinstance(error, TimeoutError) or "timed out" in reason:
        return ServerTimeout(f"{what}: the server at {door.address} did not answer within {door.access.timeout:g} s")
    is_foreign = (
        isinstance(error, OSError) or "HTTPParse" in type(error).__name__ or "ConnectionClosed" in type(error).__name__
    )
    if is_foreign or ("UNAVAILABLE" in status and NOBODY.search(reason)):
        hint = f"{door.access.protocol} with{'' if door.access.tls else 'out'} TLS"
        return Nobody(
            f"no Triton server answers at {door.address} ({hint}: {reason}); check the address, protocol and TLS"
        )
    if status:
        if re.search(r"401|403|UNAUTHENTICATED|PERMISSION", status):
            return ServerError(
                f"{what}: the server at {door.address} refuses access ({reason}); check the token and headers"
            )
        return ServerError(f"{what} failed on {door.address}: {reason.split(' NOTE: ')[0]}")
    return None


def _grpc(library: Any, address: str, access: Access) -> Any:
    options = [("grpc.max_send_message_length", 2**31 - 1), ("grpc.max_receive_message_length", 2**31 - 1)]
    if address.startswith(LOOPBACK):
        options.append(("grpc.enable_http_proxy", 0))  # a proxy is never right for this machine itself
    return library.InferenceServerClient(
        address,
        ssl=access.tls,
        root_certificates=_text(access.root_certificates),
        private_key=_text(access.key),
        certificate_chain=_text(access.certificate),
        channel_args=options,
    )


def _http(library: Any, address: str, access: Access) -> Any:
    return library.InferenceServerClient(
        address,
        connection_timeout=access.timeout,
        network_timeout=access.timeout,
        ssl=access.tls,
        ssl_context_factory=(lambda: _tls_context(access)) if access.tls else None,
    )


def _tls_context(access: Access) -> Any:
    import ssl

    context = ssl.create_default_context(cafile=_text(access.root_certificates))
    if access.certificate is not None:
        context.load_cert_chain(str(access.certificate), _text(access.key))
    return context


def _text(path: str | Path | None) -> str | None:
    return None if path is None else str(path)


def _library(protocol: str) -> Any:
    try:
        if protocol == "grpc":
            import tritonclient.grpc as library
        else:
            import tritonclient.http as library
    except ImportError as error:
        line = f'pip install "tritonclient[{protocol}]"'
        raise MissingLibrary(f"Triton's {protocol} client is not installed; run: {line}") from error
    return library
