"""Gates in front of a Triton server's ports, which Triton itself does not have: they ask for a token, behind TLS."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import grpc

TOKEN = "sesame"


class _Gate(grpc.GenericRpcHandler):
    """Forward every call whose bearer token is right, and tell of each once the server has answered it."""

    def __init__(self, url: str, token: str | None, answered: Callable[[str], None]) -> None:
        self.channel = grpc.insecure_channel(url, options=[("grpc.enable_http_proxy", 0)])
        self.token, self.answered = token, answered

    def service(self, details):
        """Return a handler that forwards bytes, or refuses."""
        bearer = None if self.token is None else f"Bearer {self.token}"
        if dict(details.invocation_metadata).get("authorization") != bearer:
            refuse = lambda request, context: context.abort(grpc.StatusCode.UNAUTHENTICATED, "wrong token")  # noqa: E731
            return grpc.unary_unary_rpc_method_handler(refuse)

        def forward(request: bytes, context: grpc.ServicerContext) -> bytes:
            try:
                answer = self.channel.unary_unary(details.method)(request, timeout=60)
            except grpc.RpcError as error:
                context.abort(error.code(), error.details())
            self.answered(details.method.rpartition("/")[2])
            return answer

        return grpc.unary_unary_rpc_method_handler(forward)


@contextmanager
def grpc_gate(
    url: str,
    certificate: tuple[Path, Path] | None = None,
    *,
    token: str | None = TOKEN,
    answered: Callable[[str], None] = lambda method: None,
) -> Iterator[str]:
    """Serve a gate, with TLS where a certificate and its key are given; ``answered`` is told the name of each call."""
    server = grpc.server(ThreadPoolExecutor(4), handlers=[_Gate(url, token, answered)])
    if certificate is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        chain, key = (path.read_bytes() for path in certificate)
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, chain)]))
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


@contextmanager
def http_gate(url: str, certificate: tuple[Path, Path]) -> Iterator[str]:
    """Serve an HTTP gate with TLS."""

    class Gate(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                return self.reply(401, {}, b'{"error": "wrong token"}')
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            upstream = http.client.HTTPConnection(url, timeout=20)
            upstream.request(self.command, self.path, body, {k: v for k, v in self.headers.items() if k != "Host"})
            answer = upstream.getresponse()
            return self.reply(answer.status, dict(answer.getheaders()), answer.read())

        do_POST = do_GET

        def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
