"""A Triton server of small numpy models for all tests of the triton source: plain, ensembles, ensembles in ensembles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from pixelparity.deploy.server import Server

CODE = """
import io, time
import numpy as np
import triton_python_backend_utils as triton

def decode(data):
    import PIL.Image
    return np.array(PIL.Image.open(io.BytesIO(data)).convert("RGB"))

def shrink(images):
    rows = np.arange(32) * images.shape[1] // 32
    columns = np.arange(24) * images.shape[2] // 24
    return images[:, rows][:, :, columns]

def scale(images):
    return (images.astype(np.float32) / 255).transpose(0, 3, 1, 2)

def score(tensors):
    shares = np.stack([tensors[:, 0].mean((1, 2)), tensors[:, 2].mean((1, 2))], axis=1) + 1e-3
    return (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)

class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        given = [tensor.as_numpy() for tensor in request.inputs()]
        return triton.InferenceResponse([triton.Tensor(n, np.ascontiguousarray(a)) for n, a in self.run(*given).items()])

    def run(self, x, *more):
        BODY
"""
IMAGE = "data_type: TYPE_UINT8 dims: [-1, -1, 3]"
SMALL = "data_type: TYPE_UINT8 dims: [32, 24, 3]"
TENSOR = "data_type: TYPE_FP32 dims: [3, 32, 24]"
ANSWER = "data_type: TYPE_FP32 dims: [2]"
DECLARED = """
parameters { key: "channels" value { string_value: "RGB" } }
parameters { key: "value_range" value { string_value: "0 1" } }
"""
#: name: (inputs, outputs, what the model does, further config)
MODELS = {
    "decode": (
        {"ENCODED": "data_type: TYPE_STRING dims: [1]"},
        {"IMAGE": IMAGE},
        "return {'IMAGE': np.stack([decode(row[0]) for row in x])}",
        "",
    ),
    "decode_raw": (
        {"ENCODED": "data_type: TYPE_UINT8 dims: [-1]"},
        {"IMAGE": IMAGE},
        "return {'IMAGE': np.stack([decode(row.tobytes()) for row in x])}",
        "",
    ),
    "shrink": ({"IMAGE": IMAGE}, {"SMALL": SMALL}, "return {'SMALL': shrink(x)}", ""),
    "scale": ({"SMALL": SMALL}, {"TENSOR": TENSOR}, "return {'TENSOR': scale(x)}", DECLARED),
    "half": ({"SMALL": SMALL}, {"TENSOR": TENSOR}, "return {'TENSOR': scale(x) / 2}", ""),
    "score": (
        {"TENSOR": TENSOR + " format: FORMAT_NCHW"},
        {"PROBABILITIES": ANSWER},
        "return {'PROBABILITIES': score(x)}",
        "",
    ),
    "label": (
        {"PROBABILITIES": ANSWER},
        {"LABEL": "data_type: TYPE_STRING dims: [1]"},
        "return {'LABEL': np.array([[b'red' if row[0] > row[1] else b'blue'] for row in x], np.object_)}",
        "",
    ),
    "whole": ({"IMAGE": IMAGE}, {"PROBABILITIES": ANSWER}, "return {'PROBABILITIES': score(scale(shrink(x)))}", ""),
    "slow": (
        {"IMAGE": IMAGE},
        {"PROBABILITIES": ANSWER},
        "time.sleep(1.2); return {'PROBABILITIES': score(scale(shrink(x)))}",
        "",
    ),
    "unbatched": (
        {"IMAGE": "data_type: TYPE_UINT8 dims: [1, -1, -1, 3]"},
        {"TENSOR": "data_type: TYPE_FP32 dims: [1, 3, 32, 24]"},
        "return {'TENSOR': scale(shrink(x))}",
        "max_batch_size: 0",
    ),
    "views": (
        {"LEFT": TENSOR, "RIGHT": TENSOR},
        {"PROBABILITIES": ANSWER},
        "return {'PROBABILITIES': score(np.stack([x[:, 0], x[:, 1], more[0][:, 2]], axis=1))}",
        "",
    ),
    "nan": (
        {"IMAGE": IMAGE},
        {"TENSOR": TENSOR},
        "y = scale(shrink(x)); y[0, 0, 0, 0] = np.nan; return {'TENSOR': y}",
        "",
    ),
    "unloaded": ({"IMAGE": IMAGE}, {"SMALL": SMALL}, "return {'SMALL': shrink(x)}", ""),
}
Step = tuple[str, Mapping[str, str], Mapping[str, str]]
#: name: (inputs, outputs, steps of (model, input map, output map)); the steps of ``outer`` are not in the order of running
ENSEMBLES: dict[str, tuple[dict[str, str], dict[str, str], list[Step]]] = {
    "inner": (
        {"PICTURE": IMAGE},
        {"TENSOR": TENSOR},
        [("shrink", {"IMAGE": "PICTURE"}, {"SMALL": "x"}), ("scale", {"SMALL": "x"}, {"TENSOR": "TENSOR"})],
    ),
    "outer": (
        {"FILE": "data_type: TYPE_STRING dims: [1]"},
        {"PROBABILITIES": ANSWER, "LABEL": "data_type: TYPE_STRING dims: [1]"},
        [
            ("label", {"PROBABILITIES": "PROBABILITIES"}, {"LABEL": "LABEL"}),
            ("score", {"TENSOR": "prepared"}, {"PROBABILITIES": "PROBABILITIES"}),
            ("inner", {"PICTURE": "x"}, {"TENSOR": "prepared"}),
            ("decode", {"ENCODED": "FILE"}, {"IMAGE": "x"}),
        ],
    ),
    "outer_raw": (
        {"FILE": "data_type: TYPE_UINT8 dims: [-1]"},
        {"PROBABILITIES": ANSWER},
        [
            ("decode_raw", {"ENCODED": "FILE"}, {"IMAGE": "x"}),
            ("inner", {"PICTURE": "x"}, {"TENSOR": "prepared"}),
            ("score", {"TENSOR": "prepared"}, {"PROBABILITIES": "PROBABILITIES"}),
        ],
    ),
    "pair": (
        {"LEFT": IMAGE, "RIGHT": IMAGE},
        {"PROBABILITIES": ANSWER},
        [
            ("inner", {"PICTURE": "LEFT"}, {"TENSOR": "left"}),
            ("inner", {"PICTURE": "RIGHT"}, {"TENSOR": "right"}),
            ("views", {"LEFT": "left", "RIGHT": "right"}, {"PROBABILITIES": "PROBABILITIES"}),
        ],
    ),
}


def config(name: str, inputs: Mapping[str, str], outputs: Mapping[str, str], rest: str) -> str:
    """Return the text of a config.pbtxt."""
    batch = "" if "max_batch_size" in rest else "max_batch_size: 8"
    given = [f'input [{{ name: "{n}" {d} }}]' for n, d in inputs.items()]
    made = [f'output [{{ name: "{n}" {d} }}]' for n, d in outputs.items()]
    return "\n".join([f'name: "{name}"', batch, *given, *made, rest])


def steps_text(steps: list[Step]) -> str:
    """Return the ensemble part of a config."""
    texts = []
    for model, read, made in steps:
        maps = [f'input_map {{ key: "{k}" value: "{v}" }}' for k, v in read.items()]
        maps += [f'output_map {{ key: "{k}" value: "{v}" }}' for k, v in made.items()]
        texts.append(f'{{ model_name: "{model}" model_version: -1 {" ".join(maps)} }}')
    return f'platform: "ensemble"\nensemble_scheduling {{ step [ {", ".join(texts)} ] }}'


def write_repository(root: Path, names: set[str]) -> None:
    """Write the models and ensembles of the given names into a model repository."""
    for name in names & set(MODELS):
        inputs, outputs, body, rest = MODELS[name]
        folder = root / name / "1"
        folder.mkdir(parents=True)
        text = config(name, inputs, outputs, f'backend: "python"\ninstance_group [{{ kind: KIND_CPU }}]\n{rest}')
        (root / name / "config.pbtxt").write_text(text, encoding="utf-8")
        (folder / "model.py").write_text(CODE.replace("BODY", body), encoding="utf-8")
    for name in names & set(ENSEMBLES):
        ins, outs, steps = ENSEMBLES[name]
        (root / name / "1").mkdir(parents=True)
        (root / name / "config.pbtxt").write_text(config(name, ins, outs, steps_text(steps)), encoding="utf-8")


@pytest.fixture(scope="session")
def triton_models() -> Callable[[Path, set[str]], None]:
    """The function that writes models of the given names into a repository."""
    return write_repository


@pytest.fixture(scope="session")
def triton_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server with every model but ``unloaded``."""
    from pixelparity.deploy.server import Server

    root = tmp_path_factory.mktemp("models")
    everything = {*MODELS, *ENSEMBLES}
    write_repository(root, everything)
    wanted = sorted(everything - {"unloaded"})
    with Server(root, models=wanted, log=tmp_path_factory.mktemp("log") / "triton.log") as server:
        yield server


@pytest.fixture(scope="session")
def triton_pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three PNG pictures of different sizes: a reddish, a bluish and a random one."""
    import PIL.Image

    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(7)
    found = {}
    for name, size, tint in (
        ("red", (60, 40), (2, 1, 0.2)),
        ("blue", (40, 70), (0.2, 1, 2)),
        ("any", (33, 90), (1, 1, 1)),
    ):
        array = np.clip(rng.integers(0, 128, (*size, 3)) * np.array(tint), 0, 255).astype(np.uint8)
        found[name] = folder / f"{name}.png"
        PIL.Image.fromarray(array).save(found[name])
    return found
