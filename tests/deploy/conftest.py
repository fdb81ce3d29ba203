"""A small model repository (DALI, then ONNX Runtime, then an ensemble of both) and one server for all tests of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pixelparity.deploy.server import Server

PREPROCESS = """
name: "NAME"
backend: "python"
max_batch_size: 8
input [{ name: "INPUT_PREPROCESS" data_type: TYPE_UINT8 dims: [-1, -1, 3] allow_ragged_batch: true }]
output [{ name: "OUTPUT_PREPROCESS" data_type: TYPE_FP32 dims: [3, 32, 24] }]
dynamic_batching { max_queue_delay_microseconds: 100000 }
instance_group [{ kind: KIND_CPU }]
parameters { key: "MEMORY_BYTES" value: { string_value: "10000000" } }
"""
ENGINE = """
backend: "python"
max_batch_size: 8
input [{ name: "input" data_type: TYPE_FP32 dims: [3, 32, 24] }]
output [{ name: "probabilities" data_type: TYPE_FP32 dims: [2] }]
dynamic_batching { }
instance_group [{ kind: KIND_CPU }]
"""
ENSEMBLE = """
platform: "ensemble"
max_batch_size: 8
input [{ name: "INPUT_PREPROCESS" data_type: TYPE_UINT8 dims: [-1, -1, 3] }]
output [{ name: "probabilities" data_type: TYPE_FP32 dims: [2] }]
ensemble_scheduling { step [
  { model_name: "prep" model_version: -1
    input_map { key: "INPUT_PREPROCESS" value: "INPUT_PREPROCESS" }
    output_map { key: "OUTPUT_PREPROCESS" value: "preprocessed" } },
  { model_name: "net" model_version: -1
    input_map { key: "input" value: "preprocessed" }
    output_map { key: "probabilities" value: "probabilities" } }
] }
"""
PLAIN = """
backend: "python"
input [{ name: "x" data_type: TYPE_FP32 dims: [3] }]
output [{ name: "NAME" data_type: TYPE_FP32 dims: [3] }]
instance_group [{ kind: KIND_CPU }]
"""
PLAIN_CODE = """
import json

import triton_python_backend_utils as triton

class TritonPythonModel:
    def initialize(self, args):
        self.name = json.loads(args["model_config"])["output"][0]["name"]

    def execute(self, requests):
        inputs = [triton.get_input_tensor_by_name(request, "x").as_numpy() for request in requests]
        return [triton.InferenceResponse([triton.Tensor(self.name, array)]) for array in inputs]
"""
SERVED = "from pixelparity.deploy.served import {} as TritonPythonModel\n"
#: The tiny classifier: the mean of each channel, times these, then softmax over two classes.
WEIGHTS = np.array([[0.01, -0.01], [0.005, -0.005], [0.001, 0.002]], np.float32)


def add_model(root: Path, name: str, config: str, code: str = "") -> Path:
    """Add a model to a repository and return its version folder."""
    folder = root / name / "1"
    folder.mkdir(parents=True)
    (root / name / "config.pbtxt").write_text(config.replace("NAME", name), encoding="utf-8")
    if code:
        (folder / "model.py").write_text(code, encoding="utf-8")
    return folder


def write_pipeline(path: Path, divisor: float = 1.0) -> None:
    """Serialize the incident's pipeline at a small size: fit into 32x24, pad, cast, (divide,) transpose."""
    from nvidia.dali import fn, pipeline_def, types

    @pipeline_def(batch_size=8, num_threads=1, device_id=None)
    def pipeline():
        images = fn.external_source(name="INPUT_PREPROCESS")
        images = fn.resize(images, size=(32, 24), mode="not_larger")
        images = fn.crop(images, crop=(32, 24), out_of_bounds_policy="pad")
        return fn.transpose(fn.cast(images, dtype=types.FLOAT) / divisor, perm=[2, 0, 1])

    pipeline().serialize(filename=str(path))


def write_engine(path: Path) -> None:
    """Write the tiny classifier as ONNX."""
    import onnx
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("GlobalAveragePool", ["input"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, 32, 24])
    answer = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", 2])
    weights = helper.make_tensor("weights", TensorProto.FLOAT, [3, 2], WEIGHTS.ravel())
    graph = helper.make_graph(nodes, "tiny", [given], [answer], [weights])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))


@pytest.fixture(scope="session")
def tiny_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of prep (DALI), net (ONNX Runtime), tiny (both), plain (numpy), unbuilt (no model.dali), broken."""
    root = tmp_path_factory.mktemp("repository")
    write_pipeline(add_model(root, "prep", PREPROCESS, SERVED.format("DaliModel")) / "model.dali")
    write_engine(add_model(root, "net", ENGINE, SERVED.format("EngineModel")) / "model.onnx")
    add_model(root, "tiny", ENSEMBLE)
    add_model(root, "unbuilt", PREPROCESS, SERVED.format("DaliModel"))
    add_model(root, "broken", ENGINE, "raise RuntimeError('the disk is on fire')\n")
    add_model(root, "plain", PLAIN, PLAIN_CODE)
    (root / "plain" / "configs").mkdir()
    (root / "plain" / "configs" / "other.pbtxt").write_text(PLAIN.replace("NAME", "other"), encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def repaired_pipeline(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The pipeline with the division by 255 that the served one lacks, serialized."""
    path = tmp_path_factory.mktemp("repaired") / "model.dali"
    write_pipeline(path, divisor=255.0)
    return path.read_bytes()


@pytest.fixture(scope="session")
def tiny_server(tiny_repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One running server for all tests that leave it as it was."""
    log = tmp_path_factory.mktemp("log") / "triton.log"
    with Server(tiny_repository, models=["tiny"], log=log) as server:
        yield server
