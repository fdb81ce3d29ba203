"""A live Triton server as a side: ``triton:HOST:PORT/MODEL``, and the traces that such a server writes.

:func:`capture` walks a served ensemble, :func:`describe_graph` tells what it is made of, :func:`capture_trace` reads
Triton's TENSORS trace, :func:`insert` adds the inner stages of a local copy. Nothing is changed on the server.
"""

from pixelparity.sources.protocol import Form, Served, Source, register
from pixelparity.sources.served.client import Access
from pixelparity.sources.served.graph import Graph
from pixelparity.sources.served.local_copy import insert
from pixelparity.sources.triton import targets
from pixelparity.sources.triton.captures import capture, describe_graph
from pixelparity.sources.triton.trace import capture_trace

#: The options with which a server is reached, by the names of :class:`Access`.
ACCESS = ("protocol", "token", "tls", "root_certificates", "timeout", "retries")

__all__ = ["Access", "Graph", "capture", "capture_trace", "describe_graph", "insert"]

register(
    Source(
        kind="triton",
        forms=(
            Form(
                text="triton:HOST:PORT/MODEL",
                takes="a model that a Triton server serves, an ensemble say; grpc or http",
                example="triton:localhost:8001/classifier",
                executes=False,
                handling="what the server answers is data; it is asked over the network, and nothing is changed there",
            ),
        ),
        capture=capture,
        options=(*ACCESS, "feed", "layout", "channels"),
        served=Served(
            access=ACCESS,
            parse_target=targets.parse,
            describe_graph=describe_graph,
            capture_trace=capture_trace,
            local_copy="dali",
        ),
    )
)
