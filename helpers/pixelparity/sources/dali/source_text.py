"""Write a pipeline that is only known as a file as Python source: one line for each operator, ready to be edited."""

from __future__ import annotations

import keyword

from pixelparity import literals
from pixelparity.errors import InputError
from pixelparity.fields import shown
from pixelparity.sources.dali.constants import as_python
from pixelparity.sources.dali.expressions import NotSizes, parse_expression
from pixelparity.sources.dali.graph import Edge, Graph, Node, Origin
from pixelparity.sources.dali.recipes import picture_path, understood
from pixelparity.sources.dali.schemas import TUNING

_SIGNS = {
    "add": "+", "sub": "-", "mul": "*", "fdiv": "/", "div": "//", "eq": "==", "neq": "!=", "lt": "<", "leq": "<=",
    "gt": ">", "geq": ">=", "bitand": "&", "bitor": "|", "bitxor": "^",
}  # fmt: skip
_UNARY = {"minus": "-", "plus": "+"}
#: Arguments in pixels, which people write as whole numbers though they are stored as float32.
_PIXELS = frozenset(
    {"size", "crop", "crop_h", "crop_w", "resize_x", "resize_y", "resize_shorter", "resize_longer", "max_size", "shape",
     "min_canvas_size"}
)  # fmt: skip
_PRIVATE = frozenset({"num_subscripts", "expression_desc", "real_constants", "integer_constants"})
_NUMBERS = frozenset({"_ArithmeticGenericOp", "_TensorSubscript", "Cast"})
_INLINED = 60  # characters
_MOST_AXES = 16  # of a tensor
NAME = "preprocess"


def to_source(graph: Graph, name: str = NAME) -> str:
    """Return Python source of a function ``name`` that defines the same pipeline, operator by operator.

    Arguments left to DALI stay left to it, so that the text shows what was chosen. The source runs where DALI is
    installed; it holds no code from the file, only operators and constants.
    """
    writer = _Writer(graph)
    body = [line for node in graph.nodes for line in writer.lines(node)]
    results = ", ".join(writer.read(edge, edge.device) for edge in graph.outputs)
    text = "\n".join(f"    {line}" for line in [*body, f"return {results}"])
    imports = "from nvidia.dali import fn, pipeline_def, types\n"
    if "math." in text:
        imports = "from nvidia.dali import fn, math, pipeline_def, types\n"
    if "types." not in text:
        imports = imports.replace(", types", "")
    on_gpu = any(node.device != "cpu" for node in graph.nodes)
    device = graph.device_id if graph.device_id is not None else 0 if on_gpu else None
    sizes = f"batch_size={literals.integer(graph.batch_size)}, num_threads={literals.integer(graph.num_threads)}"
    made = f"{sizes}, device_id={'None' if device is None else literals.integer(device)}"
    head = f'"""A DALI pipeline written out from {literals.remark(graph.source.rsplit("/", 1)[-1])}."""\n\n'
    definition = f"@pipeline_def({made}, prefetch_queue_depth=1)\ndef {literals.identifier(name)}():"
    return f"{head}{imports}\n\n{definition}\n{text}\n"


def origins(graph: Graph) -> dict[int, Origin]:
    """Return the line of its author's that each line of :func:`to_source` comes from, by number from 1, where the file tells."""
    writer = _Writer(graph)
    made = [node.origin for node in graph.nodes for _ in writer.lines(node)]
    first = len(to_source(graph).splitlines()) - len(made)  # the last line is the return
    return {first + number: origin for number, origin in enumerate(made) if origin.file}


