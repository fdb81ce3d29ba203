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


USERS = """
import nvidia.dali.ops as ops
from nvidia.dali import fn, pipeline_def, types
from nvidia.dali.pipeline import Pipeline

def resized(size):
    images = fn.external_source(name="IN", layout="HWC")
    return fn.resize(images, size=(size, size))

@pipeline_def(batch_size=1, num_threads=1, device_id=0)
def at_import():
    return resized(9)

at_import().serialize(filename="model.dali")
built = Pipeline(batch_size=4, num_threads=2, device_id=0)
with built:
    built.set_outputs(resized(8))
built.build()

@pipeline_def
def sized(data_dir, size=224):
    return resized(size)

class Prep:
    @pipeline_def
    def method(self, size=7):
        return resized(size)

    @staticmethod
    @pipeline_def
    def static(size):
        return resized(size)

class Needs:
    def __init__(self, folder):
        self.folder = folder

    @pipeline_def
    def method(self):
        return resized(7)

def makes_function(size=6):
    @pipeline_def
    def inner():
        return resized(size)
    return inner

def makes_pipeline(batch_size, num_threads, device_id, size):
    pipe = Pipeline(batch_size, num_threads, device_id, seed=12 + device_id)
    with pipe:
        pipe.set_outputs(resized(size))
    return pipe

class Old(Pipeline):
    def __init__(self, batch_size, num_threads, device_id, crop=5):
        super().__init__(batch_size, num_threads, device_id, seed=12 + device_id)
        self.input = ops.ExternalSource(name="IN", layout="HWC")
        self.resize = ops.Resize(device="gpu", size=(crop, crop))

    def define_graph(self):
        return self.resize(self.input().gpu())

def writes(filename):
    sized("x", 6, batch_size=1, num_threads=1, device_id=0).serialize(filename=filename)

def writes_two():
    at_import().serialize(filename="model.dali")
    built.serialize(filename="model.dali")
"""


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with everything that people build pipelines with, on a machine without a GPU."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "users.py"
    path.write_text(USERS)
    return path


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("at_import", 9), ("built", 8), ("sized(data_dir='x', size=4)", 4), ("sized('x')", 224), ("Prep.method", 7),
        ("Prep.method(size=3)", 3), ("Prep.static(2)", 2), ("makes_function", 6), ("makes_function(size=2)", 2),
        ("makes_pipeline(size=3)", 3), ("makes_pipeline(4, 1, 0, 2)", 2), ("Old", 5), ("Old(crop=3)", 3),
        ("writes('model.dali')", 6),
    ],
)  # fmt: skip
def test_what_people_build_pipelines_with(users: Path, name: str, size: int) -> None:
    """Functions with arguments, methods, classes, factories and pipelines of a module are read; nothing is written or run."""
    (step,) = dali.recipe(f"{users}:{name}").of_kind("resize")
    assert (step.parameters()["height"], step.parameters()["width"]) == (size, size)
    assert not (users.parent / "model.dali").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (":sized", r"needs data_dir; write 'dali:.*users.py:sized\(data_dir=\.\.\.\)' with literals"),
        (":sized(size=open('x'), data_dir='')", r"size is open\('x'\), which would have to be run; only literals"),
        (":sized(**{'size': 1})", "an argument without a name of its own"),
        (":sized(1)(2)", "no arguments as Python writes them"),
        (":sized(1", None),
        (":sized('x', 1, 2)", "does not take 3 arguments without a name; it takes data_dir, size"),
        (":sized(data_dir='x', crop=1)", "does not take crop; it takes data_dir, size"),
        (":built(1)", r"is a pipeline that is built already; leave \(1\) out"),
        (":Needs.method", "cannot be made without arguments .*serialize"),
        (":inner", "no function 'inner'; its pipeline functions are at_import, built, sized, Old, Prep.method"),
        (":writes_two", r"let it return a pipeline \(it returns nothing, and writes 2\), or write the pipeline out, pipe.ser"),
        ("", "which pipeline of it is meant is not said; it has at_import, built, sized, .*makes_function.*Old: write dali:"),
    ],
)  # fmt: skip
def test_what_cannot_be_called_says_the_way_on(users: Path, name: str, said: str | None) -> None:
    """One sentence says what is missing and what to write; arguments that would have to be run are not."""
    with pytest.raises(InputError, match=said):
        serialize(f"{users}{name}")


def test_a_file_that_runs_a_pipeline_on_import_is_refused(tmp_path: Path) -> None:
    """Nothing is fed there: the sentence says where to put it, and DALI's class is as it was afterwards."""
    from nvidia.dali.pipeline import Pipeline

    methods = {name: getattr(Pipeline, name) for name in ("__init__", "serialize", "build", "run")}
    path = tmp_path / "runs.py"
    path.write_text(f"{TEXT}\nmade = p(batch_size=1, num_threads=1, device_id=0)\nmade.build()\nmade.run()\n")
    with pytest.raises(
        InputError, match=r"runs\.py runs a pipeline while it is read, .* if __name__ == '__main__', or"
    ):
        serialize(f"{path}:p")
    assert {name: getattr(Pipeline, name) for name in methods} == methods
