"""Reading model.dali: what is in it, and what is refused in one line."""

import contextlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelparity.errors import InputError, PipelineFileError
from pixelparity.sources import dali
from pixelparity.sources.dali import constants, schemas
from pixelparity.sources.dali.functions import serialize
from pixelparity.sources.dali.graph import Graph
from pixelparity.sources.dali.messages import pipeline_class

FILE = Path(__file__).with_name("dali_pipelines.py")
SHIPPED = serialize(f"{FILE}:shipped")[0]
ENCODED = serialize(f"{FILE}:encoded")[0]
ON_GPU = serialize(f"{FILE}:on_gpu")[0]


def edited(change: Callable[[Any], None], data: bytes = SHIPPED) -> bytes:
    """Return a pipeline's bytes after a change to its message."""
    message = pipeline_class().FromString(data)
    change(message)
    return message.SerializePartialToString()


def test_operators_arguments_and_lines_are_read(tmp_path: Path) -> None:
    """A file tells every operator, its inputs, its stored arguments with their types, and the line that made it."""
    file = tmp_path / "model.dali"
    file.write_bytes(SHIPPED)
    graph = dali.read(file)
    assert [node.operator for node in graph.nodes] == ["ExternalSource", "Resize", "Crop", "Cast", "Transpose"]
    resize = graph.nodes[1]
    assert (resize.function, resize.device, resize.inputs[0].name) == ("fn.resize", "cpu", "INPUT")
    assert (resize.get("size"), resize.get("mode"), resize.get("antialias", "left out")) == (
        (48.0, 32.0),
        "not_larger",
        "left out",
    )
    assert resize.arguments["size"].type == "float"
    assert resize.origin.function == "shipped"
    assert resize.origin.text == 'images = fn.resize(images, size=(48, 32), mode="not_larger")'
    assert graph.output().name == graph.nodes[-1].outputs[0].name
    assert (graph.batch_size, graph.device_id, graph.source) == (1, None, str(file))


def test_numbers_come_back_as_they_were_written() -> None:
    """0.4 is stored in float32 and read as 0.4, not as 0.4000000059604645."""
    graph = dali.read(serialize(f"{FILE}:on_gpu")[0])
    constant = next(node for node in graph.nodes if node.operator == "Constant")
    assert constant.get("fdata") == (0.5, 0.4, 0.25)
    assert [node.device for node in graph.nodes][:3] == ["cpu", "mixed", "gpu"]


def test_other_interfaces_and_versions_have_the_same_names() -> None:
    """Without the names that newer versions store, an operator is called as people write it today."""

    def forget(message: Any) -> None:
        for op in message.op:
            for argument in [a for a in op.args if a.name.startswith("_")]:
                op.args.remove(argument)

    old, new = dali.read(edited(forget, ENCODED)), dali.read(ENCODED)
    assert [node.function for node in old.nodes] == [node.function for node in new.nodes]
    assert not any(node.origin.file for node in old.nodes)
    assert dali.recipe(old, output=0).steps == dali.recipe(new, output=0).steps


def test_every_field_is_known() -> None:
    """Parsed and written again, a pipeline of the installed DALI has the same bytes: the message has all of its fields."""
    for name in ("shipped", "encoded", "on_gpu", "computed", "conditional", "sliced"):
        data = serialize(f"{FILE}:{name}")[0]
        assert edited(lambda message: None, data) == data


def test_reading_loads_no_dali(tmp_path: Path) -> None:
    """A file is read, described and turned into a recipe without DALI being run; defaults need it, and only them."""
    file = tmp_path / "model.dali"
    file.write_bytes(SHIPPED)
    code = (
        "import sys; from pixelparity.sources import dali; g = dali.read(sys.argv[1]); r = dali.recipe(g); dali.to_source(g);"
        "assert len(r.steps) == 5 and not any(m.startswith('nvidia') for m in sys.modules), 'DALI was loaded'"
    )
    subprocess.run([sys.executable, "-c", code, str(file)], check=True, cwd=FILE.parents[2], timeout=60)


def test_description_marks_defaults() -> None:
    """Every argument is shown as it is written in Python; a star marks what DALI filled in."""
    text = dali.describe(dali.read(SHIPPED))
    assert 'mode="not_larger"  size=[48.0, 32.0]' in text
    assert "antialias=True*" in text
    assert "interp_type=types.INTERP_LINEAR*" in text
    assert "dtype=types.FLOAT" in text
    assert "dali_pipelines.py" in text


