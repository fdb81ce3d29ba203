"""A server that says what it is told to, over HTTP and gRPC: ``python -m benchmarks.fuzz.liar FOLDER``.

What it answers stands in ``answers.json`` of the folder and is read anew for each request; the two addresses are printed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ANSWERS = "answers.json"
_BYTES = {"UINT8": 1, "INT8": 1, "BOOL": 1, "FP16": 2, "INT16": 2, "UINT16": 2, "INT64": 8, "UINT64": 8, "FP64": 8}
_MOST_BYTES = 2**24


def payload(output: Mapping[str, Any]) -> bytes:
    """Return the bytes of an output: as many as its shape needs, unless it says otherwise; of a rising pattern, or all alike."""
    import numpy as np

    count = 1
    for side in output.get("shape", []):
        count *= abs(int(side))
    wanted = min(int(output.get("bytes", count * _BYTES.get(str(output.get("datatype")), 4))), _MOST_BYTES)
    if output.get("datatype") == "FP32":
        values = (
            np.full(wanted // 4 + 1, output["fill"]) if "fill" in output else np.arange(wanted // 4 + 1) % 997 / 997
        )
        return values.astype("<f4").tobytes()[:wanted]
    return bytes(range(256)) * (wanted // 256) + bytes(range(wanted % 256))


class _Says:
    """What is read of the answers for each request."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / ANSWERS
        self.copies: dict[str, int] = {}

    def __call__(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.file.read_text(encoding="utf-8"))
        return found

    def load(self, name: str, *, there: bool) -> None:
        """Have a copy of a model, or have it no longer; other answers know nothing of it."""
        self.copies.pop(name, None)
        if there:
            self.copies[name] = self.file.stat().st_ino

    def origin(self, name: str) -> str:
        """Return the model that a copy is of, by the beginning of its name; any other name as it is."""
        is_copy = self.copies.get(name) == self.file.stat().st_ino
        known = [model for model in self()["models"] if is_copy and name.startswith(model)]
        return max(known, key=len, default=name)

    def model(self, name: str) -> dict[str, Any]:
        """Return what is said of a model; ``repeat`` in the answers makes one of any name by a rule."""
        said = self()
        found = said["models"].get(self.origin(name))
        if found is None and "nested" in said:
            return nested(name, said["nested"])
        found = found or {}
        time.sleep(float(found.get("delay", 0)))
        return dict(found)


def _readiness(said: Mapping[str, Any]) -> Any:
    """Return the status of a model: what is said of it, and that of none where nothing is."""
    return said.get("ready", 200 if said else 400)


def nested(name: str, depth: int) -> dict[str, Any]:
    """Return an ensemble of two steps, each an ensemble one deeper, down to the plain model."""
    level = int(name.removeprefix("nested")) if name.startswith("nested") and name[6:].isdigit() else 0
    inner = f"nested{level + 1}" if level + 1 < depth else "prep"
    steps = [
        {"model_name": inner, "input_map": {"IN": "IN"}, "output_map": {"OUT": "OUT"}},
        {"model_name": inner, "input_map": {"IN": "IN"}, "output_map": {"OUT": "OTHER"}},
    ]
    return {"config": {
        "name": name, "platform": "ensemble", "max_batch_size": 0, "ensemble_scheduling": {"step": steps},
        "input": [{"name": "IN", "data_type": "TYPE_UINT8", "dims": [-1, -1, 3]}],
        "output": [{"name": "OUT", "data_type": "TYPE_FP32", "dims": [3, 24, 32]}],
    }}  # fmt: skip


def serve(folder: Path) -> None:
    """Serve until the standard input ends."""
    says = _Says(folder)
    web = ThreadingHTTPServer(("127.0.0.1", 0), _handler(says))
    port, server = _grpc(says)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(web.serve_forever)
        print(f"127.0.0.1:{web.server_address[1]} 127.0.0.1:{port}", flush=True)
        sys.stdin.read()
        web.shutdown()
        server.stop(0)


def _handler(says: _Says) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = self.path.strip("/").split("/")
            if len(parts) == 1:
                self.reply(says()["server"])
            elif parts[-1] == "ready":
                self.reply("", _readiness(says.model(parts[2])))
            else:
                self.reply(says.model(parts[2]).get("config", {"error": "no such model"}))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = self.path.strip("/").split("/")
            if parts[1] == "repository":
                if parts[-1] in ("load", "unload"):
                    says.load(parts[3], there=parts[-1] == "load")
                self.reply(says()["index"])
                return
            said = says.model(parts[2])
            outputs = said.get("outputs", [])
            head = {"model_name": parts[2], "model_version": "1", "outputs": []}
            body = b""
            for output in outputs if isinstance(outputs, list) else []:
                data = payload(output)
                entry = {key: value for key, value in output.items() if key not in ("bytes", "fill")}
                head["outputs"].append({**entry, "parameters": {"binary_data_size": output.get("claimed", len(data))}})
                body += data
            self.reply(said.get("head", head), said.get("status", 200), body)

        def reply(self, content: Any, status: int = 200, body: bytes = b"") -> None:
            text = content if isinstance(content, str) else json.dumps(content)
            data = text.encode("utf-8", "surrogatepass")
            self.send_response(status)
            self.send_header("Content-Length", str(len(data) + len(body)))
            self.send_header("Inference-Header-Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data + body)

        def log_message(self, *_: Any) -> None:
            return

    return Handler


def _loads(says: _Says) -> Any:
    """Return a gRPC service that lives, and that loads and unloads what it is told to."""
    from tritonclient.grpc import service_pb2, service_pb2_grpc

    class Loads(service_pb2_grpc.GRPCInferenceServiceServicer):  # type: ignore[misc]
        def ServerLive(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
            return service_pb2.ServerLiveResponse(live=True)

        def RepositoryModelLoad(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
            says.load(request.model_name, there=True)
            return service_pb2.RepositoryModelLoadResponse()

        def RepositoryModelUnload(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
            says.load(request.model_name, there=False)
            return service_pb2.RepositoryModelUnloadResponse()

    return Loads


def _grpc(says: _Says) -> tuple[int, Any]:
    import grpc
    from google.protobuf import json_format
    from tritonclient.grpc import service_pb2, service_pb2_grpc

    class Service(_loads(says)):  # type: ignore[misc]
        def ServerMetadata(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
            return self._read(says()["server"], service_pb2.ServerMetadataResponse(), context)

        def ModelReady(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
            return service_pb2.ModelReadyResponse(ready=_readiness(says.model(request.name)) == 200)

        def RepositoryIndex(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
            return self._read({"models": says()["index"]}, service_pb2.RepositoryIndexResponse(), context)

        def ModelConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
            return self._read(
                {"config": says.model(request.name).get("config")}, service_pb2.ModelConfigResponse(), context
            )

        def ModelInfer(self, request: Any, context: Any) -> Any:  # noqa: N802
            said = says.model(request.model_name)
            answer = service_pb2.ModelInferResponse(model_name=request.model_name)
            for output in said.get("outputs", []):
                plain = {key: value for key, value in output.items() if key in ("name", "datatype", "shape")}
                self._read(plain, answer.outputs.add(), context)
                answer.raw_output_contents.append(payload(output))
            return answer

        def _read(self, content: Any, message: Any, context: Any) -> Any:
            try:
                return json_format.ParseDict(content, message, ignore_unknown_fields=True)
            except Exception as error:  # what protobuf cannot hold, HTTP says
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"cannot be said over gRPC: {error}")

    server = grpc.server(ThreadPoolExecutor(8))
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(Service(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return port, server


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
