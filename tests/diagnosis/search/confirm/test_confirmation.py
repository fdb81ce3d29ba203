"""What a cause has to remove to be kept, how sure it then is, and which pictures are held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from pixelparity import diagnosis
from pixelparity.diagnosis.families.finding import Finding
from pixelparity.diagnosis.measure.stage_pairs import Segment
from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.placement import whole
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.diagnosis.results import Evidence
from pixelparity.diagnosis.search.confirm import confirmation
from pixelparity.diagnosis.search.confirm.confirmation import Sides, cause, confirm, split
from pixelparity.diagnosis.search.staged.explanation import Explanation, StageFinding
from tests.diagnosis.sides import capture, normalized, picture

IMAGES = tuple(picture(n, (40, 40)).astype(np.float32) for n in range(4))


def _chain(offset: float) -> SideModel:
    colour = colours.plain(range(3), np.ones(3), np.full(3, offset), 3)
    return SideModel(placements=(whole((40, 40), (40, 40)),) * 4, colour=colour, known=(True,) * 4)


def _added(levels: float, *mended: float) -> confirmation.Confirmed:
    """Confirm findings that each leave so many of the ``levels`` that the deployed side adds."""
    names = ("mean_std_wrong", "dtype")
    return _confirmed(levels, [_finding(name, left) for name, left in zip(names, mended, strict=False)])


def _confirmed(levels: float, findings: Sequence[Finding]) -> confirmation.Confirmed:
    """Confirm findings of a deployed side that adds some levels."""
    theirs = tuple(image + np.float32(levels) for image in IMAGES)
    sides = [capture("side", [("decode", list(IMAGES)), ("normalize", list(ends))]) for ends in (IMAGES, theirs)]
    part = Segment(
        reference=sides[0].stages[1:], deployed=sides[1].stages[1:], sources=(IMAGES, IMAGES), targets=(IMAGES, theirs)
    )
    located = tuple(StageFinding(finding=one, segment=1, stage="normalize") for one in findings)
    story = Explanation(
        pictures=IMAGES,
        seen=IMAGES,
        reference_chains=(_chain(0), _chain(0)),
        deployed_chains=(_chain(0), _chain(levels)),
        located=located,
    )
    shared = Sides(reference=sides[0], deployed=sides[1], images=sides[0].images)
    return confirm(story, [part], shared, [1, 3])


def _finding(family: str, left: float) -> Finding:
    return Finding(
        family=family, parameters={}, text="as it is", fix="# mend", steps=("normalize",),
        mend=lambda chain: replace(chain, colour=_chain(left).colour),
    )  # fmt: skip


@pytest.mark.parametrize(("left", "kept"), [(0.0, True), (4.5, True), (5.5, False), (7.0, False), (12.0, False)])
def test_a_cause_has_to_remove_half_of_its_difference(left: float, kept: bool) -> None:
    """Of ten levels more than five have to go: a mend that leaves 5.5 is dropped, and one that makes it worse too."""
    found = _added(10.0, left).found
    assert len(found) == kept
    if found:
        assert found[0][0].evidence == Evidence(
            undone="mean_std_wrong", before=pytest.approx(10, abs=1e-4), after=pytest.approx(left, abs=1e-4),
            removed=pytest.approx(1 - left / 10, abs=1e-5), images=2,
        )  # fmt: skip


def test_a_trace_is_no_cause() -> None:
    """A twentieth of a level is below the quiet level, however much of it a mend removes."""
    assert not _added(0.05, 0.0).found
    assert len(_added(0.2, 0.0).found) == 1


def test_of_two_causes_the_one_that_adds_nothing_goes() -> None:
    """Each finding is measured with the other mended: one that removes nothing then is dropped."""
    found = _added(10.0, 0.0, 10.0).found
    assert [cause.family for cause, _ in found] == ["mean_std_wrong"]


def _shifting(family: str, levels: float) -> Finding:
    """Return a finding whose mend adds some levels to what the chain adds."""

    def mend(chain: SideModel) -> SideModel:
        return replace(chain, colour=_chain(float(np.asarray(chain.colour.offset)[0]) + levels).colour)

    return replace(_finding(family, 0.0), mend=mend)


def test_two_causes_that_take_each_other_back_go_together() -> None:
    """By hand: mends of -10, +5 and -5 levels. Without the second or the third 5 levels are left, without both nothing."""
    told = _confirmed(10.0, [_shifting("mean_std_wrong", -10), _shifting("dtype", 5), _shifting("scale_twice", -5)])
    assert [cause.family for cause, _ in told.found] == ["mean_std_wrong"]
    assert told.left["mean"] == pytest.approx(0, abs=1e-3)
    dropped = {one.family: one.reason for one in told.trace.considered if not one.kept}
    assert set(dropped) == {"dtype", "scale_twice"}
    assert all("explained as well without it" in reason for reason in dropped.values())


def test_what_was_rejected_says_why() -> None:
    """The trace keeps both that did not hold: one removes too small a share, the other too little to be named."""
    (one,) = _added(10.0, 7.0).trace.considered
    assert (one.kept, one.family) == (False, "mean_std_wrong")
    assert one.reason == "undoing it removes 3 of 10 levels; 50% is asked"
    (other,) = _added(0.05, 0.0).trace.considered
    assert not other.kept
    assert other.reason.endswith("levels; less than 0.1 is not named")
    (kept,) = _added(10.0, 0.0).trace.considered
    assert kept.kept
    assert kept.reason == "undoing it removes 100.0% of 10 levels"


def test_an_undo_gives_the_deployed_tensor_with_its_cause_mended() -> None:
    """The undo of the offset's cause gives the reference's tensor back."""
    (_, undo), *_ = _added(10.0, 0.0).found
    assert np.allclose(undo(2), IMAGES[2], atol=1e-3)


def test_what_is_left_is_what_no_cause_removes() -> None:
    """Without a finding the deployed chain still explains the deployed tensors; mending nothing leaves ten levels."""
    left = _added(10.0).left
    assert (left["max"], left["mean"]) == (pytest.approx(10, abs=1e-3), pytest.approx(10, abs=1e-3))
    assert _added(10.0, 0.0).left["mean"] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(
    ("removed", "held", "left", "doubt", "expected"),
    [
        (1.0, 4, 0.0, 0.0, 0.99),  # never certain
        (1.0, 1, 0.0, 0.0, 0.775),  # 0.7 + 0.075 for one picture
        (0.5, 4, 0.0, 0.0, 0.75),
        (1.0, 4, 0.0, 0.2, 0.8),
        (1.0, 4, 1.0, 0.0, 0.9),
        (1.0, 4, 50.0, 0.0, 0.8),  # two levels of what is left count at most
        (0.0, 1, 9.0, 0.3, 0.05),
    ],
)
def test_confidence_by_hand(removed: float, held: int, left: float, doubt: float, expected: float) -> None:
    """Half of it is what was removed; few pictures, doubt and what is left take from it."""
    at = StageFinding(finding=replace(_finding("layout", 0.0), doubt=doubt), segment=1, stage="layout")
    evidence = Evidence(undone="layout", before=1.0, after=1 - removed, removed=removed, images=held)
    made = cause(at, evidence, held, left)
    assert made.confidence == pytest.approx(expected, abs=0.006)
    assert (made.family, made.stage, made.fix, made.text) == ("layout", "layout", "# mend", "as it is")


def test_a_fault_that_is_undone_whole_is_all_but_certain() -> None:
    """Constants left out, seen on eight pictures with their stages: the diagnosis says 0.99."""
    images = [picture(n, (90, 120)) for n in range(8)]
    sides = [
        capture("side", [("decode", images), ("normalize", [norm(x) for x in images])])
        for norm in (normalized, lambda x: x / np.float32(255))
    ]
    (found,) = diagnosis.diagnose(*sides).causes
    assert (found.family, found.confidence) == ("mean_std_missing", 0.99)


def test_split_takes_every_other_picture() -> None:
    """Half estimates, half confirms, at most six of them; one picture does both; with sizes both halves hold large ones."""
    assert split(5) == ([0, 2, 4], [1, 3])
    assert split(1) == ([0], [0])
    assert split(4, sizes=[40, 10, 30, 20]) == ([1, 2], [0, 3])
    train, held = split(40)
    assert (len(train), len(held)) == (20, 6)
    assert not set(train) & set(held)