def test_without_dali_defaults_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without DALI can still describe a file."""
    monkeypatch.setitem(sys.modules, "nvidia.dali", None)
    schemas.defaults.cache_clear()
    assert "antialias" not in dali.describe(dali.read(SHIPPED))


def test_enumerations_are_dalis() -> None:
    """The numbers of types, kernels and colours are those of the installed DALI."""
    from nvidia.dali import types

    for number, name in constants.DTYPES.items():
        written = constants.as_python("dtype", number).removeprefix("types.")
        assert int(getattr(types, written).value) == number, name
    for number, name in constants.INTERPOLATIONS.items():
        assert int(getattr(types, name)) == number
    for number, name in constants.COLOURS.items():
        assert int(getattr(types, name)) == number


def test_unknown_operators_are_shown_and_not_run(tmp_path: Path) -> None:
    """An operator that the installed DALI lacks is read as it is; running it is refused by name."""
    data = edited(lambda message: setattr(message.op[2], "name", "FutureSharpen"))
    graph = dali.read(data)
    assert graph.nodes[2].operator == "FutureSharpen"
    assert any(step.kind == "other" for step in dali.recipe(graph).steps)
    with pytest.raises(InputError, match=r"has no operator 'FutureSharpen'.*another DALI version or of a plug-in"):
        dali.capture(data, {"a": tmp_path / "a.png"})


def test_arguments_of_a_newer_dali_are_named(tmp_path: Path) -> None:
    """An argument that the installed DALI's operator lacks is shown by the description and refused by the run."""

    def add(message: Any) -> None:
        message.op[1].args.add(name="sharpness", type="float", floats=[2.0], is_vector=False)

    assert "sharpness=2.0" in dali.describe(dali.read(edited(add)))
    with pytest.raises(InputError, match=r"fn\.resize has no argument 'sharpness'; the file was made by a newer DALI"):
        dali.capture(edited(add), {"a": tmp_path / "a.png"})


@pytest.mark.parametrize(
    "name", ["PythonFunctionImpl", "DLTensorPythonFunctionImpl", "NumbaFuncImpl", "_TorchPythonFunction"]
)
def test_python_functions_are_refused(name: str, tmp_path: Path) -> None:
    """A file that would call a function by its address is neither read nor run."""
    data = edited(lambda message: setattr(message.op[2], "name", name))
    for action in (dali.read, dali.recipe, lambda d: dali.capture(d, {"a": tmp_path / "a.png"})):
        with pytest.raises(PipelineFileError, match=f"carries a Python function .*{name}"):
            action(data)


def test_a_function_address_is_refused_under_any_name() -> None:
    """The argument that holds an address is enough."""

    def add(message: Any) -> None:
        message.op[1].args.add(name="function_id", type="int64", ints=[140737], is_vector=False)

    with pytest.raises(PipelineFileError, match="Python function"):
        dali.read(edited(add))


def test_fields_of_a_newer_dali_are_refused() -> None:
    """A field number that no known DALI writes means a newer one."""
    with pytest.raises(PipelineFileError, match="made by a newer DALI"):
        dali.read(SHIPPED + bytes([0xA0, 0x06, 0x01]))  # field 100, a varint


def _mixed(message: Any) -> None:
    """Make a whole number of the second of the two fractions that a size is stored as."""
    size = next(a for op in message.op for a in op.args if a.name == "size")
    size.extra_args[1].ClearField("floats")
    size.extra_args[1].ints.append(384)


def test_threads_that_nobody_set_are_one() -> None:
    """A file that stores no number of threads runs with one; a stored number is kept."""
    assert dali.read(edited(lambda m: setattr(m, "num_threads", 0))).num_threads == 1
    assert dali.read(edited(lambda m: setattr(m, "num_threads", 3))).num_threads == 3


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda m: m.ClearField("op"), "no operator"),
        (lambda m: m.ClearField("pipe_outputs"), "truncated"),
        (lambda m: m.ClearField("device_id"), "truncated"),
        (lambda m: m.ClearField("batch_size"), "does not parse"),
        (lambda m: setattr(m, "batch_size", 0), "batch size is 0"),
        (lambda m: setattr(m.op[3].input[0], "name", "nowhere"), "no operator makes 'nowhere'"),
        (lambda m: setattr(m.op[3].output[0], "name", m.op[2].output[0].name), "damaged"),
        (lambda m: setattr(m.op[1].input[0], "name", m.op[2].output[0].name), "wait for each other"),
        (lambda m: next(a for a in m.op[3].args if a.name == "dtype").ClearField("ints"), "has no value"),
        (lambda m: _mixed(m), "'size' mixes types"),
    ],
)
def test_damaged_graphs_are_refused(change: Callable[[Any], None], text: str) -> None:
    """Whatever is missing or points nowhere is named."""
    with pytest.raises(PipelineFileError, match=text):
        dali.read(edited(change))


def test_files_that_are_none(tmp_path: Path) -> None:
    """Nothing, a folder, other formats and an empty file get one clear line."""
    (tmp_path / "empty.dali").write_bytes(b"")
    (tmp_path / "text.dali").write_text("not a pipeline\n" * 40)
    for name, text in (("none", "cannot be read"), ("empty", "is empty"), ("text", "not a DALI pipeline")):
        with pytest.raises(PipelineFileError, match=text) as raised:
            dali.read(tmp_path / f"{name}.dali")
        assert "\n" not in str(raised.value)
    with pytest.raises(PipelineFileError, match="cannot be read"):
        dali.read(tmp_path)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_truncated_file_is_refused(data: st.DataObject) -> None:
    """Cut anywhere before its end matter, a file is refused; what is lost behind that only tunes the executor."""
    whole = data.draw(st.sampled_from([SHIPPED, ENCODED]))
    tail = len(whole) - len(edited(_without_tuning, whole))
    with pytest.raises(PipelineFileError):
        dali.read(whole[: data.draw(st.integers(0, len(whole) - tail - 1))])


