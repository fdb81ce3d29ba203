"""Final tensors alone: what is named at all, and what is left."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.model.resampling import Resampling
from pixelparity.diagnosis.search.finals import alignment, explain_finals
from tests.diagnosis.sides import picture, resized

PICTURES = [picture(n, (120, 120)).astype(np.float32) for n in range(4)]
OTHERS = [picture(n + 50, (120, 120)).astype(np.float32) for n in range(4)]


def _blend(share: float) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """Return pictures, and the same with a share of pictures that have nothing to do with them laid over."""
    return tuple(PICTURES), tuple((1 - share) * a + share * b for a, b in zip(PICTURES, OTHERS, strict=True))


def test_tensors_that_are_not_alike_have_no_cause() -> None:
    """Where less than 55 percent of the variance is explained, nothing is named and the plain difference is left."""
    ours, theirs = _blend(0.6)
    likeness = alignment.likeness(alignment.pair(ours, theirs, (0.0, 255.0), [0, 2]))
    assert 0.3 < likeness < 0.5  # explained, but by less than the share
    outcome, left, known = explain_finals.explain(ours, theirs, (0.0, 255.0), [0, 2], [1, 3])
    assert outcome.kept == outcome.dropped == ()
    assert known.chained == known.restored == ()
    gaps = [np.abs(ours[i] - theirs[i]) for i in (1, 3)]  # the pictures that were held out
    assert left["max"] == pytest.approx(max(g.max() for g in gaps))
    assert left["mean"] == pytest.approx(np.mean([g.mean() for g in gaps]))


def test_tensors_that_are_alike_enough_have_causes() -> None:
    """A constant that is laid over by a little of other pictures is still named."""
    ours, theirs = _blend(0.1)
    outcome, left, _ = explain_finals.explain(ours, tuple(x / 255 for x in theirs), (0.0, 255.0), [0, 2], [1, 3])
    first, trial = outcome.kept[0]
    assert first.family in ("mean_std_missing", "scale_twice", "mean_std_wrong")
    assert trial.evidence.removed > 0.4
    assert 0 < left["mean"] < np.mean([np.abs(a - b / 255).mean() for a, b in zip(ours, theirs, strict=True)])


def test_a_kernel_is_named_beside_what_moves_no_pixel() -> None:
    """Exchanged channels are undone without resampling, so that fine detail still tells which side widens its kernel."""
    large = [picture(n, (240, 240)) for n in range(4)]
    plain, widened = (
        [resized(x, (100, 100), Resampling(antialias=on)).astype(np.float32) for x in large] for on in (False, True)
    )
    exchanged = tuple(x[..., ::-1] for x in widened)
    outcome, _, _ = explain_finals.explain(tuple(plain), exchanged, (0.0, 255.0), [0, 2], [1, 3])
    assert [finding.family for finding, _ in outcome.kept] == ["channel_order", "antialias"]
