"""Talk to a running Triton server over gRPC or HTTP: send pictures, load and unload models.

A :class:`Connection` is the same whether the server is our own or one that runs elsewhere (:func:`connect`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity import model_config, pictures
from pixelparity.deploy.wire import Wire, first_line
from pixelparity.errors import InputError, ServerError

#: What a picture may be given as: a file, or decoded RGB in HWC order as uint8.
Picture = Path | NDArray[Any]


class Connection:
    """A running Triton server at ``url`` (HOST:PORT of gRPC, or of HTTP). ``timeout`` in seconds bounds every request.

    ``http_url`` and ``log_path`` are known for a server that we started ourselves. ``access`` are the further settings of
    :class:`Wire`: ``protocol``, ``token``, ``tls``, ``root_certificates``. Leaving the ``with`` block closes the connection
    and leaves the server alone.
    """

    def __init__(self, url: str, *, http_url: str | None = None, timeout: float = 60.0, **access: Any) -> None:
        self.url = url
        self.http_url = http_url
        self.log_path: Path | None = None
        self._wire = Wire(timeout=timeout, **access)
        if self._wire.protocol == "http":
            self.http_url = url

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the server goes on."""
        self._wire.close()

    def stop(self) -> None:
        """End our use of the server: a connection closes, a server of our own stops."""
        self.close()

    def ready(self) -> bool:
        """Tell whether the server answers.

        Triton's own word is no longer ready once any model has failed to load.
        """
        self._call("get_server_metadata")  # over HTTP a refusal reads as "not live", and says why only here
        return bool(self._call("is_server_live"))

    def serves(self, model: str) -> bool:
        """Tell whether the server answers requests for a model."""
        return bool(self._call("is_model_ready", model))

    def side(self, model: str) -> str:
        """Return a served model as a side is written, to be captured and diagnosed."""
        scheme = "" if self._wire.scheme == "grpc" else f"{self._wire.scheme}://"
        return f"triton:{scheme}{self.url}/{model}"

    def models(self) -> dict[str, str]:
        """Return what the server says of each model that it has tried to load: ``READY``, or why it is not."""
        index = [entry for entry in self._wire.index(self.url) if entry.get("state")]
        return {
            entry.get("name", ""): "READY"
            if entry["state"] == "READY"
            else first_line(entry.get("reason") or entry["state"])
            for entry in index
        }

    def config(self, model: str) -> dict[str, Any]:
        """Return a model's config, completed by the server, as Triton's JSON."""
        return dict(self._wire.config(self.url, model))

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
        given = {name: (np_to_triton(array.dtype), np.ascontiguousarray(array)) for name, array in inputs.items()}
        return self._wire.infer(self.url, model, given)

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
        config = self.config(model)
        given = config.get("input", [])
        if len(given) != 1:
            raise InputError(f"model {model!r} has {len(given)} inputs; classify needs a model with one")
        arrays = [_rgb(p) for p in (images.values() if isinstance(images, Mapping) else images)]
        if not arrays:
            raise InputError(f"no picture was given to classify with {model!r}; give at least one")
        name = output or config["output"][0]["name"]
        answers: list[NDArray[Any] | None] = [None] * len(arrays)
        largest = int(config.get("max_batch_size", 0))
        batched = largest > 0
        for chosen in _groups(arrays, min(batch, largest) if batched else 1):
            sent = np.stack([arrays[i] for i in chosen]) if batched else arrays[chosen[0]]
            outputs = self.infer(model, {given[0]["name"]: sent})
            if name not in outputs:
                raise InputError(f"model {model!r} has no output {name!r}; it has {', '.join(outputs)}")
            for place, row in zip(chosen, outputs[name] if batched else [outputs[name]], strict=True):
                answers[place] = row
        return np.stack([answer for answer in answers if answer is not None])

    def _call(self, method: str, *arguments: Any, **options: Any) -> Any:
        return self._wire.ask(self.url, method, *arguments, **options)


def connect(url: str, **settings: Any) -> Connection:
    """Return a connection to a server that runs already; raise ``ServerError`` when none answers at ``url`` (HOST:PORT).

    ``settings`` are those of :class:`Connection`: ``timeout``, ``protocol``, ``token``, ``tls``, ``root_certificates``.
    """
    host, _, port = url.rpartition(":")
    if not host or not port.isdigit():
        raise InputError(f"{url!r} is not HOST:PORT; give the address of a Triton server, such as localhost:8001")
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
    message = model_config.message(config)
    from google.protobuf import text_format

    return str(text_format.MessageToString(message))


def _config_json(config: Mapping[str, Any] | str) -> str:
    message = model_config.message(config)
    from google.protobuf import json_format

    return str(json_format.MessageToJson(message, preserving_proto_field_name=True))
