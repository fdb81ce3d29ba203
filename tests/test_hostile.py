"""Data never becomes code: files and names that hold Python are refused or taken as text, and nothing in them runs."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import PIL.Image
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixelparity.cli import main as command
from pixelparity.errors import SkewError
from pixelparity.recipes import Decode, Recipe, Resize
from pixelparity.repair.write_dali import write_dali
from pixelparity.sources import dali, huggingface, mmdeploy, timm
from pixelparity.sources.dali.functions import serialize
from pixelparity.sources.dali.messages import pipeline_class
from pixelparity.stages import Stage
from pixelparity.tools import files, generated, proving

PIPELINES = Path(__file__).parent / "sources" / "dali_pipelines.py"
MODEL = serialize(f"{PIPELINES}:shipped")[0]
VIT = {"image_processor_type": "ViTImageProcessor", "size": {"height": 48, "width": 48}}
TIMM = {"input_size": [3, 48, 48], "interpolation": "bicubic", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}
TRANSFORMS = [
    {"type": "LoadImageFromFile", "color_type": "color"},
    {"type": "Resize", "size": [48, 48], "keep_ratio": False, "interpolation": "bilinear"},
    {"type": "CenterCrop", "crop_size": [48, 48]},
    {"type": "Pad", "size": [48, 48], "size_divisor": 1, "pad_val": 0},
    {"type": "Normalize", "mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0], "to_rgb": True},
    {"type": "ImageToTensor", "keys": ["img"]},
]
MMDEPLOY = {"pipeline": {"tasks": [{"module": "Transform", "transforms": TRANSFORMS}]}}
CONFIGS = {"huggingface": VIT, "timm": TIMM, "mmdeploy": MMDEPLOY}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that is the current one; a file ``ran`` in it tells that hostile code ran."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def pictures(here: Path) -> Path:
    """Return a folder of one drawn picture."""
    folder = here / "pictures"
    folder.mkdir()
    array = np.random.default_rng(3).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    PIL.Image.fromarray(array).save(folder / "drawn.png")
    return folder


def code(value: str = "0") -> str:
    """Return Python that writes the file ``ran`` into the current folder and is ``value``."""
    return f"[open('ran', 'w').write('x'), {value}][1]"


def run(*arguments: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Run the command line and return its exit code and its error lines."""
    status = command.main([str(argument) for argument in arguments])
    return status, capsys.readouterr().err.strip()


def said(status: int, error: str) -> bool:
    """Tell whether a run ended with a verdict, or with one line that is about what was given."""
    return status in (0, 1) or (
        status == 2 and error.startswith("error: ") and "unexpected" not in error and "\n" not in error
    )


HOSTILE_CONFIGS = {
    "huggingface size.height": ("huggingface", {**VIT, "size": {"height": f"48 + {code()}", "width": 48}}),
    "huggingface size.longest_edge": (
        "huggingface",
        {**VIT, "size": {"shortest_edge": 48, "longest_edge": f"48 + {code()}"}},
    ),
    "huggingface crop_size": ("huggingface", {**VIT, "do_center_crop": True, "crop_size": code("48")}),
    "timm mean": ("timm", {**TIMM, "mean": [code("0.5")] * 3}),
    "timm input_size": ("timm", {**TIMM, "input_size": [3, code("48"), 48]}),
    "mmdeploy size": ("mmdeploy", {"pipeline": {"tasks": [{"module": "Transform", "transforms": [
        {"type": "LoadImageFromFile"}, {"type": "Resize", "size": [f"48 + {code()}", 48]}]}]}}),
    "mmdeploy crop_size": ("mmdeploy", {"pipeline": {"tasks": [{"module": "Transform", "transforms": [
        {"type": "LoadImageFromFile"}, {"type": "CenterCrop", "crop_size": [f"48 + {code()}", 48]}]}]}}),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE_CONFIGS)
