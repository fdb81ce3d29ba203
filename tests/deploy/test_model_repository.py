"""The repository's configs are ones that Triton understands, and the native ones are the same models."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import text_format
from tritonclient.grpc.model_config_pb2 import ModelConfig

from pixelparity.deploy import engine, places

REPOSITORY = places.ROOT / "model_repository"
MODELS = sorted(path.parent.name for path in REPOSITORY.glob("*/config.pbtxt"))
VARIANTS = ("fixed", "parity", "shipped")


def read(path: Path) -> ModelConfig:
    """Parse a config with Triton's own message; unknown fields are errors."""
    return text_format.Parse(path.read_text(encoding="utf-8"), ModelConfig())


def tensors(config: ModelConfig) -> list[tuple[object, ...]]:
    """Return what a client sees of a model: names, types and shapes."""
    return [(t.name, t.data_type, tuple(t.dims)) for t in (*config.input, *config.output)]


def test_the_models_are_those_of_the_design():
    """One engine, and per variant a preprocessing and an ensemble."""
    expected = {"hrnet_w30"} | {f"{kind}_{v}" for kind in ("preprocess", "classifier") for v in VARIANTS}
    assert set(MODELS) == expected


@pytest.mark.parametrize("model", MODELS)
def test_native_config_is_the_same_model(model):
    """Embedded and native configs agree in name, batch size, tensors, ragged inputs and ensemble steps."""
    embedded = read(REPOSITORY / model / "config.pbtxt")
    native = read(REPOSITORY / model / "configs" / "native.pbtxt")
    assert embedded.name == native.name == model
    assert embedded.max_batch_size == native.max_batch_size == engine.LARGEST_BATCH
    assert tensors(embedded) == tensors(native)
    assert [i.allow_ragged_batch for i in embedded.input] == [i.allow_ragged_batch for i in native.input]
    assert embedded.ensemble_scheduling == native.ensemble_scheduling


def test_backends_are_the_ones_that_each_server_has():
    """Embedded models use the Python backend; native ones Triton's DALI and TensorRT backends; ensembles neither."""
    for model in MODELS:
        embedded = read(REPOSITORY / model / "config.pbtxt")
        native = read(REPOSITORY / model / "configs" / "native.pbtxt")
        if model.startswith("classifier"):
            assert embedded.platform == native.platform == "ensemble"
        else:
            assert embedded.backend == "python"
            assert (native.backend, native.platform) == (
                ("", "tensorrt_plan") if model == "hrnet_w30" else ("dali", "")
            )


@pytest.mark.parametrize("variant", VARIANTS)
def test_steps_of_an_ensemble_fit_together(variant):
    """An ensemble feeds each step what that step declares, and ends in the engine's probabilities."""
    ensemble = read(REPOSITORY / f"classifier_{variant}" / "config.pbtxt")
    first, second = ensemble.ensemble_scheduling.step
    preprocess, network = (read(REPOSITORY / step.model_name / "config.pbtxt") for step in (first, second))
    assert first.model_name == f"preprocess_{variant}"
    assert dict(first.input_map) == {preprocess.input[0].name: ensemble.input[0].name}
    assert dict(first.output_map) == {preprocess.output[0].name: second.input_map[network.input[0].name]}
    assert dict(second.output_map) == {engine.OUTPUT: ensemble.output[0].name}
    assert list(preprocess.output[0].dims) == list(network.input[0].dims)
    assert network.input[0].name == engine.INPUT


@pytest.mark.parametrize("model", [m for m in MODELS if not m.startswith("classifier")])
def test_served_code_is_two_lines(model):
    """A served model.py says what it is and imports ours; there is nothing in it to go wrong."""
    lines = (REPOSITORY / model / "1" / "model.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    assert "from pixelparity.deploy.served import" in lines[1]
    assert "as TritonPythonModel" in lines[1]
