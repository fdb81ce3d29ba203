"""Pipeline functions are defined for one picture on the CPU, whatever machine reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelparity.errors import InputError, SideError
from pixelparity.sources import dali
from pixelparity.sources.dali.functions import first_line, serialize

TEXT = """
from nvidia.dali import fn, pipeline_def

@pipeline_def
def p():
    return fn.resize(fn.external_source(name="IN", layout="HWC"), size=(9, 9))

def plain():
    return 1

@pipeline_def
def broken():
    raise KeyError("where")
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with one pipeline function, one plain function and one that fails."""
    path = tmp_path / "p.py"
    path.write_text(TEXT)
    return path


def test_a_function_is_defined_for_one_picture(file: Path) -> None:
    """One picture, one thread, no GPU: nothing of the reading machine gets into the graph."""
    graph = dali.read(serialize(f"{file}:p")[0])
    assert (graph.batch_size, graph.num_threads, graph.device_id) == (1, 1, None)


def test_functions_that_are_no_pipelines_are_named(file: Path) -> None:
    """A plain function asks for the decorator; one that fails is quoted in a line."""
    with pytest.raises(InputError, match="is not a pipeline function; decorate it with @pipeline_def"):
        serialize(f"{file}:plain")
    with pytest.raises(SideError, match="fails while it defines the pipeline: 'where'"):
        serialize(f"{file}:broken")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("simple", "simple"),
        ("trace\nencountered:\nCUDA is not there\n[/opt/a.cc:7] assert", "CUDA is not there"),
        ("[/opt/a.cc:7] Assert failed: size > 0\nmore", "size > 0"),
        ("\n\n  second  \n", "second"),
        ("", "ValueError"),
    ],
)
def test_dalis_errors_become_one_line(text: str, line: str) -> None:
    """The text after its quoted traceback, without the C++ stack; the kind of error where it says nothing."""
    assert first_line(ValueError(text)) == line
