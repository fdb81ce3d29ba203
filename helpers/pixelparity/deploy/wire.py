"""Triton's client libraries, of gRPC and of HTTP, behind one call: the same answers, and errors of ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pixelparity.errors import InputError, ServerError, ServerTimeout
from pixelparity.extras import missing

PROTOCOLS = ("grpc", "http")
#: What a client library raises, and the reading of its result, where an answer is not what it should be.
_MISREAD = (ValueError, KeyError, TypeError, IndexError, AttributeError, ArithmeticError, RecursionError)
LOOPBACK = ("127.", "localhost", "[::1]")


class Wire:
    """What is asked of a server over one of the protocols; ``timeout`` in seconds bounds each request.

    ``token`` goes along with every request as ``authorization: Bearer``; ``tls`` encrypts, ``root_certificates`` (a PEM
    file) replaces the system's. The connection is opened by the first request. ``ended`` says how a server of our own came
    to an end, and nothing while it lives.
    """

    def __init__(
        self,
        *,
        protocol: str = "grpc",
        timeout: float = 60.0,
        token: str | None = None,
        tls: bool = False,
        root_certificates: str | Path | None = None,
        ended: Callable[[], str] = lambda: "",
    ) -> None:
        if protocol not in PROTOCOLS:
            raise InputError(f"protocol is {protocol!r}, use one of {', '.join(PROTOCOLS)}")
        self.protocol = protocol
        self.timeout = timeout
        self._ended = ended
        self._headers = None if token is None else {"authorization": f"Bearer {token}"}
        self._tls = tls
        self._root_certificates = None if root_certificates is None else str(root_certificates)
        self._opened: Any = None

    @property
    def scheme(self) -> str:
        """Return the protocol as an address is written with it: ``grpc``, ``grpcs``, ``http`` or ``https``."""
        return f"{self.protocol}s" if self._tls else self.protocol

    def close(self) -> None:
        """Close the connection; the server goes on."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def ask(self, url: str, method: str, *arguments: Any, **options: Any) -> Any:
        """Return what a method of the client library returns; raise ``ServerError`` that names what was asked, and of whom."""
        found = library(self.protocol)
        if self._opened is None:
            self._opened = self._open(found, url)
        options["headers"] = self._headers
        if self.protocol == "grpc":
            options["client_timeout"] = self.timeout
        try:
            return getattr(self._opened, method)(*arguments, **options)
        except Exception as error:  # each protocol's library has its own kinds
            what = " ".join([method.replace("_", " "), *arguments[:1]])
            ours = self._failure(error, what, url)
            if ours is None:
                raise
            raise ours from error

    def config(self, url: str, model: str) -> Mapping[str, Any]:
        """Return a model's config, completed by the server, as protobuf writes it in JSON: what is not set is not there."""
        from tritonclient.grpc.model_config_pb2 import ModelConfig

        if self.protocol == "http":
            said = self.ask(url, "get_model_config", model)
            return _typed(said, ModelConfig(), f"get model config {model} failed on {url}")
        return dict(self.ask(url, "get_model_config", model, as_json=True).get("config", {}))

    def index(self, url: str) -> list[Mapping[str, Any]]:
        """Return what the server says of each model: ``name``, and where it has tried to load it ``state`` and ``reason``."""
        from tritonclient.grpc.service_pb2 import RepositoryIndexResponse

        if self.protocol == "http":
            said = {"models": self.ask(url, "get_model_repository_index")}
            found = _typed(said, RepositoryIndexResponse(), f"get model repository index failed on {url}")
            return list(found.get("models", []))
        return list(self.ask(url, "get_model_repository_index", as_json=True).get("models", []))

    def infer(self, url: str, model: str, inputs: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
        """Send one request of (data type, array) by input name and return every output by name."""
        found = library(self.protocol)
        asked = []
        for name, (datatype, array) in inputs.items():
            sent = found.InferInput(name, list(array.shape), datatype)
            asked.append(sent.set_data_from_numpy(array) or sent)
        result = self.ask(url, "infer", model, asked)
        answer = result.get_response()
        names = [o["name"] for o in answer["outputs"]] if self.protocol == "http" else [o.name for o in answer.outputs]
        return {name: result.as_numpy(name) for name in names}

    def _open(self, found: Any, url: str) -> Any:
        if self.protocol == "http":
            context = self._tls_context if self._tls else None
            return found.InferenceServerClient(
                url, ssl=self._tls, ssl_context_factory=context, connection_timeout=self.timeout, network_timeout=self.timeout
            )  # fmt: skip
        return found.InferenceServerClient(
            url, ssl=self._tls, root_certificates=self._root_certificates, channel_args=_channel_options(url)
        )

    def _tls_context(self) -> Any:
        import ssl

        return ssl.create_default_context(cafile=self._root_certificates)

    def _failure(self, error: Exception, what: str, url: str) -> ServerError | None:
        """Return our error for a failed request, with the server's own reason in one line; ``None`` for one of our own."""
        from tritonclient.utils import InferenceServerException

        if isinstance(error, TimeoutError):
            return self._late(what, url)
        if isinstance(error, OSError) or type(error).__module__.startswith("geventhttpclient"):
            return self._nobody(url, first_line(str(error)))
        if isinstance(error, _MISREAD):
            return _of_another_form(error, f"{what} failed on {url}")
        if not isinstance(error, InferenceServerException):
            return None
        status, reason = str(error.status()), first_line(error.message() or "no reason given")
        if "DEADLINE_EXCEEDED" in status or "timed out" in reason:
            return self._late(what, url)
        if "UNAVAILABLE" in status and re.search(r"connect|resolv|[Ss]ocket|lookup", reason):
            return self._nobody(url, reason)
        if re.search(r"UNAUTHENTICATED|PERMISSION_DENIED|401|403", status):
            return ServerError(f"{what}: the server at {url} refuses access ({reason}); check the token")
        if "is not healthy" in reason:  # Triton goes on, and calls the model ready
            reason += " Its process was ended: POST /v2/repository/models/NAME/unload, and then /load, brings it back"
        return ServerError(f"{what} failed on {url}: {reason}")

    def _nobody(self, url: str, reason: str) -> ServerError:
        if how := self._ended():
            return ServerError(f"the Triton server at {url} is gone, {how}; start it again")
        ways = "check the address, the protocol, TLS, and that the server runs"
        return ServerError(f"no Triton server answers at {url} ({reason}); {ways}")

    def _late(self, what: str, url: str) -> ServerTimeout:
        return ServerTimeout(f"{what}: the Triton server at {url} did not answer within {self.timeout:g} s")


def _typed(said: Any, message: Any, failed: str) -> dict[str, Any]:
    """Return what a server said in JSON after it was read as one of Triton's messages; ``failed`` begins the error."""
    from google.protobuf import json_format

    try:
        if not isinstance(said, Mapping):  # protobuf takes a text for a message of unknown fields, one per letter
            raise TypeError(f"{type(said).__name__}, not an object")
        json_format.ParseDict(said, message, ignore_unknown_fields=True)
        return dict(json_format.MessageToDict(message, preserving_proto_field_name=True))
    except (json_format.ParseError, *_MISREAD) as error:
        raise _of_another_form(error, failed) from error


def _of_another_form(error: Exception, failed: str) -> ServerError:
    return ServerError(
        f"{failed}: the answer is not of Triton's form ({first_line(str(error))}); check what serves there"
    )


def first_line(reason: str) -> str:
    """Return a server's reason in one line, without the traceback or the advice on configs that follows it."""
    reason = re.sub(r"\[request id: [^\]]*\] ", "", reason)
    return " ".join(re.split(r"\n\nAt:| NOTE: ", reason)[0].split())


def library(protocol: str) -> Any:
    """Return Triton's client library of a protocol; raise ``MissingLibrary`` with the install line where it is not there."""
    try:
        if protocol == "grpc":
            import tritonclient.grpc as found
        else:
            import tritonclient.http as found
    except ImportError as error:
        raise missing(f"tritonclient[{protocol}]", "triton") from error
    return found


def _channel_options(url: str) -> list[tuple[str, int]]:
    sizes = [("grpc.max_send_message_length", 2**31 - 1), ("grpc.max_receive_message_length", 2**31 - 1)]
    # A proxy of the environment is never right for a server on this machine.
    return [*sizes, ("grpc.enable_http_proxy", 0)] if url.startswith(LOOPBACK) else sizes
