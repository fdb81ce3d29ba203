"""What a pipeline file may cost is bounded: operators are counted, long formulas cut, shared branches walked once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pixelparity.errors import PipelineFileError
from pixelparity.recipes import Unknown
from pixelparity.sources import dali
from pixelparity.sources.dali import serialized
from pixelparity.sources.dali.expressions import Evaluator, NotSizes, text
from pixelparity.sources.dali.messages import pipeline_class


def message() -> Any:
    """Return a pipeline of one external source."""
    made = pipeline_class()(batch_size=1, num_threads=1, device_id=-99999)
    operator(made, "ExternalSource", [], "IN")
    made.pipe_outputs.add(name="IN", device="cpu", is_argument_input=False)
    return made


def operator(made: Any, name: str, inputs: list[str], output: str, **stored: Any) -> None:
    """Add an operator, with its arguments: a float, a whole number, bytes, or a list of numbers."""
    op = made.op.add(name=name, inst_name=f"__{output}")
    for edge in inputs:
        op.input.add(name=edge, device="cpu", is_argument_input=False)
    op.output.add(name=output, device="cpu", is_argument_input=False)
    for key, value in stored.items():
        if isinstance(value, list):
            vector = op.args.add(name=key, type="int64" if isinstance(value[0], int) else "float", is_vector=True)
            for element in value:
                inner = vector.extra_args.add(name=key, type=vector.type, is_vector=False)
                getattr(inner, "ints" if vector.type == "int64" else "floats").append(element)
            continue
        kinds = {float: ("float", "floats"), int: ("int64", "ints"), bytes: ("string", "strings")}
        kind, field = kinds[type(value)]
        getattr(op.args.add(name=key, type=kind, is_vector=False), field).append(value)


def doubled(count: int) -> Any:
    """Return a pipeline in which each sum adds the one before to itself: as a formula it would be 2**count long."""
    made = message()
    for number in range(count):
        before = f"sum_{number - 1}" if number else "IN"
        operator(made, "_ArithmeticGenericOp", [before, before], f"sum_{number}", expression_desc=b"add(&0 &1)")
    made.pipe_outputs[0].name = f"sum_{count - 1}"
    return made


def test_too_many_operators_are_counted_and_refused() -> None:
    """A file of more operators than any preprocessing has is refused by their number before they are wired."""
    made = message()
    for number in range(serialized.MOST_OPERATORS):
        operator(made, "Copy", ["IN"], f"copy_{number}")
    with pytest.raises(PipelineFileError, match=r"holds 1,001 operators, and at most 1,000 are read"):
        dali.read(made.SerializeToString())


@pytest.mark.parametrize("count", [60, 999])
def test_a_doubling_formula_is_cut(count: int) -> None:
    """A sum of sums of itself is read, shown and written in a moment, however deep; its formula stays short."""
    graph = dali.read(doubled(count).SerializeToString())
    steps = dali.recipe(graph).steps
    shown = [value for step in steps if isinstance(step, Unknown) for _, value in step.arguments]
    assert shown
    assert all(len(value) < 1000 for value in shown)
    assert len(dali.to_source(graph)) < 200 * count
    assert dali.describe(graph)


def test_a_short_formula_is_shown_whole() -> None:
    """What a person would read is not cut."""
    made = message()
    operator(made, "_Shape", ["IN"], "shape")
    operator(made, "_TensorSubscript", ["shape"], "high", at_0=0, num_subscripts=1)
    operator(made, "_ArithmeticGenericOp", ["high"], "half", expression_desc=b"mul(&0 $0:float)", real_constants=[0.5])
    made.pipe_outputs[0].name = "half"
    assert text(dali.read(made.SerializeToString()), "half", ()) == "(height * 0.5)"


@pytest.mark.parametrize(("longer", "is_shown"), [(0, True), (1, True), (2, False)])
def test_four_hundred_letters_are_shown(longer: int, is_shown: bool) -> None:
    """A hundred and thirty-three ones, with what stands between and around them, are 399 letters; each ten is one more."""
    made = message()
    operator(made, "Constant", [], "list", idata=[10] * longer + [1] * (133 - longer))
    made.pipe_outputs[0].name = "list"
    graph = dali.read(made.SerializeToString())
    words = text(graph, "list", ())
    assert words.startswith("[") is is_shown
    assert len(words) == 399 + longer if is_shown else words == f"<{graph.producers['list'].function}>"


def test_a_size_that_builds_on_too_many_numbers_is_none() -> None:
    """A computed number that goes through more operators than people write is told to be unknown, in bounded depth."""
    made = message()
    operator(made, "Constant", [], "number_0", idata=[7])
    for number in range(1, 500):
        operator(made, "Cast", [f"number_{number - 1}"], f"number_{number}", dtype=7)
    graph = dali.read(made.SerializeToString())
    evaluator = Evaluator(graph, {}, np.array([10]), np.array([20]))
    assert evaluator.edge("number_50").tolist() == [7]
    with pytest.raises(NotSizes):
        evaluator.edge("number_400")


def test_branches_inside_branches_are_walked_once() -> None:
    """If/else on the same branches over and over is read in a moment, though there are 2**60 ways through it."""
    made = message()
    operator(made, "Constant", [], "yes", idata=[1])
    for number in range(60):
        before = f"joined_{number - 1}" if number else "IN"
        operator(made, "_conditional__Merge", [before, before], f"joined_{number}")
        made.op[-1].input.add(name="yes", device="cpu", is_argument_input=True, arg_name="predicate")
    made.pipe_outputs[0].name = "joined_59"
    graph = dali.read(made.SerializeToString())
    assert [node.outputs[0].name for node in graph.branches(graph.producers["joined_1"])] == [
        "IN",
        "joined_0",
        "joined_1",
    ]
    assert dali.recipe(graph).steps


def test_nan_is_no_value() -> None:
    """A stored NaN, which no author can mean, is named with its argument."""
    made = message()
    operator(made, "Resize", ["IN"], "resized", resize_x=float("nan"))
    made.pipe_outputs[0].name = "resized"
    with pytest.raises(PipelineFileError, match="argument 'resize_x' holds NaN"):
        dali.read(made.SerializeToString())


@pytest.mark.parametrize("formula", [b"add(&0 $3:int32)", b"add(&0 &7)", b"add(&0 $0:float)", b"nonsense"])
def test_a_formula_of_operands_that_are_not_there_stays_a_name(formula: bytes) -> None:
    """An operand beyond the operator's inputs or constants makes it one that is not understood, and ends nothing."""
    made = message()
    operator(made, "_ArithmeticGenericOp", ["IN"], "sum", expression_desc=formula)
    graph = dali.read(made.SerializeToString())
    assert text(graph, "sum", {"IN"}) == "<fn._arithmetic_generic_op>"