def _without_tuning(message: Any) -> None:
    for field in (
        "seed", "enable_checkpointing", "executor_type", "executor_flags", "prefetch_queue_depth_cpu",
        "prefetch_queue_depth_gpu", "bytes_per_sample_hint",
    ):  # fmt: skip
        message.ClearField(field)


def _numbers_for_texts(message: Any, name: str) -> None:
    for op in message.op:
        for argument in op.args:
            if argument.name == name:
                for inner in argument.extra_args or [argument]:
                    inner.ClearField("strings")
                    inner.ints[:] = [1]


@pytest.mark.parametrize("name", ["_origin_stack_filename", "_origin_stack_name", "_origin_stack_line", "device"])
def test_bookkeeping_of_another_type_is_damage(name: str) -> None:
    """Numbers where DALI stores texts, in what says who wrote a node, are refused in one line."""
    with pytest.raises(PipelineFileError, match="is damaged: "):
        dali.read(edited(lambda message: _numbers_for_texts(message, name), ON_GPU))


def test_a_source_line_of_another_shape_is_damage() -> None:
    """A list of texts in the place of one source line is refused in one line."""

    def nest(message: Any) -> None:
        argument = next(a for a in message.op[1].args if a.name == "_origin_stack_line")
        argument.extra_args[-1].strings.append(b"another")

    with pytest.raises(PipelineFileError, match="the source lines in it are no texts and numbers"):
        dali.read(edited(nest))


@pytest.mark.parametrize("device", ["tpu", "", 'cpu", x="'])
def test_devices_that_dali_lacks_are_damage(device: str) -> None:
    """An edge or an operator on a device that is none of DALI's is refused."""

    def move(message: Any) -> None:
        message.op[1].output[0].device = device

    with pytest.raises(PipelineFileError, match="is damaged: a device in it is"):
        dali.read(edited(move))


def test_names_of_arguments_are_names() -> None:
    """An argument whose name is no name in Python is refused."""

    def add(message: Any) -> None:
        message.op[1].args.add(name="x=1, y", type="float", floats=[2.0], is_vector=False)

    with pytest.raises(PipelineFileError, match="an argument in it is called 'x=1, y'"):
        dali.read(edited(add))


def test_operators_of_plug_ins_are_read() -> None:
    """The module of a plug-in's operator may have capital letters; it is shown, with no known meaning."""
    graph = dali.read(edited(lambda message: setattr(message.op[2], "name", "MyFilters__Sharpen")))
    assert graph.nodes[2].operator == "MyFilters__Sharpen"


@pytest.mark.parametrize("count", [0, -1, 10**9])
def test_subscripts_are_counted(count: int) -> None:
    """A tensor has a handful of axes; a file that says otherwise is refused before anything is written."""

    def many(message: Any) -> None:
        for op in message.op:
            for argument in op.args:
                if argument.name == "num_subscripts":
                    argument.ints[:] = [count]

    with pytest.raises(InputError, match="subscripts; serialize the pipeline again"):
        dali.to_source(dali.read(edited(many, serialize(f"{FILE}:swapped_by_cat")[0])))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(ENCODED) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_corrupted_file_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    """Bytes changed at random give a graph that can be described and declared, or one clear line; never anything else."""
    data = bytearray(ENCODED)
    for place, value in changes:
        data[place] = value
    graph = dali.read(SHIPPED)
    with contextlib.suppress(PipelineFileError):
        graph = dali.read(bytes(data))
    assert isinstance(graph, Graph)
    assert dali.describe(graph)
    with contextlib.suppress(InputError):
        assert dali.recipe(graph).steps
        assert dali.to_source(graph)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_are_no_pipeline(data: bytes) -> None:
    """Random bytes are refused."""
    with pytest.raises(PipelineFileError):
        dali.read(data)


def test_tapping_keeps_everything_but_outputs_and_devices() -> None:
    """The tapped file has the wanted outputs, runs on the CPU, and has the same operators and arguments."""
    from pixelparity.sources.dali.taps import add_outputs

    data = serialize(f"{FILE}:on_gpu")[0]
    graph = dali.read(data)
    edges = [node.outputs[0].name for node in graph.nodes[1:3]]
    tapped = dali.read(add_outputs(data, "a file", edges, batch_size=5))
    assert [edge.name for edge in tapped.outputs] == edges
    assert {node.device for node in tapped.nodes} == {"cpu"}
    assert tapped.batch_size == 5
    assert [n.operator for n in tapped.nodes] == [n.operator for n in graph.nodes]
    assert [n.declared for n in tapped.nodes] == [n.declared for n in graph.nodes]
    assert np.array_equal([n.origin.line for n in tapped.nodes], [n.origin.line for n in graph.nodes])
