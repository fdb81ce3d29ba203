"""The walk through an ONNX graph, from an input up to the first operator of the network."""

from __future__ import annotations

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import shown, within
from pixelparity.recipes import Normalize, Recipe
from pixelparity.sources.front import Front, NoPreprocessing, begin, orders
from pixelparity.sources.onnx.operators import KNOWN, PASSED, borders_of_network
from pixelparity.sources.onnx.reading import Graph, Input, Node, load
from pixelparity.sources.protocol import WAY_ON

#: Operators with which a network begins, by whether they say that the picture's axes are N, C, H, W.
NETWORK = {
    **dict.fromkeys(
        ("Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "DeformConv", "MaxPool", "AveragePool", "LpPool",
         "GlobalAveragePool", "GlobalMaxPool", "InstanceNormalization", "GroupNormalization", "LRN", "FusedConv"), True,
    ),
    **dict.fromkeys(
        ("Gemm", "MatMul", "MatMulInteger", "QLinearMatMul", "Flatten", "LayerNormalization", "Einsum"), False
    ),
}  # fmt: skip
_DOMAINS = ("", "com.microsoft")
_MOST_OPERATORS = 64


def recipe(target: str) -> Recipe:
    """Read the preprocessing in front of the network of an ONNX model; ``#NAME`` behind the file names one of its inputs.

    Raises ``InputError`` for a file that is no model, ``UnsupportedStep`` where an operator in front of the network has no
    known meaning, or where there is none at all.
    """
    file, _, name = str(target).partition("#")
    source = f"onnx:{target}"
    with within(source):
        graph = load(file)
        front = _of_input(graph, _chosen(graph, name))
    return Recipe(source=source, steps=(*front.fed, *front.steps))


def _chosen(graph: Graph, name: str) -> Input:
    names = [value.name for value in graph.inputs]
    if name:
        found = [value for value in graph.inputs if value.name == name]
        if not found:
            raise InputError(f"it has no input {name!r}, only {shown(names)}")
        return found[0]
    if len(names) != 1:
        raise InputError(f"it has {len(names)} inputs, {shown(names)}; name one behind the file, #NAME")
    return graph.inputs[0]


def _of_input(graph: Graph, value: Input) -> Front:
    allowed = orders(value.shape)
    if not allowed:
        raise UnsupportedStep(
            f"its input {value.name!r} has the shape {_lengths(value)}, in which no axis is that of 1 or 3 channels: it takes no "
            f"picture, or one in another form; {WAY_ON}"
        )
    fronts, reasons = [], []
    for axes in allowed:
        try:
            front, last = _walk(graph, begin(axes, value.shape, value.dtype), value.name)
        except (InputError, UnsupportedStep) as error:
            reasons.append(error)
            continue
        told = last is not None and NETWORK.get(last.operator, False)
        if told and front.axes not in ("NCHW", "CHW"):
            reasons.append(
                UnsupportedStep(f"{last.called if last else ''} takes channels first, and gets {front.axes}")
            )
        elif told or len(allowed) == 1:
            fronts.append((front, last))
    if len(fronts) == 1:
        return _told(*fronts[0])
    if reasons and not fronts:
        raise reasons[0]
    raise UnsupportedStep(
        f"its input {value.name!r} has the shape {_lengths(value)}, and no operator says which axis is the channels'; {WAY_ON}"
    )


def _lengths(value: Input) -> str:
    return str(["?" if length is None else length for length in value.shape])


def _told(front: Front, last: Node | None) -> Front:
    """Return the front; raise ``NoPreprocessing`` where the model does nothing before its network."""
    if front.steps:
        return front
    first = f"its first operator is {last.called}" if last else "its input is an output"
    raise NoPreprocessing(
        f"it holds no preprocessing ({first}), so whoever calls it prepares the picture: name that side, or {WAY_ON}"
    )


def _walk(graph: Graph, front: Front, name: str) -> tuple[Front, Node | None]:
    """Return the front before the first operator of the network, and that operator."""
    for _ in range(_MOST_OPERATORS):
        users = graph.users(name)
        if not users and name not in graph.results:
            raise UnsupportedStep(f"the picture goes on inside a branch or a loop, which is not walked; {WAY_ON}")
        if not users or any(_is_network(node, front) for node in users):
            return front, next((node for node in users if _is_network(node, front)), None)
        if len(users) > 1:
            raise UnsupportedStep(
                f"the picture goes into {shown([node.called for node in users])} at once, which no recipe says; {WAY_ON}"
            )
        node = users[0]
        if node.operator == "Pad" and borders_of_network(graph, node, NETWORK):
            return front, next(iter(graph.users(node.outputs[0])))
        front = _step(graph, front, node, name)
        name = node.outputs[0]
    raise UnsupportedStep(f"more than {_MOST_OPERATORS} operators stand in front of the network; {WAY_ON}")


def _is_network(node: Node, front: Front) -> bool:
    """Tell whether an operator belongs to the network; a batch normalisation does, unless it is what normalises pictures."""
    if node.domain not in _DOMAINS:
        return False
    if node.operator == "BatchNormalization":
        first = not any(isinstance(step, Normalize) and len(step.mean + step.std) > 2 for step in front.steps)
        return front.length("C") != 3 or not first
    return node.operator in NETWORK


def _step(graph: Graph, front: Front, node: Node, name: str) -> Front:
    if node.operator in PASSED and not node.domain:
        return front
    reader = KNOWN.get(node.operator) if not node.domain else None
    if reader is None:
        raise UnsupportedStep(
            f"{node.called} stands in front of the network, and its meaning for a picture is not known; {WAY_ON}"
        )
    if not node.outputs or name not in node.inputs:
        raise InputError(f"{node.called} has no output; export the model again")
    try:
        return reader(graph, front, node, name)
    except UnsupportedStep as error:
        text = str(error)
        raise UnsupportedStep(text if WAY_ON in text else f"{text}; {WAY_ON}") from error
