"""Final tensors alone: what undoing a finding has to remove, and what is not needed beside others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pixelparity.diagnosis.families.finding import Finding
from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.diagnosis.search.finals import explain_finals, trials
from pixelparity.diagnosis.search.finals.pairing import Pairing
from tests.diagnosis.sides import picture

PICTURES = [picture(n, (120, 120)).astype(np.float32) for n in range(4)]


def test_float16_shows_on_the_side_that_went_through_it() -> None:
    """The evidence is how far each side is from its own float16: one side not at all, so all of it is removed."""
    x = np.array([[[0.1], [1 / 3]]], np.float32)
    half = x.astype(np.float16).astype(np.float32)
    evidence = trials.half_evidence([x], [half])
    assert evidence.before == pytest.approx(float(np.abs(x - half).mean()))
    assert (evidence.undone, evidence.after, evidence.removed, evidence.images) == ("dtype", 0.0, 1.0, 1)
    assert trials.half_evidence([half], [half]).removed == 0.0


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
    again, confirmed = trials.confirmed(crowded, [1, 3])
    assert [finding.family for finding, _ in confirmed.kept] == families
    assert again.chained == known.chained
    assert ["as well without it" in trial.objection for _, trial in confirmed.dropped] == [True, True]


@pytest.mark.parametrize(
    ("family", "channels", "other"),
    [("alpha_gray", 1, True), ("alpha_gray", 3, False), ("layout", 1, False), ("layout", 3, False)],
)
def test_only_grey_against_colour_is_another_number_of_channels(family: str, channels: int, other: bool) -> None:
    """The finding of transparency or grey, where the sides' tensors have other numbers of channels."""
    ours, theirs = tuple(PICTURES), tuple(x[..., :channels] for x in PICTURES)
    chain = SideModel(placements=(), colour=colours.identity(3))
    pairing = Pairing(
        reference=ours, deployed=theirs, content=ours, reference_chain=chain, deployed_chain=chain,
        base=colours.identity(3),
    )  # fmt: skip
    assert trials._other_channels(pairing, replace(_shifting(1.0), family=family)) is other
