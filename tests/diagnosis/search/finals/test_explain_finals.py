"""Final tensors alone: what is named at all, and what is left."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pixelparity.diagnosis.families.finding import Finding
from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.diagnosis.search.finals import alignment, explain_finals
from tests.diagnosis.sides import picture

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


def test_float16_shows_on_the_side_that_went_through_it() -> None:
    """The evidence is how far each side is from its own float16: one side not at all, so all of it is removed."""
    x = np.array([[[0.1], [1 / 3]]], np.float32)
    half = x.astype(np.float16).astype(np.float32)
    evidence = explain_finals.half_evidence([x], [half])
    assert evidence.before == pytest.approx(float(np.abs(x - half).mean()))
    assert (evidence.undone, evidence.after, evidence.removed, evidence.images) == ("dtype", 0.0, 1.0, 1)
    assert explain_finals.half_evidence([half], [half]).removed == 0.0


def _shifting(levels: float) -> Finding:
    """Return a finding whose mend adds some levels to what the chain makes of a picture."""

    def mend(chain: SideModel) -> SideModel:
        offset = np.asarray(chain.colour.offset) + levels * np.asarray(chain.colour.gain)
        return replace(chain, colour=colours.plain(chain.colour.order, chain.colour.gain, offset, 3))

    return Finding(family="mean_std_wrong", parameters={}, text="", fix="", mend=mend, steps=("normalize",))


def test_two_findings_that_take_each_other_back_go_together() -> None:
    """A division by 255 explains two sides; shifts by 5 levels up and down hold beside it, and neither is needed."""
    ours = tuple(PICTURES)
    outcome, _, known = explain_finals.explain(ours, tuple(x / 255 for x in ours), (0.0, 255.0), [0, 2], [1, 3])
    families = [finding.family for finding, _ in outcome.kept]
    assert families == ["scale_twice"]
    crowded = replace(known, chained=(*known.chained, _shifting(5.0), _shifting(-5.0)))
    again, confirmed = explain_finals._confirmed(crowded, [1, 3])
    assert [finding.family for finding, _ in confirmed.kept] == families
    assert again.chained == known.chained
    assert ["as well without it" in trial.objection for _, trial in confirmed.dropped] == [True, True]
