"""Triton's client: ask for configs, send requests, over gRPC or HTTP; nothing here changes the server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from pixelparity.errors import ServerError, ServerTimeout
from pixelparity.extras import missing
from pixelparity.fields import MAPPING, OBJECTS, TEXT, optional
from pixelparity.sources.served import ensembles
from pixelparity.sources.served.client import Access, Unreachable, retried
from pixelparity.sources.served.graph import Graph
from pixelparity.stages import Tensor

#: What the client libraries raise, and do not mean to, for an answer that is none.
_MISREAD = (ValueError, KeyError, TypeError, IndexError, AttributeError, ArithmeticError)
LOOPBACK = ("127.", "localhost", "[::1]")
#: How gRPC says that no server was found, rather than that one is not ready.
UNREACHABLE = re.compile(r"connect|resolv|[Ss]ocket|lookup|GOAWAY", re.IGNORECASE)


def connect(address: str, access: Access) -> TritonClient:
    """Return an open connection; raise ``ServerError`` when no Triton server answers at ``address`` (HOST:PORT)."""
    client = TritonClient(address, access)
    try:
        client.server()
    except BaseException:
        client.close()
        raise
    return client


class TritonClient:
    """A server asked through Triton's own libraries; their two faces differ in headers, time-outs and the shape of answers."""

    def __init__(self, address: str, access: Access) -> None:
        self.address = address
        self.access = access
        self.is_grpc = access.protocol == "grpc"
        self.library = _library(access.protocol)
        self.client = _grpc(self.library, address, access) if self.is_grpc else _http(self.library, address, access)

    def close(self) -> None:
        """Let go of the connection."""
        self.client.close()

    def server(self) -> str:
        """Return the server's name and version."""
        answer = self._ask("get_server_metadata", **self._as_json())
        with self._understood("its own metadata"):
            told = MAPPING(answer, "metadata")
            return f"{TEXT(told.get('name'), 'name')} {TEXT(told.get('version'), 'version')}"

    def graph(self, model: str, version: str = "") -> Graph:
        """Return a model's graph; ensembles inside it are unfolded."""
        try:
            return ensembles.read(self.config, model, version)
        except ServerError as error:
            if self.address in str(error):
                raise
            raise type(error)(f"{self.address}: {error}") from error

    def config(self, model: str, version: str = "") -> Mapping[str, Any]:
        """Return a model's config as Triton's JSON."""
        answer = self._ask("get_model_config", model, version, **self._as_json())
        with self._understood(f"the config of {model!r}"):
            told = MAPPING(answer, "the config")
            found: Mapping[str, Any] = MAPPING(told.get("config", told), "the config")
            return found

    def ready(self, model: str, version: str = "") -> bool:
        """Tell whether a model can be asked."""
        return bool(self._ask("is_model_ready", model, version))

    def models(self) -> Mapping[str, str]:
        """Return the state of each model in the server's repository."""
        answer = self._ask("get_model_repository_index", **self._as_json())
        with self._understood("the list of its models"):
            entries = OBJECTS(answer.get("models", []) if isinstance(answer, dict) else answer, "models")
            return {
                TEXT(entry.get("name"), "name"): optional(TEXT)(entry.get("state"), "state") or "not loaded"
                for entry in entries
            }

    def infer(self, model: str, version: str, inputs: Mapping[str, tuple[str, Tensor]]) -> dict[str, Tensor]:
        """Send one request of (data type, tensor) by input name, and return every output."""
        asked = [self._input(model, name, *given) for name, given in inputs.items()]
        result = self._ask("infer", model, asked, model_version=version)
        with self._understood(f"what {model!r} puts out"):
            answer = result.get_response()
            names = [o.name for o in answer.outputs] if self.is_grpc else [o["name"] for o in answer["outputs"]]
            return {TEXT(name, "name"): _array(result, name) for name in names}

    def _input(self, model: str, name: str, datatype: str, tensor: Tensor) -> Any:
        sent = self.library.InferInput(name, list(tensor.shape), datatype)
        try:
            return sent.set_data_from_numpy(np.ascontiguousarray(tensor)) or sent
        except Exception as error:  # the client library's own, of one class for everything
            raise ServerError(
                f"{self.address}: {model!r} declares its input {name!r} as {datatype} and is handed {tensor.dtype} "
                f"{list(tensor.shape)}: its config does not fit what feeds it"
            ) from error

    @contextmanager
    def _understood(self, what: str) -> Iterator[None]:
        """Raise ``ServerError`` that names the server where an answer is not what Triton says."""
        try:
            yield
        except ServerError:
            raise
        except Exception as error:  # whatever a wrong answer makes the client library or numpy raise
            reason = " ".join(str(error).split())
            raise ServerError(
                f"the server at {self.address} answers nothing that makes sense about {what} ({reason}); is it Triton?"
            ) from error

    def _as_json(self) -> dict[str, Any]:
        return {"as_json": True} if self.is_grpc else {}

    def _ask(self, method: str, *arguments: Any, **options: Any) -> Any:
        options["headers"] = self.access.all_headers()
        if self.is_grpc:
            options["client_timeout"] = self.access.timeout
        what = " ".join([method.replace("_", " ").removeprefix("get "), *arguments[:1]])
        call = getattr(self.client, method)
        return retried(lambda: call(*arguments, **options), lambda e: _failure(e, what, self), self.access.retries)


def _array(result: Any, name: str) -> Tensor:
    found = result.as_numpy(name)
    if found is None:
        raise ValueError(f"output {name!r} holds no data")
    array: Tensor = found
    return array


def _failure(error: Exception, what: str, client: TritonClient) -> ServerError | None:
    """Return our error for one of the client libraries', ``None`` for any other."""
    status = str(error.status()) if hasattr(error, "status") else ""
    reason = error.message() if hasattr(error, "message") else str(error)
    reason = " ".join(re.sub(r"\[request id: [^\]]*\] ", "", str(reason)).split("\n\nAt:")[0].split())
    if "DEADLINE" in status or isinstance(error, TimeoutError) or "timed out" in reason:
        return ServerTimeout(
            f"{what}: the server at {client.address} did not answer within {client.access.timeout:g} s"
        )
    is_foreign = (
        isinstance(error, OSError) or "HTTPParse" in type(error).__name__ or "ConnectionClosed" in type(error).__name__
    )
    if is_foreign or ("UNAVAILABLE" in status and UNREACHABLE.search(reason)):
        hint = f"{client.access.protocol} with{'' if client.access.tls else 'out'} TLS"
        return Unreachable(
            f"no Triton server answers at {client.address} ({hint}: {reason}); check the address, protocol and TLS"
        )
    if status:
        if re.search(r"401|403|UNAUTHENTICATED|PERMISSION", status):
            return ServerError(
                f"{what}: the server at {client.address} refuses access ({reason}); check the token and headers"
            )
        if "is not healthy" in reason:  # Triton goes on, and calls the model ready
            reason += " Its process was ended: POST /v2/repository/models/NAME/unload, and then /load, brings it back"
        return ServerError(f"{what} failed on {client.address}: {reason.split(' NOTE: ')[0]}")
    if isinstance(error, _MISREAD):
        return ServerError(
            f"{what}: the server at {client.address} answers nothing that makes sense ({reason}); is it Triton?"
        )
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
        raise missing(f"tritonclient[{protocol}]", "triton") from error
    return library
