"""What of a Python file is meant is read from the text alone: a name, literals as its arguments, one of its outputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelparity.errors import InputError
from pixelparity.sources.dali import specs


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a.py:f", ("a.py", "f", "", (), {})),
        ("b c.py:A.f", ("b c.py", "A.f", "", (), {})),
        ("a.py:f()", ("a.py", "f", "()", (), {})),
        ("a.py:f(1, size=(2, 3), s='x:#)')", ("a.py", "f", "(1, size=(2, 3), s='x:#)')", (1,), {"size": (2, 3), "s": "x:#)"})),
    ],
)  # fmt: skip
def test_parts_of_a_text(text: str, parts: tuple[object, ...]) -> None:
    """File, name, arguments as written, and their values."""
    spec = specs.parse(text)
    assert (str(spec.file), spec.name, spec.call, spec.positional, spec.named) == parts
    assert str(spec) == text


@pytest.mark.parametrize(
    ("text", "which"),
    [
        ("a.py:f#1", ("a.py:f", 1)), ("a.py:f(s='#2')", ("a.py:f(s='#2')", None)), ("a.py:f(s='#2')#X", ("a.py:f(s='#2')", "X")),
        ("model.dali#0", ("model.dali", 0)), ("model.dali", ("model.dali", None)),
    ],
)  # fmt: skip
def test_an_output_stands_behind_the_arguments(text: str, which: tuple[str, int | str | None]) -> None:
    """A sign within the arguments names no output."""
    assert specs.split_output(text, None) == which


@pytest.mark.parametrize("text", ["a.py", "a.dali:f", "a.py:1f", "a.py:f.", "a.py:f(", "a.py:f)x"])
def test_other_texts_name_nothing(text: str) -> None:
    """They are paths of files; to take one apart says what to write."""
    assert not specs.is_function_spec(text)
    with pytest.raises(InputError, match=r"FILE.py:FUNCTION\(size=224\)"):
        specs.parse(text)


def test_candidates_are_found_without_running(tmp_path: Path) -> None:
    """Functions, methods, classes and pipelines by their text; a file that is no Python has none."""
    file = tmp_path / "a.py"
    file.write_text(
        "raise SystemExit\n@x.pipeline_def(batch_size=1)\ndef f(): pass\nclass A:\n  @pipeline_def\n  def m(self): pass\n"
        "class B(Pipeline):\n  def define_graph(self): pass\np = dali.Pipeline(1, 1, 0)\ndef g():\n  return Pipeline(1, 1, 0)\n"
        "def h(): return 1\n"
    )
    assert specs.candidates(file) == ["f", "A.m", "B", "p", "g"]
    file.write_text("def")
    assert specs.candidates(file) == []


def test_the_function_of_a_name_is_found_in_its_text() -> None:
    """The last one of that name at the level of the module; a method is none."""
    text = (
        "def f(): pass\n@pipeline_def\ndef f(): pass\ndef g(): pass\nclass A:\n  @pipeline_def\n  def m(self): pass\n"
    )
    found = [specs.definition(text, name) for name in ("f", "g", "A.m", "m")]
    assert [None if one is None else len(one.decorator_list) for one in found] == [1, 0, None, None]
    with pytest.raises(InputError, match="is not Python"):
        specs.definition("def", "f")
