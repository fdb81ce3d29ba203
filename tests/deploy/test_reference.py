"""The reference model at work: its own answers, its logits on given tensors, and what a wrong range does inside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pixelparity import workbook
from pixelparity.deploy import reference, training
from pixelparity.errors import InputError


@pytest.mark.slow
def test_logits_on_captured_tensors_give_mmpretrains_answers(deployment: workbook.Deployment) -> None:
    """The capture's final tensors are what MMPretrain feeds: softmax of the logits on them is its own answer."""
    names = list(deployment.field)[:2]
    scores = reference.logits(deployment.model, workbook.finals(deployment.reference_capture, 2))
    softmax = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(softmax, workbook.stack(deployment.reference_answers, names), atol=1e-4)


@pytest.mark.slow
def test_activations_grow_with_the_input(deployment: workbook.Deployment) -> None:
    """An input 255 times too large reaches every layer: each range is wider, and how far is the training's."""
    tensors = workbook.finals(deployment.reference_capture, 1)
    trained = reference.activation_ranges(deployment.model, tensors)
    served = reference.activation_ranges(deployment.model, tensors * 255)
    assert list(trained) == ["input", "stem", "stage 2", "stage 3", "stage 4", "neck", "logits"]
    assert all(np.ptp(served[name]) > 10 * np.ptp(trained[name]) for name in trained)
    assert np.ptp(served["logits"]) > 50 * np.ptp(trained["logits"])


def test_missing_config_is_named(tmp_path: Path) -> None:
    """A config that does not exist is named."""
    with pytest.raises(InputError, match=r"none\.py does not exist"):
        training.load_config(tmp_path / "none.py")


def test_checkpoint_that_is_none_is_named(tmp_path: Path) -> None:
    """A file that is no checkpoint is an error that names both files."""
    broken = tmp_path / "broken.pth"
    broken.write_bytes(b"no weights")
    with pytest.raises(InputError, match=r"cannot load .*broken\.pth into .*hrnet_w30_surface\.py"):
        reference.load_model(training.CONFIG, broken)
