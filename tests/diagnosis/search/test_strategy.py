"""Explained by stages, by pictures or by final tensors alone: what each way hands on to the judgement."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity import diagnosis
from tests.diagnosis.sides import final, picture


def test_a_part_of_a_level_that_is_left_takes_from_the_confidence() -> None:
    """By hand: half a point and half of what is removed, less a tenth for each level left, of which there is a part only."""
    rng = np.random.default_rng(8)
    images = [picture(n, (90, 120)).astype(np.float32) for n in range(8)]
    noisy = [(x[..., ::-1] + rng.normal(0, 1, x.shape)).astype(np.float32) for x in images]
    found = diagnosis.diagnose(final("a", images), final("b", noisy))
    cause = found.causes[0]
    left = found.unexplained["mean"]
    assert cause.family == "channel_order"
    assert 0.5 < left < 1
    assert cause.confidence == pytest.approx(0.5 + 0.5 * cause.evidence.removed - 0.1 * left, abs=0.006)
