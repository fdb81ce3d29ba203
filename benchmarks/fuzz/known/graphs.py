"""Pipelines whose operators cost more than they say: chains, doubling formulas, huge sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.fuzz import base
from benchmarks.fuzz.attempt import Attempt

_SIDE = "dali:model.dali"
Change = Callable[[Any], None]
_CHANGES: dict[str, Change] = {
    "doubling formula of 40": lambda m: _doubling(m, 40), "doubling formula of 16": lambda m: _doubling(m, 16),
    "2,000 operators": lambda m: _chain(m, 2_000), "10,000 operators": lambda m: _chain(m, 10_000),
    "990 operators": lambda m: _chain(m, 990), "sum of 990": lambda m: _doubling(m, 990),
    "sum of 2,000": lambda m: _doubling(m, 2_000), "branches of 60": lambda m: _branches(m, 60),
    "NaN sizes": lambda m: _size(m, float("nan")), "infinite sizes": lambda m: _size(m, float("inf")),
    "huge size": lambda m: _size(m, 1e9), "a size beyond memory": lambda m: _size(m, 200_000.0),
    "negative size": lambda m: _size(m, -7.0), "negative batch": lambda m: setattr(m, "batch_size", -5),
    "huge batch": lambda m: setattr(m, "batch_size", 2**31 - 1), "negative threads": lambda m: setattr(m, "num_threads", -3),
}  # fmt: skip


def attempts() -> Iterator[Attempt]:
    """Yield pipelines to be read, compared, run and written as source."""
    for name, change in _CHANGES.items():
        files = {"model.dali": _message(change), f"{base.PICTURES}/drawn.png": base.picture()}
        commands = (("recipe", _SIDE), ("diff", _SIDE, _SIDE), base.diagnose(_SIDE, _SIDE))
        yield Attempt(kind="model.dali", name=name, files=files, commands=commands, wrong=frozenset({1}))
        yield Attempt(
            kind="model.dali", name=f"{name}, written", files=files, commands=(("repair", "--reference", _SIDE),)
        )


def _message(change: Change) -> bytes:
    from pixelparity.sources.dali.messages import pipeline_class

    message = pipeline_class().FromString(base.model())
    change(message)
    return bytes(message.SerializePartialToString())


def _size(message: Any, value: float) -> None:
    resize = next(op for op in message.op if op.name == "Resize")
    for argument in resize.args:
        if argument.name == "size":
            for inner in argument.extra_args or [argument]:
                inner.floats[:] = [value]


def _operator(message: Any, name: str, inputs: list[str], output: str) -> Any:
    op = message.op.add(name=name, inst_name=f"__{output}")
    for edge in inputs:
        op.input.add(name=edge, device="cpu", is_argument_input=False)
    op.output.add(name=output, device="cpu", is_argument_input=False)
    op.args.add(name="device", type="string", is_vector=False).strings.append(b"cpu")
    return op


def _chain(message: Any, count: int) -> None:
    last = message.pipe_outputs[0].name
    for number in range(count):
        op = _operator(message, "Cast", [last], f"cast_{number}")
        op.args.add(name="dtype", type="DALIDataType", is_vector=False).ints.append(9)
        last = f"cast_{number}"
    message.pipe_outputs[0].name = last


def _doubling(message: Any, count: int) -> None:
    last = message.pipe_outputs[0].name
    for number in range(count):
        op = _operator(message, "_ArithmeticGenericOp", [last, last], f"sum_{number}")
        op.args.add(name="expression_desc", type="string", is_vector=False).strings.append(b"add(&0 &1)")
        last = f"sum_{number}"
    message.pipe_outputs[0].name = last


def _branches(message: Any, count: int) -> None:
    last = message.pipe_outputs[0].name
    constant = _operator(message, "Constant", [], "yes")
    constant.args.add(name="idata", type="int64", is_vector=False).ints.append(1)
    for number in range(count):
        op = _operator(message, "_conditional__Merge", [last, last], f"joined_{number}")
        op.input.add(name="yes", device="cpu", is_argument_input=True, arg_name="predicate")
        last = f"joined_{number}"
    message.pipe_outputs[0].name = last
