"""What a postmortem says where nobody writes it by hand: the headline, the answers, the timeline, what each cause costs."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from datetime import date

import pytest

from pixelparity.diagnosis import Diagnosis, Impact
from pixelparity.views.postmortem import glossary, words
from pixelparity.views.postmortem.content import Cost, Mend, Postmortem
from pixelparity.views.postmortem.facts import Facts, Moment
from pixelparity.views.summary import Event, Tile


def test_answers_are_counted_and_what_flipped_is_named(content: Postmortem) -> None:
    """5 of 6 pictures, the sixth by its name; one class for all is said; without a model only the tensors speak."""
    assert words.answers(content.variants) == "5 of 6 pictures get the reference's class. Another class: field_03."
    deployed = content.variants["as deployed"]
    one = {"as deployed": {**deployed, "constant": True}}
    assert "5 of 6 pictures get the reference's class, and every picture got one and the same class." in words.answers(
        one
    )
    many = {"as deployed": {**deployed, "flipped": [f"p{n}" for n in range(30)]}}
    assert words.answers(many).endswith("p23 and 6 more.")
    assert "was not measured (no model was given)" in words.answers({})
    assert "2 levels from the reference's on average" in words.answers({"as deployed": {"mean_abs_level_diff": 2.0}})


@pytest.mark.parametrize(("gap", "said"), [(0.2, "a probability moves by up to 0.2"), (1e-9, "no probability moves")])
def test_answers_that_all_agree_tell_what_moved(gap: float, said: str) -> None:
    """Agreement is told with the largest change of a probability; what is below a millionth is none."""
    values = {"images": 3, "agreement": 1.0, "flipped": [], "max_abs_probability_diff": gap}
    assert words.answers({"as deployed": values}) == f"All 3 pictures get the reference's class; {said}."


def test_tiles_show_counts_and_levels(content: Postmortem) -> None:
    """A state with answers shows how many agree, one without how far its tensors are; the reference is no finding."""
    variants = {**content.variants, "mended": {"mean_abs_level_diff": 0.5}, "right": {"agreement": 1.0, "images": 6}}
    assert words.tiles(variants) == [
        Tile(value="5", label="of 6 pictures get the reference's class, as deployed", kind="bad"),
        Tile(value="0.5", label="levels from the reference on average, mended"),
        Tile(value="6", label="of 6 pictures get the reference's class, right", kind="good"),
    ]


def test_the_timeline_is_the_author_s_then_the_run_s(diagnosis: Diagnosis) -> None:
    """Points of the file come first, in its order; without any, the times of the other fields do."""
    own = Facts(timeline=(Moment(what="Second.", at="b"), Moment(what="First.")))
    found = words.timeline(diagnosis, own, ["It holds."], date(2026, 3, 5))
    assert found[:2] == [Event(when="b", what="Second."), Event(when="–", what="First.")]
    compared = "The two sides were compared on 6 pictures; found: scale_missing, interpolation."
    assert found[2:] == [Event(when="2026-03-05", what=compared), Event(when="2026-03-05", what="It holds.")]
    other = Facts(detection=Moment(what="A call.", at="noon"), trigger=Moment(what="A release.", at="dawn"))
    assert [event.when for event in words.timeline(diagnosis, other, [], None)] == ["dawn", "noon", "–"]


def test_the_status_is_what_was_measured_until_somebody_says_otherwise(diagnosis: Diagnosis) -> None:
    """A mend that was not run, that holds, that does not, and a match."""
    said = {held: words.status(diagnosis, Facts(), held) for held in (None, True, False)}
    assert said == {
        None: "found, not mended",
        True: "a mend is written and holds; not deployed",
        False: "mended in part",
    }
    assert words.status(replace(diagnosis, verdict="match"), Facts(), None) == "nothing differs"
    assert words.status(diagnosis, Facts(status="final"), True) == "final"


def test_a_match_says_that_nothing_differs(matching: Postmortem) -> None:
    """Headline and summary say so, and that nothing has to be mended."""
    assert matching.title == "Nothing differs: both sides preprocess alike"
    assert [line.text for line in matching.summary] == [
        "Both sides prepare 6 pictures alike, within the noise floor. Nothing has to be mended."
    ]


def test_the_summary_tells_a_mend_that_was_not_run(diagnosis: Diagnosis) -> None:
    """A mend that is only written is said to be that; none at all too."""
    line = words.summary(diagnosis, Facts(), {}, Mend(change="+b", says="It mends all."), [])[2]
    assert line.text == "It mends all. It has not been run yet."
    assert words.summary(diagnosis, Facts(), {}, Mend(), [])[2].text == "None could be written."


def test_costs_are_told_both_ways_and_unmeasured_columns_left_out() -> None:
    """Levels and answers have columns of their own; counts are of the pictures that were asked; other shapes are a dash."""
    impact = Impact(
        agreement_before=0.25, agreement_after=1.0, max_probability_change=0.9, agreement_if_left=0.5,
        max_probability_if_left=0.8, images=4,
    )  # fmt: skip
    both = Cost(family="scale_missing", stage="cast", mended_alone=2.5, left_alone=None, impact=impact)
    other = Cost(family="antialias", stage="resize", mended_alone=9.0, left_alone=0.25)
    table = words.costs_table([both, other], 10.0)
    assert table.rows == (
        ("scale_missing at cast", "2.5", "–", "4 of 4", "2 of 4", "0.8"),
        ("antialias at resize", "9", "0.25", "–", "–", "–"),
        ("as deployed", "10", "10", "–", "–", "–"),
    )
    assert "answers to 4 pictures" in table.caption
    assert words.costs_table([other], None).columns == ("cause", "mended alone, levels left", "left alone, levels left")
    assert len(words.costs_table([replace(both, mended_alone=None)], None).columns) == 4


def test_far_is_levels_or_other_shapes() -> None:
    """Tensors of other shapes are no number of levels apart."""
    assert (words.far(2.5), words.far(math.inf)) == ("2.5 levels", "other shapes")


def test_pictures_hashes_are_told_as_one(content: Postmortem) -> None:
    """The hash of all pictures is that of their hashes, a line each, in order of their names; other inputs stay."""
    lines = f"{'cd' * 32}\n{'ef' * 32}\n".encode()
    expected = {"model": "ab" * 32, "2 pictures": hashlib.sha256(lines).hexdigest()}
    assert words.together(content.provenance.hashes) == expected
    assert words.together({"model": "ab"}) == {"model": "ab"}


def test_the_glossary_has_the_page_s_families_and_the_author_s_words(diagnosis: Diagnosis) -> None:
    """The families that are named are explained, others not; an author's word takes the place of ours."""
    found = glossary.terms(diagnosis, {"level": "mine"})
    assert found["scale_missing"].startswith("The division by 255 is missing")
    assert "antialias" not in found
    assert found["level"] == "mine"
