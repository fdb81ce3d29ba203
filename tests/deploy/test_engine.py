"""The exported engine: a free batch, probabilities, a clear error where it is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pixelparity import workbook
from pixelparity.deploy import engine, repository
from pixelparity.errors import InputError


@pytest.mark.slow
def test_any_batch_gives_the_same_probabilities(deployment: workbook.Deployment) -> None:
    """Three tensors at once get what each gets alone, and each row sums to 1."""
    tensors = workbook.finals(deployment.reference_capture, 3)
    predict = engine.predictor(deployment.engine)
    together = predict(tensors)
    alone = np.concatenate([predict(tensors[i : i + 1]) for i in range(3)])
    np.testing.assert_allclose(together, alone, atol=1e-3)  # what notebook 02 takes for the same
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-5)


@pytest.mark.slow
def test_without_a_gpu_the_engine_is_the_onnx_file(deployment: workbook.Deployment) -> None:
    """ONNX Runtime runs the exported file itself; the repository holds the same bytes."""
    assert engine.ensure_engine(deployment.onnx, chosen="onnxruntime") == deployment.onnx
    placed = repository.place_engine(deployment.onnx)
    assert placed.samefile(deployment.onnx) or placed.read_bytes() == deployment.onnx.read_bytes()


def test_missing_engine_is_named(tmp_path: Path) -> None:
    """A missing file is named, with the notebook that builds it."""
    with pytest.raises(InputError, match=r"none\.onnx is missing; build it with notebook 02"):
        engine.load(tmp_path / "none.onnx")
    with pytest.raises(InputError, match="is missing"):
        repository.place_engine(tmp_path / "none.onnx")


def test_unknown_model_of_the_repository_is_named(tmp_path: Path) -> None:
    """A model without a config is no model of the repository."""
    with pytest.raises(InputError, match=r"no config\.pbtxt"):
        repository.version_folder("nobody", tmp_path)
