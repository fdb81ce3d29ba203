"""Read a serialized pipeline (``model.dali``) into a graph without running it, and without loading DALI.

Reading only parses: nothing in the file is executed, and a file that carries Python functions (or addresses of compiled
ones) is refused before anyone could run it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pixelparity import files
from pixelparity.errors import InputError, PipelineFileError
from pixelparity.fields import shown
from pixelparity.literals import DEVICES, OPERATOR
from pixelparity.sources.dali.graph import Argument, Edge, Graph, Node, Origin
from pixelparity.sources.dali.messages import pipeline_class
from pixelparity.sources.dali.spelling import modernise, snake

#: Operators that call a function by its address in the process that wrote the file: never valid in another process.
CODE_OPERATORS = frozenset(
    {
        "PythonFunction", "PythonFunctionImpl", "PythonFunctionBase", "DLTensorPythonFunction",
        "DLTensorPythonFunctionImpl", "TorchPythonFunction", "NumbaFunction", "NumbaFuncImpl", "NumbaFunc",
        "JaxFunction", "JitFunction",
    }
)  # fmt: skip
_CODE_ARGUMENTS = frozenset({"function_id", "run_fn", "setup_fn"})
_CPU_ONLY = -99999  # how DALI stores "no GPU" (device_id=None)
#: Far beyond what preprocessing is made of, which is a few dozen operators; tensors of constants may be long.
MOST_OPERATORS = 1000
_MOST_BYTES = 16 * files.MIB


def read(pipeline: str | Path | bytes) -> Graph:
    """Read a serialized pipeline, given as a file's path or as its bytes, without running anything in it.

    Raises ``PipelineFileError``, in one line, for a file that is truncated, is not a DALI pipeline, was made by a newer
    DALI, or carries Python functions.
    """
    data, source = load_bytes(pipeline)
    return to_graph(parse(data, source), source)


def load_bytes(pipeline: str | Path | bytes) -> tuple[bytes, str]:
    """Return the bytes of a serialized pipeline and the name to call it by in messages."""
    if isinstance(pipeline, bytes):
        return pipeline, "serialized pipeline"
    try:
        return files.read(pipeline, "a DALI pipeline", most=_MOST_BYTES, hint="give a model.dali"), str(pipeline)
    except InputError as error:
        raise PipelineFileError(str(error)) from error


def parse(data: bytes, source: str) -> Any:
    """Return the checked protobuf message of a pipeline, its operators called as today's DALI calls them.

    Raises ``PipelineFileError`` as :func:`read` does.
    """
    from google.protobuf.message import DecodeError

    if not data:
        raise PipelineFileError(f"{source} is empty; give a pipeline written by Pipeline.serialize()")
    try:
        message = pipeline_class().FromString(data)
        problem = None if message.IsInitialized() else "fields that every pipeline has are missing"
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        message, problem = None, str(error) or type(error).__name__
    if problem:
        raise PipelineFileError(
            f"{source} is not a DALI pipeline, or is truncated: it does not parse; serialize the pipeline again"
        )
    if len(message.op) > MOST_OPERATORS:
        raise PipelineFileError(
            f"{source} holds {len(message.op):,} operators, and at most {MOST_OPERATORS:,} are read of one; give a pipeline "
            "that only preprocesses"
        )
    _refuse_garbled(message, source)
    _refuse_names(message, source)
    _refuse_foreign(message, source)
    _refuse_incomplete(message, source)
    _refuse_code(message, source)
    modernise(message)
    return message


def to_graph(message: Any, source: str) -> Graph:
    """Return the graph that a parsed message describes."""
    nodes = tuple(_node(op, source) for op in message.op)
    return Graph(
        source=source,
        nodes=_in_running_order(nodes, source),
        outputs=tuple(Edge(name=o.name, device=o.device) for o in message.pipe_outputs),
        batch_size=message.batch_size,
        num_threads=message.num_threads or 1,
        device_id=None if message.device_id == _CPU_ONLY else message.device_id,
    )


def _refuse_garbled(message: Any, source: str) -> None:
    """Refuse names that are no text: protobuf hands them over as bytes."""
    edges = [*message.pipe_outputs, *(edge for op in message.op for edge in (*op.input, *op.output))]
    words = [word for op in message.op for word in (op.name, op.inst_name)]
    words += [word for edge in edges for word in (edge.name, edge.device, edge.arg_name)]
    words += [word for op in message.op for argument in op.args for word in (argument.name, argument.type)]
    if not all(isinstance(word, str) for word in words):
        raise PipelineFileError(f"{source} is damaged: a name in it is no text; serialize the pipeline again")


def _refuse_names(message: Any, source: str) -> None:
    """Refuse devices and names of arguments that no DALI writes: a pipeline's source is written from them."""
    edges = [*message.pipe_outputs, *(edge for op in message.op for edge in (*op.input, *op.output))]
    strange = [edge.device for edge in edges if edge.device not in DEVICES]
    if strange:
        raise _damaged(source, f"a device in it is {shown(strange[0])}")
    names = [argument.name for op in message.op for argument in op.args]
    names += [edge.arg_name for op in message.op for edge in op.input if edge.is_argument_input]
    strange = [name for name in names if not name.isidentifier()]
    if strange:
        raise _damaged(source, f"an argument in it is called {shown(strange[0])}")


