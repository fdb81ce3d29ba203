"""Talk to a running Triton server over gRPC: send pictures, load and unload models.

A :class:`Connection` is the same whether the server is our own or one that runs elsewhere (:func:`connect`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity import pictures
from pixelparity.errors import InputError, MissingLibrary, ServerError, ServerTimeout

INSTALL = 'pip install "tritonclient[grpc]"'
LOOPBACK = ("127.", "localhost", "[::1]")
#: What a picture may be given as: a file, or decoded RGB in HWC order as uint8.
Picture = Path | NDArray[Any]


class Connection:
    """A running Triton server at ``url`` (HOST:PORT of gRPC). ``timeout`` in seconds bounds every request.

    ``http_url`` and ``log_path`` are known for a server that we started ourselves. ``token`` goes along with every request
    as ``authorization: Bearer``; ``tls`` encrypts, ``root_certificates`` (a PEM file) replaces the system's. Leaving the
    ``with`` block closes the connection and leaves the server alone.
    """

    def __init__(
        self,
        url: str,
        *,
        http_url: str | None = None,
        timeout: float = 60.0,
        token: str | None = None,
        tls: bool = False,
        root_certificates: str | Path | None = None,
    ) -> None:
        self.url = url
        self._headers = None if token is None else {"authorization": f"Bearer {token}"}
        self._tls = tls
        self._root_certificates = None if root_certificates is None else str(root_certificates)
        self.http_url = http_url
        self.log_path: Path | None = None
        self.timeout = timeout
        self._opened: Any = None

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the server goes on."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def stop(self) -> None:
        """End our use of the server: a connection closes, a server of our own stops."""
        self.close()

    def ready(self) -> bool:
        """Tell whether the server answers.

        Triton's own word is no longer ready once any model has failed to load.
        """
        return bool(self._call("is_server_live"))

    def serves(self, model: str) -> bool:
        """Tell whether the server answers requests for a model."""
        return bool(self._call("is_model_ready", model))

    def side(self, model: str) -> str:
        """Return a served model as a side is written, to be captured and diagnosed."""
        return f"triton:{self.url}/{model}"

    def models(self) -> dict[str, str]:
        """Return what the server says of each model that it has tried to load: ``READY``, or why it is not."""
        index = self._call("get_model_repository_index")
        return {
            m.name: m.state if m.state == "READY" else first_line(m.reason or m.state) for m in index.models if m.state
        }

    def config(self, model: str) -> dict[str, Any]:
        """Return a model's config, completed by the server, as Triton's JSON."""
        return dict(self._call("get_model_config", model, as_json=True)["config"])

    def load(
        self, model: str, *, config: Mapping[str, Any] | str | None = None, files: Mapping[str, bytes] | None = None
    ) -> None:
        """Load a model of the server's repository, or a new one whose ``config`` and ``files`` are sent along.

        ``config`` is the text of a ``config.pbtxt``, or its fields; ``files`` are by their path in the model's folder,
        ``1/model.dali`` for example. Raises ``ServerError`` with the server's reason when the model does not load.
        """
        if files is not None and config is None:
            raise InputError(
                f"model {model!r} was given files and no config; Triton needs the text of config.pbtxt too"
            )
        sent = None if files is None else {f"file:{path}": content for path, content in files.items()}
        self._call("load_model", model, config=None if config is None else _config_json(config), files=sent)

    def unload(self, model: str) -> None:
        """Unload a model; others go on."""
        self._call("unload_model", model)

    def infer(self, model: str, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Send one request and return every output by name. All outputs are asked for: a part can block an ensemble."""
        grpc = _library()
        asked = []
        for name, array in inputs.items():
            datatype = np_to_triton(array.dtype)
            asked.append(
                grpc.InferInput(name, list(array.shape), datatype).set_data_from_numpy(np.ascontiguousarray(array))
            )
        result = self._call("infer", model, asked)
        return {output.name: result.as_numpy(output.name) for output in result.get_response().outputs}

    def classify(
        self,
        model: str,
        images: Sequence[Picture] | Mapping[str, Picture],
        *,
        batch: int = 1,
        output: str | None = None,
    ) -> NDArray[np.float32]:
        """Send pictures as decoded RGB and return the model's answers in the given order, shape (pictures, classes).

        ``batch`` is how many go into one request at most; pictures of different sizes never share one. ``output`` names
        the output to return where a model has several. Raises ``ImageError`` for a file that is not an RGB picture and
        ``ServerError`` when the server refuses a request.
        """
        config = self._call("get_model_config", model).config
        if len(config.input) != 1:
            raise InputError(f"model {model!r} has {len(config.input)} inputs; classify needs a model with one")
        arrays = [_rgb(p) for p in (images.values() if isinstance(images, Mapping) else images)]
        if not arrays:
            raise InputError(f"no picture was given to classify with {model!r}; give at least one")
        name = output or config.output[0].name
        answers: list[NDArray[Any] | None] = [None] * len(arrays)
        batched = config.max_batch_size > 0
        for chosen in _groups(arrays, min(batch, config.max_batch_size) if batched else 1):
            sent = np.stack([arrays[i] for i in chosen]) if batched else arrays[chosen[0]]
            outputs = self.infer(model, {config.input[0].name: sent})
            if name not in outputs:
                raise InputError(f"model {model!r} has no output {name!r}; it has {', '.join(outputs)}")
            for place, row in zip(chosen, outputs[name] if batched else [outputs[name]], strict=True):
                answers[place] = row
        return np.stack([answer for answer in answers if answer is not None])

    def _call(self, method: str, *arguments: Any, **options: Any) -> Any:
        grpc = _library()
        if self._opened is None:
            self._opened = grpc.InferenceServerClient(
                self.url,
                ssl=self._tls,
                root_certificates=self._root_certificates,
                channel_args=_channel_options(self.url),
            )
        options |= {"headers": self._headers, "client_timeout": self.timeout}
        try:
            return getattr(self._opened, method)(*arguments, **options)
        except grpc.InferenceServerException as error:
            what = " ".join([method.replace("_", " "), *arguments[:1]])
            raise failure(error, what, self.url, self.timeout) from error