class _Writer:
    """Gives every edge a name and every operator a line."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._names: dict[str, str] = {}
        self._name_pictures()

    def _name_pictures(self) -> None:
        """Call the picture ``images`` all along, as people do, except where an earlier one is needed again later."""
        path = picture_path(self._graph, self._graph.outputs[0].name)
        position = {node.name: number for number, node in enumerate(self._graph.nodes)}
        outputs = {edge.name for edge in self._graph.outputs}
        for node, following in zip(path, [*path[1:], None], strict=True):
            edge = node.outputs[0].name
            last = max((position[user.name] for user in self._graph.consumers(node)), default=0)
            reused = following is not None and (last > position[following.name] or edge in outputs)
            if len(node.outputs) == 1 and not reused:
                self._names[edge] = "images"

    def _free(self, word: str) -> str:
        taken, name, number = set(self._names.values()) | {"fn", "math", "types"}, word, 1
        while name in taken or keyword.iskeyword(name):
            number += 1
            name = f"{word}_{number}"
        return name

    def read(self, edge: Edge, device: str) -> str:
        """Return the name of an edge as read on a device; ``.gpu()`` where it has to be copied there."""
        made = next(e.device for e in self._graph.producers[edge.name].outputs if e.name == edge.name)
        name = self._names[edge.name]
        return f"{name}.{device}()" if made != device and device in ("gpu", "cpu") else name

    def lines(self, node: Node) -> list[str]:
        """Return the line of an operator; none for a short number that is used once, which is written where it is used."""
        with understood(self._graph, node):
            expression = self._expression(node)
        if self._is_inlined(node, expression):
            binds_loosely = node.operator == "_ArithmeticGenericOp" and not expression.startswith("math.")
            self._names[node.outputs[0].name] = f"({expression})" if binds_loosely else expression
            return []
        for edge in node.outputs:
            if edge.name not in self._names:
                self._names[edge.name] = self._free(_word(node))
        return [f"{', '.join(self._names[edge.name] for edge in node.outputs)} = {expression}"]

    def _is_inlined(self, node: Node, expression: str) -> bool:
        edge = node.outputs[0]
        users = [e for n in self._graph.nodes for e in (*n.inputs, *n.argument_inputs.values()) if e.name == edge.name]
        is_number = node.operator in _NUMBERS and edge.name not in self._names
        is_output = any(edge.name == output.name for output in self._graph.outputs)
        same_device = len(users) == 1 and users[0].device == edge.device == "cpu"
        return is_number and same_device and not is_output and len(expression) <= _INLINED

    def _expression(self, node: Node) -> str:
        inputs = [self.read(edge, edge.device) for edge in node.inputs]
        if node.operator == "_ArithmeticGenericOp":
            return _arithmetic(node, inputs)
        if node.operator == "_TensorSubscript":
            return f"{inputs[0]}[{self._subscripts(node)}]"
        if node.operator == "_Shape":
            words = [f"dtype={_literal('dtype', node.get('dtype'))}"] if "dtype" in node.arguments else []
            words.append(f"device={literals.device(node.device)}")
            return f"{inputs[0]}.shape({', '.join(words)})"
        return f"{literals.operator(node.function)}({', '.join([*inputs, *self._arguments(node)])})"

    def _arguments(self, node: Node) -> list[str]:
        words = [f"name={literals.string(node.name)}"] if node.is_source else []
        for name, argument in node.declared.items():
            if name not in TUNING and name not in _PRIVATE:
                words.append(f"{literals.identifier(name)}={_value(name, argument.value)}")
        computed = node.argument_inputs.items()
        words += [f"{literals.identifier(name)}={self.read(edge, edge.device)}" for name, edge in computed]
        if node.operator == "_conditional__Split":
            words.append("_if_stmt=True")
        default = "gpu" if any(edge.device == "gpu" for edge in node.inputs) else "cpu"
        return words if node.device == default else [*words, f"device={literals.device(node.device)}"]

    def _subscripts(self, node: Node) -> str:
        count = node.get("num_subscripts", 1)
        if not isinstance(count, int) or not 1 <= count <= _MOST_AXES:
            raise InputError(
                f"{self._graph.source}: {node.name!r} has {shown(count)} subscripts; serialize the pipeline again"
            )
        return ", ".join(self._subscript(node, axis) for axis in range(count))

    def _subscript(self, node: Node, axis: int) -> str:
        def bound(kind: str) -> str:
            name = f"{kind}_{axis}"
            if name in node.argument_inputs:
                return self._names[node.argument_inputs[name].name]
            return literals.integer(node.get(name)) if name in node.arguments else ""

        step = bound("step")
        return bound("at") or f"{bound('lo')}:{bound('hi')}" + (f":{step}" if step else "")


def _word(node: Node) -> str:
    last = node.function.rsplit(".", 1)[-1].strip("_")
    word = {"tensor_subscript": "part", "arithmetic_generic_op": "number", "external_source": "fed"}.get(last, last)
    return word if word.isidentifier() else "value"


def _value(name: str, value: object) -> str:
    if name in _PIXELS:
        if isinstance(value, tuple):
            return "[" + ", ".join(_value(name, v) for v in value) + "]"
        if isinstance(value, float) and value.is_integer():
            return literals.integer(int(value))
    return _literal(name, value)


def _literal(argument: str, value: object) -> str:
    """Return a stored value as a person writes it, once it is known to be a constant that source can hold."""
    literals.constant(value)
    return as_python(argument, value)


def _arithmetic(node: Node, inputs: list[str]) -> str:
    try:
        operation, operands = parse_expression(node)
    except NotSizes:
        described = literals.string(node.get("expression_desc"))
        return f"fn._arithmetic_generic_op({', '.join(inputs)}, expression_desc={described})"
    words = []
    for kind, number, dtype in operands:
        stored = node.get("real_constants" if dtype.startswith("float") else "integer_constants", ())
        words.append(inputs[number] if kind == "&" else _literal("", stored[number]))
    if operation in _UNARY:
        return f"{_UNARY[operation]}{words[0]}"
    if operation in _SIGNS and len(words) == 2:
        return f"{words[0]} {_SIGNS[operation]} {words[1]}"
    return f"{literals.operator(f'math.{operation}')}({', '.join(words)})"