def _damaged(source: str, how: str) -> PipelineFileError:
    return PipelineFileError(f"{source} is damaged: {how}; serialize the pipeline again")


def _refuse_foreign(message: Any, source: str) -> None:
    from google.protobuf.unknown_fields import UnknownFieldSet

    parts = [message, *message.op, *message.pipe_outputs]
    parts += [part for op in message.op for part in (*op.input, *op.output, *op.args)]
    numbers = sorted({unknown.field_number for part in parts for unknown in UnknownFieldSet(part)})
    if numbers:
        raise PipelineFileError(
            f"{source} holds fields that no known DALI writes (number {numbers[0]}): it was made by a newer DALI, or is "
            "damaged; read it with a newer pixelparity or serialize the pipeline again with DALI 2.4"
        )


def _refuse_incomplete(message: Any, source: str) -> None:
    made = {edge.name for op in message.op for edge in op.output}
    wanted = {edge.name for op in message.op for edge in op.input} | {edge.name for edge in message.pipe_outputs}
    if not message.op:
        raise PipelineFileError(f"{source} holds no operator: it is not a DALI pipeline, or is truncated")
    if not message.pipe_outputs or not message.HasField("device_id"):
        raise PipelineFileError(f"{source} is truncated: its outputs are not all there; serialize the pipeline again")
    if not wanted <= made:
        lost = sorted(wanted - made)[0]
        raise PipelineFileError(f"{source} is damaged: no operator makes {lost!r}; serialize the pipeline again")
    if len(made) < sum(len({e.name for e in op.output}) for op in message.op):
        raise PipelineFileError(f"{source} is damaged: two operators make the same output; serialize it again")
    if message.batch_size < 1:
        raise PipelineFileError(f"{source} is damaged: its batch size is {message.batch_size}; serialize it again")


def _refuse_code(message: Any, source: str) -> None:
    for op in message.op:
        carries = op.name in CODE_OPERATORS or "PythonFunction" in op.name or "NumbaFunc" in op.name
        if carries or any(a.name in _CODE_ARGUMENTS for a in op.args):
            raise PipelineFileError(
                f"{source} carries a Python function (operator {op.name}), which only the process that wrote it could "
                "call; replace it with DALI operators and serialize the pipeline again"
            )


