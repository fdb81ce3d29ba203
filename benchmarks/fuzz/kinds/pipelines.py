"""``model.dali``: damaged bytes, and messages with wrong texts, numbers, names and wiring."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from benchmarks.fuzz import base, changes
from benchmarks.fuzz.attempt import Attempt

KIND = "model.dali"
_FUNCTIONS = ("shipped", "computed", "encoded")
_OPERATORS = (
    "Resize", "Crop", "Cast", "PythonFunction", "NumbaFuncImpl", "readers__File", "Constant", "DumpImage", "Nope",
    changes.CODES[0],
)  # fmt: skip
_ARGUMENTS = ("size", "mode", "_display_name", "function_id", "dtype", "device", "layout", changes.CODES[2])
_FLOATS = st.sampled_from((0.0, -1.0, 1e30, float("nan"), float("inf"), 48.0))
_INTEGERS = st.sampled_from((0, -1, 1, 48, 2**31, 2**62, -(2**62)))
_FIELDS = ("floats", "ints", "strings", "bools", "none", "type", "name")


@st.composite
def attempts(draw: st.DrawFn) -> Attempt:
    """Return a changed pipeline, read and compared with itself; some are written as source, run and repaired."""
    sound = base.model(draw(st.sampled_from(_FUNCTIONS)))
    data = draw(st.one_of(changes.changed_bytes(sound), rewired(sound), rewired(sound)))
    side, files = "dali:model.dali", {"model.dali": data}
    further = draw(st.sampled_from(("read",) * 6 + ("write", "write", "run", "repair")))
    commands: list[tuple[str, ...]] = [("diff", side, side)]
    if further == "write":
        commands.append(("repair", "--reference", side))
    elif further != "read":
        files |= {f"{base.PICTURES}/drawn.png": base.picture(), "sound.dali": base.model("shipped")}
        both = base.diagnose(side if further == "run" else "dali:sound.dali", side)
        commands.append(both if further == "run" else ("repair", *both[1:]))
    wrong = frozenset() if further == "repair" else frozenset({1})
    return Attempt(kind=KIND, name=further, files=files, commands=tuple(commands), wrong=wrong)


@st.composite
def rewired(draw: st.DrawFn, data: bytes) -> bytes:
    """Return a pipeline's bytes after a few changes of its message."""
    from pixelparity.sources.dali.messages import pipeline_class

    message = pipeline_class().FromString(data)
    for _ in range(draw(st.sampled_from((1, 1, 2, 4)))):
        _changed(draw, message)
    return bytes(message.SerializePartialToString())


def _changed(draw: st.DrawFn, message: Any) -> None:
    how = draw(
        st.sampled_from(("value", "value", "value", "text", "edge", "operator", "added", "drop", "double", "whole"))
    )
    operators = list(message.op)
    if how == "whole" or not operators:
        message.batch_size = draw(st.sampled_from((-1, 0, 1, 2**31 - 1)))
        message.num_threads = draw(st.sampled_from((-1, 0, 1, 4)))
        return
    op = draw(st.sampled_from(operators))
    if how == "drop":
        message.op.remove(op)
    elif how == "double":
        message.op.add().CopyFrom(op)
    elif how == "operator":
        op.name = draw(st.sampled_from(_OPERATORS))
    elif how == "edge":
        _wired(draw, message, op)
    else:
        _argued(draw, op, how)


def _wired(draw: st.DrawFn, message: Any, op: Any) -> None:
    """Give an edge of an operator, or of the pipeline, another name or device."""
    edges = [*op.input, *op.output, *message.pipe_outputs]
    names = [edge.name for other in message.op for edge in other.output]
    if edges and draw(st.booleans()):
        draw(st.sampled_from(edges)).name = draw(st.sampled_from([*names, *changes.TEXTS[:8]])).replace("\x00", "0")
    elif edges:
        draw(st.sampled_from(edges)).device = draw(st.sampled_from(("cpu", "gpu", "mixed", *changes.CODES[:4])))


def _argued(draw: st.DrawFn, op: Any, how: str) -> None:
    """Change an argument of an operator, or add one."""
    arguments = [inner for argument in op.args for inner in (argument, *argument.extra_args)]
    if how != "added" and arguments:
        _valued(draw, draw(st.sampled_from(arguments)), "strings" if how == "text" else draw(st.sampled_from(_FIELDS)))
        return
    added = op.args.add(
        name=draw(st.sampled_from(_ARGUMENTS)), type=draw(st.sampled_from(("float", "int64", "string", "x")))
    )
    added.is_vector = draw(st.booleans())
    _valued(draw, added, draw(st.sampled_from(_FIELDS)))


def _valued(draw: st.DrawFn, argument: Any, field: str) -> None:
    """Give an argument another value, of its own type or of another."""
    if field == "type":
        argument.type = draw(st.sampled_from(("float", "int64", "string", "bool", "x", changes.CODES[1])))
    elif field == "name":
        argument.name = draw(st.sampled_from(_ARGUMENTS))
    elif field == "none":
        for stored in (argument.floats, argument.ints, argument.strings, argument.bools):
            del stored[:]
    else:
        texts = st.sampled_from(changes.TEXTS).map(lambda text: text.encode("utf-8", "replace"))
        values = {"floats": _FLOATS, "ints": _INTEGERS, "strings": texts, "bools": st.booleans()}[field]
        getattr(argument, field)[:] = draw(st.lists(values, max_size=4))