def connect(url: str, **settings: Any) -> Connection:
    """Return a connection to a server that runs already; raise ``ServerError`` when none answers at ``url`` (HOST:PORT).

    ``settings`` are those of :class:`Connection`: ``timeout``, ``token``, ``tls``, ``root_certificates``.
    """
    host, _, port = url.rpartition(":")
    if not host or not port.isdigit():
        raise InputError(f"{url!r} is not HOST:PORT; give the gRPC address of a Triton server, such as localhost:8001")
    connection = Connection(url, **settings)
    if not connection.ready():
        raise ServerError(f"the Triton server at {url} is not live; look at its log, or restart it")
    return connection


def classify(
    url: str, model: str, images: Sequence[Picture] | Mapping[str, Picture], **options: Any
) -> NDArray[np.float32]:
    """Send pictures to a model of the server at ``url`` and return its answers; see :meth:`Connection.classify`."""
    with Connection(url) as connection:
        return connection.classify(model, images, **options)


def load_model(url: str, name: str, config: Mapping[str, Any] | str, files: Mapping[str, bytes]) -> None:
    """Load a model under a new name on a server that allows it, from a config and files; see :meth:`Connection.load`."""
    with Connection(url) as connection:
        if connection.serves(name):
            raise InputError(f"the server at {url} serves a model {name!r} already; choose a new name")
        connection.load(name, config=config, files=files)


def failure(error: Any, what: str, url: str, timeout: float) -> ServerError:
    """Return our error for a failed request, with the server's own reason in one line."""
    status, reason = str(error.status()), first_line(error.message() or "no reason given")
    if "DEADLINE_EXCEEDED" in status:
        return ServerTimeout(f"{what}: the Triton server at {url} did not answer within {timeout:g} s")
    if "UNAVAILABLE" in status and re.search(r"connect|resolv|[Ss]ocket|lookup", reason):
        return ServerError(f"no Triton server answers at {url}; check the address, TLS, and that the server runs")
    if "UNAUTHENTICATED" in status or "PERMISSION_DENIED" in status:
        return ServerError(f"{what}: the server at {url} refuses access ({reason}); check the token")
    return ServerError(f"{what} failed on {url}: {reason}")


def first_line(reason: str) -> str:
    """Return a server's reason in one line, without the traceback or the advice on configs that follows it."""
    reason = re.sub(r"\[request id: [^\]]*\] ", "", reason)
    return " ".join(re.split(r"\n\nAt:| NOTE: ", reason)[0].split())


def np_to_triton(dtype: np.dtype[Any]) -> str:
    """Return Triton's name of a numpy dtype; raise ``InputError`` when it has none."""
    from tritonclient.utils import np_to_triton_dtype

    name = np_to_triton_dtype(dtype)
    if name is None:
        raise InputError(f"Triton has no data type for numpy's {dtype}; use uint8 or float32")
    return str(name)


def _rgb(picture: Picture) -> NDArray[Any]:
    return pictures.read_rgb(picture, strict=True) if isinstance(picture, Path) else np.asarray(picture)


def _groups(arrays: Sequence[NDArray[Any]], size: int) -> Iterator[list[int]]:
    """Yield positions of arrays of equal shape and dtype, at most ``size`` at a time."""
    alike: dict[tuple[Any, ...], list[int]] = {}
    for place, array in enumerate(arrays):
        alike.setdefault((array.shape, array.dtype), []).append(place)
    for places in alike.values():
        for start in range(0, len(places), max(size, 1)):
            yield places[start : start + max(size, 1)]


def config_text(config: Mapping[str, Any] | str) -> str:
    """Return a model's config as the text of a ``config.pbtxt``, from that text or from Triton's JSON."""
    from google.protobuf import text_format

    return str(text_format.MessageToString(_config_message(config)))


def _config_json(config: Mapping[str, Any] | str) -> str:
    from google.protobuf import json_format

    return str(json_format.MessageToJson(_config_message(config), preserving_proto_field_name=True))


def _config_message(config: Mapping[str, Any] | str) -> Any:
    from google.protobuf import json_format, text_format
    from tritonclient.grpc.model_config_pb2 import ModelConfig

    try:
        if isinstance(config, str):
            return text_format.Parse(config, ModelConfig())
        return json_format.ParseDict(dict(config), ModelConfig())
    except (text_format.ParseError, json_format.ParseError) as error:
        raise InputError(
            f"the config is not one that Triton understands ({error}); see Triton's ModelConfig"
        ) from error


def _channel_options(url: str) -> list[tuple[str, int]]:
    sizes = [("grpc.max_send_message_length", 2**31 - 1), ("grpc.max_receive_message_length", 2**31 - 1)]
    # A proxy of the environment is never right for a server on this machine.
    return [*sizes, ("grpc.enable_http_proxy", 0)] if url.startswith(LOOPBACK) else sizes


def _library() -> Any:
    try:
        import tritonclient.grpc
    except ImportError as error:
        raise MissingLibrary(f"Triton's gRPC client is not installed; run: {INSTALL}") from error
    return tritonclient.grpc
