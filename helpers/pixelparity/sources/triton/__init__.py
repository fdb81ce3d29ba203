"""A live Triton server as a side: ``triton:HOST:PORT/MODEL``, and the traces that such a server writes.

:func:`capture` walks a served ensemble, :func:`describe_graph` tells what it is made of, :func:`capture_trace` reads
Triton's TENSORS trace, :func:`insert` adds the inner stages of a local copy. Nothing is changed on the server.
"""

from pixelparity.sources.served.client import Access
from pixelparity.sources.served.graph import Graph
from pixelparity.sources.served.local_copy import insert
from pixelparity.sources.triton.captures import capture, describe_graph
from pixelparity.sources.triton.trace import capture_trace

__all__ = ["Access", "Graph", "capture", "capture_trace", "describe_graph", "insert"]