def _node(op: Any, source: str) -> Node:
    arguments = {a.name: Argument(name=a.name, type=a.type, value=_value(a, source)) for a in op.args}
    module = arguments.pop("_module", None)
    display = arguments.pop("_display_name", None)
    stored = arguments.get("device")
    device = stored.value if stored else (op.output[0].device if op.output else "cpu")
    if device not in DEVICES:
        raise _damaged(source, f"operator {shown(op.name)} runs on device {shown(device)}")
    return Node(
        name=op.inst_name or op.name,
        operator=op.name,
        function=_function(op.name, module, display, source),
        device=device,
        inputs=tuple(Edge(name=e.name, device=e.device) for e in op.input if not e.is_argument_input),
        outputs=tuple(Edge(name=e.name, device=e.device) for e in op.output),
        argument_inputs={e.arg_name: Edge(name=e.name, device=e.device) for e in op.input if e.is_argument_input},
        arguments=arguments,
        origin=_origin(arguments, source),
    )


def _function(operator: str, module: Argument | None, display: Argument | None, source: str) -> str:
    """Return what a person writes for an operator: ``fn.decoders.image``, also for files of other interfaces and versions."""
    written = f"{module.value}.{display.value}".removeprefix("nvidia.dali.") if module and display else ""
    if written.startswith(("fn.", "math.")):
        if OPERATOR.fullmatch(written) is None:
            raise _damaged(source, f"operator {shown(operator)} is displayed as {shown(written)}")
        return written
    *modules, name = operator.split("__")
    found = ".".join(["fn", *modules, snake(name)])
    if OPERATOR.fullmatch(found) is None:
        raise _damaged(source, f"an operator in it is called {shown(operator)}")
    return found


def _origin(arguments: dict[str, Argument], source: str) -> Origin:
    stored = [arguments.get(f"_origin_stack_{key}") for key in ("filename", "lineno", "name", "line")]
    columns = [found.value for found in stored if found is not None and isinstance(found.value, tuple)]
    if len(columns) < len(stored):
        return Origin()
    rows = list(zip(*columns, strict=False))
    if any(tuple(map(type, row)) != (str, int, str, str) for row in rows):
        raise _damaged(source, "the source lines in it are no texts and numbers")
    # The innermost frame comes last; frames inside DALI itself are not what a person wrote.
    frames = [Origin(file=f, line=n, function=name, text=text.strip()) for f, n, name, text in rows]
    own = [frame for frame in frames if "nvidia/dali/" not in frame.file]
    return (own or frames or [Origin()])[-1]


def _value(argument: Any, source: str) -> Any:
    if argument.is_vector or argument.extra_args:
        elements = tuple(_value(element, source) for element in argument.extra_args)
        if len({type(element) for element in elements}) > 1:
            raise PipelineFileError(f"{source} is damaged: argument {argument.name!r} mixes types; serialize it again")
        return elements
    floats = (float(str(np.float32(f))) for f in argument.floats)  # as written: 0.1, not 0.10000000149
    stored: tuple[Any, ...] = (*floats, *argument.ints, *argument.bools, *(_text(s) for s in argument.strings))
    if any(value != value for value in stored):
        raise _damaged(source, f"argument {shown(argument.name)} holds NaN")
    if len(stored) > 1:
        return stored
    if not stored:
        if argument.type in ("float", "int64", "bool", "string"):
            raise PipelineFileError(f"{source} is damaged: argument {argument.name!r} has no value; serialize it again")
        return ()
    return stored[0]


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", errors="replace")


def _in_running_order(nodes: tuple[Node, ...], source: str) -> tuple[Node, ...]:
    """Return the nodes so that each comes after its inputs; the stored order is kept where it already is such an order."""
    done: set[str] = set()
    ordered: list[Node] = []
    waiting = list(nodes)
    while waiting:
        first = next((n for n in waiting if done.issuperset(e.name for e in _read_by(n))), None)
        if first is None:
            raise PipelineFileError(f"{source} is damaged: its operators wait for each other; serialize it again")
        waiting.remove(first)
        ordered.append(first)
        done |= {edge.name for edge in first.outputs}
    return tuple(ordered)


def _read_by(node: Node) -> tuple[Edge, ...]:
    return (*node.inputs, *node.argument_inputs.values())
