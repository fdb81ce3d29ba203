"""A live Triton server as a side: ``triton:HOST:PORT/MODEL``, and the traces that such a server writes.

:func:`capture` walks a served ensemble, :func:`describe_graph` tells what it is made of, :func:`capture_trace` reads
Triton's TENSORS trace, :func:`insert` adds the inner stages of a local copy. Nothing is changed on the server.
"""

from helpers.sources.triton.captures import capture, describe_graph
from helpers.sources.triton.door import Access
from helpers.sources.triton.graph import Graph
from helpers.sources.triton.local import insert
from helpers.sources.triton.trace import capture_trace

__all__ = ["Access", "Graph", "capture", "capture_trace", "describe_graph", "insert"]
