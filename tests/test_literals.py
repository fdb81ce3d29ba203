"""Values written as Python source: what is written is read back as the same value, and nothing else is written."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelparity import literals
from pixelparity.errors import InputError

CODE = "__import__('os').getcwd()"


@given(st.text())
def test_a_string_is_read_back(text: str) -> None:
    """Every text is one line of source that Python reads as that text."""
    written = literals.string(text)
    assert written.isprintable()
    assert ast.literal_eval(written) == text


@given(
    st.recursive(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.text(), st.lists)
)
def test_a_constant_is_read_back(value: Any) -> None:
    """Numbers, truth values, texts and lists of them are read back equal."""
    assert ast.literal_eval(literals.constant(value)) == value


@given(st.text())
def test_a_remark_ends_neither_comment_nor_docstring(text: str) -> None:
    """Any text is one line, without quotes that end a docstring and without escapes."""
    line = literals.remark(text)
    source = f'"""As {line} does."""\n# {line}\nx = 1\n'
    assert [type(node) for node in ast.parse(source).body] == [ast.Expr, ast.Assign]
    assert ast.literal_eval(source.splitlines()[0]) == f"As {line} does."


@pytest.mark.parametrize(
    ("write", "value", "text"),
    [
        (literals.integer, np.int32(5), "5"),
        (literals.decimal, 5, "5.0"),
        (literals.number, 0.1, "0.1"),
        (literals.boolean, True, "True"),
        (literals.identifier, "images", "images"),
        (literals.operator, "fn.decoders.image", "fn.decoders.image"),
        (literals.device, "mixed", '"mixed"'),
        (literals.paired, (1, 2), "(1, 2)"),
        (literals.listed, (1, 0.5), "[1, 0.5]"),
    ],
)
def test_values_are_written(write: Callable[[Any], str], value: Any, text: str) -> None:
    """Each writer has its own spelling."""
    assert write(value) == text


@pytest.mark.parametrize(
    ("write", "values"),
    [
        (literals.integer, (CODE, 1.0, True, None)),
        (literals.decimal, (CODE, float("nan"), float("inf"), True)),
        (literals.boolean, (CODE, 1, "True")),
        (literals.string, (1, None, b"x")),
        (literals.identifier, (CODE, "a b", "if", "", "1a")),
        (literals.operator, (CODE, "fn", "fn.", "os.system", "fn.resize\n", "fn.résize", "fn.resize()", "fn.1")),
        (literals.device, (CODE, "tpu", None)),
        (literals.constant, (None, {"a": 1}, object())),
        (literals.listed, ([CODE],)),
    ],
)
def test_anything_else_is_refused(write: Callable[[Any], str], values: tuple[Any, ...]) -> None:
    """A value of another type is never written, and is named."""
    for value in values:
        with pytest.raises(InputError, match="cannot be written into a pipeline's source"):
            write(value)
