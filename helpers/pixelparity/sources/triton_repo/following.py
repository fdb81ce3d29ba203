"""The way of a picture through an ensemble's graph: which step is the network, and which steps come before it."""

from __future__ import annotations

from dataclasses import dataclass

from pixelparity.errors import InputError
from pixelparity.sources.served.graph import Graph, Node, TensorSpec

#: Backends that run networks; DALI and Python run what one writes for them.
NETWORKS = ("tensorrt", "onnxruntime", "openvino", "pytorch", "tensorflow", "paddle", "caffe2", "armnn", "tflite")
_CHANNELS = (-1, 1, 3, 4)
_NAME_ONE = "name the network whose input is meant behind the model, #STEP"


@dataclass(frozen=True, kw_only=True)
class Way:
    """The ``steps`` that a picture passes, first to last, each with its output that goes on; then the ``network``'s input.

    Where an ensemble only prepares pictures there is no network, and ``input`` is empty; so is the output of a model whose
    config leaves its outputs to Triton.
    """

    steps: tuple[tuple[Node, str], ...]
    network: Node | None
    input: str = ""


def way(graph: Graph, step: str = "") -> Way:
    """Return the way to the network of a graph, or to the step or the output of that name.

    Raises ``InputError`` where that cannot be told, and where no step takes or makes a picture.
    """
    made = graph.producer(graph.outputs[step]) if step in graph.outputs else None
    if made is not None and step not in [node.model for node in graph.nodes]:
        return Way(steps=_leading_to(graph, graph.outputs[step]), network=None)
    network = _named(graph, step) if step else _network(graph)
    if network is None:
        last = graph.nodes[-1]
        return Way(steps=(*_before(graph, last), (last, _picture_output(graph, last))), network=None)
    given = _picture_input(network)
    return Way(steps=_leading_to(graph, network.inputs.get(given, "")), network=network, input=given)


def is_network(node: Node) -> bool:
    """Tell whether a model's backend is one that runs networks."""
    return node.backend.startswith(NETWORKS)


def _named(graph: Graph, step: str) -> Node:
    found = [node for node in graph.nodes if node.model == step]
    if len(found) != 1:
        how = f"has {len(found)} steps {step!r}" if found else f"has no step and no output {step!r}"
        has = ", ".join((*(node.model for node in graph.nodes), *graph.outputs))
        raise InputError(f"{graph.model} {how}; it has {has}")
    return found[0]


def _network(graph: Graph) -> Node | None:
    """Return the one network that sees pictures; nothing for a graph that only prepares them."""
    seeing = [node for node in graph.nodes if any(_is_picture(node, spec) for spec in _read(node))]
    found = [node for node in seeing if is_network(node)]
    if not found:  # networks of the Python backend: what sees a picture and puts out none
        found = [n for n in seeing if not _is_dali(n) and not any(_is_picture(n, spec) for spec in _made(n))]
    found = [node for node in found if not _feeds_one(graph, node, found)]
    if len(found) > 1:
        raise InputError(
            f"{graph.model} has {len(found)} networks that see pictures ({', '.join(n.model for n in found)}); {_NAME_ONE}"
        )
    last = graph.nodes[-1]
    if not found and not _is_dali(last) and not any(_is_picture(last, spec) for spec in _made(last)):
        inputs = ", ".join(f"{spec.name} {list(spec.dims)}" for node in graph.nodes for spec in _read(node)) or "none"
        more = f"; {_NAME_ONE}" if len(graph.nodes) > 1 else ""
        raise InputError(f"{graph.model} reads no picture, as its config declares its inputs ({inputs}){more}")
    return found[0] if found else None


def _feeds_one(graph: Graph, node: Node, networks: list[Node]) -> bool:
    """Tell whether a model hands a picture straight to another network: it prepares pictures, in a network's backend."""
    edges = [node.outputs[spec.name] for spec in _made(node) if _is_picture(node, spec) and spec.name in node.outputs]
    return any(reader in networks for edge in edges for reader, _ in graph.consumers(edge))


def _picture_input(node: Node) -> str:
    """Return the input of a network by which its picture comes."""
    found = [spec.name for spec in _read(node) if _is_picture(node, spec)] or [spec.name for spec in _read(node)]
    if len(found) != 1:
        raise InputError(
            f"{node.model} has {len(found)} inputs that may be its picture ({', '.join(found)}), and its config does not tell "
            "which is; declare the dims of each"
        )
    return found[0]


def _picture_output(graph: Graph, node: Node) -> str:
    """Return the output of the last step that holds a picture; empty where its config leaves its outputs to Triton."""
    if not node.output_specs:
        return ""
    given = {edge: name for name, edge in graph.outputs.items()}  # what the ensemble calls its own outputs
    made = [spec for spec in _made(node) if node.outputs[spec.name] in given]
    found = [spec.name for spec in made if _is_picture(node, spec)] or [spec.name for spec in made]
    if len(found) > 1 and _is_dali(node):
        names = [given[node.outputs[name]] for name in found]
        raise InputError(
            f"{graph.model} has no network and puts out several tensors ({', '.join(names)}); name the one that is meant behind "
            f"the model, #{names[-1]}"
        )
    if not found:
        raise InputError(
            f"{graph.model} does not put out what its last step {node.model!r} makes; correct the output_map of that step"
        )
    return found[0]


def _leading_to(graph: Graph, edge: str) -> tuple[tuple[Node, str], ...]:
    """Return the steps from the client to an edge, each with its output that goes on."""
    made = graph.producer(edge)
    if made is None:
        return ()
    producer, output = made
    return (*_before(graph, producer), (producer, output))


def _before(graph: Graph, node: Node) -> tuple[tuple[Node, str], ...]:
    """Return the steps before a step; raise ``InputError`` where its picture may come by several edges that others put out."""
    pictures = {node.inputs[spec.name] for spec in _read(node) if _is_picture(node, spec) or _is_encoded(spec)}
    made = [edge for edge in node.inputs.values() if graph.producer(edge) is not None]
    edges = sorted({edge for edge in made if edge in pictures} or set(made))
    if len(edges) > 1:
        raise InputError(
            f"step {node.model!r} of {graph.model} reads several tensors of the steps before ({', '.join(edges)}), and which is "
            "the picture is not told; name one of these steps as a model of its own"
        )
    return _leading_to(graph, edges[0]) if edges else ()


def _read(node: Node) -> list[TensorSpec]:
    return [spec for spec in node.input_specs if spec.name in node.inputs]


def _made(node: Node) -> list[TensorSpec]:
    return [spec for spec in node.output_specs if spec.name in node.outputs]


def without_batch(node: Node, spec: TensorSpec) -> tuple[int, ...]:
    """Return a tensor's dims without the axis of the batch, which stands among them where the model declares no batches."""
    return spec.dims[1:] if node.max_batch_size == 0 and len(spec.dims) == 4 else spec.dims


def _is_picture(node: Node, spec: TensorSpec) -> bool:
    """Tell whether a tensor is declared as one that holds pictures; one of which nothing is declared may."""
    dims = without_batch(node, spec)
    if not spec.datatype and not dims:
        return True
    return len(dims) == 3 and spec.datatype != "BYTES" and (dims[0] in _CHANNELS or dims[2] in _CHANNELS)


def _is_encoded(spec: TensorSpec) -> bool:
    return spec.datatype in ("BYTES", "UINT8") and len(spec.dims) <= 2


def _is_dali(node: Node) -> bool:
    return node.backend == "dali"
