"""The walk through a saved model, from an input up to the first operator of its network."""

from __future__ import annotations

from pathlib import Path

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import shown
from pixelparity.sources.front import Front, NoPreprocessing, begin, orders
from pixelparity.sources.openvino.intermediate import Graph, Layer, element_type, lengths, load
from pixelparity.sources.openvino.operators import KNOWN
from pixelparity.sources.protocol import WAY_ON

#: Operators with which a network begins, by whether they say that the picture's axes are N, C, H, W.
NETWORK = {
    **dict.fromkeys(
        ("Convolution", "GroupConvolution", "BinaryConvolution", "ConvolutionBackpropData", "DeformableConvolution", "MaxPool",
         "AvgPool", "GroupNormalization", "BatchNormInference", "LRN"), True,
    ),
    **dict.fromkeys(("MatMul", "MVN", "NormalizeL2", "Einsum"), False),
}  # fmt: skip
_MOST_OPERATORS = 64


def front(target: str) -> Front:
    """Return what a saved model does before its network; ``#NAME`` behind the file names one of its inputs."""
    file, _, name = target.partition("#")
    graph = load(Path(file))
    found = [layer for layer in graph.parameters if not name or layer.name == name]
    if len(found) != 1:
        names = shown([layer.name for layer in graph.parameters])
        raise InputError(f"it has the inputs {names}; name one behind the file, #NAME")
    return _of_input(graph, found[0])


def _of_input(graph: Graph, layer: Layer) -> Front:
    shape = lengths(layer.settings.get("shape", ""))
    dtype = element_type(layer.settings.get("element_type", ""), layer.called)
    allowed = (layer.layout,) if len(layer.layout) == len(shape) and _is_layout(layer.layout) else orders(shape)
    if not allowed:
        raise UnsupportedStep(f"{layer.called} has the shape {shown(shape)}, which is no picture's; {WAY_ON}")
    fronts, reasons = [], []
    for axes in allowed:
        try:
            walked, last, path = _walk(graph, begin(axes, shape, dtype), layer)
        except (InputError, UnsupportedStep) as error:
            reasons.append(error)
            continue
        told = last is not None and NETWORK[last.type]
        if told and last is not None and walked.axes != "NCHW":
            reasons.append(UnsupportedStep(f"{last.called} takes channels first, and gets {walked.axes}; {WAY_ON}"))
        elif told or len(allowed) == 1:
            fronts.append((walked, last, path))
    if len(fronts) != 1:
        unsaid = UnsupportedStep(
            f"{layer.called} has no layout, and no operator says which axis is the channels'; {WAY_ON}"
        )
        raise reasons[0] if reasons and not fronts else unsaid
    walked, last, path = fronts[0]
    _folded(graph, path)
    if not walked.steps:
        first = f"its first operator is {last.called}" if last else "its input is an output"
        raise NoPreprocessing(
            f"it holds no preprocessing ({first}), so whoever calls it prepares the picture: name that side, or {WAY_ON}"
        )
    return walked


def _is_layout(text: str) -> bool:
    return sorted(text) in (sorted("NCHW"), sorted("CHW"))


def _folded(graph: Graph, path: tuple[Layer, ...]) -> None:
    """Raise ``UnsupportedStep`` where OpenVINO folded a part of the preprocessing into the network: it marks what it changed."""
    seen = {number for layer in path for number in (layer.number, *layer.inputs)}
    folded = [layer.called for layer in graph.layers.values() if layer.marked and layer.number not in seen]
    if folded:
        raise UnsupportedStep(
            f"a part of what prepares the picture was folded into {folded[0]}, where it cannot be told from the network: read "
            f"the program that saved it, openvino:FILE.py, or {WAY_ON}"
        )


def _walk(graph: Graph, front: Front, layer: Layer) -> tuple[Front, Layer | None, tuple[Layer, ...]]:
    """Return the front before the first operator of the network, that operator, and those before it."""
    path = [layer]
    for _ in range(_MOST_OPERATORS):
        users = [user for user in graph.users.get(layer.number, []) if user.type not in ("ShapeOf", "Result")]
        ends = [user for user in users if user.type in NETWORK]
        if ends or not users:
            return front, next(iter(ends), None), tuple(path)
        if len(users) > 1:
            raise UnsupportedStep(
                f"the picture goes into {shown([user.called for user in users])} at once, which no recipe says; {WAY_ON}"
            )
        front = _step(graph, front, users[0], layer.number)
        layer = users[0]
        path.append(layer)
    raise UnsupportedStep(f"more than {_MOST_OPERATORS} operators stand in front of the network; {WAY_ON}")


def _step(graph: Graph, front: Front, layer: Layer, number: str) -> Front:
    reader = KNOWN.get(layer.type)
    if reader is None:
        raise UnsupportedStep(
            f"{layer.called} stands in front of the network, and its meaning for a picture is not known; {WAY_ON}"
        )
    try:
        return reader(graph, front, layer, number)
    except UnsupportedStep as error:
        text = str(error)
        raise UnsupportedStep(text if WAY_ON in text else f"{text}; {WAY_ON}") from error