def test_a_setting_with_code_is_refused_by_name(
    case: str, here: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Code in the place of a number is one clear line that names file and field, for diagnose and for repair; none runs."""
    kind, content = HOSTILE_CONFIGS[case]
    file = here / "settings.json"
    file.write_text(json.dumps(content))
    deployed = f"dali:{PIPELINES}:shipped"
    for command_line in (
        ("diagnose", "--reference", f"{kind}:{file}", "--deployed", deployed, "--images", pictures),
        ("repair", "--reference", f"{kind}:{file}", "--deployed", deployed, "--images", pictures),
        ("repair", "--reference", f"{kind}:{file}"),
    ):
        status, error = run(*command_line, capsys=capsys)
        assert not (here / "ran").exists(), command_line[0]
        assert status == 2
        assert said(status, error), error
        assert "settings.json" in error
        assert case.split()[1].split(".")[-1] in error


def changed(change: Callable[[Any], None]) -> bytes:
    """Return a pipeline file after a change to its message."""
    message = pipeline_class().FromString(MODEL)
    change(message)
    return bytes(message.SerializePartialToString())


def argument(message: Any, operator: str, name: str) -> Any:
    """Return an argument of an operator in a message, added where it is not there."""
    op = next(op for op in message.op if op.name == operator)
    found = next((a for a in op.args if a.name == name), None)
    return found or op.args.add(name=name, type="string", is_vector=False, strings=[b"cpu"])


def text_of(operator: str, name: str, value: str) -> Callable[[Any], None]:
    """Return a change that puts a text into an argument of an operator."""

    def change(message: Any) -> None:
        found = argument(message, operator, name)
        for element in found.extra_args or [found]:
            element.strings[:] = [value.encode()]

    return change


def renamed(old: str, new: str) -> Callable[[Any], None]:
    """Return a change of an edge's name everywhere."""

    def change(message: Any) -> None:
        edges = [*message.pipe_outputs, *(edge for op in message.op for edge in (*op.input, *op.output))]
        for op in message.op:
            op.inst_name = new if op.inst_name == old else op.inst_name
        for edge in edges:
            edge.name = new if edge.name == old else edge.name

    return change


HOSTILE_FILES = {
    "display name": text_of("Resize", "_display_name", f"copy([{code()}, images][1]) if 1 else fn.resize"),
    "display name of a Python function": text_of("Resize", "_display_name", "python_function"),
    "display name that DALI lacks": text_of("Resize", "_display_name", "resize_as_i_like"),
    "display name behind a module": text_of("Resize", "_display_name", "sys.exit"),
    "device": text_of("Resize", "device", f'cpu", x=[{code()}], y="'),
    "origin of a line": text_of("Resize", "_origin_stack_line", f'"""\n{code()}\n"""'),
    "origin of a file": text_of("Resize", "_origin_stack_filename", f'"""\n{code()}\n"""'),
    "mode": text_of("Resize", "mode", f'not_larger", x=[{code()}], y="'),
    "input": renamed("INPUT", f'IN" + {code(chr(34) * 2)} + "'),
    "operator": lambda message: setattr(message.op[1], "name", f"Resize(images) if {code()} else fn.Resize"),
}


@pytest.mark.parametrize("case", HOSTILE_FILES)
def test_a_pipeline_file_with_code_runs_none_of_it(
    case: str, here: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Code in any text of a model.dali ends in a verdict or one clear line, whichever side it is; none of it runs."""
    file = here / "hostile.dali"
    file.write_bytes(changed(HOSTILE_FILES[case]))
    sound, hostile = f"dali:{PIPELINES}:swapped_by_cat", f"dali:{file}"
    for command_line in (
        ("recipe", hostile),
        ("diagnose", "--reference", sound, "--deployed", hostile, "--images", pictures),
        ("repair", "--reference", sound, "--deployed", hostile, "--images", pictures),
        ("repair", "--reference", hostile, "--deployed", sound, "--images", pictures),
        ("repair", "--reference", hostile),
    ):
        status, error = run(*command_line, capsys=capsys)
        assert not (here / "ran").exists(), command_line
        assert said(status, error), error


@pytest.mark.parametrize(
    "name",
    [f'IN" + {code(chr(34) * 2)} + "', f'"""\n{code()}\n"""', "IN\\", "IN\n", "{0}", "# coding: utf-7", "\u202ein"],
)
def test_a_servers_input_name_is_a_text(name: str, here: Path) -> None:
    """Whatever a server calls its input is the external source's name, letter for letter, and is not run."""
    decode = Decode(library="opencv", channels="RGB")
    resize = Resize(
        mode="stretch", height=8, width=8, kernel="linear", antialias=False, subpixel=False, library="opencv", rounding="none"
    )  # fmt: skip
    text = write_dali(Recipe(source=name, steps=(decode, resize)), feed="rgb", source=name)
    with files.as_module(text) as file:
        data = serialize(f"{file}:preprocess")[0]
    assert not (here / "ran").exists()
    assert [op.inst_name for op in pipeline_class().FromString(data).op if op.name == "ExternalSource"] == [name]


@given(st.text())
def test_a_name_adds_nothing_to_a_servers_config(name: str) -> None:
    """Whatever a pipeline calls its input is one string in the config of the server that proves a repair."""
    from google.protobuf import text_format
    from tritonclient.grpc.model_config_pb2 import ModelConfig

    config = text_format.Parse(f"input [{{ name: {proving.quoted(name)} }}]", ModelConfig())
    assert [entry.name for entry in config.input] == [name]
    assert config.ListFields() == [(ModelConfig.DESCRIPTOR.fields_by_name["input"], config.input)]


def test_a_repository_written_for_a_hostile_pipeline_is_ours(tmp_path: Path) -> None:
    """An input's name that closes its quotes and adds an environment to run stays the input's name."""
    from google.protobuf import text_format
    from tritonclient.grpc.model_config_pb2 import ModelConfig

    added = 'parameters { key: "EXECUTION_ENV_PATH" value { string_value: "/x" } } input [{ name: "'
    name = 'IN" data_type: TYPE_UINT8 dims: [-1] }] ' + added
    stage = Stage(name="out", layout="HWC", dtype="float32")
    capture = SimpleNamespace(
        facts={"external_source": name, "feed": "rgb"}, final=stage, finals=lambda: [("a", np.zeros((2, 2, 3)))]
    )
    pipeline = SimpleNamespace(before="", serialized=lambda text: b"")
    proving._write_repository(tmp_path, pipeline, capture)  # type: ignore[arg-type]
    (file,) = tmp_path.glob("*/config.pbtxt")
    config = text_format.Parse(file.read_text(), ModelConfig())
    assert [entry.name for entry in config.input] == [name]
    assert set(config.parameters) == {"layout", "channels"}


def _places(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every text and number in parsed JSON."""
    if isinstance(content, dict | list):
        for key, value in content.items() if isinstance(content, dict) else enumerate(content):
            yield from _places(value, (*path, key))
    else:
        yield path


def _with(content: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return parsed JSON with another value in one place."""
    if not path:
        return value
    key, *rest = path
    pairs = content.items() if isinstance(content, dict) else enumerate(content)
    made = {k: _with(v, tuple(rest), value) if k == key else v for k, v in pairs}
    return made if isinstance(content, dict) else list(made.values())


CODES = st.sampled_from(
    [
        code(), code("48"), f"48 + {code()}", f'"""\n{code()}\n"""', f'" + {code(chr(34) * 2)} + "', f"\n{code()}\n",
        f"{{{code()}}}", f"1\n    {code()}", f"RGB, x={code()}", [code()], {"x": code()}, 10**400, -1, 0, True, None, "\x00",
    ]
)  # fmt: skip
PLACES = [(kind, path) for kind, content in CONFIGS.items() for path in _places(content)]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), value=CODES)
def test_no_value_of_a_settings_file_becomes_code(place: tuple[str, Any], value: Any, here: Path) -> None:
    """Code in any text or number of a settings file is refused, or written as a text that the tree check lets pass."""
    kind, path = place
    file = here / "settings.json"
    file.write_text(json.dumps(_with(CONFIGS[kind], path, value)))
    with contextlib.suppress(SkewError):
        text = write_dali({"huggingface": huggingface, "timm": timm, "mmdeploy": mmdeploy}[kind].recipe(file))
        generated.check(text)
        with files.as_module(text) as module:
            serialize(f"{module}:preprocess")
    assert not (here / "ran").exists()


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_text_of_a_pipeline_file_becomes_code(data: st.DataObject, here: Path) -> None:
    """Code in any text of a model.dali is refused, or written as a text that the tree check lets pass."""
    message = pipeline_class().FromString(MODEL)
    arguments = [a for op in message.op for a in op.args]
    arguments += [inner for a in arguments for inner in a.extra_args]
    edges = [*message.pipe_outputs, *(edge for op in message.op for edge in (*op.input, *op.output))]
    places = [(a.strings, 0) for a in arguments if a.strings] + [(op, "inst_name") for op in message.op]
    places += [(op, "name") for op in message.op] + [(a, "name") for a in arguments]
    places += [(edge, field) for edge in edges for field in ("name", "device")]
    holder, key = data.draw(st.sampled_from(places))
    value = data.draw(CODES.filter(lambda value: isinstance(value, str)))
    if isinstance(key, int):
        holder[key] = value.encode()
    else:
        setattr(holder, key, value)
    with contextlib.suppress(SkewError):
        graph = dali.read(message.SerializePartialToString())
        for text in (dali.to_source(graph), write_dali(dali.recipe(graph))):
            generated.check(text)
            with files.as_module(text) as module:
                serialize(f"{module}:preprocess")
    assert not (here / "ran").exists()


CONFIG = """name: "prep" backend: "python" max_batch_size: 8 instance_group [{ kind: KIND_CPU }]
input [{ name: NAME data_type: TYPE_UINT8 dims: [-1, -1, 3] allow_ragged_batch: true }]
output [{ name: "OUT" data_type: TYPE_FP32 dims: [3, 24, 32] }]
parameters { key: "channels" value { string_value: "RGB" } }"""
SERVED = """
import numpy as np
import triton_python_backend_utils as triton

class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request.inputs()[0].as_numpy()) for request in requests]

    def answer(self, images):
        rows, columns = np.arange(24) * images.shape[1] // 24, np.arange(32) * images.shape[2] // 32
        pixels = images[:, rows][:, :, columns].astype(np.float32).transpose(0, 3, 1, 2)
        return triton.InferenceResponse([triton.Tensor("OUT", np.ascontiguousarray(pixels))])
"""
REFERENCE = """from nvidia.dali import fn, pipeline_def, types


@pipeline_def
def preprocess():
    images = fn.external_source(name="IN", layout="HWC", dtype=types.UINT8)
    images = fn.resize(images, size=(24, 32), antialias=False, subpixel_scale=False)
    images = fn.crop_mirror_normalize(images, std=[255.0, 255.0, 255.0])
    return images
"""


@pytest.mark.slow
def test_a_hostile_server_runs_nothing_in_repair(
    here: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A live server that calls its input a line of Python is diagnosed and repaired like any other; the line stays a name."""
    from pixelparity.deploy.server import Server

    name = f'IN" + {code(chr(34) * 2)} + "'
    folder = here / "models" / "prep" / "1"
    folder.mkdir(parents=True)
    (folder.parent / "config.pbtxt").write_text(CONFIG.replace("NAME", json.dumps(name)))
    (folder / "model.py").write_text(SERVED)
    (here / "reference.py").write_text(REFERENCE)
    with Server(here / "models", models=["prep"], log=here / "triton.log") as server:
        sides = ("--reference", "dali:reference.py:preprocess", "--deployed", f"triton:{server.url}/prep")
        for task in ("diagnose", "repair"):
            status, error = run(task, *sides, "--images", pictures, capsys=capsys)
            assert not (here / "ran").exists(), task
            assert status == (1 if task == "diagnose" else 0), error
